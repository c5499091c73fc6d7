"""What shape a hand has in each frame, by one perceptron that reads left and right hands alike.

From a handful of examples of a word no network learns that both hands make the same shapes, nor
that a shape stays what it is where the hand is turned. So left hands are mirrored to right ones
before they are read, and distances between joints stand beside the joints, as in
`asl.nets.pictures.hand_landmarks`. It has residual connections, as in He et al., "Deep Residual
Learning for Image Recognition", 2016.
"""

import torch
import torch.nn.functional as F
from torch import nn

from asl.hands.detector import BONES
from asl.nets.sequences.blocks import MaskedBatchNorm

_HANDS, _JOINTS = 2, 21
#: Of the perceptron's layers.
_WIDTH, _DROPOUT = 128, 0.1


class HandShapes(nn.Module):
    """(N, T, features) frames and (N, T) which are there → (N, T, 2 × width), left hand first.

    A hand that was not seen has zeros.

    Args:
        width: of what is said of a hand.
        first: where in a frame the hands' own boxes begin (`asl.data.sequences.normalise`): the 21
            joints of the left hand, then of the right, as boxes whose middle is the origin.
        coordinates: of a joint, 2 or 3.
    """

    #: Indices of joints: of all pairs, and of both ends of every bone.
    pairs: torch.Tensor
    bones: torch.Tensor

    def __init__(self, width: int, first: int, coordinates: int = 2):
        super().__init__()
        self.first, self.coordinates = first, coordinates
        self.register_buffer("pairs", torch.triu_indices(_JOINTS, _JOINTS, 1), persistent=False)
        self.register_buffer("bones", torch.tensor(BONES).T.contiguous(), persistent=False)
        size = (_JOINTS + len(BONES)) * coordinates + self.pairs.shape[1]
        self.norms = nn.ModuleList(MaskedBatchNorm(one) for one in (size, _WIDTH, _WIDTH))
        self.layers = nn.ModuleList((nn.Linear(size, _WIDTH), nn.Linear(_WIDTH, _WIDTH)))
        self.last = nn.Linear(_WIDTH, width)
        self.dropout = nn.Dropout(_DROPOUT)

    def forward(self, frames: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        last = self.first + _HANDS * _JOINTS * self.coordinates
        hands = frames[..., self.first : last].unflatten(2, (_HANDS, _JOINTS, self.coordinates))
        # (N, T × hands, …): norms count each hand that is seen, and nothing else.
        seen = ((hands != 0).any(4).any(3) & there.unsqueeze(2)).flatten(1, 2)
        mirrored = torch.ones(_HANDS, 1, self.coordinates, device=frames.device)
        mirrored[0, 0, 0] = -1
        shapes = self._described((hands * mirrored).flatten(1, 2))
        hidden = self.norms[0](shapes, seen)
        hidden = F.silu(self.norms[1](self.layers[0](hidden), seen))
        hidden = hidden + F.silu(self.norms[2](self.layers[1](self.dropout(hidden)), seen))
        said = self.last(self.dropout(hidden)) * seen.unsqueeze(2)
        return said.unflatten(1, (-1, _HANDS)).flatten(2)

    def _described(self, hands: torch.Tensor) -> torch.Tensor:
        """Return (N, M, numbers): joints, directions of bones, distances between all joints."""
        bones = hands[:, :, self.bones[1]] - hands[:, :, self.bones[0]]
        directions = bones / (_length(bones).unsqueeze(-1) + 1e-3)
        distances = _length(hands[:, :, self.pairs[0]] - hands[:, :, self.pairs[1]])
        return torch.cat([hands.flatten(2), directions.flatten(2), distances], 2)


def _length(vectors: torch.Tensor) -> torch.Tensor:
    # Not `norm`: its gradient is not a number where two joints coincide.
    return (vectors.square().sum(-1) + 1e-12).sqrt()
