"""Sequences of many files in one array on disk, written one after another as they come.

What is kept is found again by the content of the files, whatever they are called and whatever
other files they come with (`asl.data.cache`).
"""

import hashlib
import json
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np

from asl.data.cache import (
    filling,
    is_filled,
    joint_fingerprint,
    known_rows,
    new_array,
    unreadable_rows,
)
from asl.data.sequences.files.names import form_of
from asl.data.sequences.files.read import content_of_sequence, read_sequence
from asl.data.sequences.files.readers import open_readers
from asl.data.sequences.layout import Selection
from asl.data.sequences.limits import SequenceError, checked
from asl.data.sequences.packed import PackedIndex, read_frames, read_index
from asl.processes import map_ahead

#: Raise when reading changes, so that old arrays are not used.
VERSION = 1

_POINTS, _LENGTHS = "points.raw", "lengths.npy"
_PACKED_POINTS = "points.npy"
_FILES_AT_ONCE = 16


class Stored:
    """Sequences on disk.

    Attributes:
        points: (frames, rows, 3), a memory map.
        start, length: (N,) int, first frame and number of frames of each sequence.
        unreadable: number of a sequence → why it cannot be used.
    """

    def __init__(
        self,
        points: np.ndarray,
        start: np.ndarray,
        length: np.ndarray,
        unreadable: dict[int, str],
    ) -> None:
        self.points, self.start, self.length = points, start, length
        self.unreadable = unreadable


def contents_of(paths: Sequence[str], workers: int) -> tuple[dict[str, str], dict[str, str]]:
    """Return the SHA-256 of files or folders of frames, and of those that cannot be read why."""
    known: dict[str, str] = {}
    reasons: dict[str, str] = {}

    def one(path: str) -> tuple[str, str]:
        try:
            return content_of_sequence(path), ""
        except OSError as error:
            return "", f"the file cannot be opened: {error.strerror}"
        except SequenceError as error:
            return "", error.reason

    with ThreadPoolExecutor(workers) as threads:
        for path, (content, reason) in zip(paths, threads.map(one, paths), strict=True):
            (reasons if reason else known)[path] = reason or content
    return known, reasons


def store_files(
    paths: Sequence[str],
    contents: Sequence[str],
    cache: Path,
    selection: Selection,
    workers: int,
    progress: Callable[[int], None],
) -> Stored:
    """Return the sequences of files, from `cache` if they are there.

    Args:
        contents: SHA-256 of each.
        workers: processes that read files; see `asl.data.sequences.files.readers`.
        progress: called with files done; not at all if none has to be read.
    """
    made_with = _made_with("files", selection)
    folder = cache / f"examples-{_short(contents, made_with)}"
    if not is_filled(folder):
        known = known_rows(cache, contents, made_with)
        about = {"made_with": made_with, "rows": len(selection)}
        with filling(folder, contents, about) as unreadable:
            fresh = [
                path for path, content in zip(paths, contents, strict=True) if content not in known
            ]
            made = _read_all(fresh, selection, cache.resolve(), workers)
            tell = progress if fresh else lambda done: None
            with closing(made):
                unreadable |= _write(folder, contents, known, made, len(selection), tell)
    lengths = np.load(folder / _LENGTHS)
    return Stored(
        _points(folder, lengths, len(selection)),
        np.cumsum(lengths) - lengths,
        lengths,
        unreadable_rows(folder),
    )


def store_packed(
    file: Path,
    content: str,
    cache: Path,
    selection: Selection,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Stored:
    """Return the sequences of a packed file, with the chosen landmarks, from `cache` if there.

    Args:
        progress: called with sequences done and in the file; not at all if it is not read.

    Raises:
        SequenceError: not such a file, or damaged.
    """
    index = read_index(file)
    made_with = _made_with("packed", selection)
    folder = cache / f"packed-{_short([content], made_with)}"
    if not is_filled(folder):
        with filling(folder, [content], {"made_with": made_with}) as unreadable:
            unreadable |= _unpack(file, index, folder, selection, progress)
    return Stored(
        np.load(folder / _PACKED_POINTS, mmap_mode="r"),
        index.starts[:-1],
        index.lengths,
        unreadable_rows(folder),
    )


def _made_with(what: str, selection: Selection) -> str:
    return json.dumps(["sequences", VERSION, what, selection.rows])


def _short(contents: Sequence[str], made_with: str) -> str:
    return hashlib.sha256((joint_fingerprint(contents) + made_with).encode()).hexdigest()[:16]


def _read_all(
    paths: Sequence[str], selection: Selection, cache: Path, workers: int
) -> Generator[np.ndarray | str, None, None]:
    """Yield the landmarks of each file, in order, or why it cannot be read."""
    if not paths:
        return
    # A film takes as long as a thousand other files.
    at_once = 1 if any(form_of(path) == "film" for path in paths) else _FILES_AT_ONCE
    some = [paths[start : start + at_once] for start in range(0, len(paths), at_once)]
    with open_readers(workers) as (pool, count):
        read = partial(_read_some, selection=selection, cache=cache)
        for found in map_ahead(pool, read, some, 2 * count, 1):
            yield from found


def _read_some(paths: Sequence[str], selection: Selection, cache: Path) -> list[np.ndarray | str]:
    """Read files; runs in another process, perhaps on another machine."""
    return [_read(path, selection, cache) for path in paths]


def _read(path: str, selection: Selection, cache: Path) -> np.ndarray | str:
    try:
        return read_sequence(Path(path), selection, cache)
    except SequenceError as error:
        return f"{error.reason}. {error.advice}"


def _write(
    folder: Path,
    contents: Sequence[str],
    known: dict[str, tuple[Path, int]],
    made: Iterator[np.ndarray | str],
    rows: int,
    progress: Callable[[int], None],
) -> dict[int, str]:
    """Write sequences in their order; return number and reason of those that cannot be read."""
    lengths = np.zeros(len(contents), np.int64)
    unreadable: dict[int, str] = {}
    opened: dict[Path, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
    with (folder / _POINTS).open("wb") as file:
        for number, content in enumerate(contents):
            if content in known:
                there, row = known[content]
                if there not in opened:
                    own = np.load(there / _LENGTHS)
                    opened[there] = _points(there, own, rows), np.cumsum(own) - own, own
                points, starts, own = opened[there]
                found: np.ndarray | str = points[starts[row] : starts[row] + own[row]]
            else:
                found = next(made)
            if isinstance(found, str):
                unreadable[number] = found
            else:
                lengths[number] = len(found)
                file.write(np.ascontiguousarray(found, np.float32).data)
            progress(number + 1)
    np.save(folder / _LENGTHS, lengths)
    return unreadable


def _points(folder: Path, lengths: np.ndarray, rows: int) -> np.ndarray:
    shape = (int(lengths.sum()), rows, 3)
    if not shape[0]:
        return np.zeros(shape, np.float32)
    return np.memmap(folder / _POINTS, np.float32, "r", shape=shape)


def _unpack(
    file: Path,
    index: PackedIndex,
    folder: Path,
    selection: Selection,
    progress: Callable[[int, int], None],
) -> dict[int, str]:
    """Write the chosen landmarks of a packed file; return what is wrong with its sequences."""
    kind = np.float16 if index.kind == np.float16 else np.float32
    points = new_array(folder / _PACKED_POINTS, kind, (int(index.starts[-1]), len(selection), 3))
    at = 0
    for frames in read_frames(file):
        points[at : at + len(frames)] = selection.take(frames, index.rows)
        at += len(frames)
        progress(int(np.searchsorted(index.starts, at, "right")) - 1, len(index))
    unreadable = {}
    for number, (start, length) in enumerate(zip(index.starts[:-1], index.lengths, strict=True)):
        try:
            own = points[start : start + length]
            own[:] = checked(file, own)
        except SequenceError as error:
            unreadable[number] = f"{error.reason}. {error.advice}"
    points.flush()
    return unreadable
