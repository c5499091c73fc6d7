"""Figures of a training and its result, for pages and for the tracking store."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

_CURVES = {"train_loss": "training loss", "valid_loss": "validation loss", "macro_f1": "macro F1"}


def learning_curves(history: pd.DataFrame) -> go.Figure:
    """Draw losses (left) and validation macro-F1 (right) by epoch.

    Args:
        history: rows of `history.parquet`: job, task, epoch, train_loss, valid_loss, macro_f1.
    """
    figure = make_subplots(cols=2, subplot_titles=("Loss", "Macro F1 on validation pictures"))
    for (job, task), rows in history.groupby(["job", "task"], sort=False):
        for name, words in _CURVES.items():
            figure.add_scatter(
                x=rows["epoch"],
                y=rows[name],
                name=f"{words}, {task}, {job}",
                line_dash="dot" if name == "train_loss" else "solid",
                row=1,
                col=2 if name == "macro_f1" else 1,
            )
    return figure.update_xaxes(title="epoch").update_yaxes(rangemode="tozero")


def confusion_matrix(confusion: np.ndarray, labels: Sequence[str]) -> go.Figure:
    """Draw (C, C) counts, the truth down and the answer across, as shares of each row."""
    counts = np.asarray(confusion)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=list(labels),
            y=list(labels),
            customdata=counts,
            colorscale="Blues",
            zmin=0,
            zmax=1,
            hovertemplate="%{y} answered %{x}: %{customdata} (%{z:.0%})<extra></extra>",
        )
    )
    figure.update_xaxes(title="answer", type="category")
    return figure.update_yaxes(
        title="truth", type="category", autorange="reversed", scaleanchor="x"
    )
