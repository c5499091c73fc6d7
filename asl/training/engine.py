"""The training loop: one network, one course of examples, on one process or several."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list
from sklearn.metrics import f1_score
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from asl.training.callbacks import GrowAugmentation, GrowDropout, growth_of
from asl.training.schedules import Schedule, build_optimizer
from asl.training.settings import Recipe

CHECKPOINT = "checkpoint.pt"


class Course(Protocol):
    """The examples that one network learns from.

    Attributes:
        classes: (N,) int, the class of each row.
        sources: (N,) str, the data set of each row, for balance.
        weights: (N,) float, how much each row counts.
        validation: positions of the rows kept aside, the rest is trained on.
    """

    classes: np.ndarray
    sources: np.ndarray
    weights: np.ndarray
    validation: np.ndarray

    def changed(self, rows: np.ndarray, random: torch.Generator) -> torch.Tensor:
        """Return augmented network inputs."""

    def plain(self, rows: np.ndarray) -> torch.Tensor:
        """Return network inputs as prediction sees them."""


@dataclass(frozen=True)
class Progress:
    """Where a training stands.

    Attributes:
        task: what is being done.
        done: steps finished.
        total: steps in all.
        seconds_left: of this task, estimated; None while unknown.
        figures: losses and scores known so far. At the end of an epoch, and only there, they hold
            its whole row: epoch, train_loss, valid_loss, accuracy, macro_f1, learning_rate and
            seconds, as far as they are finite.
        job: which division of the data this is about, "" where it is all one.
    """

    task: str
    done: int
    total: int
    seconds_left: float | None
    figures: dict[str, float]
    job: str = ""

    @property
    def ends_epoch(self) -> bool:
        """Whether `figures` are those of a whole epoch."""
        return "epoch" in self.figures


Report = Callable[[Progress], None]


def fit(
    network: nn.Module,
    course: Course,
    recipe: Recipe,
    seed: int,
    folder: Path,
    task: str,
    report: Report = lambda progress: None,
) -> list[dict[str, Any]]:
    """Train `network` in place; it ends with the weights best on the validation rows.

    A checkpoint is swapped in after every epoch, and as often in between as the recipe says.
    Every step draws its random numbers from `seed`, its epoch and its own number, so a training
    that goes on with the checkpoint in `folder` takes the course of an uninterrupted one. Epochs
    done before are reported again, so that whoever watches a resumed training sees all of it.

    Several processes (see `asl.training.together`) share each batch; all of them must call this
    alike, and only the first one writes.

    Returns:
        one row an epoch: task, epoch, train_loss, valid_loss, accuracy, macro_f1, learning_rate,
        seconds.
    """
    folder.mkdir(exist_ok=True)
    accelerator = Accelerator(cpu=not torch.cuda.is_available(), mixed_precision=_precision())
    rank, processes = accelerator.process_index, accelerator.num_processes
    network.to(accelerator.device, memory_format=torch.channels_last)
    trainable = [p for p in network.parameters() if p.requires_grad]
    optimizer = build_optimizer(trainable, recipe)
    rows = np.setdiff1d(np.arange(len(course.classes)), course.validation)
    chances = _chances(course, rows, recipe.balance)
    draws = recipe.draws or len(rows)
    # Drawn without putting back where that keeps the balance: then every example counts once.
    again = draws > len(rows) or np.ptp(chances) > 1e-12
    steps = max(1, draws // recipe.batch)
    schedule = Schedule(optimizer, recipe, steps)
    class_weights = _class_weights(course, rows, chances)
    averaged = _averaged(network, recipe.average)
    state = _State(folder / CHECKPOINT, network, averaged, optimizer, schedule)
    state.load()
    total = recipe.epochs * steps
    for row in state.history:
        report(Progress(task, row["epoch"] * steps, total, None, _figures(row)))
    model, optimizer = accelerator.prepare(network, optimizer)
    class_weights = class_weights.to(accelerator.device)
    augmentation = GrowAugmentation(growth_of("augment", recipe.grow))
    growth = growth_of("dropout", recipe.grow)
    dropout = GrowDropout(network, growth) if growth else None
    for epoch in range(len(state.history), recipe.epochs):
        if recipe.patience and state.epochs_since_best >= recipe.patience:
            break
        for callback in filter(None, (augmentation, dropout)):
            callback.start_epoch(epoch)
        start = time.monotonic() - state.seconds
        order = np.random.default_rng((seed, epoch)).choice(rows, draws, again, chances)
        model.train()
        for step in range(state.step, steps):
            number = (seed * 10_007 + epoch) * 100_003 + step
            torch.manual_seed(number)
            random = torch.Generator().manual_seed(number * 97 + rank)
            together = order[step * recipe.batch : (step + 1) * recipe.batch]
            if len(together) < 2 * processes:  # batch norm needs two in every process
                continue
            part = together[rank::processes]
            inputs = _inputs(course, part, augmentation, random).to(accelerator.device)
            target = torch.from_numpy(course.classes[part]).to(accelerator.device)
            counts = torch.from_numpy(course.weights[part]).float().to(accelerator.device)
            weights = class_weights[target] * counts
            with accelerator.autocast():
                logits = model(inputs)
            loss = F.cross_entropy(
                logits.float(), target, reduction="none", label_smoothing=recipe.label_smoothing
            )
            loss = (loss * weights).sum() / weights.sum().clamp(min=1e-6)
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(trainable, 5.0)
            optimizer.step()
            schedule.after_step()
            optimizer.zero_grad(set_to_none=True)
            if averaged:
                averaged.update_parameters(network)
            state.losses.append(float(loss.detach()))
            done = epoch * steps + step + 1
            state.step, state.seconds = step + 1, time.monotonic() - start
            if recipe.checkpoint and done % recipe.checkpoint == 0 and accelerator.is_main_process:
                state.save()
            left = state.seconds / (step + 1) * (total - done)
            report(Progress(task, done, total, left, {"train_loss": state.losses[-1]}))
        # The first process speaks for all: statistics of batch norm differ between them.
        [scores] = broadcast_object_list([validate(state.kept, course, course.validation)])
        row = {
            "task": task,
            "epoch": epoch + 1,
            "train_loss": float(np.mean(state.losses)) if state.losses else np.nan,
            **scores,
            "learning_rate": schedule.learning_rate,
            "seconds": time.monotonic() - start,
        }
        schedule.after_epoch(row["train_loss"], row["valid_loss"])
        state.add(row)
        if accelerator.is_main_process:
            state.save()
        accelerator.wait_for_everyone()
        left = row["seconds"] * (recipe.epochs - epoch - 1)
        report(Progress(task, (epoch + 1) * steps, total, left, _figures(row)))
    if dropout:
        dropout.stop()
    network.load_state_dict(state.best)
    network.to("cpu", memory_format=torch.contiguous_format)
    accelerator.free_memory()
    return state.history


def _inputs(
    course: Course, rows: np.ndarray, augmentation: GrowAugmentation, random: torch.Generator
) -> torch.Tensor:
    inputs = course.changed(rows, random)
    as_is = augmentation.choose(len(rows), random)
    if as_is.any():
        inputs[as_is] = course.plain(rows[as_is.numpy()]).to(inputs.device)
    return _layout(inputs)


@torch.no_grad()
def logits_of(network: nn.Module, course: Course, rows: np.ndarray, batch: int = 256) -> np.ndarray:
    """Return (len(rows), C) logits of the plain inputs of `rows`."""
    network.eval()
    device = next(network.parameters()).device
    parts = np.array_split(rows, max(1, -(-len(rows) // batch)))
    return np.concatenate(
        [network(_layout(course.plain(part)).to(device)).float().cpu().numpy() for part in parts]
    )


def validate(network: nn.Module, course: Course, rows: np.ndarray) -> dict[str, float]:
    """Return loss, accuracy and macro-F1 on `rows`; not a number where there are none."""
    if not len(rows):
        return {"valid_loss": np.nan, "accuracy": np.nan, "macro_f1": np.nan}
    logits = torch.from_numpy(logits_of(network, course, rows))
    truth = course.classes[rows]
    answers = logits.argmax(1).numpy()
    return {
        "valid_loss": float(F.cross_entropy(logits, torch.from_numpy(truth))),
        "accuracy": float((answers == truth).mean()),
        "macro_f1": float(f1_score(truth, answers, average="macro", zero_division=0)),
    }


def _figures(row: dict[str, Any]) -> dict[str, float]:
    """Return the finite numbers of an epoch's row: what JSON and charts can hold."""
    return {
        name: value
        for name, value in row.items()
        if isinstance(value, (int, float)) and np.isfinite(value)
    }


def _layout(inputs: torch.Tensor) -> torch.Tensor:
    """Pictures run twice as fast on processors when their channels lie side by side."""
    return inputs.contiguous(memory_format=torch.channels_last) if inputs.ndim == 4 else inputs


class _State:
    """All that a training needs to go on where it stopped."""

    def __init__(
        self,
        file: Path,
        network: nn.Module,
        averaged: AveragedModel | None,
        optimizer: torch.optim.Optimizer,
        schedule: Schedule,
    ):
        self._file = file
        self._parts = {"network": network, "optimizer": optimizer, "schedule": schedule}
        if averaged:
            self._parts["averaged"] = averaged
        #: What is validated, and comes out of the training.
        self.kept = averaged.module if averaged else network
        self.history: list[dict[str, Any]] = []
        self.best = _copy(self.kept)
        #: Of the epoch that is not done: its steps, their losses, and seconds taken.
        self.step, self.losses, self.seconds = 0, [], 0.0

    @property
    def epochs_since_best(self) -> int:
        scores = [row["macro_f1"] for row in self.history]
        return len(scores) - 1 - int(np.argmax(scores)) if scores else 0

    def add(self, row: dict[str, Any]) -> None:
        self.history.append(row)
        earlier = [r["macro_f1"] for r in self.history[:-1]]
        # Written so that without validation rows, where F1 is not a number, the last one counts.
        if not earlier or not row["macro_f1"] < max(earlier):
            self.best = _copy(self.kept)
        self.step, self.losses, self.seconds = 0, [], 0.0

    def save(self) -> None:
        fresh = self._file.with_suffix(".new")
        torch.save(
            {
                **{name: part.state_dict() for name, part in self._parts.items()},
                "best": self.best,
                "history": self.history,
                "step": self.step,
                "losses": self.losses,
                "seconds": self.seconds,
            },
            fresh,
        )
        os.replace(fresh, self._file)

    def load(self) -> None:
        if not self._file.is_file():
            return
        saved = torch.load(self._file, map_location="cpu", weights_only=True)
        for name, part in self._parts.items():
            part.load_state_dict(saved[name])
        self.best, self.history = saved["best"], saved["history"]
        self.step, self.losses, self.seconds = saved["step"], saved["losses"], saved["seconds"]


def _copy(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().cpu().clone() for name, tensor in network.state_dict().items()}


def _averaged(network: nn.Module, past: float) -> AveragedModel | None:
    """Return the running mean of the weights, which starts as they do; None without a past."""
    if not past:
        return None
    return AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(past), use_buffers=True)


def _precision() -> str:
    # Half precision is slower on processors without matrix units for it.
    return "bf16" if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else "no"


def _chances(course: Course, rows: np.ndarray, balance: float) -> np.ndarray:
    """Return each row's chance of being drawn, so that large data sets do not drown small ones."""
    _, source, counts = np.unique(course.sources[rows], return_inverse=True, return_counts=True)
    chances = counts[source].astype(float) ** -balance * (course.weights[rows] > 0)
    if not chances.sum():
        raise ValueError("training: no example has any weight")
    return chances / chances.sum()


def _class_weights(course: Course, rows: np.ndarray, chances: np.ndarray) -> torch.Tensor:
    """Return loss weights by class: one over the root of how often it is drawn."""
    drawn = np.bincount(course.classes[rows], chances, minlength=int(course.classes.max()) + 1)
    weights = np.where(drawn > 0, np.maximum(drawn, 1e-12) ** -0.5, 0)
    return torch.tensor(weights / (weights * drawn).sum(), dtype=torch.float32)
