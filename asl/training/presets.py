"""Settings for those who do not want to choose any: Quick and Thorough."""

from collections.abc import Sequence
from dataclasses import replace

from asl.training.config import DataSet, TrainConfig
from asl.training.settings import Recipe

#: With more people than this, leaving out each of them in turn takes too long; with more than
#: that, a group that is held out is large enough to speak for all.
_MOST_LEFT_OUT, _MOST_IN_TURN = 6, 12


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
        people: person of every picture, None where that is not known or was only guessed.
        name: of the model.
        parts: part of the data that every picture is in, "test" for those kept for testing.
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
    """Return the most honest way to test a model on these pictures; see `possible_splits`."""
    return possible_splits(people, parts)[0]


def possible_splits(
    people: Sequence[str | None], parts: Sequence[str | None] = ()
) -> tuple[str, ...]:
    """Return the ways to test a model on these pictures, keys of `SPLITS`, the best one first.

    A test part that the data came with is meant to be tested on, so it comes first, unless people
    are known to be on both of its sides. Only where it is known who is in every picture can the
    score on a new person be measured: up to 12 people, each is tested once.

    Args:
        people: person of every picture, None where that is not known or was only guessed.
        parts: part of the data that every picture is in, "test" for those kept for testing; empty
            where there are none.
    """
    own = ("own",) if "test" in parts and any(part != "test" for part in parts) else ()
    known = set(people)
    if len(known) < 2 or not all(people):
        return (*own, "random")
    by_person = ("leave-one-person-out", "new-person")
    if len(known) > _MOST_LEFT_OUT:
        by_person = ("group-k-fold", *by_person)
    if len(known) > _MOST_IN_TURN:
        by_person = ("new-person", "group-k-fold", "leave-one-person-out")
    if own and people_on_both_sides(people, parts):
        return (*by_person, *own, "random")
    return (*own, *by_person, "random")


def people_on_both_sides(
    people: Sequence[str | None], parts: Sequence[str | None]
) -> set[str | None]:
    """Return who is both in the test part and outside of it."""
    sides = list(zip(people, parts, strict=True))
    tested = {person for person, part in sides if part == "test"}
    return tested & {person for person, part in sides if part != "test"}


PRESETS = {"Quick": quick, "Thorough": thorough}
