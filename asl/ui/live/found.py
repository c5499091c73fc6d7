"""Hands that the visitor's browser has found: when they came, which hand, and what it may send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asl.hands.crop import CONTEXT
from asl.hands.tracker import SideVote
from asl.ui.hand_camera.messages import Cut, Kind, hand_in_cut

if TYPE_CHECKING:
    import numpy as np

    from asl.card import ModelCard
    from asl.hands.detector import Hand
    from asl.inference.pictures.stream import Shown
    from asl.ui.hand_camera.messages import Frame, Message

#: Sides in pixels of what is cut out. A sample shows more around the hand, as large as else: from
#: pictures that end at the hand, training could not learn of hands beside the middle.
SIZES: dict[Kind, int] = {"read": 128, "sample": 256}
_WIDER: dict[Kind, float] = {"read": 1.0, "sample": 2.0}
#: Milliseconds between cut-outs of a hand that rests: `HandJudge` reads it as often. A hand that
#: is not clear is wanted again at once, and a sample as often as one is kept.
_RESTING, _UNCLEAR, _SAMPLE = 400, 120, 320
#: Seconds by which a message may be late before the two clocks are compared again: a computer
#: that sleeps stops the browser's.
_LATE = 1.5


def wanted_cut(card: ModelCard, recording: bool, unclear: bool) -> Cut:
    """Return which cut-out of the hand is wanted.

    Args:
        card: of the model that reads it.
        recording: samples are being recorded.
        unclear: the hand was not clear when it was read last.
    """
    kind: Kind = "sample" if recording else "read"
    every = _SAMPLE if recording else _UNCLEAR if unclear else _RESTING
    return Cut(kind, SIZES[kind], _context(card, kind), every, moving=recording)


def can_read(card: ModelCard) -> bool:
    """Return whether a model can read what the browser sends: hands, and no whole pictures."""
    return card.picture is None or card.picture.crop == "hand"


class BrowserClock:
    """When the frames of one camera came, on the app's clock."""

    def __init__(self) -> None:
        self._offset: float | None = None
        self._last = float("-inf")

    def times(self, message: Message, now: float) -> list[float]:
        """Return when the frames of a message came, where the app's clock is at `now`.

        The browser's own times tell how far the frames lie apart; messages take longer or shorter.
        What it says can only be nearer to now, and never before an earlier frame.
        """
        seconds = [frame.milliseconds / 1000 for frame in message.frames]
        newest = now - seconds[-1]
        if self._offset is None or newest < self._offset or newest - self._offset > _LATE:
            self._offset = newest
        times = []
        for second in seconds:
            self._last = max(self._last, min(now, second + self._offset))
            times.append(self._last)
        return times


class FoundHands:
    """The hands of one camera, frame by frame."""

    def __init__(self) -> None:
        self._vote = SideVote()

    def settle(self, frame: Frame, card: ModelCard) -> tuple[Hand | None, Shown | None]:
        """Return the hand of a frame, and what the picture network of a model may see of it."""
        if frame.hand is None:
            self._vote = SideVote()
            return None, None
        hand = self._vote.settle(frame.hand)
        return hand, None if frame.cut is None else _shown(hand, frame.cut, card, frame.kind)


def _shown(hand: Hand, cut: np.ndarray, card: ModelCard, kind: Kind) -> Shown:
    # Importing it at once would load ONNX Runtime before the page is drawn.
    from asl.inference.pictures.stream import Shown

    return Shown(cut, hand_in_cut(hand, cut, _context(card, kind)))


def _context(card: ModelCard, kind: Kind) -> float:
    """Return the side of a cut-out over the longer side of the hand's landmarks."""
    return _WIDER[kind] * (CONTEXT if card.picture is None else card.picture.context)
