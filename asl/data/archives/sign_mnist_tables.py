"""Sign Language MNIST tables among the members of a zip or a folder, as Kaggle packs them."""

import hashlib
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PIL import Image

from asl.data.archives.limits import ArchiveError, DamagedError, Limits, beyond, shown
from asl.data.archives.members import (
    CHUNK,
    PACKED_TABLES,
    TABLES,
    Member,
    Progress,
    bounded,
    copy_member,
)
from asl.data.names import part_of
from asl.data.pictures.sign_mnist import GZIP_START, MAX_LINE, check_start, read_sign_mnist
from asl.data.problems import Problem
from asl.quota import Room

# Tables that say what pictures show, of which others make something.
_ANNOTATIONS = ("_classes.csv", "_annotations.csv")
_MOST_TABLES = 1_000
# Lines of a table that are no rows: the header, and empty ones.
_OTHER_LINES = 100
# What the file of a row takes of most disks, at least.
_PICTURE_BYTES = 4096
_ADVICE = "Split it into several tables"


def find_tables(members: Sequence[Member]) -> tuple[list[Member], dict[str, str]]:
    """Return which members are Sign Language MNIST tables, by their first lines, outermost first;
    and of other tables the name, and why they are none."""
    tables, reasons = [], {}
    for member in members:
        name = member.parts[-1].lower()
        if not name.endswith(TABLES + PACKED_TABLES) or name in _ANNOTATIONS:
            continue
        try:
            check_start(member.start(MAX_LINE))
        except ValueError as error:
            reasons[member.name] = str(error)
        else:
            tables.append(member)
    return sorted(tables, key=lambda table: (len(table.parts), table.parts)), reasons


def take_tables(
    tables: Sequence[Member], into: Path, limits: Limits, progress: Progress, room: Room
) -> tuple[dict[Path, tuple[str, ...]], list[Problem]]:
    """Write the rows of tables as pictures into the folder `into`.

    Args:
        tables: plain, or packed with gzip; told apart by content.
        progress: called with rows of the table at work, done and in total.

    Returns:
        A file made here → part of the set, label and "row 1.png", without the part if names
        do not tell it of every table; and tables that were left out.

    Raises:
        ArchiveError: a limit is passed, or no table can be read.
        QuotaError: there is no room for them.
        OSError: the disk is full.
    """
    if len(tables) > _MOST_TABLES:
        raise beyond("tables of pictures", len(tables), _MOST_TABLES)
    copies, problems = _copy_tables(tables, into, limits, room)
    parts = {file: _part(table) for file, table in copies.items()}
    if None in parts.values():
        parts = dict.fromkeys(copies)
    alone = {part for part, count in Counter(parts.values()).items() if count == 1}
    files: dict[Path, tuple[str, ...]] = {}
    for number, (file, table) in enumerate(copies.items(), 1):
        try:
            pictures, labels = read_sign_mnist(file, shown(table.name))
        except ValueError as error:
            problems.append(Problem("unreadable", table.name, str(error)))
            continue
        finally:
            file.unlink()
        if len(files) + len(pictures) > limits.pictures:
            raise beyond("rows", len(files) + len(pictures), limits.pictures)
        above = () if parts[file] is None else (parts[file],)
        of_table = "" if parts[file] in alone else f" of table {number}"
        for row, (pixels, label) in enumerate(zip(pictures, labels, strict=True), 1):
            target = into / f"{len(files):06d}.png"
            room.take(_PICTURE_BYTES, pictures=1)
            Image.fromarray(pixels).save(target)
            files[target] = (*above, label, f"row {row}{of_table}.png")
            progress(row, len(pictures))
    if not files:
        raise ArchiveError(problems[0].message)
    return files, problems


def _copy_tables(
    tables: Sequence[Member], into: Path, limits: Limits, room: Room
) -> tuple[dict[Path, Member], list[Problem]]:
    """Unpack each table once, and count it: an endless line would otherwise fill the memory."""
    copies: dict[Path, Member] = {}
    problems = []
    known: dict[bytes, str] = {}
    written = 0
    for table in tables:
        target = into / f"table {len(copies)}.csv"
        checksum = hashlib.sha256()
        try:
            written += copy_member(
                _noted(_rows_counted(table, limits), checksum), target, written, limits, room
            )
        except DamagedError as error:
            problems.append(Problem("unreadable", table.name, f"{shown(table.name)}: {error}"))
            continue
        if original := known.get(checksum.digest()):
            target.unlink()
            problems.append(
                Problem("not a picture", table.name, f"a copy of {original}, which is used")
            )
            continue
        known[checksum.digest()] = table.name
        copies[target] = table
    return copies, problems


def _rows_counted(table: Member, limits: Limits) -> Iterator[bytes]:
    lines = 0
    for chunk in _contents(table, limits):
        lines += chunk.count(b"\n")
        if lines > limits.pictures + _OTHER_LINES:
            raise ArchiveError(
                f"{shown(table.name)}: the table has more than the {limits.pictures:,} rows that "
                f"are taken; nothing was kept. {_ADVICE}"
            )
        yield chunk


def _contents(table: Member, limits: Limits) -> Iterator[bytes]:
    if table.start(len(GZIP_START)) == GZIP_START:
        inner = partial(bounded, table, limits.table, "table", _ADVICE, limits)
        table = replace(table, packed=True, chunks=lambda: _gunzipped(inner()))
    return bounded(table, limits.table, "table", _ADVICE, limits)


def _gunzipped(chunks: Iterator[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        for data in chunks:
            while data and not unpacker.eof:
                yield unpacker.decompress(data, CHUNK)
                data = unpacker.unconsumed_tail
            if unpacker.eof and (data or unpacker.unused_data).strip(b"\0"):
                raise DamagedError("gzip: more follows after the end of the table")
        yield unpacker.flush()
    except zlib.error as error:
        raise DamagedError(f"gzip: the file is damaged or incomplete: {error}") from error
    if not unpacker.eof:
        raise DamagedError("gzip: the file is damaged or incomplete: it ends too early")


def _noted(chunks: Iterator[bytes], checksum: "hashlib._Hash") -> Iterator[bytes]:
    for chunk in chunks:
        checksum.update(chunk)
        yield chunk


def _part(table: Member) -> str | None:
    """The part of the set that a table's own name says, or else the nearest folder's."""
    for name in reversed(table.parts):
        words = re.findall(r"[^\W\d_]+", Path(name).stem)
        found = {named[0] for word in words if (named := part_of(word))}
        if found:
            return found.pop() if len(found) == 1 else None
    return None
