"""Take pictures out of what a stranger packed: a zip of folders, or a Sign Language MNIST table.

Nothing in the file is believed. Pictures go one by one to names made here; those in the file
are kept as text and never lead anywhere. Every size is counted while it is read. A file that
looks made to do harm is refused as a whole, and then nothing of it is kept.
"""

import errno
import gzip
import os
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from asl.data.folder import Problem, scan_folder
from asl.data.sign_mnist import read_sign_mnist
from asl.images import FORMATS_IN_WORDS, SUFFIXES
from asl.workspace import megabytes

Progress = Callable[[int, int], None]

_CHUNK = 1 << 20
_GZIP_START = b"\x1f\x8b"
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")

# The two that every program writes by default. The others unpack without a bound on memory.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1 | 0x40
# What a local header takes at least, before the member's name and content.
_HEADER_BYTES = 30

# The record at the end of a zip, and the larger one that it may point to.
_END = struct.Struct("<4s4H2LH")
_END_64_LOCATOR = struct.Struct("<4sLQL")
_END_64 = struct.Struct("<4sQ2H2L4Q")


class ArchiveError(ValueError):
    """A file is refused as a whole; the message says why and what to do."""


@dataclass(frozen=True)
class Limits:
    """How much one file may hold.

    Attributes:
        members: files and folders in an archive, pictures or not.
        pictures: of them, pictures.
        total: bytes of all pictures together, unpacked.
        picture: bytes of one picture, unpacked.
        ratio: how many times its packed size a picture may have; counted from `ratio_from` bytes
            on, since small pictures of one colour pack well in honest archives too.
        depth: folders above a picture.
        name: letters of a member's whole path.
    """

    members: int = 100_000
    pictures: int = 50_000
    total: int = 8 << 30
    picture: int = 60 << 20
    ratio: int = 200
    ratio_from: int = 2 << 20
    depth: int = 16
    name: int = 1024


@dataclass(frozen=True)
class Unpacked:
    """What was taken out.

    Attributes:
        files: a file made here → the names it had, from the archive's root down.
        problems: members that were left out.
    """

    files: dict[Path, tuple[str, ...]]
    problems: tuple[Problem, ...]


def unpack(
    file: Path, into: Path, limits: Limits = Limits(), progress: Progress = lambda done, total: None
) -> Unpacked:
    """Take the pictures of a file into the folder `into`, under the names 000000.jpg and so on.

    Args:
        file: a zip of pictures in folders, or a Sign Language MNIST table, plain or packed with
            gzip; told apart by content.
        into: folder, made if needed; empty again if the file is refused.
        progress: called with bytes, or rows, done and in total.

    Raises:
        ArchiveError: the file is damaged, of another kind, encrypted, beyond a limit, or has a
            member that no ordinary program writes.
        OSError: it cannot be read, or the disk is full.
    """
    with file.open("rb") as opened:
        start = opened.read(4)
    kind = _unpack_zip if start in _ZIP_STARTS else _unpack_table
    with _all_or_nothing(into):
        return kind(file, into, limits, progress)


def copy_folder(
    folder: Path,
    into: Path,
    limits: Limits = Limits(),
    progress: Progress = lambda done, total: None,
) -> Unpacked:
    """Copy the pictures of a folder on this computer into the folder `into`, as `unpack` does.

    Raises:
        ArchiveError: the folder is none, or beyond a limit.
        OSError: a file cannot be read, or the disk is full.
    """
    if not folder.is_dir():
        raise ArchiveError(f"folder: {str(folder)!r} is no folder on the computer of the app")
    pictures, _, problems = scan_folder(folder)
    if len(pictures) > limits.pictures:
        raise _beyond("pictures", len(pictures), limits.pictures)
    files, written = {}, 0
    with _all_or_nothing(into):
        for number, parts in enumerate(pictures):
            target = into / _made_name(number, parts[-1])
            with folder.joinpath(*parts).open("rb") as source:
                written += _copy(source, target, None, written, limits, "/".join(parts))
            files[target] = parts
            progress(number + 1, len(pictures))
    return Unpacked(files, tuple(problems))


class _all_or_nothing:
    """Makes a folder, and deletes what is in it if the work in the block fails."""

    def __init__(self, folder: Path):
        self.folder = folder

    def __enter__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

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


def _unpack_zip(file: Path, into: Path, limits: Limits, progress: Progress) -> Unpacked:
    _check_directory(file, limits)
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            _check_members(members, limits)
            _check_overlaps(members, archive.start_dir)
            pictures, problems = _sort_out(members)
            if len(pictures) > limits.pictures:
                raise _beyond("pictures", len(pictures), limits.pictures)
            if not pictures:
                raise ArchiveError(_why_no_pictures(members))
            files, written = {}, 0
            total = sum(member.compress_size for member, _ in pictures)
            done = 0
            for number, (member, parts) in enumerate(pictures):
                target, name = into / _made_name(number, parts[-1]), "/".join(parts)
                try:
                    with archive.open(member) as source:
                        written += _copy(
                            source, target, member.compress_size, written, limits, name
                        )
                    files[target] = parts
                except (zipfile.BadZipFile, zlib.error, EOFError, struct.error) as error:
                    target.unlink(missing_ok=True)
                    problems.append(Problem("unreadable", name, f"damaged in the zip: {error}"))
                done += member.compress_size
                progress(done, total)
    except ArchiveError:
        raise
    # What zipfile makes of hostile bytes.
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # a place before the start
            raise
        raise ArchiveError(
            f"zip: the file is damaged or incomplete ({error}); make it again and upload it again"
        ) from error
    return Unpacked(files, tuple(problems))


def _check_directory(file: Path, limits: Limits) -> None:
    """Refuse a list of members that would fill the memory, before it is read at once."""
    with file.open("rb") as opened:
        size = os.fstat(opened.fileno()).st_size
        opened.seek(max(0, size - _END.size - 0xFFFF))
        tail = opened.read()
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or len(tail) - at < _END.size:
            raise ArchiveError(
                "zip: the end of the file is missing, as after an upload that broke off; make "
                "it again and upload it again"
            )
        listing = _END.unpack_from(tail, at)[5]
        locator = tail[max(0, at - _END_64_LOCATOR.size) : at]
        if locator.startswith(b"PK\x06\x07"):
            opened.seek(min(_END_64_LOCATOR.unpack(locator)[2], size))
            record = opened.read(_END_64.size)
            # zipfile looks right before the locator where the position is wrong.
            before = tail[max(0, at - _END_64_LOCATOR.size - _END_64.size) :][: _END_64.size]
            for found in (record, before):
                if len(found) == _END_64.size and found.startswith(b"PK\x06\x06"):
                    listing = max(listing, _END_64.unpack(found)[8])
    # A member takes 46 bytes and its name; an honest one has few more.
    if listing > limits.members * 256:
        raise ArchiveError(
            f"zip: its list of files alone takes {megabytes(listing)}; at most {limits.members:,} "
            "files are taken. Split the pictures into several data sets"
        )


def _check_members(members: list[zipfile.ZipInfo], limits: Limits) -> None:
    """Refuse the archive for anything that no ordinary program writes, or that cannot be read."""
    if len(members) > limits.members:
        raise _beyond("files", len(members), limits.members)
    for member in members:
        if reason := _bad_name(member.orig_filename, limits) or _bad_kind(member):
            raise ArchiveError(
                f"zip: the entry {_shown(member.orig_filename)} {reason}; nothing was kept. Make "
                "the zip again from a folder of ordinary pictures"
            )


def _check_overlaps(members: list[zipfile.ZipInfo], directory: int) -> None:
    """Refuse members that share bytes: they can unpack to far more than the archive could hold.

    Args:
        directory: where the list of members begins in the file.
    """
    end, before = directory, "the list of files"
    for member in sorted(members, key=lambda member: member.header_offset, reverse=True):
        if member.header_offset + _HEADER_BYTES + member.compress_size > end:
            raise ArchiveError(
                f"zip: the entry {_shown(member.orig_filename)} overlaps {before}; nothing was "
                "kept. Make the zip again from a folder of ordinary pictures"
            )
        end, before = member.header_offset, _shown(member.orig_filename)


def _bad_name(name: str, limits: Limits) -> str:
    parts = name.rstrip("/").split("/")
    if not name:
        return "has no name"
    if "\0" in name:
        return "has a name with a NUL character"
    if name.startswith("/"):
        return "has an absolute path"
    if "\\" in name:
        return "has a path with backslashes"
    if ".." in parts:
        return "leads out of its folder"
    if len(name) > 1 and name[1] == ":":
        return "has a path with a drive letter"
    if len(name) > limits.name or len(parts) > limits.depth:
        return f"has a path longer than {limits.name} letters or {limits.depth} folders"
    return ""


def _bad_kind(member: zipfile.ZipInfo) -> str:
    if member.flag_bits & _ENCRYPTED:
        return "is encrypted, and a password cannot be given here"
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "is a link"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a device and no file"
    if member.compress_type not in _METHODS:
        return f"is packed in an unusual way (method {member.compress_type})"
    return ""


def _sort_out(
    members: list[zipfile.ZipInfo],
) -> tuple[list[tuple[zipfile.ZipInfo, tuple[str, ...]]], list[Problem]]:
    """The pictures with their names, sorted as `read_folder` sorts them, and what is none."""
    pictures, problems = [], []
    for member in members:
        if member.is_dir():
            continue
        parts = tuple(part for part in member.filename.split("/") if part not in ("", "."))
        name = "/".join(parts)
        if any(part.startswith(".") or part == "__MACOSX" for part in parts):
            problems.append(Problem("hidden", name, "hidden files and folders are not used"))
        elif not parts or Path(parts[-1]).suffix.lower() not in SUFFIXES:
            advice = f"only {FORMATS_IN_WORDS} files are used"
            if name.lower().endswith((".zip", ".rar", ".7z", ".gz", ".tar")):
                advice = "an archive in the archive is not opened; unpack it and zip the pictures"
            problems.append(Problem("not a picture", name, advice))
        else:
            pictures.append((member, parts))
    return sorted(pictures, key=lambda picture: picture[1]), problems


def _why_no_pictures(members: list[zipfile.ZipInfo]) -> str:
    endings = sorted({Path(m.filename).suffix.lower() for m in members if not m.is_dir()} - {""})
    held = f"only files that end in {', '.join(endings[:5])}" if endings else "no files"
    advice = f"zip a folder with one folder of {FORMATS_IN_WORDS} pictures for each sign"
    if ".csv" in endings:
        advice += ", or upload the table of Sign Language MNIST itself, not in a zip"
    return f"zip: no pictures were found, {held}; {advice}"


def _copy(
    source: BinaryIO, target: Path, packed: int | None, before: int, limits: Limits, name: str
) -> int:
    """Write what is read to `target`, and return how many bytes that were.

    Args:
        packed: size of the member in the archive, None where it is not packed.
        before: bytes that were written for the members before.
    """
    written = 0
    with target.open("xb") as copy:
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > limits.picture:
                raise ArchiveError(
                    f"{_shown(name)}: the picture has more than the {megabytes(limits.picture)} "
                    "that one may have; nothing was kept. Make it smaller"
                )
            if packed is not None and written > max(limits.ratio_from, limits.ratio * packed):
                raise ArchiveError(
                    f"{_shown(name)}: the picture unpacks to more than {limits.ratio} times its "
                    "size, as a zip bomb would; nothing was kept. Save it as JPEG or PNG"
                )
            if before + written > limits.total:
                raise ArchiveError(
                    f"the pictures together have more than the {megabytes(limits.total)} that "
                    "can be kept here; nothing was kept. Upload fewer or smaller pictures"
                )
            copy.write(chunk)
    return written


def _unpack_table(file: Path, into: Path, limits: Limits, progress: Progress) -> Unpacked:
    with file.open("rb") as opened:
        packed = opened.read(2) == _GZIP_START
        opened.seek(0)
        if not packed and b"," not in opened.read(256):
            raise ArchiveError(
                "the file is neither a zip nor a Sign Language MNIST table. RAR, 7z and others "
                "are not opened; make a zip of the pictures' folders"
            )
    table = file
    if packed:
        # Unpacked first and counted: one endless line would otherwise end up in the memory.
        table = into / "table.csv"
        bound = Limits(picture=limits.picture * 8, total=limits.total, ratio=limits.ratio)
        try:
            with gzip.open(file) as source:
                _copy(source, table, file.stat().st_size, 0, bound, "table")
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise ArchiveError(f"gzip: the file is damaged or incomplete: {error}") from error
    try:
        pictures, labels = read_sign_mnist(table)
    except ValueError as error:
        raise ArchiveError(str(error)) from error
    if packed:
        table.unlink()
    if len(pictures) > limits.pictures:
        raise _beyond("rows", len(pictures), limits.pictures)
    files = {}
    for number, (pixels, label) in enumerate(zip(pictures, labels, strict=True)):
        target = into / f"{number:06d}.png"
        Image.fromarray(pixels).save(target)
        files[target] = (label, f"row {number + 1}.png")
        progress(number + 1, len(pictures))
    return Unpacked(files, ())


def _made_name(number: int, name: str) -> str:
    suffix = Path(name).suffix.lower()
    return f"{number:06d}{suffix if suffix in SUFFIXES else '.bin'}"


def _beyond(what: str, found: int, limit: int) -> ArchiveError:
    return ArchiveError(
        f"there are {found:,} {what}, and at most {limit:,} are taken; nothing was kept. Leave "
        "some out, or split them into several data sets"
    )


def _shown(name: str) -> str:
    """The name of a member for a message: short, and without what could disguise it."""
    plain = name.encode("ascii", "backslashreplace").decode()
    plain = "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in plain)
    return repr(plain if len(plain) <= 60 else f"{plain[:30]}…{plain[-25:]}").replace("\\\\", "\\")
