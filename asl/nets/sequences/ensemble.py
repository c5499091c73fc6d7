"""Several networks of one architecture, their logits joined by a linear layer.

Source: the "Transformer ensemble", the "hybrid ensemble" and the ensemble of "yet another
Transformer" of the thesis project on asl-signs that this one carries on. The members differ by how
they start; the linear layer is trained with them, as in Wolpert, "Stacked Generalization", 1992,
but on the same examples.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from torch import nn

from asl.nets.sequences.frames import SequenceNetwork
from asl.nets.sequences.settings import check_counts

#: Those of the members.
Settings = TypeVar("Settings")


class JoinedEnsemble(SequenceNetwork):
    """Logits from sequences; see `SequenceNetwork` for their shapes.

    Args:
        members: networks with the same features and classes.
        classes: number of signs.

    Raises:
        ValueError: there is no member, or they read other frames.
    """

    def __init__(self, members: Sequence[SequenceNetwork], classes: int):
        features = {member.features for member in members}
        if len(features) != 1:
            raise ValueError(f"members: they must read the same features, not {sorted(features)}")
        super().__init__(classes, features.pop())
        self.members = nn.ModuleList(members)
        self.joint = nn.Linear(len(members) * classes, classes)
        # At first the members' mean, so that each of them learns from the first step on.
        with torch.no_grad():
            self.joint.weight.copy_(torch.eye(classes).repeat(1, len(members)) / len(members))
            self.joint.bias.zero_()

    def logits(self, frames: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        return self.joint(torch.cat([one.logits(frames, there) for one in self._each()], 1))

    def _each(self) -> list[SequenceNetwork]:
        return [one for one in self.members if isinstance(one, SequenceNetwork)]


def build_ensemble(
    network: Callable[[int, int, Settings], SequenceNetwork],
    classes: int,
    features: int,
    settings: Settings,
    members: int = 3,
) -> JoinedEnsemble:
    """Return an ensemble of networks that differ by how they start alone.

    In the source, these are `TransformerClassifier`, `HybridClassifier` or `AttentionTransformer`.

    Args:
        network: class of the members.
        classes: number of signs.
        features: numbers in a frame.
        settings: of every member.
        members: how many.

    Raises:
        ValueError: a number cannot be.
    """
    check_counts(members=members)
    return JoinedEnsemble([network(classes, features, settings) for _ in range(members)], classes)
