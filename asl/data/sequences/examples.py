"""Sequences of landmarks as examples to learn from, one row a sequence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from asl.data.sequences.layout import Selection


@dataclass(frozen=True)
class SequenceExamples:
    """N sequences; their landmarks stay where they are, on disk perhaps, until one is asked for.

    Attributes:
        selection: which landmarks there are.
        arrays: of shape (frames, rows, 2 or 3) each, sequence after sequence, NaN where nothing
            was seen; x and y in shares of the frame.
        array, start, length: (N,) int, in which array a sequence lies, its first frame there, and
            how many it has.
        labels: (N,) str.
        people: (N,) str, "" if unknown.
        paths: (N,) str; a sequence in a file of many is called ``FILE#NUMBER``.
    """

    selection: Selection
    arrays: tuple[np.ndarray, ...]
    array: np.ndarray
    start: np.ndarray
    length: np.ndarray
    labels: np.ndarray
    people: np.ndarray
    paths: np.ndarray

    def __post_init__(self) -> None:
        for one in self.arrays:
            if one.ndim != 3 or one.shape[1] != len(self.selection):
                raise ValueError(f"arrays: shape {one.shape} is not (T, {len(self.selection)}, C)")
        count = len(self.paths)
        for name in ("array", "start", "length", "labels", "people"):
            if len(getattr(self, name)) != count:
                raise ValueError(f"{name}: {len(getattr(self, name))} for {count} sequences")

    def __len__(self) -> int:
        return len(self.paths)

    def sequence(self, row: int) -> np.ndarray:
        """Return the landmarks of one sequence, (T, rows, 2 or 3) float32."""
        start = int(self.start[row])
        frames = self.arrays[self.array[row]][start : start + int(self.length[row])]
        return np.asarray(frames, np.float32)

    def rows(self, index: np.ndarray) -> Self:
        """Return the sequences at `index` (positions or a mask), without reading them."""
        return type(self)(
            self.selection,
            self.arrays,
            self.array[index],
            self.start[index],
            self.length[index],
            self.labels[index],
            self.people[index],
            self.paths[index],
        )

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """Put sequences after one another.

        Raises:
            ValueError: there are none, or they have different landmarks.
        """
        if not parts or any(part.selection != parts[0].selection for part in parts):
            raise ValueError("parts: sequences must have the same landmarks to be put together")
        before = np.cumsum([0] + [len(part.arrays) for part in parts])
        return cls(
            parts[0].selection,
            tuple(one for part in parts for one in part.arrays),
            np.concatenate(
                [part.array + first for part, first in zip(parts, before, strict=False)]
            ),
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("start", "length", "labels", "people", "paths")
            ),
        )
