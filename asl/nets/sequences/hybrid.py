"""An LSTM and a Transformer side by side, joined by a linear layer.

Source: the "hybrid" network of the thesis project on asl-signs that this one carries on. One reads
the frames in their order, the other compares all of them with each other.
"""

import torch
from torch import nn

from asl.nets.sequences.frames import SequenceNetwork
from asl.nets.sequences.lstm import LSTMEncoder
from asl.nets.sequences.settings import EncoderSettings
from asl.nets.sequences.transformer import TransformerEncoder

_SETTINGS = EncoderSettings()


class HybridClassifier(SequenceNetwork):
    """Logits from sequences; see `SequenceNetwork` for their shapes and the first arguments.

    The LSTM is as wide and as deep as the Transformer, and drops as much.
    """

    def __init__(self, classes: int, features: int, settings: EncoderSettings = _SETTINGS):
        super().__init__(classes, features)
        width, dropout = settings.width, settings.dropout
        self.lstm = LSTMEncoder(features, settings)
        self.transformer = TransformerEncoder(features, settings)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * width, classes))

    def logits(self, frames: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        both = (self.lstm(frames, there), self.transformer(frames, there))
        return self.classifier(torch.cat(both, 1))
