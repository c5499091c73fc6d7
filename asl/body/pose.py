"""The body of one person: found once, then followed from frame to frame, 33 points of it."""

from dataclasses import dataclass

import numpy as np

from asl.body.networks import POSE_DETECTION, POSE_LANDMARKS, body_network
from asl.body.smoothing import OneEuro
from asl.body.squares import from_centre
from asl.hands.boxes import BoxNetwork, letterbox
from asl.hands.square import Square

POINTS = 33

#: The detecting network's grids: pixels a cell, and boxes a cell.
_GRIDS = ((8, 2), (16, 2), (32, 6))

#: How sure the networks must be, 0–1, that there is a person.
_SURE = 0.5

#: The square around a person over the circle that the networks tell, which the hips are the
#: centre of.
_ENLARGED = 1.25

#: Beyond the 33 points the network tells that circle: its centre and a point of it, for the next
#: frame. Further four are not used.
_CIRCLE = slice(POINTS, POINTS + 2)
_TOLD = 39

#: Points are read more closely from heat maps, in this many cells to each side, where a cell says
#: at least so much.
_AROUND, _LEAST_HEAT = 3, 0.5

#: How much of a new frame counts in a point's visibility.
_NEW_VISIBILITY = 0.1


@dataclass(frozen=True)
class Pose:
    """A person's body in a picture.

    Attributes:
        landmarks: (33, 3); x and y in pixels, z in the same unit relative to the hips, smaller
            towards the camera.
        visibility: (33,) how likely, 0–1, each is in the picture and not hidden.
        presence: how likely, 0–1, there is a person.
    """

    landmarks: np.ndarray
    visibility: np.ndarray
    presence: float


class PoseFollower:
    """Finds the person whom the detecting network is surest of, and follows that one.

    Not thread-safe.

    Args:
        threads: that networks run on.

    Raises:
        HandsUnavailable: LiteRT or a file is missing.
    """

    def __init__(self, threads: int = 1):
        self._boxes = BoxNetwork(body_network(POSE_DETECTION, threads, signed=True), _GRIDS)
        self._network = body_network(POSE_LANDMARKS, threads)
        self._steady = OneEuro(0.05, 80.0)
        self._circle = OneEuro(0.01, 10.0)
        self.reset()

    def reset(self) -> None:
        """Forget the last frame."""
        self._square: Square | None = None
        self._visibility: np.ndarray | None = None
        self._steady.reset()
        self._circle.reset()

    def track(self, rgb: np.ndarray) -> Pose | None:
        """Return the body in the next frame, (height, width, 3) uint8, or None."""
        square = self._square or self._find(rgb)
        read = square and self._read(rgb, square)
        if not read:
            self.reset()
            return None
        points, visibility, presence = read
        centre, edge = points[_CIRCLE, :2]
        size = from_centre(centre, edge).side
        if self._visibility is not None:
            visibility = _NEW_VISIBILITY * visibility + (1 - _NEW_VISIBILITY) * self._visibility
        self._visibility = visibility
        centre, edge = self._circle.smooth(points[_CIRCLE, :2], size)
        self._square = from_centre(centre, edge, _ENLARGED)
        landmarks = self._steady.smooth(points[:POINTS], size)
        return Pose(landmarks, visibility, presence)

    def _find(self, rgb: np.ndarray) -> Square | None:
        found = self._boxes.find(letterbox(rgb, self._boxes.size), _SURE)
        if not found:
            return None
        centre, edge = Square.around_picture(rgb).to_picture(found[0].points[:2])
        return from_centre(centre, edge, _ENLARGED)

    def _read(self, rgb: np.ndarray, square: Square) -> tuple[np.ndarray, np.ndarray, float] | None:
        """Return (35, 3) points, the visibility of 33 of them, and how likely there is a person."""
        told, presence, _, heat, _ = self._network(square.cut(rgb, self._network.size))
        if presence[0, 0] < _SURE or square.side < 1:
            return None
        told = told.reshape(_TOLD, 5)[: _CIRCLE.stop].astype(np.float64)
        points = told[:, :3] / self._network.size
        points[:, :2] = refined(points[:, :2], heat[0])
        visibility = 1 / (1 + np.exp(-told[:POINTS, 3].clip(-80, 80)))
        return square.landmarks_of(points), visibility, float(presence[0, 0])


def refined(points: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Return points moved to the middle of the heat around them.

    Args:
        points: (n, 2) x and y on the scale 0–1.
        heat: (rows, columns, n or more) logits of where each of them is.
    """
    count, sizes = len(points), np.array(heat.shape[1::-1])
    cells = np.floor(points * sizes).astype(int)
    inside = ((cells >= 0) & (cells < sizes)).all(1)
    steps = np.arange(-_AROUND, _AROUND + 1)
    columns = cells[:, 0, None, None] + steps[None, None]
    rows = cells[:, 1, None, None] + steps[None, :, None]
    there = (columns >= 0) & (columns < sizes[0]) & (rows >= 0) & (rows < sizes[1])
    logits = heat[
        rows.clip(0, sizes[1] - 1), columns.clip(0, sizes[0] - 1), np.arange(count)[:, None, None]
    ]
    warmth = np.where(there, 1 / (1 + np.exp(-logits.astype(np.float64).clip(-80, 80))), 0.0)
    total = warmth.sum((1, 2))
    middle = np.stack([(warmth * axis).sum((1, 2)) for axis in (columns, rows)], 1)
    moved = middle / np.maximum(total, 1e-12)[:, None] / sizes
    hot = inside & (warmth.max((1, 2)) >= _LEAST_HEAT)
    return np.where(hot[:, None], moved, points)
