"""Words that are quickly learned, for tests of training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from asl.nets.sequences.settings import StackSettings
from asl.training.config import TrainConfig
from asl.training.examples.data_sets import DataSet
from asl.training.sequences.augment_settings import NONE
from asl.training.settings import Recipe
from tests.packed import pack

#: Sign → the way of the right hand, in shares of the frame.
MOVES = {"down": (0.0, 0.3), "left": (-0.3, 0.0), "up": (0.0, -0.3)}
PEOPLE = ("ann", "ben", "cy")


def moving_hand(move: tuple[float, float], frames: int, random: np.random.Generator) -> np.ndarray:
    """(frames, 42, 3) a right hand of random shape that goes its way, a few frames too late."""
    points = np.full((frames, 42, 3), np.nan, np.float32)
    shape = random.normal(0, 0.03, (21, 3))
    way = np.linspace(0, 1, frames)[:, None] * np.array([*move, 0.0])
    points[:, 21:] = random.normal(0.5, 0.05, 3) + way[:, None] + shape
    points[:2] = np.nan
    return points


@pytest.fixture(scope="session")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three signs, four clips of each by each of three people, in one packed file."""
    random = np.random.default_rng(0)
    clips, signs, people = [], [], []
    for number in range(36):
        sign = list(MOVES)[number % 3]
        clips.append(moving_hand(MOVES[sign], int(random.integers(12, 20)), random))
        signs.append(sign)
        people.append(PEOPLE[number // 3 % 3])
    file = tmp_path_factory.mktemp("data") / "words.npz"
    pack(file, clips, signs, people)
    return file


@pytest.fixture(scope="session")
def configured(words: Path) -> Callable[..., TrainConfig]:
    """``configured(**changes)``: settings that learn these words within a second."""

    def make(**changes: object) -> TrainConfig:
        usual: dict[str, object] = {
            "name": "words",
            "data": (DataSet(str(words), people="names"),),
            "network": "lstm",
            "settings": {"width": 16, "depth": 1, "dropout": StackSettings().dropout},
            "split": "leave-one-person-out",
            "sequences": Recipe(epochs=25, batch=12, learning_rate=0.03),
            "sequence_augment": NONE,
        }
        return TrainConfig(**usual | changes)  # type: ignore[arg-type]

    return make
