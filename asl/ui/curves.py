"""Figures of a training and its result, for pages and for the tracking store."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from asl.ui.dress import COLOURS, RIGHT, WRONG, plain, shades

_CURVES = {"train_loss": "training loss", "valid_loss": "validation loss", "macro_f1": "macro F1"}

#: Up to this many signs, the numbers fit into the cells.
_MOST_NUMBERED = 12


def learning_curves(history: pd.DataFrame) -> go.Figure:
    """Draw losses (above) and validation macro-F1 (below) by epoch, each training in one colour.

    Args:
        history: rows of `history.parquet`: job, task, epoch, train_loss, valid_loss, macro_f1.
    """
    figure = make_subplots(
        rows=2,
        shared_xaxes=True,
        vertical_spacing=0.12,
        subplot_titles=("Loss", "Macro F1 on validation pictures"),
    )
    for number, ((job, task), rows) in enumerate(history.groupby(["job", "task"], sort=False)):
        for name, words in _CURVES.items():
            figure.add_scatter(
                x=rows["epoch"],
                y=rows[name],
                # On a phone there is room for one entry a training in the legend.
                name=plain(f"{task}, {job}"),
                legendgroup=f"{task}, {job}",
                showlegend=name == "valid_loss",
                hovertemplate=f"{words}: %{{y:.3f}}",
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


def confusion_matrix(
    confusion: np.ndarray, labels: Sequence[str], shares: bool = True
) -> go.Figure:
    """Draw (C, C) counts, the truth down and the answer across, right ones in another colour.

    Cells that are not empty can be selected: their point's `customdata` is truth, answer, count
    and share of the row.

    Args:
        shares: colour by share of the row instead of by count.
    """
    counts = np.asarray(confusion)
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    names = [plain(label) for label in labels]
    values = share if shares else counts
    figure = go.Figure()
    diagonal = np.eye(len(names), dtype=bool)
    for where, colour in ((diagonal, RIGHT), (~diagonal, WRONG)):
        figure.add_heatmap(
            z=np.where(where, values, np.nan),
            x=names,
            y=names,
            colorscale=shades(colour, 0.15),
            zmin=0,
            zmax=1 if shares else max(1, values.max()),
            showscale=False,
            hoverinfo="skip",
            xgap=1,
            ygap=1,
        )
    # Heat maps cannot be selected from, so points that cannot be seen lie on their cells.
    down, across = np.nonzero(counts)
    numbers = [
        (labels[row], labels[column], int(counts[row, column]), float(share[row, column]))
        for row, column in zip(down, across, strict=True)
    ]
    texts = [f"{part:.0%}" if shares else f"{count}" for *_, count, part in numbers]
    invisible = {"marker": {"opacity": 0}}
    figure.add_scatter(
        x=[names[column] for column in across],
        y=[names[row] for row in down],
        text=texts,
        mode="markers+text" if len(names) <= _MOST_NUMBERED else "markers",
        marker={"symbol": "square", "size": 14, "opacity": 0},
        selected=invisible,
        unselected={**invisible, "textfont": {"color": None}},
        customdata=numbers,
        showlegend=False,
        hovertemplate="%{y} answered %{x}: %{customdata[2]} (%{customdata[3]:.0%})<extra></extra>",
    )
    axis = {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": names,
        "tickfont": {"size": 10},
    }
    figure.update_xaxes(title="answer", showgrid=False, **axis)
    return figure.update_yaxes(title="truth", autorange="reversed", showgrid=False, **axis)
