"""Red, green and blue apart, and how much each of them counts.

Source: the notebook that this project starts from, on `asl_dataset` with 36 classes, where it
reaches 97.22 % on a random split. The weights of the channels are squeezed from the features of all
of them, as in Hu et al., "Squeeze-and-Excitation Networks", 2018.
"""

from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import nn

from asl.nets.pictures.explained import ExplainedNetwork

SIDE = 28
COLOURS = 3


class ChannelAttention(ExplainedNetwork):
    """Logits from 28×28 RGB pictures, (N, 3, 28, 28) float → (N, classes).

    Args:
        classes: number of signs.
        attend: "mean" scales all features by the mean of the three weights, as the notebook does;
            "channel" weighs what each colour adds to the features by its own weight.
        channels: of the two convolutions that every colour has to itself.
        hidden: features made of all three colours.
        dropout: probability, of the hidden features.
    """

    #: (N, 3) weights of red, green and blue, 0–1.
    explains = ("channel_attention",)

    def __init__(
        self,
        classes: int,
        attend: Literal["mean", "channel"] = "mean",
        channels: Sequence[int] = (16, 32),
        hidden: int = 256,
        dropout: float = 0.3,
    ):
        super().__init__()
        if attend not in ("mean", "channel"):
            raise ValueError(f"attend: {attend!r} is neither 'mean' nor 'channel'")
        self.attend = attend
        self.colours = nn.ModuleList(_colour(*channels) for _ in range(COLOURS))
        self._each = channels[-1] * (SIDE // 4) ** 2
        self.shared = nn.Linear(COLOURS * self._each, hidden)
        self.norm = nn.BatchNorm1d(hidden)
        self.weighted_norm = nn.BatchNorm1d(hidden) if attend == "channel" else None
        self.dropout = nn.Dropout(dropout)
        self.attention = nn.Linear(hidden, COLOURS)
        self.classifier = nn.Sequential(
            nn.Linear(hidden, hidden // 2), nn.ReLU(), nn.Linear(hidden // 2, classes)
        )

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.explain(pictures)[0]

    def explain(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (N, classes) logits and the (N, 3) weights of red, green and blue, 0–1."""
        each = [net(pictures[:, i : i + 1]) for i, net in enumerate(self.colours)]
        # The shared layer is linear, so what each colour adds to it can be told apart.
        red, green, blue = (
            F.linear(one, weight)
            for one, weight in zip(each, self.shared.weight.split(self._each, 1), strict=True)
        )
        features = self._features(red + green + blue, self.norm)
        weights = torch.sigmoid(self.attention(features))
        if self.weighted_norm is None:
            features = features * weights.mean(1, keepdim=True)
        else:
            of_red, of_green, of_blue = weights.split(1, 1)
            weighted = red * of_red + green * of_green + blue * of_blue
            features = self._features(weighted, self.weighted_norm)
        return self.classifier(features), weights

    def _features(self, summed: torch.Tensor, norm: nn.BatchNorm1d) -> torch.Tensor:
        return self.dropout(norm(F.relu(summed + self.shared.bias)))


def _colour(first: int, second: int) -> nn.Sequential:
    """Return the network of one colour, (N, 1, 28, 28) → (N, second · 7 · 7).

    Args:
        first, second: channels of the two convolutions.
    """
    return nn.Sequential(*_block(1, first), *_block(first, second), nn.Flatten())


def _block(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1)
    return convolution, nn.ReLU(), nn.BatchNorm2d(outputs), nn.MaxPool2d(2)
