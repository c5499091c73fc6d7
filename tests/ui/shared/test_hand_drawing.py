"""The hand drawn on a photograph."""

import io

import numpy as np
import pytest
from PIL import Image

from asl.ui.shared.hand_drawing import picture_with_hand


def opened(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        pytest.param((4000, 3000), (800, 600), id="large pictures shrink"),
        pytest.param((100, 50), (400, 200), id="small pictures grow"),
        pytest.param((640, 480), (640, 480), id="others stay"),
        pytest.param((3000, 1), (800, 1), id="a line"),
        pytest.param((1, 1), (400, 400), id="a point"),
    ],
)
def test_size(size, shown):
    width, height = size
    picture = opened(picture_with_hand(np.zeros((height, width, 3), np.uint8), None))
    assert picture.shape == (shown[1], shown[0], 3)


def test_without_a_hand_nothing_is_drawn():
    grey = np.full((400, 400, 3), 120, np.uint8)
    assert np.abs(opened(picture_with_hand(grey, None)).astype(int) - 120).max() <= 2


def test_the_skeleton_lies_on_the_hand_and_the_box_around_it(make_hand):
    hand = make_hand(size=100, at=(200, 250))
    green = np.full((400, 400, 3), (0, 255, 0), np.uint8)
    changed = np.abs(opened(picture_with_hand(green, hand)).astype(int) - green).max(-1) > 60
    for x, y, _ in hand.landmarks:
        assert changed[round(y), round(x)]
    left, top, right, bottom = np.array(hand.box).round().astype(int)
    margin = 30
    assert changed[top:bottom, left - margin : left].any(0).any()
    outside = changed.copy()
    outside[top - margin : bottom + margin, left - margin : right + margin] = False
    assert not outside.any()


def test_a_hand_partly_outside_the_picture_is_drawn_as_far_as_it_shows(make_hand):
    picture = opened(picture_with_hand(np.zeros((96, 96, 3), np.uint8), make_hand(at=(0, 0))))
    assert picture.shape == (400, 400, 3)


def test_nothing_of_the_camera_stays_in_the_preview(make_hand):
    preview = Image.open(io.BytesIO(picture_with_hand(np.zeros((50, 50, 3), np.uint8), None)))
    assert not preview.getexif()
