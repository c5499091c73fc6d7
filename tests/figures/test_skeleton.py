"""The hand as it is drawn and put in words."""

from itertools import pairwise

import numpy as np
import pytest

from asl.figures.skeleton import PARTS, far_to_near, in_words
from asl.hands.detector import BONES
from asl.hands.landmarks import FINGERS

FOUR = ("index", "middle", "ring", "little")


def test_the_parts_are_exactly_the_bones():
    drawn = {frozenset(bone) for part in PARTS for bone in pairwise(part.joints)}
    assert drawn == {frozenset(bone) for bone in BONES}


@pytest.mark.parametrize("background", ["#ffffff", "#0e1117", "#030405"])
@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_colours_are_seen_in_both_themes(part, background):
    assert contrast(part.colour, background) >= 3


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio of two colours."""

    def luminance(colour: str) -> float:
        channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(
            channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
        )
        return float(linear @ (0.2126, 0.7152, 0.0722))

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("near", FINGERS)
def test_the_nearest_finger_is_drawn_last(make_hand, near):
    landmarks = make_hand().landmarks.copy()
    landmarks[list(FINGERS[near]), 2] = -10
    assert far_to_near(landmarks)[-1].name == near


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    ("straight", "words"),
    [
        pytest.param(FOUR, "all four fingers straight", id="B"),
        pytest.param((), "all four fingers bent", id="S"),
        pytest.param(("index",), "index straight, middle, ring and little bent", id="D"),
        pytest.param(
            ("index", "middle"), "index and middle straight, ring and little bent", id="V"
        ),
    ],
)
def test_in_words(make_hand, side, straight, words):
    assert in_words(make_hand(straight, side).landmarks) == words
