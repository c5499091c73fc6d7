"""Where squares lie, and what is cut out by them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from asl.hands.square import Square

ANGLES = st.floats(-np.pi, np.pi)
SHIFTS = st.tuples(st.floats(-300, 300), st.floats(-300, 300)).map(np.array)
SIZES = st.floats(0.2, 5)


def turned(points: np.ndarray, angle: float) -> np.ndarray:
    """Return points turned clockwise, as one sees them in a picture."""
    x, y = points.T
    return np.stack(
        (x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)), 1
    )


@pytest.fixture
def joints(make_hand) -> np.ndarray:
    return make_hand().landmarks[:, :2].astype(float)


@given(angle=ANGLES, shift=SHIFTS, size=SIZES)
def test_the_square_around_joints_moves_with_them(make_hand, angle, shift, size):
    joints = make_hand().landmarks[:, :2].astype(float)
    plain = Square.around_joints(joints)
    moved = Square.around_joints(turned(joints, angle) * size + shift)
    assert moved.side == pytest.approx(plain.side * size, rel=1e-4)
    np.testing.assert_allclose(
        moved.centre, turned(plain.centre[None], angle)[0] * size + shift, atol=1e-2
    )
    assert np.cos(moved.angle - plain.angle - angle) == pytest.approx(1)


@given(angle=ANGLES, shift=SHIFTS, size=SIZES)
def test_the_square_around_a_palm_moves_with_its_points(angle, shift, size):
    points = np.array([(0, 10), (-8, -8), (0, -10), (8, -8), (10, -5), (-9, 5), (-12, 0)], float)
    square = Square.around_palm(
        shift - 12 * size, shift + 12 * size, turned(points, angle) * size + shift
    )
    assert square.side == pytest.approx(2.6 * 24 * size)
    # The fingers lie beyond the palm: the middle of the square is 0.28 of its size towards them.
    np.testing.assert_allclose(
        square.centre, turned(np.array([(0, -0.28 * 24)]), angle)[0] * size + shift, atol=1e-6
    )
    assert np.cos(square.angle - angle) == pytest.approx(1)


@given(angle=ANGLES, shift=SHIFTS, size=SIZES)
def test_squares_that_differ_little_show_the_same(angle, shift, size):
    def square(x=0.0, y=0.0, larger=1.0, turn=0.0):
        moved = turned(np.array(((x, y),)), angle)[0] * 100
        return Square(shift + moved * size, 100 * size * larger, angle + turn)

    for little in (
        square(),
        square(0.05, -0.05),
        square(larger=1.15),
        square(turn=2 * np.pi - 0.2),
    ):
        assert square().shows_same(little)
    for much in (square(0.1), square(y=-0.1), square(larger=1.3), square(turn=0.4)):
        assert not square().shows_same(much)


def test_joints_lie_in_their_square_with_the_fingers_up(joints):
    square = Square.around_joints(turned(joints, 2.0))
    low, high = square.to_picture(np.array(((0.5, 1.0), (0.5, 0.0))))
    fingers, wrist = turned(joints, 2.0)[[10, 0]]
    assert (fingers - wrist) @ (high - low) > 0.9 * np.linalg.norm(fingers - wrist) * square.side


@given(angle=ANGLES, side=st.floats(1, 900), x=st.floats(-400, 900), y=st.floats(-400, 900))
def test_any_square_can_be_cut(angle, side, x, y):
    picture = np.full((90, 120, 3), (10, 200, 30), np.uint8)
    shown = Square(np.array((x, y)), side, angle).cut(picture, 32)
    assert shown.shape == (32, 32, 3)
    # Beyond the edges the picture goes on as it ends there.
    assert (shown == (10, 200, 30)).all()


def test_an_upright_square_shows_the_picture_itself():
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    np.testing.assert_array_equal(Square.around_picture(picture).cut(picture, 64), picture)


@pytest.mark.parametrize("size", [40, 150, 700])
def test_a_turned_square_shows_its_part_of_the_picture(size):
    # Smooth, so that neither larger nor smaller pixels change what is seen.
    x, y = np.meshgrid(np.arange(300), np.arange(200))
    picture = np.stack((x * 255 / 299, y * 255 / 199, 0 * x), axis=-1).astype(np.uint8)
    square = Square(np.array((150.0, 100.0)), 120.0, 0.7)
    shown = square.cut(picture, size)
    middles = (np.stack(np.meshgrid(*[np.arange(size)] * 2), axis=-1).reshape(-1, 2) + 0.5) / size
    expected = (square.to_picture(middles) - 0.5) * (255 / 299, 255 / 199)
    np.testing.assert_allclose(shown[..., :2].reshape(-1, 2), expected, atol=4)


@given(SHIFTS, ANGLES)
def test_points_of_a_square_in_the_picture(shift, angle):
    square = Square(shift, 10.0, angle)
    np.testing.assert_allclose(square.to_picture(np.array(((0.5, 0.5),))), [shift], atol=1e-9)
    corners = square.to_picture(np.array(((0, 0), (1, 0), (1, 1))))
    np.testing.assert_allclose(np.linalg.norm(np.diff(corners, axis=0), axis=1), 10)


def test_large_pictures_are_made_smaller_before_they_are_turned():
    # A chessboard of single pixels is grey from afar; without that it would be black or white.
    board = ((np.indices((400, 400)).sum(0) % 2) * 255).astype(np.uint8)
    shown = Square.around_picture(board, angle=0.3).cut(
        np.asarray(Image.fromarray(board).convert("RGB")), 50
    )
    assert 100 < shown[20:30, 20:30].min() and shown[20:30, 20:30].max() < 155


def test_squares_elsewhere_show_the_same_hand():
    square, random = Square(np.array((50.0, 80.0)), 40.0, 0.5), np.random.default_rng(0)
    others = [square.elsewhere(random) for _ in range(2000)]
    shifts = np.array([other.centre - square.centre for other in others]) / square.side
    sides = np.log([other.side / square.side for other in others])
    turns = np.array([other.angle - square.angle for other in others])
    for values, spread in ((shifts[:, 0], 0.06), (shifts[:, 1], 0.06), (sides, 0.12), (turns, 0.2)):
        assert values.std() == pytest.approx(spread, rel=0.1)
        assert abs(values.mean()) < 0.1 * spread
