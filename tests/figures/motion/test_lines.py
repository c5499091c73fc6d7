"""What of a person is drawn."""

from itertools import pairwise

import numpy as np
import pytest

from asl.data.sequences.layout import LEFT_HAND, LIPS, POSE, RIGHT_HAND
from asl.figures.motion.lines import HAND_COLOURS, describe, lines_of
from asl.figures.skeleton import PARTS


def test_hands_are_drawn_with_the_bones_that_pictures_have(signing):
    lines = [line for line in lines_of(signing[0]) if line.side == "right"]
    hand = signing[0, list(RIGHT_HAND), :2]
    drawn = {
        frozenset((tuple(a), tuple(b))) for line in lines for a, b in pairwise(line.places.tolist())
    }
    bones = {
        frozenset((tuple(hand[a].tolist()), tuple(hand[b].tolist())))
        for part in PARTS
        for a, b in pairwise(part.joints)
    }
    assert drawn == bones


def test_hands_have_their_own_colours_and_come_after_the_body(signing):
    lines = list(lines_of(signing[0]))
    sides = [line.side for line in lines]
    assert sides == sorted(sides, key=lambda side: side is not None)
    for side, colour in HAND_COLOURS.items():
        assert {line.colour for line in lines if line.side == side} == {colour}
    assert len({line.colour for line in lines}) == 3


@pytest.mark.parametrize(
    ("unseen", "sides"),
    [
        pytest.param(LEFT_HAND, {None, "right"}, id="a hand"),
        pytest.param((RIGHT_HAND[3],), {None, "left"}, id="a joint"),
        pytest.param(POSE, {"left", "right"}, id="the body"),
    ],
)
def test_what_is_not_seen_is_not_drawn(signing, unseen, sides):
    frame = signing[0]
    frame[list(unseen)] = np.nan
    lines = list(lines_of(frame))
    assert {line.side for line in lines} == sides
    assert all(np.isfinite(line.places).all() for line in lines)


def test_an_arm_ends_where_it_is_not_seen_any_more(signing):
    frame = signing[0]
    before = len(list(lines_of(frame)))
    frame[POSE[15]] = np.nan
    assert len(list(lines_of(frame))) == before - 1


def test_lips_and_face_are_drawn_where_they_are_seen(signing):
    frame = signing[0]
    before = len(list(lines_of(frame)))
    angles = np.linspace(0, 2 * np.pi, len(LIPS))
    frame[list(LIPS)] = np.stack([np.cos(angles), np.sin(angles), 0 * angles], 1)
    assert len(list(lines_of(frame))) == before + 2
    frame[[10, 152, 234, 454]] = [(0.5, 0.2, 0), (0.5, 0.4, 0), (0.4, 0.3, 0), (0.6, 0.3, 0)]
    head = next(iter(lines_of(frame))).places
    np.testing.assert_allclose(head.min(0), (0.4, 0.2), atol=1e-3)
    np.testing.assert_allclose(head.max(0), (0.6, 0.4), atol=1e-3)


def test_nothing_is_drawn_of_nothing(signing):
    assert not list(lines_of(np.full_like(signing[0], np.nan)))
    assert list(lines_of(signing[0, :, :2])), "without z as well"


def test_a_movement_in_words(signing):
    said = describe(signing, 1.2, "<b>help</b>", [0.6, 0.2, 0.21])
    assert said == (
        "A drawn person signs “<b>help</b>” for 1.2 seconds: the right hand moves up and the left "
        "hand stays in its place. Marked: 0.2 and 0.6 seconds."
    )
    assert "comes back" in describe(np.concatenate([signing, signing[::-1]]), 2)
    assert "no hand is seen" in describe(np.full_like(signing, np.nan), 1)
