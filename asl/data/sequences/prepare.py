"""Sequences of a table as examples, read in parallel and kept as arrays on disk.

Only a few sequences are in memory at a time, however many there are: files are read by several
processes and written one after another into an array that is then mapped, and sequences of a
packed file are mapped where they lie.
"""

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from asl.data.cache import Reject, content_of
from asl.data.sequences.examples import SequenceExamples
from asl.data.sequences.files.names import in_packed
from asl.data.sequences.files.store import Stored, contents_of, store_files, store_packed
from asl.data.sequences.layout import Selection
from asl.data.sequences.limits import NoSequences, SequenceError


def prepare_sequences(
    table: pd.DataFrame,
    cache: Path,
    name: str,
    selection: Selection,
    workers: int,
    step: Callable[[int, int], None],
    reject: Reject,
) -> SequenceExamples:
    """Return the sequences of `table`, from `cache` if they are there.

    Args:
        table: columns path, label and person, as `asl.data.sequences.listing.list_sequences`
            gives it.
        cache: folder where all examples are kept.
        name: of the data set, for messages.
        selection: which landmarks are kept.
        workers: processes that read files; where `ASL_DASK` names a cluster, that reads them
            instead (`asl.data.sequences.files.readers`).
        step: called with sequences done and in total; not at all if none has to be read.
        reject: told path and reason of every sequence that cannot be read; it has no row.

    Returns:
        One row a sequence that can be read, in the order of the table.

    Raises:
        NoSequences: none of the sequences can be read.
        ValueError: the table is empty.
        HandsUnavailable: there are films, and what finds landmarks is missing.
        OSError: the disk is full.
    """
    if table.empty:
        raise ValueError(f"{name}: no sequences to prepare")
    paths = table["path"].tolist()
    of_file: dict[str, list[tuple[int, int]]] = defaultdict(list)
    alone: list[int] = []
    for row, path in enumerate(paths):
        inside = in_packed(path)
        if inside is None:
            alone.append(row)
        else:
            of_file[inside[0]].append((row, inside[1]))
    found = _Found(len(paths))
    before = 0

    def packed(members: int, done: int, total: int) -> None:
        step(before + members * done // total, len(paths))

    def later(done: int) -> None:
        step(before + done, len(paths))

    for file, members in of_file.items():
        _add_packed(found, Path(file), members, cache, selection, partial(packed, len(members)))
        before += len(members)
    if alone:
        _add_files(found, paths, alone, cache, selection, workers, later)
    return found.examples(table, selection, name, reject)


class _Found:
    """Where the sequence of each row of a table lies, as far as that is known."""

    def __init__(self, count: int) -> None:
        self.arrays: list[np.ndarray] = []
        self.array, self.start, self.length = np.zeros((3, count), np.int64)
        self.reasons: dict[int, str] = {}

    def add(self, stored: Stored, rows: list[int], numbers: list[int]) -> None:
        """Note that these rows of the table are these sequences of an array."""
        self.array[rows] = len(self.arrays)
        self.arrays.append(stored.points)
        self.start[rows], self.length[rows] = stored.start[numbers], stored.length[numbers]
        for row, number in zip(rows, numbers, strict=True):
            if number in stored.unreadable:
                self.reasons[row] = stored.unreadable[number]

    def examples(
        self, table: pd.DataFrame, selection: Selection, name: str, reject: Reject
    ) -> SequenceExamples:
        """Return those that can be read; the others go to `reject`."""
        paths = table["path"].to_numpy(str)
        for row in sorted(self.reasons):
            reject(str(paths[row]), self.reasons[row])
        kept = np.setdiff1d(np.arange(len(paths)), list(self.reasons))
        if not len(kept):
            row = min(self.reasons)
            raise NoSequences(
                f"{name}: none of its {len(paths)} sequences can be read; the first: "
                f"{Path(paths[row]).name}: {self.reasons[row]}"
            )
        everything = SequenceExamples(
            selection=selection,
            arrays=tuple(self.arrays),
            array=self.array,
            start=self.start,
            length=self.length,
            labels=table["label"].to_numpy(str),
            people=table["person"].fillna("").to_numpy(str),
            paths=paths,
        )
        return everything.rows(kept)


def _add_packed(
    found: _Found,
    file: Path,
    members: list[tuple[int, int]],
    cache: Path,
    selection: Selection,
    progress: Callable[[int, int], None],
) -> None:
    try:
        stored = store_packed(file, content_of(str(file)), cache, selection, progress)
    except (OSError, SequenceError) as error:
        reason = error.reason if isinstance(error, SequenceError) else str(error.strerror)
        found.reasons |= {row: reason for row, _ in members}
        return
    there = [(row, number) for row, number in members if number < len(stored.length)]
    missing = f"the file has {len(stored.length)} sequences only"
    found.reasons |= {row: missing for row, number in members if number >= len(stored.length)}
    found.add(stored, [row for row, _ in there], [number for _, number in there])


def _add_files(
    found: _Found,
    paths: list[str],
    rows: list[int],
    cache: Path,
    selection: Selection,
    workers: int,
    progress: Callable[[int], None],
) -> None:
    contents, reasons = contents_of([paths[row] for row in rows], workers)
    found.reasons |= {row: reasons[paths[row]] for row in rows if paths[row] in reasons}
    unopened = sum(paths[row] not in contents for row in rows)
    rows = [row for row in rows if paths[row] in contents]
    if not rows:
        return
    stored = store_files(
        [paths[row] for row in rows],
        [contents[paths[row]] for row in rows],
        cache,
        selection,
        workers,
        lambda done: progress(unopened + done),
    )
    found.add(stored, rows, list(range(len(rows))))
