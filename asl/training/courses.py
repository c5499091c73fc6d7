"""What the picture network and the landmark network learn from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from torch import nn

from asl.data.examples import Examples
from asl.hands.landmarks import turn
from asl.training.augment import AugmentSettings, augment_landmarks
from asl.training.config import Movement
from asl.training.features import Features, augmented, middle


@dataclass
class FrozenPictures:
    """Pictures that went through the frozen stages beforehand; see `asl.training.features`."""

    features: Features
    rows: np.ndarray
    classes: np.ndarray
    sources: np.ndarray
    weights: np.ndarray
    validation: np.ndarray

    def changed(self, rows: np.ndarray, random: torch.Generator) -> torch.Tensor:
        copies = torch.randint(len(self.features.changed), (len(rows),), generator=random).numpy()
        return torch.from_numpy(self.features.changed[copies, self.rows[rows]]).float()

    def plain(self, rows: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(self.features.plain[self.rows[rows]]).float()


@dataclass
class LivePictures:
    """Pictures that are augmented as they are drawn, for training all stages.

    They are changed where the network is trained: a GPU is not to wait for the processor.
    """

    examples: Examples
    size: int
    settings: AugmentSettings
    normalise: Callable[[torch.Tensor], torch.Tensor]
    classes: np.ndarray
    sources: np.ndarray
    weights: np.ndarray
    validation: np.ndarray

    def changed(self, rows: np.ndarray, random: torch.Generator) -> torch.Tensor:
        if self.settings.changes_nothing:
            return self.plain(rows)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        pictures = augmented(self.examples, rows, self.size, self.settings, random, device)
        return self.normalise(pictures)

    def plain(self, rows: np.ndarray) -> torch.Tensor:
        return self.normalise(torch.from_numpy(middle(self.examples.crops[rows], self.size)))


@dataclass
class Landmarks:
    """Normalised hand landmarks, with or without a picture behind them.

    Attributes:
        landmarks: (N, 21, 3) float32.
        readings: (N, K, 21, 3) float32, the same hands read anew K times; each is shown as often
            as the landmarks.
    """

    landmarks: np.ndarray
    readings: np.ndarray
    settings: AugmentSettings
    classes: np.ndarray
    sources: np.ndarray
    weights: np.ndarray
    validation: np.ndarray

    def changed(self, rows: np.ndarray, random: torch.Generator) -> torch.Tensor:
        landmarks = self.landmarks[rows]
        if count := self.readings.shape[1]:
            which = torch.randint(count + 1, (len(rows),), generator=random).numpy()
            anew = which < count
            landmarks[anew] = self.readings[rows[anew], which[anew]]
        return augment_landmarks(torch.from_numpy(landmarks), self.settings, random)

    def plain(self, rows: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(self.landmarks[rows])

    def with_movements(
        self, movements: Sequence[Movement], labels: Sequence[str], random: np.random.Generator
    ) -> Self:
        """Return these with turned hands as further examples of signs that are movements.

        No hand that is validated on is turned, and none that counts for nothing.

        Args:
            labels: the signs, in the order of the classes.
        """
        shown = self.weights > 0
        shown[self.validation] = False
        parts = [self]
        for movement in movements:
            rows = np.flatnonzero(shown & (self.classes == labels.index(movement.hand)))
            angles = np.radians(random.uniform(*movement.degrees, len(rows)))
            parts.append(
                replace(
                    self,
                    landmarks=turn(self.landmarks[rows], angles[:, None]).astype(np.float32),
                    readings=turn(self.readings[rows], angles[:, None, None]).astype(np.float32),
                    classes=np.full(len(rows), labels.index(movement.sign)),
                    sources=self.sources[rows],
                    weights=np.full(len(rows), movement.weight),
                )
            )
        return replace(
            self,
            **{
                name: np.concatenate([getattr(part, name) for part in parts])
                for name in ("landmarks", "readings", "classes", "sources", "weights")
            },
        )


class Tail(nn.Module):
    """The part of a picture network above its frozen stages, sharing its weights."""

    def __init__(self, network: nn.Module, stage: int):
        super().__init__()
        self.trunk = network.trunk[stage:]
        self.classifier = network.classifier

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.trunk(features))
