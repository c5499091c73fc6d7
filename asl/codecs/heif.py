"""HEIC and HEIF, as iPhones save pictures, read by libheif through pi-heif.

pi-heif is only loaded once such a picture comes. Its class for files would read what belongs to
every picture in them; here nothing but the main picture is read, and no metadata at all.
"""

import re
import struct
from collections.abc import Iterator
from typing import Any

from PIL import Image

_HEVC_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"))
_AV1_BRANDS = frozenset((b"avif", b"avis"))
_SHARED_BRANDS = frozenset((b"mif1", b"msf1"))
_THREADS = 4

_ANNOUNCED_SIZE = re.compile(rb"ispe.{4}(.{8})", re.DOTALL)


def kind(start: bytes) -> str | None:
    """Tell "HEIF" and "AVIF" by the brands that a file's first box names (ISO 14496-12, 4.3).

    Files of both kinds may begin with the brand "mif1"; the brands after it then decide.
    """
    if start[4:8] != b"ftyp":
        return None
    end = min(int.from_bytes(start[:4], "big"), len(start))
    brands = [start[at : at + 4] for at in (8, *range(16, end, 4))]
    for brand in brands:
        if brand in _HEVC_BRANDS:
            return "HEIF"
        if brand in _AV1_BRANDS:
            return "AVIF"
    return "HEIF" if brands[0] in _SHARED_BRANDS else None


def announced_sizes(data: bytes) -> Iterator[tuple[int, int]]:
    """Width and height of every picture and part of one that a HEIF or AVIF file announces.

    libheif decodes none that is larger than announced, but what it crops away counts as well.
    """
    begin, end = _description(data)
    for found in _ANNOUNCED_SIZE.finditer(data, begin, end):
        yield struct.unpack(">II", found[1])


def main_picture(data: bytes) -> Any:
    """The main picture of a HEIF file, not decoded yet, as pi-heif's C module describes it.

    Raises:
        ImportError: pi-heif is not installed.
        Exception: the file is damaged.
    """
    from pi_heif import heif

    # In order: decode to 8 bits, red first, rows padded, with libheif's own limits.
    options = (_THREADS, True, False, False, True, "", False)
    for picture in heif._pi_heif.load_file(without_metadata(data), *options):
        if picture is not None and picture.primary:
            return picture
    raise ValueError("the file has no main picture")


def decode(picture: Any) -> Image.Image:
    """Decode what `main_picture` returned. libheif has then turned it upright by itself."""
    pixels = picture.data
    # Only decoding tells for certain.
    size, mode = picture.size_mode
    decoded = Image.frombytes(mode, size, pixels, "raw", mode, picture.stride)
    profile = picture.color_profile
    if profile and profile["type"] in ("rICC", "prof"):
        decoded.info["icc_profile"] = profile["data"]
    return decoded


def without_metadata(data: bytes) -> bytes:
    """A HEIF or AVIF file without the links from Exif and XMP to pictures, so that none is read.

    How a picture is to be turned stands beside it in the file; the Exif block only repeats it.
    """
    begin, end = _description(data)
    return data[:begin] + data[begin:end].replace(b"cdsc", b"none") + data[end:]


def _description(data: bytes) -> tuple[int, int]:
    """Where the box "meta" begins and ends, which says what is in the file; nothing without it."""
    at = 0
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        if size == 1 and at + 16 <= len(data):
            (size,) = struct.unpack_from(">Q", data, at + 8)
        end = len(data) if size == 0 else at + size
        if name == b"meta":
            return at, min(end, len(data))
        if end < at + 8:
            break
        at = end
    return 0, 0
