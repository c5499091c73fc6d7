"""What a bundle keeps of its test and training: its files read, checked and cut to a question."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.parquet import ParquetFile

from asl.bundle import EVALUATION, HISTORY, BundleError, check_labels
from asl.evaluation.metrics import answerable, forgive_look_alikes, top_labels
from asl.evaluation.report import SCORE
from asl.evaluation.untrained import never_learnt
from asl.files import open_file
from asl.inference.decision import handshape_groups
from asl.labels import CANDIDATE_SETS, NONE, candidates

#: Columns beside the scores, and what stands for them where a bundle has none.
_ABOUT = {"picture": "", "person": "", "source": "", "fold": "", "found": True}
_TEXT, _NUMBER, _YES_NO = "text", "numbers", "yes or no"
_ABOUT_KINDS = {name: _YES_NO if name == "found" else _TEXT for name in _ABOUT}
#: What columns were called up to version 0.1.
_OLD_NAMES = {"division": "fold", "job": "fold"}
_HISTORY_TEXT = ("fold", "task")
_HISTORY_NUMBERS = (
    "epoch",
    "train_loss",
    "valid_loss",
    "accuracy",
    "macro_f1",
    "learning_rate",
    "seconds",
)
#: What the network shows of itself.
_SHOWN = re.compile(r".{1,100}:[0-9]{1,4}")

_HOLDS = {
    _TEXT: lambda kind: _is_text(kind.value_type if pa.types.is_dictionary(kind) else kind),
    _NUMBER: lambda kind: pa.types.is_floating(kind) or pa.types.is_integer(kind),
    _YES_NO: pa.types.is_boolean,
}
_MOST_COLUMNS, _MOST_CELLS, _MOST_BYTES = 10_000, 20_000_000, 256 << 20
_MOST_TEXT, _MOST_FOLDS, _MOST_TASKS = 2000, 5000, 20


@dataclass(frozen=True, eq=False)
class TestPredictions:
    """Test pictures, and how likely a model held each of the candidates.

    Attributes:
        labels: C candidates, the order of the columns of `scores`; those that the model never
            learnt stand last.
        rows: N pictures: picture, label, person, source, fold, found, and what else the network
            showed of itself.
        scores: (N, C) probabilities among the candidates.
        still: look-alikes count as one; see `asl.inference.decision.handshape_groups`.
    """

    labels: tuple[str, ...]
    rows: pd.DataFrame
    scores: np.ndarray
    still: bool = True

    @cached_property
    def truth(self) -> np.ndarray:
        """(N,) str."""
        return np.asarray(self.rows["label"], str)

    @cached_property
    def answers(self) -> np.ndarray:
        """(N,) str, as the model answers, abstained or not."""
        return top_labels(self.scores, self.labels, self.still)

    @cached_property
    def forgiven(self) -> np.ndarray:
        """(N,) str: the answers, with those that look like the truth replaced by it."""
        return forgive_look_alikes(self.truth, self.answers, self.still)

    @cached_property
    def correct(self) -> np.ndarray:
        """(N,) bool, look-alikes forgiven."""
        return np.asarray(self.forgiven == self.truth)

    @cached_property
    def confidence(self) -> np.ndarray:
        """(N,) probability of the answer, its look-alikes included."""
        groups = handshape_groups(self.labels, self.still)
        scores = answerable(self.scores, self.labels, self.still)
        sums = [scores[:, members].sum(1) for members in groups]
        return np.asarray(np.clip(np.max(sums, axis=0), 0.0, 1.0))

    @cached_property
    def likelier_none(self) -> np.ndarray:
        """(N,) bool, whether "none of these" is likelier than the answer: the model abstains."""
        none = self.scores[:, np.asarray(self.labels, str) == NONE].sum(1)
        return np.asarray(none > self.confidence) & (not self.still)

    def within(self, best: int) -> float:
        """Return the share of examples whose label is among the `best` likeliest candidates."""
        own = self.scores[np.asarray(self.labels, str) == self.truth[:, None]]
        scores = answerable(self.scores, self.labels, self.still)
        return float(((scores > own[:, None]).sum(1) < best).mean())

    def take(self, index: np.ndarray) -> "TestPredictions":
        """Return the pictures at `index` (positions or a mask)."""
        rows = self.rows.iloc[np.arange(len(self.rows))[index]].reset_index(drop=True)
        return replace(self, rows=rows, scores=self.scores[index])


def read_evaluation(folder: Path, labels: Sequence[str]) -> pd.DataFrame:
    """Read the test pictures of the bundle in `folder`.

    Args:
        labels: the signs of its card.

    Returns:
        One row a picture with all columns of `TestPredictions.rows` and `SCORE` + label for
        every sign.
        A picture may show a sign that is none of `labels`: one that was tested and never learnt.

    Raises:
        BundleError: the file is missing or broken, or a column or value is not as it should be.
    """
    columns = {SCORE + label: _NUMBER for label in labels}
    wanted = {"label": _TEXT, **columns}
    table = _read(folder, EVALUATION, "test answers", wanted, _ABOUT_KINDS)
    if table.empty:
        raise BundleError(f"{EVALUATION}: there is no test picture in it")
    if table["label"].isna().any():
        raise BundleError(f"{EVALUATION}: a picture has no label")
    for name, value in _ABOUT.items():
        filled = table[name].fillna(value) if name in table else value
        table[name] = filled if name == "found" else pd.Series(filled, table.index).astype(str)
    table["label"], table["found"] = table["label"].astype(str), table["found"].astype(bool)
    check_labels([*labels, *never_learnt(table, labels)], EVALUATION)
    if table["fold"].nunique() > _MOST_FOLDS:
        raise BundleError(f"{EVALUATION}: there are more than {_MOST_FOLDS:,} folds")
    scores = table[list(columns)].to_numpy(np.float64)
    if not ((scores >= 0) & (scores <= 1 + 1e-4)).all():  # nor is NaN
        raise BundleError(f"{EVALUATION}: a score is not between 0 and 1")
    others = [name for name in table if name not in wanted and name not in _ABOUT]
    if not np.isfinite(table[others].to_numpy(np.float64)).all():
        raise BundleError(f"{EVALUATION}: a value of what the network shows is no number")
    return table


def read_history(folder: Path) -> pd.DataFrame:
    """Read the epochs of the bundle in `folder`: its figures, NaN if none were measured.

    Raises:
        BundleError: the file is missing or broken, or a column is not as it should be.
    """
    wanted = {**dict.fromkeys(_HISTORY_TEXT, _TEXT), **dict.fromkeys(_HISTORY_NUMBERS, _NUMBER)}
    table = _read(folder, HISTORY, "epochs", wanted)
    numbers = {name: table[name].astype(float) for name in _HISTORY_NUMBERS}
    aside = numbers["accuracy"].notna() | numbers["macro_f1"].notna()
    for name, values in numbers.items():
        known = values[aside] if name in ("accuracy", "macro_f1") else values
        # Losses of a training that went astray are none, and that is worth seeing.
        if not name.endswith("loss") and not np.isfinite(known).all():
            raise BundleError(f"{HISTORY}: a figure in the column {name!r} is no number")
    texts = {name: table[name].astype(str) for name in _HISTORY_TEXT}
    if texts["fold"].nunique() > _MOST_FOLDS or texts["task"].nunique() > _MOST_TASKS:
        raise BundleError(
            f"{HISTORY}: there are more than {_MOST_FOLDS:,} folds or {_MOST_TASKS} tasks"
        )
    return table.assign(**texts, **numbers)


def possible_sets(truth: Sequence[str], labels: Sequence[str]) -> list[str]:
    """Return the candidate sets in which a question about these pictures makes sense."""
    shown, known = set(truth), set(labels)
    return [
        name
        for name, signs in CANDIDATE_SETS.items()
        if name == "all" or (shown & set(signs) and len(known & set(signs)) > 1)
    ]


def for_candidates(
    table: pd.DataFrame, labels: Sequence[str], wanted: str, still: bool = True
) -> TestPredictions:
    """Return the pictures of a candidate set's signs, scored as if only these were possible.

    Those of signs that the model never learnt are among them.

    Args:
        table: from `read_evaluation`, or rows of an `asl.evaluation.report.Evaluation`.
        labels: the signs that have a column of scores.
        wanted: candidate set.
        still: see `TestPredictions`.

    Raises:
        ValueError: an unknown candidate set, or none of its signs is there.
    """
    possible = None if wanted == "all" else CANDIDATE_SETS.get(wanted)
    others = [one for one in never_learnt(table, labels) if possible is None or one in possible]
    return restricted(table, (*candidates(labels, wanted), *others), still)


def restricted(table: pd.DataFrame, chosen: Sequence[str], still: bool = True) -> TestPredictions:
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
    return TestPredictions(tuple(chosen), rows[about].reset_index(drop=True), scores, still)


def network_outputs(rows: pd.DataFrame, name: str) -> np.ndarray | None:
    """Return (N, K) of what the network shows of itself as columns ``name:0`` to ``name:K-1``.

    None where there is no such column.
    """
    columns: list[str] = []
    while f"{name}:{len(columns)}" in rows:
        columns.append(f"{name}:{len(columns)}")
    return rows[columns].to_numpy(np.float64) if columns else None


def _read(
    folder: Path, name: str, what: str, wanted: Mapping[str, str], known: Mapping[str, str] = {}
) -> pd.DataFrame:
    """Read the columns of a table that are asked for, as far as they hold what they should.

    Args:
        what: the table has, for the message where it is missing.
        wanted: column → what it holds.
        known: the same for columns that may be missing; those called ``name:0``, ``name:1`` …
            hold numbers, and all others are left unread.
    """
    try:
        with open_file(Path(folder) / name) as file:
            parquet = ParquetFile(file)
            names = parquet.schema_arrow.names
            old = {new: before for before, new in _OLD_NAMES.items() if before in names}
            old = {new: before for new, before in old.items() if new not in names}
            wanted = {old.get(column, column): kind for column, kind in wanted.items()}
            known = {old.get(column, column): kind for column, kind in known.items()}
            columns = _columns(name, parquet, wanted, known)
            # A text that stands in a million rows is in the file, and then in memory, once.
            texts = [one for one in columns if {**known, **wanted}.get(one) == _TEXT]
            table = ParquetFile(file, read_dictionary=texts).read(columns)
            table.validate(full=True)
            read = _with_plain_texts(name, table).to_pandas(ignore_metadata=True)
            return read.rename(columns={before: new for new, before in old.items()})
    except BundleError:
        raise
    except FileNotFoundError:
        raise BundleError(f"{name} is missing, so no {what} can be shown") from None
    except Exception as error:  # pyarrow's own types and the system's
        raise BundleError(f"{name}: no readable Parquet file") from error


def _columns(
    name: str, parquet: ParquetFile, wanted: Mapping[str, str], known: Mapping[str, str]
) -> list[str]:
    """Return which columns to read, told by the table's own list of them, before any is read."""
    schema, rows = parquet.schema_arrow, parquet.metadata.num_rows
    names = schema.names
    if len(names) > _MOST_COLUMNS or len(set(names)) < len(names):
        raise BundleError(f"{name}: it has a column twice, or more than {_MOST_COLUMNS:,}")
    for column in wanted:
        if column not in names:
            raise BundleError(f"{name}: column {column!r} is missing")
    # Scores of other signs than the card's are nobody's, and would be taken for theirs.
    shown = [one for one in names if _SHOWN.fullmatch(one) and not one.startswith(SCORE)]
    kinds = {**dict.fromkeys(shown, _NUMBER), **known, **wanted}
    # A column in which nothing stands has no type.
    empty = [one for one in known if one in names and pa.types.is_null(schema.field(one).type)]
    read = [one for one in names if one in kinds and one not in empty]
    for column in read:
        if not _HOLDS[kinds[column]](schema.field(column).type):
            raise BundleError(f"{name}: the column {column!r} does not hold {kinds[column]}")
    if rows * len(read) > _MOST_CELLS:
        raise BundleError(f"{name}: {rows:,} rows of {len(read):,} columns are too many to be read")
    groups = [parquet.metadata.row_group(i) for i in range(parquet.metadata.num_row_groups)]
    if sum(group.total_byte_size for group in groups) > _MOST_BYTES:
        raise BundleError(f"{name}: it unpacks to more than {_MOST_BYTES >> 20} MB")
    return read


def _with_plain_texts(name: str, table: pa.Table) -> pa.Table:
    """Return a table whose texts, read as what different ones there are, stand in every row."""
    for place, field in enumerate(table.schema):
        if not pa.types.is_dictionary(field.type):
            continue
        length = 0
        for chunk in table.column(place).chunks:
            lengths = pc.binary_length(chunk.dictionary)
            if (pc.max(lengths).as_py() or 0) > _MOST_TEXT:
                raise BundleError(f"{name}: a text in the column {field.name!r} is too long")
            length += pc.sum(lengths.take(chunk.indices)).as_py() or 0
        if length > _MOST_BYTES >> 3:
            raise BundleError(f"{name}: the texts in the column {field.name!r} are too long")
        table = table.set_column(place, field.name, table.column(place).cast(pa.string()))
    return table


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
