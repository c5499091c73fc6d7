"""The inputs of an epoch's steps, made when their turn comes or ahead of it by other processes."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

#: Rows of a step, and the number from which its random numbers are drawn.
Step = tuple[np.ndarray, int]
#: Batches that each process makes ahead.
_AHEAD = 2


class _Steps(Dataset[np.ndarray]):
    def __init__(self, make: Callable[[Step], torch.Tensor], steps: Sequence[Step]):
        self._make, self._steps = make, steps

    def __len__(self) -> int:
        return len(self._steps)

    def __getitem__(self, place: int) -> np.ndarray:
        return self._make(self._steps[place]).numpy()


def batches(
    make: Callable[[Step], torch.Tensor], steps: Sequence[Step], workers: int
) -> Iterator[torch.Tensor]:
    """Yield the inputs of each step, the same however many processes make them.

    Args:
        make: gives the inputs of a step, drawing random numbers from its own number alone.
        workers: forked processes; 0 to make each batch here when it is wanted. With any, `make`
            must not touch a GPU.
    """
    if not workers or len(steps) < 2:
        yield from map(make, steps)
        return
    # As NumPy's arrays they come through pipes: shared memory is scarce in containers.
    loader = DataLoader(
        _Steps(make, steps), batch_size=None, num_workers=min(workers, len(steps)),
        prefetch_factor=_AHEAD, collate_fn=_as_it_is, multiprocessing_context="fork",
    )  # fmt: skip
    yield from map(torch.from_numpy, loader)


def _as_it_is(inputs: Any) -> Any:
    return inputs
