"""The training loop: one network, one training set, on one process or several."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from asl.training.fitting.batches import Step, batches
from asl.training.fitting.callbacks import GrowAugmentation, GrowDropout, growth_of
from asl.training.fitting.checkpoint import CHECKPOINT, Checkpoint
from asl.training.fitting.learner import Learner
from asl.training.fitting.sampling import Sampler, draw_from
from asl.training.fitting.schedules import Schedule
from asl.training.fitting.torch_learner import TorchLearner
from asl.training.fitting.training_set import Growing, TrainingSet
from asl.training.fitting.validation import channels_last, validate
from asl.training.progress import Progress, Report, Task, ignore
from asl.training.settings import Recipe


@contextmanager
def _leaving_nothing() -> Iterator[None]:
    """Collect what a training leaves behind, such as an optimizer, which refers to itself.

    What was there before, a million objects of the libraries, is not looked at: that would take
    half a second each time, and more while it trains.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.collect()
        gc.unfreeze()


@_leaving_nothing()
def fit(
    network: nn.Module,
    training_set: TrainingSet,
    recipe: Recipe,
    seed: int,
    folder: Path,
    task: Task,
    report: Report = ignore,
    half: bool = False,
    learner: Learner | None = None,
) -> list[dict[str, Any]]:
    """Train `network` in place; it ends with the weights best on the validation rows.

    A checkpoint is swapped in after every epoch, and as often in between as the recipe says.
    Every step draws its random numbers from `seed`, its epoch and its own number, so a training
    that continues from the checkpoint in `folder` takes the course of an uninterrupted one.
    Epochs done before are reported again, so that those who watch a resumed training see all of it.

    Several processes (see `asl.training.fitting.distributed`) share each batch; all of them must
    call this alike, and only the first one writes.

    Args:
        half: compute in half precision on processors, too, that have units for it. It makes linear
            layers faster and convolutions of pictures slower.
        learner: learns in place of `network`, which gets its weights in the end; by default
            PyTorch trains the network itself.

    Returns:
        one row an epoch: task, epoch, train_loss, valid_loss, accuracy, macro_f1, learning_rate,
        seconds.
    """
    folder.mkdir(exist_ok=True)
    learning: Learner = learner or TorchLearner(network, recipe, half)
    fitting = _Fitting(learning, training_set, recipe, seed, folder / CHECKPOINT)
    state, steps = fitting.state, fitting.steps
    total = recipe.epochs * steps
    for row in state.history:
        report(Progress(task, row["epoch"] * steps, total, None, _figures(row)))
    for epoch in range(len(state.history), recipe.epochs):
        since = state.epochs_since_best(recipe.stop_on, recipe.tolerance)
        if recipe.patience and since >= recipe.patience:
            break
        for done, loss, seconds in fitting.train_epoch(epoch):
            left = seconds * (total - done)
            report(Progress(task, done, total, left, {"train_loss": loss}))
        row = {"task": str(task), **fitting.end_epoch(epoch)}
        state.end_epoch(row)
        fitting.save()
        left = row["seconds"] * (recipe.epochs - epoch - 1)
        report(Progress(task, (epoch + 1) * steps, total, left, _figures(row)))
    fitting.finish()
    return state.history


class _Fitting:
    """What learns, its training set, and all that changes from step to step."""

    def __init__(
        self,
        learner: Learner,
        training_set: TrainingSet,
        recipe: Recipe,
        seed: int,
        file: Path,
    ):
        self._learner, self._set, self._recipe, self._seed = learner, training_set, recipe, seed
        self._sampler = Sampler(training_set, recipe.balance, recipe.draws, seed)
        self.steps = max(1, self._sampler.draws // recipe.batch)
        self._schedule = Schedule(learner.rates, recipe, self.steps)
        self.state = Checkpoint(
            file, learner.network, learner.averaged, learner.optimizer, self._schedule
        )
        self.state.load()
        learner.prepare()
        self._augmentation = GrowAugmentation(growth_of("augment", recipe.grow))
        growth = growth_of("dropout", recipe.grow)
        self._dropout = GrowDropout(learner.dropouts(), growth) if growth else None

    def train_epoch(self, epoch: int) -> Iterator[tuple[int, float, float]]:
        """Take the steps of an epoch that are not done yet.

        Yields:
            after each step: steps done of all epochs, its loss, mean seconds a step.
        """
        self._augmentation.start_epoch(epoch)
        if isinstance(self._set, Growing):
            self._set.grow(self._augmentation.share)
        if self._dropout:
            self._dropout.start_epoch(epoch)
        self._start = time.monotonic() - self.state.seconds
        self._learner.begin_epoch()
        left = self._steps_left(epoch, self._sampler.epoch(epoch))
        workers = self._set.workers if isinstance(self._set, Growing) else 0
        made = batches(self._inputs, [own for _, own in left], workers)
        for (step, (rows, number)), inputs in zip(left, made, strict=True):
            self.state.losses.append(self._step(rows, number, inputs))
            self.state.step, self.state.seconds = step + 1, time.monotonic() - self._start
            done = epoch * self.steps + step + 1
            if self._recipe.checkpoint and done % self._recipe.checkpoint == 0:
                self.save(wait=False)
            yield done, self.state.losses[-1], self.state.seconds / (step + 1)

    def _steps_left(self, epoch: int, order: np.ndarray) -> list[tuple[int, Step]]:
        """Return the steps of an epoch that are not done yet, with this process's rows."""
        rank, processes = self._learner.rank, self._learner.processes
        size, left = self._recipe.batch, []
        for step in range(self.state.step, self.steps):
            batch = order[step * size : (step + 1) * size]
            if len(batch) >= 2 * processes:  # batch norm needs two in every process
                number = (self._seed * 10_007 + epoch) * 100_003 + step
                left.append((step, (batch[rank::processes], number)))
        return left

    def _step(self, rows: np.ndarray, number: int, inputs: torch.Tensor) -> float:
        """Learn from this process's rows of a batch; return the loss on them.

        Args:
            number: of the step, from which its random numbers are drawn.
            inputs: of the rows.
        """
        target = torch.from_numpy(self._set.classes[rows])
        counts = torch.from_numpy(self._set.weights[rows]).float()
        weights = self._sampler.class_weights[target] * counts
        loss = self._learner.learn(inputs, target, weights, number)
        self._schedule.after_step()
        return loss

    def _inputs(self, step: Step) -> torch.Tensor:
        """Return what the network is shown in a step; another process may be asked."""
        rows, number = step
        draw_from(number)
        random = torch.Generator().manual_seed(number * 97 + self._learner.rank)
        inputs = self._set.augmented(rows, random)
        if isinstance(self._set, Growing):
            return inputs
        as_is = self._augmentation.choose(len(rows), random)
        if as_is.any():
            inputs[as_is] = self._set.clean(rows[as_is.numpy()]).to(inputs.device)
        return channels_last(inputs)

    def end_epoch(self, epoch: int) -> dict[str, Any]:
        """Validate, move the schedule on, and return the epoch's row but for its task."""
        learner, rows = self._learner, self._set.validation
        scores = learner.share(validate(self.state.kept, self._set, rows, learner.logits_of))
        losses = self.state.losses
        row = {
            "epoch": epoch + 1,
            "train_loss": float(np.mean(losses)) if losses else np.nan,
            **scores,
            "learning_rate": self._schedule.learning_rate,
            "seconds": time.monotonic() - self._start,
        }
        self._schedule.after_epoch(row["train_loss"], row["valid_loss"])
        return row

    def save(self, wait: bool = True) -> None:
        """Have the first process write the checkpoint.

        Args:
            wait: for all processes to come here.
        """
        if not self._learner.rank:
            self.state.save()
        if wait:
            self._learner.wait()

    def finish(self) -> None:
        """Leave the best weights in the network, and the network on the processor."""
        if self._dropout:
            self._dropout.stop()
        self._learner.finish(self.state.best)


def _figures(row: dict[str, Any]) -> dict[str, float]:
    """Return the finite numbers of an epoch's row: what JSON and charts can hold."""
    return {
        name: value
        for name, value in row.items()
        if isinstance(value, (int, float)) and np.isfinite(value)
    }
