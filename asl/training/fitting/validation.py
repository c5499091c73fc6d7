"""What a network says about examples as prediction sees them, and how right that is."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.metrics import f1_score
from torch import nn

from asl.training.fitting.training_set import TrainingSet

#: Examples that are asked about at a time.
_BATCH = 256


def in_batches(
    answer: Callable[[torch.Tensor], np.ndarray], training_set: TrainingSet, rows: np.ndarray
) -> np.ndarray:
    """Return (len(rows), C) logits of the clean inputs of `rows`.

    Args:
        answer: gives the logits of some inputs.
    """
    parts = np.array_split(rows, max(1, -(-len(rows) // _BATCH)))
    return np.concatenate([answer(training_set.clean(part)) for part in parts])


@torch.no_grad()
def logits_of(network: nn.Module, training_set: TrainingSet, rows: np.ndarray) -> np.ndarray:
    """Return (len(rows), C) logits of the clean inputs of `rows`."""
    network.eval()
    device = next(network.parameters()).device

    def answer(inputs: torch.Tensor) -> np.ndarray:
        return network(channels_last(inputs).to(device)).float().cpu().numpy()

    return in_batches(answer, training_set, rows)


def validate(
    network: Any,
    training_set: TrainingSet,
    rows: np.ndarray,
    ask: Callable[[Any, TrainingSet, np.ndarray], np.ndarray] = logits_of,
) -> dict[str, float]:
    """Return loss, accuracy and macro-F1 on `rows`; not a number where there are none.

    Args:
        ask: gives the logits of `network`.
    """
    if not len(rows):
        return {"valid_loss": np.nan, "accuracy": np.nan, "macro_f1": np.nan}
    logits = torch.from_numpy(ask(network, training_set, rows))
    truth = training_set.classes[rows]
    answers = logits.argmax(1).numpy()
    return {
        "valid_loss": float(F.cross_entropy(logits, torch.from_numpy(truth))),
        "accuracy": float((answers == truth).mean()),
        "macro_f1": float(f1_score(truth, answers, average="macro", zero_division=0)),
    }


def channels_last(inputs: torch.Tensor) -> torch.Tensor:
    """Return pictures with the channels last, for which processors are faster; others as is."""
    return inputs.contiguous(memory_format=torch.channels_last) if inputs.ndim == 4 else inputs
