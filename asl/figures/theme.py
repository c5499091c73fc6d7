"""How the charts look: colours that can be seen on white and on black, and room on a phone."""

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go

from asl.labels import display_name

#: Mid tones with a contrast of at least 3 to 1 on white and on nearly black.
COLOURS = ("#1f7fc0", "#d55e00", "#00916a", "#b4559a", "#9a7b00", "#6a75c9", "#808080")
RIGHT, WRONG, QUIET = COLOURS[0], COLOURS[1], COLOURS[-1]

_GRID = "rgba(128,128,128,0.28)"


def plain(text: object) -> str:
    """Return text of users as a chart shows it, markup and all."""
    return escape(str(text), quote=False)


def sign(label: str) -> str:
    """Return a sign as a chart names it."""
    return plain(display_name(label))


def tinted(colour: str, opacity: float) -> str:
    """Return a colour "#rrggbb" that lets some of the page through."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def shades(colour: str, faintest: float = 0.0) -> list[tuple[float, str]]:
    """Return a colour scale from the page's own background to `colour`.

    Small values stand out: what is rare is what people look for.

    Args:
        faintest: opacity just above zero.
    """
    steps = (0.0, 0.02, 0.1, 0.3, 1.0)
    return [(step, tinted(colour, max(faintest, step**0.5) if step else 0.0)) for step in steps]


def apply_theme(figure: go.Figure, text: str, background: str) -> go.Figure:
    """Return a copy in the colours of a theme.

    Args:
        text: colour of all writing.
        background: behind the figure, so that a saved picture can be read anywhere.
    """
    figure = go.Figure(figure)
    figure.update_layout(
        template=go.layout.Template(),
        colorway=COLOURS,
        paper_bgcolor=background,
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": text, "size": 13},
        hoverlabel={"bgcolor": background, "font": {"color": text}, "align": "left"},
        legend={"bgcolor": "rgba(0,0,0,0)"},
        dragmode=False,
    )
    axes = {
        "gridcolor": _GRID,
        "linecolor": _GRID,
        "zerolinecolor": _GRID,
        "automargin": True,
        "title_standoff": 8,
    }
    return figure.update_xaxes(**axes).update_yaxes(**axes)


def framed(figure: go.Figure, height: int = 380, legend: bool = True) -> go.Figure:
    """Give a figure its height, narrow margins, and the legend above it in a row."""
    return figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 64 if legend else 24, "b": 8},
        showlegend=legend,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
    )


def signs_down(figure: go.Figure, names: Sequence[str], row: int = 17) -> go.Figure:
    """Lay an axis of signs out downwards, the first on top, with a line for each."""
    figure.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=list(names),
        range=[len(names) - 0.5, -0.5],
        dtick=1,
    )
    # The legend stays above what is written along the axis, however few lines there are.
    lines = 38 + row * len(names)
    return figure.update_layout(height=72 + lines, legend_y=1 + 22 / lines)


def shares_of_signs(figure: go.Figure, names: Sequence[str]) -> go.Figure:
    """Frame what shows shares, 0–1, along an axis on top, and its signs downwards."""
    framed(figure).update_xaxes(range=[-0.02, 1.02], tickformat=".0%", side="top")
    return signs_down(figure, names)
