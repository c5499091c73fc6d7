"""A picture network of two parts: a trunk that makes features, and a head on top of it."""

import torch
from torch import nn

from asl.nets.pictures.heads import Head, build_head


class TrunkNetwork(nn.Module):
    """Logits from pictures, (N, 3, H, W) float, normalised → (N, classes).

    `trunk` is a sequence of stages from the picture upwards; training may freeze the first of them
    and start from their output.

    Args:
        trunk: (N, 3, H, W) → feature maps (N, channels, h, w).
        channels: of the feature maps.
        classes: number of signs.
        head: what stands on the trunk; see `asl.nets.pictures.heads`.
        dropout: probability, before the last layer.

    Raises:
        ValueError: there is no such head.
    """

    def __init__(
        self, trunk: nn.Sequential, channels: int, classes: int, head: Head, dropout: float
    ):
        super().__init__()
        self.trunk = trunk
        self.classifier = build_head(head, channels, classes, dropout)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.trunk(pictures))
