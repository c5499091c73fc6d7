"""What a training of the command line is to learn from, and how it is tested where nobody says."""

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from asl.data.datasets import read_pictures
from asl.data.layout import describe_names
from asl.data.source import guessed_people, take_packed
from asl.data.splits import BY_PERSON
from asl.training.config import DataSet
from asl.training.material import locate
from asl.training.presets import best_split


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
        people: where their names stand; "" where nobody has said, and then nobody is known.
        levels: what the levels of folders mean; found out if empty.
        encoding: of the names in a zip; found out if empty.
        progress: called with bytes or pictures taken out of a zip, done and in total.

    Raises:
        ArchiveError, ValueError: a zip cannot be taken, or it is not clear which folders are signs.
    """
    found = []
    for place in places:
        if place.is_file() and zipfile.is_zipfile(place):
            folder = take_packed(place, people, levels, encoding, progress).folder.resolve()
            found.append(DataSet(str(folder), place.stem, "none"))
        else:
            found.append(DataSet(str(place), people=people or "none", levels=levels))
    return tuple(found)


def preferred_split(sets: Sequence[DataSet]) -> str:
    """Return how a model on these data is tested best: by the test part that they came with, or on
    new people, where these are known.

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
            table = read_pictures(locate(entry), entry.people, entry.levels).table
            people += table["person"].tolist()
            parts += table["part"].tolist()
    return best_split(people, parts)


def require_people(sets: Sequence[DataSet], split: str) -> None:
    """Refuse to test on new people where nobody has said who is in the pictures.

    Raises:
        ValueError: saying who seems to be in them, and what to do.
    """
    if split not in BY_PERSON:
        return
    for entry in sets:
        if entry.is_landmarks or not entry.tested:
            continue
        place = locate(entry)
        if read_pictures(place, entry.people, entry.levels).table["person"].notna().any():
            continue
        guess = guessed_people(place, entry.levels)
        known = sorted({person for person in guess.people if person})
        if known:
            names = "folders" if guess.where == "folders" else "files"
            said = (
                f"By the names of the {names}, {describe_names(known)} seem to be people: if they "
                f"are, add --people {guess.where}"
            )
        else:
            said = "Say it with --people folders, names, a pattern or a CSV file"
        raise ValueError(
            f"people: --split {split} needs to know who is in the pictures of {entry.name}. {said}"
        )
