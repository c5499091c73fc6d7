"""Figures of a search for training settings, for pages and for the tracking store."""

from collections.abc import Mapping, Sequence
from itertools import accumulate

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from asl.figures.theme import QUIET, RIGHT, WRONG, framed, signs_down
from asl.figures.wording import PICTURES, Wording

#: What people call the settings.
WORDS = {
    "learning_rate": "learning rate",
    "batch": "batch size",
    "augment": "examples changed",
    "width": "layer width (×)",
    "macro_f1": "macro F1",
}
#: How values are written that are not whole numbers.
_FORMATS = {"dropout": ".2f", "augment": ".0%", "macro_f1": ".3f"}
#: Settings whose steps are factors.
_FACTORS = ("learning_rate", "batch")


def importance_bars(importance: Mapping[str, float]) -> go.Figure:
    """Draw how much of the differences between trials each setting explains, most first.

    Args:
        importance: setting → share.
    """
    ranked = sorted(importance.items(), key=lambda item: -item[1])
    names = [WORDS.get(name, name) for name, _ in ranked]
    shares = [share for _, share in ranked]
    figure = go.Figure(
        go.Bar(
            x=shares,
            y=names,
            orientation="h",
            marker_color=RIGHT,
            text=[f"{share:.0%}" for share in shares],
            textposition="auto",
            textangle=0,
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    figure.update_xaxes(title="differences explained", tickformat=".0%", range=[0, 1])
    framed(figure, legend=False)
    return signs_down(figure, names, row=32)


def search_course(table: pd.DataFrame, words: Wording = PICTURES) -> go.Figure:
    """Draw every trial's macro F1, and the best so far.

    Args:
        table: trial, macro_f1, state, as in `asl.training.search.Found`.
    """
    figure = go.Figure()
    kinds = {"complete": ("finished", RIGHT, "circle"), "pruned": ("given up", QUIET, "x")}
    for state, (name, colour, symbol) in kinds.items():
        rows = table[table["state"] == state]
        figure.add_scatter(
            x=rows["trial"] + 1,
            y=rows["macro_f1"],
            mode="markers",
            name=name,
            marker={"color": colour, "symbol": symbol, "size": 9},
            hovertemplate="trial %{x}: %{y:.3f}<extra></extra>",
        )
    done = table[table["state"] == "complete"].sort_values("trial")
    figure.add_scatter(
        x=done["trial"] + 1,
        y=list(accumulate(done["macro_f1"], max)),
        mode="lines",
        name="best so far",
        line={"color": WRONG, "shape": "hv"},
        hovertemplate="best after trial %{x}: %{y:.3f}<extra></extra>",
    )
    figure.update_xaxes(title="trial", dtick=max(1, len(table) // 10))
    figure.update_yaxes(
        title=f"macro F1 on validation {words.examples}",
        autorangeoptions={"minallowed": -0.02, "maxallowed": 1.02},
    )
    return framed(figure)


def parallel_coordinates(table: pd.DataFrame, settings: Sequence[str]) -> go.Figure:
    """Draw each finished trial as a line through its settings, coloured by its macro F1.

    Args:
        table: as in `asl.training.search.Found`.
        settings: columns to draw, in this order; the macro F1 stands last.
    """
    rows = table[table["state"] == "complete"]
    axes = [_axis(name, rows[name].to_numpy(float)) for name in (*settings, "macro_f1")]
    score = rows["macro_f1"].to_numpy(float)
    low, high = _ends(score)
    if low == high:  # by itself the axis would go beyond what there can be
        axes[-1]["range"] = [max(0.0, low - 0.05), min(1.0, high + 0.05)]
    figure = go.Figure(
        go.Parcoords(
            dimensions=axes,
            # On a phone there is no room for them side by side.
            labelangle=-30,
            line={
                "color": score,
                "colorscale": [[0, QUIET], [1, WRONG]],
                "showscale": False,
            },
            unselected={"line": {"color": QUIET, "opacity": 0.2}},
        )
    )
    framed(figure, legend=False)
    return figure.update_layout(margin={"l": 64, "r": 48, "t": 104, "b": 24})


def _axis(name: str, values: np.ndarray) -> dict:
    label = WORDS.get(name, name)
    if name not in _FACTORS:
        return {"label": label, "values": values, "tickformat": _FORMATS.get(name)}
    exponents = np.log10(values)
    ticks = np.unique(values) if len(np.unique(values)) <= 6 else np.geomspace(*_ends(values), 5)
    return {
        "label": label,
        "values": exponents,
        "tickvals": np.log10(ticks),
        "ticktext": [f"{tick:.2g}" if tick < 1 else f"{tick:g}" for tick in ticks],
    }


def _ends(values: np.ndarray) -> tuple[float, float]:
    return float(values.min()), float(values.max())
