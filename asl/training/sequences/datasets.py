"""What a network of words learns from."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch

from asl.data.sequences.examples import SequenceExamples
from asl.data.sequences.layout import seen
from asl.data.sequences.preparation import Preparation, padded
from asl.training.sequences.augment import Statistics, augment_sequence
from asl.training.sequences.augment_settings import SequenceAugment
from asl.training.sequences.negatives import negative

#: Sequences from which the mean and deviation of a set are taken.
_MOST_MEASURED = 500


@dataclass
class Sequences:
    """Sequences that are augmented as they are drawn; see `asl.training.fitting.training_set`.

    Attributes:
        examples: N sequences.
        augment: how they are changed.
        statistics: mean and deviation of the landmarks, where the augmentation needs them.
        classes, sources, weights: (N + M,); the last M rows are of no recording, but of movements
            that are none of the words and are made of those trained on, or of those validated on.
        share: by what the augmentation's probabilities are multiplied at present.
        workers: processes that may make the batches.
    """

    examples: SequenceExamples
    preparation: Preparation
    augment: SequenceAugment
    classes: np.ndarray
    sources: np.ndarray
    weights: np.ndarray
    validation: np.ndarray
    statistics: Statistics | None = None
    share: float = 1.0
    workers: int = 0

    def __post_init__(self) -> None:
        self._clean: dict[int, np.ndarray] = {}
        self._aside = np.zeros(len(self.classes), bool)
        self._aside[self.validation] = True
        recorded = self._aside[: len(self.examples)]
        self._recorded = (np.flatnonzero(~recorded), np.flatnonzero(recorded))
        self._shown = self.examples.selection.places(self.preparation.shown.rows)

    def grow(self, share: float) -> None:
        """Multiply the augmentation's probabilities from now on."""
        self.share = share

    def augmented(self, rows: np.ndarray, random: torch.Generator) -> torch.Tensor:
        seed = int(torch.randint(2**62, (), generator=random))
        settings = self.augment.grown(self.share)
        made = []
        for place, row in enumerate(rows.tolist()):
            own = np.random.default_rng((seed, place))
            points = self._points(row, own)
            selection = self.examples.selection
            other = self._by_another(row, own) if settings.exchanged else None
            changed = augment_sequence(points, selection, settings, own, self.statistics, other)
            # A hand that is seen in a single frame may be lost where others are drawn.
            left = seen(changed[:, self._shown]).any()
            made.append(self.preparation.features(changed if left else points))
        return torch.from_numpy(padded(made))

    def clean(self, rows: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(padded([self._prepared(row) for row in rows.tolist()]))

    def _prepared(self, row: int) -> np.ndarray:
        """Return what the network is shown of one sequence; kept, as few are asked for so."""
        if row not in self._clean:
            points = self._points(row, np.random.default_rng(row))
            self._clean[row] = self.preparation.features(points)
        return self._clean[row]

    def _points(self, row: int, random: np.random.Generator) -> np.ndarray:
        """Return the landmarks of a row; those of no recording are made anew each time."""
        if row < len(self.examples):
            return self.examples.sequence(row)
        recorded = self._recorded[int(self._aside[row])]
        first, second = recorded[random.integers(0, len(recorded), 2)].tolist()
        return negative(self._visible(first), self._visible(second), random)

    def _by_another(self, row: int, random: np.random.Generator) -> np.ndarray | None:
        """Return the same word by somebody else who is learned from, None where there is nobody."""
        if row >= len(self.examples):
            return None
        learned = self._recorded[0]
        same = learned[self.classes[learned] == self.classes[row]]
        others = same[self.examples.people[same] != self.examples.people[row]]
        return self.examples.sequence(int(random.choice(others))) if len(others) else None

    def _visible(self, row: int) -> np.ndarray:
        """Return a recording without the frames in which nothing is that a network is shown.

        A body is there all the time, and a piece of it without hands is no movement.
        """
        points = self.examples.sequence(row).copy()
        points[~seen(points[:, self._shown]).any(1)] = np.nan
        return points

    def with_negatives(self, share: float, label: int) -> Self:
        """Return these with movements that are none of the words, as rows of their own.

        Args:
            share: of them among all rows, 0 to below 1, of those trained on and of those validated
                on alike.
            label: their class.
        """
        made = [_some(own, share) for own in self._recorded]
        models = np.concatenate(made)
        return replace(
            self,
            classes=np.concatenate([self.classes, np.full(len(models), label)]),
            sources=np.concatenate([self.sources, self.sources[models]]),
            weights=np.concatenate([self.weights, np.ones(len(models))]),
            validation=np.concatenate(
                [self.validation, len(self.examples) + len(made[0]) + np.arange(len(made[1]))]
            ),
        )


def _some(rows: np.ndarray, share: float) -> np.ndarray:
    """Return so many of the rows, evenly spread, that with all of them they make up `share`."""
    count = round(len(rows) * share / (1 - share))
    return rows[np.arange(count) * max(len(rows), 1) // max(count, 1)]


def statistics_of(examples: SequenceExamples) -> Statistics:
    """Return mean and deviation of each landmark, (rows, C) each, of some of the sequences.

    Where a landmark is never seen they are 0 and 1.
    """
    chosen = np.linspace(0, len(examples) - 1, min(len(examples), _MOST_MEASURED)).astype(int)
    points = np.concatenate([examples.sequence(row) for row in chosen.tolist()]).astype(np.float64)
    known = np.isfinite(points)
    count = np.maximum(known.sum(0), 1)
    mean = np.where(known, points, 0).sum(0) / count
    deviation = np.sqrt((np.where(known, points - mean, 0) ** 2).sum(0) / count)
    return mean, np.where(deviation > 0, deviation, 1.0)
