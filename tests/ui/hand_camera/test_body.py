"""What the browser finds stands in the app's layout as if the app had found it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from asl.data.sequences.layout import LEFT_HAND, LEFT_SHOULDER, RIGHT_HAND, RIGHT_SHOULDER
from asl.data.sequences.preparation import Preparation
from asl.inference.sequences.predictor import WordPredictor
from asl.ui.hand_camera.body import FoundBody, can_read
from asl.ui.hand_camera.messages import Body, Frame, Message

SIZE = (640, 480)


def told(*shoulders: float, at: float = 0.0) -> Message:
    points = np.reshape(shoulders, (2, 2)) if shoulders else None
    return Message(1, SIZE, (Frame(at),), Body(at, points))


def test_hands_and_shoulders_lie_where_they_are_in_shares_of_the_frame(make_hand):
    found = FoundBody()
    found.note(told(400, 240, 240, 264))
    left, right = make_hand(side="left", at=(480, 240)), make_hand(side="right", at=(160, 240))
    points = found.landmarks(Frame(40.0, (right, left)), SIZE)
    seen = np.flatnonzero(np.isfinite(points[:, 0]))
    assert set(seen) == {*LEFT_HAND, *RIGHT_HAND, LEFT_SHOULDER, RIGHT_SHOULDER}
    assert np.allclose(points[list(LEFT_HAND)], left.landmarks / (640, 480, 640))
    assert np.allclose(points[list(RIGHT_HAND)], right.landmarks / (640, 480, 640))
    assert np.allclose(points[LEFT_SHOULDER, :2], (0.625, 0.5))
    assert np.allclose(points[RIGHT_SHOULDER, :2], (0.375, 0.55))


def test_shoulders_stay_for_a_while_and_no_longer():
    found, frame = FoundBody(), Frame(4900.0)
    assert np.isnan(found.landmarks(frame, SIZE)).all()
    found.note(told(400, 240, 240, 264))
    found.note(Message(2, SIZE, (frame,)))  # which says nothing of them
    assert np.isfinite(found.landmarks(frame, SIZE)[LEFT_SHOULDER, 0])
    assert np.isnan(found.landmarks(Frame(5100.0), SIZE)).all()
    found.note(told(at=4900.0))  # nobody is there
    assert np.isnan(found.landmarks(frame, SIZE)).all()


def test_of_two_hands_that_seem_to_be_of_one_side_the_surer_one_has_it(make_hand):
    found = FoundBody()
    one = replace(make_hand(side="right", at=(160, 240)), score=0.95)
    other = replace(make_hand(side="right", at=(480, 240)), score=0.5)
    for at in range(0, 400, 40):
        points = found.landmarks(Frame(at, (other, one)), SIZE)
    assert np.nanmean(points[list(RIGHT_HAND), 0]) < 0.5 < np.nanmean(points[list(LEFT_HAND), 0])
    # It keeps its side though the next frame tells another one.
    turned = replace(one, side="left", score=0.6)
    points = found.landmarks(Frame(400.0, (turned, replace(other, score=0.5))), SIZE)
    assert np.nanmean(points[list(RIGHT_HAND), 0]) < 0.5


@pytest.mark.parametrize(
    ("changes", "readable"),
    [
        ({}, True),
        ({"centre": "signer", "scale": "signer"}, True),
        ({"coordinates": 3}, False),
        ({"landmarks": "winner"}, False),
    ],
)
def test_models_that_read_hands_alone_can_read_what_the_browser_finds(
    words_bundle, changes, readable
):
    landmarks = changes.pop("landmarks", "hands")
    predictor = WordPredictor(words_bundle())
    own = predictor.preparation.normalisation
    made = Preparation(landmarks, predictor.preparation.length, replace(own, **changes))
    predictor.preparation = made
    assert can_read(predictor) == readable
