"""A network of words in Keras that has the names, weights and answers of the one in PyTorch."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from asl.nets.keras.frames import present_first
from asl.nets.keras.hybrid import HybridClassifier
from asl.nets.keras.layers import Chance, Dropout
from asl.nets.keras.library import keras, tf
from asl.nets.keras.lstm import LSTMClassifier
from asl.nets.keras.sequence_as_picture import SequenceAsPicture
from asl.nets.keras.transformer import TransformerClassifier
from asl.nets.keras.weights import weights_of
from asl.nets.sequences.sequence_as_picture import PictureSettings
from asl.nets.sequences.settings import EncoderSettings, StackSettings, check_counts

_TWINS: dict[str, tuple[Callable[..., Any], type]] = {
    "lstm": (LSTMClassifier, StackSettings),
    "transformer": (TransformerClassifier, EncoderSettings),
    "hybrid": (HybridClassifier, EncoderSettings),
    "sequence_as_picture": (SequenceAsPicture, PictureSettings),
}


class Twin(keras.layers.Layer):
    """Logits from sequences in which frames that are not there hold nothing but NaN.

    The twin of `asl.nets.sequences.masked.NaNPadded`: a state of either network can be loaded into
    the other. It is to be given one before it is asked, since how networks begin is PyTorch's
    alone, so that both frameworks begin alike.

    Args:
        name: of the network in `asl.nets.registry`.
        classes: number of signs.
        features: numbers in a frame.
        settings: the network's own.

    Raises:
        ValueError: there is no twin of that name, or a setting cannot be.
    """

    def __init__(self, name: str, classes: int, features: int, settings: Mapping[str, Any]):
        super().__init__()
        if name not in _TWINS:
            raise ValueError(f"net: {name!r} is none of {', '.join(sorted(_TWINS))}")
        check_counts(classes=classes, features=features)
        make, chosen = _TWINS[name]
        self.features = features
        self._chance = Chance(0)
        self.network = make(classes, features, chosen(**settings), self._chance)
        self(np.zeros((1, 2, features), np.float32))  # variables are made when it is first asked
        self._weights_by_name = tuple(weights_of(self))
        #: What PyTorch has beside weights and statistics, such as counters; passed on as it is.
        self._others: dict[str, torch.Tensor] = {}
        self._answer = tf.function(
            lambda sequences: self(sequences),
            input_signature=[tf.TensorSpec((None, None, features), tf.float32)],
        )

    def call(self, sequences, training: bool = False):
        """Return (N, classes) logits of (N, T, features) sequences."""
        unknown = tf.math.is_nan(sequences)
        there = ~tf.reduce_all(unknown, 2)
        known = tf.where(unknown, 0.0, sequences)
        return self.network(*present_first(known, there), training=training)

    def answer(self, sequences: np.ndarray) -> np.ndarray:
        """Return (N, classes) logits, as in prediction."""
        logits: np.ndarray = self._answer(sequences).numpy()
        return logits

    def start_step(self, number: int) -> None:
        """Let all random numbers drawn from now on depend on `number` alone."""
        self._chance.start(number)

    @property
    def learned(self) -> dict[str, Any]:
        """The variables that gradients change, by their names."""
        return {one.name: one.variable.value for one in self._weights_by_name if one.learns}

    @property
    def kept(self) -> list[Any]:
        """All variables that make up its state, statistics among them, in a fixed order."""
        return [one.variable.value for one in self._weights_by_name]

    def dropouts(self) -> list[Dropout]:
        """Return the layers whose probability may grow: those that are layers in PyTorch, too."""
        return [one for one in self._flatten_layers() if isinstance(one, Dropout) and one.grows]

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Return the state of the PyTorch network with the same weights.

        The calibration's factor and counters are those that were loaded last.
        """
        own = {}
        for one in self._weights_by_name:
            values = one.variable.numpy()
            own[one.name] = torch.from_numpy((values.T if one.swapped else values).copy())
        return self._others | own

    def load_state_dict(self, state: Mapping[str, torch.Tensor]) -> None:
        """Take the weights of the PyTorch network with this state.

        Raises:
            ValueError: a weight is missing, or has another shape.
        """
        others = {name: tensor.clone() for name, tensor in state.items()}
        for one in self._weights_by_name:
            if one.name not in others:
                raise ValueError(f"{one.name}: there is no such weight in the state")
            values = others.pop(one.name).detach().cpu().numpy()
            one.variable.assign(values.T if one.swapped else values)
        self._others = others
