"""Causal convolutions over time and attention in turn: the default network of words.

Source: the winner of Kaggle's "Google – Isolated Sign Language Recognition" (hoyso48, 2023, MIT),
written again. Its channel attention is that of Wang et al., "ECA-Net", 2020; whole branches are
dropped as in Huang et al., "Deep Networks with Stochastic Depth", 2016. With 708 features and 250
classes the source counts 1,836,569 numbers: 1,830,040 parameters, 6,528 running means and variances
of its norms, and the counter of its late dropout; so it is here. Other than there, padding does not
enter the norms' statistics, and layers are initialised as PyTorch does it.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.ops import StochasticDepth

from asl.nets.sequences.blocks import LateDropout, MaskedBatchNorm, SelfAttention
from asl.nets.sequences.frames import SequenceNetwork, masked_mean
from asl.nets.sequences.hand_shapes import HandShapes
from asl.nets.sequences.settings import (
    StackSettings,
    check_counts,
    check_heads,
    check_probabilities,
)

#: Of all batch norms, as in the source.
_MOMENTUM, _EPS = 0.05, 1e-3
#: Neighbours among the channels that efficient channel attention looks at.
_NEIGHBOURS = 5


@dataclass(frozen=True)
class ConvTransformerSettings(StackSettings):
    """A stack whose layers are rounds of convolutions and attention.

    Attributes:
        convolutions: blocks in a round, before its attention.
        kernel: frames that a convolution sees, the present one and those before it.
        heads: of attention; they divide the width.
        expansion: width inside of a block over `width`.
        attention_dropout: probability, of a frame being overlooked by another.
        drop_path: probability that a sequence passes a block by.
        dropout_begin: training steps before the first with `dropout`, which is that before the last
            layer alone; in the source, those of 15 epochs.
        shape_width: of what is said of a hand's shape beside the coordinates; 0 for nothing, as in
            the source.
        own_boxes_at: where in a frame the hands' own boxes begin, of which shapes are read.
        coordinates: of a joint, 2 or 3, where shapes are read.
    """

    width: int = 192
    dropout: float = 0.8
    convolutions: int = 3
    kernel: int = 17
    heads: int = 4
    expansion: int = 2
    attention_dropout: float = 0.2
    drop_path: float = 0.2
    dropout_begin: int = 0
    shape_width: int = 0
    own_boxes_at: int = 0
    coordinates: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        check_counts(convolutions=self.convolutions, kernel=self.kernel, expansion=self.expansion)
        check_heads(self.heads, self.width)
        check_probabilities(attention_dropout=self.attention_dropout, drop_path=self.drop_path)
        for name in ("dropout_begin", "shape_width", "own_boxes_at"):
            value = getattr(self, name)
            if type(value) is not int or value < 0:
                raise ValueError(f"{name}: {value!r} is no whole number from 0 on")
        if type(self.coordinates) is not int or self.coordinates not in (2, 3):
            raise ValueError(f"coordinates: {self.coordinates!r} is not 2 or 3")


_SETTINGS = ConvTransformerSettings()


class ConvBlock(nn.Module):
    """Widen, convolve each channel over the past, weigh channels, narrow; and a way around.

    Its attention to channels weighs each by itself and its neighbours.
    """

    def __init__(self, settings: ConvTransformerSettings = _SETTINGS):
        super().__init__()
        width, wide = settings.width, settings.width * settings.expansion
        self.kernel = settings.kernel
        self.widen = nn.Linear(width, wide)
        self.convolution = nn.Conv1d(wide, wide, self.kernel, groups=wide, bias=False)
        self.norm = MaskedBatchNorm(wide, _MOMENTUM, _EPS)
        self.neighbours = nn.Conv1d(1, 1, _NEIGHBOURS, padding=_NEIGHBOURS // 2, bias=False)
        self.narrow = nn.Linear(wide, width)
        self.drop_path = StochasticDepth(settings.drop_path, "row")

    def forward(self, frames: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        wide = F.silu(self.widen(frames)).transpose(1, 2)
        wide = self.convolution(F.pad(wide, (self.kernel - 1, 0))).transpose(1, 2)
        wide = self.norm(wide, there)
        weights = self.neighbours(masked_mean(wide, there).unsqueeze(1)).sigmoid()
        return frames + self.drop_path(self.narrow(wide * weights))


class AttentionBlock(nn.Module):
    """Attention between the frames, then a perceptron on each, with batch norms before them."""

    def __init__(self, settings: ConvTransformerSettings = _SETTINGS):
        super().__init__()
        width, wide = settings.width, settings.width * settings.expansion
        self.before = MaskedBatchNorm(width, _MOMENTUM, _EPS)
        # The source divides by the root of the whole width, not of a head's.
        self.attention = SelfAttention(
            width, settings.heads, settings.attention_dropout, scale=width**-0.5
        )
        self.between = MaskedBatchNorm(width, _MOMENTUM, _EPS)
        self.perceptron = nn.Sequential(
            nn.Linear(width, wide, bias=False),
            nn.SiLU(),
            nn.Linear(wide, width, bias=False),
        )
        self.drop_path = StochasticDepth(settings.drop_path, "row")

    def forward(self, frames: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        frames = frames + self.drop_path(self.attention(self.before(frames, there), there))
        return frames + self.drop_path(self.perceptron(self.between(frames, there)))


class ConvTransformer(SequenceNetwork):
    """Logits from sequences; see `SequenceNetwork` for their shapes and the first arguments."""

    def __init__(self, classes: int, features: int, settings: ConvTransformerSettings = _SETTINGS):
        super().__init__(classes, features)
        width, of_shapes = settings.width, settings.shape_width
        self.shapes = None
        if of_shapes:
            own_boxes = settings.own_boxes_at, settings.coordinates
            self.shapes = HandShapes(of_shapes, *own_boxes)
        self.stem = nn.Linear(features + 2 * of_shapes, width, bias=False)
        self.stem_norm = MaskedBatchNorm(width, _MOMENTUM, _EPS)
        blocks: list[nn.Module] = []
        for _ in range(settings.depth):
            blocks += [ConvBlock(settings) for _ in range(settings.convolutions)]
            blocks.append(AttentionBlock(settings))
        self.blocks = nn.ModuleList(blocks)
        self.top = nn.Linear(width, 2 * width)
        self.dropout = LateDropout(settings.dropout, settings.dropout_begin)
        self.classifier = nn.Linear(2 * width, classes)

    def logits(self, frames: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        if self.shapes is not None:
            frames = torch.cat([frames, self.shapes(frames, there).to(frames.dtype)], 2)
        hidden = self.stem_norm(self.stem(frames), there)
        for block in self.blocks:
            hidden = block(hidden, there)
        # The last linear layer may stand behind the mean: it is the same, and T times less work.
        return self.classifier(self.dropout(self.top(masked_mean(hidden, there))))
