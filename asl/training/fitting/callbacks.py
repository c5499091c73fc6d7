"""What changes from epoch to epoch beside the learning rate."""

from collections.abc import Iterable, Sequence

import torch

from asl.training.fitting.learner import Dropping
from asl.training.settings import Growth


class GrowDropout:
    """Raises the probability in all dropout layers of a network.

    Starting with little and raising it lets a network learn before it has to learn robustly
    (Morerio et al., "Curriculum Dropout", 2017).
    """

    def __init__(self, layers: Iterable[Dropping], growth: Growth):
        self._growth = growth
        self._own = [(one, one.p) for one in layers]

    def start_epoch(self, epoch: int) -> None:
        for layer, own in self._own:
            layer.p = self._growth.at(epoch, own)

    def stop(self) -> None:
        """Leave the network's own dropout behind."""
        for layer, own in self._own:
            layer.p = own


class GrowAugmentation:
    """Raises the share of examples that are changed at all.

    Attributes:
        share: of the current epoch, 0–1.
    """

    def __init__(self, growth: Growth | None):
        self._growth = growth
        self.share = 1.0

    def start_epoch(self, epoch: int) -> None:
        self.share = 1.0 if self._growth is None else self._growth.at(epoch)

    def choose(self, count: int, random: torch.Generator) -> torch.Tensor:
        """Return (count,) bool: the examples that stay as they are."""
        if self.share >= 1:
            return torch.zeros(count, dtype=torch.bool)
        return torch.rand(count, generator=random) >= self.share


def growth_of(what: str, grow: Sequence[Growth]) -> Growth | None:
    """Return what says how `what` grows, None where it does not."""
    return next((one for one in grow if one.what == what), None)
