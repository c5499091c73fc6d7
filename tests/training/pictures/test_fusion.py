"""Weighing two networks: trust goes to the one that knows unseen people."""

from dataclasses import replace

import numpy as np
import pytest

from asl.inference.decision import is_clear
from asl.labels import own_set
from asl.training.pictures.fusion import PictureAnswers, fit_fusion

LABELS = ("A", "B", "C")


def log_chances(truth: np.ndarray, skill: float, seed: int, boast: float) -> np.ndarray:
    """Return log-probabilities of a network that sees the truth through noise.

    With a `boast` of 1 it is as sure as it should be; with more it is overconfident.
    """
    seen = np.random.default_rng(seed).normal(0, 1, (len(truth), 3))
    seen[np.arange(len(truth)), truth] += skill
    logits = boast * skill * seen
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


def answers(
    picture: float, landmarks: float, found: float = 1.0, boast: float = 1.0
) -> PictureAnswers:
    truth = np.arange(600) % 3
    seen = np.random.default_rng(9).random(600) < found
    return PictureAnswers(
        LABELS,
        np.arange(600),
        truth,
        seen,
        log_chances(truth, picture, 1, boast),
        log_chances(truth, landmarks, 2, boast),
    )


def test_networks_that_know_how_sure_to_be_are_left_as_they_are():
    assert fit_fusion([answers(picture=1.5, landmarks=1.5)]) == pytest.approx([1, 1, 1], abs=0.25)


def test_the_network_that_boasts_of_nothing_weighs_little():
    truth = np.arange(600) % 3
    useless = log_chances(np.roll(truth, 1), 2.0, 3, 1.0)
    good = answers(picture=1.5, landmarks=2.0)
    weights = fit_fusion([replace(good, picture=useless)])
    assert weights[0] < 0.1 < weights[1]


def test_fused_answers_beat_both_networks():
    both = answers(picture=1.5, landmarks=1.5)
    right = (both.logits(fit_fusion([both])).argmax(1) == both.truth).mean()
    for alone in (both.picture, both.landmarks):
        assert right > (alone.argmax(1) == both.truth).mean() + 0.02


def test_overconfident_networks_are_cooled():
    weights = fit_fusion([answers(picture=1.5, landmarks=1.5, boast=4.0)])
    assert weights == pytest.approx([0.25, 0.25, 0.25], abs=0.08)


def test_without_a_hand_the_picture_alone_answers():
    some = answers(picture=1.0, landmarks=2.0, found=0.5)
    fused = some.logits([1.0, 1.0, 0.5])
    assert np.allclose(fused[~some.found], 0.5 * some.picture[~some.found])


def test_joints_read_anew_count_where_a_hand_says_nothing_clear():
    first = answers(picture=1.5, landmarks=1.5, found=0.8)
    both = replace(first, rereads=log_chances(first.truth, 4.0, 5, 1.0))
    weights = [1.0, 1.0, 1.0]
    fused_once, fused = first.logits(weights), both.logits(weights)
    unclear = first.found & ~is_clear(fused_once, LABELS)
    assert 50 < unclear.sum() < 500
    assert np.array_equal(fused[~unclear], fused_once[~unclear])
    assert np.array_equal(fused[unclear], (both.picture + both.rereads)[unclear])
    assert np.array_equal(fit_fusion([both]), fit_fusion([first]))


def test_many_pictures_of_one_division_do_not_outvote_the_others():
    few = answers(picture=2.0, landmarks=1.0)
    many = answers(picture=0.1, landmarks=2.0, boast=4.0).take(np.tile(np.arange(600), 20))
    weights = fit_fusion([few, many])
    assert weights == pytest.approx(fit_fusion([few, many.take(np.arange(600))]), abs=1e-3)
    assert fit_fusion([PictureAnswers.join([few, many])])[0] < 0.8 * weights[0]


def test_divisions_without_a_hand_or_a_picture_do_not_count():
    some = answers(picture=1.5, landmarks=1.5)
    none = some.take(np.zeros(0, int))
    unseen = replace(some, found=np.zeros(600, bool))
    assert np.array_equal(fit_fusion([some, none]), fit_fusion([some]))
    assert np.array_equal(fit_fusion([some, unseen])[:2], fit_fusion([some])[:2])
    assert np.array_equal(fit_fusion([none]), [0.5, 0.5, 1.0])


def test_one_network_alone_is_calibrated_too():
    both = answers(picture=1.0, landmarks=2.0)
    alone = PictureAnswers(both.labels, both.rows, both.truth, both.found, None, both.landmarks)
    weights = fit_fusion([alone])
    assert np.array_equal(alone.logits(weights).argmax(1), both.landmarks.argmax(1))


def test_join_and_take_keep_rows_together():
    both = answers(picture=1.0, landmarks=2.0)
    again = PictureAnswers.join([both.take(np.arange(200)), both.take(np.arange(200, 600))])
    assert np.array_equal(again.truth, both.truth)
    assert np.array_equal(again.picture, both.picture)
    assert again.rereads is None


@pytest.mark.parametrize(
    ("label", "kind"), [("Q", "letters"), ("7", "digits"), ("space", "all"), ("hello", "all")]
)
def test_kind_is_the_smallest_candidate_set(label, kind):
    assert own_set(label) == kind
