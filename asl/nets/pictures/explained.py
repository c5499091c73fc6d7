"""Networks that show something of how they came to their answer."""

import torch
from torch import nn


class ExplainedNetwork(nn.Module):
    """A picture network that gives more than logits, (N, 3, S, S) → (N, classes) and more."""

    #: Names of what `explain` gives beside the logits, in order.
    explains: tuple[str, ...] = ()

    def explain(self, pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return (N, classes) logits, and what `explains` names, each (N, …)."""
        raise NotImplementedError
