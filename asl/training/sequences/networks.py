"""Train a network of words, and ask it about sequences."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from asl.bundle import CARD, ModelBundle
from asl.labels import NONE
from asl.nets.frameworks import require
from asl.nets.registry import network
from asl.nets.sequences.masked import NaNPadded
from asl.nets.weights import take_weights
from asl.training.config import STARTS, TrainConfig
from asl.training.fitting.learner import Learner
from asl.training.fitting.loop import fit
from asl.training.fitting.validation import logits_of
from asl.training.progress import Report, Task
from asl.training.sequences.answers import SequenceAnswers
from asl.training.sequences.arrays import SequenceData
from asl.training.sequences.datasets import Sequences, statistics_of

#: Processes that make batches for one GPU; with these it does not wait.
_MOST_WORKERS = 8


@dataclass
class FittedSequences:
    """A model of words that was trained on some rows; see `asl.training.kind.Fitted`."""

    config: TrainConfig
    data: SequenceData
    network: NaNPadded
    history: list[dict[str, Any]]

    def predict(self, rows: np.ndarray) -> SequenceAnswers:
        """Return what the network says about the sequences `rows`, as prediction would see them."""
        labels, truth = self.data.labels, self.data.classes(self.data.rows.labels[rows])
        if not len(rows):
            return SequenceAnswers(labels, rows, truth, np.zeros((0, len(labels)), np.float32))
        shown = training_set(self.config, self.data, rows, rows[:0])
        raw = logits_of(self.network, shown, np.arange(len(rows)))
        return SequenceAnswers(labels, rows, truth, raw)


def fit_network(
    config: TrainConfig,
    data: SequenceData,
    rows: np.ndarray,
    validation: np.ndarray,
    home: Path,
    report: Report,
) -> FittedSequences:
    """Train the network of `config` on the sequences `rows`; see `asl.training.kind.Kind.fit`."""
    made = started(config, len(data.labels))
    shown = training_set(config, data, rows, validation)
    if config.negatives:
        shown = shown.with_negatives(config.negatives, data.labels.index(NONE))
    history = fit(
        made, shown, config.sequences, config.seed,
        home / "sequences", Task.SEQUENCE_NETWORK, report, half=True,
        learner=learner_of(config, made, len(data.labels)),
    )  # fmt: skip
    return FittedSequences(config, data, made, history)


def learner_of(config: TrainConfig, made: NaNPadded, classes: int) -> Learner | None:
    """Return what learns in place of `made` where another framework is asked for, else None.

    Raises:
        ValueError: that framework is not installed.
    """
    if config.framework == "pytorch":
        return None
    require(config.framework)
    from asl.nets.keras.twin import Twin
    from asl.training.fitting.keras_learner import KerasLearner

    def twin() -> Twin:
        return Twin(config.network, classes, config.preparation.size, _settings(config))

    return KerasLearner(made, twin, config.sequences)


def build(config: TrainConfig, classes: int, start: str = "none") -> NaNPadded:
    """Return the network of `config`.

    Args:
        start: weights of others that it is made with, as the registry names them.

    Raises:
        ValueError: a setting has a value that it cannot have.
        OSError: start weights that must be fetched cannot be.
    """
    spec, features = network(config.network), config.preparation.size
    made = spec.build(classes, start, features=features, **_settings(config))
    return NaNPadded(made)  # type: ignore[arg-type]  # the registry knows it as a module


def _settings(config: TrainConfig) -> dict[str, Any]:
    """Return the network's own settings, and what they must be for its examples."""
    settings, preparation = dict(config.settings), config.preparation
    if "coordinates" in network(config.network).own:
        settings.setdefault("coordinates", preparation.normalisation.coordinates)
    if settings.get("shape_width"):
        settings.setdefault("own_boxes_at", preparation.own_boxes_at)
    return settings


def started(config: TrainConfig, classes: int) -> NaNPadded:
    """Return the network of `config` with its start weights.

    From another model of words it takes all that fits: what classifies other signs starts anew.

    Raises:
        ValueError: that model is shown other things, or is none.
    """
    torch.manual_seed(config.seed)
    if config.start in STARTS and config.start != "bundled":
        return build(config, classes, config.start)
    made, weights = build(config, classes), Path(config.start_weights)
    if (weights.parent / CARD).is_file():
        shown = ModelBundle.read(weights.parent).card.sequence
        if shown != config.preparation.to_input():
            raise ValueError(
                f"init: {weights.parent.name} is shown other landmarks, or prepared otherwise; "
                "give both the same preparation, or start from none"
            )
    take_weights(made, weights)
    made.sharpness.fill_(1.0)  # its calibration is not ours
    return made


def training_set(
    config: TrainConfig, data: SequenceData, rows: np.ndarray, validation: np.ndarray
) -> Sequences:
    """Return the sequences `rows` to learn from, those of `validation` kept aside."""
    examples, augment = data.own.examples.rows(rows), config.sequence_augment
    aside = np.flatnonzero(np.isin(rows, validation))
    statistics = None
    if augment.by_statistics:
        statistics = statistics_of(examples.rows(np.setdiff1d(np.arange(len(rows)), aside)))
    return Sequences(
        examples, config.preparation, augment,
        classes=data.classes(data.rows.labels[rows]),
        sources=data.rows.sources[rows],
        weights=data.rows.weights[rows],
        validation=aside,
        statistics=statistics,
        workers=_workers(),
    )  # fmt: skip


def _workers() -> int:
    """Return how many processes make batches: none where the network itself needs the processor."""
    if not torch.cuda.is_available():
        return 0
    return min(_MOST_WORKERS, torch.get_num_threads() - 1)
