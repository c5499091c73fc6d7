"""Weighing two networks: trust goes to the one that knows unseen people."""

import numpy as np
import pytest

from asl.training.fusion import Answers, fit_fusion, kind_of

LABELS = ("A", "B", "C")


def log_chances(truth: np.ndarray, share_right: float, seed: int, sure: float = 3.0) -> np.ndarray:
    """Return log-probabilities of a network that is right in `share_right` of the rows."""
    random = np.random.default_rng(seed)
    says = np.where(random.random(len(truth)) < share_right, truth, (truth + 1) % 3)
    logits = random.normal(0, 0.3, (len(truth), 3))
    logits[np.arange(len(truth)), says] += sure
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


def answers(picture: float, landmarks: float, found: float = 1.0, sure: float = 3.0) -> Answers:
    truth = np.arange(600) % 3
    seen = np.random.default_rng(9).random(600) < found
    return Answers(
        LABELS,
        np.arange(600),
        truth,
        seen,
        log_chances(truth, picture, 1, sure),
        log_chances(truth, landmarks, 2, sure),
    )


def test_the_better_network_weighs_more():
    picture, landmarks, _alone = fit_fusion(answers(picture=0.6, landmarks=0.95))
    assert landmarks > 2 * picture


def test_fused_answers_beat_both_networks():
    both = answers(picture=0.8, landmarks=0.8)
    right = (both.fused(fit_fusion(both)).argmax(1) == both.truth).mean()
    for alone in (both.picture, both.landmarks):
        assert right >= (alone.argmax(1) == both.truth).mean()


def test_an_overconfident_network_is_cooled():
    weights = fit_fusion(answers(picture=0.7, landmarks=0.7, sure=12.0))
    assert weights[2] < 0.5


def test_without_a_hand_the_picture_alone_answers():
    some = answers(picture=0.7, landmarks=0.9, found=0.5)
    fused = some.fused([1.0, 1.0, 0.5])
    assert np.allclose(fused[~some.found], 0.5 * some.picture[~some.found])


def test_one_network_alone_is_calibrated_too():
    both = answers(picture=0.7, landmarks=0.9)
    alone = Answers(both.labels, both.rows, both.truth, both.found, None, both.landmarks)
    weights = fit_fusion(alone)
    assert np.array_equal(alone.fused(weights).argmax(1), both.landmarks.argmax(1))


def test_join_and_take_keep_rows_together():
    both = answers(picture=0.7, landmarks=0.9)
    again = Answers.join([both.take(np.arange(200)), both.take(np.arange(200, 600))])
    assert np.array_equal(again.truth, both.truth)
    assert np.array_equal(again.picture, both.picture)


@pytest.mark.parametrize(
    ("label", "kind"), [("Q", "letters"), ("7", "digits"), ("space", "all"), ("hello", "all")]
)
def test_kind_is_the_smallest_candidate_set(label, kind):
    assert kind_of(label) == kind
