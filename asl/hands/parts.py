"""Parts of a large picture, in which hands are searched that are too small in the whole.

The networks see up to 224 pixels. A hand that takes a tenth of a picture is left with twenty of
them, whatever the camera's resolution; in a part of the picture it has as many as others have.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np
from PIL import Image

#: Parts are searched in two sizes: how often they go into the picture's longer side.
SCALES = (2, 4)

#: Side of a part in pixels of the reduced picture: what the palm network was trained with.
SIDE = 192

#: Share of their side by which neighbours overlap at least. What is smaller lies in one as a whole.
OVERLAP = 1 / 3


@dataclass(frozen=True, eq=False)
class Level:
    """A picture reduced so that its parts have `SIDE` pixels.

    Attributes:
        view: (height, width, 3) uint8.
        scale: how many pixels of the picture one of its pixels is wide.
    """

    view: np.ndarray
    scale: float

    @property
    def corners(self) -> list[tuple[int, int]]:
        """Left and top of every part, in pixels of the view; together they cover it."""
        height, width = self.view.shape[:2]
        return [(left, top) for top in _starts(height) for left in _starts(width)]

    def part(self, corner: tuple[int, int]) -> np.ndarray:
        """Return a part, at most (SIDE, SIDE, 3) uint8: less where the view is narrower."""
        left, top = corner
        return np.ascontiguousarray(self.view[top : top + SIDE, left : left + SIDE])


def levels(rgb: np.ndarray) -> Iterator[Level]:
    """Yield a picture, (height, width, 3) uint8, at each of the scales at which parts show more.

    Smaller pictures have none: enlarged parts show nothing that the whole does not.
    """
    height, width = rgb.shape[:2]
    longer = max(height, width)
    picture = None
    for scale in SCALES:
        if longer < scale * SIDE:
            return
        reduced = longer / (scale * SIDE)
        size = max(1, round(width / reduced)), max(1, round(height / reduced))
        picture = picture or Image.fromarray(rgb)
        view = picture.resize(size, Image.Resampling.BOX)
        yield Level(np.asarray(view), reduced)


def close_up(
    rgb: np.ndarray, centre: np.ndarray, side: float
) -> tuple[np.ndarray, tuple[int, int]]:
    """Return what of a picture lies in an upright square, and its left and top.

    Args:
        rgb: (height, width, 3) uint8.
        centre: (2,) of the square, x and y in pixels; outside, the nearest place in it counts.
        side: in pixels; what lies beyond the picture's edges is left away.
    """
    centre = np.clip(centre, 0.5, np.array(rgb.shape[1::-1]) - 0.5)
    low = np.floor(centre - side / 2).astype(int).clip(0)
    high = np.ceil(centre + side / 2).astype(int)
    (left, top), (right, bottom) = low, high
    return np.ascontiguousarray(rgb[top:bottom, left:right]), (int(left), int(top))


def _starts(length: int) -> list[int]:
    """Return where parts begin along a side of `length` pixels, evenly spread."""
    if length <= SIDE:
        return [0]
    steps = ceil((length - SIDE) / (SIDE * (1 - OVERLAP)))
    return np.linspace(0, length - SIDE, steps + 1).round().astype(int).tolist()
