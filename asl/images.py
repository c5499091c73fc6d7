"""The one decoder: every picture that the project opens goes through `load_rgb`.

Training and serving must see the same pixels, so rotation, colour profile, transparency and odd
modes are settled here and nowhere else.
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from asl.codecs import bmp, gif, heif, jpeg, png, tiff, webp
from asl.codecs.limits import (
    MAX_BYTES,
    MAX_PIXELS_TO_COMPLETE,
    too_large,
    too_many_bytes,
    too_many_pixels,
    too_many_scans,
)
from asl.codecs.srgb import MAX_PROFILE, Empty, upright_srgb
from asl.files import FileFault, UnusableFile, open_chosen

#: Formats that Pillow may open; "HEIF" comes beside them, by `asl.codecs.heif`.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF")
#: The formats that are read, as people call them.
FORMATS_IN_WORDS = "JPEG, PNG, WebP, BMP, GIF, TIFF, HEIC or AVIF"
#: How the names of such files end.
SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .png .webp .bmp .gif .tif .tiff .heic .heif .avif".split()
)

_DAMAGED = "the picture is damaged or incomplete; save or upload it again"
_UNKNOWN = f"this is not a {FORMATS_IN_WORDS} picture; save it as one of these"
_UNUSUAL = "this kind of TIFF cannot be read; save the picture as JPEG or PNG"
_NEEDS_PI_HEIF = (
    "HEIC pictures cannot be read on this computer; save the picture as JPEG, or have "
    "`pip install pi-heif` run here"
)

# Enough to see every brand that the first box of a HEIF file may name.
START_LENGTH = 256
_STARTS = {
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

_TOO_MUCH_MEMORY = "decoding it takes too much memory; make the picture smaller"

#: What a picture is read from: a path, encoded bytes, or a binary file.
Source = str | Path | bytes | bytearray | memoryview | BinaryIO


class PictureError(UnusableFile):
    """A picture that cannot be used."""


def load_rgb(source: Source, name: str | None = None, empty: Empty = np.empty) -> np.ndarray:
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
        PictureError: no such file, not a picture, damaged, or too much to decode by
            `asl.codecs.limits`: too many bytes or pixels, too long a side, or a JPEG drawn in too
            many scans.
    """
    return _decode(*read_source(source, name), empty)


def read_source(source: Source, name: str | None = None) -> tuple[bytes, str]:
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
    try:
        return open_chosen(path, "picture")
    except FileFault as fault:
        raise PictureError(name, str(fault)) from None


def format_of(start: bytes) -> str | None:
    """Return a picture's format by its first `START_LENGTH` bytes; None if it is none of ours."""
    known = (name for begin, name in _STARTS.items() if start.startswith(begin))
    return next(known, None) or heif.kind(start)


def _decode(data: bytes, name: str, empty: Empty) -> np.ndarray:
    # Hostile or cut-off bytes end decoding, and what follows it, in many kinds of exception.
    try:
        return upright_srgb(_read(data, name), empty)
    except PictureError:
        raise
    except MemoryError:
        raise PictureError(name, _TOO_MUCH_MEMORY) from None
    except Exception as error:
        raise PictureError(name, _DAMAGED) from error


def _read(data: bytes, name: str) -> Image.Image:
    if not len(data):
        raise PictureError(name, "the file is empty; save or upload it again")
    format = format_of(bytes(data[:START_LENGTH]))
    if format is None:
        raise PictureError(name, _UNKNOWN)
    _require(name, too_many_bytes(len(data)))
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
            _require(name, too_large(webp.announced_size(data), format))
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
        _require(name, too_many_scans(jpeg.scans(data), picture.size, times=4))
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
        raise PictureError(name, _NEEDS_PI_HEIF) from None
    return heif.decode(picture)


def _check_announced(data: bytes, format: str, name: str) -> None:
    for size in heif.announced_sizes(data):
        _require(name, too_large(size, format))


def _open_picture(data: bytes, format: str, name: str) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(data), formats=(format,))
    except UnidentifiedImageError:
        reasons = {"TIFF": _UNUSUAL, "AVIF": _DAMAGED}
        raise PictureError(name, reasons.get(format, _UNKNOWN)) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureError(name, too_many_pixels("far", format)) from None
    _require(name, too_large(picture.size, format))
    if format == "JPEG":
        _require(name, too_many_scans(jpeg.scans(data), picture.size))
    if isinstance(picture, TiffImageFile):
        _require(name, too_large(tiff.tile_size(picture), format))
        if not tiff.is_ordinary(picture):
            raise PictureError(name, _UNUSUAL)
    return picture


def _require(name: str, refusal: str) -> None:
    """Refuse a picture if there is a reason to.

    Raises:
        PictureError: `refusal` is not empty.
    """
    if refusal:
        raise PictureError(name, refusal)
