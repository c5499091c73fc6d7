"""What the browser found goes the way of the video's frames."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from asl.inference.pictures.landmark_only import LandmarkOnly
from asl.inference.pictures.predictor import Predictor
from asl.ui.hand_camera.messages import Frame, Message
from asl.ui.live.overlay import Overlay
from asl.ui.live.session import LiveSession, Options

LABELS = ("A", "B", "C")
#: A J as the camera sees a right hand draw it.
J = ((0.2, 0), (0.2, 0.6), (0.26, 0.84), (0.42, 0.98), (0.6, 1), (0.78, 0.94), (0.9, 0.75))


class Clock:
    now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def session(tiny_bundle, hands_by_colour, clock):
    bundle = tiny_bundle(labels=LABELS)
    session = LiveSession(clock=clock)
    options = Options("tiny", Predictor(bundle), LandmarkOnly(bundle), LABELS, in_browser=True)
    session.choose(replace(options, mode="spell", motion=True))
    return session


def send(session, clock, hands, between=0.05):
    """Send hands, or None, as messages of five frames each."""
    for first in range(0, len(hands), 5):
        part = hands[first : first + 5]
        clock.now += between * len(part)
        end = 1000 * clock.now
        times = [end - 1000 * between * (len(part) - 1 - place) for place in range(len(part))]
        frames = tuple(
            Frame(at, (hand,) if hand else ()) for at, hand in zip(times, part, strict=True)
        )
        session.receive(Message(first + 1, (640, 480), frames))


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_drawn_j_is_written(session, clock, make_hand, side):
    hand = make_hand(straight=("little",), side=side)
    steps = np.linspace(0, len(J) - 1, 20)
    path = np.stack([np.interp(steps, range(len(J)), [point[axis] for point in J])
                     for axis in (0, 1)], 1)  # fmt: skip
    offsets = 80 * path * ((-1, 1) if side == "left" else (1, 1))
    hands = [
        replace(hand, landmarks=hand.landmarks + np.array((*one, 0), np.float32)) for one in offsets
    ]
    send(session, clock, hands)
    assert session.spelling.speller.text == "J"


def test_how_fast_frames_come_is_what_the_browser_says(session, clock, make_hand):
    send(session, clock, [make_hand()] * 40)
    status = session.status()
    assert status.pulse.on and status.pulse.frames == 40
    assert status.pulse.rate == pytest.approx(20, abs=0.5) and status.hand == "right"


def test_once_no_frames_come_nothing_is_written_on_the_video(session, clock, make_hand):
    send(session, clock, [make_hand()] * 5)
    assert session.overlay() != Overlay() and LiveSession.count() >= 1
    clock.now += 3
    assert session.overlay() == Overlay() and not session.status().pulse.on
    before = LiveSession.count()
    send(session, clock, [make_hand()] * 5)
    assert LiveSession.count() == before + 1


def test_the_video_is_not_read_where_the_browser_finds_the_hand(session):
    frame = np.full((96, 96, 3), 255, np.uint8)
    assert session.see(frame) is frame and session.pulse().frames == 0


def test_hands_are_not_read_where_the_app_finds_them(session, clock, make_hand):
    session.choose(replace(session._options, in_browser=False))
    send(session, clock, [make_hand()] * 5)
    assert session.pulse().frames == 0


def test_what_goes_wrong_is_said_once_and_for_all(session, clock, make_hand, monkeypatch):
    def fail(*_):
        raise RuntimeError("broke")

    monkeypatch.setattr("asl.inference.pictures.stream.HandJudge.judge", fail)
    send(session, clock, [make_hand()] * 5)
    assert "broke" in session.status().pulse.failure
