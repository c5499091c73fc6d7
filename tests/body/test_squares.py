"""Where squares lie around bodies, wrists and faces, and when the last one still serves."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.body.squares import (
    Limits,
    around_face,
    around_wrist,
    from_centre,
    from_recrop,
    still_serves,
)
from asl.hands.square import Square

ANGLES = st.floats(-np.pi, np.pi)
SHIFTS = st.tuples(st.floats(-300, 300), st.floats(-300, 300)).map(np.array)
SIZES = st.floats(0.2, 5)
LIMITS = Limits(turn=math.radians(40), shift=0.2, growth=0.4, inside=0.9)

#: Wrist, little and index finger of a hand that points up.
HAND = np.array([(0, 0), (-9, -30), (9, -30)], float)


def turned(points: np.ndarray, angle: float) -> np.ndarray:
    """Return points turned clockwise, as one sees them in a picture."""
    cos, sin = np.cos(angle), np.sin(angle)
    return points @ np.array(((cos, -sin), (sin, cos))).T


def assert_moved(plain: Square, moved: Square, angle: float, shift: np.ndarray, size: float):
    assert moved.side == pytest.approx(plain.side * size)
    expected = turned(plain.centre[None], angle)[0] * size + shift
    np.testing.assert_allclose(moved.centre, expected, atol=1e-6)
    assert np.cos(moved.angle - plain.angle - angle) == pytest.approx(1)


@given(SHIFTS, st.floats(1, 900), ANGLES, st.lists(SHIFTS, min_size=1, max_size=9))
def test_a_point_in_a_square_and_back_is_itself(centre, side, angle, points):
    square, points = Square(centre, side, angle), np.array(points)
    np.testing.assert_allclose(square.to_picture(square.to_square(points)), points, atol=1e-6)
    np.testing.assert_allclose(square.to_square(square.to_picture(points)), points, atol=1e-6)


@given(ANGLES, st.floats(20, 200))
def test_what_lies_in_a_square_is_cut_out_where_its_points_say(angle, side):
    picture = np.zeros((300, 300, 3), np.uint8)
    picture[145:156, 165:176] = 255
    square = Square(np.array((150.0, 150.0)), 2 * side, angle)
    shown = square.cut(picture, 128)[..., 0].astype(float)
    rows, columns = np.mgrid[:128, :128] + 0.5
    middle = np.array([(shown * axis).sum() / shown.sum() for axis in (columns, rows)]) / 128
    expected = square.to_square(np.array(((170.5, 150.5),)))[0]
    if (abs(expected - 0.5) < 0.4).all():
        np.testing.assert_allclose(middle, expected, atol=0.02)


@given(SHIFTS, st.floats(1, 500), ANGLES)
def test_landmarks_have_their_depth_in_pixels_too(centre, side, angle):
    square, points = Square(centre, side, angle), np.array([(0.5, 0.5, 0.1), (0.2, 0.9, -1.0)])
    landmarks = square.landmarks_of(points)
    np.testing.assert_allclose(landmarks[:, :2], square.to_picture(points[:, :2]))
    np.testing.assert_allclose(landmarks[:, 2], points[:, 2] * side)


@given(ANGLES, SHIFTS, SIZES)
def test_the_square_around_a_wrist_moves_with_the_hand(angle, shift, size):
    moved = turned(HAND, angle) * size + shift
    assert_moved(around_wrist(*HAND), around_wrist(*moved), angle, shift, size)


def test_the_square_around_a_wrist_is_as_mediapipe_has_it():
    square = around_wrist(*HAND)
    # Twice the way from the wrist to the middle finger, times 2.7; a tenth of it towards the tip.
    middle = np.array((3.0, -30.0))
    length = 2 * np.hypot(*middle)
    assert square.side == pytest.approx(2.7 * length)
    np.testing.assert_allclose(square.centre, middle + 0.1 * length * middle / np.hypot(*middle))
    assert square.angle == pytest.approx(np.arctan2(3, 30))


@given(ANGLES, SHIFTS, st.floats(1, 90))
def test_the_two_points_of_a_recrop_are_its_middle_and_its_lower_side(angle, shift, reach):
    below = turned(np.array(((0, reach),)), angle)[0] + shift
    square = from_recrop(shift, below)
    assert square.side == pytest.approx(2 * reach)
    assert np.cos(square.angle - angle) == pytest.approx(1)
    np.testing.assert_allclose(square.to_square(shift[None])[0], (0.5, 0.6), atol=1e-6)


@given(ANGLES, SHIFTS, st.floats(1, 90))
def test_a_circle_becomes_the_square_around_it(angle, shift, reach):
    edge = turned(np.array(((0, -reach),)), angle)[0] + shift
    square = from_centre(shift, edge, enlarged=1.25)
    np.testing.assert_allclose(square.to_square(edge[None])[0], (0.5, 0.1), atol=1e-6)


@given(SHIFTS, SIZES, st.sampled_from((0.0, 0.5, -0.5, 1.5)))
def test_the_eyes_are_level_in_the_square_around_a_face(shift, size, angle):
    eyes_and_mouth = np.array([(-10, 0), (10, 0), (0, 22)], float)
    points = turned(eyes_and_mouth, angle) * size + shift
    square = around_face(points, points[0], points[1], enlarged=2.0, up=0.1)
    right, left, mouth = square.to_square(points)
    assert right[1] == pytest.approx(left[1]) and right[0] < left[0]
    assert mouth[1] > right[1]


def test_a_face_is_in_the_middle_of_its_square():
    points = np.array([(100, 100), (140, 100), (120, 160)], float)
    square = around_face(points, points[0], points[1], enlarged=1.5)
    assert (square.centre == (120, 130)).all() and square.side == 90 and square.angle == 0
    higher = around_face(points, points[0], points[1], enlarged=1.5, up=0.1)
    np.testing.assert_allclose(higher.centre, (120, 124))


def square(x=0.0, y=0.0, larger=1.0, turn=0.0) -> Square:
    moved = turned(np.array(((x, y),)), 0.3)[0] * 100
    return Square(np.array((200.0, 150.0)) + moved, 100 * larger, 0.3 + turn)


@pytest.mark.parametrize(
    ("last", "serves"),
    [
        (square(), True),
        (square(0.19, -0.19), True),
        (square(larger=1.39), True),
        (square(turn=math.radians(39)), True),
        (square(turn=2 * np.pi - math.radians(39)), True),
        (square(0.21), False),
        (square(y=-0.21), False),
        (square(larger=1.41), False),
        (square(larger=0.59), False),
        (square(turn=math.radians(41)), False),
    ],
)
def test_a_square_serves_while_it_is_near_the_proposed_one(last, serves):
    landmarks = square().to_picture(np.array([(0.1, 0.1), (0.9, 0.9)]))
    assert still_serves(last, landmarks, square(), LIMITS) is serves


@pytest.mark.parametrize(
    ("place", "serves"), [(0.94, True), (0.96, False), (0.06, True), (0.04, False)]
)
def test_a_square_serves_while_all_landmarks_are_in_the_proposed_one(place, serves):
    landmarks = square().to_picture(np.array([(0.5, 0.5), (0.5, place)]))
    assert still_serves(square(), landmarks, square(), LIMITS) is serves


@pytest.mark.parametrize("field", ["turn", "shift", "growth", "inside"])
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_a_limit_that_is_none_is_named(field, value):
    with pytest.raises(ValueError, match=f"{field}: expected more than 0, got"):
        Limits(**{**vars(LIMITS), field: value})
