"""Try a model of words on labelled sequences."""

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from asl.data.sequences.layout import HOLISTIC
from asl.data.sequences.prepare import prepare_sequences
from asl.evaluation.report import Evaluation, Progress, UnreadableExample, evaluate, silent
from asl.evaluation.sequences.strangers import Negative, Strangers, ask_made, ask_strangers
from asl.inference.sequences.predictor import NoHand, WordPredictor
from asl.labels import NONE, as_spelled


@dataclass(frozen=True, eq=False)
class WordsEvaluation(Evaluation):
    """What a model of words made of sequences.

    Attributes:
        strangers: what it made of those that are none of its words, None where there are none.
    """

    strangers: Strangers | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the figures, with those of strangers."""
        return super().to_json() | (self.strangers.to_json() if self.strangers else {})

    def to_row(self) -> dict[str, Any]:
        """Return the headline figures, with those of strangers."""
        return super().to_row() | (self.strangers.to_row() if self.strangers else {})


def evaluate_sequences(
    predictor: WordPredictor,
    table: pd.DataFrame,
    cache: Path,
    progress: Progress = silent,
    reading: Progress = silent,
    workers: int | None = None,
    negative: Negative | None = None,
    negatives: int = 0,
) -> WordsEvaluation:
    """Answer every sequence of `table` and compare the answers with its labels.

    Sequences of signs that the model does not know, or of "none", do not count; of them it is told
    how many the model rejects. Those in which no hand is seen are named among the errors.

    Args:
        table: as `asl.data.sequences.listing.list_sequences` gives it.
        cache: folder in which prepared sequences are kept and found again.
        progress: see there.
        reading: the same, while sequences are read.
        workers: processes that read; as many as there are cores by default.
        negative: makes a movement that is no word of two recordings.
        negatives: how many of them are made of these sequences and asked, too.

    Raises:
        ValueError: there is no sequence of the model's signs, or none that can be read.
    """
    reasons: dict[str, str] = {}
    examples = prepare_sequences(
        table, cache, "data", predictor.preparation.selection, workers or os.cpu_count() or 1,
        reading, reasons.__setitem__,
    )  # fmt: skip
    row_of = {path: row for row, path in enumerate(examples.paths.tolist())}

    def load(path: str, name: str) -> np.ndarray:
        if path not in row_of:
            raise UnreadableExample(name, reasons.get(path, "it cannot be read"))
        points = HOLISTIC.take(examples.sequence(row_of[path]), examples.selection.rows)
        try:
            predictor.feed(points)
        except NoHand as error:
            raise UnreadableExample(name, str(error)) from error
        return points

    labels = as_spelled(examples.labels.tolist(), predictor.words)
    known = np.isin(labels, predictor.words)
    # "None of these" is never an answer, so it can never be a right one.
    nobody = table["label"].str.casefold() == NONE
    own = evaluate(predictor, load, table[~nobody], progress=progress)
    others = ask_strangers(predictor, examples, np.flatnonzero(~known).tolist(), progress)
    made = others.head(0)
    if negative is not None and negatives:
        made = ask_made(predictor, examples, negative, negatives, progress)
    values = {field.name: getattr(own, field.name) for field in fields(Evaluation)}
    if nobody.any():
        values["unknown"] = own.unknown | {NONE: int(nobody.sum())}
    strangers = Strangers(others, made) if len(others) or len(made) else None
    return WordsEvaluation(**values, strangers=strangers)
