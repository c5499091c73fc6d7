"""Layers that several twins are made of, computed as PyTorch's."""

from collections.abc import Sequence
from typing import Any

from asl.nets.keras.library import keras, tf

#: As in PyTorch's layer norm.
_EPS = 1e-5


class Chance(keras.random.SeedGenerator):
    """Where all layers of a network draw their random numbers from."""

    def start(self, number: int) -> None:
        """Begin anew; what is drawn depends on the number alone."""
        self.state.assign([number % 2**31, 0])


class Chain(keras.layers.Layer):
    """Layers one behind the other, named by their places, as PyTorch's `Sequential`."""

    def __init__(self, layers: Sequence[Any]):
        super().__init__()
        self.layers = list(layers)

    def call(self, values, training: bool = False):
        """Return what comes out of the last layer."""
        for layer in self.layers:
            values = layer(values, training=training)
        return values


class Linear(keras.layers.Dense):
    """A linear layer; that it is asked in training makes no difference."""

    def call(self, values, training: bool = False):
        """Return (…, units)."""
        return super().call(values)


class Activation(keras.layers.Layer):
    """One of Keras's activations by its name; "linear" for none."""

    def __init__(self, name: str):
        super().__init__()
        self._function = keras.activations.get(name)

    def call(self, values, training: bool = False):
        """Return values of the same shape."""
        return self._function(values)


class Dropout(keras.layers.Layer):
    """Dropout whose probability may change while a network is trained.

    Args:
        p: probability.
        chance: of the network.
        rows: whole rows are dropped, instead of single numbers: stochastic depth (Huang et al.,
            "Deep Networks with Stochastic Depth", 2016).
        grows: whether the training may change its probability.
    """

    def __init__(self, p: float, chance: Chance, rows: bool = False, grows: bool = True):
        super().__init__()
        self._chance, self._rows, self.grows = chance, rows, grows
        self._p = tf.Variable(p, trainable=False, dtype=tf.float32)
        self.built = True  # in a stack of one layer it is never asked

    @property
    def p(self) -> float:
        """The probability."""
        return float(self._p)

    @p.setter
    def p(self, value: float) -> None:
        self._p.assign(value)

    def call(self, values, training: bool = False):
        """Return values of the same shape, those that are left scaled up in training."""
        if not training:
            return values
        shape = tf.shape(values)
        if self._rows:
            shape = tf.concat([shape[:1], tf.ones_like(shape[1:])], 0)
        drawn = tf.random.stateless_uniform(shape, tf.cast(self._chance.next(), tf.int32))
        return values * tf.cast(drawn >= self._p, values.dtype) / (1 - self._p)


class SelfAttention(keras.layers.Layer):
    """Every frame looks at all frames that are there, (N, T, width) → (N, T, width).

    Source: Vaswani et al., "Attention Is All You Need", 2017, as `torch.nn.MultiheadAttention`.

    Args:
        width: of a frame.
        heads: that share the width.
        dropout: probability, of a frame being overlooked; in PyTorch it is no layer, and so
            does not grow.
        chance: of the network.
    """

    def __init__(self, width: int, heads: int, dropout: float, chance: Chance):
        super().__init__()
        self._heads, self._each = heads, width // heads
        self.in_proj_weight = self.add_weight((3 * width, width), name="in_proj_weight")
        self.in_proj_bias = self.add_weight((3 * width,), "zeros", name="in_proj_bias")
        self.out_proj = Linear(width)
        self._dropout = Dropout(dropout, chance, grows=False)

    def call(self, frames, there, training: bool = False):
        """Return what each frame has gathered of those that are `there`, (N, T) bool."""
        shape = tf.shape(frames)
        joint = tf.matmul(frames, self.in_proj_weight, transpose_b=True) + self.in_proj_bias
        split = tf.reshape(joint, (shape[0], shape[1], 3, self._heads, self._each))
        query, key, value = tf.unstack(tf.transpose(split, (2, 0, 3, 1, 4)))
        products = tf.matmul(query, key, transpose_b=True) * self._each**-0.5
        seen = tf.where(there[:, None, None, :], products, products.dtype.min)
        weights = self._dropout(tf.nn.softmax(seen), training=training)
        mixed = tf.transpose(tf.matmul(weights, value), (0, 2, 1, 3))
        return self.out_proj(tf.reshape(mixed, shape))


class LayerNorm(keras.layers.LayerNormalization):
    """Layer norm as PyTorch's."""

    def __init__(self) -> None:
        super().__init__(epsilon=_EPS)
