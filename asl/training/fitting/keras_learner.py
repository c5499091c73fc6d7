"""Learning with Keras on TensorFlow, on one process; imported only where that is asked for."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from asl.nets.keras.adam import Adam
from asl.nets.keras.layers import Dropout
from asl.nets.keras.library import tf
from asl.nets.keras.twin import Twin
from asl.training.fitting.learner import LARGEST_GRADIENT
from asl.training.fitting.schedules import build_optimizer
from asl.training.fitting.training_set import TrainingSet
from asl.training.fitting.validation import in_batches
from asl.training.settings import Recipe


class KerasLearner:
    """Fulfils `asl.training.fitting.learner.Learner` for the twin of a PyTorch network.

    Args:
        network: whose weights the twin begins with, and that gets the best ones in the end.
        twin: makes a twin of it.
    """

    rank, processes = 0, 1

    def __init__(self, network: nn.Module, twin: Callable[[], Twin], recipe: Recipe):
        _settle(torch.get_num_threads())
        self._told = network
        self.network = twin()
        self.network.load_state_dict(network.state_dict())
        self.averaged = (
            RunningMean(self.network, twin(), recipe.average) if recipe.average else None
        )
        # PyTorch's schedules move PyTorch's optimizers; this one holds their rates and no weights.
        holder = [nn.Parameter(torch.zeros(1, 1)), nn.Parameter(torch.zeros(1))]
        self.rates = build_optimizer(holder, recipe)
        self.optimizer = Adam(self.network.learned, self.rates)
        self._smoothing = recipe.label_smoothing
        rows = tf.TensorSpec((None,), tf.float32)
        features = tf.TensorSpec((None, None, self.network.features), tf.float32)
        self._step = tf.function(
            self._take_step,
            input_signature=[
                features, tf.TensorSpec((None,), tf.int64), rows, tf.TensorSpec((5,), tf.float64),
            ],
        )  # fmt: skip

    def dropouts(self) -> list[Dropout]:
        """Return the layers of dropout that are layers in PyTorch, too."""
        return self.network.dropouts()

    def prepare(self) -> None:
        """Do nothing: there is no other process to agree with."""

    def begin_epoch(self) -> None:
        """Do nothing: each step says that it is one of training."""

    def learn(
        self, inputs: torch.Tensor, target: torch.Tensor, weights: torch.Tensor, number: int
    ) -> float:
        """Take a step; return the loss before it."""
        self.network.start_step(number)
        given = (inputs.numpy(), target.numpy(), weights.numpy(), self.optimizer.rates_now())
        loss = float(self._step(*given))
        self.rates.step()  # holds no gradients; schedules count that it was called
        if self.averaged:
            self.averaged.update()
        return loss

    def _take_step(self, inputs: Any, target: Any, weights: Any, rates: Any) -> Any:
        learned = self.network.learned
        with tf.GradientTape() as tape:
            logits = self.network(inputs, training=True)
            chances = tf.nn.log_softmax(logits)
            right = tf.gather(chances, target, batch_dims=1)
            spread = tf.reduce_mean(chances, 1)
            losses = -(1 - self._smoothing) * right - self._smoothing * spread
            loss = tf.reduce_sum(losses * weights) / tf.maximum(tf.reduce_sum(weights), 1e-6)
        gradients = tape.gradient(loss, learned, unconnected_gradients="zero")
        length = tf.linalg.global_norm(list(gradients.values()))
        shrink = tf.minimum(LARGEST_GRADIENT / (length + 1e-6), 1.0)
        self.optimizer.apply({name: one * shrink for name, one in gradients.items()}, rates)
        return loss

    def logits_of(self, kept: Twin, training_set: TrainingSet, rows: np.ndarray) -> np.ndarray:
        """Return (len(rows), C) logits of the clean inputs of `rows`."""
        return in_batches(lambda inputs: kept.answer(inputs.numpy()), training_set, rows)

    def share(self, figures: dict[str, float]) -> dict[str, float]:
        """Return the figures: there is no other process."""
        return figures

    def wait(self) -> None:
        """Do nothing: there is no other process."""

    def finish(self, best: Mapping[str, torch.Tensor]) -> None:
        """Leave these weights in the PyTorch network."""
        self._told.load_state_dict(best)


class RunningMean:
    """The running mean of a twin's weights and statistics, as PyTorch's `AveragedModel` keeps it.

    Args:
        network: that learns.
        module: holds the mean; gets the network's weights first.
        past: share of the mean before, 0–1, in the next one.
    """

    def __init__(self, network: Twin, module: Twin, past: float):
        self.module = module
        module.load_state_dict(network.state_dict())
        self._pairs = list(zip(module.kept, network.kept, strict=True))
        self._past, self._count = past, 0

    def update(self) -> None:
        """Take a step towards the weights as they are now; the first goes all the way."""
        past = self._past if self._count else 0.0
        for mean, now in self._pairs:
            mean.assign(past * mean + (1 - past) * now)
        self._count += 1

    def state_dict(self) -> dict[str, Any]:
        """Return the mean, and of how many steps it is."""
        return {"count": self._count, "module": self.module.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on with another mean."""
        self._count = state["count"]
        self.module.load_state_dict(state["module"])


def _settle(threads: int) -> None:
    """Let TensorFlow use as many threads as PyTorch, and give the same numbers every time."""
    tf.config.experimental.enable_op_determinism()
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:  # it has begun to work, with what was said then
        return
