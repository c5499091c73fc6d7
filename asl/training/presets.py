"""Settings for those who do not want to choose any: Quick and Thorough."""

from collections.abc import Sequence
from dataclasses import replace

from asl.training.config import DataSet, TrainConfig
from asl.training.settings import Recipe

#: With more people than this, leaving out each of them in turn takes too long.
_MOST_LEFT_OUT = 6


def quick(data: DataSet, people: Sequence[str | None], name: str = "quick") -> TrainConfig:
    """Return settings for a good model within minutes.

    The picture network's trunk stays as the hands of many people made it and is run once over
    every picture; what lies above it and the landmark network are trained.

    Args:
        data: what to learn from.
        people: person of every picture, None where unknown.
        name: of the model.
    """
    return TrainConfig(
        name=name,
        data=(data,),
        network="efficientnet_hands",
        start="hands",
        split=best_split(people),
        frozen_stages=17,
        copies=1,
        picture=Recipe(epochs=10, batch=64, learning_rate=3e-3),
        landmarks=Recipe(epochs=10, batch=256, learning_rate=4e-3, label_smoothing=0.05),
    )


def thorough(data: DataSet, people: Sequence[str | None], name: str = "thorough") -> TrainConfig:
    """Return settings for the best model that this app knows to make; otherwise as `quick`."""
    return replace(
        quick(data, people, name),
        frozen_stages=12,
        copies=5,
        picture=Recipe(epochs=8, batch=64, learning_rate=7e-4),
        landmarks=Recipe(epochs=30, batch=256, learning_rate=2e-3, label_smoothing=0.05),
    )


def best_split(people: Sequence[str | None], parts: Sequence[str | None] = ()) -> str:
    """Return the most honest way to test a model on these pictures: a key of `SPLITS`.

    Only where it is known who is in every picture can the score on a new person be measured.
    """
    known = {person for person in people if person}
    if len(known) < 2 or not all(people):
        return "random"
    return "leave-one-person-out" if len(known) <= _MOST_LEFT_OUT else "new-person"


PRESETS = {"Quick": quick, "Thorough": thorough}
