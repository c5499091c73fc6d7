"""Where landmarks are read: around the last ones, or where they are proposed."""

import numpy as np
import pytest

from asl.body.following import Follower
from asl.body.squares import Limits
from asl.hands.square import Square

RGB = np.zeros((200, 200, 3), np.uint8)


class Reader:
    """Sees landmarks a little to the right of the middle of where it reads."""

    def __init__(self):
        self.squares, self.presence = [], 0.9

    def __call__(self, rgb, square):
        self.squares.append(square)
        return np.array([(*square.centre + 1, 0.0)] * 3, np.float32), self.presence


@pytest.fixture
def reader():
    return Reader()


@pytest.fixture
def follower(reader):
    limits = Limits(turn=0.5, shift=0.2, growth=0.4, inside=0.9)
    return Follower(lambda points: Square(points.mean(0), 40.0), limits, reader)


def square(x=100.0, side=40.0):
    return Square(np.array((x, 100.0)), side)


def centres(reader):
    return [float(read.centre[0]) for read in reader.squares]


def test_landmarks_are_read_around_the_last_ones(follower, reader):
    for _ in range(3):
        landmarks, presence = follower.track(RGB, square())
    assert centres(reader) == [100, 101, 102]
    assert landmarks[0, 0] == 103 and presence == 0.9


def test_what_moved_away_is_read_where_it_is_proposed(follower, reader):
    follower.track(RGB, square())
    follower.track(RGB, square(150.0))
    assert centres(reader) == [100, 150]


def test_what_is_not_sure_is_not_followed(follower, reader):
    reader.presence = 0.4
    landmarks, presence = follower.track(RGB, square())
    assert landmarks is None and presence == 0.4
    follower.track(RGB, square())
    assert centres(reader) == [100, 100]


@pytest.mark.parametrize("proposed", [None, square(side=0.0)], ids=["nothing", "no size"])
def test_without_a_place_nothing_is_read(follower, reader, proposed):
    follower.track(RGB, square())
    assert follower.track(RGB, proposed) == (None, 0.0)
    follower.track(RGB, square())
    assert centres(reader) == [100, 100]


def test_after_a_reset_the_proposed_place_counts(follower, reader):
    follower.track(RGB, square())
    follower.reset()
    follower.track(RGB, square())
    assert centres(reader) == [100, 100]
