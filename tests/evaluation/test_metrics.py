"""Scores against scikit-learn, against figures worked out by hand, and properties of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from asl.evaluation.metrics import (
    confused_pairs,
    forgive_look_alikes,
    measure,
    measure_answers,
    precision_recall,
    roc_curves,
    top_labels,
)
from asl.inference.decision import decide
from asl.labels import CANDIDATE_SETS, LETTERS

ALL = CANDIDATE_SETS["all"]


@st.composite
def labelled_scores(draw, labels=LETTERS):
    """Truth and scores: (N,) labels and (N, C) probabilities."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(1, 60))
    scores = random.dirichlet(np.full(len(labels), 0.2), count)
    return random.choice(labels, count), scores


@given(labelled_scores())
def test_figures_equal_those_of_scikit_learn(case):
    truth, scores = case
    ours = measure(truth, scores, LETTERS)
    answers = np.array(LETTERS)[scores.argmax(1)]
    present = sorted(set(truth))
    precision, recall, f1, support = sklearn_metrics.precision_recall_fscore_support(
        truth, answers, labels=present, zero_division=0
    )

    assert ours.accuracy == pytest.approx(sklearn_metrics.accuracy_score(truth, answers), abs=1e-9)
    assert ours.macro_f1 == pytest.approx(f1.mean(), abs=1e-9)
    assert list(ours.per_class) == present
    for position, label in enumerate(present):
        one = ours.per_class[label]
        assert one.precision == pytest.approx(precision[position], abs=1e-9)
        assert one.recall == pytest.approx(recall[position], abs=1e-9)
        assert one.f1 == pytest.approx(f1[position], abs=1e-9)
        assert one.support == support[position]
    expected = sklearn_metrics.confusion_matrix(truth, answers, labels=LETTERS)
    np.testing.assert_array_equal(ours.confusion, expected)


def test_figures_worked_out_by_hand():
    scores = measure_answers(list("AAAB"), list("AABB"), ("A", "B", "C"))

    assert scores.pictures == 4
    assert scores.accuracy == 0.75
    assert scores.per_class["A"].precision == 1
    assert scores.per_class["A"].recall == pytest.approx(2 / 3)
    assert scores.per_class["B"].precision == 0.5
    assert scores.macro_f1 == pytest.approx((0.8 + 2 / 3) / 2)
    assert "C" not in scores.per_class
    np.testing.assert_array_equal(scores.confusion, [[2, 1, 0], [0, 1, 0], [0, 0, 0]])


@given(labelled_scores(ALL))
def test_properties(case):
    truth, scores = case
    ours = measure(truth, scores, ALL)

    assert ours.confusion.sum() == len(truth)
    assert ours.accuracy == pytest.approx(np.trace(ours.confusion) / len(truth))
    assert ours.accuracy >= ours.accuracy_strict
    low, high = ours.interval
    assert 0 <= low <= ours.accuracy + 1e-12 and ours.accuracy - 1e-12 <= high <= 1
    order = np.random.default_rng(0).permutation(len(truth))
    shuffled = measure(truth[order], scores[order], ALL)
    assert shuffled.accuracy == ours.accuracy
    assert shuffled.macro_f1 == pytest.approx(ours.macro_f1)


@given(labelled_scores(ALL))
def test_top_labels_are_those_of_decide(case):
    _, scores = case
    expected = [decide(np.log(row + 1e-30), ALL, "all").top[0].label for row in scores]
    assert top_labels(scores, ALL).tolist() == expected


def test_look_alikes_are_forgiven_but_counted_strictly():
    scores = measure_answers(["0", "O", "2", "A"], ["O", "0", "W", "A"], ALL)

    assert scores.accuracy == 0.75
    assert scores.accuracy_strict == 0.25
    assert scores.per_class["0"].recall == 1
    assert scores.per_class["2"].recall == 0


def test_forgiving_leaves_other_answers_alone():
    truth, answers = np.array(["V", "V", "A"]), np.array(["2", "6", "S"])
    assert forgive_look_alikes(truth, answers).tolist() == ["V", "6", "S"]


@pytest.mark.parametrize(
    ("truth", "scores", "message"),
    [
        pytest.param([], np.zeros((0, 2)), "0 labels", id="no pictures"),
        pytest.param(["A"], np.zeros((2, 2)), "1 labels for 2", id="lengths differ"),
        pytest.param(["A"], np.zeros((1, 3)), "not \\(N, 2\\)", id="a score too many"),
        pytest.param(["A"], np.full((1, 2), np.nan), "not finite", id="NaN"),
    ],
)
def test_unusable_input_is_named(truth, scores, message):
    with pytest.raises(ValueError, match=message):
        measure(truth, scores, ("A", "B"))


def test_an_answer_that_was_not_possible_is_named():
    with pytest.raises(ValueError, match="answers: 'Q' is none of the labels A, B"):
        measure_answers(["A"], ["Q"], ("A", "B"))


def test_pictures_of_signs_that_cannot_be_answered_count_and_stand_last():
    answers = ["A", "B", "A", "B", "B"]
    scores = measure_answers(["A", "B", "D", "D", "C"], answers, ("A", "B"))
    assert (scores.pictures, scores.accuracy) == (5, 0.4)
    assert scores.labels == ("A", "B", "C", "D")
    assert (scores.per_class["D"].recall, scores.per_class["D"].support) == (0, 2)
    assert scores.confusion.sum() == 5
    assert scores.confusion[3].tolist() == [1, 1, 0, 0]
    assert confused_pairs(scores) == [("C", "B", 1), ("D", "A", 1), ("D", "B", 1)]


@given(st.lists(st.sampled_from("ABCDEF"), min_size=1, max_size=30), st.data())
def test_no_picture_is_dropped_whatever_is_known(truth, data):
    answers = [data.draw(st.sampled_from("ABC")) for _ in truth]
    scores = measure_answers(truth, answers, ("A", "B", "C"))
    assert scores.confusion.sum() == scores.pictures == len(truth)
    assert sum(one.support for one in scores.per_class.values()) == len(truth)
    assert set(scores.per_class) == set(truth)
    assert scores.accuracy <= np.isin(truth, list("ABC")).mean()


@pytest.mark.parametrize(
    ("people", "count"),
    [
        pytest.param(None, None, id="nobody asked"),
        pytest.param(["", "", ""], None, id="nobody known"),
        pytest.param(["ann", "", "bo"], None, id="one unknown"),
        pytest.param(["ann", "ann", "ann"], 1, id="one person"),
        pytest.param(["ann", "bo", "bo"], 2, id="two people"),
    ],
)
def test_people_are_counted_where_all_are_known(people, count):
    scores = measure(["A", "B", "A"], np.eye(2)[[0, 1, 1]], ("A", "B"), people)
    assert scores.people == count


def test_of_people_who_were_learned_from_the_range_is_over_pictures():
    truth, chances = ["A"] * 80, np.eye(2)[[0] * 70 + [1] * 10]
    people = ["ann"] * 40 + ["bo"] * 40
    new, known = (measure(truth, chances, ("A", "B"), people, known) for known in (False, True))
    assert known.interval == measure(truth, chances, ("A", "B")).interval
    assert new.interval[0] < known.interval[0] and known.people == new.people == 2


class TestMovements:
    """Words whose names look like letters and digits are all told apart."""

    def test_what_looks_alike_in_pictures_is_a_mistake(self):
        still = measure_answers(["O", "0", "V"], ["0", "0", "2"], ALL)
        moving = measure_answers(["O", "0", "V"], ["0", "0", "2"], ALL, still=False)
        assert (still.accuracy, moving.accuracy) == (1.0, pytest.approx(1 / 3))
        assert moving.accuracy == moving.accuracy_strict

    def test_their_scores_are_not_added_up(self):
        scores = np.array([[0.3, 0.3, 0.4]])
        labels = ("O", "0", "A")
        assert top_labels(scores, labels).tolist() == ["O"]
        assert top_labels(scores, labels, still=False).tolist() == ["A"]

    def test_each_has_a_curve(self):
        scores = np.eye(2)[[0, 1]]
        for curves in (precision_recall, roc_curves):
            assert set(curves(["O", "0"], scores, ("O", "0"), still=False)) >= {"O", "0"}
            assert "O or 0" in curves(["O", "0"], scores, ("O", "0"))
