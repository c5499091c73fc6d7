"""The squares in which Holistic's networks look, and when the last frame's still serves.

How large they are and where they lie is MediaPipe's choice, which its networks were trained with:
the calculators `AlignmentPointsRects`, `HandDetectionsFromPoseToRects`, `DetectionsToRects`,
`RectTransformation` and `RoiTracking`. All points are x and y in pixels of the picture.
"""

import math
from dataclasses import dataclass

import numpy as np

from asl.hands.square import Square, direction


@dataclass(frozen=True)
class Limits:
    """How much of the last frame's square may differ from the one proposed for this frame.

    Attributes:
        turn: radians that it may be turned.
        shift: that its centre may lie away along each side, as a share of the proposed side.
        growth: by which its side may differ, as a share of the proposed side.
        inside: share of the proposed square, about its centre, in which all landmarks must lie.
    """

    turn: float
    shift: float
    growth: float
    inside: float

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name}: expected more than 0, got {value}")


def from_centre(centre: np.ndarray, edge: np.ndarray, enlarged: float = 1.0) -> Square:
    """Return the square around a point, as far as another point, which lies up in it.

    Args:
        centre, edge: (2,).
        enlarged: the square's side over twice the distance of both.
    """
    arrow = edge - centre
    return Square(centre, 2 * enlarged * float(np.hypot(*arrow)), direction(arrow))


def around_wrist(wrist: np.ndarray, little: np.ndarray, index: np.ndarray) -> Square:
    """Return the square in which a hand must lie, by what pose knows of it.

    Args:
        wrist, little, index: (2,) the wrist, and where the two fingers begin.
    """
    middle = (2 * index + little) / 3
    arrow = middle - wrist
    length, angle = 2 * float(np.hypot(*arrow)), direction(arrow)
    return _shifted(Square(middle, length, angle), 0.1, 2.7)


def from_recrop(centre: np.ndarray, edge: np.ndarray) -> Square:
    """Return the square around a hand by the two points of the network that looks for it.

    Args:
        centre: (2,) the middle.
        edge: (2,) the middle of the side below the wrist.
    """
    found = from_centre(centre, 2 * centre - edge)
    return _shifted(found, 0.1, 1.0)


def around_face(
    points: np.ndarray, right: np.ndarray, left: np.ndarray, enlarged: float, up: float = 0.0
) -> Square:
    """Return the square around points of a face, with the eyes level.

    Args:
        points: (n, 2) of the face.
        right, left: (2,) the person's eyes.
        enlarged: the square's side over the longer side of the points' upright box.
        up: share of the box by which the square lies nearer to the forehead.
    """
    low, high = points.min(0), points.max(0)
    width, height = high - low
    angle = direction(left - right) - np.pi / 2
    # What is shifted is the box, whose height counts, before it becomes a square.
    box = _shifted(Square((low + high) / 2, float(height), angle), up, 1.0)
    return Square(box.centre, enlarged * float(max(width, height)), angle)


def still_serves(last: Square, landmarks: np.ndarray, proposed: Square, limits: Limits) -> bool:
    """Return whether the square of the last frame's landmarks is to be kept for this frame.

    It is steadier than the one that is proposed, but of no use where what it shows moved away.

    Args:
        last: around the last frame's landmarks.
        landmarks: (n, 2) of the last frame.
        proposed: where they must lie in this frame.
        limits: that must be held.
    """
    turned = np.angle(np.exp(1j * (last.angle - proposed.angle)))
    shift = np.abs(proposed.to_square(last.centre[None])[0] - 0.5)
    growth = abs(last.side - proposed.side) / proposed.side
    apart = np.abs(proposed.to_square(landmarks) - 0.5)
    return bool(
        abs(turned) <= limits.turn
        and shift.max() <= limits.shift
        and growth <= limits.growth
        and apart.max() < limits.inside / 2
    )


def _shifted(square: Square, up: float, enlarged: float) -> Square:
    """Return a square moved up along its own sides by a share of them, then enlarged."""
    centre = square.to_picture(np.array(((0.5, 0.5 - up),)))[0]
    return Square(centre, enlarged * square.side, square.angle)
