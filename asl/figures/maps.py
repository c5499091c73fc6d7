"""What a network makes of a picture, as small pictures, and where a map is highest in words."""

import io

import numpy as np
from PIL import Image

#: Share of a map's highest value from which a place counts as high.
_HIGHEST = 0.8
#: Side in pixels of what is shown.
_SHOWN = 360
_WARM = np.array([255, 96, 0])


def heat_over(picture: np.ndarray, heat: np.ndarray) -> bytes:
    """Return a JPEG of a picture with a map laid over it: orange is high.

    Args:
        picture: (S, S, 3) uint8.
        heat: (H, W) in any unit; what is below 0 stays as it is.
    """
    heat = np.maximum(heat, 0.0)
    strength = (heat / (heat.max() or 1.0)).astype(np.float32)
    size = (_SHOWN, _SHOWN)
    wide = np.asarray(Image.fromarray(strength).resize(size, Image.Resampling.BICUBIC))
    shown = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC), np.float32)
    grey = shown.mean(2, keepdims=True) * 0.85 + 20
    share = np.clip(wide, 0, 1)[..., None] * 0.7
    return _jpeg(grey * (1 - share) + _WARM * share)


def as_shown(picture: np.ndarray) -> bytes:
    """Return a JPEG of what the network is shown, (S, S, 3) uint8, each pixel a square."""
    size = (_SHOWN, _SHOWN)
    return _jpeg(np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.NEAREST)))


def map_sheet(maps: np.ndarray, columns: int = 8) -> bytes:
    """Return one channel's feature maps beside each other, brighter is more.

    Args:
        maps: (K, H, W); all are drawn to one scale.
    """
    low, high = float(maps.min()), float(maps.max())
    scaled = (maps - low) / ((high - low) or 1.0)
    count, height, width = maps.shape
    rows = -(-count // columns)
    sheet = np.zeros((rows * (height + 1) - 1, columns * (width + 1) - 1))
    for number, one in enumerate(scaled):
        y, x = number // columns * (height + 1), number % columns * (width + 1)
        sheet[y : y + height, x : x + width] = one
    scale = max(1, 560 // sheet.shape[1])
    wide = np.kron(sheet, np.ones((scale, scale)))[..., None].repeat(3, 2)
    return _jpeg(255 * wide)


def place_in_words(heat: np.ndarray) -> str:
    """Return where a map is highest: "in the upper left", "in the middle", "in several places"…"""
    if heat.max() <= 0:
        return "nowhere in particular"
    height, width = heat.shape
    y, x = ((place + 0.5) for place in np.nonzero(heat >= _HIGHEST * heat.max()))
    y, x = y / height, x / width
    if max(np.ptp(y), np.ptp(x)) > 0.5:
        return "in several places"
    up = "upper" if y.mean() < 0.42 else "lower" if y.mean() > 0.58 else ""
    side = "left" if x.mean() < 0.42 else "right" if x.mean() > 0.58 else ""
    alone = {"upper": "at the top", "lower": "at the bottom", "left": "on the left",
             "right": "on the right", "": "in the middle"}  # fmt: skip
    return f"in the {up} {side}" if up and side else alone[up or side]


def _jpeg(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=90)
    return file.getvalue()
