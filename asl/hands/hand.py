"""One hand in a picture, as the networks read it."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from asl.hands.square import Square

#: Pairs of joints that a skeleton drawing connects (MediaPipe's 21 hand landmarks).
BONES = (
    (0, 1), (1, 2), (2, 3), (3, 4),
    (0, 5), (5, 6), (6, 7), (7, 8),
    (5, 9), (9, 10), (10, 11), (11, 12),
    (9, 13), (13, 14), (14, 15), (15, 16),
    (13, 17), (0, 17), (17, 18), (18, 19), (19, 20),
)  # fmt: skip

#: What is nearer to the middle of a hand than this, in its extents, is the same hand.
_SAME = 0.35


@dataclass(frozen=True)
class Hand:
    """One hand in a picture.

    Attributes:
        landmarks: (21, 3) float32; x and y in pixels of the picture, z in the same unit
            relative to the wrist, smaller towards the camera.
        side: "left" or "right", as the detector names it.
        score: the detector's confidence in the side, 0–1.
        presence: its confidence that this is a hand, 0–1.
    """

    landmarks: np.ndarray
    side: str
    score: float
    presence: float = 1.0

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the landmarks in pixels; may lie outside the picture."""
        (left, top), (right, bottom) = self.landmarks[:, :2].min(0), self.landmarks[:, :2].max(0)
        return float(left), float(top), float(right), float(bottom)

    @property
    def extent(self) -> float:
        """Longer side of the box in pixels."""
        left, top, right, bottom = self.box
        return max(right - left, bottom - top)

    def lies_at(self, place: np.ndarray) -> bool:
        """Return whether a point, (2,) in pixels, is so near to the middle that both are one."""
        apart = self.landmarks[:, :2].mean(0) - place
        return bool(np.hypot(*apart) < _SAME * self.extent)

    @property
    def square(self) -> Square:
        """The square in which its joints are read again."""
        return Square.around_joints(self.landmarks[:, :2])

    def placed(self, scale: float, corner: tuple[int, int] = (0, 0)) -> Self:
        """Return the hand of a view in pixels of the picture that it shows.

        Args:
            scale: how many pixels of the picture one of the view's is wide.
            corner: where in the picture the view begins, x and y.
        """
        if scale == 1 and corner == (0, 0):
            return self
        landmarks = self.landmarks * np.float32(scale) + np.array((*corner, 0), np.float32)
        return replace(self, landmarks=landmarks)
