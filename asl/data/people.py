"""Who made the sign in a picture, from its path or from a table of people."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Literal

import pandas as pd

from asl.data.layout import PARTS, find_layout
from asl.labels import canonical

#: File names that start with the number of a hand, as in ``hand1_a_bot_seg_1_cropped.jpeg``.
HAND_PATTERN = r"(^|/)(?P<person>hand\d+)_[^/]*$"


def people_from_pattern(paths: Sequence[str], pattern: str) -> list[str | None]:
    """Return the person of every picture, None where `pattern` does not match.

    Args:
        paths: paths relative to the root, with "/" between the folders.
        pattern: regular expression with a group ``(?P<person>…)``, searched in each path.

    Raises:
        ValueError: the expression is broken or has no such group.
    """
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"people: {pattern!r} is no regular expression: {error}") from None
    if "person" not in expression.groupindex:
        raise ValueError(
            f"people: {pattern!r} is none of 'auto', 'folders', 'none', no CSV file, and has no "
            "group (?P<person>…) that names the person"
        )
    matches = (expression.search(path) for path in paths)
    return [(match["person"] or None) if match else None for match in matches]


def people_from_csv(paths: Sequence[str], file: str | Path) -> list[str | None]:
    """Return the person of every picture, None where the table does not name it.

    Args:
        paths: paths relative to the root, with "/" between the folders.
        file: CSV with the columns ``path`` (written like `paths`) and ``person``.

    Raises:
        ValueError: the file cannot be read, lacks a column or gives one picture two people.
    """
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError:
        raise ValueError(f"people: there is no file {str(file)!r}") from None
    except (OSError, ValueError) as error:
        raise ValueError(f"people: {str(file)!r} is no readable CSV: {error}") from None
    missing = {"path", "person"} - set(table.columns)
    if missing:
        raise ValueError(
            f"people: {str(file)!r} lacks the column {sorted(missing)[0]!r}; it has "
            f"{', '.join(map(repr, table.columns))}"
        )
    person_of: dict[str, str] = {}
    for path, person in zip(table["path"], table["person"].str.strip(), strict=True):
        key = path.strip().replace("\\", "/").removeprefix("./")
        if person_of.setdefault(key, person) != person:
            raise ValueError(
                f"people: {str(file)!r} gives {key!r} to both {person_of[key]!r} and {person!r}"
            )
    return [person_of.get(path) or None for path in paths]


@dataclass(frozen=True)
class Guess:
    """Who may be in the pictures.

    Attributes:
        where: what it was read from: names of "folders" or of files ("names"), or "unknown".
        people: of every picture, None where unknown.
    """

    where: Literal["folders", "names", "unknown"]
    people: tuple[str | None, ...]


def guess_people(pictures: Sequence[tuple[str, ...]], labels: Sequence[str]) -> Guess:
    """Guess who is in the pictures from folders, or else from the first words of file names.

    Something counts as people if there are several of them, most pictures have one, and each
    of them, on the average, makes many of the signs.

    Args:
        pictures: names from the root down, the last one is the picture's own.
        labels: of the pictures.
    """
    people = people_from_folders(pictures)
    if _may_be_people(people, labels, once=True):
        return Guess("folders", tuple(people))
    for position in (0, 1):
        people = people_from_word(pictures, position)
        # Numbers of one picture each only count pictures.
        once = not all(person.isdecimal() for person in people if person)
        if _may_be_people(people, labels, once):
            return Guess("names", tuple(people))
    return Guess("unknown", (None,) * len(pictures))


def people_from_folders(pictures: Sequence[tuple[str, ...]]) -> list[str | None]:
    """Return the folder next to the signs' folders that each picture lies in, None where in none.

    Args:
        pictures: names from the root down, the last one is the picture's own.
    """
    chains = [parts[:-1] for parts in pictures if len(parts) > 1]
    if not chains:
        return [None] * len(pictures)
    level = find_layout(chains, with_people=True).person
    return [parts[level] if level < len(parts) - 1 else None for parts in pictures]


def people_from_word(pictures: Sequence[tuple[str, ...]], position: int) -> list[str | None]:
    """Return the word of each file name at `position`, None where it is the last one or beyond.

    Args:
        pictures: as for `people_from_folders`.
    """
    words = [re.split(r"[\s._-]+", Path(parts[-1]).stem) for parts in pictures]
    return [row[position] or None if len(row) > position + 1 else None for row in words]


def _may_be_people(people: Sequence[str | None], labels: Sequence[str], once: bool) -> bool:
    """Whether these names behave like people.

    Args:
        once: whether one picture of each sign is enough for a person.
    """
    signs, pictures = defaultdict(set), defaultdict(int)
    for person, label in zip(people, labels, strict=True):
        if person and person.lower() not in PARTS and canonical(person) != label:
            signs[person].add(label)
            pictures[person] += 1
    known, classes = sum(pictures.values()), len(set(labels))
    if len(signs) < 2 or 2 * known < len(people):
        return False
    if mean(len(made) for made in signs.values()) < max(2, classes / 3):
        return False
    return once or known >= 2 * sum(len(made) for made in signs.values())
