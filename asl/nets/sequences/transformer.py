"""A Transformer encoder over the frames, its mean over time classified.

Source: the "Transformer classifier" (encoder, mean over time, linear) of the thesis project on
asl-signs that this one carries on. The layers are those of Vaswani et al., "Attention Is All You
Need", 2017, as PyTorch has them: norms come after what they norm.
"""

import torch
from torch import nn

from asl.nets.sequences.blocks import positions
from asl.nets.sequences.frames import SequenceNetwork, masked_mean
from asl.nets.sequences.settings import EncoderSettings

_SETTINGS = EncoderSettings()


class TransformerEncoder(nn.Module):
    """The mean of the encoded frames, (N, T, features) and (N, T) → (N, width).

    Args:
        features: numbers in a frame.
        settings: of its layers.
    """

    def __init__(self, features: int, settings: EncoderSettings):
        super().__init__()
        width = settings.width
        self.inputs = nn.Linear(features, width)
        layer = nn.TransformerEncoderLayer(
            width, settings.heads, settings.expansion * width, settings.dropout, batch_first=True
        )
        self.layers = nn.TransformerEncoder(layer, settings.depth, enable_nested_tensor=False)

    def forward(self, frames: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        hidden = self.inputs(frames)
        hidden = self.layers(hidden + positions(hidden), src_key_padding_mask=~there)
        return masked_mean(hidden, there)


class TransformerClassifier(SequenceNetwork):
    """Logits from sequences; see `SequenceNetwork` for their shapes and the first arguments."""

    def __init__(self, classes: int, features: int, settings: EncoderSettings = _SETTINGS):
        super().__init__(classes, features)
        self.encoder = TransformerEncoder(features, settings)
        self.classifier = nn.Sequential(
            nn.Dropout(settings.dropout), nn.Linear(settings.width, classes)
        )

    def logits(self, frames: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.encoder(frames, there))
