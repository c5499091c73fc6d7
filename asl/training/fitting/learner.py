"""The seam between the training loop and the frameworks: what learns, and how it is asked.

Which rows are shown in which order, how they are changed, when to stop, what is kept and what is
told belongs to the loop (`asl.training.fitting.loop`), whatever the framework.
"""

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
import torch

from asl.training.fitting.training_set import TrainingSet

#: No step goes further than one along gradients of this length.
LARGEST_GRADIENT = 5.0


class Stateful(Protocol):
    """What a checkpoint keeps: tensors by name, and nothing that would have to be unpickled."""

    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state: dict[str, Any]) -> object: ...


class Averaged(Stateful, Protocol):
    """The running mean of a network's weights; `module` is the network that has them."""

    @property
    def module(self) -> Stateful: ...


class Dropping(Protocol):
    """A layer of dropout; `p` is its probability."""

    p: float


class Learner(Protocol):
    """A network and its optimizer, in one framework.

    Attributes:
        network: what learns; its state is that of the PyTorch network, whatever it is made of.
        averaged: the running mean of its weights, None where none is kept.
        optimizer: what it has to remember from step to step.
        rates: holds the learning rate of the next step, and what else a schedule moves.
        rank, processes: of those that share each batch, the number of this one from 0 on.
    """

    rank: int
    processes: int

    @property
    def network(self) -> Stateful: ...
    @property
    def averaged(self) -> Averaged | None: ...
    @property
    def optimizer(self) -> Stateful: ...
    @property
    def rates(self) -> torch.optim.Optimizer: ...
    def dropouts(self) -> Iterable[Dropping]:
        """Return the layers of dropout, whose probabilities may grow."""

    def prepare(self) -> None:
        """Get ready for the first step, once a checkpoint has been read."""

    def begin_epoch(self) -> None:
        """Get ready for steps after the network was asked."""

    def learn(
        self, inputs: torch.Tensor, target: torch.Tensor, weights: torch.Tensor, number: int
    ) -> float:
        """Take a step; return the loss before it.

        Args:
            inputs: (N, …), as the training set makes them.
            target: (N,) int64 classes.
            weights: (N,) float, how much each counts.
            number: of the step, from which its random numbers are drawn.
        """

    def logits_of(self, kept: Any, training_set: TrainingSet, rows: np.ndarray) -> np.ndarray:
        """Return (len(rows), C) logits of `network`, or of its mean, on clean inputs."""

    def share(self, figures: dict[str, float]) -> dict[str, float]:
        """Return what the first of the processes says."""

    def wait(self) -> None:
        """Return once all processes have come here."""

    def finish(self, best: dict[str, torch.Tensor]) -> None:
        """Leave these weights in the PyTorch network that was to be trained, on the processor."""
