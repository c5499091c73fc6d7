"""What there is to learn from, whatever kind of example it is."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

import numpy as np

from asl.card import DataEntry
from asl.data.problems import Problem
from asl.labels import CANDIDATE_SETS


@dataclass(frozen=True)
class Rows:
    """What is known of each example beside the example itself; N rows.

    Attributes:
        labels: (N,) str, the sign.
        people: (N,) str, who made it, "" where unknown.
        sources: (N,) str, the data set that it comes from.
        tested: (N,) bool, whether it takes part in the split; the others are always trained on.
        test_part: (N,) bool, whether it is in the test part that its data set came with.
        weights: (N,) float, how much it counts.
    """

    labels: np.ndarray
    people: np.ndarray
    sources: np.ndarray
    tested: np.ndarray
    test_part: np.ndarray
    weights: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: np.ndarray) -> Self:
        """Return the rows at `index` (positions or a mask)."""
        return type(self)(**{name: getattr(self, name)[index] for name in self.__annotations__})

    @classmethod
    def concatenate(cls, parts: Sequence["Rows"]) -> Self:
        """Join the rows of several data sets."""
        return cls(
            **{
                name: np.concatenate([getattr(part, name) for part in parts])
                for name in cls.__annotations__
            }
        )


class Arrays(Protocol):
    """The examples themselves, in the form of their kind."""

    @property
    def content(self) -> bytes:
        """What tells these examples from others beyond `Rows` and the data sets' fingerprints."""


Own = TypeVar("Own", bound=Arrays)


@dataclass(frozen=True)
class TrainingData(Generic[Own]):
    """Everything there is to learn from.

    Attributes:
        labels: C signs that are trained on, the order of the logits: known signs first, then the
            user's own. Examples that are only tested may show others.
        rows: of the N examples that were loaded.
        paths: (N,) str, where each of them lies.
        extra_labels: (M,) str, signs of further examples that are always trained on and never
            tested.
        listed: rows of all examples that the data sets have, also of those that were not loaded.
        about: one entry a data set, for the model card.
        left_out: what of the data sets was not used, and why; paths from the data set's folder
            down, below its name where there are several.
        own: the examples, in the form of their kind.
        sets: names of the candidate sets among which signs are told apart when they are scored.
        still: the examples are still pictures, in which look-alikes count as one.
    """

    labels: tuple[str, ...]
    rows: Rows
    paths: np.ndarray
    extra_labels: np.ndarray
    listed: Rows
    about: tuple[DataEntry, ...]
    left_out: tuple[Problem, ...]
    own: Own
    sets: tuple[str, ...] = tuple(CANDIDATE_SETS)
    still: bool = True

    @property
    def content(self) -> dict[str, str]:
        """What tells these examples from others, besides the fingerprints in `about`.

        Neither places nor names are in it, but the order of the sets by name.
        """
        rows = self.rows
        said = "\n".join([*rows.labels.tolist(), *rows.people.tolist()])
        content = {
            "labels and people": said.encode(),
            "test part and tables": rows.test_part.tobytes() + self.own.content,
            # Sets that are left out in turn are numbered in the order of their names.
            "sets": np.unique(rows.sources, return_inverse=True)[1].tobytes(),
        }
        return {name: hashlib.sha256(one).hexdigest()[:16] for name, one in content.items()}

    def classes(self, labels: np.ndarray) -> np.ndarray:
        """Return the position in `labels` of each name, (N,) int64; -1 where it is none of them."""
        position = {label: i for i, label in enumerate(self.labels)}
        return np.array([position.get(label, -1) for label in labels.tolist()], np.int64)
