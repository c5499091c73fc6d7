"""One tensor instead of two: frames that are not there hold nothing but NaN."""

import torch
from torch import nn

from asl.nets.sequences.frames import SequenceNetwork


class NaNPadded(nn.Module):
    """A network of words that finds out by itself which frames are there.

    It is what the training loop trains, and what is exported.

    Args:
        network: that is asked.
    """

    #: () by which logits are multiplied: 1 in training, and the calibration's after it.
    sharpness: torch.Tensor

    def __init__(self, network: SequenceNetwork):
        super().__init__()
        self.network = network
        self.register_buffer("sharpness", torch.tensor(1.0))

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """Return (N, classes) logits.

        Args:
            sequences: (N, T, features) float; frames of which every number is NaN are not there.
        """
        unknown = sequences.isnan()
        there = ~unknown.all(2)
        logits: torch.Tensor = self.network(torch.where(unknown, 0.0, sequences), there)
        return logits * self.sharpness
