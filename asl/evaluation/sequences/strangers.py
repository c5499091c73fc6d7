"""How well a model of words rejects what is no word of its own.

Words that it never learned, and movements that are no words at all, come before every camera; a
model that names them all is no help, however well it knows its own.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from asl.data.sequences.examples import SequenceExamples
from asl.data.sequences.layout import HOLISTIC
from asl.inference.runner import NoAnswer
from asl.inference.sequences.predictor import NoHand, WordPredictor

#: Makes a movement that is no word of two recordings, as `asl.training.sequences.negatives` does.
Negative = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]

_COLUMNS = ("label", "person", "predicted", "abstained", "none")
#: Words that strangers are taken for which are named.
_NAMED = 3


@dataclass(frozen=True, eq=False)
class Strangers:
    """What a model made of movements that are none of its words.

    Attributes:
        words: one row a clip of another word: label, person, predicted, abstained (it gives no
            answer: "can't tell"), none (it holds "none of these" for likelier than any word).
        made: the same of movements that are no words; label and person are "".
    """

    words: pd.DataFrame
    made: pd.DataFrame

    def to_json(self) -> dict[str, Any]:
        """Return figures of both; what is not there has none."""
        found: dict[str, Any] = {}
        if len(self.words):
            by_label = {
                str(label): _figures(rows) | {"taken_for": _taken_for(rows)}
                for label, rows in self.words.groupby("label", sort=True)
            }
            found["other_words"] = _figures(self.words) | {"per_word": by_label}
        if len(self.made):
            found["no_words"] = _figures(self.made)
        return found

    def to_row(self) -> dict[str, Any]:
        """Return the headline figures as a part of a row of a results file."""
        parts = (("other_words", self.words), ("no_words", self.made))
        return {
            key: value
            for name, rows in parts
            if len(rows)
            for key, value in (
                (f"clips_of_{name}", len(rows)),
                (f"{name}_rejected", float(rows["abstained"].mean())),
            )
        }


def ask_strangers(
    predictor: WordPredictor,
    examples: SequenceExamples,
    rows: Sequence[int],
    step: Callable[[int, int], None],
) -> pd.DataFrame:
    """Return what a model makes of clips of words that it does not know; see `Strangers.words`.

    Args:
        rows: positions of the clips among the examples; those without a hand are left out.
        step: called with clips done and in total.
    """
    found = []
    for done, row in enumerate(rows, 1):
        about = {"label": str(examples.labels[row]), "person": str(examples.people[row])}
        if answer := _ask(predictor, examples, examples.sequence(row)):
            found.append(about | answer)
        step(done, len(rows))
    return pd.DataFrame(found, columns=list(_COLUMNS))


def ask_made(
    predictor: WordPredictor,
    examples: SequenceExamples,
    negative: Negative,
    count: int,
    step: Callable[[int, int], None],
) -> pd.DataFrame:
    """Return what a model makes of movements that are no words; see `Strangers.made`.

    Args:
        examples: of which they are made, each of two drawn at random; the same ones every time.
        count: how many are asked; those without a hand are left out.
        step: called with movements done and in total.

    Raises:
        ValueError: `count` is below 0.
    """
    if count < 0:
        raise ValueError(f"negatives: {count} is below 0")
    random, found = np.random.default_rng(0), []
    for done in range(1, count + 1):
        one, other = (
            np.asarray(examples.sequence(int(row)), np.float32)
            for row in random.integers(len(examples), size=2)
        )
        if answer := _ask(predictor, examples, negative(one, other, random)):
            found.append({"label": "", "person": ""} | answer)
        step(done, count)
    return pd.DataFrame(found, columns=list(_COLUMNS))


def _ask(
    predictor: WordPredictor, examples: SequenceExamples, points: np.ndarray
) -> dict[str, object] | None:
    whole = HOLISTIC.take(points, examples.selection.rows)
    try:
        outputs = predictor.outputs_of(whole)
    except (NoHand, NoAnswer):
        return None
    answer = predictor.answer(outputs, "all", time.perf_counter())
    none = answer.none > answer.confidence
    return {"predicted": answer.label, "abstained": answer.abstained, "none": none}


def _figures(rows: pd.DataFrame) -> dict[str, Any]:
    return {
        "clips": len(rows),
        "rejected": float(rows["abstained"].mean()),
        "none_of_these": float(rows["none"].mean()),
    }


def _taken_for(rows: pd.DataFrame) -> dict[str, int]:
    """Return the words that are named most, with how often."""
    named = rows.loc[~rows["abstained"].astype(bool), "predicted"].value_counts()
    return {str(word): int(count) for word, count in named.head(_NAMED).items()}
