"""MediaPipe's two networks for hands: one finds palms, one reads joints.

They are described in Zhang et al., "MediaPipe Hands: On-device Real-time Hand Tracking" (2020);
the numbers below are those of MediaPipe's graphs `hand_detector` and `hand_landmarks_detector`.
MediaPipe's own package would run the networks too, but not one without the other.
"""

from pathlib import Path

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

#: The joint network's z is in shares of 0.4 of its square.
_Z_SHARE = 0.4


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
        return next(iter(self.find_several(rgb, margin, confidence, 1)), None)

    def find_several(
        self, rgb: np.ndarray, margin: float, confidence: float, most: int
    ) -> list[Square]:
        """Return the squares in which the hands of up to `most` palms must lie, surest first."""
        searched = Square.around_picture(rgb, margin)
        squares = []
        for box in self._boxes.find(letterbox(rgb, self._boxes.size, margin), confidence, most):
            low, high = searched.to_picture(np.stack((box.low, box.high)))
            squares.append(Square.around_palm(low, high, searched.to_picture(box.points)))
        return squares


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
