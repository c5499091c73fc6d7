"""Many sequences in one `.npz` file, one after another.

`x` (all frames, landmarks, 3), NaN where nothing was seen; `length` frames of each sequence, in
order; `participant_id`, `sequence_id` and `sign` of each; `landmark_idx` the row of each landmark
in the 543-row layout.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from asl.data.sequences.arrays import npz_rows, npz_shape, read_npz
from asl.data.sequences.layout import ROWS, Selection
from asl.data.sequences.limits import Limits, SequenceError, checked
from asl.files import replacing

#: What is in a packed file.
ARRAYS = ("x", "length", "participant_id", "sequence_id", "sign", "landmark_idx")
_ADVICE = "Pack it again, with one length for each sequence"
_FRAMES_AT_ONCE = 4096
# Names of half a million sequences.
_LARGEST_INDEX = 256 << 20


@dataclass(frozen=True)
class PackedIndex:
    """What a packed file says of its sequences, without their landmarks.

    Attributes:
        path: of the file.
        kind: of the coordinates, as they were packed.
        rows: of each landmark in the 543-row layout.
        lengths: (N,) frames of each sequence.
        people, names, signs: of each sequence; names may repeat, as the sets number by person.
    """

    path: Path
    kind: np.dtype[Any]
    rows: tuple[int, ...]
    lengths: np.ndarray
    people: tuple[str, ...]
    names: tuple[str, ...]
    signs: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.lengths)

    @cached_property
    def starts(self) -> np.ndarray:
        """(N + 1,) the first frame of each sequence, and the number of all frames."""
        return np.concatenate([[0], np.cumsum(self.lengths)])


@dataclass(frozen=True)
class PackedSequences(PackedIndex):
    """The sequences of one file; coordinates stay as they were packed until one is read.

    Attributes:
        points: (all frames, landmarks, 3).
    """

    points: np.ndarray

    def read(self, number: int, selection: Selection) -> np.ndarray:
        """Return the chosen landmarks of one sequence.

        Returns:
            (T, rows, 3) float32, NaN where nothing was seen or the file lacks a landmark.

        Raises:
            IndexError: there is no sequence of that number.
            SequenceError: nothing was seen at all.
        """
        if not 0 <= number < len(self):
            raise IndexError(f"sequence {number} is not 0 to {len(self) - 1}")
        start, end = self.starts[number : number + 2]
        name = f"{self.path}, sequence {self.names[number]} of {self.people[number]}"
        return checked(name, selection.take(self.points[start:end], self.rows))


def read_packed(path: Path, limits: Limits | None = None) -> PackedSequences:
    """Return the sequences of a packed file.

    Raises:
        SequenceError: not such a file, arrays that do not fit each other, or too large.
    """
    limits = limits or Limits()
    index = read_index(path, limits)
    points = read_npz(path, ("x",), limits)["x"]
    return PackedSequences(**vars(index), points=points)


def read_sequences(index: PackedIndex, limits: Limits | None = None) -> Iterator[np.ndarray]:
    """Yield the sequences of a packed file one by one, in a memory that stays small.

    Yields:
        (T, landmarks of the file, 3), as they were packed.

    Raises:
        SequenceError: as `read_packed`.
    """
    blocks = read_frames(index.path, limits)
    waiting = np.zeros((0, len(index.rows), 3), index.kind)
    for length in index.lengths:
        while len(waiting) < length:
            waiting = np.concatenate([waiting, next(blocks)])
        yield waiting[:length]
        waiting = waiting[length:]


def read_frames(path: Path, limits: Limits | None = None) -> Iterator[np.ndarray]:
    """Yield the frames of a packed file, some thousand at once, as they were packed.

    Raises:
        SequenceError: as `read_packed`.
    """
    yield from npz_rows(path, "x", limits or Limits(), _FRAMES_AT_ONCE)


def read_index(path: Path, limits: Limits | None = None) -> PackedIndex:
    """Return what a packed file says of its sequences; of their landmarks no more than the shape.

    Raises:
        SequenceError: as `read_packed`.
    """
    limits = limits or Limits()
    small = replace(limits, array_bytes=min(limits.array_bytes, _LARGEST_INDEX))
    arrays = read_npz(path, ARRAYS[1:], small)
    lengths, rows = arrays["length"], arrays["landmark_idx"]
    shape, kind = npz_shape(path, "x", limits)
    if len(shape) != 3 or shape[2] != 3 or kind.kind != "f":
        raise SequenceError(path, f"x {kind} {shape} is not (frames, n, 3)", _ADVICE)
    if rows.dtype.kind not in "iu" or rows.shape != shape[1:2]:
        raise SequenceError(path, "landmark_idx has not one row for each landmark of x", _ADVICE)
    if len(np.unique(rows)) < len(rows) or not ((rows >= 0) & (rows < ROWS)).all():
        raise SequenceError(path, f"landmark_idx is not 0 to {ROWS - 1}, each once", _ADVICE)
    if lengths.dtype.kind not in "iu" or lengths.ndim != 1 or not len(lengths):
        raise SequenceError(path, "length has no whole numbers", _ADVICE)
    if len(lengths) > limits.sequences:
        raise SequenceError(path, f"it has more than {limits.sequences:,} sequences", "Divide it")
    for extreme in (int(lengths.min()), int(lengths.max())):
        limits.check_frames(path, extreme)
    if int(lengths.sum()) != shape[0]:
        raise SequenceError(
            path, f"length adds up to {lengths.sum():,}, x has {shape[0]:,} frames", _ADVICE
        )
    for name in ("participant_id", "sequence_id", "sign"):
        if arrays[name].shape != lengths.shape:
            raise SequenceError(path, f"{name} has not one entry for each sequence", _ADVICE)
    people, names, signs = (
        tuple(str(value) for value in arrays[name].tolist())
        for name in ("participant_id", "sequence_id", "sign")
    )
    return PackedIndex(
        path, kind, tuple(rows.tolist()), lengths.astype(np.int64), people, names, signs
    )


def write_packed(path: Path, points: np.ndarray, every: float) -> None:
    """Write one sequence as a packed file, in one step; landmarks that are never seen are left out.

    It says neither which sign it is nor who makes it, which may be corrected elsewhere.

    Args:
        points: (T, 543, 3), NaN where nothing was seen.
        every: seconds from frame to frame, for those who play it.

    Raises:
        ValueError: `points` is of another shape.
        OSError: it cannot be written.
    """
    if points.ndim != 3 or points.shape[1:] != (ROWS, 3) or not len(points):
        raise ValueError(f"points: shape {points.shape} is not (T, {ROWS}, 3) with T from 1")
    rows = np.flatnonzero(np.isfinite(points[..., 0]).any(0))
    with replacing(path) as fresh, fresh.open("wb") as file:
        np.savez_compressed(
            file,
            x=points[:, rows].astype(np.float16),
            length=np.array([len(points)]),
            participant_id=np.array([""]),
            sequence_id=np.array([path.stem]),
            sign=np.array([""]),
            landmark_idx=rows,
            every=np.array(every),
        )
