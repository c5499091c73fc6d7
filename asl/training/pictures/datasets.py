"""What the picture network and the landmark network learn from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import torch
from torch import nn

from asl.data.pictures.examples import Examples
from asl.hands.landmarks import turn
from asl.training.config import Movement
from asl.training.pictures.augment import augment_landmarks
from asl.training.pictures.features import Features, augmented, center_crop, trunk_of
from asl.training.settings import AugmentSettings


@dataclass
class FrozenPictures:
    """Pictures that went through the frozen stages beforehand; see `features`."""

    features: Features
    rows: np.ndarray
    classes: np.ndarray
    sources: np.ndarray
    weights: np.ndarray
    validation: np.ndarray

    def augmented(self, rows: np.ndarray, random: torch.Generator) -> torch.Tensor:
        copies = torch.randint(len(self.features.augmented), (len(rows),), generator=random).numpy()
        return torch.from_numpy(self.features.augmented[copies, self.rows[rows]]).float()

    def clean(self, rows: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(self.features.clean[self.rows[rows]]).float()


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

    def augmented(self, rows: np.ndarray, random: torch.Generator) -> torch.Tensor:
        if self.settings.changes_nothing:
            return self.clean(rows)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        pictures = augmented(self.examples, rows, self.size, self.settings, random, device)
        return self.normalise(pictures)

    def clean(self, rows: np.ndarray) -> torch.Tensor:
        return self.normalise(torch.from_numpy(center_crop(self.examples.crops[rows], self.size)))


@dataclass
class Landmarks:
    """Normalised hand landmarks, with or without a picture behind them.

    Attributes:
        landmarks: (N, 21, 3) float32.
        rereads: (N, K, 21, 3) float32, the same hands, read again K times; each is shown as often
            as the landmarks.
    """

    landmarks: np.ndarray
    rereads: np.ndarray
    settings: AugmentSettings
    classes: np.ndarray
    sources: np.ndarray
    weights: np.ndarray
    validation: np.ndarray

    def augmented(self, rows: np.ndarray, random: torch.Generator) -> torch.Tensor:
        landmarks = self.landmarks[rows]
        if count := self.rereads.shape[1]:
            which = torch.randint(count + 1, (len(rows),), generator=random).numpy()
            again = which < count
            landmarks[again] = self.rereads[rows[again], which[again]]
        return augment_landmarks(torch.from_numpy(landmarks), self.settings, random)

    def clean(self, rows: np.ndarray) -> torch.Tensor:
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
                    rereads=turn(self.rereads[rows], angles[:, None, None]).astype(np.float32),
                    classes=np.full(len(rows), labels.index(movement.sign)),
                    sources=self.sources[rows],
                    weights=np.full(len(rows), movement.weight),
                )
            )
        joined: dict[str, Any] = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in ("landmarks", "rereads", "classes", "sources", "weights")
        }
        return replace(self, **joined)


class Tail(nn.Module):
    """The part of a picture network above its frozen stages, sharing its weights."""

    def __init__(self, network: nn.Module, stage: int):
        super().__init__()
        self.trunk = trunk_of(network)[stage:]
        self.classifier: nn.Module = network.get_submodule("classifier")

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.classifier(self.trunk(features))
        return logits
