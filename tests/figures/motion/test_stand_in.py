"""Head and shoulders for hands alone."""

import numpy as np

from asl.data.sequences.layout import (
    HOLISTIC,
    LEFT_SHOULDER,
    RIGHT_HAND,
    RIGHT_SHOULDER,
    ROWS,
    mirror,
)
from asl.data.sequences.normalise import Normalisation, normalise
from asl.figures.motion.lines import lines_of
from asl.figures.motion.stand_in import with_body

TOP, CHIN = 10, 152


def hands(frames: int = 3) -> np.ndarray:
    points = np.full((frames, ROWS, 3), np.nan, np.float32)
    points[:, list(RIGHT_HAND), :2] = np.random.default_rng(0).random((frames, 21, 2))
    return points


def test_hands_alone_get_a_head_and_shoulders_where_the_network_takes_them_to_be():
    alone = hands()
    whole = with_body(alone)
    np.testing.assert_array_equal(whole[:, list(RIGHT_HAND)], alone[:, list(RIGHT_HAND)])
    body = [line for line in lines_of(whole[0]) if line.side is None]
    assert len(body) == 2, "an outline of the head and the line between the shoulders"
    by = Normalisation("signer", "signer")
    places = [normalise(one, HOLISTIC, by)[:, list(RIGHT_HAND)] for one in (alone, whole)]
    np.testing.assert_allclose(*places, atol=1e-5)
    shown = whole[0, [TOP, CHIN, RIGHT_SHOULDER, LEFT_SHOULDER], :2]
    assert 0 < shown[0, 1] < shown[1, 1] < shown[2, 1] < 1 and shown[2, 0] < shown[3, 0]
    middle = float(shown[2:, 0].mean())
    turned = mirror(whole, HOLISTIC, middle)
    rows = [TOP, CHIN, RIGHT_SHOULDER, LEFT_SHOULDER, 234, 454]
    np.testing.assert_allclose(turned[:, rows], whole[:, rows], atol=1e-6)


def test_a_person_stays_as_they_are():
    person = with_body(hands()) + np.float32(0.1)
    assert with_body(person) is person
