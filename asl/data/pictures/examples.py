"""Pictures as examples to learn from: hand crop, whole picture and landmarks of each."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from asl.nets.registry import PICTURE_SIZE


@dataclass(frozen=True)
class ExampleSettings:
    """How pictures become examples.

    Attributes:
        size: side in pixels of the square that the pixel network sees.
        zoom_out: how much wider the kept square is, as room for shifts and scaling.
    """

    size: int = PICTURE_SIZE
    zoom_out: float = 1.25

    @property
    def kept(self) -> int:
        """Side of the kept square in pixels."""
        return round(self.size * self.zoom_out)


@dataclass(frozen=True)
class Pictures:
    """Pictures from one or several arrays, which stay on disk until they are asked for.

    Indexed like an array of shape (N, K, K, 3), it gives a copy of what is asked for.

    Attributes:
        arrays: of shape (n, K, K, 3) each.
        array, row: (N,) int, where each picture is.
    """

    arrays: tuple[np.ndarray, ...]
    array: np.ndarray
    row: np.ndarray

    @classmethod
    def join(cls, parts: Sequence["np.ndarray | Pictures"]) -> Self:
        """Put pictures after one another."""
        arrays: list[np.ndarray] = []
        array, row = [], []
        for part in parts:
            if not isinstance(part, Pictures):
                part = Pictures((part,), np.zeros(len(part), int), np.arange(len(part)))
            array.append(part.array + len(arrays))
            row.append(part.row)
            arrays.extend(part.arrays)
        return cls(tuple(arrays), np.concatenate(array), np.concatenate(row))

    def take(self, index: np.ndarray) -> Self:
        """Return those at `index` (positions or a mask), without reading them."""
        return type(self)(self.arrays, self.array[index], self.row[index])

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, index: int | slice | np.ndarray) -> np.ndarray:
        array, row = self.array[index], self.row[index]
        if np.ndim(row) == 0:
            return np.array(self.arrays[array][row])
        pictures = np.empty((len(row), *self.arrays[0].shape[1:]), self.arrays[0].dtype)
        for number in np.unique(array):
            here = array == number
            pictures[here] = self.arrays[number][row[here]]
        return pictures


@dataclass(frozen=True)
class Examples:
    """What training learns from, one row a picture (or a row of landmarks without a picture).

    Attributes:
        crops: (N, K, K, 3) uint8, square around the hand, or the whole picture if none is found.
        uncropped: (N, K, K, 3) uint8, the whole picture padded to a square. Both stay on disk.
        landmarks: (N, 21, 3) float32, normalised; zeros if no hand was found.
        found: (N,) bool, whether a hand was found.
        labels: (N,) str.
        people: (N,) str, "" if unknown.
        sources: (N,) str, the data set each row comes from.
        paths: (N,) str.
    """

    crops: np.ndarray | Pictures
    uncropped: np.ndarray | Pictures
    landmarks: np.ndarray
    found: np.ndarray
    labels: np.ndarray
    people: np.ndarray
    sources: np.ndarray
    paths: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def content(self) -> bytes:
        """SHA-256 of all crops."""
        digest = hashlib.sha256()
        for row in range(len(self)):
            digest.update(self.crops[row].tobytes())
        return digest.digest()

    def rows(self, index: np.ndarray) -> Self:
        """Return the examples at `index` (positions or a mask)."""
        return type(self)(
            crops=Pictures.join([self.crops]).take(index),
            uncropped=Pictures.join([self.uncropped]).take(index),
            landmarks=self.landmarks[index],
            found=self.found[index],
            labels=self.labels[index],
            people=self.people[index],
            sources=self.sources[index],
            paths=self.paths[index],
        )

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """Join examples of several data sets."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            crops=Pictures.join([part.crops for part in parts]),
            uncropped=Pictures.join([part.uncropped for part in parts]),
            landmarks=np.concatenate([part.landmarks for part in parts]),
            found=np.concatenate([part.found for part in parts]),
            labels=np.concatenate([part.labels for part in parts]),
            people=np.concatenate([part.people for part in parts]),
            sources=np.concatenate([part.sources for part in parts]),
            paths=np.concatenate([part.paths for part in parts]),
        )
