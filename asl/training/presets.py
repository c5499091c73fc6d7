"""Settings for those who do not want to choose any: Quick and Thorough."""

from collections.abc import Sequence
from dataclasses import replace

from asl.training.config import DataSet, TrainConfig
from asl.training.settings import Recipe

#: With more people than this, leaving out each of them in turn takes too long, and with more than
#: that, leaving them out in groups does not pay any more: one group has people enough.
_MOST_LEFT_OUT, _MOST_IN_GROUPS = 6, 12


def quick(
    data: DataSet,
    people: Sequence[str | None],
    name: str = "quick",
    parts: Sequence[str | None] = (),
) -> TrainConfig:
    """Return settings for a good model within minutes.

    The picture network's trunk stays as the hands of many people made it and is run once over
    every picture; what lies above it and the landmark network are trained.

    Args:
        data: what to learn from.
        people: person of every picture, None where nobody has said who it is.
        name: of the model.
        parts: part of each picture that the data came with; see `best_split`.
    """
    return TrainConfig(
        name=name,
        data=(data,),
        network="efficientnet_hands",
        start="hands",
        split=best_split(people, parts),
        frozen_stages=17,
        copies=1,
        picture=Recipe(epochs=10, batch=64, learning_rate=3e-3),
        landmarks=Recipe(epochs=10, batch=256, learning_rate=4e-3, label_smoothing=0.05),
    )


def thorough(
    data: DataSet,
    people: Sequence[str | None],
    name: str = "thorough",
    parts: Sequence[str | None] = (),
) -> TrainConfig:
    """Return settings for the best model that this app knows to make; otherwise as `quick`."""
    return replace(
        quick(data, people, name, parts),
        frozen_stages=12,
        copies=5,
        picture=Recipe(epochs=8, batch=64, learning_rate=7e-4),
        landmarks=Recipe(epochs=30, batch=256, learning_rate=2e-3, label_smoothing=0.05),
    )


def best_split(people: Sequence[str | None], parts: Sequence[str | None] = ()) -> str:
    """Return the most honest way to test a model on these pictures: a key of `SPLITS`.

    The data's own test part is preferred, except where it is known that people in it were learned
    from. Otherwise the score on a new person is measured where it is known who is in every picture:
    of few people each is tested once.

    Args:
        people: person of every picture, None where nobody has said who it is.
        parts: part of each that the data came with, None where it came with none.
    """
    known = {person for person in people if person}
    by_person = "random"
    if len(known) > 1 and all(people):
        by_person = "new-person"
        if len(known) <= _MOST_IN_GROUPS:
            by_person = "group-k-fold"
        if len(known) <= _MOST_LEFT_OUT:
            by_person = "leave-one-person-out"
    if not has_test_part(parts):
        return by_person
    sides = {"test": set(), "train": set()}
    for person, part in zip(people, parts, strict=True):
        sides["test" if part == "test" else "train"].add(person)
    return by_person if by_person != "random" and sides["test"] & sides["train"] else "own"


def has_test_part(parts: Sequence[str | None]) -> bool:
    """Return whether the data came with a test part, and something to learn from beside it."""
    return "test" in parts and set(parts) != {"test"}


PRESETS = {"Quick": quick, "Thorough": thorough}
