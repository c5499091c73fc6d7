"""Settings for those who do not want to choose any: Quick and Thorough."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from asl.bundle import DEFAULT_WORDS, BundleError, find_bundle
from asl.data.sequences.preparation import Preparation
from asl.nets.registry import networks
from asl.training.config import WORD_NETWORK, DataSet, TrainConfig
from asl.training.settings import Recipe

#: With more people than this, leaving out each of them in turn takes too long; with more than
#: that, a group that is held out is large enough to speak for all.
_MOST_LEFT_OUT, _MOST_IN_TURN = 6, 12

#: Learning rates of words. At the higher one, weights that have learned from many people lose what
#: they know of them.
_FINE_TUNING, _FROM_SCRATCH = 3e-4, 1e-3


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


def quick_words(
    data: DataSet,
    people: Sequence[str | None],
    name: str = "quick",
    parts: Sequence[str | None] = (),
) -> TrainConfig:
    """Return settings for a good model of words within minutes.

    It starts from the bundled model of words where there is one, is then shown the same as that
    one, and learns slowly, so that it keeps what that one knows of people. It learns that other
    movements are none of the words, which a camera needs; otherwise as `quick`.
    """
    alike = _like_bundled_words()
    rate = _FINE_TUNING if "start" in alike else _FROM_SCRATCH
    return TrainConfig(
        name=name,
        data=(data,),
        split=best_split(people, parts),
        sequences=Recipe(epochs=20, batch=32, learning_rate=rate, balance=0.0),
        negatives=0.1,
        **alike,
    )


def thorough_words(
    data: DataSet,
    people: Sequence[str | None],
    name: str = "thorough",
    parts: Sequence[str | None] = (),
) -> TrainConfig:
    """Return settings for the best model of words that this app knows to make."""
    config = quick_words(data, people, name, parts)
    recipe = replace(config.sequences, epochs=80, average=0.99, learning_rate=_FROM_SCRATCH)
    return replace(config, sequences=recipe)


def for_network(config: TrainConfig, name: str) -> TrainConfig:
    """Return a preset's settings for another network: one of words begins from nothing."""
    config = config.with_network(name)
    if not config.of_sequences:
        return config
    return replace(config, sequences=replace(config.sequences, learning_rate=_FROM_SCRATCH))


def _like_bundled_words() -> dict[str, Any]:
    """Return the settings that a network needs to start from the bundled model of words."""
    try:
        bundle = find_bundle(DEFAULT_WORDS)
    except BundleError:
        return {"network": WORD_NETWORK}
    card, spec = bundle.card, networks("sequences").get(bundle.card.network)
    if not bundle.is_bundled or card.sequence is None or spec is None:
        return {"network": WORD_NETWORK}
    return {
        "network": spec.name,
        "settings": dict(card.settings),
        "start": "bundled",
        "preparation": Preparation.from_input(card.sequence),
    }


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
    by_person: tuple[str, ...] = ("leave-one-person-out", "new-person")
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


Preset = Callable[..., TrainConfig]
_PRESETS: dict[str, dict[str, Preset]] = {
    "pictures": {"Quick": quick, "Thorough": thorough},
    "sequences": {"Quick": quick_words, "Thorough": thorough_words},
}


def presets(kind: str) -> Mapping[str, Preset]:
    """Return the settings that there are for a kind of example, by their names; see `quick`."""
    return _PRESETS[kind]
