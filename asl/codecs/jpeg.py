"""JPEG: notes and scans without end, and last bytes that are missing.

Files lack them as after a copy that ended a little early.
"""

import io
import random
import re
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageChops

from asl.codecs import tiff

_START, _END = b"\xff\xd8", b"\xff\xd9"
_SCAN, _COMMENT, _NOTES = 0xDA, 0xFE, range(0xE0, 0xF0)
# Marks that have no content; the second ends the picture.
_BARE, _LAST = (0x01, 0xD8), 0xD9
_FRAMES = frozenset((0xC0, 0xC1, 0xC2, 0xC9, 0xCA))
_PROGRESSIVE = frozenset((0xC2, 0xCA))
# A mark that ends coded data: no coded byte 255, and no mark at which decoding restarts.
_MARK = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_NOISE = random.Random(0).randbytes(1024).replace(b"\xff", b"\x00")

# What is needed of the notes: how colours are coded, how to turn the picture, its profile.
_JFIF, _ADOBE, _PROFILE = (0xE0, b""), (0xEE, b"Adobe"), (0xE2, b"ICC_PROFILE\0")
_EXIF, _XMP = (0xE1, b"Exif\0\0"), (0xE1, b"http://ns.adobe.com/xap/1.0/\0")
# Bytes kept of all notes of a kind but the profile: one of the longest, which most have only once.
_LONGEST_NOTE = 2 + 0xFFFF
# Each costs time; the longest notes of phones have some hundred parts.
_MOST_SEGMENTS = 4000

# What may be missing: this share of the picture, or the one block in its corner.
_SHARE = 0.02
_BLOCK = 16


def plain(data: bytes, longest_profile: int) -> bytes:
    """Reduce what stands before the first scan to what the picture needs.

    Args:
        data: a file that begins as a JPEG does.
        longest_profile: bytes that a colour profile may have; a longer one is left out.

    Raises:
        ValueError: the file consists of too many parts.
    """
    kept, room = [_START], dict.fromkeys((_JFIF, _ADOBE, _EXIF, _XMP), _LONGEST_NOTE)
    room[_PROFILE] = longest_profile + _LONGEST_NOTE
    for mark, begin, end in _segments(data):
        if mark == _SCAN:
            kept.append(data[begin:])
            break
        if mark in _NOTES or mark == _COMMENT:
            kind = next(
                (k for k in room if k[0] == mark and data.startswith(k[1], begin + 4)), None
            )
            if kind is None or end - begin > room[kind]:
                continue
            if kind is _EXIF and not tiff.is_sound_exif(data[begin + 4 : end]):
                continue
            room[kind] -= end - begin
        kept.append(data[begin:end])
    return b"".join(kept)


def scans(data: bytes) -> int:
    """Count how often a JPEG draws its picture or a part of it.

    Raises:
        ValueError: the file consists of too many parts.
    """
    count, components, progressive = 0, 0, False
    for mark, begin, _ in _segments(data):
        if mark in _FRAMES:
            components, progressive = data[begin + 9], mark in _PROGRESSIVE
        if mark == _SCAN:
            count += 1
            # Of one that names all components, libjpeg reads nothing beyond.
            if not progressive and data[begin + 4] >= components:
                break
    return count


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Mark, begin and end of every segment of the first picture; coded data are skipped."""
    at = 2
    for _ in range(_MOST_SEGMENTS):
        found = _MARK.search(data, at)
        if found is None or (mark := data[found.end() - 1]) == _LAST:
            return
        begin = at = found.start()
        if mark in _BARE:
            at += 2
            continue
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
        yield mark, begin, min(at, len(data))
    raise ValueError(f"more than {_MOST_SEGMENTS} segments")


def completed(data: bytes) -> Image.Image:
    """Decode a JPEG with the end put back that it lacks.

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
    return picture


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
    for mark, at, _ in _segments(data):
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
    return bool(coarseness) and not any(bits.any() for bits in coarseness.values())
