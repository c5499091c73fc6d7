"""The square around the hand: where it lies, how wide it is, and what is outside."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asl.hands.crop import CONTEXT, crop_hand
from asl.hands.detector import Hand


def hand_at(x: float, y: float, extent: float, side: str = "right") -> Hand:
    """A hand whose landmarks fill a box of `extent` pixels around (x, y)."""
    points = np.zeros((21, 3), np.float32)
    points[:, :2] = np.random.default_rng(0).uniform(-0.5, 0.5, (21, 2)) * 0.8
    points[0, :2], points[1, :2] = (-0.5, -0.5), (0.5, 0.5)
    return Hand(points * extent + np.float32([x, y, 0]), side, 1.0)


def smooth_picture(height: int, width: int) -> np.ndarray:
    """A picture without edges, so that sampling it a little beside changes it little."""
    y, x = np.mgrid[:height, :width]
    return np.stack(
        [255 * x / width, 255 * y / height, 127 + 120 * np.sin(x / 40) * np.cos(y / 40)], -1
    ).astype(np.uint8)


def centre_of_red(square: np.ndarray) -> np.ndarray:
    """Mean (x, y) of the red pixels as shares of the square's side."""
    weight = square[..., 0].astype(float)
    positions = (np.arange(len(square)) + 0.5) / len(square)
    return np.array([weight.sum(0) @ positions, weight.sum(1) @ positions]) / weight.sum()


places = {
    "x": st.floats(60, 260),
    "y": st.floats(60, 180),
    "extent": st.floats(20, 200),
    "side": st.sampled_from(("left", "right")),
}


@given(st.integers(20, 300), st.integers(20, 220), st.floats(20, 200), st.sampled_from((64, 128)))
def test_the_centre_of_the_hand_stays_in_the_middle(x, y, extent, size):
    picture = np.zeros((240, 320, 3), np.uint8)
    picture[y - 4 : y + 4, x - 4 : x + 4, 0] = 255
    square = crop_hand(picture, hand_at(x, y, extent), size)
    np.testing.assert_allclose(centre_of_red(square), 0.5, atol=1.0 / size)


@given(**places)
@settings(max_examples=40)
def test_the_middle_of_a_wider_square_is_the_plain_one(x, y, extent, side):
    picture = smooth_picture(240, 320)
    hand = hand_at(x, y, extent, side)
    plain = crop_hand(picture, hand, 64)
    wide = crop_hand(picture, hand, 80, zoom_out=1.25)
    # At the picture's edge, black and picture mix differently in the two samplings.
    inside = (plain.min(-1) > 0) & (wide[8:-8, 8:-8].min(-1) > 0)
    difference = np.abs(wide[8:-8, 8:-8].astype(int) - plain)[inside]
    assert difference.size == 0 or np.quantile(difference, 0.98) <= 3


@given(**places)
@settings(max_examples=40)
def test_a_left_hand_is_the_mirror_of_a_right_one(x, y, extent, side):
    picture = smooth_picture(240, 320)
    other = "left" if side == "right" else "right"
    square = crop_hand(picture, hand_at(x, y, extent, side), 64)
    mirrored = crop_hand(picture, hand_at(x, y, extent, other), 64)
    np.testing.assert_array_equal(mirrored, square[:, ::-1])


@pytest.mark.parametrize("context", [CONTEXT, 2.5])
def test_the_square_is_as_wide_as_the_context_says(context):
    picture = np.zeros((300, 300, 3), np.uint8)
    picture[100:200, 100:200] = 255
    square = crop_hand(picture, hand_at(150, 150, 100), 100, context=context)
    assert (square[50, :, 0] > 127).sum() == pytest.approx(100 / context, abs=1)


def test_outside_the_picture_is_black():
    picture = np.full((100, 100, 3), 255, np.uint8)
    square = crop_hand(picture, hand_at(0, 50, 50), 64)
    assert (square[:, :30] == 0).all()
    assert (square[:, 34:] == 255).all()


def test_without_a_hand_the_whole_picture_is_padded():
    picture = np.full((60, 120, 3), 255, np.uint8)
    square = crop_hand(picture, None, 64)
    assert (square[:14] == 0).all() and (square[50:] == 0).all()
    assert (square[18:46, 2:-2] == 255).all()


@given(
    st.integers(1, 12),
    st.integers(1, 12),
    st.floats(-500, 500),
    st.floats(1, 400),
    st.booleans(),
)
def test_any_picture_gives_a_square(height, width, at, extent, found):
    picture = np.full((height, width, 3), 200, np.uint8)
    square = crop_hand(picture, hand_at(at, at, extent) if found else None, 48, zoom_out=1.25)
    assert square.shape == (48, 48, 3)
    assert square.dtype == np.uint8
    assert square.flags.c_contiguous
