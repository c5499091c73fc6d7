"""Sequences of a folder, a packed file or a zip, made readable for a while."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from asl.data.archives.limits import Limits
from asl.data.archives.sequences import LIMITS, unpack_sequences
from asl.data.library.dataset import ABOUT
from asl.data.problems import Problem
from asl.data.sequences.files.unlabelled import every_sequence
from asl.data.sequences.listing import (
    files_below,
    is_zip,
    list_sequences,
    tabulate_sequences,
)
from asl.data.table import FolderTable
from asl.quota import Room


@dataclass(frozen=True)
class OpenedSequences:
    """Sequences that are there for a while.

    Attributes:
        found: as `list_sequences` gives it, with one more column, `name`: of the sequence in the
            source, from its root down.
        encoding, encodings: as for `asl.data.archives.unpack.Unpacked`.
    """

    found: FolderTable
    encoding: str = ""
    encodings: tuple[tuple[str, tuple[str, ...]], ...] = ()


@contextmanager
def open_sequences(
    source: Path,
    people: str = "auto",
    levels: str = "",
    encoding: str = "",
    progress: Callable[[int, int], None] = lambda done, total: None,
    limits: Limits = LIMITS,
    room: Room | None = None,
) -> Iterator[OpenedSequences]:
    """Give the sequences of a folder, a packed file or a zip; what was unpacked is deleted.

    Args:
        people, levels: as for `list_sequences`.
        encoding: of the names in a zip; found out if empty.
        progress: called with bytes unpacked, done and in total.
        limits: of what is unpacked.
        room: where it is unpacked, and for how much; by default the system's place for what does
            not stay.

    Raises:
        ArchiveError, NoSequences, ValueError, OSError: as `list_sequences`, or the zip is refused.
            What has to be asked is among the questions.
    """
    if not is_zip(source):
        found = list_sequences(source, people, levels)
        base = str(source.resolve() if source.is_dir() else source.resolve().parent)
        names = found.table["path"].str.removeprefix(f"{base}/")
        yield OpenedSequences(replace(found, table=found.table.assign(name=names)))
        return
    above = None if room is None else room.folder
    with tempfile.TemporaryDirectory(prefix="asl-", dir=above) as place:
        into = Path(place) / "sequences"
        unpacked = unpack_sequences(source, into, limits, progress, encoding or None, room)
        found = tabulate_sequences(
            unpacked.files, people, levels, unpacked.others, unpacked.problems
        )
        yield OpenedSequences(found, unpacked.encoding, unpacked.encodings)


@contextmanager
def open_unlabelled(source: Path) -> Iterator[tuple[pd.DataFrame, tuple[Problem, ...]]]:
    """Give every sequence of a folder, a packed file, a zip or a file, whatever it is called.

    Yields:
        A table of them with the columns path, name, label ("") and person (None), which has no
        rows if there are none; and what was left out.

    Raises:
        ArchiveError, ValueError, OSError: there is no such file, or it is refused.
    """
    if (source / ABOUT).is_file():
        found = list_sequences(source, "none")
        names = [Path(path).name for path in found.table["path"]]
        yield found.table.assign(name=names), found.problems
    elif source.is_dir():
        files, _, hidden = files_below(source.resolve())
        table, problems = every_sequence({parts: source.joinpath(*parts) for parts in files})
        yield table, (*hidden, *problems)
    elif is_zip(source):
        with tempfile.TemporaryDirectory(prefix="asl-") as place:
            unpacked = unpack_sequences(source, Path(place) / "sequences")
            table, problems = every_sequence(unpacked.files, unpacked.others)
            yield table, (*unpacked.problems, *problems)
    elif source.is_file():
        table, problems = every_sequence({(source.name,): source})
        yield table, tuple(problems)
    else:
        raise ValueError(f"path: there is no file or folder {str(source)!r}")
