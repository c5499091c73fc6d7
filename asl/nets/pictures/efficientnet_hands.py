"""The convolutions of MediaPipe's hand landmark network, as trunk of a picture network.

MediaPipe's network is a slim EfficientNet-Lite that Google trained to find the joints of hands of
many people in many places (Zhang et al., "MediaPipe Hands: On-device Real-time Hand Tracking",
2020). Its features tell signs apart as well, and far better than those learned from ImageNet. Its
batch normalisation is folded into the convolutions, so that it has none.
"""

from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import torch
from torch import nn

from asl.hands.litert import operators
from asl.hands.networks import JOINTS, MODEL_PATH
from asl.nets.pictures.heads import Head
from asl.nets.pictures.trunk import TrunkNetwork

#: Of the last feature maps.
_CHANNELS = 1152

#: Channels in, expanded and out, kernel, stride of each inverted residual; see there.
BLOCKS = (
    (24, 0, 16, 3, 1), (16, 64, 24, 3, 2), (24, 144, 24, 3, 1), (24, 144, 40, 5, 2),
    (40, 240, 40, 5, 1), (40, 240, 80, 3, 2), (80, 480, 80, 3, 1), (80, 480, 80, 3, 1),
    (80, 480, 112, 5, 1), (112, 672, 112, 5, 1), (112, 672, 112, 5, 1), (112, 672, 192, 5, 2),
    (192, 1152, 192, 5, 1), (192, 1152, 192, 5, 1), (192, 1152, 192, 5, 1), (192, 1152, 0, 3, 1),
)  # fmt: skip


def build_efficientnet_hands(
    classes: int, start: str = "none", head: Head = "linear", dropout: float = 0.3
) -> TrunkNetwork:
    """Return the network: (N, 3, H, W) float on the scale 0–1 → (N, classes).

    Args:
        classes: number of signs.
        start: "hands" for MediaPipe's weights, which come with the app, or "none".
        head: see `asl.nets.pictures.heads`.
        dropout: probability, before the last layer.
    """
    trunk = nn.Sequential(_convolution(3, 24, 3, 2), *[_InvertedResidual(*b) for b in BLOCKS])
    built = TrunkNetwork(trunk, _CHANNELS, classes, head, dropout)
    if start == "hands":
        _load_weights(trunk, MODEL_PATH)
    return built


class _InvertedResidual(nn.Module):
    """Expand, convolve depthwise, project; add the input if the shapes agree.

    Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018.

    Args:
        inputs: channels.
        wide: channels after the expansion; 0 for no expansion.
        outputs: channels after the projection; 0 for no projection.
        kernel, stride: of the depthwise convolution, in pixels.
    """

    def __init__(self, inputs: int, wide: int, outputs: int, kernel: int, stride: int):
        super().__init__()
        middle = wide or inputs
        layers: list[nn.Module] = [_convolution(inputs, wide, 1)] if wide else []
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
    """Return a padded convolution with ReLU6, as TensorFlow computes it."""
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
            values = {"weight": torch.from_numpy(weight), "bias": torch.from_numpy(bias)}
            convolution.load_state_dict(values)


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
