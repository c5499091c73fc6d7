"""JPEG whose last bytes are missing, as after a copy that ended a little early."""

import io
import random
import re

import numpy as np
from PIL import Image, ImageChops

_END = b"\xff\xd9"
_SCAN = 0xDA
_FRAMES = frozenset((0xC0, 0xC1, 0xC2, 0xC9, 0xCA))
_PROGRESSIVE = frozenset((0xC2, 0xCA))
# A mark that ends coded data: no coded byte 255, and no mark at which decoding restarts.
_MARK = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_NOISE = random.Random(0).randbytes(1024).replace(b"\xff", b"\x00")

# What may be missing: this share of the picture, or the one block in its corner.
_SHARE = 0.02
_BLOCK = 16


def completed(data: bytes) -> bytes:
    """Put the end back on a JPEG that lacks it.

    libjpeg fills what is missing with a flat colour, and nothing tells how much that was. So the
    picture is decoded twice, with nothing and with noise in place of what is missing: as far as
    the file goes, both are the same.

    Args:
        data: a JPEG that Pillow opens, but cannot decode to its end.

    Raises:
        ValueError: more than the very end of the picture is missing.
        OSError, IndexError, KeyError: it is damaged in another way.
    """
    # Half of the mark that ends a JPEG may be there.
    data = data.rstrip(b"\xff")
    if not _every_scan_begun(data):
        raise ValueError("scans are missing")
    whole = data + _END
    picture = _decoded(whole)
    missing = _missing(ImageChops.difference(picture, _decoded(data + _noise(data) + _END)))
    if missing > max(_BLOCK**2, _SHARE * picture.width * picture.height):
        raise ValueError(f"{missing} pixels are missing")
    return whole


def _decoded(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data), formats=("JPEG",))
    picture.load()
    return picture


def _noise(data: bytes) -> bytes:
    """Noise to decode, with marks at which decoding restarts, counted on from the last one."""
    marks = _RESTART.findall(data)
    following = marks[-1][1] + 1 if marks else 0
    return _NOISE + b"".join(
        b"\xff%c" % (0xD0 | (following + number) & 7) + _NOISE for number in range(8)
    )


def _missing(difference: Image.Image) -> int:
    """Pixels from the first block that differs to the end, in the order in which they are coded."""
    box = difference.getbbox()
    if box is None:
        return 0
    width, height = difference.size
    # Colour is coded more coarsely, so that a difference shows one pixel before its block.
    top = (box[1] + 1) // 8 * 8
    row = difference.crop((0, top, width, min(top + 8, height))).getbbox()
    left = (row[0] + 1) // 8 * 8 if row else 0
    return (height - top) * width - min(_BLOCK, height - top) * left


def _every_scan_begun(data: bytes) -> bool:
    """Whether a scan brings the last bit of every coefficient (ITU-T T.81, B.2.3).

    A progressive JPEG draws the whole picture several times, finer every time.
    """
    coarseness: dict[int, np.ndarray] = {}
    progressive = False
    at = 2
    while at + 4 <= len(data):
        mark, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if mark in _FRAMES:
            components = data[at + 10 : at + 10 + 3 * data[at + 9] : 3]
            coarseness = {component: np.full(64, 15) for component in components}
            progressive = mark in _PROGRESSIVE
        if mark == _SCAN:
            count = data[at + 4]
            first, last, precision = data[at + 5 + 2 * count : at + 8 + 2 * count]
            for component in data[at + 5 : at + 5 + 2 * count : 2]:
                band = slice(first, last + 1) if progressive else slice(None)
                coarseness[component][band] = precision & 15
        at += 2 + length
        if mark == _SCAN:
            found = _MARK.search(data, at)
            if found is None:
                break
            at = found.start()
    return bool(coarseness) and not any(bits.any() for bits in coarseness.values())
