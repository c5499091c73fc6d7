"""Linear layers on the pixels themselves: the plainest network there is.

Source: the notebook that this project starts from, on `asl_dataset` with 36 classes, where it
reaches 93.24 % on a random split.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

SIDE = 28


class Sequential(nn.Module):
    """Logits from 28×28 RGB pictures, (N, 3, 28, 28) float → (N, classes).

    Args:
        classes: number of signs.
        widths: of the hidden layers, each with ReLU, batch norm and dropout.
        dropout: probability.
    """

    def __init__(self, classes: int, widths: Sequence[int] = (512, 256, 128), dropout: float = 0.3):
        super().__init__()
        layers = [
            nn.Sequential(nn.Linear(n, m), nn.ReLU(), nn.BatchNorm1d(m), nn.Dropout(dropout))
            for n, m in pairwise((3 * SIDE * SIDE, *widths))
        ]
        self.layers = nn.Sequential(nn.Flatten(), *layers, nn.Linear(widths[-1], classes))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.layers(pictures)
