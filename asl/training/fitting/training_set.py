"""What one network learns from."""

from typing import Protocol, runtime_checkable

import numpy as np
import torch


class TrainingSet(Protocol):
    """The examples that one network learns from, N rows.

    Attributes:
        classes: (N,) int, the class of each row.
        sources: (N,) str, the data set of each row, for balance.
        weights: (N,) float, how much each row counts.
        validation: positions of the rows that are validated on; the others are trained on.
    """

    classes: np.ndarray
    sources: np.ndarray
    weights: np.ndarray
    validation: np.ndarray

    def augmented(self, rows: np.ndarray, random: torch.Generator) -> torch.Tensor:
        """Return augmented network inputs, (len(rows), …)."""

    def clean(self, rows: np.ndarray) -> torch.Tensor:
        """Return network inputs as prediction sees them, (len(rows), …)."""


@runtime_checkable
class Growing(Protocol):
    """A training set that changes its examples less by itself, as the recipe says.

    Of others, some are shown as they are instead.

    Attributes:
        workers: processes that may make its batches ahead of time; 0 for none.
    """

    workers: int

    def grow(self, share: float) -> None:
        """Change examples so much from now on; 1 is what the settings say."""
