"""Both hands of a person whose body is known, each searched where its wrist is."""

import math

import numpy as np

from asl.body.following import Follower
from asl.body.networks import HAND_RECROP, body_network
from asl.body.pose import Pose
from asl.body.squares import Limits, around_wrist, from_recrop
from asl.hands.networks import Joints
from asl.hands.square import KNUCKLES, Square

#: Points of the body beside each hand: wrist, little and index finger. Sides are the person's own.
_OF_POSE = {"left": [15, 17, 19], "right": [16, 18, 20]}

#: How likely, 0–1, a wrist must be visible for its hand to be searched.
_VISIBLE = 0.1


class ArmsFollower:
    """Follows both hands of a body. Not thread-safe.

    Args:
        threads: that networks run on.

    Raises:
        HandsUnavailable: LiteRT or a file is missing.
    """

    def __init__(self, threads: int = 1):
        self._recrop = body_network(HAND_RECROP, threads)
        self._joints = Joints(threads=threads)
        limits = Limits(turn=math.radians(40), shift=0.2, growth=0.4, inside=0.9)
        self._followers = {side: Follower(_around, limits, self._read) for side in _OF_POSE}

    def reset(self) -> None:
        """Forget the last frame."""
        for follower in self._followers.values():
            follower.reset()

    def track(
        self, rgb: np.ndarray, pose: Pose | None
    ) -> dict[str, tuple[np.ndarray | None, float]]:
        """Return the hands in the next frame, and how likely, 0–1, each is one.

        Args:
            rgb: (height, width, 3) uint8.
            pose: of the same frame.

        Returns:
            "left" and "right", the person's own → (21, 3) x, y and z in pixels, z relative to the
            wrist and smaller towards the camera, or None; and how likely there is a hand.
        """
        return {
            side: follower.track(rgb, self._propose(rgb, pose, side) if pose else None)
            for side, follower in self._followers.items()
        }

    def _propose(self, rgb: np.ndarray, pose: Pose, side: str) -> Square | None:
        wrist, little, index = pose.landmarks[_OF_POSE[side], :2]
        searched = around_wrist(wrist, little, index)
        if pose.visibility[_OF_POSE[side][0]] < _VISIBLE or searched.side < 1:
            return None
        [found] = self._recrop(searched.cut(rgb, self._recrop.size))
        centre, edge = searched.to_picture(found.reshape(2, 2) / self._recrop.size)
        return from_recrop(centre, edge)

    def _read(self, rgb: np.ndarray, square: Square) -> tuple[np.ndarray, float]:
        landmarks, presence, _ = self._joints.read(rgb, square)
        return landmarks, presence


def _around(landmarks: np.ndarray) -> Square:
    return Square.around_joints(landmarks, KNUCKLES)
