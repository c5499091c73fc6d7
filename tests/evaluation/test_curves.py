"""Precision-recall and ROC curves against scikit-learn, and their properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from asl.evaluation.metrics import (
    confused_pairs,
    measure,
    measure_answers,
    precision_recall,
    roc_curves,
)

LABELS = ("A", "B", "C", "D")
AVERAGES = ["micro average", "macro average"]


@st.composite
def labelled_scores(draw):
    """Truth, scores (N, 4) with ties, and the truth as (N, 4) bool; every sign occurs."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(8, 60))
    scores = random.dirichlet(np.full(4, 0.5), count).round(draw(st.sampled_from([1, 2, 9])))
    truth = np.concatenate([LABELS, random.choice(LABELS, count - 4)])
    return truth, scores, truth[:, None] == np.array(LABELS)


@settings(max_examples=40)
@given(labelled_scores())
def test_areas_equal_those_of_scikit_learn(case):
    truth, scores, hot = case
    precision = precision_recall(truth, scores, LABELS)
    alarms = roc_curves(truth, scores, LABELS)
    for kind in ("micro", "macro"):
        expected = sklearn_metrics.average_precision_score(hot, scores, average=kind)
        assert precision[f"{kind} average"].area == pytest.approx(expected, abs=1e-9)
        expected = sklearn_metrics.roc_auc_score(hot, scores, average=kind)
        assert alarms[f"{kind} average"].area == pytest.approx(expected, abs=1e-9)
    for column, label in enumerate(LABELS):
        expected = sklearn_metrics.average_precision_score(hot[:, column], scores[:, column])
        assert precision[label].area == pytest.approx(expected, abs=1e-9)
        expected = sklearn_metrics.roc_auc_score(hot[:, column], scores[:, column])
        assert alarms[label].area == pytest.approx(expected, abs=1e-9)


@settings(max_examples=40)
@given(labelled_scores())
def test_curves_stay_within_bounds_and_rise(case):
    truth, scores, _ = case
    for curves in (
        precision_recall(truth, scores, LABELS),
        roc_curves(truth, scores, LABELS),
    ):
        assert [*curves] == [*AVERAGES, *LABELS]
        for one in curves.values():
            assert ((one.x >= 0) & (one.x <= 1) & (one.y >= 0) & (one.y <= 1)).all()
            assert (np.diff(one.x) >= 0).all()
            assert 0 <= one.area <= 1


def test_a_perfect_model():
    truth, scores = np.array(["A", "B", "A"]), np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])
    for curves in (precision_recall(truth, scores, "AB"), roc_curves(truth, scores, "AB")):
        assert all(one.area == pytest.approx(1) for one in curves.values())


def test_look_alikes_are_one_handshape():
    truth, scores = (
        np.array(["O", "0", "A"]),
        np.array([[0.1, 0.8, 0.1], [0.7, 0.2, 0.1], [0.1, 0.1, 0.8]]),
    )
    curves = precision_recall(truth, scores, ("O", "0", "A"))
    assert [*curves] == [*AVERAGES, "O or 0", "A"]
    assert curves["O or 0"].area == 1


def test_signs_without_a_picture_have_no_curve():
    truth, scores = np.array(["A", "B"]), np.full((2, 3), 1 / 3)
    assert [*roc_curves(truth, scores, "ABC")] == [*AVERAGES, "A", "B"]


def test_one_sign_alone_has_no_false_alarms():
    truth, scores = np.array(["A", "A"]), np.array([[0.9, 0.1], [0.4, 0.6]])
    assert roc_curves(truth, scores, "AB")["A"].area == 1


def test_many_points_are_thinned_for_drawing_but_not_for_the_area():
    random = np.random.default_rng(0)
    truth = random.choice(LABELS, 20_000)
    scores = random.dirichlet(np.ones(4), 20_000)
    alarms = roc_curves(truth, scores, LABELS)
    assert all(len(one.x) < 2_000 for one in alarms.values())
    assert alarms["A"].area == pytest.approx(
        sklearn_metrics.roc_auc_score(truth == "A", scores[:, 0]), abs=1e-9
    )


def test_confused_pairs_come_in_order():
    scores = measure_answers(list("AAABBC"), list("BBCAAC"), ("A", "B", "C"))
    assert confused_pairs(scores) == [("A", "B", 2), ("B", "A", 2), ("A", "C", 1)]
    assert confused_pairs(measure(["A"], np.array([[1.0, 0.0]]), ("A", "B"))) == []
