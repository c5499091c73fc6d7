"""Which examples an epoch draws, how much each class counts in the loss, and seeds."""

import numpy as np
import torch

from asl.training.fitting.training_set import TrainingSet


def draw_from(seed: int) -> None:
    """Let PyTorch draw its random numbers from a seed, on every device that it computes on."""
    if torch.cuda.is_available():
        torch.manual_seed(seed)
    else:  # a tenth of a small step's time: PyTorch also notes it for devices that may come later
        torch.default_generator.manual_seed(seed)


class Sampler:
    """Draws the training rows of each epoch, so that large data sets do not drown small ones.

    Args:
        balance: 0 draws every example alike, 1 every data set alike.
        draws: examples an epoch; 0 draws as many as there are.

    Raises:
        ValueError: no example has any weight.
    """

    def __init__(self, training_set: TrainingSet, balance: float, draws: int, seed: int):
        classes = training_set.classes
        self._rows = np.setdiff1d(np.arange(len(classes)), training_set.validation)
        self._chances = _chances(training_set, self._rows, balance)
        self._seed = seed
        self.draws = draws or len(self._rows)
        # Drawn without putting back where that keeps the balance: then every example counts once.
        self._again = self.draws > len(self._rows) or bool(np.ptp(self._chances) > 1e-12)
        self.class_weights = _class_weights(classes, self._rows, self._chances)

    def epoch(self, number: int) -> np.ndarray:
        """Return the (draws,) rows of an epoch, in the order in which they are shown."""
        random = np.random.default_rng((self._seed, number))
        return random.choice(self._rows, self.draws, self._again, self._chances)


def _chances(training_set: TrainingSet, rows: np.ndarray, balance: float) -> np.ndarray:
    """Return each row's chance of being drawn."""
    _, source, counts = np.unique(
        training_set.sources[rows], return_inverse=True, return_counts=True
    )
    chances = counts[source].astype(float) ** -balance * (training_set.weights[rows] > 0)
    if not chances.sum():
        raise ValueError("training: no example has any weight")
    return chances / chances.sum()


def _class_weights(classes: np.ndarray, rows: np.ndarray, chances: np.ndarray) -> torch.Tensor:
    """Return (C,) loss weights: one over the root of how often the class is drawn."""
    drawn = np.bincount(classes[rows], chances, minlength=int(classes.max()) + 1)
    weights = np.where(drawn > 0, np.maximum(drawn, 1e-12) ** -0.5, 0)
    return torch.tensor(weights / (weights * drawn).sum(), dtype=torch.float32)
