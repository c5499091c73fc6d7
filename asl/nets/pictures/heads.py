"""What stands on a trunk: from its feature map to logits."""

from typing import Literal

import torch
from torch import nn

Head = Literal["linear", "conv"]


class LinearHead(nn.Sequential):
    """(N, channels, H, W) → mean over space → dropout → (N, classes)."""

    def __init__(self, channels: int, classes: int, dropout: float):
        super().__init__(nn.Dropout(dropout), nn.Linear(channels, classes))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return super().forward(features.mean((2, 3)))


class ConvHead(nn.Module):
    """(N, channels, H, W) → 256 (3×3) → mean over space → 64 → (N, classes).

    From the lab report on letters A–I that this project starts from, where it stands on AlexNet's
    features. With 256 channels and 9 classes it has 607,113 parameters.
    """

    def __init__(self, channels: int, classes: int, dropout: float):
        super().__init__()
        self.convolution = nn.Conv2d(channels, 256, 3, padding=1)
        self.classifier = nn.Sequential(
            nn.Linear(256, 64), nn.ReLU(), nn.Dropout(dropout), nn.Linear(64, classes)
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.convolution(features).relu().mean((2, 3)))


def build_head(kind: Head, channels: int, classes: int, dropout: float) -> nn.Module:
    """Return the head called `kind`.

    Raises:
        ValueError: there is none of that name.
    """
    heads = {"linear": LinearHead, "conv": ConvHead}
    if kind not in heads:
        raise ValueError(f"head: {kind!r} is none of {', '.join(heads)}")
    return heads[kind](channels, classes, dropout)
