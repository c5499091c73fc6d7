"""Who makes the sign in a file, from its path or from a table of people.

What is read from names alone is a guess: nothing that depends on people may rest on it before
somebody has confirmed it.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Literal

import pandas as pd

from asl.data.layout import NO_LEVELS, Layout
from asl.data.names import is_condition, kind_of_name, part_of
from asl.data.problems import Problem
from asl.data.scan import Parts
from asl.files import open_file
from asl.labels import canonical

#: File names that start with the number of a hand, as in ``hand1_a_bot_seg_1_cropped.jpeg``.
HAND_PATTERN = r"(^|/)(?P<person>hand\d+)_[^/]*$"

#: How it is known who makes the signs: from names of folders or files, from a table that the user
#: filled in, because it is one person in all, or not at all.
PeopleFrom = Literal["folders", "names", "table", "one", "unknown"]

# More numbers than this count files, not people.
_MOST_NUMBERED = 40
_DATES_AND_TIMES = re.compile(
    r"(?<!\d)(?:"
    r"(?:19|20)\d\d[-_. ]?[01]\d[-_. ]?[0-3]\d"  # 2024-05-31, perhaps 20240531_101512
    r"(?:[-_ t]?[0-2]\d[0-5]\d(?:[0-5]\d)?(?:\d{3})?)?"
    r"|\d{2}[-_.:h][0-5]\d[-_.:m][0-5]\d"  # 10-15-12
    r"|\d{9,}"
    r")(?!\d)",
    re.IGNORECASE,
)


def find_people(
    files: Sequence[Parts], labels: Sequence[str], layout: Layout, people: str | Path
) -> tuple[list[str | None], list[Problem]]:
    """Return the person of each file, None if unknown, and a problem if only some are known.

    Args:
        files: names from the root down, the last one is the file's own; at least one.
        labels: of the files.
        layout: of the folders above them.
        people: "auto", "folders", "names", "none", a regular expression or the path of a CSV; see
            `asl.data.folder.read_folder`.

    Raises:
        ValueError: `people` is wrong or gives no file a person.
    """
    if people == "none":
        return [None] * len(files), []
    paths = ["/".join(parts) for parts in files]
    if people == "folders":
        persons = people_from_folders(files, layout)
    elif people == "names":
        persons = list(guess_people(files, labels, NO_LEVELS).people)
    elif people == "auto":
        persons = people_from_pattern(paths, HAND_PATTERN)
    elif isinstance(people, Path) or people.lower().endswith(".csv"):
        persons = people_from_csv(paths, people)
    else:
        persons = people_from_pattern(paths, people)

    unknown = [path for path, person in zip(paths, persons, strict=True) if person is None]
    if len(unknown) == len(paths):
        if people == "auto":
            return persons, []
        raise ValueError(
            f"people: {str(people)!r} gives a person to none of the {len(paths)} pictures, "
            f"as to {paths[0]!r}"
        )
    if unknown:
        message = f"no person is known for {len(unknown)} of {len(paths)} pictures"
        return persons, [Problem("person", unknown[0], message)]
    return persons, []


def people_from_pattern(paths: Sequence[str], pattern: str) -> list[str | None]:
    """Return the person of every file, None if `pattern` does not match.

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
            f"people: {pattern!r} is none of 'auto', 'folders', 'names', 'none', no CSV file, and "
            "has no group (?P<person>…) that names the person"
        )
    matches = (expression.search(path) for path in paths)
    return [(match["person"] or None) if match else None for match in matches]


def people_from_csv(paths: Sequence[str], file: str | Path) -> list[str | None]:
    """Return the person of every file, None if the table does not name it.

    Args:
        paths: paths relative to the root, with "/" between the folders.
        file: CSV with the columns ``path`` (written like `paths`) and ``person``.

    Raises:
        ValueError: the file cannot be read, lacks a column or gives one file two people.
    """
    try:
        with open_file(file) as opened:
            table = pd.read_csv(opened, dtype=str, keep_default_na=False, encoding="utf-8-sig")
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
    """Who may make the signs.

    Attributes:
        where: what it was read from: names of "folders" or of files ("names"), or "unknown"; for
            a data set whose people its user has named, what the user said.
        people: of every file, None if unknown.
    """

    where: PeopleFrom
    people: tuple[str | None, ...]


def guess_people(files: Sequence[Parts], labels: Sequence[str], layout: Layout) -> Guess:
    """Guess who makes the signs from folders, or else from the first words of file names.

    Something counts as people if there are several of them, most files have one, and each
    of them, on average, makes many of the signs. Sides, lights, dates, times, running numbers
    and what was done to a file are nobody.

    Args:
        files: names from the root down, the last one is the file's own.
        labels: of the files.
        layout: of the folders above them.
    """
    people = people_from_folders(files, layout)
    # Folders that hold no more than one file of a sign only number the files.
    if _may_be_people(people, labels, once=not _are_numbers(people)):
        return Guess("folders", tuple(people))
    for position in (0, 1):
        people = [_person_or_none(word) for word in people_from_word(files, position)]
        numbers = _are_numbers(people)
        if numbers and (len(set(people)) > _MOST_NUMBERED or _say_changes(files)):
            continue
        if _may_be_people(people, labels, once=not numbers):
            return Guess("names", tuple(people))
    return Guess("unknown", (None,) * len(files))


def people_from_folders(files: Sequence[Parts], layout: Layout) -> list[str | None]:
    """Return the folder of a person that each file lies in, None if it lies in none.

    Args:
        files: names from the root down, the last one is the file's own.
        layout: of the folders above them.
    """
    level = layout.person
    if level is None:
        return [None] * len(files)
    return [parts[level] if level < len(parts) - 1 else None for parts in files]


def people_from_word(files: Sequence[Parts], position: int) -> list[str | None]:
    """Return the word at `position` of each file name, None if it is the last one or missing.

    Dates and times are no words.

    Args:
        files: as for `people_from_folders`.
    """
    words = [_words(parts) for parts in files]
    return [row[position] or None if len(row) > position + 1 else None for row in words]


def _words(parts: Parts) -> list[str]:
    return re.split(r"[\s._-]+", _DATES_AND_TIMES.sub("_", Path(parts[-1]).stem).strip(" ._-"))


def _person_or_none(word: str | None) -> str | None:
    nobody = word is None or kind_of_name(word) in ("condition", "recording", "group")
    return None if nobody else word


def _are_numbers(people: Sequence[str | None]) -> bool:
    return all(person.isdecimal() for person in people if person)


def _say_changes(files: Sequence[Parts]) -> bool:
    """Whether most file names say how a file was changed, so that numbers count originals."""
    changed = sum(any(map(is_condition, _words(parts)[1:])) for parts in files)
    return 2 * changed > len(files)


def _may_be_people(people: Sequence[str | None], labels: Sequence[str], once: bool) -> bool:
    """Whether these names behave like people.

    Args:
        once: whether one file of each sign is enough for a person.
    """
    signs: dict[str, set[str]] = defaultdict(set)
    files: dict[str, int] = defaultdict(int)
    for person, label in zip(people, labels, strict=True):
        if person and not part_of(person) and canonical(person) != label:
            signs[person].add(label)
            files[person] += 1
    known, classes = sum(files.values()), len(set(labels))
    if len(signs) < 2 or 2 * known < len(people):
        return False
    if mean(len(made) for made in signs.values()) < max(2, classes / 3):
        return False
    return once or known >= 2 * sum(len(made) for made in signs.values())
