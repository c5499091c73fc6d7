"""The convolutions of MediaPipe's hand landmark network, as trunk of a picture network.

MediaPipe's network is a slim EfficientNet-Lite that Google trained to find the joints of hands of
many people in many places (Zhang et al., "MediaPipe Hands: On-device Real-time Hand Tracking",
2020). What it sees in a hand tells signs apart as well, and far better than what ImageNet
teaches. Its batch normalisation is folded into the convolutions, so that it has none.
"""

from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import torch
from torch import nn

from asl.hands.networks import JOINTS, MODEL_PATH, operators
from asl.nets.heads import Head, build_head

FEATURES = 1152

#: Channels in, widened, and out, kernel, stride of each block; no widening or narrowing where 0.
_BLOCKS = (
    (24, 0, 16, 3, 1), (16, 64, 24, 3, 2), (24, 144, 24, 3, 1), (24, 144, 40, 5, 2),
    (40, 240, 40, 5, 1), (40, 240, 80, 3, 2), (80, 480, 80, 3, 1), (80, 480, 80, 3, 1),
    (80, 480, 112, 5, 1), (112, 672, 112, 5, 1), (112, 672, 112, 5, 1), (112, 672, 192, 5, 2),
    (192, 1152, 192, 5, 1), (192, 1152, 192, 5, 1), (192, 1152, 192, 5, 1), (192, 1152, 0, 3, 1),
)  # fmt: skip


class EfficientNetHands(nn.Module):
    """Logits from pictures.

    Input (N, 3, H, W) float on the scale 0–1; output (N, classes). `trunk` is a sequence of
    stages from the picture upwards, as in `asl.nets.efficientnet`.

    Args:
        classes: number of signs.
        start: "hands" for MediaPipe's weights, which come with the app, or "none".
        head: what stands on the trunk; see `asl.nets.heads`.
        dropout: probability, before the last layer.
    """

    def __init__(
        self, classes: int, start: str = "none", head: Head = "linear", dropout: float = 0.3
    ):
        super().__init__()
        self.trunk = nn.Sequential(_convolution(3, 24, 3, 2), *[_Block(*b) for b in _BLOCKS])
        self.classifier = build_head(head, FEATURES, classes, dropout)
        if start == "hands":
            _load_weights(self.trunk, MODEL_PATH)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.trunk(pictures))


class _Block(nn.Module):
    """Widen, look around channel by channel, narrow; add what came in where the shapes agree."""

    def __init__(self, inputs: int, wide: int, outputs: int, kernel: int, stride: int):
        super().__init__()
        middle = wide or inputs
        layers = [_convolution(inputs, wide, 1)] if wide else []
        layers.append(_convolution(middle, middle, kernel, stride, groups=middle))
        if outputs:
            layers.append(nn.Conv2d(middle, outputs, 1))
        self.layers = nn.Sequential(*layers)
        self.adds = inputs == outputs and stride == 1

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return features + self.layers(features) if self.adds else self.layers(features)


def _convolution(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    layers: list[nn.Module] = [nn.ReLU6()]
    if stride == 1:
        layers.insert(0, nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, groups=groups))
    else:
        # TensorFlow pads one pixel less at the top and left where it skips every second one.
        before, after = (kernel - 2) // 2, (kernel - 1) // 2
        layers.insert(0, nn.Conv2d(inputs, outputs, kernel, stride, groups=groups))
        layers.insert(0, nn.ZeroPad2d((before, after, before, after)))
    return nn.Sequential(*layers)


def _load_weights(trunk: nn.Module, task: Path) -> None:
    """Fill `trunk` from MediaPipe's file; both list their convolutions in the same order."""
    convolutions = [module for module in trunk.modules() if isinstance(module, nn.Conv2d)]
    with ZipFile(task) as parts, torch.no_grad():
        stored = _stored_convolutions(parts.read(JOINTS))
        for convolution, (weight, bias) in zip(convolutions, stored, strict=True):
            convolution.weight.copy_(torch.from_numpy(weight))
            convolution.bias.copy_(torch.from_numpy(bias))


def _stored_convolutions(content: bytes) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield weight (out, in, height, width) and bias of each convolution of a TFLite network."""
    import tflite

    model = tflite.Model.GetRootAs(content, 0)
    graph = model.Subgraphs(0)
    kinds = tflite.BuiltinOperator
    # Weights are stored in half precision and widened by an operator of their own.
    widened: dict[int, np.ndarray] = {}
    for kind, operator in operators(model):
        inputs = operator.InputsAsNumpy()
        if kind == kinds.DEQUANTIZE:
            tensor = graph.Tensors(inputs[0])
            values = model.Buffers(tensor.Buffer()).DataAsNumpy().view(np.float16)
            widened[operator.Outputs(0)] = values.reshape(tensor.ShapeAsNumpy()).astype(np.float32)
        elif kind in (kinds.CONV_2D, kinds.DEPTHWISE_CONV_2D):
            order = (0, 3, 1, 2) if kind == kinds.CONV_2D else (3, 0, 1, 2)
            yield widened[inputs[1]].transpose(order).copy(), widened[inputs[2]]
