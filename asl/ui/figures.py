"""Plotly figures. They take data, and know neither Streamlit nor files."""

from collections.abc import Iterator, Mapping

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from asl.ui.skeleton import PARTS, far_to_near

#: Half the side of the square that a handshape is drawn in, in normalised units: all to one scale.
_REACH = 1.9

_BLANK = {
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "hovermode": False,
    "dragmode": False,
}


def handshape(points: np.ndarray, side: int) -> go.Figure:
    """Return a small drawing of one hand.

    Args:
        points: (21, 3) normalised landmarks, x to the right, y down, z away from the viewer.
        side: of the figure, in pixels.
    """
    figure = go.Figure(list(_hand(points, width=side / 30)))
    figure.update_layout(
        _BLANK, width=side, height=side, margin=dict.fromkeys("lrtb", 2), showlegend=False
    )
    _frame(figure, points)
    return figure


def handshapes_side_by_side(hands: Mapping[str, np.ndarray], height: int = 260) -> go.Figure:
    """Return drawings of some hands in a row, with a legend of the fingers.

    Args:
        hands: title → (21, 3) normalised landmarks. Titles are plain text of our own.
        height: in pixels.
    """
    figure = make_subplots(1, len(hands), subplot_titles=list(hands), horizontal_spacing=0.02)
    for column, points in enumerate(hands.values(), start=1):
        for trace in _hand(points, legend=column == 1):
            figure.add_trace(trace, 1, column)
        _frame(figure, points, row=1, col=column)
    figure.update_layout(
        _BLANK,
        height=height,
        margin={"l": 4, "r": 4, "t": 30, "b": 4},
        legend={"orientation": "h", "x": 0.5, "xanchor": "center", "y": 0, "yanchor": "top"},
    )
    return figure


def _hand(points: np.ndarray, width: float = 4, legend: bool = False) -> Iterator[go.Scatter]:
    """Yield the lines of a hand, far ones first; the legend lists them from thumb to palm."""
    for part in far_to_near(points):
        joints = points[list(part.joints)]
        yield go.Scatter(
            x=joints[:, 0],
            y=joints[:, 1],
            name=part.name,
            mode="lines+markers",
            line={"color": part.colour, "width": width},
            marker={"color": part.colour, "size": 1.75 * width},
            showlegend=legend,
            legendrank=PARTS.index(part),
        )


def _frame(figure: go.Figure, points: np.ndarray, **where: int) -> None:
    """Put the hand in the middle of a square without axes, y down."""
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    (x, y), reach = (low + high) / 2, max(_REACH, (high - low).max() / 2)
    figure.update_xaxes(visible=False, range=[x - reach, x + reach], **where)
    axis = figure.data[-1].xaxis or "x"
    figure.update_yaxes(visible=False, range=[y + reach, y - reach], scaleanchor=axis, **where)
