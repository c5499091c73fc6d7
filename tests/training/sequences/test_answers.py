"""Answers about sequences, and how confident they may sound."""

import numpy as np
import pytest

from asl.training.sequences.answers import SequenceAnswers, fit_sharpness

LABELS = tuple("abcdefg")


def answers(sharpness: float, count: int = 600, seed: int = 0) -> SequenceAnswers:
    """Logits that promise what they hold once they are multiplied by `sharpness`."""
    random = np.random.default_rng(seed)
    honest = random.normal(0, 2, (count, len(LABELS)))
    chances = np.exp(honest) / np.exp(honest).sum(1, keepdims=True)
    truth = np.array([random.choice(len(LABELS), p=row) for row in chances])
    return SequenceAnswers(LABELS, np.arange(count), truth, honest / sharpness)


@pytest.mark.parametrize("sharpness", [0.3, 1.0, 2.5])
def test_the_sharpness_that_makes_confidences_true_is_found(sharpness):
    found = fit_sharpness([answers(sharpness), answers(sharpness, seed=1)])
    np.testing.assert_allclose(found, [sharpness], rtol=0.12)


def test_signs_that_were_not_learnt_say_nothing():
    known = answers(1.0)
    unknown = SequenceAnswers(LABELS, np.arange(50), np.full(50, -1), np.full((50, 7), 9.0))
    both = SequenceAnswers.join([known, unknown])
    assert fit_sharpness([both]) == fit_sharpness([known])
    assert fit_sharpness([unknown]) == [1.0]


def test_answers_are_stored_taken_and_joined():
    whole = answers(1.0, 10)
    again = SequenceAnswers(LABELS, whole.rows, whole.truth, **whole.arrays())
    parts = [again.take(np.arange(4)), again.take(np.arange(10) >= 4)]
    np.testing.assert_array_equal(SequenceAnswers.join(parts).raw, whole.raw)
    np.testing.assert_array_equal(whole.logits(np.array([2.0])), 2 * whole.raw)


def test_within_five_counts_the_best_five():
    raw = np.tile(np.arange(7.0), (3, 1))
    found = SequenceAnswers(LABELS, np.arange(3), np.array([6, 2, 1]), raw)
    assert found.scores(lambda part, logits: None) == {"within_five": pytest.approx(2 / 3)}
