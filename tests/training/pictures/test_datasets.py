"""What the landmark network is shown of hands that were read several times, or turned."""

import numpy as np
import pytest
import torch

from asl.hands.landmarks import FINGERS, WRIST, normalise
from asl.training.config import Movement
from asl.training.pictures.datasets import Landmarks
from asl.training.settings import AugmentSettings


@pytest.mark.parametrize(("count", "share"), [(0, 0.0), (1, 0.5), (3, 0.75)])
def test_every_reading_of_a_hand_is_shown_as_often(make_hand, count, share):
    rows = 600
    clean, rereads = (
        make_hand(straight=fingers).landmarks for fingers in (("index",), ("little",))
    )
    nothing = np.zeros(rows, int)
    training_set = Landmarks(
        landmarks=np.repeat(clean[None], rows, axis=0),
        rereads=np.broadcast_to(rereads, (rows, count, 21, 3)),
        settings=AugmentSettings.none(),
        classes=nothing,
        sources=nothing,
        weights=nothing,
        validation=nothing,
    )
    shown = training_set.augmented(np.arange(rows), torch.Generator().manual_seed(0)).numpy()
    index, little = (np.linalg.norm(shown[:, tip, :2], axis=1) for tip in (8, 20))
    assert (little > index).mean() == pytest.approx(share, abs=0.07)
    # What is validated on is what prediction sees.
    assert (training_set.clean(np.arange(rows)).numpy() == clean).all()
    assert (training_set.landmarks == clean).all()


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
    clean = np.stack([hands[0]] * 4 + [hands[1]] * 2)
    training_set = Landmarks(
        landmarks=clean,
        rereads=clean[:, None],
        settings=AugmentSettings.none(),
        classes=np.array([0, 0, 0, 0, 2, 2]),
        sources=np.array(["here", "here", "here", "there", "here", "here"]),
        weights=np.array([1.0, 1.0, 0.0, 1.0, 1.0, 1.0]),
        validation=np.array([1]),
    )
    random = np.random.default_rng(0)
    moved = training_set.with_movements([Movement("J", "I", (25, 60), 0.2)], labels, random)
    # Of four I, one is for validation and one counts for nothing.
    assert moved.classes.tolist() == [0, 0, 0, 0, 2, 2, 1, 1]
    assert moved.sources[6:].tolist() == ["here", "there"]
    assert moved.weights[6:].tolist() == [0.2, 0.2]
    assert moved.validation.tolist() == [1]
    np.testing.assert_array_equal(moved.landmarks[:6], clean)
    turned = lean(moved.landmarks[6:]) - lean(clean[0])
    assert (turned > 24.9).all()
    assert (turned < 60.1).all()
    np.testing.assert_allclose(moved.rereads[6:, 0], moved.landmarks[6:])
    assert moved.landmarks.dtype == np.float32
    same = training_set.with_movements([], labels, random)
    np.testing.assert_array_equal(same.landmarks, training_set.landmarks)
    assert same.classes.tolist() == training_set.classes.tolist()
