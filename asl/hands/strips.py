"""Resample a square of a picture strip by strip, whatever of it lies beyond the edges.

Pillow would need two copies of all that is resampled, and what lies beyond is most of it where a
square is cut out of a thin picture.
"""

import numpy as np
from PIL import Image

# Pixels that are resampled at a time.
_STRIP = 1 << 20


def resample_square(
    rgb: np.ndarray,
    corner: tuple[int, int],
    whole: int,
    box: tuple[float, float, float, float],
    size: int,
) -> np.ndarray:
    """Return a square of a picture, black beyond its edges, resampled as by Pillow's `resize`.

    The pixels are those that Pillow makes of the whole square. Only in a square of millions of
    pixels, more than four times as wide as its part of the picture, they may differ by one.

    Args:
        rgb: (height, width, 3) uint8.
        corner: left and top of the square in pixels of `rgb`.
        whole: its side in pixels.
        box: left, top, right and bottom of what of it is resampled, in its pixels.
        size: side of what is returned.

    Returns:
        (size, size, 3) uint8.
    """
    (left, top), (right, bottom) = corner, (corner[0] + whole, corner[1] + whole)
    first, last = (min(max(row, 0), len(rgb)) for row in (top, bottom))
    shown = min(right, rgb.shape[1]) - max(left, 0)
    # Pillow resamples rows first, of which each is as long as the square is wide.
    if last - first > shown and whole > 4 * shown and (last - first) * whole > 4 * _STRIP:
        turned = (box[1], box[0], box[3], box[2])
        return resample_square(rgb.swapaxes(0, 1), corner[::-1], whole, turned, size).swapaxes(0, 1)
    narrow = np.zeros((whole, size, 3), np.uint8)
    step = max(1, _STRIP // whole)
    for row in range(first, last, step):
        rows = _padded(rgb[row : min(row + step, last)], left, right)
        columns = (box[0], 0, box[2], len(rows))
        strip = Image.fromarray(rows).resize((size, len(rows)), Image.Resampling.BILINEAR, columns)
        narrow[row - top : row - top + len(rows)] = np.asarray(strip)
    rows_of_box = (0, box[1], size, box[3])
    square = Image.fromarray(narrow).resize((size, size), Image.Resampling.BILINEAR, rows_of_box)
    return np.asarray(square)


def _padded(rows: np.ndarray, left: int, right: int) -> np.ndarray:
    """Return columns `left` to `right` of rows of a picture, black beyond its edges."""
    width = rows.shape[1]
    if left == 0 and right == width:
        return np.ascontiguousarray(rows)
    padded = np.zeros((len(rows), right - left, 3), np.uint8)
    begin, end = (min(max(column, 0), width) for column in (left, right))
    padded[:, begin - left : end - left] = rows[:, begin:end]
    return padded
