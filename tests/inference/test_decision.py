"""Candidate sets, shared handshapes and thresholds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from asl.inference.decision import decide, handshape_groups, is_clear, restrict, softmax
from asl.labels import CANDIDATE_SETS, DIGITS, LETTERS, handshape

ALL = CANDIDATE_SETS["all"]

any_logits = arrays(np.float64, len(ALL), elements=st.floats(-30, 30))


def logits_for(shares: dict[str, float]) -> np.ndarray:
    """Logits over `ALL` with the probabilities `shares`, hardly any for the other signs."""
    return np.log(np.array([shares.get(label, 1e-9) for label in ALL]))


@given(any_logits)
def test_softmax_is_a_distribution(logits):
    probabilities = softmax(logits)
    assert probabilities.sum() == pytest.approx(1)
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(softmax(logits + 100), probabilities, atol=1e-12)


@pytest.mark.parametrize(
    ("shares", "clear"),
    [({"A": 0.9}, True), ({"A": 0.6, "S": 0.4}, False), ({"O": 0.45, "0": 0.45}, True)],
    ids=["one sign", "two signs", "look-alikes"],
)
def test_an_answer_is_clear_where_one_handshape_is_likely(shares, clear):
    rows = np.stack([logits_for(shares), np.zeros(len(ALL))])
    assert is_clear(rows, ALL).tolist() == [clear, False]


@given(any_logits)
def test_restriction_keeps_the_ratios(logits):
    kept = restrict(logits, ALL, LETTERS)
    expected = softmax(logits)[: len(LETTERS)]
    np.testing.assert_allclose(kept * expected.sum(), expected, atol=1e-12)


@given(any_logits, st.sampled_from(sorted(CANDIDATE_SETS)), st.floats(0, 1))
def test_properties(logits, wanted, threshold):
    decision = decide(logits, ALL, wanted, threshold)
    confidences = [candidate.confidence for candidate in decision.top]

    assert len(decision.top) == 5
    assert confidences == sorted(confidences, reverse=True)
    assert 0 < confidences[0] <= sum(confidences) <= 1 + 1e-9
    for candidate in decision.top:
        assert {candidate.label, *candidate.look_alikes} <= set(CANDIDATE_SETS[wanted])
    assert decision.abstained == (confidences[0] < threshold)


@given(any_logits)
def test_of_one_handshape_only_one_is_named(logits):
    decision = decide(logits, ALL, "all", most=99)
    shapes = [handshape(candidate.label) for candidate in decision.top]
    assert len(set(shapes)) == len(shapes) == len(ALL) - 4
    assert sum(candidate.confidence for candidate in decision.top) == pytest.approx(1)


def test_look_alikes_are_added_up():
    logits = logits_for({"O": 0.2, "0": 0.3, "A": 0.4})
    best = decide(logits, ALL, "all").top[0]
    assert (best.label, best.look_alikes) == ("0", ("O",))
    assert best.confidence == pytest.approx(0.5 / 0.9, abs=1e-4)


@pytest.mark.parametrize(("wanted", "label"), [("letters", "O"), ("digits", "0")])
def test_the_chosen_set_tells_look_alikes_apart(wanted, label):
    best = decide(logits_for({"O": 0.3, "0": 0.3}), ALL, wanted).top[0]
    assert (best.label, best.look_alikes) == (label, ())
    assert best.confidence == pytest.approx(1, abs=1e-4)


def test_without_a_threshold_the_model_always_answers():
    assert not decide(np.zeros(len(ALL)), ALL, "all").abstained


def test_fewer_candidates_than_asked_for():
    assert len(decide(np.zeros(2), ("A", "B"), "all").top) == 2


def test_groups_hold_every_position_once():
    groups = handshape_groups(LETTERS + DIGITS)
    assert sorted(i for members in groups for i in members) == list(range(36))
    assert max(map(len, groups)) == 2


@pytest.mark.parametrize(("wanted", "message"), [("words", "'words'"), ("digits", "no digits")])
def test_an_unusable_choice_is_named(wanted, message):
    with pytest.raises(ValueError, match=message):
        decide(np.zeros(2), ("A", "B"), wanted)


def test_movements_are_told_apart_by_their_own_names():
    logits = np.log([0.3, 0.3, 0.4])
    best = decide(logits, ("O", "0", "A"), "all", still=False).top[0]
    assert (best.label, best.look_alikes) == ("A", ())
    assert decide(logits, ("O", "0", "A"), "all").top[0].look_alikes == ("0",)
