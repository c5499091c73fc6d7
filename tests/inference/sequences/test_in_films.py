"""Words in whole films: hands that come, move and rest."""

from __future__ import annotations

import numpy as np
import pytest

from asl.data.sequences.layout import LEFT_HAND, RIGHT_HAND, ROWS
from asl.inference.sequences.in_films import with_hands, words_in

RATE = 25
#: A hand of a tenth of the frame.
SHAPE = np.random.default_rng(0).uniform(-0.05, 0.05, (21, 3))


def moving(*places: float | None, rows=RIGHT_HAND) -> np.ndarray:
    """A hand at these places from left to right, unseen where there is none."""
    points = np.full((len(places), ROWS, 3), np.nan, np.float32)
    for frame, x in zip(points, places, strict=True):
        if x is not None:
            frame[list(rows)] = np.add(SHAPE, (x, 0.5, 0))
    return points


def seconds(points: np.ndarray) -> np.ndarray:
    return np.arange(len(points)) / RATE


REST = [0.3] * 20
MOVE = np.linspace(0.3, 0.7, 15).tolist()
REST_THERE = [0.7] * 20
AWAY: list[float | None] = [None] * 15


@pytest.mark.parametrize("rows", [RIGHT_HAND, LEFT_HAND])
def test_one_word_is_what_moves(rows):
    points = moving(*REST, *MOVE, *REST_THERE, rows=rows)
    [word] = words_in(points, seconds(points), several=False)
    assert 0.5 < word.start < 0.9 and 1.3 < word.end < 1.6
    assert len(word.points) == len(word.seconds)


def test_a_rest_within_it_does_not_divide_one_word():
    points = moving(*REST, *MOVE, *REST_THERE, *reversed(MOVE), *AWAY)
    times = seconds(points)
    assert len(words_in(points, times, several=True)) >= 1
    [word] = words_in(points, times, several=False)
    assert word.start < 0.9 and word.end > 1.3


def test_a_slow_sign_is_not_cut_off():
    slow = np.linspace(0.1, 0.9, 150).tolist()
    points = moving(*AWAY, *slow, *AWAY)
    [word] = words_in(points, seconds(points), several=False)
    assert word.end - word.start > 5.9


def test_where_nothing_moves_it_is_all_that_is_seen():
    points = moving(*AWAY, *REST, *AWAY)
    [word] = words_in(points, seconds(points), several=False)
    assert with_hands(word.points).sum() == len(REST)
    assert len(word.points) <= len(REST) + 6


def test_several_words_come_one_by_one():
    points = moving(*AWAY, *MOVE, *AWAY, *REST, *MOVE, *REST_THERE)
    first, second = words_in(points, seconds(points), several=True)
    assert first.end < second.start


def test_a_word_that_the_film_cuts_off_counts():
    points = moving(*AWAY, *MOVE)
    assert len(words_in(points, seconds(points), several=True)) == 1


def test_without_a_hand_there_is_no_word():
    points = moving(*AWAY)
    with pytest.raises(ValueError, match="no hand is seen"):
        words_in(points, seconds(points), several=False)


def test_times_belong_to_frames():
    with pytest.raises(ValueError, match="seconds: 3 for 35 frames"):
        words_in(moving(*REST, *MOVE), np.arange(3), several=True)
    with pytest.raises(ValueError, match="is not after"):
        words_in(moving(*REST), np.zeros(20), several=True)
