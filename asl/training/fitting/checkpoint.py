"""Everything that a fit needs to continue where it stopped, kept in one file."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from asl.files import replacing
from asl.training.fitting.learner import Averaged, Stateful

CHECKPOINT = "checkpoint.pt"


class Checkpoint:
    """The state of one network's fit, stored in `file`.

    Attributes:
        kept: the network that is validated and comes out of the fit: the running mean of the
            weights where there is one.
        history: one row an epoch that is done.
        best: weights of the epoch with the best macro F1.
        step, losses, seconds: of the epoch that is not done: its steps, their losses, and the
            seconds taken.
    """

    def __init__(
        self,
        file: Path,
        network: Stateful,
        averaged: Averaged | None,
        optimizer: Stateful,
        schedule: Stateful,
    ):
        self._file = file
        self._parts: dict[str, Stateful] = {
            "network": network,
            "optimizer": optimizer,
            "schedule": schedule,
        }
        if averaged:
            self._parts["averaged"] = averaged
        self.kept: Stateful = averaged.module if averaged else network
        self.history: list[dict[str, Any]] = []
        self.best = _copy(self.kept)
        self.step, self.seconds = 0, 0.0
        self.losses: list[float] = []

    def epochs_since_best(self, measure: str = "macro_f1", tolerance: float = 0.0) -> int:
        """Return the epochs done after the last that was better than all before it.

        Args:
            measure: column of the history; a key of `asl.training.settings.STOP_ON`.
            tolerance: by how much it must be better.
        """
        sign = -1 if measure == "valid_loss" else 1
        best, last = -np.inf, 0
        for number, row in enumerate(self.history):
            value = sign * row[measure]
            if value > best + tolerance:
                best, last = value, number
        return max(0, len(self.history) - 1 - last)

    def end_epoch(self, row: dict[str, Any]) -> None:
        """Add the row of an epoch; its weights are kept where they are the best so far."""
        earlier = [one["macro_f1"] for one in self.history]
        self.history.append(row)
        # Written so that without validation rows, where F1 is not a number, the last one counts.
        if not earlier or not row["macro_f1"] < max(earlier):
            self.best = _copy(self.kept)
        self.step, self.losses, self.seconds = 0, [], 0.0

    def save(self) -> None:
        """Replace the file in one step."""
        state = {
            **{name: part.state_dict() for name, part in self._parts.items()},
            "best": self.best,
            "history": self.history,
            "step": self.step,
            "losses": self.losses,
            "seconds": self.seconds,
        }
        with replacing(self._file) as fresh:
            torch.save(state, fresh)

    def load(self) -> None:
        """Continue from the file, if it is there."""
        if not self._file.is_file():
            return
        saved = torch.load(self._file, map_location="cpu", weights_only=True)
        for name, part in self._parts.items():
            part.load_state_dict(saved[name])
        self.best, self.history = saved["best"], saved["history"]
        self.step, self.losses, self.seconds = saved["step"], saved["losses"], saved["seconds"]


def _copy(network: Stateful) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().cpu().clone() for name, tensor in network.state_dict().items()}
