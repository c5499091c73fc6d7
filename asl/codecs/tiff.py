"""TIFF, and EXIF blocks, which are built alike: what they ask for is checked before it is read."""

import struct
from collections.abc import Mapping
from typing import Any

from PIL.TiffImagePlugin import TiffImageFile

# As Pillow names them: those that cameras, scanners and programs for pictures write.
_COMPRESSIONS = frozenset(
    "raw tiff_ccitt group3 group4 tiff_lzw jpeg tiff_adobe_deflate tiff_deflate packbits".split()
)
_MOST_FIELDS = 1000
# One a row for each of four planes is the most that a picture needs.
_MOST_VALUES = 1 << 16
# Fields may all name the same bytes, and Pillow copies them for each. Those of honest files share
# none; broken ones may ask for this many bytes all the same.
_MOST_BYTES = 16 << 20
_EXIF = b"Exif\0\0"
# How older programs write it into a PNG: three lines of head, then hexadecimal digits.
_EXIF_AS_TEXT = "Raw profile type exif"
# Types whose values stay bytes; every other value becomes an object of its own.
_BYTES, _TEXT, _SIGNED_BYTES, _UNDEFINED = 1, 2, 6, 7

# Bytes a value, by type; for what is none, Pillow reads nothing.
_BYTES_A_VALUE = {
    **dict.fromkeys((_BYTES, _TEXT, _SIGNED_BYTES, _UNDEFINED), 1),
    **dict.fromkeys((3, 8), 2),
    **dict.fromkeys((4, 9, 11, 13), 4),
    **dict.fromkeys((5, 10, 12, 16, 17, 18), 8),
}

_BITS, _PHOTOMETRIC, _TILE_WIDTH, _TILE_HEIGHT = 258, 262, 322, 323
_WHITE_IS_ZERO = 0


def check_directory(data: bytes) -> None:
    """Check the list of fields that stands before a picture, before all its values are read.

    Args:
        data: a TIFF, or an EXIF block from where its list of fields counts.

    Raises:
        ValueError: no program writes such fields.
        struct.error: the list is cut short.
    """
    order = "<" if data.startswith(b"II") else ">"
    if b"+" in data[2:4]:
        (at,) = struct.unpack_from(order + "Q", data, 8)
        count_of_fields, field = order + "Q", order + "HHQ8x"
    else:
        (at,) = struct.unpack_from(order + "I", data, 4)
        count_of_fields, field = order + "H", order + "HHI4x"
    (count,) = struct.unpack_from(count_of_fields, data, at)
    if count > _MOST_FIELDS:
        raise ValueError(f"{count} fields")
    at += struct.calcsize(count_of_fields)
    total = 0
    for number in range(count):
        tag, kind, values = struct.unpack_from(field, data, at + number * struct.calcsize(field))
        if values > _MOST_VALUES and kind not in (_BYTES, _TEXT, _SIGNED_BYTES, _UNDEFINED):
            raise ValueError(f"{values} values in field {tag}")
        total += values * _BYTES_A_VALUE.get(kind, 0)
    if total > max(len(data), _MOST_BYTES):
        raise ValueError(f"{total} bytes in all fields")


def is_sound_exif(block: bytes) -> bool:
    """Return whether the list of fields of an EXIF block passes `check_directory`."""
    while block.startswith(_EXIF):
        block = block[len(_EXIF) :]
    try:
        check_directory(block)
    except (ValueError, struct.error):
        return False
    return True


def has_sound_exif(info: Mapping[Any, Any]) -> bool:
    """Return whether the EXIF block of an opened picture, if it has one, may be read.

    Args:
        info: what Pillow keeps beside the picture.
    """
    block = info.get("exif")
    if block is None and (text := info.get(_EXIF_AS_TEXT)):
        block = bytes.fromhex("".join(text.split("\n")[3:]))
    return not block or is_sound_exif(block)


def tile_size(picture: TiffImageFile) -> tuple[int, int]:
    """Return width and height of an opened TIFF's tiles, for each of which libtiff makes room."""
    return picture.tag_v2.get(_TILE_WIDTH, 0), picture.tag_v2.get(_TILE_HEIGHT, 0)


def is_ordinary(picture: TiffImageFile) -> bool:
    """Return whether an opened TIFF holds colours or greys, compressed in one of the common ways.

    Floats and 32-bit integers are measurements: no range says which of them is white.
    """
    if picture.info["compression"] not in _COMPRESSIONS or picture.mode in ("I", "F"):
        return False
    if not picture.mode.startswith("I;16"):
        return True
    # Of these, Pillow leaves black and white exchanged, or grey far too dark.
    fields = picture.tag_v2
    return fields.get(_PHOTOMETRIC) != _WHITE_IS_ZERO and fields.get(_BITS) == (16,)
