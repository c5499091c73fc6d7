"""The settings of a training, as the options of the command line say.

What it learns from, and how it is tested where that is not said.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from asl.bundle import check_name
from asl.cli.console import naming, progress
from asl.cli.options import TrainingOptions
from asl.data.in_words import listed
from asl.data.library.dataset import read_pictures
from asl.data.sequences.listing import is_sequences, is_zip, list_sequences, names_people
from asl.data.source import guessed_people, require_whole, take_packed
from asl.data.splits import BY_PERSON
from asl.nets.frameworks import require
from asl.nets.registry import names, network
from asl.training.config import WORD_NETWORK, DataSet, TrainConfig
from asl.training.examples.loading import locate
from asl.training.presets import best_split


def training_settings(
    options: TrainingOptions,
    name: str = "",
    epochs: int | None = None,
    seed: int | None = None,
) -> TrainConfig:
    """Return the settings of the file that was named, or the usual ones, with what was asked for.

    Zips are taken into the workspace.

    Args:
        name: of the model, if its folder was named.
        epochs, seed: None if not asked for.

    Raises:
        ValueError: an option that cannot be met, or nothing to train on.
        OSError: the file of settings cannot be read.
    """
    if not options.data and not options.config:
        raise ValueError("data: name a folder of class folders, or a --config")
    settings = _before_data(options, name)
    if options.net and options.net != settings.network:
        settings = settings.with_network(options.net)
    for place in options.data or ():
        _check_kind(settings, place)
    asked: dict[str, Any] = {
        "framework": options.framework, "start": options.init, "split": options.split, "seed": seed,
    }  # fmt: skip
    settings = replace(
        settings, **{key: value for key, value in asked.items() if value not in (None, "")}
    )
    require(settings.framework)
    if epochs:
        settings = replace(
            settings,
            picture=replace(settings.picture, epochs=epochs),
            landmarks=replace(settings.landmarks, epochs=epochs),
            sequences=replace(settings.sequences, epochs=epochs),
        )
    if not options.data:
        return settings
    # What takes time comes last, when nothing else is left to be refused.
    with progress("Taking examples in") as step:
        taken = data_sets(options.data, options.people, options.level, options.encoding, step)
    settings = replace(settings, data=taken)
    if not options.split and not options.config:
        return replace(settings, split=preferred_split(settings.data))
    require_people(settings.data, settings.split)
    return settings


def _before_data(options: TrainingOptions, name: str) -> TrainConfig:
    """Return the settings of the file, or the usual ones, under the name that was asked for."""
    named_by = "--out" if name else "--data"
    places = options.data or ()
    if places and not options.config:
        name = name or _name_from(places[0])
    if name:
        check_name(name, named_by)
    if not options.config:
        sets = tuple(DataSet(str(place)) for place in places)
        if not any(place.exists() and is_sequences(place) for place in places):
            return TrainConfig(name, sets)
        return TrainConfig(name, sets, network=WORD_NETWORK)
    settings = TrainConfig.read(options.config)
    return replace(settings, name=name) if name else settings


def _check_kind(settings: TrainConfig, place: Path) -> None:
    """Refuse a network that learns from another kind of example than there is.

    Raises:
        ValueError: naming networks that fit.
    """
    if not place.exists():
        return
    with naming(place):
        require_whole(place)
    there = "sequences" if is_sequences(place) else "pictures"
    wanted = network(settings.network).kind
    if there != wanted:
        raise ValueError(
            f"net: {settings.network} learns from {wanted}, and {place.name} holds {there}; "
            f"choose {', '.join(names(there))}"
        )


def _name_from(place: Path) -> str:
    """Return a model's name made of that of the data."""
    place = place.resolve()
    folder = place.stem if place.is_file() else place.name
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", folder).strip("-._")
    if not name:
        raise ValueError(
            f"--data: no name of a model can be made of the name {folder!r}, which has none of "
            "the letters A to Z and no digit; rename it, or name the model in a --config or "
            "with asl train --out"
        )
    return name


def data_sets(
    places: Sequence[Path],
    people: str,
    levels: str,
    encoding: str,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[DataSet, ...]:
    """Return the data sets at `places`; a zip becomes one of the workspace first.

    Args:
        places: folders, zips or tables.
        people: where their names stand; with "" nobody is known.
        levels: what the levels of folders mean; found out if empty.
        encoding: of the names in a zip; found out if empty.
        progress: called with bytes or pictures taken out of a zip, done and in total.

    Raises:
        ArchiveError, ValueError: a zip cannot be taken, or it is not clear which folders are signs.
    """
    found = []
    for place in places:
        if is_zip(place):
            with naming(place):
                folder = take_packed(place, people, levels, encoding, progress).folder.resolve()
            found.append(DataSet(str(folder), place.stem, "none"))
        elif place.exists() and is_sequences(place):
            # Who is in a packed file, or in a table beside sequences, is said there by its maker.
            said = people or ("names" if names_people(place) else "none")
            found.append(DataSet(str(place), people=said, levels=levels))
        else:
            found.append(DataSet(str(place), people=people or "none", levels=levels))
    return tuple(found)


def preferred_split(sets: Sequence[DataSet]) -> str:
    """Return how a model on these data is tested best.

    That is by the test part that they came with, or on new people, if these are known.

    Raises:
        ValueError: a folder is missing, holds no pictures, or has unclear levels.
    """
    people: list[str | None] = []
    parts: list[str | None] = []
    for entry in sets:
        if entry.is_landmarks:
            people.append(None)
            parts.append("test" if "test" in Path(entry.folder).name else None)
        else:
            table = _table_of(entry)
            people += table["person"].tolist()
            parts += table["part"].tolist()
    return best_split(people, parts)


def require_people(sets: Sequence[DataSet], split: str) -> None:
    """Refuse to test on new people if it is not known who is in the pictures.

    Raises:
        ValueError: saying who seems to be in them, and what to do.
    """
    if split not in BY_PERSON:
        return
    for entry in sets:
        if entry.is_landmarks or not entry.tested:
            continue
        if _table_of(entry)["person"].notna().any():
            continue
        place, known = locate(entry), []
        if not is_sequences(place):
            guess = guessed_people(place, entry.levels)
            known = sorted({person for person in guess.people if person})
        if known:
            names = "folders" if guess.where == "folders" else "files"
            people = listed(known, 4, last=", ")
            said = (
                f"By the names of the {names}, {people} seem to be people: if they are, add "
                f"--people {guess.where}"
            )
        else:
            said = "Say it with --people folders, names, a pattern or a CSV file"
        raise ValueError(
            f"people: --split {split} needs to know who is in the examples of {entry.name}. {said}"
        )


def _table_of(entry: DataSet) -> pd.DataFrame:
    """Return the examples of a data set, one row each, whatever kind they are."""
    place = locate(entry)
    read = list_sequences if is_sequences(place) else read_pictures
    return read(place, entry.people, entry.levels).table
