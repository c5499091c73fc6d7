"""What a zip or a folder holds, in one form for both: members, which are read piece by piece.

Nothing that a member says about itself is believed: its size is what has been read of it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from asl.data.archives.limits import ArchiveError, DamagedError, Limits, shown
from asl.data.problems import Problem
from asl.images import SUFFIXES
from asl.quota import Room
from asl.workspace import megabytes

Progress = Callable[[int, int], None]

CHUNK = 1 << 16

TABLES = (".csv", ".tsv")
PACKED_TABLES = (".csv.gz", ".tsv.gz")
_ARCHIVES = (".zip", ".rar", ".7z", ".gz", ".tgz", ".tar", ".bz2", ".xz")


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
        problems: what is not even opened, such as hidden files and links.
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
        advice: what to do if it is too large.

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
