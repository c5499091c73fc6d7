"""Learning-rate schedules under one roof: some move after every step, some after every epoch."""

import math
from typing import Any

import torch
from torch.optim import lr_scheduler

from asl.training.settings import Recipe


def build_optimizer(parameters: list[torch.nn.Parameter], recipe: Recipe) -> torch.optim.Optimizer:
    """Return the recipe's optimizer; biases and norms do not decay."""
    kind = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam}[recipe.optimizer]
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return kind(groups, recipe.learning_rate, fused=True)


class Schedule:
    """The learning rate of `recipe`, over epochs of `steps` steps each."""

    def __init__(self, optimizer: torch.optim.Optimizer, recipe: Recipe, steps: int):
        self._optimizer = optimizer
        self._every_step = recipe.schedule in ("onecycle", "cosine")
        total = steps * recipe.epochs
        self._inner: lr_scheduler.LRScheduler
        if recipe.schedule == "onecycle":
            self._inner = lr_scheduler.OneCycleLR(
                optimizer, recipe.learning_rate, total_steps=total + 1,
                pct_start=max(recipe.warmup, 1 / total),
            )  # fmt: skip
        elif recipe.schedule == "cosine":
            self._inner = lr_scheduler.CosineAnnealingWarmRestarts(
                optimizer, T_0=recipe.restart * steps, T_mult=2
            )
        elif recipe.schedule == "plateau":
            self._inner = lr_scheduler.ReduceLROnPlateau(
                optimizer, factor=recipe.decay, patience=recipe.wait
            )
        else:
            decay = recipe.decay if recipe.schedule == "exponential" else 1.0
            self._inner = lr_scheduler.ExponentialLR(optimizer, decay)

    @property
    def learning_rate(self) -> float:
        """The one that the next step takes."""
        return self._optimizer.param_groups[0]["lr"]

    def after_step(self) -> None:
        if self._every_step:
            self._inner.step()

    def after_epoch(self, train_loss: float, valid_loss: float) -> None:
        """Move on; without validation rows the training loss says whether there is progress."""
        if isinstance(self._inner, lr_scheduler.ReduceLROnPlateau):
            self._inner.step(valid_loss if math.isfinite(valid_loss) else train_loss)
        elif not self._every_step:
            self._inner.step()

    def state_dict(self) -> dict[str, Any]:
        return self._inner.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._inner.load_state_dict(state)
