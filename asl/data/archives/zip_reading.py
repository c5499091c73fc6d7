"""Read a zip that a stranger made: its list of files first, then its members one by one.

The whole archive is refused for anything that no ordinary program writes, or that leads out of
it, before anything of it is unpacked. Members are unpacked in a bounded memory, whatever the
method.
"""

import bz2
import copy
import errno
import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from asl.data.archives.limits import ArchiveError, DamagedError, Limits, beyond, shown
from asl.data.archives.members import CHUNK, Listing, Member, listing_of
from asl.data.archives.zip_names import Names, read_names
from asl.files import open_file
from asl.workspace import megabytes

_ENCRYPTED = 0x1 | 0x40
# How a member begins.
_MEMBER = b"PK\x03\x04"
# What a local header takes at least, before the member's name and content.
_HEADER_BYTES = 30
_AGAIN = "Make the zip again from a folder of ordinary pictures"

# Numbers of APPNOTE.TXT 4.4.5; those that are not read have a name only.
_READ = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_METHODS = {
    1: "Shrink",
    6: "Implode",
    9: "Deflate64",
    20: "Zstandard",
    93: "Zstandard",
    94: "MP3",
    95: "XZ",
    96: "JPEG",
    97: "WavPack",
    98: "PPMd",
    99: "AES encryption",
}
_MOST_DICTIONARY = 64 << 20

# The record at the end of a zip, and the larger one that it may point to.
_END = struct.Struct("<4s4H2LH")
_END_64_LOCATOR = struct.Struct("<4sLQL")
_END_64 = struct.Struct("<4sQ2H2L4Q")


@contextmanager
def open_zip(
    file: Path, limits: Limits, encoding: str | None = None
) -> Iterator[tuple[Listing, Names]]:
    """Open a zip for the time of a block, and list what is in it.

    Args:
        encoding: as for `asl.data.archives.zip_names.read_names`.

    Raises:
        ArchiveError: the file is damaged or encrypted, beyond a limit, or has a member that no
            ordinary program writes.
        ValueError: `encoding` cannot be that of the names.
        OSError: it cannot be read.
    """
    _check_directory(file, limits)
    with _opened(file) as archive:
        infos = archive.infolist()
        _check_begin(file, infos)
        if len(infos) > limits.members:
            raise beyond("files", len(infos), limits.members)
        names = read_names(infos, encoding)
        _check_members(infos, names.names, limits)
        _check_overlaps(infos, names.names, archive.start_dir)
        members = []
        for info, name in zip(infos, names.names, strict=True):
            parts = tuple(part for part in name.split("/") if part not in ("", "."))
            if parts and not name.endswith("/"):
                read = partial(_chunks, archive, info, name)
                members.append(Member(parts, info.compress_size, packed=True, chunks=read))
        yield listing_of("zip", members), names


def _opened(file: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    # What zipfile makes of hostile bytes.
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # a place before the start
            raise
        raise ArchiveError(
            f"zip: the file is damaged or incomplete ({error}); make it again and upload it again"
        ) from error


def _check_directory(file: Path, limits: Limits) -> None:
    """Refuse a list of members that would fill the memory, before it is read at once."""
    with open_file(file) as opened:
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
            # zipfile looks right before the locator if the position is wrong.
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


def _check_begin(file: Path, infos: list[zipfile.ZipInfo]) -> None:
    """Refuse a zip without its end: zipfile finds the list of the last archive stored in it."""
    with open_file(file) as opened:
        has_first = opened.read(len(_MEMBER)) == _MEMBER
    if has_first and all(info.header_offset for info in infos):
        raise ArchiveError(
            "zip: the file is damaged or incomplete, as after an upload that broke off: its own "
            "list of files is missing; make it again and upload it again"
        )


def _check_members(infos: list[zipfile.ZipInfo], names: Sequence[str], limits: Limits) -> None:
    """Refuse the archive for anything that no ordinary program writes, or that cannot be read."""
    for info, name in zip(infos, names, strict=True):
        if reason := _bad_name(name, limits) or _bad_kind(info):
            raise ArchiveError(f"zip: the entry {shown(name)} {reason}; nothing was kept. {_AGAIN}")
        if info.compress_type not in _READ:
            number = info.compress_type
            raise ArchiveError(
                f"zip: the entry {shown(name)} is packed with "
                f"{_METHODS.get(number, f'method {number}')}, which cannot be read here; nothing "
                "was kept. Make the zip again with the ordinary method, Deflate"
            )


def _check_overlaps(infos: list[zipfile.ZipInfo], names: Sequence[str], directory: int) -> None:
    """Refuse members that share bytes: they can unpack to far more than the archive could hold.

    Args:
        directory: where the list of members begins in the file.
    """
    end, before = directory, None
    placed = sorted(zip(infos, names, strict=True), key=lambda one: one[0].header_offset)
    for info, name in reversed(placed):
        if info.header_offset + _HEADER_BYTES + info.compress_size > end:
            other = "the list of files" if before is None else shown(before)
            raise ArchiveError(
                f"zip: the entry {shown(name)} overlaps {other}; nothing was kept. {_AGAIN}"
            )
        end, before = info.header_offset, name


def _bad_name(name: str, limits: Limits) -> str:
    parts = name.rstrip("/").split("/")
    if not name:
        return "has no name"
    if "\0" in name:
        return "has a name with a NUL character"
    if name.startswith("/"):
        return "has an absolute path"
    if ".." in parts:
        return "leads out of its folder"
    if len(name) > 1 and name[1] == ":":
        return "has a path with a drive letter"
    if len(name) > limits.name or len(parts) > limits.depth:
        return f"has a path longer than {limits.name} letters or {limits.depth} folders"
    return ""


def _bad_kind(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted, and a password cannot be given here"
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "is a link"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a device and no file"
    return ""


def _chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    """Unpack a member piece by piece, and check it at the end."""
    try:
        if info.compress_type in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
            yield from _unpacked_in_bounds(archive, info, name)
        else:
            with archive.open(info) as source:
                while chunk := source.read(CHUNK):
                    yield chunk
    except ArchiveError:
        raise
    # What zipfile and the unpackers make of hostile bytes.
    except (
        zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, EOFError,
        struct.error, zlib.error, lzma.LZMAError, OSError,
    ) as error:  # fmt: skip
        # Errors of bz2 have no number.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        reason = str(error).rstrip(".") or "it ends too early"
        raise DamagedError(f"damaged in the zip ({reason}); make the zip again") from error


def _unpacked_in_bounds(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str
) -> Iterator[bytes]:
    """Unpack BZip2 or LZMA, of which zipfile would unpack whatever a piece holds at once."""
    # As it lies in the archive: stored bytes, whose checksum is not known.
    packed = copy.copy(info)
    packed.compress_type, packed.file_size = zipfile.ZIP_STORED, info.compress_size
    del packed.CRC
    with archive.open(packed) as source:
        unpacker: bz2.BZ2Decompressor | lzma.LZMADecompressor = (
            _lzma_unpacker(source, name)
            if info.compress_type == zipfile.ZIP_LZMA
            else bz2.BZ2Decompressor()
        )
        # LZMA need not mark its end; a size that lies is found by the checksum.
        left, checksum = info.file_size, 0
        while left and not unpacker.eof:
            data = b""
            if unpacker.needs_input and not (data := source.read(CHUNK)):
                raise EOFError("it ends too early")
            chunk = unpacker.decompress(data, min(CHUNK, left))
            left -= len(chunk)
            checksum = zlib.crc32(chunk, checksum)
            yield chunk
    if checksum != info.CRC:
        raise zipfile.BadZipFile("its checksum is another one")


def _lzma_unpacker(source: IO[bytes], name: str) -> lzma.LZMADecompressor:
    """Read the header of APPNOTE.TXT 5.8.8: version, size of the properties, and these."""
    _, size, numbers, dictionary = struct.unpack("<HHBL", source.read(9))
    if size != 5 or numbers >= 9 * 5 * 5:
        raise lzma.LZMAError("its LZMA properties are none")
    if dictionary > _MOST_DICTIONARY:
        raise ArchiveError(
            f"zip: the entry {shown(name)} needs {megabytes(dictionary)} of memory to unpack (LZMA "
            f"dictionary), and at most {megabytes(_MOST_DICTIONARY)} are given; nothing was kept. "
            "Make the zip again with the ordinary method, Deflate"
        )
    numbers, lc = divmod(numbers, 9)
    pb, lp = divmod(numbers, 5)
    return lzma.LZMADecompressor(
        lzma.FORMAT_RAW,
        filters=[
            {
                "id": lzma.FILTER_LZMA1,
                "dict_size": max(dictionary, 4096),
                "lc": lc,
                "lp": lp,
                "pb": pb,
            }
        ],
    )
