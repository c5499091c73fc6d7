"""Which of two hands is which, and that one hand does not count twice."""

import numpy as np
import pytest

from asl.body.pair import PairFollower
from asl.hands.detector import Hand


class Reader:
    """Stands for both networks: sees the hands that it is given."""

    def __init__(self):
        self.hands, self.searches = [], 0

    def read_joints(self, view, square):
        apart = [np.hypot(*(hand.landmarks[:, :2].mean(0) - square.centre)) for hand in self.hands]
        near = int(np.argmin(apart)) if apart else None
        return None if near is None or apart[near] > 60 else self.hands[near]

    def find_several(self, view, size, most, known):
        self.searches += 1
        return self.hands[:most]


@pytest.fixture
def reader():
    return Reader()


@pytest.fixture
def pair(reader):
    follower = PairFollower()
    follower._reader = reader
    return follower


@pytest.fixture
def hand(make_hand):
    def make(x, side, score=0.9, presence=0.9):
        landmarks = make_hand().landmarks.copy()
        landmarks[:, :2] += (x - landmarks[:, 0].mean(), 0)
        return Hand(landmarks, side, score, presence)

    return make


FRAME = np.zeros((480, 640, 3), np.uint8)


def place(seen):
    return {side: round(float(hand.landmarks[:, 0].mean())) for side, hand in seen.items()}


def test_two_hands_have_their_sides(pair, reader, hand):
    reader.hands = [hand(100, "right"), hand(400, "left")]
    assert place(pair.track(FRAME)) == {"right": 100, "left": 400}


def test_of_two_hands_that_seem_alike_the_surer_one_keeps_its_side(pair, reader, hand):
    reader.hands = [hand(100, "left", 0.6), hand(400, "left", 0.99)]
    assert place(pair.track(FRAME)) == {"left": 400, "right": 100}


def test_sides_hold_where_one_frame_says_otherwise(pair, reader, hand):
    reader.hands = [hand(100, "right")]
    for _ in range(5):
        pair.track(FRAME)
    reader.hands = [hand(105, "left")]
    assert place(pair.track(FRAME)) == {"right": 105}


def test_one_hand_that_is_found_twice_counts_once(pair, reader, hand):
    reader.hands = [hand(100, "right"), hand(103, "right")]
    assert place(pair.track(FRAME)) == {"right": 100}


def test_what_is_hardly_a_hand_is_none(pair, reader, hand):
    reader.hands = [hand(100, "right", presence=0.4)]
    assert pair.track(FRAME) == {}


def test_two_hands_that_are_followed_are_not_searched(pair, reader, hand):
    reader.hands = [hand(100, "right"), hand(400, "left")]
    pair.track(FRAME)
    for _ in range(3):
        pair.track(FRAME)
    assert reader.searches == 1
    reader.hands = reader.hands[:1]
    pair.track(FRAME)
    assert reader.searches == 2


def test_after_a_reset_hands_are_searched_again(pair, reader, hand):
    reader.hands = [hand(100, "right"), hand(400, "left")]
    pair.track(FRAME)
    pair.reset()
    pair.track(FRAME)
    assert reader.searches == 2
