"""The sections of the Compare page: each draws one view of the models side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from asl.bundle import ModelBundle
from asl.evaluation.metrics import Scores
from asl.figures import comparison as figures
from asl.figures.comparison import AccuracyAndCost, Cost
from asl.figures.wording import wording_of
from asl.training.progress import Task
from asl.ui.compare.models import Comparison, history_of
from asl.ui.compare.table import Costs
from asl.ui.shared.csv_button import offer_rows
from asl.ui.shared.figure_view import show_figure
from asl.ui.shared.text import safe_cell

_MOST_ROWS = 300
_COSTS: tuple[Cost, ...] = ("milliseconds", "megabytes", "parameters")
#: Tasks of a history: the trained end of a picture network, and the whole of it.
_PICTURES, _ALL_STAGES = str(Task.PICTURE_NETWORK), str(Task.ALL_STAGES)


def show_costs(comparison: Comparison, spent: Costs) -> None:
    """Draw accuracy against what it costs."""
    against = st.segmented_control(
        "Against",
        _COSTS,
        default=_COSTS[0],
        required=True,
        key="against",
    )
    rows = [_with_costs(name, one, spent.get(name, {})) for name, one in comparison.scores.items()]
    if not any(row.get(against) is not None for row in rows):
        st.info("None of these models has both scores and costs.")
        return
    show_figure(figures.cost(rows, against, comparison.words), "cost")


def _with_costs(name: str, scores: Scores, cost: Mapping[str, Any]) -> AccuracyAndCost:
    low, high = scores.interval
    return {
        "model": name,
        "accuracy": scores.accuracy,
        "low": low,
        "high": high,
        "parameters": cost.get("parameters"),
        "megabytes": cost.get("megabytes"),
        "milliseconds": cost.get("milliseconds"),
    }


def show_signs(comparison: Comparison) -> None:
    """Draw how each model does on every sign."""
    if len(comparison.scores) < 2:
        st.info("Fewer than two of these models have scores.")
        return
    if not comparison.comparable:
        st.info("A sign in a still picture and a word that moves are not the same to recognise.")
        return
    if not set.intersection(*(set(one.per_class) for one in comparison.scores.values())):
        st.info("There is no sign that all of these models were tested on.")
        return
    show_figure(figures.by_sign(comparison.scores, comparison.words), "signs-compared")


def show_disagreements(comparison: Comparison) -> None:
    """Draw which of two models is better, whether that may be chance, and on which examples."""
    words = comparison.words
    if not comparison.pairs:
        st.info(f"These models share no test {words.examples}, so they cannot disagree about any.")
        return
    rows = figures.disagreements(comparison.pairs, words)
    st.dataframe(
        rows,
        hide_index=True,
        column_config={"p": st.column_config.NumberColumn(format="%.2g")},
        alt="Where two models differ",
    )
    st.caption(
        f"Only {words.examples} that just one of two models answers right tell them apart. **p** "
        "is how often two equally good models would differ this much by chance (McNemar's exact "
        "test); below 0.05 a difference counts as real. It says nothing about people who are not "
        f"in the test {words.examples}, and of many pairs compared, one in twenty looks real by "
        "chance."
    )
    if comparison.shared:
        _show_differing(comparison)
    else:
        st.caption(f"Two models are compared on the test {words.examples} that both have.")


def _show_differing(comparison: Comparison) -> None:
    """Draw the examples that some models answer right and others wrong."""
    words = comparison.words
    differing = figures.differing(comparison.recorded, words)
    st.subheader(f"{words.examples.capitalize()} that they answer differently", anchor=False)
    if not differing:
        st.caption("There is none.")
        return
    rows = [{name: safe_cell(value) for name, value in row.items()} for row in differing]
    st.dataframe(
        rows[:_MOST_ROWS],
        hide_index=True,
        alt=f"{words.examples.capitalize()} answered differently",
    )
    if len(rows) > _MOST_ROWS:
        st.caption(f"The first {_MOST_ROWS} of {len(rows):,}; all are in the file.")
    offer_rows(rows, "disagreements", "differing")


def show_curves(bundles: Mapping[str, ModelBundle]) -> None:
    """Draw the models' learning curves over each other."""
    histories = {
        title: _whole_as_one(history)
        for title, bundle in bundles.items()
        if (history := history_of(bundle)) is not None
    }
    if not histories:
        st.info("None of these models says how its training went.")
        return
    left, right = st.columns(2)
    tasks = list(dict.fromkeys(task for one in histories.values() for task in one["task"]))
    with left:
        task = st.segmented_control("Network", tasks, default=tasks[0], required=True)
    with right:
        what = st.segmented_control(
            "Show",
            ("valid_loss", "train_loss", "macro_f1", "accuracy"),
            default="valid_loss",
            required=True,
            key="curves-what",
            format_func=lambda name: name.replace("_", " ").replace("valid", "validation"),
        )
    shown = {name: one[one["task"] == task] for name, one in histories.items()}
    shown = {name: one for name, one in shown.items() if one[what].notna().any()}
    words = wording_of(*bundles.values())
    if not shown:
        st.info(f"None of these models kept {words.examples} aside in its training.")
        return
    show_figure(figures.curves(shown, what, words), "curves")


def _whole_as_one(history: pd.DataFrame) -> pd.DataFrame:
    """Call a picture network that was trained as a whole from the start by the others' name."""
    if _PICTURES in set(history["task"]):
        return history
    return history.assign(task=history["task"].replace(_ALL_STAGES, _PICTURES))
