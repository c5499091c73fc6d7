"""Hands beside each other, drawn by Plotly; on pictures they are drawn by `asl.ui.shared`."""

from collections.abc import Iterator, Mapping
from html import escape

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from asl.figures.skeleton import PARTS, far_to_near
from asl.figures.text import shorten

#: Half the side of the square that a hand is drawn in, in normalised units: all to one scale.
_REACH = 1.9

#: Letters of all titles of a row together that fit on a phone.
_TITLE_LETTERS = 42

_TITLE_HEIGHT = 36
_LEGEND_HEIGHT = 44


def hands_in_a_row(
    hands: Mapping[str, np.ndarray],
    text_colour: str,
    remarks: Mapping[str, str] | None = None,
    columns: int | None = None,
    height: int = 110,
    stroke: float = 3,
    legend: bool = False,
) -> go.Figure:
    """Return drawings of some hands beside each other, without axes, in colours for any theme.

    Args:
        hands: title → (21, 3) normalised landmarks, x to the right, y down, z away from the
            viewer. Titles are shown as they are, markup and all, long ones shortened.
        text_colour: of the titles; those of Streamlit's own theme are too faint to read.
        remarks: title → a few words of ours below it.
        columns: how many hands the row has room for; by default as many as there are.
        height: of a hand, in pixels; the width is what the page gives.
        stroke: of a bone, in pixels.
        legend: name the fingers' colours below.
    """
    remarks = remarks or {}
    columns = columns or len(hands)
    shown = {name: shorten(name, _TITLE_LETTERS // columns) for name in hands}
    # A blank second line keeps the titles of a row at one height.
    titles = [f"<b>{escape(shown[name])}</b><br>{remarks.get(name) or '&nbsp;'}" for name in hands]
    figure = make_subplots(1, columns, subplot_titles=titles, horizontal_spacing=0.02)
    for column, points in enumerate(hands.values(), start=1):
        figure.add_traces(list(_hand(points, stroke, legend and column == 1)), 1, column)
        low, high = points[:, :2].min(0), points[:, :2].max(0)
        (x, y), reach = (low + high) / 2, max(_REACH, 0.55 * (high - low).max())
        figure.update_xaxes(range=[x - reach, x + reach], row=1, col=column)
        figure.update_yaxes(range=[y + reach, y - reach], row=1, col=column)
        figure.update_yaxes(scaleanchor=figure.data[-1].xaxis, row=1, col=column)
    figure.update_annotations(font={"color": text_colour, "size": 13})
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return _laid_out(figure, text_colour, height, _LEGEND_HEIGHT if legend else 0)


def _laid_out(figure: go.Figure, text_colour: str, height: int, bottom: int) -> go.Figure:
    """Leave room for the titles above, and `bottom` pixels for the legend below."""
    return figure.update_layout(
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        height=height + _TITLE_HEIGHT + bottom,
        margin={"l": 0, "r": 0, "t": _TITLE_HEIGHT, "b": bottom},
        legend={
            "font": {"color": text_colour},
            "orientation": "h",
            "x": 0.5,
            "xanchor": "center",
            "y": 0,
            "yanchor": "top",
        },
    )


def _hand(points: np.ndarray, stroke: float, legend: bool) -> Iterator[go.Scatter]:
    """Yield the lines of a hand, far ones first; the legend lists them from the palm on."""
    for part in far_to_near(points):
        joints = points[list(part.joints)]
        yield go.Scatter(
            x=joints[:, 0],
            y=joints[:, 1],
            name=part.name,
            mode="lines+markers",
            line={"color": part.colour, "width": stroke},
            marker={"color": part.colour, "size": 1.75 * stroke},
            showlegend=legend,
            legendrank=PARTS.index(part),
        )
