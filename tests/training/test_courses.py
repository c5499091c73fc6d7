"""What the landmark network is shown of hands that were read several times, or turned."""

import numpy as np
import pytest
import torch

from asl.hands.landmarks import FINGERS, WRIST, normalise
from asl.training.augment import AugmentSettings
from asl.training.config import Movement
from asl.training.courses import Landmarks


@pytest.mark.parametrize(("count", "share"), [(0, 0.0), (1, 0.5), (3, 0.75)])
def test_every_reading_of_a_hand_is_shown_as_often(make_hand, count, share):
    rows = 600
    plain, anew = (make_hand(straight=fingers).landmarks for fingers in (("index",), ("little",)))
    nothing = np.zeros(rows, int)
    course = Landmarks(
        landmarks=np.repeat(plain[None], rows, axis=0),
        readings=np.broadcast_to(anew, (rows, count, 21, 3)),
        settings=AugmentSettings.none(),
        classes=nothing,
        sources=nothing,
        weights=nothing,
        validation=nothing,
    )
    shown = course.changed(np.arange(rows), torch.Generator().manual_seed(0)).numpy()
    index, little = (np.linalg.norm(shown[:, tip, :2], axis=1) for tip in (8, 20))
    assert (little > index).mean() == pytest.approx(share, abs=0.07)
    # What is validated on is what prediction sees.
    assert (course.plain(np.arange(rows)).numpy() == plain).all()
    assert (course.landmarks == plain).all()


def lean(hands):
    """Return the degrees by which upright hands lean towards the little finger, to the left."""
    axis = hands[..., FINGERS["middle"][0], :2] - hands[..., WRIST, :2]
    return -np.degrees(np.arctan2(axis[..., 0], -axis[..., 1]))


def test_a_movement_is_shown_as_its_hand_turned_to_the_little_finger(make_hand):
    labels = ("I", "J", "A")
    hands = [
        normalise(make_hand(straight=(finger,)).landmarks, "right")
        for finger in ("little", "thumb")
    ]
    plain = np.stack([hands[0]] * 4 + [hands[1]] * 2)
    course = Landmarks(
        landmarks=plain,
        readings=plain[:, None],
        settings=AugmentSettings.none(),
        classes=np.array([0, 0, 0, 0, 2, 2]),
        sources=np.array(["here", "here", "here", "there", "here", "here"]),
        weights=np.array([1.0, 1.0, 0.0, 1.0, 1.0, 1.0]),
        validation=np.array([1]),
    )
    random = np.random.default_rng(0)
    moved = course.with_movements([Movement("J", "I", (25, 60), 0.2)], labels, random)
    # Of four I, one is for validation and one counts for nothing.
    assert moved.classes.tolist() == [0, 0, 0, 0, 2, 2, 1, 1]
    assert moved.sources[6:].tolist() == ["here", "there"]
    assert moved.weights[6:].tolist() == [0.2, 0.2]
    assert moved.validation.tolist() == [1]
    np.testing.assert_array_equal(moved.landmarks[:6], plain)
    turned = lean(moved.landmarks[6:]) - lean(plain[0])
    assert (turned > 24.9).all()
    assert (turned < 60.1).all()
    np.testing.assert_allclose(moved.readings[6:, 0], moved.landmarks[6:])
    assert moved.landmarks.dtype == np.float32
    same = course.with_movements([], labels, random)
    np.testing.assert_array_equal(same.landmarks, course.landmarks)
    assert same.classes.tolist() == course.classes.tolist()
