"""Names that users give to a data set, a person or a class, made fit to be shown."""

import pandas as pd

from asl.labels import LONGEST_LABEL, visible

LONGEST_NAME = 80


def person_name(name: str | None) -> str | None:
    """Return a person's name fit to be shown, None for nothing.

    Raises:
        ValueError: it is too long.
    """
    name = visible(name or "") or None
    if name and len(name) > LONGEST_LABEL:
        raise ValueError(
            f"person: the name {name[:20]!r}… has {len(name)} letters, and {LONGEST_LABEL} are "
            "the most"
        )
    return name


def dataset_name(name: str) -> str:
    """Return a name fit to be shown, in one line.

    Raises:
        ValueError: it is empty or too long.
    """
    name = visible(name)
    if not 0 < len(name) <= LONGEST_NAME:
        raise ValueError(f"name: {len(name)} letters; it must have 1 to {LONGEST_NAME}")
    return name


def spelt_as(label: str, known: pd.Series) -> str:
    """Return the known class of that name, whatever its case, or else `label` itself."""
    same: dict[str, str] = {name.casefold(): name for name in known.unique()}
    return same.get(label.casefold(), label)
