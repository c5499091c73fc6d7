"""Which landmark lies in which row, and which rows are the left and right of each other.

The layout is MediaPipe Holistic's with 543 rows, as Kaggle's asl-signs publishes it: face 0–467,
left hand 468–488, pose 489–521, right hand 522–542. Left and right are the person's own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

ROWS = 543
#: Width over height of the common frame: that of most films of the dictionaries.
ASPECT = 3 / 2

#: Part → first row and number of rows.
PARTS: dict[str, tuple[int, int]] = {
    "face": (0, 468),
    "left_hand": (468, 21),
    "pose": (489, 33),
    "right_hand": (522, 21),
}
FACE, LEFT_HAND, POSE, RIGHT_HAND = (
    tuple(range(first, first + count)) for first, count in PARTS.values()
)

#: The forty of the lips, in the source's order.
LIPS = (
    61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 146, 91, 181, 84, 17, 314, 405, 321, 375,
    78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308,
)  # fmt: skip
#: Shoulders, elbows, wrists, the fingers that pose knows, and hips; left before right.
ARMS = tuple(range(500, 514))
LEFT_SHOULDER, RIGHT_SHOULDER = 500, 501
#: The middle of the lower lip, on which the winner of asl-signs centres a clip.
LOWER_LIP = 17

_NOSE = (1, 2, 98, 327)
_RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173)
_LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398)
#: Face points on the line that halves the face, as MediaPipe's canonical face model has them.
FACE_MIDDLE = (
    0, 1, 2, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 94, 151, 152, 164, 168, 175,
    195, 197, 199, 200,
)  # fmt: skip
_LEFT_OF_FACE = 248


def _partners() -> np.ndarray:
    """(543,) the row that each row becomes in a mirror."""
    partners = np.arange(ROWS)
    pairs = list(zip(LEFT_HAND, RIGHT_HAND, strict=True))
    # The canonical model counts all points of the middle and of the right, then, in the same
    # order, those of the left.
    right = [row for row in range(_LEFT_OF_FACE) if row not in FACE_MIDDLE]
    pairs += zip(right, range(_LEFT_OF_FACE, len(FACE)), strict=True)
    # Pose: the nose, three points of the left eye and three of the right, then pairs.
    pairs += [(POSE[1 + place], POSE[4 + place]) for place in range(3)]
    pairs += zip(POSE[7::2], POSE[8::2], strict=True)
    for one, other in pairs:
        partners[one], partners[other] = other, one
    return partners


#: (543,) row → the row that it becomes in a mirror.
PARTNERS = _partners()


@dataclass(frozen=True)
class Selection:
    """Rows of the 543 that are used, in the order in which they lie in an array.

    Attributes:
        rows: each once, 0 to 542.
    """

    rows: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.rows:
            raise ValueError("rows: none are chosen")
        strange = [row for row in self.rows if not 0 <= row < ROWS]
        if strange:
            raise ValueError(f"rows: {strange[0]} is not 0 to {ROWS - 1}")
        if len(set(self.rows)) < len(self.rows):
            twice = next(row for row in self.rows if self.rows.count(row) > 1)
            raise ValueError(f"rows: {twice} is chosen twice")

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def column_of(self) -> np.ndarray:
        """(543,) the place of each row in an array of this selection, -1 where it has none."""
        places = np.full(ROWS, -1, np.int64)
        places[list(self.rows)] = np.arange(len(self.rows))
        return places

    @cached_property
    def partners(self) -> np.ndarray:
        """(rows,) the place of what each place becomes in a mirror.

        Raises:
            ValueError: a row that is chosen without its partner.
        """
        partners = PARTNERS[list(self.rows)]
        places: np.ndarray = self.column_of[partners]
        for row, partner, place in zip(self.rows, partners, places, strict=True):
            if place < 0:
                raise ValueError(f"rows: {row} is chosen without {partner}, its mirror")
        return places

    def places(self, rows: Iterable[int]) -> np.ndarray:
        """Return where the chosen ones of these rows lie, in the order of `rows`."""
        found = self.column_of[list(rows)]
        return found[found >= 0]

    def part(self, name: str) -> np.ndarray:
        """Return where the chosen rows of a part of `PARTS` lie."""
        if name not in PARTS:
            raise ValueError(f"part: {name!r} is none of {', '.join(PARTS)}")
        first, count = PARTS[name]
        return self.places(range(first, first + count))

    def take(self, points: np.ndarray, rows: Sequence[int]) -> np.ndarray:
        """Return this selection of an array that holds other rows.

        Args:
            points: (T, len(rows), C).
            rows: the row of each of its places.

        Returns:
            (T, len(self), C) float32, NaN where `rows` lacks one.
        """
        if points.ndim != 3 or points.shape[1] != len(rows):
            raise ValueError(f"points: shape {points.shape} is not (T, {len(rows)}, C)")
        there = np.full(ROWS, -1, np.int64)
        there[list(rows)] = np.arange(len(rows))
        source = there[list(self.rows)]
        taken = points[:, np.maximum(source, 0)].astype(np.float32)
        taken[:, source < 0] = np.nan
        return taken


#: Every row.
HOLISTIC = Selection(tuple(range(ROWS)))
#: Both hands alone, as in dictionaries where nothing else was looked for.
HANDS = Selection((*LEFT_HAND, *RIGHT_HAND))
#: The 96 of the source: lips, hands and arms.
SOURCE = Selection((*LIPS, *LEFT_HAND, *RIGHT_HAND, *ARMS))
#: The 118 of the winner of asl-signs: lips, hands, nose and eyes.
WINNER = Selection((*LIPS, *LEFT_HAND, *RIGHT_HAND, *_NOSE, *_RIGHT_EYE, *_LEFT_EYE))


def mirror(points: np.ndarray, selection: Selection, about: float = 0.5) -> np.ndarray:
    """Return what a mirror shows: x turned round, left and right swapped.

    Args:
        points: (T, rows, C), x first.
        about: the x that stays where it is; 0.5 for coordinates in shares of the frame.

    Raises:
        ValueError: a row that is chosen without its partner.
    """
    mirrored = points[:, selection.partners].copy()
    mirrored[..., 0] = 2 * about - mirrored[..., 0]
    return mirrored


def in_common_frame(points: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return landmarks as shares of a frame of 3:2 that is as high, and has the same middle.

    Shares of a telephone's upright frame would show hands half as wide as those of a film of 16:9.

    Args:
        points: (…, 2 or 3), x and y in shares of the frame, and z in shares of its width.
        width, height: of the frame, in pixels.

    Returns:
        another array of the same shape; x may lie beyond 0 and 1.
    """
    factor = width / height / ASPECT
    moved = points.copy()
    moved[..., 0] = 0.5 + (points[..., 0] - 0.5) * factor
    moved[..., 2:] *= factor
    return moved


def seen(points: np.ndarray) -> np.ndarray:
    """(T, rows) whether x and y of a point are known, of (T, rows, C)."""
    known: np.ndarray = np.isfinite(points[..., :2]).all(-1)
    return known
