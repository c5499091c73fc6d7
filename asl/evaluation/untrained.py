"""Tested examples of signs that the networks had not learnt: which they are, and in words.

A part for testing may have signs that the part for training lacks, and a sign that one person
alone makes cannot be learnt while that person is left out. Such examples count like all others.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from asl.card import ModelCard, ScoreEntry
from asl.evaluation.advising.words import PICTURES, ExampleWords
from asl.labels import display_name

#: Fields of a card's scores: label → examples.
NEVER_TRAINED: Final = "never_trained"
LEFT_OUT: Final = "left_out"

_NAMED = 6


def never_learnt(table: pd.DataFrame, labels: Sequence[str]) -> list[str]:
    """Return the signs of the pictures in `table` that are none of a model's `labels`, sorted."""
    return sorted(set(table["label"].tolist()) - set(labels))


def untrained(card: ModelCard, rows: pd.DataFrame) -> np.ndarray:
    """Tell which tested examples show a sign that the networks which answered had not learnt.

    Args:
        rows: with the columns label and fold.

    Returns:
        (N,) bool.
    """
    noted = {entry.get("data", ""): entry.get(NEVER_TRAINED, {}) for entry in _of_all(card)}
    return np.array(
        [
            label not in card.labels or label in noted.get(fold, ())
            for label, fold in zip(rows["label"], rows["fold"], strict=True)
        ],
        bool,
    )


def untrained_in_words(
    card: ModelCard, rows: pd.DataFrame, words: ExampleWords = PICTURES
) -> list[str]:
    """Return a sentence or two for the signs that were tested and never trained, if any.

    Args:
        rows: as for `untrained`.
        words: for the examples.
    """
    said: list[str] = []
    found = rows[untrained(card, rows)]
    unknown = found[~found["label"].isin(card.labels)]
    if len(unknown):
        names, one = _named(sorted(set(unknown["label"])))
        said.append(
            f"{names} {'was' if one else 'were'} never trained: there was no "
            f"{words.example} of {'it' if one else 'them'} to learn from, and the model does not "
            f"know {'it' if one else 'them'}. {_count(len(unknown), one, words)} counted, as "
            "mistakes."
        )
    known = found[found["label"].isin(card.labels)]
    final = card.training.get("config", {}).get("final", True)
    for fold, part in known.groupby("fold", sort=True):
        names, one = _named(sorted(set(part["label"])))
        it = "it" if one else "them"
        said.append(
            f"Only {fold} made the sign{'' if one else 's'} {names}, so {it} could not be "
            f"learnt for the test on {fold}. {_count(len(part), one, words)} counted, "
            "as mistakes."
            + (f" The model itself, trained on all {words.examples}, knows {it}." if final else "")
        )
    return said


def left_out_in_words(card: ModelCard, words: ExampleWords = PICTURES) -> list[str]:
    """Return a sentence for each data set some of whose examples are not in its score."""
    return [
        f"Not counted in the test on {entry.get('data', '')}: {sum(counts.values()):,} "
        f"{words.examples} of {_named(sorted(counts))[0]}, which no other data set has."
        for entry in _of_all(card)
        if (counts := entry.get(LEFT_OUT))
    ]


def _of_all(card: ModelCard) -> list[ScoreEntry]:
    """Return the scores among all signs, one a fold."""
    return [entry for entry in card.scores if entry.get("candidates") == "all"]


def _named(labels: Sequence[str]) -> tuple[str, bool]:
    """Return some labels in words, as in "A, B and 3 more", and whether there is only one."""
    names = [display_name(label) for label in labels]
    if len(names) == 1:
        return names[0], True
    if len(names) > _NAMED:
        names = [*names[:_NAMED], f"{len(names) - _NAMED} more"]
    return f"{', '.join(names[:-1])} and {names[-1]}", False


def _count(count: int, one_sign: bool, words: ExampleWords) -> str:
    """Return the beginning of a sentence, as in "Its 4 pictures are"."""
    whose = "Its" if one_sign else "Their"
    if count > 1:
        return f"{whose} {count:,} {words.examples} are"
    return f"{whose} one {words.example} is"
