"""Pixels of a decoded picture: upright, 8 bits a channel, in sRGB, nothing transparent."""

import io
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

from asl.codecs import tiff

_BACKGROUND = (128, 128, 128)

#: Bytes of a colour profile. Those of printers have half as many; a longer one is left aside.
MAX_PROFILE = 4 << 20

_ORIENTATION_TAG = 0x0112
_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Modes in which pixels still mean what the file's colour profile speaks of.
_PROFILE_MODES = ("RGB", "L", "CMYK")
# Pixels that are converted at a time: as many as stay in a processor's cache.
_STRIP = 1 << 17
# 257 = 65535 / 255: Pillow's own conversion would clip everything above 255 to white.
_TO_8_BIT = ((np.arange(65536) + 128) // 257).astype(np.uint8)
_PROBE_COLOURS = np.stack(
    np.meshgrid(*[np.linspace(0, 255, 9).astype(np.uint8)] * 3), axis=-1
).reshape(27, 27, 3)

#: Makes an array from its shape and type, as `numpy.empty` does.
Empty = Callable[[tuple[int, int, int], type], np.ndarray]


def upright_srgb(picture: Image.Image, empty: Empty) -> np.ndarray:
    """Return the pixels of a loaded picture.

    It is converted strip by strip, so that there is never a second copy of the whole.

    Args:
        empty: makes the array that is returned.

    Returns:
        uint8 array of shape (height, width, 3), red first.

    Raises:
        ValueError: the palette of a picture that needs one is missing.
        Exception: as Pillow raises them at damaged pictures.
    """
    orientation = _orientation(picture)
    # A part of such a picture would have one, of greys.
    if picture.mode == "P" and picture.palette is None:
        raise ValueError("the palette is missing")
    width, height = picture.size
    sideways, from_the_end = orientation in (5, 6, 7, 8), orientation in (3, 4, 6, 7)
    pixels = empty((width, height, 3) if sideways else (height, width, 3), np.uint8)
    rows = pixels.swapaxes(0, 1) if sideways else pixels
    step = max(1, _STRIP // width)
    for top in range(0, height, step):
        bottom = min(top + step, height)
        strip = _to_srgb(picture.crop((0, top, width, bottom)))
        if orientation in _TRANSPOSE:
            strip = strip.transpose(_TRANSPOSE[orientation])
        place = slice(height - bottom, height - top) if from_the_end else slice(top, bottom)
        turned = np.asarray(strip)
        rows[place] = turned.swapaxes(0, 1) if sideways else turned
    return pixels


def _orientation(picture: Image.Image) -> int:
    # A picture with a broken EXIF block still shows a hand: it is taken as upright.
    try:
        if not tiff.has_sound_exif(picture.info):
            return 1
        return picture.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:
        return 1


def _to_srgb(picture: Image.Image) -> Image.Image:
    """Return an 8-bit sRGB copy of a picture, transparency laid over `_BACKGROUND`."""
    profile = picture.info.get("icc_profile")
    alpha = None
    if picture.mode.startswith("I;16"):
        picture, alpha = _from_16_bit(picture)
    elif picture.mode == "LAB":
        picture, profile = _transformed(picture, _lab_to_srgb()), None
    elif picture.has_transparency_data:
        picture = picture.convert("RGBA")
        alpha = picture.getchannel("A")
    if picture.mode not in _PROFILE_MODES:
        picture = picture.convert("RGB")
    if profile and len(profile) <= MAX_PROFILE:
        picture = _apply_profile(picture, profile)
    if picture.mode != "RGB":
        picture = picture.convert("RGB")
    if alpha is None:
        return picture
    canvas = Image.new("RGB", picture.size, _BACKGROUND)
    canvas.paste(picture, mask=alpha)
    return canvas


def _from_16_bit(picture: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Return 8-bit grey of 16-bit grey, and a mask if the file names one grey as transparent."""
    values = np.asarray(picture)
    grey = Image.fromarray(_TO_8_BIT[values])
    transparent = picture.info.get("transparency")
    if transparent is None:
        return grey, None
    return grey, Image.fromarray(np.where(values == transparent, 0, 255).astype(np.uint8))


def _apply_profile(picture: Image.Image, profile: bytes) -> Image.Image:
    transform = _transform_to_srgb(profile, picture.mode)
    return picture if transform is None else _transformed(picture, transform)


def _transformed(picture: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    made = ImageCms.applyTransform(picture, transform)
    if made is None:  # as where a picture is changed in place, which is not asked for
        raise ValueError("the colours cannot be converted")
    return made


@lru_cache(maxsize=1)
def _lab_to_srgb() -> ImageCms.ImageCmsTransform:
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return ImageCms.buildTransform(lab, srgb, "LAB", "RGB")


# Pictures of one camera share one profile; building its transform costs more than decoding.
@lru_cache(maxsize=8)
def _transform_to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the transform of a colour profile to sRGB, or None to leave the pixels alone.

    That is so for sRGB itself, and, as in browsers, for a broken profile or one of another space.
    """
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (OSError, TypeError, ImageCms.PyCMSError):
        return None
    before = Image.fromarray(_PROBE_COLOURS).convert(mode)
    after = np.asarray(_transformed(before, transform), dtype=int)
    changed = np.abs(after - np.asarray(before.convert("RGB"))).max() > 1
    return transform if changed else None
