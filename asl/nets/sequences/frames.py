"""What all networks of words have in common: which frames are there, and nothing of the others."""

from abc import ABC, abstractmethod

import torch
from torch import nn

from asl.nets.sequences.settings import check_counts


class SequenceNetwork(nn.Module, ABC):
    """Logits from a sequence of landmarks, (N, T, features) float and (N, T) → (N, classes).

    T may be another one at every call. Of a frame, the coordinates of all joints stand one after
    the other: x and y (and z) of the first joint, then of the second, and so on. The mask says
    which frames are there. Where the others stand, and what is in them, does not matter: the
    logits are those of the sequence without them.

    Args:
        classes: number of signs.
        features: numbers in a frame.

    Raises:
        ValueError: one of them is no whole number from 1 on.
    """

    def __init__(self, classes: int, features: int):
        super().__init__()
        check_counts(classes=classes, features=features)
        self.features = features

    def forward(self, sequences: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return (N, classes) logits.

        Args:
            sequences: (N, T, features) float; anything, not a number too, where no frame is.
            mask: (N, T) bool, or float that is above 0.5 for frames that are there. A sequence
                without any is read as one frame of zeros.

        Raises:
            ValueError: the shapes are others.
        """
        if sequences.ndim != 3 or sequences.shape[2] != self.features:
            shape = tuple(sequences.shape)
            raise ValueError(f"sequences: shape {shape} is not (N, T, {self.features})")
        if mask.shape != sequences.shape[:2]:
            raise ValueError(f"mask: shape {tuple(mask.shape)} is not (N, T) of the sequences")
        return self.logits(*present_first(sequences, mask))

    @abstractmethod
    def logits(self, frames: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Return (N, classes) logits of what `present_first` returns."""


def present_first(sequences: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Move the frames that are there to the front, in their order, and put zeros behind them.

    So a network that looks back in time only, or counts frames, needs no mask for that.

    Returns:
        (N, T, features) and (N, T) bool with True for frames that are there, at least one.
    """
    there = mask if mask.dtype == torch.bool else mask > 0.5
    frames = torch.where(there.unsqueeze(-1), sequences, 0.0)
    steps = torch.arange(sequences.shape[1], device=sequences.device)
    # Frames that are not there come last, and no two have the same rank.
    ranks = steps + sequences.shape[1] * (~there).long()
    order = ranks.argsort(1)
    frames = frames.gather(1, order.unsqueeze(-1).expand(-1, -1, sequences.shape[2]))
    return frames, steps < there.sum(1, keepdim=True).clamp(min=1)


def masked_mean(frames: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """Return the (N, width) means over time of (N, T, width) frames, as far as they are there."""
    weights = there.unsqueeze(-1).to(frames.dtype)
    return (frames * weights).sum(1) / weights.sum(1)


def last(frames: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """Return the (N, width) last frames that are there; those stand in front."""
    index = there.sum(1) - 1
    return frames.gather(1, index.view(-1, 1, 1).expand(-1, 1, frames.shape[2])).squeeze(1)
