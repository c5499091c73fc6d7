"""The LSTM classifier; see `asl.nets.sequences.lstm`."""

from asl.nets.keras.frames import last
from asl.nets.keras.layers import Chain, Chance, Dropout, Linear
from asl.nets.keras.library import keras, tf
from asl.nets.sequences.settings import StackSettings


class _Cell(keras.layers.Layer):
    """One step in time; what the inputs add to the gates has been computed for all steps.

    Args:
        width: of the state.
        weight: (4 · width, width) of the state before.
    """

    def __init__(self, width: int, weight):
        super().__init__()
        self.state_size = [width, width]
        self._weight = weight

    def call(self, gates, states, training: bool = False):
        hidden, memory = states
        gates = gates + tf.matmul(hidden, self._weight, transpose_b=True)
        taken, kept, new, shown = tf.split(gates, 4, axis=-1)
        memory = tf.sigmoid(kept) * memory + tf.sigmoid(taken) * tf.tanh(new)
        hidden = tf.sigmoid(shown) * tf.tanh(memory)
        return hidden, [hidden, memory]


class LSTM(keras.layers.Layer):
    """One layer, (N, T, features) → (N, T, width), with the two biases that PyTorch's has."""

    def __init__(self, features: int, width: int):
        super().__init__()
        self.weight_ih_l0 = self.add_weight((4 * width, features), name="weight_ih_l0")
        self.weight_hh_l0 = self.add_weight((4 * width, width), name="weight_hh_l0")
        self.bias_ih_l0 = self.add_weight((4 * width,), "zeros", name="bias_ih_l0")
        self.bias_hh_l0 = self.add_weight((4 * width,), "zeros", name="bias_hh_l0")
        self._steps = keras.layers.RNN(_Cell(width, self.weight_hh_l0), return_sequences=True)

    def call(self, frames, training: bool = False):
        """Return the state after each frame."""
        gates = tf.matmul(frames, self.weight_ih_l0, transpose_b=True)
        return self._steps(gates + self.bias_ih_l0 + self.bias_hh_l0, training=training)


class LSTMEncoder(keras.layers.Layer):
    """The state after the last frame, (N, T, features) and (N, T) → (N, width)."""

    def __init__(self, features: int, settings: StackSettings, chance: Chance):
        super().__init__()
        width = settings.width
        self.layers = [LSTM(width if layer else features, width) for layer in range(settings.depth)]
        self.dropout = Dropout(settings.dropout, chance)

    def call(self, frames, there, training: bool = False):
        """Return the encoded sequences."""
        for number, layer in enumerate(self.layers):
            shown = self.dropout(frames, training=training) if number else frames
            frames = layer(shown, training=training)
        return last(frames, there)


class LSTMClassifier(keras.layers.Layer):
    """Logits from sequences whose frames stand in front."""

    def __init__(self, classes: int, features: int, settings: StackSettings, chance: Chance):
        super().__init__()
        self.encoder = LSTMEncoder(features, settings, chance)
        self.classifier = Chain([Dropout(settings.dropout, chance), Linear(classes)])

    def call(self, frames, there, training: bool = False):
        """Return (N, classes) logits."""
        return self.classifier(self.encoder(frames, there, training=training), training=training)
