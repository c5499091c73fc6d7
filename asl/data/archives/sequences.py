"""Take sequences out of a zip that a stranger packed: films, and files of landmarks.

As with pictures, nothing in it is believed: every size is counted while it is read, and names in
the zip never lead anywhere. A zip that looks made to do harm is refused as a whole.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from asl.codecs.film import MAX_BYTES
from asl.data.archives.limits import DamagedError, Limits, beyond
from asl.data.archives.members import Listing, Member, Progress, bounded, copy_member
from asl.data.archives.unpack import all_or_nothing
from asl.data.archives.zip_reading import open_zip
from asl.data.problems import Problem
from asl.data.scan import Parts
from asl.data.sequences.files.names import FRAME, Form, form_of
from asl.quota import Room

#: What a zip of sequences may hold: a file a frame makes many small ones.
LIMITS = Limits(members=400_000, pictures=400_000)

_NEEDED: tuple[Form, ...] = ("film", "pose", "packed", "parquet", "table", "labels", "frame")
_MOST_DIGITS = 9


@dataclass(frozen=True)
class UnpackedSequences:
    """What was taken out.

    Attributes:
        files: the names that a file had, from the zip's root down → where it lies now.
        others: files that were not taken out, as they are no sequences.
        problems: members that were left out.
        encoding, encodings: as for `asl.data.archives.unpack.Unpacked`.
    """

    files: Mapping[Parts, Path]
    others: tuple[Parts, ...]
    problems: tuple[Problem, ...]
    encoding: str
    encodings: tuple[tuple[str, tuple[str, ...]], ...]


def unpack_sequences(
    file: Path,
    into: Path,
    limits: Limits = LIMITS,
    progress: Progress = lambda done, total: None,
    encoding: str | None = None,
    room: Room | None = None,
) -> UnpackedSequences:
    """Take films and files of landmarks out of a zip, each into a numbered folder of `into`.

    Args:
        into: folder, made if needed; empty again if the zip is refused.
        progress: called with bytes done and in total.
        encoding: of its names, None to find it out.
        room: for what is written; by default that of the folder `into`.

    Raises:
        ArchiveError, QuotaError, ValueError, OSError: as `asl.data.archives.unpack.unpack`.
    """
    with all_or_nothing(into), open_zip(file, limits, encoding) as (listing, names):
        taken = _take(listing, into, limits, progress, room or Room(into))
        files, others, problems = taken
        problems = [*listing.problems, *problems]
        return UnpackedSequences(files, others, tuple(problems), names.encoding, names.encodings)


def _take(
    listing: Listing, into: Path, limits: Limits, progress: Progress, room: Room
) -> tuple[dict[Parts, Path], tuple[Parts, ...], list[Problem]]:
    members = sorted((*listing.pictures, *listing.others), key=lambda member: member.parts)
    needed = [member for member in members if _form(member) in _NEEDED]
    others = tuple(member.parts for member in members if _form(member) not in _NEEDED)
    files: dict[Parts, Path] = {}
    folders: dict[Parts, Path] = {}
    problems = []
    written = done = 0
    sequences = sum(_form(member) not in ("frame", "labels") for member in needed)
    if sequences > limits.pictures:
        raise beyond("films or files of landmarks", sequences, limits.pictures)
    total = sum(member.size for member in needed)
    for number, member in enumerate(needed):
        done += member.size
        if member.parts in files:
            problems.append(Problem("outside", member.name, "the zip holds two files of this name"))
            continue
        folder = folders.setdefault(member.parts[:-1], into / f"{len(folders):06d}")
        folder.mkdir(exist_ok=True)
        target = folder / _name(member, number)
        room.take(0)
        try:
            written += copy_member(_bounded(member, limits), target, written, limits, room)
        except DamagedError as error:
            problems.append(Problem("unreadable", member.name, str(error)))
        else:
            files[member.parts] = target
        progress(done, total)
    return files, others, problems


def _form(member: Member) -> Form:
    form = form_of(member.parts[-1])
    # Nobody has recorded so many frames; and a long name may be too long for the disk.
    too_long = form == "frame" and len(Path(member.parts[-1]).stem) > _MOST_DIGITS
    return "other" if too_long else form


def _name(member: Member, number: int) -> str:
    """The names of frames and tables say something, and hold nothing that could do harm."""
    if _form(member) == "table":
        return member.parts[-1]
    if _form(member) == "frame":
        return f"{Path(member.parts[-1]).stem}{FRAME}"
    return f"{number:06d}{member.suffix}"


def _bounded(member: Member, limits: Limits) -> Iterator[bytes]:
    if _form(member) == "film":
        return bounded(member, MAX_BYTES, "film", "Cut it shorter", limits)
    if _form(member) == "labels":
        return bounded(member, limits.annotation, "table", "Divide it", limits)
    return bounded(member, limits.total, "file", "Divide it", limits)
