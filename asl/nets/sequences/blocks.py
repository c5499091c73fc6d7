"""Layers that several networks of words are made of; (N, T, width) frames go in and come out.

In all of them, frames that are there stand in front, as `present_first` puts them.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from asl.nets.sequences.settings import check_heads, check_probabilities


class SelfAttention(nn.Module):
    """Every frame looks at all frames that are there, through several heads.

    Source: Vaswani et al., "Attention Is All You Need", 2017, without biases.

    Args:
        width: of a frame.
        heads: that share the width.
        dropout: probability, of a frame being overlooked.
        causal: whether a frame sees itself and earlier ones only.
        scale: of the products of queries and keys; 1 / √(width of a head) if None.

    Raises:
        ValueError: the heads do not divide the width, or the dropout is no probability.
    """

    def __init__(
        self,
        width: int,
        heads: int = 8,
        dropout: float = 0.1,
        causal: bool = False,
        scale: float | None = None,
    ):
        super().__init__()
        check_heads(heads, width)
        check_probabilities(dropout=dropout)
        self.heads, self.causal, self.scale = heads, causal, scale
        self.joint = nn.Linear(width, 3 * width, bias=False)
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(width, width, bias=False)

    def forward(self, frames: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        query, key, value = (
            one.unflatten(2, (self.heads, -1)).transpose(1, 2)
            for one in self.joint(frames).chunk(3, 2)
        )
        seen = there[:, None, None, :]
        if self.causal:
            steps = torch.arange(frames.shape[1], device=frames.device)
            seen = seen & (steps[:, None] >= steps)
        dropout = self.dropout.p if self.training else 0.0
        mixed = F.scaled_dot_product_attention(query, key, value, seen, dropout, scale=self.scale)
        return self.out(mixed.transpose(1, 2).flatten(2))


class MaskedBatchNorm(nn.Module):
    """Batch norm over the frames that are there, so that padding does not shift its statistics.

    Source: Ioffe and Szegedy, "Batch Normalization", 2015.

    Args:
        width: of a frame.
        momentum: share of a new batch in the running mean and variance.
        eps: added to the variance.
    """

    def __init__(self, width: int, momentum: float = 0.1, eps: float = 1e-5):
        super().__init__()
        self.norm = nn.BatchNorm1d(width, eps, momentum)

    def forward(self, frames: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        # Choosing frames takes a fifth of a step's time; where all are there, it chooses nothing.
        if not self.training or bool(there.all()):
            return self.norm(frames.flatten(0, 1)).view_as(frames)
        normed = self.norm(frames[there]).to(frames.dtype)
        return torch.zeros_like(frames).masked_scatter(there.unsqueeze(-1), normed)


class LateDropout(nn.Dropout):
    """Dropout that begins after some steps of training, when there is something to overfit with.

    The steps are counted in a buffer, so that a training that is resumed goes on counting.

    Args:
        p: probability.
        begin: training steps before the first with dropout, from 0 on.
    """

    #: () int64, training steps so far.
    steps: torch.Tensor

    def __init__(self, p: float, begin: int = 0):
        super().__init__(p)
        self.begin = begin
        self.register_buffer("steps", torch.tensor(0))

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return input
        late = bool(self.steps >= self.begin)
        self.steps += 1
        return super().forward(input) if late else input


def positions(frames: torch.Tensor) -> torch.Tensor:
    """Return the (T, width) sines and cosines that tell frames where they stand.

    They are worked out for every call, so that a sequence may have any length. Source: Vaswani et
    al., "Attention Is All You Need", 2017, section 3.5, sines first and cosines behind them.

    Args:
        frames: (N, T, width) that they are to be added to; the width is even.
    """
    steps = torch.arange(frames.shape[1], device=frames.device, dtype=frames.dtype)
    half = frames.shape[2] // 2
    waves = torch.arange(half, device=frames.device, dtype=frames.dtype)
    angles = steps[:, None] * torch.exp(waves * (-math.log(10_000.0) / half))
    return torch.cat([angles.sin(), angles.cos()], 1)
