"""J and Z in drawn paths; no recordings of these movements are at hand."""

from dataclasses import replace

import numpy as np
import pytest

from asl.inference.motion import MotionReader

Z = ((1, 0), (0, 0), (1, 1), (0, 1))
J = ((0.2, 0), (0.2, 0.6), (0.26, 0.84), (0.42, 0.98), (0.6, 1), (0.78, 0.94), (0.9, 0.75))
CIRCLE = tuple((np.cos(a), np.sin(a)) for a in np.linspace(0, 2 * np.pi, 20))
LINE = ((0, 0), (1, 0))


def drawn(make_hand, finger, path, seconds=0.9, side="right", size=1.8, noise=0.0, seed=0):
    """Read a hand that follows a path; returns all letters that were told."""
    reader, random, told = MotionReader(), np.random.default_rng(seed), []
    path = np.array(path, float) * ((-1, 1) if side == "left" else (1, 1))
    way = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    hand = make_hand(straight=(finger,), side=side)
    length = np.linalg.norm(hand.landmarks[0, :2] - hand.landmarks[9, :2])
    for at in np.arange(0, seconds + 0.01, 0.05):
        place = way[-1] * min(1, at / seconds)
        shift = [np.interp(place, way, path[:, axis]) * size * length for axis in (0, 1)]
        points = hand.landmarks.copy()
        points[:, :2] += np.array(shift) + random.normal(0, noise * length, 2)
        told.append(reader.see(replace(hand, landmarks=points), at))
    return [letter for letter in told if letter]


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("seconds", [0.6, 0.9, 1.1])
@pytest.mark.parametrize(("finger", "path", "letter"), [("index", Z, "Z"), ("little", J, "J")])
def test_letters_that_are_drawn_are_told_once(make_hand, finger, path, letter, seconds, side):
    told = drawn(make_hand, finger, path, seconds, side, noise=0.02)
    assert told == [letter]


@pytest.mark.parametrize(
    ("finger", "path"),
    [
        ("index", LINE),
        ("little", LINE),
        ("index", CIRCLE),
        ("index", J),
        ("little", Z),
        ("middle", Z),
    ],
    ids=["a line", "another line", "a circle", "J by the index", "Z by the little", "middle"],
)
def test_other_movements_are_no_letters(make_hand, finger, path):
    assert drawn(make_hand, finger, path) == []


def test_a_hand_that_is_held_draws_nothing(make_hand):
    assert drawn(make_hand, "index", Z, size=0.1, noise=0.01) == []


def test_a_jump_is_no_stroke(make_hand):
    # A held I, then other hands elsewhere: the corners of a J in two steps.
    reader, hand = MotionReader(), make_hand(("little",))
    size = 1.8 * np.linalg.norm(hand.landmarks[0, :2] - hand.landmarks[9, :2])
    jumps = [(0.2, 0, 0)] * 20 + [(0.2, 0.9, 0), (0.9, 0.85, 0)]
    told = [
        reader.see(replace(hand, landmarks=hand.landmarks + np.float32(shift) * size), number / 20)
        for number, shift in enumerate(jumps)
    ]
    assert told == [None] * len(jumps)


def test_a_path_does_not_go_on_where_the_hand_was_away(make_hand):
    reader = MotionReader()
    for number in range(30):
        assert reader.see(make_hand(("index",)) if number % 3 else None, number / 20) is None
