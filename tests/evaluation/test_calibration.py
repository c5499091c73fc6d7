"""Calibration figures worked out by hand, and what a threshold promises."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.evaluation.calibration import (
    abstain_curve,
    abstain_threshold,
    calibration_weights,
    expected_calibration_error,
    reliability_table,
    thresholds,
    uncalibrated,
)
from asl.inference.decision import softmax


def answers(seed: int, count: int, sharpness: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    """Confidences of a perfectly calibrated model, and whether its answers are right."""
    random = np.random.default_rng(seed)
    confidence = random.beta(sharpness, 1, count)
    return confidence, random.random(count) < confidence


some_answers = st.builds(answers, st.integers(0, 10_000), st.integers(1, 200))


class TestCalibrationError:
    def test_worked_out_by_hand(self):
        confidence = np.array([0.95, 0.95, 0.65, 0.65])
        correct = np.array([True, True, True, False])
        # Bins (0.9, 1]: |1 - 0.95|, (0.6, 0.7]: |0.5 - 0.65|, half of the pictures in each.
        assert expected_calibration_error(confidence, correct, 10) == pytest.approx(0.1)

    def test_a_calibrated_model_has_little(self):
        assert expected_calibration_error(*answers(0, 50_000)) < 0.01

    @given(some_answers)
    def test_is_a_share(self, case):
        assert 0 <= expected_calibration_error(*case) <= 1

    @given(some_answers, st.integers(1, 30))
    def test_table_counts_every_picture_once(self, case, bins):
        table = reliability_table(*case, bins)
        assert table.pictures.sum() == len(case[0])
        assert len(table.edges) == bins + 1
        filled = table.pictures > 0
        inside = table.confidence[filled]
        assert (inside >= table.edges[:-1][filled] - 1e-12).all()
        assert (inside <= table.edges[1:][filled] + 1e-12).all()
        assert np.isnan(table.accuracy[~filled]).all()

    def test_full_confidence_lies_in_the_last_bin(self):
        assert reliability_table(np.ones(2), np.ones(2, bool), 5).pictures.tolist() == [0] * 4 + [2]


class TestAbstainCurve:
    def test_worked_out_by_hand(self):
        curve = abstain_curve(np.array([0.2, 0.5, 0.9]), np.array([False, True, True]), steps=3)
        np.testing.assert_allclose(curve.thresholds, [0, 0.5, 1])
        np.testing.assert_allclose(curve.answered, [1, 2 / 3, 0])
        np.testing.assert_allclose(curve.accuracy, [2 / 3, 1, np.nan])

    @given(some_answers)
    def test_agrees_with_counting(self, case):
        confidence, correct = case
        curve = abstain_curve(confidence, correct)
        assert (np.diff(curve.answered) <= 0).all()
        for threshold, answered, accuracy in zip(
            curve.thresholds, curve.answered, curve.accuracy, strict=True
        ):
            above = confidence >= threshold
            assert answered == pytest.approx(above.mean())
            if above.any():
                assert accuracy == pytest.approx(correct[above].mean())


class TestAbstainThreshold:
    @pytest.mark.parametrize("target", [0.8, 0.9, 0.95])
    def test_holds_for_new_pictures(self, target):
        threshold = abstain_threshold(*answers(1, 5_000), target)
        confidence, correct = answers(2, 50_000)
        answered = confidence >= threshold
        assert answered.mean() > 0.1
        assert correct[answered].mean() == pytest.approx(target, abs=0.02)

    def test_an_overconfident_model_answers_less(self):
        confidence, correct = answers(3, 5_000)
        boasting = confidence**0.3
        threshold = abstain_threshold(boasting, correct, 0.9)
        assert correct[boasting >= threshold].mean() == pytest.approx(0.9, abs=0.01)

    def test_a_good_model_answers_all_it_has_seen(self):
        confidence = np.linspace(0.4, 1, 500)
        assert abstain_threshold(confidence, np.ones(500, bool), 0.95) == 0.4

    def test_few_right_answers_never_silence_a_sure_model(self):
        assert abstain_threshold(np.full(5, 0.999), np.ones(5, bool), 0.95) == 0.95

    def test_one_lucky_picture_does_not_open_the_gate(self):
        assert abstain_threshold(np.array([0.3]), np.array([True]), 0.95) == 0.95

    def test_wrong_answers_above_the_target_are_silenced(self):
        threshold = abstain_threshold(np.full(50, 0.97), np.zeros(50, bool), 0.95)
        assert 0.97 < threshold < 0.98

    def test_equal_confidences_are_answered_together(self):
        confidence = np.full(100, 0.75)
        correct = np.arange(100) < 75
        assert abstain_threshold(confidence, correct, 0.7) == 0.7
        assert abstain_threshold(confidence, correct, 0.75) == 0.75
        assert abstain_threshold(confidence, correct, 0.9) == 0.9

    @given(some_answers, st.floats(0, 1))
    def test_is_a_confidence(self, case, target):
        assert 0 <= abstain_threshold(*case, target) <= 1

    @given(some_answers, st.floats(0, 1), st.floats(0, 1))
    def test_more_accuracy_never_costs_less(self, case, one, other):
        low, high = sorted((one, other))
        assert abstain_threshold(*case, low) <= abstain_threshold(*case, high) + 1e-9


@pytest.mark.parametrize(
    ("confidence", "correct", "target", "message"),
    [
        pytest.param([], [], 0.9, "confidence: shape", id="no pictures"),
        pytest.param([0.5], [True, False], 0.9, "confidence: shape", id="lengths differ"),
        pytest.param([1.5], [True], 0.9, "between 0 and 1", id="confidence above 1"),
        pytest.param([np.nan], [True], 0.9, "between 0 and 1", id="NaN"),
        pytest.param([0.5], [True], 1.1, "target_accuracy: 1.1", id="target above 1"),
    ],
)
def test_unusable_input_is_named(confidence, correct, target, message):
    with pytest.raises(ValueError, match=message):
        abstain_threshold(confidence, correct, target)


class TestUncalibrated:
    CARD = {"weights": {"picture": 0.5, "landmarks": 1.0, "picture_alone": 2.0}}  # noqa: RUF012

    @pytest.mark.parametrize(
        ("inputs", "expected"),
        [
            pytest.param(("picture", "landmarks", "found"), [1.5, 2.0], id="both networks"),
            pytest.param(("picture",), [2.0, 2.0], id="pictures"),
            pytest.param(("landmarks",), [1.5, 1.5], id="landmarks"),
        ],
    )
    def test_weights_of_each_picture(self, inputs, expected):
        weights = calibration_weights(self.CARD, inputs, np.array([True, False]))
        np.testing.assert_allclose(weights, expected)

    @pytest.mark.parametrize("card", [{}, {"weights": None}, {"weights": {"picture": 1}}])
    def test_a_card_that_does_not_tell(self, card):
        assert calibration_weights(card, ("picture",), np.array([True])) is None

    @given(st.integers(0, 1000), st.floats(0.2, 3))
    def test_undoes_a_temperature(self, seed, weight):
        logits = np.random.default_rng(seed).normal(size=(5, 4))
        before, after = softmax(logits), softmax(weight * logits)
        np.testing.assert_allclose(uncalibrated(after, np.full(5, weight)), before, atol=1e-9)


def test_a_network_of_words_has_one_weight_for_all():
    found = np.ones(3, bool)
    weights = calibration_weights({"weights": {"sequence": 1.5}}, ("sequence",), found)
    np.testing.assert_allclose(weights, [1.5] * 3)
    assert calibration_weights({}, ("sequence",), found) is None
    assert calibration_weights({"weights": {"sequence": 0.0}}, ("sequence",), found) is None


def test_thresholds_are_those_of_what_was_found():
    found = np.array([True, False])
    by_hand = thresholds({"hand": 0.5, "no_hand": 0.7}, found)
    np.testing.assert_allclose(by_hand, [0.5, 0.7])
    np.testing.assert_allclose(thresholds({"sequence": 0.4}, found), [0.4, 0.4])
    np.testing.assert_allclose(thresholds({}, found), [0.0, 0.0])
