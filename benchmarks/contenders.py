"""The programs that `benchmarks.training` compares, and what each is asked to do.

fastai and transformers are imported only by the process that trains with them.
"""

import csv
import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import numpy as np

from asl.cli.console import complain, progress
from asl.data.folder import read_folder
from asl.evaluation.metrics import Scores, measure
from asl.files import replacing
from asl.nets.registry import networks
from asl.training.config import DataSet, TrainConfig
from asl.training.presets import quick
from asl.workspace import workspace

NAMES = {
    "ours": "ASL Workbench, Quick",
    "fastai": "fastai, fine_tune",
    "transformers": "Hugging Face Trainer",
}
EPOCHS, MINUTES, SEED = 5, 10.0, 0
#: In the folder of a `Task`.
IN_TRAIN, IN_TEST, PEOPLE = "train", "test", "people.csv"
#: Of Hugging Face's Trainer. The 2e-5 of its example is for transformers; in 60 steps with this
#: one the loss of EfficientNet-Lite0 falls from 3.6 to 3.0, with 2e-4 to 3.4.
_RATE = 1e-3

Step = Callable[..., None]


@dataclass(frozen=True)
class Task:
    """What all contenders are asked to do.

    Attributes:
        folder: holds the pictures as train/sign/picture and test/sign/picture, and who is in
            those to train on.
        network: as in `asl.nets.registry`.
        epochs: of the peers.
        minutes: after which a peer is stopped; time for evaluation not counted.
        seed: of every random number.
    """

    folder: str
    network: str
    epochs: int = EPOCHS
    minutes: float = MINUTES
    seed: int = SEED

    @property
    def labels(self) -> list[str]:
        """The signs, in the order of the folders."""
        return sorted(entry.name for entry in (Path(self.folder) / IN_TRAIN).iterdir())

    def config(self) -> TrainConfig:
        """Return what Quick would train, with the network of this benchmark in place of its own."""
        home = Path(self.folder)
        with (home / PEOPLE).open(encoding="utf-8", newline="") as lines:
            people = [row["person"] for row in csv.DictReader(lines)]
        data = DataSet(str(home / IN_TRAIN), people=str(home / PEOPLE))
        config = replace(quick(data, people), seed=self.seed)
        if config.network == self.network:
            return config
        other = config.with_network(self.network)
        return replace(other, size=config.size, frozen_stages=config.frozen_stages)


@dataclass(frozen=True)
class Point:
    """How well the left-out person's signs are recognised at some moment of a training.

    Attributes:
        seconds: of training so far.
        accuracy: look-alikes forgiven, with its 95 % range.
        accuracy_strict: share whose very sign was answered.
    """

    seconds: float
    accuracy: float
    low: float
    high: float
    accuracy_strict: float


@dataclass(frozen=True)
class Outcome:
    """What became of one contender.

    Attributes:
        points: one an epoch, or one at the end.
        evaluation_seconds: that tests took, in all.
        spent: seconds by what they went into, where that is known.
        versions: package → its version.
        stopped: whether the time was up before all epochs were done.
    """

    points: tuple[Point, ...]
    evaluation_seconds: float
    spent: dict[str, float]
    versions: dict[str, str]
    stopped: bool = False

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read what `write` wrote."""
        raw = json.loads(file.read_text(encoding="utf-8"))
        return cls(**{**raw, "points": tuple(Point(**point) for point in raw["points"])})

    def write(self, file: Path) -> None:
        """Write the file, all of it or nothing."""
        with replacing(file) as fresh:
            fresh.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")

    def best(self, figure: str = "accuracy") -> Point:
        """Return the first point with the highest accuracy."""
        return max(self.points, key=lambda point: getattr(point, figure))

    def seconds_to(self, value: float, figure: str = "accuracy") -> float | None:
        """Return after how long an accuracy was reached, None if it never was."""
        times = [point.seconds for point in self.points if getattr(point, figure) >= value]
        return times[0] if times else None


class Watch:
    """A stopwatch that rests while a model is tested, and notes how good it was."""

    def __init__(self, minutes: float = math.inf):
        self._limit = 60 * minutes
        self._since, self._rests = time.perf_counter(), False
        self._trained, self._rested = 0.0, 0.0
        self._points: list[Point] = []
        self._spent: dict[str, float] = {}
        self.stopped = False

    @property
    def seconds(self) -> float:
        """Seconds of training so far; while the watch rests, those before the rest."""
        return self._trained + (0.0 if self._rests else time.perf_counter() - self._since)

    def rest(self) -> None:
        """Training pauses, a test begins."""
        self._trained, self._rests = self.seconds, True
        self._since = time.perf_counter()

    def go_on(self) -> None:
        """Training goes on."""
        self._rested += time.perf_counter() - self._since
        self._since, self._rests = time.perf_counter(), False

    def is_over(self) -> bool:
        """Return whether the time is up, and keep that in mind."""
        self.stopped = self.stopped or self.seconds > self._limit
        return self.stopped

    def spend(self, what: str) -> None:
        """Note that the time since the last such note went into `what`."""
        known = sum(self._spent.values())
        self._spent[what] = self._spent.get(what, 0.0) + self.seconds - known

    def note(self, scores: Scores) -> None:
        """Keep how good it is now."""
        figures = (scores.accuracy, *scores.interval, scores.accuracy_strict)
        point = Point(self.seconds, *figures)
        self._points.append(point)
        complain(f"after {point.seconds:.0f} s: {point.accuracy:.1%}")

    def outcome(self, *packages: str) -> Outcome:
        """Return all that was noted."""
        versions = {package: version(package) for package in packages}
        points = tuple(self._points)
        return Outcome(points, self._rested, self._spent, versions, self.stopped)


def take_part(name: str, task_file: str, result_file: str) -> None:
    """Be one contender: train as `name` does and write its outcome."""
    task = Task(**json.loads(Path(task_file).read_text(encoding="utf-8")))
    contend = {"ours": _ours, "fastai": _fastai, "transformers": _transformers}[name]
    # Libraries print on standard output what is no result.
    with progress(NAMES[name], log=True) as step, redirect_stdout(sys.stderr):
        outcome = contend(task, step)
    outcome.write(Path(result_file))


def _ours(task: Task, step: Step) -> Outcome:
    from asl.evaluation.report import evaluate_folder
    from asl.inference.pictures.predictor import Predictor
    from asl.training.cross_validation import train
    from asl.training.progress import Progress

    watch = Watch()

    def report(state: Progress) -> None:
        watch.spend(state.task)
        step(state.done, state.total, state.title)

    bundle = train(task.config(), workspace() / "models" / "quick", report=report)
    watch.spend("exporting")
    watch.rest()
    predictor = Predictor(bundle)
    table = read_folder(Path(task.folder) / IN_TEST, people="none").table
    evaluation = evaluate_folder(
        predictor, table, progress=lambda done, total: step(done, total, "the left-out person")
    )
    watch.note(evaluation.scores)
    watch.go_on()
    return watch.outcome("torch", "onnxruntime", "ai-edge-litert")


def _fastai(task: Task, step: Step) -> Outcome:
    from fastai.vision import all as fastai
    from torch.nn import CrossEntropyLoss

    fastai.set_seed(task.seed)
    watch = Watch(task.minutes)

    class Notes(fastai.Callback):
        """Times and notes fastai's own validation, which is on the test pictures."""

        steps = 0

        def after_batch(self) -> None:
            if self.training:
                self.steps += 1
                step(self.steps, (1 + task.epochs) * len(self.dls.train))
                if watch.is_over():
                    raise fastai.CancelTrainException

        def before_validate(self) -> None:
            watch.rest()
            self.answers: list[np.ndarray] = []

        def after_pred(self) -> None:
            if not self.training:
                self.answers.append(self.pred.softmax(-1).float().cpu().numpy())

        def after_validate(self) -> None:
            truth = [path.parent.name for path in self.dls.valid_ds.items]
            watch.note(measure(truth, np.concatenate(self.answers), list(self.dls.vocab)))
            watch.go_on()
            if watch.is_over():
                raise fastai.CancelFitException

    config = task.config()
    network, mean, std = _network(config, len(task.labels))
    dls = fastai.ImageDataLoaders.from_folder(
        task.folder, IN_TRAIN, IN_TEST, item_tfms=fastai.Resize(config.size),
        batch_tfms=[
            *fastai.aug_transforms(),
            fastai.Normalize.from_stats(mean, std, cuda=fastai.default_device().type != "cpu"),
        ],
    )  # fmt: skip
    learner = fastai.Learner(
        dls, network, CrossEntropyLoss(), cbs=Notes(),
        splitter=lambda net: [fastai.params(net.trunk), fastai.params(net.classifier)],
    )  # fmt: skip
    with learner.no_bar(), learner.no_logging():
        learner.fine_tune(task.epochs)
    return watch.outcome("fastai", "torch")


def _transformers(task: Task, step: Step) -> Outcome:
    import torch
    from torch import nn
    from torchvision import datasets, transforms
    from transformers import (
        PrinterCallback,
        Trainer,
        TrainerCallback,
        TrainingArguments,
        set_seed,
    )

    set_seed(task.seed)
    watch = Watch(task.minutes)

    class WithLoss(nn.Module):
        """The network as `Trainer` wants it."""

        def __init__(self, network: nn.Module):
            super().__init__()
            self.network = network

        def forward(self, pixel_values: torch.Tensor, labels: torch.Tensor) -> dict:
            logits = self.network(pixel_values)
            return {"loss": nn.functional.cross_entropy(logits, labels), "logits": logits}

    class Notes(TrainerCallback):
        """Times the evaluation after each epoch."""

        def on_step_end(self, args, state, control, **others):
            step(state.global_step, state.max_steps)
            if watch.is_over():
                control.should_epoch_stop = control.should_training_stop = True

        def on_epoch_end(self, args, state, control, **others):
            watch.rest()

        def on_evaluate(self, args, state, control, **others):
            watch.go_on()

    def note(found) -> dict[str, float]:
        scores = torch.from_numpy(found.predictions).softmax(-1).numpy()
        measured = measure([labels[i] for i in found.label_ids], scores, labels)
        watch.note(measured)
        return {"accuracy": measured.accuracy}

    def collate(examples: list) -> dict[str, torch.Tensor]:
        pictures, classes = zip(*examples, strict=True)
        return {"pixel_values": torch.stack(pictures), "labels": torch.tensor(classes)}

    config = task.config()
    labels = task.labels
    network, mean, std = _network(config, len(labels))
    last = [transforms.ToTensor(), transforms.Normalize(mean, std)]
    crop, flip = transforms.RandomResizedCrop(config.size), transforms.RandomHorizontalFlip()
    plain = [transforms.Resize(config.size), transforms.CenterCrop(config.size)]
    train, test = (
        datasets.ImageFolder(Path(task.folder) / part, transforms.Compose([*first, *last]))
        for part, first in ((IN_TRAIN, (crop, flip)), (IN_TEST, plain))
    )
    # Of a smaller set of signs in the test, the classes would be numbered differently.
    test.samples = [(path, labels.index(Path(path).parent.name)) for path, _ in test.samples]
    with TemporaryDirectory() as folder:
        trainer = Trainer(
            WithLoss(network),
            TrainingArguments(
                folder, num_train_epochs=task.epochs, learning_rate=_RATE,
                per_device_train_batch_size=8, per_device_eval_batch_size=64,
                eval_strategy="epoch", save_strategy="no", remove_unused_columns=False,
                seed=task.seed, report_to="none", disable_tqdm=True,
            ),
            data_collator=collate, train_dataset=train, eval_dataset=test,
            compute_metrics=note, callbacks=[Notes()],
        )  # fmt: skip
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    return watch.outcome("transformers", "torch")


def _network(config: TrainConfig, classes: int) -> tuple[Any, Sequence[float], Sequence[float]]:
    """Return the picture network with its start weights, as ours starts, and mean and std."""
    import torch

    from asl.nets.pictures.build import build_networks

    torch.manual_seed(config.seed)
    built = build_networks(
        config.network, classes, config.start_weights, landmarks=False, settings=config.settings
    )
    spec = networks()[config.network]
    return built.picture_net, spec.mean, spec.std
