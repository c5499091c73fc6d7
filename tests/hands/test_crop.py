"""The square around the hand: where it lies, how wide it is, and what is outside."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

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


def cut_as_a_whole(rgb: np.ndarray, hand: Hand | None, size: int, zoom_out: float) -> np.ndarray:
    """The same square by Pillow, from a padded copy of all that it shows."""
    height, width = rgb.shape[:2]
    left, top, right, bottom = hand.box if hand else (0, 0, width, height)
    side = (hand.extent * CONTEXT if hand else max(height, width)) * zoom_out
    x, y = (left + right) / 2 - side / 2, (top + bottom) / 2 - side / 2
    around = max(height, width) * 2
    padded = np.pad(rgb, ((around, around), (around, around), (0, 0)))
    rim = 2 + int(np.ceil(side / size))
    corner_x, corner_y = int(np.floor(x)) - rim, int(np.floor(y)) - rim
    whole = int(np.ceil(side)) + 1 + 2 * rim
    cut = padded[around + corner_y :, around + corner_x :][:whole, :whole]
    box = (x - corner_x, y - corner_y, x - corner_x + side, y - corner_y + side)
    picture = Image.fromarray(np.ascontiguousarray(cut))
    square = np.asarray(picture.resize((size, size), Image.Resampling.BILINEAR, box=box))
    return square[:, ::-1] if hand and hand.side == "left" else square


@pytest.mark.parametrize(
    ("height", "width"), [(480, 640), (28, 28), (300, 40), (40, 300), (900, 1300), (1400, 1000)]
)
def test_pixels_are_those_of_the_whole_square_resampled(height, width):
    random = np.random.default_rng(height)
    rgb = random.integers(0, 256, (height, width, 3), np.uint8)
    # Within the picture, over its edge, and wider than it.
    hands = [hand_at(width / 2, height / 2, min(height, width) / 2)]
    hands += [hand_at(0.9 * width, 0.2 * height, 0.7 * max(height, width), "left")]
    for hand in (None, *hands):
        for size, zoom_out in ((64, 1.0), (224, 1.25)):
            np.testing.assert_array_equal(
                crop_hand(rgb, hand, size, zoom_out), cut_as_a_whole(rgb, hand, size, zoom_out)
            )


@pytest.mark.parametrize("shape", [(1, 16_384), (16_384, 1), (3_000, 16_384), (16_384, 300)])
@pytest.mark.parametrize("found", [False, True])
def test_a_thin_picture_is_cut_without_making_room_for_its_square(shape, found):
    rgb = np.full((*shape, 3), 200, np.uint8)
    hand = hand_at(shape[1] / 2, shape[0] / 2, max(shape)) if found else None
    tracemalloc.start()
    try:
        square = crop_hand(rgb, hand, 224, zoom_out=1.25)
        assert tracemalloc.get_traced_memory()[1] < 40e6
    finally:
        tracemalloc.stop()
    assert square.shape == (224, 224, 3) and square.max() > 0


def test_a_tall_thin_picture_is_cut_as_a_wide_one():
    rgb = np.random.default_rng(0).integers(0, 256, (9_000, 600, 3), np.uint8)
    tall = crop_hand(rgb, None, 128)
    wide = crop_hand(np.ascontiguousarray(rgb.swapaxes(0, 1)), None, 128)
    assert np.abs(tall.astype(int) - wide.swapaxes(0, 1)).max() <= 1
