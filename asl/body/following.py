"""Landmarks that are read where the last frame had them, while that square still serves."""

from collections.abc import Callable

import numpy as np

from asl.body.squares import Limits, still_serves
from asl.hands.square import Square

#: How likely, 0–1, what is read must be what is looked for.
_SURE = 0.5


class Follower:
    """Follows the landmarks of one hand, or of a face, from frame to frame.

    Args:
        around: makes the square of the next frame from landmarks, (n, 2) in pixels.
        limits: by which that square may differ from the one that the next frame proposes.
        read: returns landmarks, (n, 3) in pixels, that a network reads in a square of a frame,
            and how likely, 0–1, they are what is looked for.
    """

    def __init__(
        self,
        around: Callable[[np.ndarray], Square],
        limits: Limits,
        read: Callable[[np.ndarray, Square], tuple[np.ndarray, float]],
    ):
        self._around, self._limits, self._read = around, limits, read
        self._last: np.ndarray | None = None

    def reset(self) -> None:
        """Forget the last frame."""
        self._last = None

    def track(self, rgb: np.ndarray, proposed: Square | None) -> tuple[np.ndarray | None, float]:
        """Return the landmarks of the next frame, and how likely, 0–1, they are right.

        Args:
            rgb: (height, width, 3) uint8.
            proposed: where they must lie; None where there is nothing to be seen.

        Returns:
            (n, 3) x, y and z in pixels, or None.
        """
        landmarks, presence = None, 0.0
        if proposed and proposed.side >= 1:
            read, presence = self._read(rgb, self._square(proposed))
            landmarks = read if presence >= _SURE else None
        self._last = None if landmarks is None else landmarks[:, :2].astype(np.float64)
        return landmarks, presence

    def _square(self, proposed: Square) -> Square:
        if self._last is None:
            return proposed
        square = self._around(self._last)
        return square if still_serves(square, self._last, proposed, self._limits) else proposed
