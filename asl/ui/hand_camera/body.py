"""Both hands and the shoulders that the visitor's browser has found, as the app would have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from asl.body.pair import PairVote
from asl.data.sequences.layout import (
    LEFT_HAND,
    LEFT_SHOULDER,
    PARTS,
    RIGHT_HAND,
    RIGHT_SHOULDER,
    ROWS,
)

if TYPE_CHECKING:
    from asl.inference.sequences.predictor import WordPredictor
    from asl.ui.hand_camera.messages import Frame, Message

_FOUND = {*LEFT_HAND, *RIGHT_HAND, LEFT_SHOULDER, RIGHT_SHOULDER}
#: Milliseconds for which shoulders are taken to stay where they were seen: the browser looks for
#: them every three seconds, later where it is busy.
_STAY = 5000.0


def can_read(predictor: WordPredictor) -> bool:
    """Return whether a model can read what the browser finds: hands, and shoulders to place them.

    How far shoulders lie from the camera is not told.
    """
    preparation = predictor.preparation
    return _FOUND.issuperset(preparation.selection.rows) and (
        preparation.normalisation.coordinates == 2
    )


class FoundBody:
    """What one camera shows, frame by frame."""

    def __init__(self) -> None:
        self._vote = PairVote()
        self._shoulders: np.ndarray | None = None
        self._seen = float("-inf")

    def note(self, message: Message) -> None:
        """Take from a message where the shoulders are, before its frames are read."""
        if message.body is not None:
            self._shoulders, self._seen = message.body.shoulders, message.body.milliseconds

    def landmarks(self, frame: Frame, size: tuple[int, int]) -> np.ndarray:
        """Return (543, 3) float32 of a frame, as `asl.body.BodyTracker.track` does."""
        width, height = size
        points = np.full((ROWS, 3), np.nan, np.float32)
        for side, hand in self._vote.settle(frame.hands).items():
            first, count = PARTS[f"{side}_hand"]
            points[first : first + count] = hand.landmarks / (width, height, width)
        if self._shoulders is not None and abs(frame.milliseconds - self._seen) <= _STAY:
            points[[LEFT_SHOULDER, RIGHT_SHOULDER], :2] = self._shoulders / size
        return points
