"""What loading data sets has in common, whatever kind of example they hold."""

import os
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from asl.bundle import check_labels
from asl.card import DataEntry
from asl.data.problems import Problem
from asl.labels import CANDIDATE_SETS, label_fault
from asl.training.config import TrainConfig
from asl.training.data import Rows
from asl.training.examples.data_sets import DataSet
from asl.training.folds import splits

#: Letters of a name that is too long which a message shows.
_SHOWN = 20


@dataclass
class Source:
    """One data set on its way to examples.

    Attributes:
        table: its examples; empty for a table of pictures, which is read when it is prepared.
        chosen: positions in `table` of those that are loaded.
        unused: what of it is not used, and why; grows by the examples that cannot be read.
    """

    entry: DataSet
    path: Path
    table: pd.DataFrame
    chosen: np.ndarray
    unused: list[Problem]


def locate(entry: DataSet) -> Path:
    """Return where a data set lies.

    Raises:
        ValueError: neither in the working folder nor under `ASL_DATA`.
    """
    path = Path(entry.folder)
    if not path.is_absolute() and not path.exists():
        path = Path(os.environ.get("ASL_DATA", ".")) / entry.folder
    if not path.exists():
        raise ValueError(
            f"data: {entry.folder} is neither in the working folder nor under ASL_DATA"
        )
    return path


def wanted(table: pd.DataFrame, config: TrainConfig) -> pd.DataFrame:
    """Return the rows of the signs that are to be learnt."""
    return table[table["label"].isin(config.signs)] if config.signs else table


def wanted_of(entry: DataSet, table: pd.DataFrame, config: TrainConfig) -> pd.DataFrame:
    """Return the rows of the signs that are to be learnt, numbered anew.

    Raises:
        ValueError: there is none.
    """
    left = wanted(table, config).reset_index(drop=True)
    if left.empty:
        raise ValueError(f"signs: {entry.name} has none of {', '.join(config.signs)}")
    return left


def choose_sample(sources: Sequence[Source], sample: int) -> None:
    """Choose so many examples of all data sets, evenly spread."""
    ends = np.cumsum([len(source.table) for source in sources])
    total = int(ends[-1])
    chosen = np.linspace(0, total - 1, min(sample, total)).astype(int)
    for source, end in zip(sources, ends, strict=True):
        rows = chosen - (end - len(source.table))
        rows = rows[(rows >= 0) & (rows < len(source.table))]
        source.chosen = rows if len(rows) else np.arange(min(1, len(source.table)))


def rows_of(entry: DataSet, labels: np.ndarray, people: np.ndarray, of_test: np.ndarray) -> Rows:
    """Return what is known of a data set's examples beside the examples themselves."""
    count = len(labels)
    return Rows(
        labels,
        people,
        sources=np.full(count, entry.name),
        tested=np.full(count, entry.tested),
        test_part=of_test,
        weights=np.full(count, entry.weight),
    )


def of_test_part(table: pd.DataFrame, paths: np.ndarray) -> np.ndarray:
    """Return which of the examples at (N,) `paths` a table has in its test part, (N,) bool."""
    of_test = set(table.loc[table["part"] == "test", "path"])
    return np.array([one in of_test for one in paths.tolist()], bool)


def rows_of_table(source: Source) -> Rows:
    """Return the same of all that a table lists, also of examples that are not loaded."""
    table = source.table
    people = table["person"].fillna("").to_numpy(str)
    of_test = (table["part"] == "test").to_numpy(bool)
    return rows_of(source.entry, table["label"].to_numpy(str), people, of_test)


def labels_of(
    config: TrainConfig, rows: Rows, extra_labels: np.ndarray, left_out: Sequence[Problem]
) -> tuple[str, ...]:
    """Return the signs that there is something to learn of: known ones first, in their order.

    Raises:
        ValueError: there are fewer than two.
    """
    extra = set(extra_labels.tolist())
    _check_count({*rows.labels.tolist(), *extra}, left_out)
    trained = np.unique(np.concatenate([split.train for split in splits(config, rows)]))
    learnt = {*rows.labels[trained].tolist(), *extra}
    _check_count(learnt, left_out)
    known = CANDIDATE_SETS["all"]
    return (*(label for label in known if label in learnt), *sorted(learnt - set(known)))


def _check_count(labels: Set[str], left_out: Sequence[Problem]) -> None:
    if len(labels) < 2:
        reason = f"data: only {sorted(labels)} found; a model needs at least two signs"
        if left_out:
            first, count = left_out[0], len(left_out)
            reason += f"; {count} files were left out, the first: {first.path}: {first.message}"
        raise ValueError(reason)
    check_labels(sorted(labels), "data")


def check_names(entry: DataSet, table: pd.DataFrame) -> None:
    """Refuse names of signs that a model cannot have, before examples are prepared."""
    for label in table["label"].unique():
        if fault := label_fault(label):
            shown = label if len(label) <= _SHOWN else f"{label[:_SHOWN]}…"
            what = "its folder" if "path" in table else "it in the table"
            raise ValueError(
                f"data: the name {shown!r} of a sign in {entry.name} {fault}; rename {what}"
            )


def all_unused(sources: Sequence[Source]) -> tuple[Problem, ...]:
    """Return what of all data sets is not used, below their names where there are several."""
    return tuple(
        replace(problem, path=f"{source.entry.name}/{problem.path}")
        if len(sources) > 1
        else problem
        for source in sources
        for problem in source.unused
    )


def unused_count(source: Source) -> int:
    """Return how much of a data set is not used; files that systems leave are no loss."""
    return sum(problem.kind != "hidden" for problem in source.unused)


def about_data(entry: DataSet, kind: str, people: np.ndarray, rows: int, content: str) -> DataEntry:
    """Return a data set's entry of the card, but for what was left out.

    Args:
        people: (N,) str, "" where unknown.
        rows: how many examples.
        content: hexadecimal, by which the same data are known again.
    """
    return {
        "name": entry.name,
        "kind": kind,
        "licence": entry.licence,
        "about": entry.about,
        "rows": rows,
        "people": len({person for person in people.tolist() if person}) or None,
        "fingerprint": content[:16],
    }
