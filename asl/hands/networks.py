"""MediaPipe's two networks for hands: one finds palms, one reads joints.

They are described in Zhang et al., "MediaPipe Hands: On-device Real-time Hand Tracking" (2020);
the numbers below are those of MediaPipe's graphs `hand_detector` and `hand_landmarks_detector`.
MediaPipe's own package would run the networks too, but not one without the other.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from asl.hands.boxes import BoxNetwork, letterbox
from asl.hands.litert import HandsUnavailable as HandsUnavailable
from asl.hands.litert import Network
from asl.hands.square import Square
from asl.workspace import bundled_models

MODEL_PATH = bundled_models() / "hand_landmarker" / "hand_landmarker.task"
PALMS, JOINTS = "hand_detector.tflite", "hand_landmarks_detector.tflite"

#: The palm network answers in two grids: pixels a cell, and boxes a cell.
_GRIDS = ((8, 2), (16, 6))

#: Palms are the same if their hands' squares are nearer to each other, as a share of the side.
_SAME = 0.25

#: The joint network's z is in shares of 0.4 of its square.
_Z_SHARE = 0.4


@dataclass(frozen=True, eq=False)
class Palm:
    """A palm that was found.

    Attributes:
        square: in which its hand must lie.
        score: how sure the network is of it, 0–1.
    """

    square: Square
    score: float

    def placed(self, scale: float, corner: tuple[int, int]) -> Self:
        """Return the palm of a view in pixels of the picture that it shows.

        Args:
            scale: how many pixels of the picture one of the view's is wide.
            corner: where the view begins, x and y in its own pixels.
        """
        square = replace(
            self.square,
            centre=(self.square.centre + corner) * scale,
            side=self.square.side * scale,
        )
        return replace(self, square=square)


def distinct(palms: Iterable[Palm]) -> list[Palm]:
    """Return palms, the surest first, without those that lie where a surer one does."""
    kept: list[Palm] = []
    for palm in sorted(palms, key=lambda palm: -palm.score):
        apart = (np.hypot(*(palm.square.centre - one.square.centre)) for one in kept)
        if all(far > _SAME * one.square.side for far, one in zip(apart, kept, strict=True)):
            kept.append(palm)
    return kept


class Palms:
    """The network that finds palms. Not thread-safe.

    Args:
        size: side in pixels of what it sees, a multiple of 32. It was trained with 192; with
            fewer it takes less time, finds large palms better, and misses small ones.
        threads: that it runs on.

    Raises:
        HandsUnavailable: LiteRT or the model file is missing.
    """

    def __init__(self, size: int, task: Path = MODEL_PATH, threads: int = 1):
        self._boxes = BoxNetwork(Network(task, PALMS, size=size, threads=threads), _GRIDS)

    def find(self, rgb: np.ndarray, margin: float, confidence: float) -> Square | None:
        """Return the square in which the hand of the surest palm must lie, or None.

        Args:
            rgb: (height, width, 3) uint8.
            margin: black around the picture, as a share of its longer side; palms that fill a
                picture are found only with some.
            confidence: 0–1, below which nothing is a palm.
        """
        found = self.find_several(rgb, margin, confidence, 1)
        return found[0].square if found else None

    def find_several(
        self, rgb: np.ndarray, margin: float, confidence: float, most: int
    ) -> list[Palm]:
        """Return up to `most` palms, the surest first; arguments as for `find`."""
        searched = Square.around_picture(rgb, margin)
        palms = []
        for box in self._boxes.find(letterbox(rgb, self._boxes.size, margin), confidence, most):
            low, high = searched.to_picture(np.stack((box.low, box.high)))
            square = Square.around_palm(low, high, searched.to_picture(box.points))
            palms.append(Palm(square, box.score))
        return palms


class Joints:
    """The network that reads the joints of a hand. Not thread-safe.

    Raises:
        HandsUnavailable: LiteRT or the model file is missing.
    """

    def __init__(self, task: Path = MODEL_PATH, threads: int = 1):
        self._network = Network(task, JOINTS, threads=threads)

    def read(self, rgb: np.ndarray, where: Square) -> tuple[np.ndarray, float, float]:
        """Return the joints of the hand in a square of `rgb`, (height, width, 3) uint8.

        Returns:
            (21, 3) float32, x and y in pixels, z in the same unit relative to the wrist, smaller
            towards the camera; and how likely, 0–1, there is a hand, and it is a right one.
        """
        joints, presence, right, _ = self._network(where.cut(rgb, self._network.size))
        points = where.landmarks_of(joints.reshape(21, 3) / self._network.size)
        points[:, 2] /= _Z_SHARE
        return points.astype(np.float32), float(presence[0, 0]), float(right[0, 0])
