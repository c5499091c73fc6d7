"""What a zip or a folder holds, in one form for both: members that are read piece by piece, and
how much of them is taken.

Nothing that a member says about itself is believed: its size is what has been read of it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from asl.data.folder import Problem
from asl.images import SUFFIXES
from asl.quota import Room
from asl.workspace import megabytes

Progress = Callable[[int, int], None]

CHUNK = 1 << 16

TABLES = (".csv", ".tsv")
PACKED_TABLES = (".csv.gz", ".tsv.gz")
_ARCHIVES = (".zip", ".rar", ".7z", ".gz", ".tgz", ".tar", ".bz2", ".xz")


class ArchiveError(ValueError):
    """A file is refused as a whole; the message says why and what to do."""


class DamagedError(Exception):
    """A member cannot be read to its end; the others may be whole."""


@dataclass(frozen=True)
class Limits:
    """How much one file may hold.

    Attributes:
        members: files and folders in an archive, pictures or not.
        pictures: of them, pictures, or rows of tables.
        total: bytes of everything that is unpacked.
        picture: bytes of one picture, unpacked.
        table: bytes of one table of pictures, unpacked.
        annotation: bytes of one file that may say what pictures show, packed or not.
        ratio: how many times its packed size a member may have; counted from `ratio_from` bytes
            on, since small pictures of one colour pack well in honest archives too.
        ratio_from: see `ratio`.
        depth: folders above a picture.
        name: letters of a member's whole path.
    """

    members: int = 100_000
    pictures: int = 50_000
    total: int = 8 << 30
    picture: int = 60 << 20
    table: int = 480 << 20
    annotation: int = 64 << 20
    ratio: int = 200
    ratio_from: int = 2 << 20
    depth: int = 16
    name: int = 1024


@dataclass(frozen=True)
class Member:
    """A file in a zip or in a folder.

    Attributes:
        parts: its names from the root down, text only.
        size: bytes that it takes where it lies.
        packed: whether it may unpack to more.
        chunks: reads it, at most `CHUNK` bytes at a time; raises DamagedError.
    """

    parts: tuple[str, ...]
    size: int
    packed: bool
    chunks: Callable[[], Iterator[bytes]]

    @property
    def name(self) -> str:
        return "/".join(self.parts)

    @property
    def suffix(self) -> str:
        return Path(self.parts[-1]).suffix.lower()

    @property
    def is_archive(self) -> bool:
        name = self.parts[-1].lower()
        return name.endswith(_ARCHIVES) and not name.endswith(PACKED_TABLES)

    def start(self, most: int) -> bytes:
        """Return its first bytes, up to `most` of them, or what can be read of them."""
        found = bytearray()
        try:
            for chunk in self.chunks():
                found += chunk
                if len(found) >= most:
                    break
        except DamagedError:
            pass
        return bytes(found[:most])


@dataclass(frozen=True)
class Listing:
    """The visible files of a zip or a folder, told apart by their names only.

    Attributes:
        kind: "zip" or "folder", as messages call it.
        pictures: sorted as `read_folder` sorts them.
        others: everything else: tables of pictures, files that say what the pictures show, texts.
        problems: what is not even looked at, such as hidden files and links.
    """

    kind: str
    pictures: tuple[Member, ...]
    others: tuple[Member, ...]
    problems: tuple[Problem, ...]


def listing_of(kind: str, members: Iterable[Member], problems: Iterable[Problem] = ()) -> Listing:
    """Return a listing of members, of which hidden ones become problems."""
    seen, hidden = [], list(problems)
    for member in members:
        if any(part.startswith(".") or part == "__MACOSX" for part in member.parts):
            hidden.append(Problem("hidden", member.name, "hidden files and folders are not used"))
        else:
            seen.append(member)
    seen.sort(key=lambda member: member.parts)
    return Listing(
        kind,
        tuple(member for member in seen if member.suffix in SUFFIXES),
        tuple(member for member in seen if member.suffix not in SUFFIXES),
        tuple(hidden),
    )


def bounded(member: Member, most: int, what: str, advice: str, limits: Limits) -> Iterator[bytes]:
    """Read a member piece by piece, and count what comes.

    Args:
        most: bytes that it may have.
        what: what it is, for messages.
        advice: what to do where it is too large.

    Raises:
        ArchiveError: it is larger, or was packed as only bombs are.
        DamagedError: it cannot be read.
    """
    count = 0
    for chunk in member.chunks():
        count += len(chunk)
        if count > most:
            raise ArchiveError(
                f"{shown(member.name)}: the {what} has more than the {megabytes(most)} that one "
                f"may have; nothing was kept. {advice}"
            )
        if member.packed and count > max(limits.ratio_from, limits.ratio * member.size):
            raise ArchiveError(
                f"{shown(member.name)}: the {what} unpacks to more than {limits.ratio} times its "
                "size, as a zip bomb would; nothing was kept. Make it again from ordinary pictures"
            )
        yield chunk


def copy_member(
    chunks: Iterable[bytes], target: Path, before: int, limits: Limits, room: Room
) -> int:
    """Write what comes to `target`, a new file, and return how many bytes that were.

    Args:
        before: bytes that were written for the members before.

    Raises:
        ArchiveError: there are more than one archive may have.
        QuotaError: there is no room for them.
        DamagedError: from `chunks`; then there is no `target`.
    """
    written = 0
    try:
        with target.open("xb") as copy:
            for chunk in chunks:
                written += len(chunk)
                if before + written > limits.total:
                    raise ArchiveError(
                        f"the pictures together have more than the {megabytes(limits.total)} that "
                        "can be kept here; nothing was kept. Upload fewer or smaller pictures"
                    )
                room.take(len(chunk))
                copy.write(chunk)
    except DamagedError:
        target.unlink()
        raise
    return written


def beyond(what: str, found: int, limit: int) -> ArchiveError:
    """Return what to raise where there are too many of something."""
    return ArchiveError(
        f"there are {found:,} {what}, and at most {limit:,} are taken; nothing was kept. Leave "
        "some out, or split them into several data sets"
    )


def shown(name: str) -> str:
    """Return a member's name for a message: short, and without what could disguise it."""
    plain = name.encode("ascii", "backslashreplace").decode()
    plain = "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in plain)
    return repr(plain if len(plain) <= 60 else f"{plain[:30]}…{plain[-25:]}").replace("\\\\", "\\")
