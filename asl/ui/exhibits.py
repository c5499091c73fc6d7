"""Draw a figure with what it needs to be read: a sentence, its numbers and files to keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
import streamlit as st

from asl.ui.dress import dressed
from asl.ui.text import to_csv

_FORMAT = "figure-format"
_FORMATS = ("PNG", "SVG")
#: Buttons of the charts that would only be in the way of whoever scrolls past.
_NO_BUTTONS = (
    "zoom2d", "pan2d", "select2d", "lasso2d",
    "zoomIn2d", "zoomOut2d", "autoScale2d", "resetScale2d",
)  # fmt: skip
_LIGHT = "light"


@dataclass(frozen=True, eq=False)
class Exhibit:
    """A figure that explains itself.

    Attributes:
        name: of the files, such as "confusion-matrix".
        figure: without colours of a theme.
        reading: how to read it, Markdown.
        rows: its numbers, one entry a line of the table.
        alt: the gist in words, for people who cannot see it.
    """

    name: str
    figure: go.Figure
    reading: str
    rows: Sequence[Mapping[str, object]]
    alt: str


def show_exhibit(exhibit: Exhibit, key: str, on_select: str = "ignore") -> object:
    """Draw an exhibit; returns what is selected in it if `on_select` is "rerun"."""
    selection = st.plotly_chart(
        dressed(exhibit.figure, *theme_colours()),
        theme=None,
        key=f"figure-{key}",
        on_select=on_select,
        selection_mode="points",
        config={
            "displaylogo": False,
            "modeBarButtonsToRemove": list(_NO_BUTTONS),
            "toImageButtonOptions": {
                "format": st.session_state.get(_FORMAT, _FORMATS[0]).lower(),
                "filename": exhibit.name,
                "scale": 2,
            },
        },
        alt=exhibit.alt,
    )
    st.caption(exhibit.reading)
    with st.container(horizontal=True, gap="small"):
        # Files are made when they are asked for: the HTML holds all of Plotly, 4 MB.
        st.download_button(
            "CSV",
            lambda: to_csv(exhibit.rows),
            file_name=f"{exhibit.name}.csv",
            mime="text/csv",
            icon=":material/table:",
            on_click="ignore",
            key=f"csv-{key}",
            help="The numbers of this figure",
            disabled=not exhibit.rows,
        )
        st.download_button(
            "HTML",
            lambda: as_html(exhibit),
            file_name=f"{exhibit.name}.html",
            mime="text/html",
            icon=":material/code:",
            on_click="ignore",
            key=f"html-{key}",
            help="The figure as a page of its own, which needs no network",
        )
    return selection


def as_html(exhibit: Exhibit) -> str:
    """Return a page with the figure, on white."""
    colours = [st.get_option(f"theme.{_LIGHT}.{part}") for part in ("textColor", "backgroundColor")]
    return dressed(exhibit.figure, *colours).to_html(
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
    theme = st.context.theme.type or _LIGHT
    return st.get_option(f"theme.{theme}.textColor"), st.get_option(
        f"theme.{theme}.backgroundColor"
    )
