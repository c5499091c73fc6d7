"""The one decoder: every picture that the project opens goes through `load_rgb`.

Training and serving must see the same pixels, so rotation, colour profile, transparency and odd
modes are settled here and nowhere else.
"""

from __future__ import annotations

import io
import math
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError

from asl.codecs import bmp, gif, heif, jpeg, png, tiff, webp
from asl.files import open_file

#: Formats that Pillow may open; "HEIF" comes beside them, by `asl.codecs.heif`.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF")
#: The formats that are read, as people call them.
FORMATS_IN_WORDS = "JPEG, PNG, WebP, BMP, GIF, TIFF, HEIC or AVIF"
#: How the names of such files end.
SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .png .webp .bmp .gif .tif .tiff .heic .heif .avif".split()
)

# Chosen for at most 1 GB and 2 s of a processor core; measured at the limit, but for WebP and HEIC.
# The largest frame of a 50-megapixel phone (8160 x 6144) still fits. The cap lies below the size
# at which Pillow only warns, so a picture that Pillow would warn of is always refused here.
MAX_PIXELS = 8192 * 6144
# The formats in which phones save; decoding the others takes more time or memory a pixel.
_PHONE_FORMATS = ("JPEG", "HEIF")
MAX_PIXELS_OF_OTHERS = 6144 * 5120
# The longest panoramas of phones.
MAX_SIDE = 16_384
MAX_BYTES = 100 << 20
# A JPEG that lacks its end is decoded several times.
MAX_PIXELS_TO_COMPLETE = MAX_PIXELS // 2
# A progressive JPEG draws the whole picture in every scan, in as few bytes as it likes. Programs
# use some 10 scans; as work counts how often each pixel is drawn: 10 scans of 32 megapixels.
_MOST_SCANS = 100
_MOST_SCANNED = 10 * 32_000_000

BACKGROUND = (128, 128, 128)

# Bytes of a colour profile. Those of printers have half as many; a longer one is left aside.
MAX_PROFILE = 4 << 20

DAMAGED = "the picture is damaged or incomplete; save or upload it again"
UNKNOWN = f"this is not a {FORMATS_IN_WORDS} picture; save it as one of these"
UNUSUAL = "this kind of TIFF cannot be read; save the picture as JPEG or PNG"
NEEDS_PI_HEIF = (
    "HEIC pictures cannot be read on this computer; save the picture as JPEG, or have "
    "`pip install pi-heif` run here"
)

# Enough to see every brand that the first box of a HEIF file may name.
START_LENGTH = 256
STARTS = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"BM": "BMP",
    b"GIF8": "GIF",
    b"RIFF": "WEBP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    # The larger kind of TIFF.
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
}

TOO_MUCH_MEMORY = "decoding it takes too much memory; make the picture smaller"

ORIENTATION_TAG = 0x0112
TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Modes in which pixels still mean what the file's colour profile speaks of.
PROFILE_MODES = ("RGB", "L", "CMYK")
# Pixels that are converted at a time: as many as stay in a processor's cache.
_STRIP = 1 << 17
# 257 = 65535 / 255: Pillow's own conversion would clip everything above 255 to white.
_TO_8_BIT = ((np.arange(65536) + 128) // 257).astype(np.uint8)
PROBE_COLOURS = np.stack(
    np.meshgrid(*[np.linspace(0, 255, 9).astype(np.uint8)] * 3), axis=-1
).reshape(27, 27, 3)


class PictureError(ValueError):
    """A picture that cannot be used; `reason` says in plain words why and what to do."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.name = name
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


def load_rgb(
    source: str | Path | bytes | BinaryIO,
    name: str | None = None,
    empty: Callable[[tuple[int, int, int], type], np.ndarray] = np.empty,
) -> np.ndarray:
    """Decode one picture, upright and in sRGB.

    Reads JPEG, PNG, WebP, BMP, GIF, TIFF, HEIC and AVIF, told apart by content and not by file
    name. Transparent parts are laid over mid grey; of several frames, pages or pictures in one
    file the first is read, of HEIC the main one. Damage that leaves the picture whole does not
    matter: texts of any length, broken extras of a PNG, a JPEG that lacks its last bytes.

    Args:
        source: path, encoded bytes, or a binary file (read from its start).
        name: what errors call the picture; by default the file's own name, or "picture".
        empty: makes the array that is returned, from its shape and type.

    Returns:
        uint8 array of shape (height, width, 3), writable, one byte a channel, red first.

    Raises:
        PictureError: no such file, not a picture, damaged, or too much to decode: more than
            `MAX_BYTES`, longer than `MAX_SIDE`, more pixels than `MAX_PIXELS` (JPEG, HEIC) or
            `MAX_PIXELS_OF_OTHERS`, or a JPEG drawn in too many scans.
    """
    return _decode(*read_source(source, name), empty)


def read_source(
    source: str | Path | bytes | BinaryIO, name: str | None = None
) -> tuple[bytes, str]:
    """Read the encoded picture that `load_rgb` is given, and find out what errors call it.

    Of a file no more than one byte beyond `MAX_BYTES` is read.

    Raises:
        PictureError: there is no such file, or it is none that can be read.
    """
    if isinstance(source, (str, Path)):
        path = Path(source)
        name = name or path.name or str(path)
        with _open_file(path, name) as file:
            return _read_file(file, name), name
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source), name or "picture"
    if not hasattr(source, "read"):
        raise TypeError(f"source: expected a path, bytes or a binary file, got {source!r}")
    own_name = getattr(source, "name", None)
    name = name or (Path(own_name).name if isinstance(own_name, str) else "picture")
    if hasattr(source, "seekable") and source.seekable():
        source.seek(0)
    return _read_file(source, name), name


def _read_file(file: BinaryIO, name: str) -> bytes:
    try:
        return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PictureError(name, f"the file cannot be read ({error.strerror})") from None


def _open_file(path: Path, name: str) -> BinaryIO:
    # os.path, unlike Path, answers also for names that are too long or lie in closed folders.
    if os.path.isdir(path):
        raise PictureError(name, "this is a folder; choose a picture inside it")
    if os.path.exists(path) and not os.path.isfile(path):
        raise PictureError(name, "this is not an ordinary file; choose a picture")
    try:
        return open_file(path)
    except PermissionError:
        raise PictureError(
            name, "the file may not be read; check its permissions and try again"
        ) from None
    except (OSError, ValueError):
        raise PictureError(name, "there is no such file; check the path") from None


def format_of(start: bytes) -> str | None:
    """The format of a picture by its first `START_LENGTH` bytes; None if it is none of ours."""
    known = (name for begin, name in STARTS.items() if start.startswith(begin))
    return next(known, None) or heif.kind(start)


def _decode(
    data: bytes, name: str, empty: Callable[[tuple[int, int, int], type], np.ndarray]
) -> np.ndarray:
    # Hostile or cut-off bytes end decoding, and what follows it, in many kinds of exception.
    try:
        picture = _read(data, name)
        return _upright_srgb(picture, _orientation(picture), empty)
    except PictureError:
        raise
    except MemoryError:
        raise PictureError(name, TOO_MUCH_MEMORY) from None
    except Exception as error:
        raise PictureError(name, DAMAGED) from error


def _read(data: bytes, name: str) -> Image.Image:
    if not len(data):
        raise PictureError(name, "the file is empty; save or upload it again")
    format = format_of(bytes(data[:START_LENGTH]))
    if format is None:
        raise PictureError(name, UNKNOWN)
    if len(data) > MAX_BYTES:
        raise PictureError(
            name, f"the file has more than the {MAX_BYTES >> 20} MB allowed; make it smaller"
        )
    profile = None
    match format:
        case "HEIF":
            return _read_heif(data, name)
        case "JPEG":
            data = jpeg.plain(data, MAX_PROFILE)
        case "PNG":
            data, profile = png.plain(data, MAX_PROFILE)
        case "GIF":
            data = gif.without_notes(data)
        case "BMP":
            bmp.check_packing(data)
        case "WEBP":
            _check_size(webp.announced_size(data), format, name)
        case "AVIF":
            _check_announced(data, format, name)
            data = heif.without_metadata(data)
        case "TIFF":
            tiff.check_directory(data)
    picture = _open_picture(data, format, name)
    try:
        picture.load()
    except OSError:
        if format != "JPEG" or math.prod(picture.size) > MAX_PIXELS_TO_COMPLETE:
            raise
        _check_scans(data, picture.size, name, times=4)
        del picture
        picture = jpeg.completed(data)
    if profile is not None:
        picture.info["icc_profile"] = profile
    return picture


def _read_heif(data: bytes, name: str) -> Image.Image:
    _check_announced(data, "HEIF", name)
    try:
        picture = heif.main_picture(data)
    except ImportError:
        raise PictureError(name, NEEDS_PI_HEIF) from None
    return heif.decode(picture)


def _check_announced(data: bytes, format: str, name: str) -> None:
    for size in heif.announced_sizes(data):
        _check_size(size, format, name)


def _open_picture(data: bytes, format: str, name: str) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(data), formats=(format,))
    except UnidentifiedImageError:
        reasons = {"TIFF": UNUSUAL, "AVIF": DAMAGED}
        raise PictureError(name, reasons.get(format, UNKNOWN)) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureError(name, _too_many_pixels("far", format)) from None
    _check_size(picture.size, format, name)
    if format == "JPEG":
        _check_scans(data, picture.size, name)
    if format == "TIFF":
        _check_size(tiff.tile_size(picture), format, name)
        if not tiff.is_ordinary(picture):
            raise PictureError(name, UNUSUAL)
    return picture


def _check_size(size: tuple[int, int], format: str, name: str) -> None:
    width, height = size
    if width * height > _most_pixels(format):
        raise PictureError(name, _too_many_pixels(f"{width} x {height} pixels,", format))
    if max(size) > MAX_SIDE:
        reason = f"{width} x {height} pixels, longer than the {MAX_SIDE:,} pixels allowed on a side"
        raise PictureError(name, f"{reason}; cut out the part with the hand")


def _check_scans(data: bytes, size: tuple[int, int], name: str, times: int = 1) -> None:
    """Check a JPEG that is to be decoded some times."""
    scans = jpeg.scans(data)
    if scans > _MOST_SCANS or times * scans * math.prod(size) > _MOST_SCANNED:
        reason = f"the picture of {size[0]} x {size[1]} pixels is drawn in {scans} scans, too many"
        raise PictureError(name, f"{reason} to decode; save it anew, or smaller")


def _most_pixels(format: str) -> int:
    return MAX_PIXELS if format in _PHONE_FORMATS else MAX_PIXELS_OF_OTHERS


def _too_many_pixels(size: str, format: str) -> str:
    most = _most_pixels(format)
    return f"{size} more than the {most:,} pixels allowed in this format; make the picture smaller"


def _orientation(picture: Image.Image) -> int:
    # A picture with a broken EXIF block still shows a hand: it is taken as upright.
    try:
        if not tiff.has_sound_exif(picture.info):
            return 1
        return picture.getexif().get(ORIENTATION_TAG, 1)
    except Exception:
        return 1


def _upright_srgb(
    picture: Image.Image,
    orientation: int,
    empty: Callable[[tuple[int, int, int], type], np.ndarray],
) -> np.ndarray:
    """8-bit sRGB pixels of a loaded picture, (height, width, 3), strip by strip.

    So there is never a second copy of the whole.
    """
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
        if orientation in TRANSPOSE:
            strip = strip.transpose(TRANSPOSE[orientation])
        place = slice(height - bottom, height - top) if from_the_end else slice(top, bottom)
        turned = np.asarray(strip)
        rows[place] = turned.swapaxes(0, 1) if sideways else turned
    return pixels


def _to_srgb(picture: Image.Image) -> Image.Image:
    """8-bit sRGB copy of a picture, transparency laid over `BACKGROUND`."""
    profile = picture.info.get("icc_profile")
    alpha = None
    if picture.mode.startswith("I;16"):
        picture, alpha = _from_16_bit(picture)
    elif picture.mode == "LAB":
        picture, profile = ImageCms.applyTransform(picture, _lab_to_srgb()), None
    elif picture.has_transparency_data:
        picture = picture.convert("RGBA")
        alpha = picture.getchannel("A")
    if picture.mode not in PROFILE_MODES:
        picture = picture.convert("RGB")
    if profile and len(profile) <= MAX_PROFILE:
        picture = _apply_profile(picture, profile)
    if picture.mode != "RGB":
        picture = picture.convert("RGB")
    if alpha is None:
        return picture
    canvas = Image.new("RGB", picture.size, BACKGROUND)
    canvas.paste(picture, mask=alpha)
    return canvas


def _from_16_bit(picture: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """16-bit grey to 8-bit grey, and a mask where the file names one grey as transparent."""
    values = np.asarray(picture)
    grey = Image.fromarray(_TO_8_BIT[values])
    transparent = picture.info.get("transparency")
    if transparent is None:
        return grey, None
    return grey, Image.fromarray(np.where(values == transparent, 0, 255).astype(np.uint8))


def _apply_profile(picture: Image.Image, profile: bytes) -> Image.Image:
    transform = _transform_to_srgb(profile, picture.mode)
    return picture if transform is None else ImageCms.applyTransform(picture, transform)


@lru_cache(maxsize=1)
def _lab_to_srgb() -> ImageCms.ImageCmsTransform:
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return ImageCms.buildTransform(lab, srgb, "LAB", "RGB")


# Pictures of one camera share one profile; building its transform costs more than decoding.
@lru_cache(maxsize=8)
def _transform_to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Transform of a colour profile to sRGB, or None where pixels are to be left alone.

    That is so for sRGB itself, and, as in browsers, for a broken profile or one of another space.
    """
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (OSError, TypeError, ImageCms.PyCMSError):
        return None
    before = Image.fromarray(PROBE_COLOURS).convert(mode)
    after = np.asarray(ImageCms.applyTransform(before, transform), dtype=int)
    changed = np.abs(after - np.asarray(before.convert("RGB"))).max() > 1
    return transform if changed else None
