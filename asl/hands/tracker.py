"""Follow the signing hand through a video, with the networks that find it in pictures."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from asl.hands.detector import CERTAIN, Hand, HandReader, view_of
from asl.hands.networks import MODEL_PATH

#: Share of the past when frames of a video vote on whether the hand is a left or a right one.
_MEMORY = 0.8


class SideVote:
    """Frames of a video vote on which hand they show: it is told in each, and wrongly in some."""

    def __init__(self) -> None:
        self._rightness = 0.0

    def settle(self, hand: Hand) -> Hand:
        """Return the hand of the next frame as the one that the frames up to it show."""
        vote = hand.score if hand.side == "right" else -hand.score
        self._rightness = _MEMORY * self._rightness + (1 - _MEMORY) * vote
        return replace(hand, side="right" if self._rightness > 0 else "left")


class HandTracker:
    """Follows the signing hand through a video. Not thread-safe.

    Once there is a hand, its joints are read in the next frame without a search, which takes
    half the time. One hand is followed: to notice a second one, each frame would have to be
    searched again.

    Raises:
        HandsUnavailable: LiteRT or the model file is missing.
    """

    def __init__(self, model: Path = MODEL_PATH):
        self._reader = HandReader(model)
        self.restart()

    def restart(self) -> None:
        """Search the next frame as a whole: what was followed may never have been a hand."""
        self._last: Hand | None = None
        self._retry = 0
        self._side = SideVote()

    def track(self, rgb: np.ndarray) -> Hand | None:
        """Return the signing hand of the next frame, (height, width, 3) uint8, or None.

        Until a hand is certain, a frame is searched in one way, and if need be joints are guessed
        in it in one; the next one in others.
        """
        view, scale = view_of(rgb)
        hand = self._last and self._reader.read_joints(view, self._last.square)
        if hand is None or hand.presence < CERTAIN:
            found = self._reader.search_once(view, self._retry)
            if hand is None or (found and found.presence > hand.presence):
                hand = found
                self._side = SideVote()
            self._retry += 1
        else:
            self._retry = 0
        self._last = hand
        if hand is None:
            return None
        return self._side.settle(hand.placed(scale))
