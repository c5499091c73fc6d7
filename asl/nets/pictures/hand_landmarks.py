"""A small network on hand landmarks.

It gets no pixels, so light, skin and room cannot mislead it; this is why it holds up on new people
(Kapitanov et al. and others report the same for hand gestures). Its perceptrons have residual
connections, as in He et al., "Deep Residual Learning for Image Recognition", 2016.
"""

import torch
from torch import nn

from asl.hands.detector import BONES

_JOINTS = 21


class HandLandmarks(nn.Module):
    """Logits from hand landmarks, (N, 21, 3) float → (N, classes): the mean of several perceptrons.

    The landmarks come from `asl.hands.landmarks.normalise`. Joint
    positions, bone directions and all distances between joints are worked out inside, so that
    the exported file needs nothing but the landmarks.

    Args:
        classes: number of signs.
        width: of each layer.
        depth: residual layers of each perceptron.
        dropout: probability.
        members: perceptrons whose logits are averaged.
    """

    #: Indices of joints: of all pairs, and of both ends of every bone.
    first: torch.Tensor
    second: torch.Tensor
    start: torch.Tensor
    end: torch.Tensor

    def __init__(
        self,
        classes: int,
        width: int = 256,
        depth: int = 2,
        dropout: float = 0.3,
        members: int = 3,
    ):
        super().__init__()
        first, second = torch.triu_indices(_JOINTS, _JOINTS, 1)
        starts, ends = torch.tensor(BONES).T
        for name, index in (("first", first), ("second", second), ("start", starts), ("end", ends)):
            self.register_buffer(name, index, persistent=False)
        features = _JOINTS * 3 + len(BONES) * 3 + len(first)
        self.members = nn.ModuleList(
            _Perceptron(features, classes, width, depth, dropout) for _ in range(members)
        )

    def features(self, landmarks: torch.Tensor) -> torch.Tensor:
        """Return (N, 336) positions, bone directions and distances."""
        bones = landmarks[:, self.end] - landmarks[:, self.start]
        directions = bones / (_length(bones).unsqueeze(-1) + 1e-4)
        distances = _length(landmarks[:, self.first] - landmarks[:, self.second])
        return torch.cat([landmarks.flatten(1), directions.flatten(1), distances], 1)

    def forward(self, landmarks: torch.Tensor) -> torch.Tensor:
        features = self.features(landmarks)
        return torch.stack([member(features) for member in self.members]).mean(0)


class _Perceptron(nn.Module):
    """(N, features) → (N, classes), through residual layers."""

    def __init__(self, features: int, classes: int, width: int, depth: int, dropout: float):
        super().__init__()
        self.first = nn.Sequential(nn.BatchNorm1d(features), *_layer(features, width, dropout))
        self.blocks = nn.ModuleList(
            nn.Sequential(*_layer(width, width, dropout)) for _ in range(depth)
        )
        self.last = nn.Linear(width, classes)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        hidden = self.first(features)
        for block in self.blocks:
            hidden = hidden + block(hidden)
        return self.last(hidden)


def _layer(inputs: int, outputs: int, dropout: float) -> tuple[nn.Module, ...]:
    return nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.SiLU(), nn.Dropout(dropout)


def _length(vectors: torch.Tensor) -> torch.Tensor:
    # Not `norm`: its gradient is not a number where two joints coincide.
    return (vectors.square().sum(-1) + 1e-12).sqrt()
