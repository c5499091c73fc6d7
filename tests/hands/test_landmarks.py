"""Normalised landmarks do not change when the hand is moved, scaled or mirrored."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.hands.landmarks import FINGERS, WRIST, normalise, turn

SIDES = ("left", "right")


def some_hand(seed: int) -> np.ndarray:
    """(21, 3) landmarks in pixels, not all in one place."""
    random = np.random.default_rng(seed)
    return random.normal(0, 60, (21, 3)) + random.uniform(0, 400, 3)


hands = st.builds(some_hand, st.integers(0, 10_000))
sides = st.sampled_from(SIDES)
shifts = st.floats(-1000, 1000)


@given(hands, sides, shifts, shifts, shifts)
def test_moving_changes_nothing(hand, side, x, y, z):
    np.testing.assert_allclose(
        normalise(hand + np.array([x, y, z]), side), normalise(hand, side), atol=1e-4
    )


@given(hands, sides, st.floats(0.01, 100))
def test_scaling_changes_nothing(hand, side, scale):
    np.testing.assert_allclose(normalise(hand * scale, side), normalise(hand, side), atol=1e-4)


@given(hands, sides, st.floats(0, 1000))
def test_mirroring_with_the_side_changes_nothing(hand, side, width):
    other = SIDES[1 - SIDES.index(side)]
    mirrored = hand * [-1, 1, 1] + np.array([width, 0, 0])
    np.testing.assert_allclose(normalise(mirrored, other), normalise(hand, side), atol=1e-4)


@given(hands, sides, st.floats(-np.pi, np.pi))
def test_upright_hands_do_not_change_when_turned(hand, side, angle):
    cos, sin = np.cos(angle), np.sin(angle)
    turned = hand @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])
    np.testing.assert_allclose(
        normalise(turned, side, upright=True), normalise(hand, side, upright=True), atol=1e-3
    )


@given(hands, sides)
def test_upright_hands_point_up(hand, side):
    points = normalise(hand, side, upright=True)
    axis = points[FINGERS["middle"][0], :2] - points[WRIST, :2]
    assert axis[0] == pytest.approx(0, abs=1e-4)
    assert axis[1] < 0


@given(hands, sides)
def test_turning_shows_unless_upright(hand, side):
    turned = hand @ np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    assert np.abs(normalise(turned, side) - normalise(hand, side)).max() > 0.1


@given(hands, sides, st.floats(-np.pi, np.pi))
def test_turned_hands_are_the_same_hand_otherwise(hand, side, angle):
    turned = turn(normalise(hand, side), np.full(1, angle))
    np.testing.assert_allclose(
        normalise(turned, "right", upright=True), normalise(hand, side, upright=True), atol=1e-3
    )


@given(hands, sides, st.booleans())
def test_palm_at_the_origin_and_size_one(hand, side, upright):
    points = normalise(hand, side, upright)
    assert points.dtype == np.float32
    np.testing.assert_allclose(points[[0, 5, 9, 13, 17]].mean(0), 0, atol=1e-5)
    assert np.sqrt((points[:, :2] ** 2).sum(-1).mean()) == pytest.approx(1, abs=1e-5)


def test_many_hands_at_once_equal_one_by_one():
    many = np.stack([some_hand(seed) for seed in range(5)])
    expected = np.stack([normalise(hand, "left", upright=True) for hand in many])
    np.testing.assert_allclose(normalise(many, "left", upright=True), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("landmarks", "side", "message"),
    [
        pytest.param(np.zeros((20, 3)), "right", "shape \\(20, 3\\)", id="a joint too few"),
        pytest.param(np.zeros((21, 2)), "right", "shape \\(21, 2\\)", id="no depth"),
        pytest.param(some_hand(0), "both", "'both' is neither", id="unknown side"),
        pytest.param(np.ones((21, 3)), "left", "one place", id="a point"),
        pytest.param(np.full((21, 3), np.nan), "left", "landmarks", id="NaN"),
    ],
)
def test_unusable_landmarks_are_named(landmarks, side, message):
    with pytest.raises(ValueError, match=message):
        normalise(landmarks, side)
