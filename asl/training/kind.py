"""The seam between training and the kinds of examples: pictures, and sequences of landmarks.

Cross-validation, search, estimate and bundling know examples only through these protocols. A kind
is a module of its own (`asl.training.pictures.kind`) that fulfils `Kind`.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
import torch

from asl.data.splits import Split
from asl.evaluation.metrics import Scores
from asl.nets.registry import network
from asl.training.config import TrainConfig
from asl.training.data import TrainingData
from asl.training.progress import Report, Task

#: Measures logits of some answers: (answers, their logits (N, C)) → scores.
Measure = Callable[["Answers", np.ndarray], Scores]
#: Fits a threshold: (answers, their logits (N, C), which of them to use (N,) bool) → confidence.
FitThreshold = Callable[["Answers", np.ndarray, np.ndarray], float]


class Answers(Protocol):
    """What a fitted model says about N examples, not yet calibrated.

    Attributes:
        labels: C signs, the order of the logits.
        rows: (N,) positions among the training data's rows.
        truth: (N,) positions in `labels`; -1 for a sign that was not learnt.
    """

    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def rows(self) -> np.ndarray: ...
    @property
    def truth(self) -> np.ndarray: ...
    @property
    def learnt(self) -> np.ndarray:
        """(N,) bool, whether the model had examples of the sign to learn from."""

    def logits(self, calibration: np.ndarray) -> np.ndarray:
        """Return (N, C) calibrated logits, as prediction finds them."""

    def take(self, index: np.ndarray) -> Self:
        """Return the answers at `index` (positions or a mask)."""

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what `Kind.read_answers` makes the same answers from."""

    def columns(self) -> dict[str, np.ndarray]:
        """Return further columns of ``evaluation.parquet``, (N,) each."""

    def scores(self, measure: Measure) -> dict[str, float]:
        """Return further entries of a score, such as what a part of the model scores by itself."""

    def thresholds(self, calibration: np.ndarray, fit: FitThreshold) -> dict[str, float]:
        """Return the card's ``abstain_below``: confidences below which to say "can't tell"."""


class Fitted(Protocol):
    """A model that was trained on some rows.

    Attributes:
        network: holds all weights of the model.
        history: one row an epoch of each network of the model; see `asl.training.fitting.loop.fit`.
    """

    @property
    def network(self) -> torch.nn.Module: ...
    @property
    def history(self) -> list[dict[str, Any]]: ...
    def predict(self, rows: np.ndarray) -> Answers:
        """Return what it says about the rows at these positions."""


class Kind(Protocol):
    """A kind of example.

    Each takes back only data and answers that it has made itself.

    Attributes:
        name: as in ``asl check``: "pictures", "sequences".
    """

    @property
    def name(self) -> str: ...
    def load(
        self,
        config: TrainConfig,
        cache: Path,
        workers: int,
        report: Report,
        sample: int | None = None,
    ) -> TrainingData[Any]:
        """Read and prepare all data sets of `config`.

        Args:
            cache: folder in which prepared examples are kept and found again.
            workers: processes that may be used.
            sample: load so many examples at most, spread over all of them.

        Raises:
            ValueError: the data cannot be trained on as asked for; the message says why.
        """

    def recipes(self, config: TrainConfig) -> dict[Task, str]:
        """Return the networks that `fit` trains, in order, and the settings of their recipes."""

    def share(self, config: TrainConfig, data: Any, report: Report) -> None:
        """Compute and cache what all folds need, before several processes would do it at once."""

    def fit(
        self,
        config: TrainConfig,
        data: Any,
        rows: np.ndarray,
        validation: np.ndarray,
        home: Path,
        report: Report,
    ) -> Fitted:
        """Train a model on `rows`, those of `validation` kept for choosing the best epoch.

        Args:
            home: folder for checkpoints; an interrupted training continues from them.
        """

    def read_answers(
        self, data: Any, rows: np.ndarray, truth: np.ndarray, arrays: Mapping[str, np.ndarray]
    ) -> Answers:
        """Return stored answers on `rows`; see `Answers.arrays`."""

    def join(self, answers: Sequence[Any]) -> Answers:
        """Put the answers of several folds together."""

    def fit_calibration(self, answers: Sequence[Any]) -> np.ndarray:
        """Return the parameters of `Answers.logits` with the least log-loss.

        Args:
            answers: of each fold; folds count the same, however many examples they have.
        """

    def near_share(self, data: Any, split: Split) -> float:
        """Return the share of tested examples with a near-copy among the trained ones, 0–1."""

    def export(
        self,
        config: TrainConfig,
        data: Any,
        weights: Path,
        calibration: np.ndarray,
        folder: Path,
        report: Report,
    ) -> dict[str, Any]:
        """Write the bundle's ONNX file and weights; return the card's fields that only it knows.

        What examples there are of its signs is written too, where the kind has any.

        Raises:
            RuntimeError: the exported file does not answer like the network.
        """


_KINDS = {
    "pictures": "asl.training.pictures.kind:PICTURES",
    "sequences": "asl.training.sequences.kind:SEQUENCES",
}


def kind_of(config: TrainConfig) -> Kind:
    """Return the kind of example that the network of `config` learns from."""
    module, _, name = _KINDS[network(config.network).kind].partition(":")
    kind: Kind = getattr(import_module(module), name)
    return kind
