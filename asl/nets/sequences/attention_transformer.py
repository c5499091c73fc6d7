"""A stack of Transformer blocks with attention of its own, its mean over time classified.

Source: the own "multi-head self-attention" (8 heads, dropout 0.1, layer norm, causal mask by
choice), the "Transformer block" (192 wide, 4 heads, expansion 4, dropouts 0.2) and "yet another
Transformer", a stack of these, of the thesis project on asl-signs that this one carries on. Norms
stand before what they norm, as in Xiong et al., "On Layer Normalization in the Transformer
Architecture", 2020, so that training needs no warm-up.
"""

from dataclasses import dataclass

import torch
from torch import nn

from asl.nets.sequences.blocks import SelfAttention, positions
from asl.nets.sequences.frames import SequenceNetwork, masked_mean
from asl.nets.sequences.settings import EncoderSettings, check_probabilities


@dataclass(frozen=True)
class AttentionSettings(EncoderSettings):
    """Those of an encoder, with the source's values, and what its own attention adds to them.

    Attributes:
        attention_dropout: probability, of a frame being overlooked by another.
        causal: whether a frame sees itself and earlier ones only.
    """

    width: int = 192
    dropout: float = 0.2
    heads: int = 4
    attention_dropout: float = 0.2
    causal: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_probabilities(attention_dropout=self.attention_dropout)
        if type(self.causal) is not bool:
            raise ValueError(f"causal: {self.causal!r} is neither True nor False")


_SETTINGS = AttentionSettings()


class TransformerBlock(nn.Module):
    """Attention between the frames, then a perceptron on each, (N, T, width) → (N, T, width).

    Both have a norm before them and a way around them.
    """

    def __init__(self, settings: AttentionSettings = _SETTINGS):
        super().__init__()
        width, wide = settings.width, settings.expansion * settings.width
        self.norm = nn.LayerNorm(width)
        self.attention = SelfAttention(
            width, settings.heads, settings.attention_dropout, settings.causal
        )
        self.dropout = nn.Dropout(settings.dropout)
        self.perceptron = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, wide),
            nn.SiLU(),
            nn.Linear(wide, width),
            nn.Dropout(settings.dropout),
        )

    def forward(self, frames: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        frames = frames + self.dropout(self.attention(self.norm(frames), there))
        return frames + self.perceptron(frames)


class AttentionTransformer(SequenceNetwork):
    """Logits from sequences; see `SequenceNetwork` for their shapes and the first arguments."""

    def __init__(self, classes: int, features: int, settings: AttentionSettings = _SETTINGS):
        super().__init__(classes, features)
        width = settings.width
        self.inputs = nn.Linear(features, width)
        self.blocks = nn.ModuleList(TransformerBlock(settings) for _ in range(settings.depth))
        self.norm = nn.LayerNorm(width)
        self.classifier = nn.Sequential(nn.Dropout(settings.dropout), nn.Linear(width, classes))

    def encode(self, frames: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Return (N, T, width) encoded frames of what `present_first` returns."""
        hidden = self.inputs(frames)
        hidden = hidden + positions(hidden)
        for block in self.blocks:
            hidden = block(hidden, there)
        return self.norm(hidden)

    def logits(self, frames: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        return self.classifier(masked_mean(self.encode(frames, there), there))
