"""EfficientNet-B0, Lite0, and MediaPipe's network of hands, as trunks of a picture network.

See `asl.nets.pictures.efficientnet` and `asl.nets.pictures.efficientnet_hands`.
"""

from collections.abc import Sequence

from asl.nets.keras.convolutions import BatchNorm, Convolution
from asl.nets.keras.layers import Activation, Chain, Chance, Dropout, Linear
from asl.nets.keras.library import keras, tf
from asl.nets.pictures.efficientnet_hands import BLOCKS

#: Expansion, kernel, stride, channels in and out, and blocks of each stage; Tan and Le,
#: "EfficientNet", 2019, table 1.
_STAGES = (
    (1, 3, 1, 32, 16, 1), (6, 3, 2, 16, 24, 2), (6, 5, 2, 24, 40, 2), (6, 3, 2, 40, 80, 3),
    (6, 5, 1, 80, 112, 3), (6, 5, 2, 112, 192, 4), (6, 3, 1, 192, 320, 1),
)  # fmt: skip
_BLOCKS = sum(stage[-1] for stage in _STAGES)
#: Probability that the last block is passed by; those before it less, in even steps.
_DROP_PATH = 0.2


class TrunkNetwork(keras.layers.Layer):
    """Logits from pictures, (N, S, S, 3) float, normalised → (N, classes).

    Args:
        trunk: stages from the picture upwards.
        classes: number of signs.
        dropout: probability, before the last layer.
        frozen: stages, from the first on, that stay as they are.
    """

    def __init__(
        self, trunk: Sequence[Chain], classes: int, dropout: float, frozen: int, chance: Chance
    ):
        super().__init__()
        self.trunk = list(trunk)
        self.classifier = Chain([Dropout(dropout, chance), Linear(classes)])
        self._frozen = frozen
        for stage in self.trunk[:frozen]:
            stage.trainable = False

    def call(self, pictures, training: bool = False):
        """Return (N, classes) logits; frozen stages compute as in prediction."""
        for number, stage in enumerate(self.trunk):
            pictures = stage(pictures, training=training and number >= self._frozen)
        return self.classifier(tf.reduce_mean(pictures, (1, 2)), training=training)


def efficientnet(chance: Chance, lite: bool) -> list[Chain]:
    """Return the stages of EfficientNet-B0, or of its Lite0 variant."""
    trunk = [_block(3, 32, 3, 2, lite)]
    number = 0
    for expansion, kernel, stride, inputs, outputs, count in _STAGES:
        blocks = []
        for place in range(count):
            first = place == 0
            blocks.append(
                _InvertedResidual(
                    inputs if first else outputs, expansion, outputs, kernel,
                    stride if first else 1, lite,
                    Dropout(_DROP_PATH * number / _BLOCKS, chance, True, grows=False),
                )
            )  # fmt: skip
            number += 1
        trunk.append(Chain(blocks))
    return [*trunk, _block(320, 1280, 1, 1, lite)]


def _block(
    inputs: int, outputs: int, kernel: int, stride: int, lite: bool,
    depthwise: bool = False, active: bool = True,
) -> Chain:  # fmt: skip
    """Return a convolution with a norm and, unless told otherwise, an activation."""
    layers = [
        Convolution(inputs, outputs, kernel, stride, depthwise),
        BatchNorm(outputs, 1e-3 if lite else 1e-5),
    ]
    return Chain([*layers, *([Activation("relu6" if lite else "silu")] if active else [])])


class _SqueezeExcitation(keras.layers.Layer):
    """Weighs channels by what all of them hold (Hu et al., 2018)."""

    def __init__(self, channels: int, squeezed: int):
        super().__init__()
        self.fc1 = Convolution(channels, squeezed, bias=True)
        self.fc2 = Convolution(squeezed, channels, bias=True)

    def call(self, pictures, training: bool = False):
        means = tf.reduce_mean(pictures, (1, 2), keepdims=True)
        return pictures * tf.sigmoid(self.fc2(tf.nn.silu(self.fc1(means))))


class _InvertedResidual(keras.layers.Layer):
    """Expand, convolve depthwise, weigh channels, project; add the input if the shapes agree.

    Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018.
    """

    def __init__(
        self, inputs: int, expansion: int, outputs: int, kernel: int, stride: int, lite: bool,
        drop_path: Dropout,
    ):  # fmt: skip
        super().__init__()
        wide = inputs * expansion
        weighing = Activation("linear") if lite else _SqueezeExcitation(wide, inputs // 4)
        self.block = Chain(
            [
                *([_block(inputs, wide, 1, 1, lite)] if expansion > 1 else []),
                _block(wide, wide, kernel, stride, lite, depthwise=True),
                weighing,
                _block(wide, outputs, 1, 1, lite, active=False),
            ]
        )
        # A layer that is never asked would be missed by Keras.
        self._drop_path = drop_path if stride == 1 and inputs == outputs else None

    def call(self, pictures, training: bool = False):
        made = self.block(pictures, training=training)
        if self._drop_path is None:
            return made
        return pictures + self._drop_path(made, training=training)


def efficientnet_hands() -> list[Chain]:
    """Return the stages of the convolutions of MediaPipe's hand landmark network."""
    return [_convolution(3, 24, 3, 2), *(_HandsBlock(*block) for block in BLOCKS)]


class _HandsBlock(keras.layers.Layer):
    """An inverted residual without norms; `wide` or `outputs` of 0 leave a convolution out."""

    def __init__(self, inputs: int, wide: int, outputs: int, kernel: int, stride: int):
        super().__init__()
        middle = wide or inputs
        self.layers = Chain(
            [
                *([_convolution(inputs, wide)] if wide else []),
                _convolution(middle, middle, kernel, stride, depthwise=True),
                *([Convolution(middle, outputs, bias=True)] if outputs else []),
            ]
        )
        self._adds = inputs == outputs and stride == 1

    def call(self, pictures, training: bool = False):
        made = self.layers(pictures, training=training)
        return pictures + made if self._adds else made


def _convolution(
    inputs: int, outputs: int, kernel: int = 1, stride: int = 1, depthwise: bool = False
) -> Chain:
    """Return a convolution with ReLU6, padded as TensorFlow does it, named by PyTorch's places."""
    padding = None if stride == 1 else ((kernel - 2) // 2, (kernel - 1) // 2)
    convolution = Convolution(inputs, outputs, kernel, stride, depthwise, True, padding)
    before = [] if stride == 1 else [Activation("linear")]  # there, the padding is a layer
    return Chain([*before, convolution, Activation("relu6")])
