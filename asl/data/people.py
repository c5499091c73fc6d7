"""Who made the sign in a picture, from its path or from a table of people."""

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

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
