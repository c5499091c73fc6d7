"""Time to the same accuracy: Quick, beside fastai and Hugging Face's Trainer.

    python -m benchmarks.training --data $ASL_DATA/asl_dataset     # about 20 minutes on two cores
    python -m benchmarks.training --data $ASL_DATA/asl_dataset --limit 1 --epochs 1   # does it run?

fastai and transformers are no part of the project; they get an environment of their own, which
takes everything else from the project's:

    .venv/bin/python -m venv .venv/peers
    ls -d $PWD/.venv/lib/python3*/site-packages > \\
        $(ls -d .venv/peers/lib/python3*/site-packages)/project.pth
    .venv/peers/bin/pip install -r benchmarks/requirements.txt

One person is left out, the pictures of all others are trained on. All contenders start from the
same folder of whole pictures with the same network and start weights, each in a process of its
own, one after the other, on all cores. The network is by default one that all of them are at home
with, EfficientNet-Lite0 from ImageNet; Quick's own, `--network efficientnet_hands`, has no batch
normalisation, which the peers' recipes count on.

- ours: what *Quick* does, with nothing cached: search the hands, run the frozen trunk over all of
  them, train what lies above it and the landmark network, leave each of the others out in turn to
  foretell the score, export. There is no model before all of that is done.
- fastai: `Learner.fine_tune` with its defaults: one epoch with a frozen trunk, then all of it;
  batches of 64, `aug_transforms()`.
- transformers: `Trainer` as in Hugging Face's image classification example: AdamW, linear
  schedule, batches of 8, RandomResizedCrop, horizontal flips. Only its learning rate is not the
  example's, which suits transformers; see `_RATE`.

The clock runs from the folder of pictures on. It stops while the pictures of the left-out person
are looked at, which is after every epoch of the peers and once for ours; what that takes is told
apart. A broken-off run goes on with the contenders that have no result yet. Nothing else should
run on the machine meanwhile.
"""

import argparse
import csv
import hashlib
import json
import math
import os
import shutil
import signal
import subprocess
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
import pandas as pd

from asl.bundle import workspace
from asl.console import complain, progress
from asl.data.folder import read_folder
from asl.data.splits import person_split
from asl.evaluation.metrics import Scores, measure
from asl.evaluation.results import HOME, RESULTS, Result, command, machine
from asl.nets.registry import networks
from asl.training.config import DataSet, TrainConfig
from asl.training.presets import quick

NAMES = {
    "ours": "ASL Workbench, Quick",
    "fastai": "fastai, fine_tune",
    "transformers": "Hugging Face Trainer",
}
#: The first by name of those in asl_dataset, who also has the most pictures.
_PERSON = "hand1"
_EPOCHS, _MINUTES, _SEED = 5, 10.0, 0
_AIM = 0.5
#: Of Hugging Face's Trainer. The 2e-5 of its example is for transformers; in 60 steps with this
#: one the loss of EfficientNet-Lite0 falls from 3.6 to 3.0, with 2e-4 to 3.4.
_RATE = 1e-3
_NETWORK = "efficientnet_lite0"
_PEERS = HOME / ".venv" / "peers" / "bin" / "python"
_IN_TRAIN, _IN_TEST, _PEOPLE = "train", "test", "people.csv"
_START = "import sys; from benchmarks.training import take_part; take_part(*sys.argv[1:])"

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
    epochs: int = _EPOCHS
    minutes: float = _MINUTES
    seed: int = _SEED

    @property
    def labels(self) -> list[str]:
        """The signs, in the order of the folders."""
        return sorted(entry.name for entry in (Path(self.folder) / _IN_TRAIN).iterdir())

    def config(self) -> TrainConfig:
        """Return what Quick would train, with the network of this benchmark in place of its own."""
        home = Path(self.folder)
        with (home / _PEOPLE).open(encoding="utf-8", newline="") as lines:
            people = [row["person"] for row in csv.DictReader(lines)]
        data = DataSet(str(home / _IN_TRAIN), people=str(home / _PEOPLE))
        config = replace(quick(data, people), seed=self.seed)
        if config.network == self.network:
            return config
        kept = {"size": config.size, "frozen_stages": config.frozen_stages}
        return replace(config.with_network(self.network), **kept)


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
class Course:
    """What became of one contender.

    Attributes:
        points: one an epoch, or one at the end.
        evaluation_seconds: taken by looking at the test pictures, in all.
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
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        os.replace(fresh, file)

    def best(self, figure: str = "accuracy") -> Point:
        """Return the first point with the highest accuracy."""
        return max(self.points, key=lambda point: getattr(point, figure))

    def seconds_to(self, value: float, figure: str = "accuracy") -> float | None:
        """Return after how long an accuracy was reached, None if it never was."""
        times = [point.seconds for point in self.points if getattr(point, figure) >= value]
        return times[0] if times else None


class Watch:
    """A stopwatch that rests while test pictures are looked at, and notes what was seen."""

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
        """Training pauses, looking at test pictures begins."""
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

    def course(self, *packages: str) -> Course:
        """Return all that was noted."""
        versions = {package: version(package) for package in packages}
        points = tuple(self._points)
        return Course(points, self._rested, self._spent, versions, self.stopped)


def divide(table: pd.DataFrame, person: str, folder: Path, limit: int = 0) -> None:
    """Copy the pictures of `table`, `person`'s for the test and all others to train on.

    Args:
        table: columns path, label, person.
        person: is left out.
        folder: is filled as `Task` says, or left alone if it has been.
        limit: most pictures of each sign and person; 0 for all.

    Raises:
        ValueError: nobody is called so, the others are unknown, or lack one of the signs.
    """
    if limit:
        table = table.groupby(["label", "person"], sort=False, dropna=False).head(limit)
    split = person_split(table["label"], table["person"], person)
    train, test = table.iloc[split.train], table.iloc[split.test]
    lacking = sorted(set(test["label"]) - set(train["label"]))
    if lacking:
        raise ValueError(f"person: only {person!r} shows {lacking[0]!r}; leave that sign out")
    if (folder / _PEOPLE).is_file():
        return
    shutil.rmtree(folder, ignore_errors=True)
    places = []
    for part, rows in ((_IN_TRAIN, train), (_IN_TEST, test)):
        for number, row in enumerate(rows.itertuples()):
            # Numbered: names tell who it is, and may stand twice.
            place = Path(row.label) / f"{number:05d}{Path(row.path).suffix.lower()}"
            target = folder / part / place
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(row.path, target)
            if part == _IN_TRAIN:
                places.append((place.as_posix(), row.person))
    fresh = folder / f"new-{_PEOPLE}"
    with fresh.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([("path", "person"), *places])
    os.replace(fresh, folder / _PEOPLE)


def take_part(name: str, task_file: str, result_file: str) -> None:
    """Be one contender: train as `name` does and write its course."""
    task = Task(**json.loads(Path(task_file).read_text(encoding="utf-8")))
    contend = {"ours": _ours, "fastai": _fastai, "transformers": _transformers}[name]
    # Libraries print on standard output what is no result.
    with progress(NAMES[name], log=True) as step, redirect_stdout(sys.stderr):
        course = contend(task, step)
    course.write(Path(result_file))


def _ours(task: Task, step: Step) -> Course:
    from asl.evaluation.report import evaluate_folder
    from asl.inference.predictor import Predictor
    from asl.training.engine import Progress
    from asl.training.run import train

    watch = Watch()

    def report(state: Progress) -> None:
        watch.spend(state.task.partition(" in ")[0])
        step(state.done, state.total, state.task)

    bundle = train(task.config(), workspace() / "models" / "quick", report=report)
    watch.spend("exporting")
    watch.rest()
    predictor = Predictor(bundle)
    table = read_folder(Path(task.folder) / _IN_TEST, people="none").table
    evaluation = evaluate_folder(
        predictor, table, progress=lambda done, total: step(done, total, "the left-out person")
    )
    watch.note(evaluation.scores)
    watch.go_on()
    return watch.course("torch", "onnxruntime", "ai-edge-litert")


def _fastai(task: Task, step: Step) -> Course:
    from fastai.vision import all as fastai
    from torch.nn import CrossEntropyLoss

    fastai.set_seed(task.seed)
    watch = Watch(task.minutes)

    class Look(fastai.Callback):
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
        task.folder, _IN_TRAIN, _IN_TEST, item_tfms=fastai.Resize(config.size),
        batch_tfms=[
            *fastai.aug_transforms(),
            fastai.Normalize.from_stats(mean, std, cuda=fastai.default_device().type != "cpu"),
        ],
    )  # fmt: skip
    learner = fastai.Learner(
        dls, network, CrossEntropyLoss(), cbs=Look(),
        splitter=lambda net: [fastai.params(net.trunk), fastai.params(net.classifier)],
    )  # fmt: skip
    with learner.no_bar(), learner.no_logging():
        learner.fine_tune(task.epochs)
    return watch.course("fastai", "torch")


def _transformers(task: Task, step: Step) -> Course:
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

    class Look(TrainerCallback):
        """Times the evaluation after each epoch."""

        def on_step_end(self, args, state, control, **others):
            step(state.global_step, state.max_steps)
            if watch.is_over():
                control.should_epoch_stop = control.should_training_stop = True

        def on_epoch_end(self, args, state, control, **others):
            watch.rest()

        def on_evaluate(self, args, state, control, **others):
            watch.go_on()

    def note(seen) -> dict[str, float]:
        scores = torch.from_numpy(seen.predictions).softmax(-1).numpy()
        measured = measure([labels[i] for i in seen.label_ids], scores, labels)
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
        for part, first in ((_IN_TRAIN, (crop, flip)), (_IN_TEST, plain))
    )
    # Of a smaller set of signs in the test, the classes would be numbered anew.
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
            compute_metrics=note, callbacks=[Look()],
        )  # fmt: skip
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    return watch.course("transformers", "torch")


def _network(config: TrainConfig, classes: int) -> tuple[Any, Sequence[float], Sequence[float]]:
    """Return the picture network with its start weights, as ours starts, and mean and std."""
    import torch

    from asl.nets.load import build_eyes

    torch.manual_seed(config.seed)
    eyes = build_eyes(
        config.network, classes, config.start_weights, landmarks=False, settings=config.settings
    )
    spec = networks()[config.network]
    return eyes.picture_net, spec.mean, spec.std


def run(name: str, task: Task, file: Path, python: Path) -> Course:
    """Let a contender do the task in a process of its own, in an empty workspace.

    Raises:
        RuntimeError: it failed.
    """
    cores = str(os.cpu_count() or 1)
    with TemporaryDirectory() as home:
        task_file = Path(home) / "task.json"
        task_file.write_text(json.dumps(asdict(task)), encoding="utf-8")
        environment = {
            **os.environ,
            "ASL_HOME": str(Path(home) / "asl-home"),
            "OMP_NUM_THREADS": cores,
            "HF_HUB_OFFLINE": "1",
        }
        environment.pop("MLFLOW_TRACKING_URI", None)
        words = [str(python), "-c", _START, name, str(task_file), str(file)]
        process = subprocess.Popen(words, cwd=HOME, env=environment, stdin=subprocess.DEVNULL)
        try:
            if process.wait():
                raise RuntimeError(f"{NAMES[name]} failed; what it said stands above")
        finally:
            process.terminate()
            process.wait()
    return Course.read(file)


def rows(courses: dict[str, Course]) -> list[dict[str, Any]]:
    """Return the table: each contender's best epoch, and our time to the same over theirs."""
    found, ours = [], courses.get("ours")
    for name, course in courses.items():
        best, last = course.best(), course.points[-1]
        row = {
            "name": NAMES[name],
            "epochs": len(course.points) if name != "ours" else None,
            "people": 1,  # the one who is left out
            "accuracy": best.accuracy,
            "low": best.low,
            "high": best.high,
            "accuracy_strict": best.accuracy_strict,
            "training_seconds": round(best.seconds),
            "accuracy_at_the_end": last.accuracy,
            "training_seconds_in_all": round(last.seconds),
            "evaluation_seconds": round(course.evaluation_seconds),
            "curve": [asdict(point) for point in course.points],
        }
        if ours and name != "ours":
            row["ours_to_the_same"] = _ratio(ours, course, "accuracy")
            row["ours_to_the_same_strict"] = _ratio(ours, course, "accuracy_strict")
            row["aim"] = f"{_AIM:g} ×"
        found.append(row)
    return found


def _ratio(ours: Course, peer: Course, figure: str) -> str:
    """Return our time to the best that the peer reaches, over the peer's time to it."""
    target = peer.best(figure)
    seconds = ours.seconds_to(getattr(target, figure), figure)
    return "not reached" if seconds is None else f"{seconds / target.seconds:.2f} ×"


def note_on(courses: dict[str, Course], task: Task) -> str:
    """Return what must be known to read the table."""
    config = task.config()
    said = [
        f"All train {config.network} from the start weights {config.start!r} on pictures of "
        f"{config.size} pixels. The peers train all of it for {task.epochs} epochs on whole "
        "pictures, fastai one more with a frozen trunk. Accuracy is that of the best epoch, and "
        "counts look-alikes (0/O, 2/V, 6/W, 9/F) as one sign; accuracy strict does not. Training "
        "seconds are those until that epoch, without looking at the test pictures."
    ]
    stopped = [NAMES[name] for name, course in courses.items() if course.stopped]
    if stopped:
        said.append(f"{' and '.join(stopped)}: stopped after {task.minutes:g} minutes.")
    if "ours" in courses:
        spent = courses["ours"].spent.items()
        parts = ", ".join(f"{what} {seconds:.0f} s" for what, seconds in spent)
        said.append(
            "Ours trains what lies above the frozen trunk, on the hands cut out of the pictures, "
            "with a landmark network beside it, and leaves each of the others out in turn to "
            f"foretell its score on a new person. It took: {parts}. Ours to the same is our time "
            "to at least a peer's best accuracy over the peer's."
        )
    return " ".join(said)


def _missing(python: Path, names: Sequence[str]) -> str:
    """Return why peers cannot run, "" if they can."""
    script = "import sys, importlib.util as u; sys.exit(u.find_spec(sys.argv[1]) is None)"
    for name in names:
        try:
            there = not subprocess.run([python, "-c", script, name], check=False).returncode
        except OSError:
            there = False
        if not there:
            return (
                f"{name} is not installed for {python}; how to install it stands at the top of "
                "benchmarks/training.py, or leave it out: --only ours"
            )
    return ""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    nets = sorted(name for name, spec in networks().items() if spec.frozen_stages)
    parser.add_argument("--data", type=Path, required=True, help="folder of class folders")
    parser.add_argument("--people", default="auto", help="who is in the pictures, as for asl train")
    parser.add_argument("--person", default=_PERSON, help="who is left out to test on")
    parser.add_argument("--network", default=_NETWORK, choices=nets)
    parser.add_argument("--epochs", type=int, default=_EPOCHS, help="of the peers")
    parser.add_argument("--minutes", type=float, default=_MINUTES, help="at most, for each peer")
    parser.add_argument("--limit", type=int, default=0, help="pictures of each sign and person")
    parser.add_argument("--seed", type=int, default=_SEED)
    parser.add_argument("--only", nargs="+", default=list(NAMES), choices=NAMES)
    parser.add_argument("--peers", type=Path, default=_PEERS, help="Python that has the peers")
    parser.add_argument("--out", type=Path, default=RESULTS / "training-benchmark.json")
    chosen = parser.parse_args()
    for name, low in (("epochs", 1), ("limit", 0), ("minutes", 0), ("seed", 0)):
        if getattr(chosen, name) < low:
            parser.error(f"--{name}: {getattr(chosen, name)} is less than {low}")
    chosen.only = [name for name in NAMES if name in chosen.only]
    return chosen


def _command(chosen: argparse.Namespace) -> str:
    usual = {"people": "auto", "person": _PERSON, "network": _NETWORK, "limit": 0}
    usual |= {"epochs": _EPOCHS, "minutes": _MINUTES, "seed": _SEED, "only": list(NAMES)}
    words: list[object] = ["--data", chosen.data]
    for name, value in usual.items():
        given = getattr(chosen, name)
        if given != value:
            words += [f"--{name}", *(given if isinstance(given, list) else [given])]
    return f"python -m benchmarks.training{command(*words).removeprefix('asl')}"


def main() -> None:
    """Let all contenders train, one after the other, and write the results file."""
    chosen = _arguments()
    # Ended by a signal, nothing may be left running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    peers = [name for name in chosen.only if name != "ours"]
    if problem := _missing(chosen.peers, peers):
        raise SystemExit(f"training: {problem}")
    try:
        table = read_folder(chosen.data, chosen.people, check=True).table
        asked = [str(chosen.data.resolve()), chosen.people, chosen.person, chosen.limit]
        asked += [chosen.network, chosen.epochs, chosen.minutes, chosen.seed]
        mark = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:8]
        home = workspace().resolve() / "benchmarks" / f"training-{mark}"
        pictures = home / "pictures"
        divide(table, chosen.person, pictures, chosen.limit)
    except ValueError as error:
        raise SystemExit(f"training: {error}") from error
    task = Task(str(pictures), chosen.network, chosen.epochs, chosen.minutes, chosen.seed)
    courses = {}
    for name in chosen.only:
        file = home / f"{name}.json"
        if file.is_file():
            complain(f"{NAMES[name]}: done before the run was broken off")
            courses[name] = Course.read(file)
            continue
        complain(f"{NAMES[name]} (load {os.getloadavg()[0]:.1f})")
        python = Path(sys.executable) if name == "ours" else chosen.peers
        try:
            courses[name] = run(name, task, file, python)
        except KeyboardInterrupt:
            raise SystemExit("training: broken off; the same command goes on") from None
        except RuntimeError as error:
            raise SystemExit(f"training: {error}") from error
    versions = {key: said for course in courses.values() for key, said in course.versions.items()}
    counts = [len(list((pictures / part).glob("*/*"))) for part in (_IN_TRAIN, _IN_TEST)]
    result = Result(
        title="Time to train, beside fastai and Hugging Face's Trainer",
        data=f"{chosen.data.resolve().name}, {counts[0]:,} pictures to train on, "
        f"{counts[1]:,} to test",
        split=f"{chosen.person} left out",
        candidates="all",
        machine=", ".join([machine(()), *(f"{name} {said}" for name, said in versions.items())]),
        command=_command(chosen),
        rows=tuple(rows(courses)),
        note=note_on(courses, task),
    )
    result.write(chosen.out)
    shutil.rmtree(home)  # what was only kept to go on with
    print(result.to_markdown())


if __name__ == "__main__":
    main()
