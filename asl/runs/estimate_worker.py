"""Run a training for a few steps and tell what all of it would take; see `asl.runs.estimate`.

``python -m asl.runs.estimate_worker`` reads from standard input, as JSON, the settings and how
better ones are searched for (see `asl.runs.run.Run`), and prints a JSON object a line: what is
being tried, and at last the estimate or an error.
"""

import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil
import torch

from asl.data.cache import lend
from asl.hands.networks import HandsUnavailable
from asl.inference.sequences.means.movements import BYTES_A_WORD
from asl.runs.estimate import Estimate
from asl.training.config import TrainConfig
from asl.training.folds import FINAL, fold_names, splits
from asl.training.kind import kind_of
from asl.training.progress import Progress, Task
from asl.training.search.space import middling
from asl.training.settings import Recipe
from asl.workspace import workspace

#: Examples that are tried.
_SAMPLE = 24
#: Batches of each network, and examples in one: more would take long to try.
_BATCHES = 3
_LARGEST_BATCH = 64
#: Memory of a process that prepares examples.
_WORKER = 300 << 20
#: Bytes of the figures that tracking keeps: three at most, each with what draws it.
_FIGURES = 15 << 20
#: Seconds that a trial of a search takes beside learning: for its network, and each epoch for the
#: checkpoint and the records.
_TRIAL, _EPOCH = 1.0, 0.1
#: Exporting the whole network: seconds, or a multiple of exporting a trunk where one is.
_EXPORT, _EXPORTS = 15.0, 3
#: Tasks that all processors share.
_IN_POOL = (Task.FINDING_HANDS, Task.REREADING_HANDS)
#: What is tried in words, and how much of all is done then, 0 to 1.
_TRIED = {
    Task.FINDING_HANDS: ("looking for hands", 0.2),
    Task.READING_PICTURES: ("reading pictures", 0.2),
    Task.REREADING_HANDS: ("reading hands again", 0.3),
    Task.FROZEN_STAGES: ("trying the picture network's frozen stages", 0.4),
    Task.PICTURE_NETWORK: ("trying the picture network", 0.6),
    Task.ALL_STAGES: ("trying all stages of the picture network", 0.7),
    Task.LANDMARK_NETWORK: ("trying the landmark network", 0.9),
    Task.READING_SEQUENCES: ("reading landmarks", 0.2),
    Task.SEQUENCE_NETWORK: ("trying the network of words", 0.9),
}

Say = Callable[[str, float], None]


def measure_cost(
    config: TrainConfig, search: Mapping[str, Any], say: Say = lambda what, share: None
) -> Estimate:
    """Run `config` on a few examples for a few batches, and tell what all of it takes.

    Args:
        search: how better settings are searched for, empty where none are; see
            `asl.runs.run.Run`.

    Raises:
        ValueError: a folder is missing, or a setting that cannot be met.
        HandsUnavailable: hand detection cannot run here.
    """
    workers = search.get("workers", 1)
    if search:
        config = middling(config, search["vary"], search["most_epochs"])
        # One of several leaves the other processors to the others.
        torch.set_num_threads(max(1, torch.get_num_threads() // workers))
    started = time.time() - psutil.Process().create_time()
    with TemporaryDirectory() as folder:
        tried = _Trial(config, Path(folder), say)
    once = [("", Task.STARTING, started + tried.once(Task.STARTING)), *tried.preparing()]
    folds = splits(config, tried.data.listed)
    plan: list[tuple[str, str, float]]
    if search:  # each trial trains on the first fold alone
        trainings = workers
        seconds = sum(tried.training(len(folds[0].train)).values())
        seconds += _TRIAL + _EPOCH * config.recipe.epochs
        plan = [*once, ("", Task.TRIALS, search["trials"] * seconds / workers)]
    else:
        names = fold_names(config, folds)
        trainings = len(names)
        counts = [len(split.train) for split in folds] + [tried.count] * (names[-1] == FINAL)
        training = [
            (name, task, seconds)
            for name, count in zip(names, counts, strict=True)
            for task, seconds in tried.training(count).items()
        ]
        plan = [*once, *training, ("", Task.EXPORTING, tried.export)]
    disk = tried.cached + trainings * 6 * tried.weights + _FIGURES
    return Estimate(tuple(plan), tried.memory(workers), disk, tried.count)


class _Trial:
    """A training of a few steps on a few examples, and what it took.

    Attributes:
        count: examples that there are in all.
        cached: bytes that the caches of all of them take.
        weights: bytes of the model's weights.
        export: seconds that exporting the model takes.
    """

    def __init__(self, config: TrainConfig, folder: Path, say: Say):
        self._config, self._kind = config, kind_of(config)
        # What the check of a data set has found is not searched for again, nor in the training.
        for place in ("first", "cache"):
            lend(workspace() / "cache", folder / place)
        # Once with a single example: what that takes, each further one does not take again.
        self._first = _Stopwatch(lambda what, share: None)
        first = self._kind.load(config, folder / "first", 1, self._first.note, sample=1)
        self._first.rest(Task.STARTING)
        self._all = _Stopwatch(say)
        self.data = self._kind.load(config, folder / "cache", 1, self._all.note, sample=_SAMPLE)
        self._all.rest(Task.STARTING)
        self._sample = max(1, len(self.data.rows))
        self._further = max(1, self._sample - len(first.rows))
        self._before = _memory()
        rows = np.arange(len(self.data.rows))
        fitted = self._kind.fit(
            _shortened(config), self.data, rows, rows[:0], folder, self._all.note
        )
        self._after = _memory()
        self.count = len(self.data.listed)
        kept = [_bytes_in(folder / place) for place in ("first", "cache")]
        # Sequences of a packed file are kept together, however many of them are wanted.
        each = max(0, kept[1] - kept[0]) / self._further
        self.cached = int(kept[0] + each * (self.count - 1))
        self.weights = sum(tensor.nbytes for tensor in fitted.network.state_dict().values())
        steps = self._all.steps(Task.FROZEN_STAGES)
        self.export = _EXPORTS * steps[0] if steps else _EXPORT

    def once(self, task: Task, at_a_time: int = 1) -> float:
        """Return the seconds that a task takes which is done once for all examples."""
        once = self._first.seconds(task)
        each = max(0.0, self._all.seconds(task) - once) / self._further
        return once + each * self.count / at_a_time

    def preparing(self) -> list[tuple[str, str, float]]:
        """Return the steps of the plan that are done once, before any fold is trained."""
        plan: list[tuple[str, str, float]] = []
        for task in self._all.tasks:
            if task is Task.FROZEN_STAGES:
                first, *later = self._all.steps(task)
                pictures = self.count * (self._config.copies + 1)
                # So few go through one after the other, all of them in several threads.
                at_a_time = min(os.cpu_count() or 1, torch.get_num_threads() + 1)
                each = (median(later) if later else first) / self._sample / at_a_time
                plan.append(("", task, first + each * pictures))
            elif task not in self._kind.recipes(self._config):
                at_a_time = (os.cpu_count() or 1) if task in _IN_POOL else 1
                plan.append(("", task, self.once(task, at_a_time)))
        return plan

    def training(self, count: int) -> dict[Task, float]:
        """Return the seconds that each network takes where a fold trains on `count` examples."""
        seconds = {}
        for task, name in self._kind.recipes(self._config).items():
            recipe = getattr(self._config, name)
            first, *later = self._all.steps(task) or [0.0]
            batch = min(_LARGEST_BATCH, recipe.batch)
            # A tenth of the examples is only looked at after each epoch, a third of the work.
            shown = (recipe.draws or count) + 0.1 * count / 3
            seconds[task] = (median(later) if later else first) / batch * recipe.epochs * shown
        return seconds

    def memory(self, workers: int) -> int:
        """Return the bytes needed at the most demanding moment of `workers` trainings at a time."""
        recipes = (self._config.recipe, self._config.unfrozen)
        largest = max(recipe.batch for recipe in recipes if recipe)
        tried = min(_LARGEST_BATCH, largest)
        # What a larger batch takes beyond the one that was tried.
        beyond = (largest - tried) * (self._after - self._before) // tried
        training = workers * (self._after + beyond) + self.cached
        # Their mean movements are in memory together, where they are written.
        words = BYTES_A_WORD * len(self.data.labels) if self._config.of_sequences else 0
        workers_at_first = self._before + (os.cpu_count() or 1) * _WORKER
        return int(max(training + words, workers_at_first))


class _Stopwatch:
    """Notes when each task of a training reports progress."""

    def __init__(self, say: Say):
        self._say, self._last = say, time.perf_counter()
        self._steps: dict[Task, list[float]] = {}

    def note(self, progress: Progress) -> None:
        """Note a report; that of a whole epoch comes right after that of its last step."""
        if progress.ends_epoch:
            self._last = time.perf_counter()
            return
        if progress.task not in self._steps:
            self._say(*_TRIED[progress.task])
        self.rest(progress.task)

    def rest(self, task: Task) -> None:
        """Note what has been done since the last report, and was not reported."""
        now = time.perf_counter()
        self._steps.setdefault(task, []).append(now - self._last)
        self._last = now

    @property
    def tasks(self) -> list[Task]:
        """The tasks that were reported, in order."""
        return [task for task in self._steps if task is not Task.STARTING]

    def steps(self, task: Task) -> list[float]:
        """Return the seconds from each report to the next; before the first lies the setting up."""
        return self._steps.get(task, [])

    def seconds(self, task: Task) -> float:
        """Return the seconds that a task took in all."""
        return sum(self.steps(task))


def _bytes_in(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _shortened(config: TrainConfig) -> TrainConfig:
    """Return the same settings with a few batches, none too large, for each network."""

    def short(recipe: Recipe) -> Recipe:
        batch = min(_LARGEST_BATCH, recipe.batch)
        return replace(recipe, epochs=1, batch=batch, draws=_BATCHES * batch, patience=0)

    names = set(kind_of(config).recipes(config).values())
    recipes: dict[str, Any] = {name: short(getattr(config, name)) for name in names}
    return replace(config, **recipes)


def _memory() -> int:
    """Return the most memory that this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Read settings, try them out, and say what comes out."""
    out = sys.stdout

    def say(**said: object) -> None:
        print(json.dumps(said), file=out, flush=True)

    # Libraries that print on standard output must not spoil the JSON.
    with redirect_stdout(sys.stderr):
        try:
            asked = json.load(sys.stdin)
            config = TrainConfig.from_dict(asked["config"])
            found = measure_cost(
                config, asked["search"], lambda what, share: say(what=what, share=share)
            )
        except (ValueError, OSError, HandsUnavailable) as error:
            say(error=str(error))
        except Exception as error:
            traceback.print_exc()
            say(error=f"trying out a few batches failed: {type(error).__name__}: {error}")
        else:
            say(estimate=asdict(found))


if __name__ == "__main__":
    main()
