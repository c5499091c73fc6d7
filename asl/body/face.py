"""The face of a person whose body is known: 468 points of it."""

import math

import numpy as np

from asl.body.following import Follower
from asl.body.networks import FACE_DETECTION, FACE_LANDMARKS, body_network
from asl.body.pose import Pose
from asl.body.squares import Limits, around_face
from asl.hands.boxes import BoxNetwork
from asl.hands.square import Square

POINTS = 468

#: Points of the body that lie in the face, and of them the eyes.
_OF_POSE, _RIGHT_EYE_OF_POSE, _LEFT_EYE_OF_POSE = slice(0, 11), 5, 2
#: The outer corners of the eyes.
_RIGHT_EYE, _LEFT_EYE = 33, 263

#: The detecting network's grids: pixels a cell, and boxes a cell; and how sure, 0–1, it must be.
_GRIDS, _SURE = ((8, 2), (16, 6)), 0.5


class FaceFollower:
    """Finds the face where the body has it, and follows it. Not thread-safe.

    Args:
        threads: that networks run on.

    Raises:
        HandsUnavailable: LiteRT or a file is missing.
    """

    def __init__(self, threads: int = 1):
        self._boxes = BoxNetwork(body_network(FACE_DETECTION, threads, signed=True), _GRIDS)
        self._network = body_network(FACE_LANDMARKS, threads)
        limits = Limits(turn=math.radians(15), shift=0.1, growth=0.3, inside=0.8)
        self._follower = Follower(_around, limits, self._read)

    def reset(self) -> None:
        """Forget the last frame."""
        self._follower.reset()

    def track(self, rgb: np.ndarray, pose: Pose | None) -> tuple[np.ndarray | None, float]:
        """Return the face in the next frame, and how likely, 0–1, it is one.

        Args:
            rgb: (height, width, 3) uint8.
            pose: of the same frame.

        Returns:
            (468, 3) x, y and z in pixels, z smaller towards the camera; None without a face.
        """
        return self._follower.track(rgb, self._propose(rgb, pose) if pose else None)

    def _propose(self, rgb: np.ndarray, pose: Pose) -> Square | None:
        points = pose.landmarks[:, :2]
        searched = around_face(
            points[_OF_POSE], points[_RIGHT_EYE_OF_POSE], points[_LEFT_EYE_OF_POSE], enlarged=3.0
        )
        if searched.side < 1:
            return None
        found = self._boxes.find(searched.cut(rgb, self._boxes.size), _SURE)
        if not found:
            return None
        # The eyes come first.
        points = searched.to_picture(found[0].points)
        return around_face(points, points[0], points[1], enlarged=2.0, up=0.1)

    def _read(self, rgb: np.ndarray, square: Square) -> tuple[np.ndarray, float]:
        read, logit = self._network(square.cut(rgb, self._network.size))
        points = read.reshape(POINTS, 3).astype(np.float64) / self._network.size
        presence = 1 / (1 + np.exp(-logit.reshape(-1)[0].clip(-80, 80)))
        return square.landmarks_of(points), float(presence)


def _around(landmarks: np.ndarray) -> Square:
    return around_face(landmarks, landmarks[_RIGHT_EYE], landmarks[_LEFT_EYE], enlarged=1.5)
