"""Curves of what a training has learned so far, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from asl.figures.theme import COLOURS, apply_theme, framed
from asl.runs.run import Run, history
from asl.ui.shared.figure_view import theme_colours
from asl.ui.shared.kinds import kind_of
from asl.ui.shared.text import escape_markdown

_CURVES = {"Loss": "valid_loss", "Accuracy": "accuracy", "Macro F1": "macro_f1"}
#: What Streamlit calls the first of `COLOURS` in Markdown.
_COLOUR_NAMES = ("blue", "orange", "green")


def show_curves(run: Run) -> None:
    """Draw loss, accuracy and macro F1 of the fold that is, or was, trained last."""
    rows = history(run)
    if not rows:
        return
    fold = [row for row in rows if row["fold"] == rows[-1]["fold"]]
    # Where nothing is kept aside, the loss of the training itself is all there is.
    known = {title: what for title, what in _CURVES.items() if title == "Loss" or what in fold[-1]}
    for column, (title, what) in zip(st.columns(len(known)), known.items(), strict=True):
        with column:
            st.markdown(f"**{title}**")
            last = next((row[what] for row in reversed(fold) if what in row), None)
            st.plotly_chart(
                apply_theme(learning_figure(fold, what), *theme_colours()),
                theme=None,
                config={"displayModeBar": False},
                key=f"{what}-{run.id}",
                alt=f"{title} by epoch, the last value "
                + ("not known" if last is None else f"{last:.3g}"),
            )
    tasks = dict.fromkeys(row["task"] for row in fold)
    named = ", ".join(
        f":{colour}[●] {escape_markdown(task)}"
        for colour, task in zip(_COLOUR_NAMES, tasks, strict=False)
    )
    about = f"On {kind_of(run.config).examples} kept aside; the" if len(known) > 1 else "The"
    st.caption(f"{named}. {about} dotted loss is that of the training itself.")


def learning_figure(rows: Sequence[dict[str, Any]], what: str) -> go.Figure:
    """Draw one measure by epoch, a line a network; of the loss also that of the training, dotted.

    Args:
        rows: epochs of one fold.
        what: a key of the rows.
    """
    figure = go.Figure()
    lines = [(what, "solid"), ("train_loss", "dot")] if what == "valid_loss" else [(what, "solid")]
    for number, task in enumerate(dict.fromkeys(row["task"] for row in rows)):
        own = [row for row in rows if row["task"] == task]
        for name, dash in lines:
            shown = [row for row in own if name in row]
            figure.add_scatter(
                x=[row["epoch"] for row in shown],
                y=[row[name] for row in shown],
                name=task if dash == "solid" else f"{task}, training",
                mode="lines+markers",
                line={"color": COLOURS[number], "dash": dash},
            )
    framed(figure, 240, legend=False).update_xaxes(title="epoch", rangemode="tozero")
    return figure.update_yaxes(rangemode="tozero")
