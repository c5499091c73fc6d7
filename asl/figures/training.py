"""How a training went and what came of it.

Plain figures are for the tracking store, explained ones for pages.
"""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from asl.figures.figure import ExplainedFigure
from asl.figures.theme import COLOURS, plain
from asl.figures.wording import PICTURES, Wording

_CURVES = {"train_loss": "training loss", "valid_loss": "validation loss", "macro_f1": "macro F1"}


def learning_curves(history: pd.DataFrame, words: Wording = PICTURES) -> go.Figure:
    """Draw losses (above) and validation macro-F1 (below) by epoch, each training in one colour.

    Args:
        history: rows of `history.parquet`: fold, task, epoch, train_loss, valid_loss, macro_f1.
    """
    figure = make_subplots(
        rows=2,
        shared_xaxes=True,
        vertical_spacing=0.12,
        subplot_titles=("Loss", f"Macro F1 on validation {words.examples}"),
    )
    for number, ((fold, task), rows) in enumerate(history.groupby(["fold", "task"], sort=False)):
        shown = [name for name in _CURVES if rows[name].notna().any()]
        in_legend = "valid_loss" if "valid_loss" in shown else "train_loss"
        for name in shown:
            figure.add_scatter(
                x=rows["epoch"],
                y=rows[name],
                # On a phone there is room for one entry a training in the legend.
                name=plain(f"{task}, {fold}"),
                legendgroup=f"{task}, {fold}",
                showlegend=name == in_legend,
                hovertemplate=f"{_CURVES[name]}: %{{y:.3f}}",
                line={
                    "color": COLOURS[number % len(COLOURS)],
                    "dash": "dot" if name == "train_loss" else "solid",
                },
                mode="lines+markers",
                marker_size=5,
                row=2 if name == "macro_f1" else 1,
                col=1,
            )
    figure.update_layout(legend={"orientation": "h", "y": -0.12, "yanchor": "top"})
    return figure.update_xaxes(title="epoch", row=2).update_yaxes(rangemode="tozero")


def learning(history: pd.DataFrame, words: Wording = PICTURES) -> ExplainedFigure:
    """Return the curves of losses and macro F1 by epoch.

    Args:
        history: from `asl.evaluation.recorded.read_history`, of one network.
    """
    figure = learning_curves(history, words).update_layout(
        height=600, margin={"l": 8, "r": 8, "t": 40, "b": 8}
    )
    kept_aside = history[history["macro_f1"].notna()]
    said = "Nothing was kept aside to choose an epoch by: the last one counts."
    if len(kept_aside):
        best = kept_aside.loc[kept_aside["macro_f1"].idxmax()]
        said = f"Best macro F1 {best['macro_f1']:.1%} in epoch {best['epoch']:.0f}."
    return ExplainedFigure(
        "learning-curves",
        figure,
        "Each colour is one training; a model that is tested by leaving parts of its data out is "
        "trained once for each part. Training loss (dotted) and validation loss should both fall. "
        "Where the validation loss rises while the other falls, the network learns by heart.",
        history.to_dict("records"),
        said,
    )


def pace(history: pd.DataFrame) -> ExplainedFigure:
    """Return the learning rate (above) and the seconds (below) of each epoch.

    Args:
        history: from `asl.evaluation.recorded.read_history`, of one network.
    """
    figure = make_subplots(
        rows=2, shared_xaxes=True, vertical_spacing=0.16,
        subplot_titles=("Learning rate", "Seconds an epoch"),
    )  # fmt: skip
    for number, (fold, rows) in enumerate(history.groupby("fold", sort=False)):
        colour = COLOURS[number % len(COLOURS)]
        for place, column in enumerate(("learning_rate", "seconds"), start=1):
            figure.add_scatter(
                x=rows["epoch"],
                y=rows[column],
                name=f"training {plain(fold)}",
                legendgroup=fold,
                showlegend=place == 1,
                line_color=colour,
                row=place,
                col=1,
            )
    figure.update_xaxes(title="epoch", row=2).update_yaxes(rangemode="tozero")
    figure.update_layout(height=440, margin={"l": 8, "r": 8, "t": 40, "b": 8})
    figure.update_layout(legend={"orientation": "h", "y": -0.16, "yanchor": "top"})
    return ExplainedFigure(
        "pace",
        figure,
        "The learning rate is how large a step the network takes after each batch; most plans "
        "begin with small steps, and end with small ones. Seconds depend on the computer.",
        history[["fold", "task", "epoch", "learning_rate", "seconds"]].to_dict("records"),
        f"{history['seconds'].mean():.1f} seconds an epoch on average.",
    )
