"""Movements that are none of the words."""

import numpy as np
import pytest

from asl.data.sequences.layout import seen
from asl.training.sequences import negatives
from asl.training.sequences.negatives import WAYS, negative


def clip(frames: int, seed: int) -> np.ndarray:
    """A hand that goes right, unseen in the first and last two frames and once in between."""
    random = np.random.default_rng(seed)
    points = random.normal(0, 0.02, (1, 21, 3)) + np.linspace(0.2, 0.8, frames)[:, None, None]
    points[[0, 1, frames // 2, -2, -1]] = np.nan
    return points.astype(np.float32)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_every_way_shows_a_hand(way, monkeypatch):
    monkeypatch.setattr(negatives, "WAYS", (way,))
    for seed in range(20):
        made = negative(clip(30, 1), clip(24, 2), np.random.default_rng(seed))
        assert made.dtype == np.float32 and made.ndim == 3 and made.shape[1:] == (21, 3)
        assert 1 <= len(made) <= 60 and seen(made).any()


def test_a_piece_is_at_most_two_fifths(monkeypatch):
    monkeypatch.setattr(negatives, "WAYS", (negatives._piece,))
    lengths = [
        len(negative(clip(54, 1), clip(9, 2), np.random.default_rng(seed))) for seed in range(50)
    ]
    assert 10 <= min(lengths) and max(lengths) <= 20


def test_a_held_hand_stays_where_it_is(monkeypatch):
    monkeypatch.setattr(negatives, "WAYS", (negatives._held,))
    made = negative(clip(30, 1), clip(30, 2), np.random.default_rng(0))
    assert np.nanmax(np.abs(made - made[0])) < 0.03


def test_a_sign_that_is_given_up_ends_where_it_began(monkeypatch):
    monkeypatch.setattr(negatives, "WAYS", (negatives._turned_back,))
    made = negative(clip(30, 1), clip(30, 2), np.random.default_rng(0))
    np.testing.assert_array_equal(made[0], made[-1])


def test_a_clip_of_one_frame_is_enough():
    one = clip(30, 1)[5:6]
    for seed in range(30):
        assert seen(negative(one, one, np.random.default_rng(seed))).any()
