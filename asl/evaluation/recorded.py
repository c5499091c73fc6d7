"""What a bundle keeps of its test and training: its files read, checked and cut to a question."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from asl.bundle import EVALUATION, HISTORY, BundleError, check_labels
from asl.evaluation.metrics import forgive_look_alikes, top_labels
from asl.evaluation.report import SCORE
from asl.inference.decision import handshape_groups
from asl.labels import CANDIDATE_SETS, candidates

#: Columns beside the scores, and what stands for them where a bundle has none.
_ABOUT = {"picture": "", "person": "", "source": "", "division": "", "found": True}
_HISTORY_TEXT = ("job", "task")
_HISTORY_NUMBERS = (
    "epoch",
    "train_loss",
    "valid_loss",
    "accuracy",
    "macro_f1",
    "learning_rate",
    "seconds",
)


@dataclass(frozen=True, eq=False)
class Recorded:
    """Test pictures, and how likely a model held each of the candidates.

    Attributes:
        labels: C candidates, the order of the columns of `scores`; those that the model never
            learnt stand last.
        rows: N pictures: picture, label, person, source, division, found, and whatever else the
            network showed of itself.
        scores: (N, C) probabilities among the candidates.
    """

    labels: tuple[str, ...]
    rows: pd.DataFrame
    scores: np.ndarray

    @cached_property
    def truth(self) -> np.ndarray:
        """(N,) str."""
        return self.rows["label"].to_numpy(str)

    @cached_property
    def answers(self) -> np.ndarray:
        """(N,) str, as the model answers, abstained or not."""
        return top_labels(self.scores, self.labels)

    @cached_property
    def forgiven(self) -> np.ndarray:
        """(N,) str: the answers, with those that look like the truth replaced by it."""
        return forgive_look_alikes(self.truth, self.answers)

    @cached_property
    def correct(self) -> np.ndarray:
        """(N,) bool, look-alikes forgiven."""
        return self.forgiven == self.truth

    @cached_property
    def confidence(self) -> np.ndarray:
        """(N,) probability of the answer, its look-alikes included."""
        sums = [self.scores[:, members].sum(1) for members in handshape_groups(self.labels)]
        return np.clip(np.max(sums, axis=0), 0.0, 1.0)

    def take(self, index: np.ndarray) -> "Recorded":
        """Return the pictures at `index` (positions or a mask)."""
        return Recorded(
            self.labels,
            self.rows.iloc[_positions(index)].reset_index(drop=True),
            self.scores[index],
        )


def read_evaluation(folder: Path, labels: Sequence[str]) -> pd.DataFrame:
    """Read the test pictures of the bundle in `folder`.

    Args:
        labels: the signs of its card.

    Returns:
        One row a picture with all columns of `Recorded.rows` and `SCORE` + label for every sign.
        A picture may show a sign that is none of `labels`: one that was tested and never learnt.

    Raises:
        BundleError: the file is missing or broken, or a column or value is not as it should be.
    """
    table = _read(folder, EVALUATION, "test answers")
    missing = [
        name for name in ("label", *(SCORE + label for label in labels)) if name not in table
    ]
    if missing:
        raise BundleError(f"{EVALUATION}: column {missing[0]!r} is missing")
    if table.empty:
        raise BundleError(f"{EVALUATION}: there is no test picture in it")
    for name, value in _ABOUT.items():
        filled = table[name].fillna(value) if name in table else value
        table[name] = filled if name == "found" else pd.Series(filled, table.index).astype(str)
    table["label"], table["found"] = table["label"].astype(str), table["found"].astype(bool)
    check_labels([*labels, *never_learnt(table, labels)], EVALUATION)
    columns = [SCORE + label for label in labels]
    # Scores of other signs than the card's are nobody's, and would be taken for theirs.
    table = table[[name for name in table if name in columns or not str(name).startswith(SCORE)]]
    try:
        scores = table[columns].to_numpy(np.float64)
    except (TypeError, ValueError) as error:
        raise BundleError(f"{EVALUATION}: a score is no number") from error
    if not ((scores >= 0) & (scores <= 1 + 1e-4)).all():
        raise BundleError(f"{EVALUATION}: a score is not between 0 and 1")
    return table


def read_history(folder: Path) -> pd.DataFrame:
    """Read the epochs of the bundle in `folder`: job, task and the figures of each epoch.

    Raises:
        BundleError: the file is missing or broken, or a column is not as it should be.
    """
    table = _read(folder, HISTORY, "epochs")
    missing = [name for name in (*_HISTORY_TEXT, *_HISTORY_NUMBERS) if name not in table]
    if missing:
        raise BundleError(f"{HISTORY}: column {missing[0]!r} is missing")
    try:
        numbers = {name: table[name].astype(float) for name in _HISTORY_NUMBERS}
    except (TypeError, ValueError) as error:
        raise BundleError(f"{HISTORY}: a figure is no number") from error
    return table.assign(**{name: table[name].astype(str) for name in _HISTORY_TEXT}, **numbers)


def possible_sets(truth: Sequence[str], labels: Sequence[str]) -> list[str]:
    """Return the candidate sets in which a question about these pictures makes sense."""
    seen, known = set(truth), set(labels)
    return [
        name
        for name, signs in CANDIDATE_SETS.items()
        if name == "all" or (seen & set(signs) and len(known & set(signs)) > 1)
    ]


def never_learnt(table: pd.DataFrame, labels: Sequence[str]) -> list[str]:
    """Return the signs of the pictures in `table` that are none of a model's `labels`, sorted."""
    return sorted(set(table["label"].tolist()) - set(labels))


def among(table: pd.DataFrame, labels: Sequence[str], wanted: str) -> Recorded:
    """Return the pictures of a candidate set's signs, scored as if only these were possible.

    Those of signs that the model never learnt are among them.

    Args:
        table: from `read_evaluation`, or rows of an `asl.evaluation.report.Evaluation`.
        labels: the signs that have a column of scores.
        wanted: candidate set.

    Raises:
        ValueError: an unknown candidate set, or none of its signs is there.
    """
    possible = None if wanted == "all" else CANDIDATE_SETS.get(wanted)
    others = [one for one in never_learnt(table, labels) if possible is None or one in possible]
    return restricted(table, (*candidates(labels, wanted), *others))


def restricted(table: pd.DataFrame, chosen: Sequence[str]) -> Recorded:
    """Return the pictures of the signs `chosen`, scored as if only these were possible.

    A sign without a column of scores was never learnt, and its score is always 0.

    Raises:
        ValueError: there is no picture of them, or none of them has a column.
    """
    rows = table[table["label"].isin(chosen)]
    if rows.empty:
        raise ValueError(f"labels: there is no test picture of {', '.join(chosen)}")
    learnt = np.array([SCORE + label in rows for label in chosen])
    if not learnt.any():
        raise ValueError(f"labels: the model never learnt any of {', '.join(chosen)}")
    columns = [SCORE + label for label in chosen]
    scores = rows.reindex(columns=columns, fill_value=0.0).to_numpy(np.float64)
    total = scores.sum(1, keepdims=True)
    # Where the model held none of them possible at all, it has no opinion.
    scores = np.where(total > 0, scores / np.where(total > 0, total, 1), learnt / learnt.sum())
    about = [name for name in rows if not str(name).startswith(SCORE)]
    return Recorded(tuple(chosen), rows[about].reset_index(drop=True), scores)


def network_outputs(rows: pd.DataFrame, name: str) -> np.ndarray | None:
    """Return (N, K) of what the network shows of itself as columns ``name:0`` to ``name:K-1``.

    None where there is no such column.
    """
    columns = []
    while f"{name}:{len(columns)}" in rows:
        columns.append(f"{name}:{len(columns)}")
    return rows[columns].to_numpy(np.float64) if columns else None


def _read(folder: Path, name: str, what: str) -> pd.DataFrame:
    file = Path(folder) / name
    if not file.is_file():
        raise BundleError(f"{name} is missing, so no {what} can be shown")
    try:
        return pd.read_parquet(file)
    except Exception as error:  # pyarrow's own types and the system's
        raise BundleError(f"{name}: no readable Parquet file") from error


def _positions(index: np.ndarray) -> np.ndarray:
    index = np.asarray(index)
    return np.flatnonzero(index) if index.dtype == bool else index
