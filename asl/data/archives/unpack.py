"""Take pictures out of what a stranger packed: a zip of folders, or a Sign Language MNIST table.

Nothing in the file is believed. Pictures go one by one to names made here; those in the file
are kept as text and never lead anywhere. Every size is counted while it is read. A file that
looks made to do harm is refused as a whole, and then nothing of it is kept.
"""

import errno
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from asl.data.archives.limits import ArchiveError, DamagedError, Limits, beyond, shown
from asl.data.archives.members import (
    CHUNK,
    Listing,
    Member,
    Progress,
    bounded,
    copy_member,
    listing_of,
)
from asl.data.archives.sign_mnist_tables import find_tables, take_tables
from asl.data.archives.zip_reading import open_zip
from asl.data.exports import Export, ExportError, is_annotation, read_export
from asl.data.pictures.files import list_pictures, not_used
from asl.data.pictures.sign_mnist import GZIP_START, MAX_LINE, check_start
from asl.data.problems import Problem
from asl.files import open_file
from asl.images import FORMATS_IN_WORDS
from asl.quota import Room

_LIMITS = Limits()
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_UTF16_STARTS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Unpacked:
    """What was taken out.

    Attributes:
        files: a file made here → the names it had, from the archive's root down; of a table's
            row, those that it would have in a folder: part of the set if known, sign, "row 1.png".
        problems: members that were left out.
        encoding: what names in a zip were read in that say nothing about it; "" if all are
            ASCII, or say it.
        encodings: each plausible encoding of these names, the best one first, with a few examples
            of what they say in it. More than one only if a person has to tell.
        export: what another tool says that the pictures show, None if their folders say it.
    """

    files: dict[Path, tuple[str, ...]]
    problems: tuple[Problem, ...]
    encoding: str = ""
    encodings: tuple[tuple[str, tuple[str, ...]], ...] = ()
    export: Export | None = None


def unpack(
    file: Path,
    into: Path,
    limits: Limits = _LIMITS,
    progress: Progress = lambda done, total: None,
    encoding: str | None = None,
    room: Room | None = None,
) -> Unpacked:
    """Take the pictures of a file into the folder `into`, under the names 000000.jpg and so on.

    Args:
        file: a zip of pictures in folders or of Sign Language MNIST tables, or such a table,
            plain or packed with gzip; told apart by content.
        into: folder, made if needed; empty again if the file is refused.
        progress: called with bytes, or rows, done and in total.
        encoding: of the names in a zip that say nothing about it, one of `Unpacked.encodings`;
            None to find it out.
        room: for what is written; by default that of the folder `into`.

    Raises:
        ArchiveError: the file is damaged, of another kind, encrypted, beyond a limit, or has a
            member that no ordinary program writes.
        QuotaError: there is no room for the pictures.
        ValueError: `encoding` is unknown, or cannot be that of the names.
        OSError: it cannot be read, or the disk is full.
    """
    with open_file(file) as opened:
        start = opened.read(256)
    with all_or_nothing(into):
        room = room or Room(into)
        if not start.startswith(_ZIP_STARTS):
            return _unpack_table(file, start, into, limits, progress, room)
        with open_zip(file, limits, encoding) as (listing, names):
            taken = _take(listing, into, limits, progress, room)
        return replace(taken, encoding=names.encoding, encodings=names.encodings)


def copy_folder(
    folder: Path,
    into: Path,
    limits: Limits = _LIMITS,
    progress: Progress = lambda done, total: None,
    room: Room | None = None,
) -> Unpacked:
    """Copy the pictures of a folder on this computer into the folder `into`, as `unpack` does.

    Raises:
        ArchiveError: the folder is none, holds no pictures, or is beyond a limit.
        QuotaError: there is no room for the pictures.
        OSError: a file cannot be read, or the disk is full.
    """
    if not folder.is_dir():
        raise ArchiveError(f"folder: {str(folder)!r} is no folder on the computer of the app")
    with all_or_nothing(into):
        return _take(_list_folder(folder), into, limits, progress, room or Room(into))


class all_or_nothing:
    """Makes a folder, and deletes what is in it if the work in the block fails."""

    def __init__(self, folder: Path):
        self.folder = folder

    def __enter__(self) -> None:
        self.folder.mkdir(exist_ok=True)  # and not what lies above, if somebody deleted that

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        shutil.rmtree(self.folder)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OSError(
                error.errno,
                "the disk is full; nothing was kept. Delete data sets or runs that are no longer "
                "needed, or make room on the disk",
            ) from error


def _list_folder(folder: Path) -> Listing:
    pictures, _, problems = list_pictures(folder)
    others = [
        tuple(problem.path.split("/"))
        for problem in problems
        if problem.kind == "not a picture" and folder.joinpath(problem.path).is_file()
    ]
    known = {"/".join(parts) for parts in others}
    members = []
    for parts in (*pictures, *others):
        path = folder.joinpath(*parts)
        size = path.stat().st_size
        members.append(Member(parts, size, packed=False, chunks=partial(_file_chunks, path)))
    return listing_of("folder", members, [one for one in problems if one.path not in known])


def _file_chunks(path: Path) -> Iterator[bytes]:
    with open_file(path) as source:
        while chunk := source.read(CHUNK):
            yield chunk


def _take(listing: Listing, into: Path, limits: Limits, progress: Progress, room: Room) -> Unpacked:
    """Take what a zip or a folder holds: its pictures, or else its tables of pictures."""
    tables, reasons = find_tables(listing.others)
    pictures: Sequence[Member] = listing.pictures
    others = [one for one in listing.others if one not in tables]
    by_tables = bool(tables) and not _lie_in_folders_of_signs(pictures, tables)
    if not by_tables and len(pictures) > limits.pictures:
        raise beyond("pictures", len(pictures), limits.pictures)
    export = None if by_tables else _export(pictures, others, limits)
    problems = list(listing.problems)
    problems += [
        _why_not(other, reasons.get(other.name))
        for other in others
        if export is None or other.parts not in export.read_from
    ]
    if by_tables:
        message = "lies in no sign's folder; the tables of pictures beside it are used"
        problems += [Problem("outside", picture.name, message) for picture in pictures]
        files, left_out = take_tables(tables, into, limits, progress, room)
    else:
        message = "the pictures in folders are used; bring this table of pictures by itself"
        problems += [Problem("not a picture", table.name, message) for table in tables]
        if export is None and all(len(picture.parts) == 1 for picture in pictures):
            raise ArchiveError(_why_no_pictures(listing, reasons))
        if export is not None:
            problems += [
                Problem("outside", "/".join(parts), reason)
                for parts, reason in export.left_out.items()
            ]
            pictures = [picture for picture in pictures if picture.parts in export.shown]
        files, left_out = _take_pictures(pictures, into, limits, progress, room)
        if left_out and not files:
            first = f"{shown(left_out[0].path)}: {left_out[0].message}"
            raise ArchiveError(f"{listing.kind}: no picture in it can be read; the first, {first}")
    return Unpacked(files, (*problems, *left_out), export=export)


def _export(pictures: Sequence[Member], others: Sequence[Member], limits: Limits) -> Export | None:
    """What another tool says that the pictures show."""
    annotations = {
        other.parts: partial(_content, other, limits)
        for other in others
        if is_annotation(other.parts) and other.size <= limits.annotation
    }
    try:
        return read_export([picture.parts for picture in pictures], annotations)
    except ExportError as error:
        raise ArchiveError(str(error)) from error


def _content(member: Member, limits: Limits) -> bytes:
    """All of a small file; nothing if it is damaged."""
    try:
        return b"".join(bounded(member, limits.annotation, "file", "Leave it out", limits))
    except DamagedError:
        return b""


def _lie_in_folders_of_signs(pictures: Sequence[Member], tables: Sequence[Member]) -> bool:
    """Whether pictures lie in several folders of their own, and not just beside the tables."""
    beside = {table.parts[:depth] for table in tables for depth in range(len(table.parts))}
    return len({picture.parts[:-1] for picture in pictures} - beside) > 1


def _take_pictures(
    pictures: Sequence[Member], into: Path, limits: Limits, progress: Progress, room: Room
) -> tuple[dict[Path, tuple[str, ...]], list[Problem]]:
    files, problems, written, done = {}, [], 0, 0
    total = sum(picture.size for picture in pictures)
    for number, picture in enumerate(pictures):
        target = into / f"{number:06d}{picture.suffix}"
        chunks = bounded(picture, limits.picture, "picture", "Make it smaller", limits)
        room.take(0, pictures=1)
        try:
            written += copy_member(chunks, target, written, limits, room)
        except DamagedError as error:
            problems.append(Problem("unreadable", picture.name, str(error)))
        else:
            files[target] = picture.parts
        done += picture.size
        progress(done, total)
    return files, problems


def _why_not(other: Member, reason: str | None) -> Problem:
    if other.is_archive:
        advice = "an archive in the archive is not opened; unpack it and zip the pictures"
        return Problem("not a picture", other.name, advice)
    if reason:
        return Problem(
            "not a picture", other.name, f"it is no table of Sign Language MNIST: {reason}"
        )
    return not_used(other.name)


def _why_no_pictures(listing: Listing, reasons: dict[str, str]) -> str:
    zip_them = "zip" if listing.kind == "zip" else "bring"
    if listing.pictures:
        return (
            f"{listing.kind}: no picture lies in a folder. Put the pictures of each sign into a "
            f"folder with the sign's name, and {zip_them} these folders"
        )
    archives = [shown(other.name) for other in listing.others if other.is_archive]
    if archives:
        more = ", …" if len(archives) > 3 else ""
        return (
            f"{listing.kind}: there are no pictures in it but archives ({', '.join(archives[:3])}"
            f"{more}), which are not opened. Unpack them, each into a folder with the sign's "
            f"name, and {zip_them} these folders"
        )
    endings = sorted({other.suffix for other in listing.others} - {""})
    held = f"only files that end in {', '.join(endings[:5])}" if endings else "no files"
    advice = f"{zip_them} a folder with one folder of pictures for each sign ({FORMATS_IN_WORDS})"
    for name, reason in list(reasons.items())[:1]:
        advice += (
            ", or upload the table of Sign Language MNIST (a column 'label' and 784 columns of "
            f"pixels); {shown(name)} is none: {reason}"
        )
    return f"{listing.kind}: no pictures were found, {held}; {advice}"


def _unpack_table(
    file: Path, start: bytes, into: Path, limits: Limits, progress: Progress, room: Room
) -> Unpacked:
    text = start.startswith(_UTF16_STARTS) or not (b"\0" in start or b"\x1b" in start)
    if not start.startswith(GZIP_START) and not (text and any(sign in start for sign in b",;\t|")):
        raise ArchiveError(
            "the file is neither a zip nor a Sign Language MNIST table. RAR, 7z and others "
            "are not opened; make a zip of the pictures' folders"
        )
    chunks = partial(_file_chunks, file)
    table = Member((file.name,), file.stat().st_size, packed=False, chunks=chunks)
    # Before it is copied, which takes long if it is large.
    try:
        check_start(table.start(MAX_LINE))
    except ValueError as error:
        raise ArchiveError(f"{shown(file.name)}: {error}") from None
    files, _ = take_tables([table], into, limits, progress, room)
    # A table by itself is no part of a set, whatever its name says.
    return Unpacked({made: parts[-2:] for made, parts in files.items()}, ())
