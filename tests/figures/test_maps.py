"""Maps over a picture: drawn at any size, and put in words."""

import numpy as np
import pytest

from asl.figures.maps import as_shown, heat_over, map_sheet, place_in_words


@pytest.mark.parametrize(
    ("place", "words"),
    [((0, 0), "in the upper left"), ((7, 7), "in the lower right"), ((4, 7), "on the right")],
)
def test_places(place, words):
    heat = np.full((8, 8), -1.0)
    heat[place] = 5
    assert place_in_words(heat) == words


def test_places_without_any():
    assert place_in_words(np.ones((4, 4))) == "in several places"
    assert place_in_words(-np.ones((4, 4))) == "nowhere in particular"


def test_pictures_are_drawn_at_any_size():
    picture = np.zeros((28, 28, 3), np.uint8)
    for data in (
        as_shown(picture),
        heat_over(picture, np.eye(4)),
        map_sheet(np.random.default_rng(0).random((32, 7, 7))),
        map_sheet(np.zeros((1, 1, 1))),
    ):
        assert data.startswith(b"\xff\xd8")
