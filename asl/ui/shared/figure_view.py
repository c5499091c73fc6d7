"""Draw a figure with what it needs to be read: a sentence, its numbers and files to keep."""

from __future__ import annotations

from typing import Any, Literal, overload

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.elements.plotly_chart import PlotlyState

from asl.figures.figure import ExplainedFigure
from asl.figures.theme import apply_theme
from asl.ui.shared.csv_button import offer_rows

_FORMAT = "figure-format"
_FORMATS = ("PNG", "SVG")
#: Buttons of the charts that would only be in the way of those who scroll past.
_NO_BUTTONS = (
    "zoom2d", "pan2d", "select2d", "lasso2d",
    "zoomIn2d", "zoomOut2d", "autoScale2d", "resetScale2d",
)  # fmt: skip
_LIGHT = "light"


@overload
def show_figure(
    explained: ExplainedFigure, key: str, on_select: Literal["ignore"] = "ignore"
) -> DeltaGenerator: ...


@overload
def show_figure(
    explained: ExplainedFigure, key: str, on_select: Literal["rerun"]
) -> PlotlyState: ...


def show_figure(
    explained: ExplainedFigure, key: str, on_select: Literal["ignore", "rerun"] = "ignore"
) -> DeltaGenerator | PlotlyState:
    """Draw a figure with what it needs to be read.

    Returns:
        as `st.plotly_chart`: if `on_select` is "rerun", the points that are selected.
    """
    config: dict[str, Any] = {
        "displaylogo": False,
        "modeBarButtonsToRemove": list(_NO_BUTTONS),
        "toImageButtonOptions": {
            "format": st.session_state.get(_FORMAT, _FORMATS[0]).lower(),
            "filename": explained.name,
            "scale": 2,
        },
    }
    drawn = st.plotly_chart(
        apply_theme(explained.figure, *theme_colours()),
        theme=None,
        key=f"figure-{key}",
        on_select=on_select,
        selection_mode="points",
        config=config,
        alt=explained.alt,
    )
    st.caption(explained.reading)
    with st.container(horizontal=True, gap="small"):
        _offer_files(explained, key)
    return drawn


def _offer_files(explained: ExplainedFigure, key: str) -> None:
    # Files are made when they are asked for: the HTML holds all of Plotly, 4 MB.
    offer_rows(explained.rows, explained.name, key, "The numbers of this figure")
    st.download_button(
        "HTML",
        lambda: as_html(explained),
        file_name=f"{explained.name}.html",
        mime="text/html",
        icon=":material/code:",
        on_click="ignore",
        key=f"html-{key}",
        help="The figure as a page of its own, which needs no network",
    )


def as_html(explained: ExplainedFigure) -> str:
    """Return a page with the figure, on white."""
    return apply_theme(explained.figure, *_colours_of(_LIGHT)).to_html(
        include_plotlyjs=True, config={"displaylogo": False}
    )


def choose_format() -> None:
    """Let the visitor choose what the camera above each figure saves."""
    with st.popover("Saving figures", icon=":material/photo_camera_back:"):
        st.segmented_control(
            "The camera saves",
            _FORMATS,
            default=_FORMATS[0],
            required=True,
            key=_FORMAT,
            persist_state="session",
        )
        st.caption(
            "Point at a figure, or tap it, and a camera appears in its upper right corner. It "
            "saves the figure as it is drawn, in this browser. CSV and HTML are below each figure."
        )


def theme_colours() -> tuple[str, str]:
    """Return the colours of text and background in the visitor's theme."""
    return _colours_of(st.context.theme.type or _LIGHT)


def _colours_of(theme: str) -> tuple[str, str]:
    return (
        st.get_option(f"theme.{theme}.textColor"),
        st.get_option(f"theme.{theme}.backgroundColor"),
    )
