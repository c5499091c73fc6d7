"""How many entries an MP4 or MOV has FFmpeg write into its tables, known before it opens the file.

Some boxes stand for as many samples as they like in a few bytes, and FFmpeg lists each of them in
memory before anything can be asked of it: 2 kB of file would take several GB.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator
from typing import BinaryIO

from asl.codecs.film import Refused

# PCM sound counts each of its values: this is a minute of 48 kHz.
_MAX_SAMPLES = 3_000_000
# FFmpeg lists the samples again for each edit.
_MAX_EDITED = 4 * _MAX_SAMPLES
# A film of a minute in fragments of one frame has some 15,000; all its tables are a few MB.
_MAX_BOXES = 40_000
_MAX_TABLES = 32 << 20

# Names of boxes (ISO 14496-12: 8.7.3, 8.8.8, 8.6.6), and where after them their count stands.
# Only the name is taken up, so that a false one cannot hide the one behind it.
_COUNTED = re.compile(rb"(?:stsz|stz2)(?=.{8}(.{4}))", re.DOTALL)
_RUNS = re.compile(rb"trun(?=.{4}(.{4}))", re.DOTALL)
_EDITS = re.compile(rb"elst(?=.{4}(.{4}))", re.DOTALL)

_TOO_MANY = "the film is damaged, or its tables are too large; save it again"


def check_tables(file: BinaryIO) -> None:
    """Refuse an MP4 or MOV whose tables would take too much memory.

    Raises:
        Refused: they announce too many samples, are too large themselves, or are compressed, as
            only QuickTime 3 did.
    """
    samples = edits = read = 0
    for number, table in enumerate(_outside_of_frames(file)):
        read += len(table)
        if number >= _MAX_BOXES or read > _MAX_TABLES or b"cmov" in table:
            raise Refused(_TOO_MANY)
        samples += _sum(_COUNTED, table) + _sum(_RUNS, table)
        edits += _sum(_EDITS, table)
    if samples > _MAX_SAMPLES or samples * edits > _MAX_EDITED:
        raise Refused(_TOO_MANY)


def _outside_of_frames(file: BinaryIO) -> Iterator[bytes]:
    """Every box of the outermost level but "mdat"; of each no more than is allowed in all.

    FFmpeg looks for tables in boxes of many names, but never in "mdat".
    """
    end = file.seek(0, os.SEEK_END)
    at = 0
    while at < end:
        file.seek(at)
        head = file.read(16)
        size, name = struct.unpack(">I4s", head[:8].ljust(8, b"\0"))
        if size == 1 and len(head) == 16:
            (size,) = struct.unpack(">Q", head[8:])
        # What has no length reaches to the end.
        size = size if 8 <= size <= end - at else end - at
        if name == b"mdat":
            yield b""
        else:
            file.seek(at)
            yield file.read(min(size, _MAX_TABLES + 1))
        at += size


def _sum(counts: re.Pattern[bytes], table: bytes) -> int:
    return sum(int.from_bytes(found[1], "big") for found in counts.finditer(table))
