"""Sequences of landmarks as a kind of example; see `asl.training.kind`."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from asl.bundle import LEXICON, ONNX
from asl.card import Parity
from asl.data.sequences.preparation import padded
from asl.data.splits import Split
from asl.inference.sequences.means.movements import write_mean_movements
from asl.labels import NONE
from asl.nets.sequences.masked import NaNPadded
from asl.nets.weights import read_tensors
from asl.training.config import TrainConfig
from asl.training.export import EXAMPLES, FRAMES, halve, store, to_onnx
from asl.training.progress import Progress, Report, Task
from asl.training.sequences.answers import SequenceAnswers, fit_sharpness
from asl.training.sequences.arrays import SequenceData
from asl.training.sequences.load import load
from asl.training.sequences.networks import build, fit_network

#: Sequences on which network and exported file are compared.
_PARITY_SEQUENCES = 64


class Sequences:
    """Fulfils `asl.training.kind.Kind`; see there for arguments and errors."""

    name = "sequences"
    load = staticmethod(load)
    fit = staticmethod(fit_network)
    fit_calibration = staticmethod(fit_sharpness)
    join = staticmethod(SequenceAnswers.join)

    def recipes(self, config: TrainConfig) -> dict[Task, str]:
        """Return the one network that `fit` trains, and the settings of its recipe."""
        return {Task.SEQUENCE_NETWORK: "sequences"}

    def share(self, config: TrainConfig, data: SequenceData, report: Report) -> None:
        """Do nothing: folds have only the data in common."""

    def read_answers(
        self,
        data: SequenceData,
        rows: np.ndarray,
        truth: np.ndarray,
        arrays: Mapping[str, np.ndarray],
    ) -> SequenceAnswers:
        """Return stored answers."""
        return SequenceAnswers(data.labels, rows, truth, arrays["raw"])

    def near_share(self, data: SequenceData, split: Split) -> float:
        """Return the share of tested sequences that are among the trained ones too, 0–1."""
        examples = data.own.examples

        def mark(row: int) -> bytes:
            return hashlib.sha256(examples.sequence(row).tobytes()).digest()

        trained = {mark(row) for row in split.train.tolist()}
        return float(np.mean([mark(row) in trained for row in split.test.tolist()]))

    def export(
        self,
        config: TrainConfig,
        data: SequenceData,
        weights: Path,
        calibration: np.ndarray,
        folder: Path,
        report: Report,
    ) -> dict[str, Any]:
        """Write ONNX, weights and lexicon; return the card's fields that only sequences have."""
        made = build(config, len(data.labels))
        made.load_state_dict(read_tensors(weights))
        made.sharpness.fill_(float(calibration[0]))
        halve(made)
        _write_lexicon(config, data, folder, report)
        return {
            "parity": _write(made, config, data, folder),
            "inputs": (config.preparation.to_input(),),
            "calibration": {"weights": {"sequence": round(float(calibration[0]), 4)}},
        }


SEQUENCES = Sequences()


def _write_lexicon(config: TrainConfig, data: SequenceData, folder: Path, report: Report) -> None:
    """Write mean movements of the words, with the landmarks that were prepared for the network."""

    def step(done: int, total: int) -> None:
        # The last step is left to what else is written.
        report(Progress(Task.EXPORTING, done, total + 1, None, {}))

    words = [label for label in data.labels if label != NONE]
    # A model that was here before may have had examples of other people.
    (folder / LEXICON).unlink(missing_ok=True)
    write_mean_movements(folder, data.own.examples, words, config.example_people, step)


def _write(made: NaNPadded, config: TrainConfig, data: SequenceData, folder: Path) -> Parity:
    """Write ONNX and weights; return how far their probabilities differ on real sequences."""
    examples = data.own.examples
    rows = np.linspace(0, len(examples) - 1, min(_PARITY_SEQUENCES, len(examples))).astype(int)
    shown = padded([config.preparation.features(examples.sequence(row)) for row in rows.tolist()])
    random = torch.Generator().manual_seed(0)
    # What is traced must differ from anything that a constant could stand for.
    example = torch.randn(3, 11, config.preparation.size, generator=random)
    example[0, 7:] = torch.nan
    to_onnx(made, (example,), folder / ONNX, ("sequence",), ("logits",), {0: EXAMPLES, 1: FRAMES})
    return store(made, folder, {"sequence": shown})
