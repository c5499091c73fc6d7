"""Test pictures of signs that whoever answered had not learnt: which they are, and in words.

A part for testing may have signs that the part for training lacks, and a sign that one person
alone makes cannot be learnt while that person is left out. Such pictures count like all others.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from asl.bundle import ModelCard
from asl.labels import display_name

#: Fields of a card's scores: label → pictures.
NEVER_TRAINED, LEFT_OUT = "never_trained", "left_out"

_NAMED = 6


def untrained(card: ModelCard, rows: pd.DataFrame) -> np.ndarray:
    """Tell which test pictures show a sign that the networks which answered had not learnt.

    Args:
        rows: with the columns label and division.

    Returns:
        (N,) bool.
    """
    noted = _noted(card, NEVER_TRAINED)
    return np.array(
        [
            label not in card.labels or label in noted.get(division, ())
            for label, division in zip(rows["label"], rows["division"], strict=True)
        ],
        bool,
    )


def untrained_in_words(card: ModelCard, rows: pd.DataFrame) -> list[str]:
    """Return a sentence or two for the signs that were tested and never trained, if any.

    Args:
        rows: as for `untrained`.
    """
    said, found = [], rows[untrained(card, rows)]
    unknown = found[~found["label"].isin(card.labels)]
    if len(unknown):
        names, one = _named(sorted(set(unknown["label"])))
        said.append(
            f"{names} {'was' if one else 'were'} never trained: there was no picture of "
            f"{'it' if one else 'them'} to learn from, and the model does not know "
            f"{'it' if one else 'them'}. {_pictures(len(unknown), one)} counted, as mistakes."
        )
    known = found[found["label"].isin(card.labels)]
    final = card.training.get("config", {}).get("final", True)
    for division, part in known.groupby("division", sort=True):
        names, one = _named(sorted(set(part["label"])))
        it = "it" if one else "them"
        said.append(
            f"Only {division} made the sign{'' if one else 's'} {names}, so {it} could not be "
            f"learnt for the test on {division}. {_pictures(len(part), one)} counted, as "
            "mistakes."
            + (f" The model itself, trained on all pictures, knows {it}." if final else "")
        )
    return said


def left_out_in_words(card: ModelCard) -> list[str]:
    """Return a sentence for each data set some of whose pictures are not in its score."""
    return [
        f"Not counted in the test on {division}: {sum(counts.values()):,} pictures of "
        f"{_named(sorted(counts))[0]}, which no other data set has."
        for division, counts in _noted(card, LEFT_OUT).items()
        if counts
    ]


def _noted(card: ModelCard, field: str) -> dict[str, Mapping[str, int]]:
    """Return division → label → pictures, as far as the card says so."""
    return {
        entry.get("data", ""): entry[field]
        for entry in card.scores
        if entry.get("candidates") == "all" and entry.get(field)
    }


def _named(labels: Sequence[str]) -> tuple[str, bool]:
    """Return some labels in words, as in "A, B and 3 more", and whether there is only one."""
    names = [display_name(label) for label in labels]
    if len(names) == 1:
        return names[0], True
    if len(names) > _NAMED:
        names = [*names[:_NAMED], f"{len(names) - _NAMED} more"]
    return f"{', '.join(names[:-1])} and {names[-1]}", False


def _pictures(count: int, one_sign: bool) -> str:
    """Return the beginning of a sentence, as in "Its 4 pictures are"."""
    whose = "Its" if one_sign else "Their"
    return f"{whose} {count:,} pictures are" if count > 1 else f"{whose} one picture is"
