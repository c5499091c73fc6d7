"""The word networks in PyTorch and in TensorFlow: the same logits, the same accuracy, and the time.

    make tensorflow                          # installs TensorFlow
    python -m benchmarks.frameworks          # about a quarter of an hour on one core
    python -m benchmarks.frameworks --epochs 1 --only lstm --out try.json     # does it run?

Both begin with the same weights, see the same examples of words/sequences.npz in the same order,
changed in the same way, and are tested on the same people, whom neither has seen; only what dropout
drops differs, as each framework draws it by itself. Nobody is kept aside to choose an epoch by,
which would say more about that person than about the frameworks: the last one counts. Weights are
taken from one to the other after the training, when they are no longer those of the start.

Each uses one thread. Seconds are the processor's, so that other programs count less.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from asl.cli.console import complain
from asl.data.splits import Split
from asl.evaluation.intervals import accuracy_interval
from asl.evaluation.results.result import Result, machine
from asl.nets.frameworks import FRAMEWORKS, require
from asl.nets.sequences.masked import NaNPadded
from asl.training.config import SEQUENCE_RECIPE, DataSet, TrainConfig
from asl.training.fitting.loop import fit
from asl.training.fitting.validation import logits_of
from asl.training.folds import splits
from asl.training.progress import Progress, Task, ignore
from asl.training.sequences.arrays import SequenceData
from asl.training.sequences.load import load
from asl.training.sequences.networks import build, learner_of, started, training_set
from benchmarks.command import at_least, command_line, keep, parser, recordings

#: Networks, settings that keep the training short, and epochs.
_NETWORKS: dict[str, tuple[dict[str, Any], int]] = {
    "lstm": ({}, 12),
    "transformer": ({}, 12),
    "hybrid": ({}, 12),
    "sequence_as_picture": ({"side": 64, "frozen": 4}, 5),
}
#: Sequences on which logits are compared, and how far they may differ.
_COMPARED, _AIM = 64, "1e-4"
_POINTS = "1.5 points"
#: Trainings of each network, with other people left out and other random numbers: what a single one
#: reaches varies by more than the frameworks may.
_SEEDS = 3


@dataclass
class Trained:
    """What one framework made of a network.

    Attributes:
        right: (N,) bool, which clips of people left out it reads rightly.
        people: (N,) who is in each of them.
        seconds: of the processor, each epoch.
        differ: how far logits differ after weights went to the other framework, at most.
    """

    right: np.ndarray
    people: np.ndarray
    seconds: list[float]
    differ: float


def settings(data: Path, name: str, framework: str, epochs: int | None, seed: int) -> TrainConfig:
    """Return how a network is trained."""
    own, usual = _NETWORKS[name]
    recipe = replace(SEQUENCE_RECIPE, epochs=epochs or usual)
    return TrainConfig(
        name="frameworks", data=(DataSet(str(data), people="names"),), network=name, settings=own,
        split="new-person", sequences=recipe, framework=framework, seed=seed,
    )  # fmt: skip


def run(config: TrainConfig, data: SequenceData, split: Split) -> Trained:
    """Train a network, and test its last epoch on the people left out."""
    made = started(config, len(data.labels))
    shown = training_set(config, data, split.train, split.train[:0])
    learner, clock = learner_of(config, made, len(data.labels)), _Clock()
    with TemporaryDirectory() as folder:
        fit(
            made, shown, config.sequences, config.seed, Path(folder), Task.SEQUENCE_NETWORK,
            clock.note, half=True, learner=learner,
        )  # fmt: skip
    tested = training_set(config, data, split.test, split.test[:0])
    answers = logits_of(made, tested, np.arange(len(split.test))).argmax(1)
    compared = tested.clean(np.linspace(0, len(split.test) - 1, _COMPARED).astype(int))
    carry = _to_tensorflow if learner is None else _to_pytorch
    people = data.rows.people[split.test]
    differ = carry(config, made, learner, compared)
    return Trained(answers == tested.classes, people, clock.seconds, differ)


def pooled(parts: Sequence[Trained]) -> Trained:
    """Return what several trainings come to together, each with other people left out."""
    return Trained(
        np.concatenate([one.right for one in parts]),
        np.concatenate([one.people for one in parts]),
        [second for one in parts for second in one.seconds],
        max(one.differ for one in parts),
    )


class _Clock:
    """Seconds of the processor from each epoch to the next."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._last = time.process_time()

    def note(self, progress: Progress) -> None:
        if progress.ends_epoch:
            now = time.process_time()
            self.seconds.append(now - self._last)
            self._last = now


def _to_tensorflow(
    config: TrainConfig, made: NaNPadded, learner: Any, compared: torch.Tensor
) -> float:
    """Return how far logits differ once PyTorch's weights have gone to TensorFlow."""
    fresh = replace(config, framework="tensorflow")
    other: Any = learner_of(fresh, made, made(compared[:1]).shape[1])
    return _apart(made, other.network.answer, compared)


def _to_pytorch(
    config: TrainConfig, made: NaNPadded, learner: Any, compared: torch.Tensor
) -> float:
    """Return how far logits differ once TensorFlow's weights have gone to PyTorch.

    They are those of the last step, which are still in TensorFlow.
    """
    fresh = build(config, made(compared[:1]).shape[1])
    fresh.load_state_dict(learner.network.state_dict())
    return _apart(fresh, learner.network.answer, compared)


@torch.no_grad()
def _apart(
    network: NaNPadded, answer: Callable[[np.ndarray], np.ndarray], compared: torch.Tensor
) -> float:
    network.eval()
    return float(np.abs(network(compared).numpy() - answer(compared.numpy())).max())


def rows(name: str, found: dict[str, Trained]) -> list[dict[str, Any]]:
    """Return the table's lines about a network, one a framework."""
    shares = {framework: float(one.right.mean()) for framework, one in found.items()}
    table = []
    for framework, one in found.items():
        low, high = accuracy_interval(one.right, one.people)
        others = [share for other, share in shares.items() if other != framework]
        table.append(
            {
                "name": f"{name}, {FRAMEWORKS[framework]}",
                "clips": len(one.people),
                "people": len(np.unique(one.people)),
                "accuracy": shares[framework],
                "low": low,
                "high": high,
                "from the other": " ".join(
                    f"{100 * (shares[framework] - other):+.1f} points" for other in others
                ),
                "allowed": _POINTS,
                "logits differ in the other by": f"{one.differ:.1e}",
                "at most": _AIM,
                "value": median(one.seconds),
                "unit": "s an epoch",
            }
        )
    return table


def _parser() -> argparse.ArgumentParser:
    made = parser(__doc__, "frameworks.json")
    made.add_argument("--epochs", type=at_least(1), help="by default enough to learn most")
    made.add_argument("--seeds", type=at_least(1), default=_SEEDS, help="trainings of each")
    made.add_argument("--only", nargs="+", default=list(_NETWORKS), choices=_NETWORKS)
    return made


def main(arguments: Sequence[str] | None = None) -> None:
    """Train each network in both frameworks, and write the results file after each."""
    asking = _parser()
    asked = asking.parse_args(arguments)
    try:
        require("tensorflow")
    except ValueError as error:
        asking.error(str(error))
    torch.set_num_threads(1)
    place = recordings(asking) / "words" / "sequences.npz"
    with TemporaryDirectory() as cache:
        first = settings(place, asked.only[0], "pytorch", asked.epochs, 0)
        data = load(first, Path(cache), 1, ignore)
        for name in asked.only:
            found: dict[str, list[Trained]] = {framework: [] for framework in FRAMEWORKS}
            for seed in range(asked.seeds):
                for framework in FRAMEWORKS:
                    complain(f"{name}, {FRAMEWORKS[framework]}, training {seed + 1}")
                    config = settings(place, name, framework, asked.epochs, seed)
                    [split] = splits(config, data.rows)
                    found[framework].append(run(config, data, split))
            table = rows(name, {framework: pooled(parts) for framework, parts in found.items()})
            keep(_result(table, data, asked), asked.out)
    print(Result.read(asked.out).to_markdown())


def _result(table: list[dict[str, Any]], data: SequenceData, asked: argparse.Namespace) -> Result:
    words = [
        word
        for name in ("epochs", "seeds")
        if getattr(asked, name) != _parser().get_default(name)
        for word in (f"--{name}", getattr(asked, name))
    ]
    epochs = f"{asked.epochs} epochs" if asked.epochs else "12 epochs, 5 of sequence_as_picture"
    return Result(
        title="Words in PyTorch and in TensorFlow",
        rows=tuple(table),
        data=f"words/sequences.npz, {len(data.labels)} words, {len(data.rows):,} sequences",
        split=f"new people, a fifth of the data; {asked.seeds} times with others left out",
        machine=machine(("torch", "tensorflow-cpu", "keras")),
        command=command_line("frameworks", *words),
        note=(
            "The same start weights, examples, order, augmentation and recipe, on one thread each, "
            f"for {epochs} (pictures of 64 pixels, four stages of EfficientNet-Lite0 frozen). "
            "Seconds are the processor's, in the median of all epochs, evaluation included; "
            "PyTorch computes in half precision where the processor has units for it, as in every "
            "training of words, and TensorFlow in single. Logits are compared on 64 sequences, "
            "after the weights that the one had learned went to the other. The last "
            "epoch counts; none is chosen by validation."
        ),
    )


if __name__ == "__main__":
    main()
