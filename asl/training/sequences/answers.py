"""What a network of words says about sequences, and how confident that may sound."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from asl.labels import BEST, NONE
from asl.training.kind import FitThreshold, Measure

#: Between these, logits may be multiplied; beyond, few examples say more than they can know.
_SOFTEST, _SHARPEST = 0.05, 5.0


@dataclass(frozen=True)
class SequenceAnswers:
    """Answers about N sequences; see `asl.training.kind.Answers`.

    Attributes:
        labels: C signs, the order of the columns.
        rows: (N,) positions among the training data's rows.
        truth: (N,) positions in `labels`; -1 for a sign that was not learnt.
        raw: (N, C) logits as the network gives them.
    """

    labels: tuple[str, ...]
    rows: np.ndarray
    truth: np.ndarray
    raw: np.ndarray

    @property
    def learnt(self) -> np.ndarray:
        """(N,) bool, whether the network had examples of the sign to learn from."""
        return self.truth >= 0

    def logits(self, calibration: np.ndarray) -> np.ndarray:
        """Return (N, C) logits times the one number of `fit_sharpness`."""
        sharpened: np.ndarray = self.raw * calibration[0]
        return sharpened

    def take(self, index: np.ndarray) -> Self:
        """Return the answers at `index` (positions or a mask)."""
        return replace(self, rows=self.rows[index], truth=self.truth[index], raw=self.raw[index])

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what is stored of them, by name."""
        return {"raw": self.raw}

    def columns(self) -> dict[str, np.ndarray]:
        """Return nothing further: a sequence without a hand is no example."""
        return {}

    def scores(self, measure: Measure) -> dict[str, float]:
        """Return how often the sign is among the best five words."""
        words = np.where(np.array(self.labels) == NONE, -np.inf, self.raw)
        best = np.argsort(-words, 1)[:, :BEST]
        return {"within_five": float((best == self.truth[:, None]).any(1).mean())}

    def thresholds(self, calibration: np.ndarray, fit: FitThreshold) -> dict[str, float]:
        """Return the confidence below which to say "can't tell"."""
        return {"sequence": fit(self, self.logits(calibration), np.ones(len(self.rows), bool))}

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Put the answers of several folds of the same data together."""
        return replace(
            parts[0],
            rows=np.concatenate([part.rows for part in parts]),
            truth=np.concatenate([part.truth for part in parts]),
            raw=np.concatenate([part.raw for part in parts]),
        )


def fit_sharpness(folds: Sequence[SequenceAnswers]) -> np.ndarray:
    """Return (1,) the number that logits are multiplied by for the least log-loss.

    Temperature scaling (Guo et al., "On Calibration of Modern Neural Networks", 2017); the number
    is one over the temperature. Folds count the same. Signs that were not learnt say nothing.
    """
    known = [part.take(part.learnt) for part in folds]
    known = [part for part in known if len(part.truth)]
    if not known:
        return np.ones(1)

    def loss(logarithm: float) -> float:
        losses = [
            -log_softmax(part.raw * np.exp(logarithm), 1)[np.arange(len(part.truth)), part.truth]
            for part in known
        ]
        return float(np.mean([one.mean() for one in losses]))

    ends = (float(np.log(_SOFTEST)), float(np.log(_SHARPEST)))
    return np.array([np.exp(minimize_scalar(loss, bounds=ends, method="bounded").x)])
