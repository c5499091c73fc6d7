"""Arms and fingers turned in their joints, as other people hold them otherwise.

After SPOTER (Boháček and Hrúz 2022: arm joints) and the second place of asl-signs (ffs333: the
fingers' tree). A joint turns everything beyond it, by the same angle in all frames.
"""

from dataclasses import dataclass

import numpy as np

from asl.data.sequences.layout import LEFT_HAND, POSE, RIGHT_HAND, Selection
from asl.hands.landmarks import FINGERS


@dataclass(frozen=True)
class Joint:
    """A row of the layout about which others turn."""

    pivot: int
    beyond: tuple[int, ...]


def _arms() -> tuple[Joint, ...]:
    """Shoulders and elbows, from the body outwards; pose has left and right in turn from 11."""
    found = []
    for side, hand in enumerate((LEFT_HAND, RIGHT_HAND)):
        shoulder, elbow = POSE[11 + side], POSE[13 + side]
        # Wrist, little finger, index finger and thumb, as pose knows them.
        outer = (*(POSE[place + side] for place in (15, 17, 19, 21)), *hand)
        found += [Joint(shoulder, (elbow, *outer)), Joint(elbow, outer)]
    return tuple(found)


def _fingers() -> tuple[Joint, ...]:
    """All joints of fingers but the tips, from the palm outwards."""
    return tuple(
        Joint(hand[joint], tuple(hand[outer] for outer in finger[place + 1 :]))
        for hand in (LEFT_HAND, RIGHT_HAND)
        for finger in FINGERS.values()
        for place, joint in enumerate(finger[:-1])
    )


ARMS = _arms()
FINGER_JOINTS = _fingers()


def turn_joints(
    points: np.ndarray, selection: Selection, joints: tuple[Joint, ...], angles: np.ndarray
) -> np.ndarray:
    """Return a sequence with joints turned in the picture plane, one after another.

    A joint that is not chosen, or not seen in a frame, turns nothing there. Lengths between
    neighbouring landmarks of a limb stay as they were.

    Args:
        points: (T, rows, C), NaN where nothing was seen; z stays.
        angles: one for each joint, in radians.

    Raises:
        ValueError: not one angle for each joint.
    """
    if len(angles) != len(joints):
        raise ValueError(f"angles: {len(angles)} for {len(joints)} joints")
    turned = points.astype(np.float32)
    for joint, angle in zip(joints, angles, strict=True):
        place = selection.column_of[joint.pivot]
        beyond = selection.places(joint.beyond)
        if place < 0 or not len(beyond):
            continue
        pivot = turned[:, place, None, :2]
        offset = turned[:, beyond, :2] - pivot
        cos, sin = np.cos(angle), np.sin(angle)
        x, y = offset[..., 0], offset[..., 1]
        moved = np.stack([x * cos - y * sin, x * sin + y * cos], -1) + pivot
        there = np.isfinite(pivot).all(-1, keepdims=True)
        turned[:, beyond, :2] = np.where(there, moved, turned[:, beyond, :2])
    return turned
