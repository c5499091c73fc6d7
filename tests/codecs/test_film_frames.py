"""Turns and times of a film's frames, without a film."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.codecs.film_frames import Clock, Turn

TURNS = st.builds(Turn, st.booleans(), st.booleans(), st.booleans())
STORED = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)


def clock(by_decoding=False):
    return Clock(step=0.5, by_decoding=by_decoding)


@given(TURNS)
def test_a_turn_loses_no_pixel_and_says_the_size_it_makes(turn):
    upright = turn.upright(STORED)
    height, width = upright.shape[:2]
    assert (width, height) == turn.size(3, 2)
    assert upright.flags.c_contiguous
    assert sorted(map(tuple, upright.reshape(-1, 3))) == sorted(map(tuple, STORED.reshape(-1, 3)))


@given(TURNS, st.integers(-30, 30))
def test_of_a_turn_between_the_nearest_is_taken(turn, degrees):
    """The matrix of a turn, turned by a little more."""
    axes = np.array([[0, 1], [1, 0]] if turn.swap else [[1, 0], [0, 1]])
    axes = axes @ np.diag([-1 if turn.mirror_x else 1, -1 if turn.mirror_y else 1])
    angle = np.radians(degrees)
    more = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    matrix = np.zeros((3, 3))
    matrix[:2, :2] = axes @ more
    numbers = (matrix * (1 << 16)).round().astype(np.int32)
    assert Turn.from_matrix(numbers.tobytes()) == turn


@pytest.mark.parametrize("matrix", [b"", bytes(36), bytes(40)], ids=["none", "zeros", "too long"])
def test_a_matrix_that_says_nothing_turns_nothing(matrix):
    assert Turn.from_matrix(matrix) == Turn()


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        ([5, 6, 7.25], [0, 1, 2.25]),
        ([-3, -2.5], [0, 0.5]),
        ([None, None, None], [0, 0.5, 1]),
        ([None, 7, 8], [0, 0.5, 1.5]),
        ([1, None, 3], [0, 0.5, 2]),
        ([1, 1, 0, 9], [0, 0.5, 1, 8]),
    ],
    ids=["offset", "negative", "no times", "first unknown", "one unknown", "not later"],
)
def test_times_count_from_the_first_frame(stamps, expected):
    one = clock()
    assert [one.read(one.stamp(stamp)) for stamp in stamps] == expected


def test_times_of_decoding_come_one_for_each_frame():
    one = clock(by_decoding=True)
    for stamp in (0.0, 1.0, 2.0):
        one.expect(stamp)
    # The second frame is damaged; beyond the last time the step counts.
    first, _, third = (one.stamp(99.0) for _ in range(3))
    assert [one.read(first), one.read(third), one.read(one.stamp(99.0))] == [0, 2, 2.5]


@given(st.lists(st.none() | st.floats(-1e6, 1e6), max_size=30))
def test_times_always_grow(stamps):
    one = clock()
    seconds = [one.read(stamp) for stamp in stamps]
    assert seconds[:1] in ([], [0])
    assert all(a < b for a, b in pairwise(seconds))
