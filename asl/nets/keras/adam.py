"""Adam and AdamW as PyTorch computes them, on TensorFlow's variables.

Keras's own differ in where the small number is added that keeps roots from zero, and cannot have
their momentum moved by a schedule, as "onecycle" does.
"""

from collections.abc import Mapping
from typing import Any

import torch

from asl.nets.keras.library import tf


class Adam:
    """What is remembered of earlier gradients, and the steps that follow from it.

    Source: Kingma and Ba, "Adam", 2015; Loshchilov and Hutter, "Decoupled Weight Decay
    Regularization", 2019.

    Args:
        variables: that are trained, by name.
        rates: PyTorch's optimizer with two groups, those that decay (of two axes or more) and the
            others; it says how far each step goes, and a schedule may change that.
    """

    def __init__(self, variables: Mapping[str, Any], rates: torch.optim.Optimizer):
        self._variables, self.rates = dict(variables), rates
        self._decoupled = isinstance(rates, torch.optim.AdamW)
        self._steps = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._means, self._squares = (
            {
                name: tf.Variable(tf.zeros_like(one), trainable=False)
                for name, one in self._variables.items()
            }
            for _ in range(2)
        )

    def rates_now(self) -> Any:
        """Return (5,) what the next step takes: rate, two betas, eps, and how much decays."""
        group = self.rates.param_groups[0]
        return tf.constant(
            [group["lr"], *group["betas"], group["eps"], group["weight_decay"]], tf.float64
        )

    def apply(self, gradients: Mapping[str, Any], rates: Any) -> None:
        """Move all variables.

        Args:
            gradients: by the variables' names.
            rates: see `rates_now`.
        """
        self._steps.assign_add(1)
        rate, first, second, eps, decay = tf.unstack(rates)
        steps = tf.cast(self._steps, tf.float64)
        far = tf.cast(rate / (1 - first**steps), tf.float32)
        root = tf.cast(tf.sqrt(1 - second**steps), tf.float32)
        new, new_square = (tf.cast(1 - beta, tf.float32) for beta in (first, second))
        shrink, added = tf.cast(1 - rate * decay, tf.float32), tf.cast(decay, tf.float32)
        for name, variable in self._variables.items():
            gradient, decays = gradients[name], len(variable.shape) > 1
            if decays and not self._decoupled:
                gradient = gradient + added * variable
            mean, square = self._means[name], self._squares[name]
            mean.assign(mean + new * (gradient - mean))
            square.assign(square + new_square * (gradient * gradient - square))
            moved = far * mean / (tf.sqrt(square) / root + tf.cast(eps, tf.float32))
            variable.assign((variable * shrink if decays and self._decoupled else variable) - moved)

    def state_dict(self) -> dict[str, Any]:
        """Return all that it remembers."""
        return {
            "rates": self.rates.state_dict(),
            "steps": int(self._steps),
            "means": _tensors(self._means),
            "squares": _tensors(self._squares),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Remember what another did."""
        self.rates.load_state_dict(state["rates"])
        self._steps.assign(state["steps"])
        for own, name in ((self._means, "means"), (self._squares, "squares")):
            for key, variable in own.items():
                variable.assign(state[name][key].numpy())


def _tensors(variables: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(one.numpy()) for name, one in variables.items()}
