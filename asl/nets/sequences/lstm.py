"""Long short-term memory: the frames are read one after the other, the last state is classified.

Source: the "LSTM classifier" of the thesis project on asl-signs that this one carries on. The layer
is that of Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997, as PyTorch has it.
"""

import torch
from torch import nn

from asl.nets.sequences.frames import SequenceNetwork, last
from asl.nets.sequences.settings import StackSettings

_SETTINGS = StackSettings()


class LSTMEncoder(nn.Module):
    """The state after the last frame, (N, T, features) and (N, T) → (N, width).

    Args:
        features: numbers in a frame.
        settings: of its layers.
    """

    def __init__(self, features: int, settings: StackSettings):
        super().__init__()
        width = settings.width
        # One layer each, since the dropout inside PyTorch's own stack is no layer that can grow.
        self.layers = nn.ModuleList(
            nn.LSTM(width if layer else features, width, batch_first=True)
            for layer in range(settings.depth)
        )
        self.dropout = nn.Dropout(settings.dropout)

    def forward(self, frames: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        for number, layer in enumerate(self.layers):
            frames = layer(self.dropout(frames) if number else frames)[0]
        return last(frames, there)


class LSTMClassifier(SequenceNetwork):
    """Logits from sequences; see `SequenceNetwork` for their shapes and the first arguments."""

    def __init__(self, classes: int, features: int, settings: StackSettings = _SETTINGS):
        super().__init__(classes, features)
        self.encoder = LSTMEncoder(features, settings)
        self.classifier = nn.Sequential(
            nn.Dropout(settings.dropout), nn.Linear(settings.width, classes)
        )

    def logits(self, frames: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.encoder(frames, there))
