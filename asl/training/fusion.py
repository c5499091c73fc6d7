"""Weigh two networks' answers, and make the result's confidence mean what it says.

Both are fitted on people that the networks have not seen; otherwise the network that memorises
best would be trusted most.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import minimize

from asl.inference.decision import is_clear, softmax
from asl.labels import CANDIDATE_SETS

#: A weight beyond this says more about few validation pictures than about the networks.
_LARGEST = 3.0


@dataclass(frozen=True)
class Answers:
    """What the networks say about pictures of unseen people.

    Attributes:
        labels: C signs, the order of the columns.
        rows: (N,) positions among the examples.
        truth: (N,) positions in `labels`; -1 for a sign that the networks had no picture of to
            learn from, which tells nothing about how to fuse them.
        found: (N,) bool, whether a hand was found.
        picture: (N, C) log-probabilities of the picture network, or None.
        landmarks: (N, C) of the landmark network, or None.
        anew: (N, C) mean over this and further readings of the joints, or None.
        shown: what else the picture network shows of itself, by name, (N, …) each.
    """

    labels: tuple[str, ...]
    rows: np.ndarray
    truth: np.ndarray
    found: np.ndarray
    picture: np.ndarray | None
    landmarks: np.ndarray | None
    anew: np.ndarray | None = None
    shown: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def learnt(self) -> np.ndarray:
        """(N,) bool, whether the networks had pictures of the sign to learn from."""
        return self.truth >= 0

    def fused(self, weights: Sequence[float]) -> np.ndarray:
        """Return (N, C) logits as `asl.inference.predictor.Predictor` finds them."""
        first = self.glanced(weights)
        if self.anew is None:
            return first
        again = self.found & ~is_clear(first, self.labels)
        return np.where(again[:, None], replace(self, landmarks=self.anew).glanced(weights), first)

    def glanced(self, weights: Sequence[float]) -> np.ndarray:
        """Return (N, C) logits as `asl.nets.two_eyes.TwoEyes` computes them."""
        if self.landmarks is None:
            return weights[2] * self.picture
        if self.picture is None:
            return (weights[0] + weights[1]) * self.landmarks
        both = weights[0] * self.picture + weights[1] * self.landmarks
        return np.where(self.found[:, None], both, weights[2] * self.picture)

    def take(self, index: np.ndarray) -> "Answers":
        """Return the answers at `index` (positions or a mask)."""
        cut = {
            name: None if getattr(self, name) is None else getattr(self, name)[index]
            for name in _ROWS
        }
        return replace(self, **cut, shown={name: one[index] for name, one in self.shown.items()})

    @classmethod
    def join(cls, parts: Sequence["Answers"]) -> "Answers":
        """Put the answers of several divisions of the same data together."""

        def stack(values: list[np.ndarray | None]) -> np.ndarray | None:
            return None if values[0] is None else np.concatenate(values)

        rows = {name: stack([getattr(part, name) for part in parts]) for name in _ROWS}
        shown = {name: stack([part.shown[name] for part in parts]) for name in parts[0].shown}
        return cls(parts[0].labels, **rows, shown=shown)


#: Fields of `Answers` with one entry a row.
_ROWS = ("rows", "truth", "found", "picture", "landmarks", "anew")


def kind_of(label: str) -> str:
    """Return the smallest candidate set that holds `label`."""
    return min(
        (kind for kind, signs in CANDIDATE_SETS.items() if label in signs),
        key=lambda kind: len(CANDIDATE_SETS[kind]),
        default="all",
    )


def fit_fusion(divisions: Sequence[Answers]) -> np.ndarray:
    """Return the weights (picture, landmarks, picture alone) with the least log-loss.

    Each picture is scored among the signs of its own kind (letters, digits or all), which is
    how people use the model: look-alikes are told apart by that choice alone. Divisions count the
    same: thousands of pictures of one person in one room say no more about the next one than a few
    hundred. Signs that were not learnt say nothing.
    """
    divisions = [part.take(part.learnt) for part in divisions]
    weights = np.array([0.5, 0.5, 1.0])
    if divisions[0].landmarks is not None:
        seen = [part.take(part.found) for part in divisions]
        weights[:2] = _least_loss(seen, lambda part, w: part.glanced([*w, 1]), weights[:2], 0)
    if divisions[0].picture is not None:
        weights[2:] = _least_loss(divisions, lambda part, w: w * part.picture, weights[2:], 0.05)
    return weights


def _least_loss(
    divisions: Sequence[Answers],
    logits: Callable[[Answers, np.ndarray], np.ndarray],
    start: np.ndarray,
    smallest: float,
) -> np.ndarray:
    """Return the weights with which `logits` have the least log-loss, the mean of `divisions`."""
    divisions = [part for part in divisions if len(part.truth)]
    if not divisions:
        return start
    possible = [_possible(part) for part in divisions]

    def loss(weights: np.ndarray) -> float:
        parts = zip(divisions, possible, strict=True)
        return np.mean([_log_loss(logits(part, weights), part.truth, own) for part, own in parts])

    bounds = [(smallest, _LARGEST)] * len(start)
    return minimize(loss, start, method="L-BFGS-B", bounds=bounds).x


def _possible(answers: Answers) -> np.ndarray:
    """Return (N, C) bool: the labels of the same kind as each row's truth."""
    kinds = np.array([kind_of(label) for label in answers.labels])
    own = kinds[answers.truth]
    return (kinds[None, :] == own[:, None]) | (own[:, None] == "all")


def _log_loss(logits: np.ndarray, truth: np.ndarray, possible: np.ndarray) -> float:
    chances = softmax(np.where(possible, logits, -np.inf))
    return float(-np.log(chances[np.arange(len(truth)), truth] + 1e-12).mean())
