"""Weigh two networks' answers, and make the result's confidence mean what it says.

Both are fitted on people that the networks have not seen; otherwise the network that memorises
best would be trusted most.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from scipy.optimize import minimize

from asl.inference.decision import is_clear, softmax
from asl.labels import own_set
from asl.training.kind import FitThreshold, Measure

#: A weight beyond this says more about few validation pictures than about the networks.
_LARGEST = 3.0


@dataclass(frozen=True)
class PictureAnswers:
    """What the networks say about pictures of unseen people; see `asl.training.kind.Answers`.

    Attributes:
        labels: C signs, the order of the columns.
        rows: (N,) positions among the training data's rows.
        truth: (N,) positions in `labels`; -1 for a sign that the networks had no picture of to
            learn from, which tells nothing about how to fuse them.
        found: (N,) bool, whether a hand was found.
        picture: (N, C) log-probabilities of the picture network, or None.
        landmarks: (N, C) of the landmark network, or None.
        rereads: (N, C) mean over this and further readings of the joints, or None.
        shown: what else the picture network shows of itself, by name, (N, …) each.
        hands_searched: whether hands were searched for at all.
    """

    labels: tuple[str, ...]
    rows: np.ndarray
    truth: np.ndarray
    found: np.ndarray
    picture: np.ndarray | None
    landmarks: np.ndarray | None
    rereads: np.ndarray | None = None
    shown: dict[str, np.ndarray] = field(default_factory=dict)
    hands_searched: bool = True

    @property
    def learnt(self) -> np.ndarray:
        """(N,) bool, whether the networks had pictures of the sign to learn from."""
        return self.truth >= 0

    def logits(self, calibration: np.ndarray) -> np.ndarray:
        """Return (N, C) logits as `asl.inference.pictures.predictor.Predictor` finds them.

        Args:
            calibration: weights of the two networks' log-probabilities, and of the picture
                network's where no hand is found.
        """
        first = self.fused_once(calibration)
        if self.rereads is None:
            return first
        again = self.found & ~is_clear(first, self.labels)
        reread = replace(self, landmarks=self.rereads).fused_once(calibration)
        return np.where(again[:, None], reread, first)

    def fused_once(self, weights: np.ndarray) -> np.ndarray:
        """Return (N, C) logits as `asl.nets.pictures.fused.FusedNetwork` computes them."""
        if self.picture is None:
            return (weights[0] + weights[1]) * self._own("landmarks")
        if self.landmarks is None:
            return weights[2] * self.picture
        both = weights[0] * self.picture + weights[1] * self.landmarks
        return np.where(self.found[:, None], both, weights[2] * self.picture)

    def take(self, index: np.ndarray) -> Self:
        """Return the answers at `index` (positions or a mask)."""
        cut: dict[str, Any] = {
            name: None if getattr(self, name) is None else getattr(self, name)[index]
            for name in _ROWS
        }
        return replace(self, **cut, shown={name: one[index] for name, one in self.shown.items()})

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Put the answers of several folds of the same data together."""

        def stack(values: list[np.ndarray | None]) -> np.ndarray | None:
            given = [value for value in values if value is not None]
            return np.concatenate(given) if given else None

        rows: dict[str, Any] = {
            name: stack([getattr(part, name) for part in parts]) for name in _ROWS
        }
        shown = {
            name: np.concatenate([part.shown[name] for part in parts]) for name in parts[0].shown
        }
        return replace(parts[0], **rows, shown=shown)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what is stored of them, by name; see `asl.training.kind.Kind.read_answers`."""
        own = {name: getattr(self, name) for name in ("found", *_NETWORKS)}
        shown = {f"{_SHOWN}{name}": value for name, value in self.shown.items()}
        return {name: value for name, value in own.items() if value is not None} | shown

    @classmethod
    def from_arrays(
        cls,
        labels: tuple[str, ...],
        rows: np.ndarray,
        truth: np.ndarray,
        arrays: Mapping[str, np.ndarray],
        hands_searched: bool,
    ) -> Self:
        """Return stored answers; the reverse of `arrays`."""
        own = {name: arrays.get(name) for name in _NETWORKS}
        # As it was called up to version 0.1: a run that was begun then goes on.
        own["rereads"] = arrays.get("rereads", arrays.get("anew"))
        shown = {
            name.removeprefix(_SHOWN): value
            for name, value in arrays.items()
            if name.startswith(_SHOWN)
        }
        return cls(
            labels=labels, rows=rows, truth=truth, found=arrays["found"], shown=shown,
            hands_searched=hands_searched, **own,
        )  # fmt: skip

    def columns(self) -> dict[str, np.ndarray]:
        """Return whether a hand was found, and what the network shows in a few numbers."""
        found = {"found": self.found} if self.hands_searched else {}
        return found | {
            f"{name}:{index}": values[:, index]
            for name, values in self.shown.items()
            if values.ndim == 2
            for index in range(values.shape[1])
        }

    def scores(self, measure: Measure) -> dict[str, float]:
        """Return how often a hand was found, and what each network scores by itself."""
        entry = {"hand_found": float(self.found.mean())} if self.hands_searched else {}
        if self.picture is None or self.landmarks is None:
            return entry
        entry["picture_network"] = measure(self, self.picture).accuracy
        shown = self.take(self.found)
        # Where no hand is found the landmark network is silent, which counts as wrong.
        entry["landmark_network"] = (
            float(measure(shown, shown._own("landmarks")).accuracy * self.found.mean())
            if len(shown.truth)
            else 0.0
        )
        return entry

    def thresholds(self, calibration: np.ndarray, fit: FitThreshold) -> dict[str, float]:
        """Return the confidence below which to say "can't tell", with a hand found and without.

        Few pictures lack a hand, so that threshold is fitted on what the picture network says by
        itself about all of them.
        """
        if self.picture is None:
            cases, thresholds = {"hand": self.found}, {"no_hand": 1.0}
        else:
            cases = {"hand": self.found, "no_hand": np.zeros(len(self.truth), bool)}
            thresholds = {}
        for name, found in cases.items():
            shown = replace(self, found=found)
            rows = found if found.any() else ~found
            thresholds[name] = fit(shown, shown.logits(calibration), rows)
        return thresholds

    def _own(self, name: str) -> np.ndarray:
        value = getattr(self, name)
        if value is None:
            raise ValueError(f"{name}: this model has no such network")
        return value


#: Log-probabilities that are there as far as the model has such networks and rereads.
_NETWORKS = ("picture", "landmarks", "rereads")
#: Fields with one entry a row.
_ROWS = ("rows", "truth", "found", *_NETWORKS)
#: Start of the names under which is stored what the network shows of itself.
_SHOWN = "shown_"


def fit_fusion(folds: Sequence[PictureAnswers]) -> np.ndarray:
    """Return the weights (picture, landmarks, picture alone) with the least log-loss.

    Each picture is scored among the signs of its own kind (letters, digits or all), which is
    how people use the model: look-alikes are told apart by that choice alone. Folds count the
    same: thousands of pictures of one person in one room say no more about the next one than a few
    hundred. Signs that were not learnt say nothing.
    """
    folds = [part.take(part.learnt) for part in folds]
    weights = np.array([0.5, 0.5, 1.0])
    if folds[0].landmarks is not None:
        found = [part.take(part.found) for part in folds]
        weights[:2] = _least_loss(
            found, lambda part, w: part.fused_once(np.array([*w, 1])), weights[:2], 0
        )
    if folds[0].picture is not None:
        weights[2:] = _least_loss(
            folds, lambda part, w: w * part._own("picture"), weights[2:], 0.05
        )
    return weights


def _least_loss(
    folds: Sequence[PictureAnswers],
    logits: Callable[[PictureAnswers, np.ndarray], np.ndarray],
    start: np.ndarray,
    smallest: float,
) -> np.ndarray:
    """Return the weights with which `logits` have the least log-loss, the mean of `folds`."""
    folds = [part for part in folds if len(part.truth)]
    if not folds:
        return start
    possible = [_possible(part) for part in folds]

    def loss(weights: np.ndarray) -> float:
        parts = zip(folds, possible, strict=True)
        return float(
            np.mean([_log_loss(logits(part, weights), part.truth, own) for part, own in parts])
        )

    bounds = [(smallest, _LARGEST)] * len(start)
    return minimize(loss, start, method="L-BFGS-B", bounds=bounds).x


def _possible(answers: PictureAnswers) -> np.ndarray:
    """Return (N, C) bool: the labels of the same kind as each row's truth."""
    kinds = np.array([own_set(label) for label in answers.labels])
    own = kinds[answers.truth]
    return (kinds[None, :] == own[:, None]) | (own[:, None] == "all")


def _log_loss(logits: np.ndarray, truth: np.ndarray, possible: np.ndarray) -> float:
    chances = softmax(np.where(possible, logits, -np.inf))
    return float(-np.log(chances[np.arange(len(truth)), truth] + 1e-12).mean())
