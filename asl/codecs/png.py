"""PNG: its pixels are read, whatever texts and broken extras stand beside them."""

import struct
import zlib
from collections.abc import Iterator

_PROFILE, _ALPHA, _EXIF = b"iCCP", b"tRNS", b"eXIf"
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
# Texts in which older programs wrote how to turn a picture.
_TURNING = (b"Raw profile type exif\0", b"XML:com.adobe.xmp\0\0")
_ZLIB = b"\0"
# Pillow reads no longer text, and EXIF is never longer.
_LONGEST_TEXT = 1 << 20
# Each costs time; programs write them with 8 kB or more.
_MOST_CHUNKS = 1 << 16


def plain(data: bytes, longest_profile: int) -> tuple[bytes, bytes | None]:
    """Reduce a PNG to what its picture needs; everything else is skipped unread.

    As in browsers (libpng), an extra whose checksum is wrong does not count. The pictures of an
    animation after the first are left out.

    Args:
        data: a file that begins as a PNG does.
        longest_profile: bytes that a colour profile may have, unpacked; a longer one is left out.

    Returns:
        The PNG, and its colour profile.

    Raises:
        ValueError: the checksum of what cannot be done without is wrong or missing, or the file
            consists of too many parts.
    """
    kept: list[bytes | memoryview] = [data[:8]]
    seen: set[bytes] = set()
    profile: bytes | None = None
    for kind, chunk, is_whole in _chunks(data):
        # The case of the first letter says whether a picture can be shown without.
        if kind[:1].isupper():
            if not is_whole or not _is_sound(chunk):
                raise ValueError(f"chunk {kind!r}: its checksum is wrong or missing")
            kept.append(chunk)
            if kind == b"IEND":
                break
        elif kind not in seen and _is_wanted(kind, chunk):
            seen.add(kind)
            if not is_whole or not _is_sound(chunk):
                continue
            if kind == _PROFILE:
                _, _, packed = bytes(chunk[8:-4]).partition(b"\0")
                profile = _unpacked(packed[1:], longest_profile) if packed[:1] == _ZLIB else None
            elif kind not in _TEXTS or _is_short(kind, chunk):
                kept.append(chunk)
    return b"".join(kept), profile


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview, bool]]:
    """Kind and bytes of every chunk, length and checksum included, and whether it is all there."""
    view, at = memoryview(data), 8
    for _ in range(_MOST_CHUNKS):
        if at + 8 > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        yield kind, view[at:end], end <= len(data)
        at = end
    raise ValueError(f"more than {_MOST_CHUNKS} chunks")


def _is_sound(chunk: memoryview) -> bool:
    return zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:])


def _is_wanted(kind: bytes, chunk: memoryview) -> bool:
    if kind in _TEXTS:
        return bytes(chunk[8:40]).startswith(_TURNING)
    return kind in (_PROFILE, _ALPHA, _EXIF)


def _is_short(kind: bytes, chunk: memoryview) -> bool:
    if kind == b"zTXt":
        _, _, packed = bytes(chunk[8:-4]).partition(b"\0")
        return packed[:1] == _ZLIB and _unpacked(packed[1:], _LONGEST_TEXT) is not None
    return len(chunk) <= _LONGEST_TEXT


def _unpacked(packed: bytes | memoryview, longest: int) -> bytes | None:
    """What was packed by zlib; None if it is broken or longer than `longest` bytes."""
    unpacking = zlib.decompressobj()
    try:
        unpacked = unpacking.decompress(packed, longest)
    except zlib.error:
        return None
    return None if unpacking.unconsumed_tail else unpacked
