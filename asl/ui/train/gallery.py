"""Look through the pictures of a data set, and move or leave out those that are wrong."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st
from PIL import Image

from asl.data.library.dataset import Dataset
from asl.labels import display_name
from asl.ui.shared.text import escape_markdown, shown_name
from asl.ui.train.changes import apply_change

#: Side of a thumbnail in pixels, here and beside other pictures that are shown small.
THUMB = 96

_A_PAGE = 24
_IN_STRIP = 6
_STRIPS_IN_SIGHT = 6


def show_pictures(dataset: Dataset, table: pd.DataFrame) -> None:
    """Draw a few pictures of every sign, or those of one sign, page by page, to be corrected.

    Args:
        table: of the data set, pictures that are not used among them.
    """
    used = table[table["state"] == "used"]
    labels = sorted(used["label"].unique())
    if not labels:
        st.caption("No pictures are in use.")
        return
    label = st.selectbox(
        "Sign",
        [None, *labels],
        format_func=lambda label: "All, a few of each" if label is None else display_name(label),
        key=f"look-{dataset.id}",
    )
    if label is None:
        _show_strips(dataset, used, labels)
        return
    ticked = _tick(dataset, used[used["label"] == label], label)
    offer_changes(dataset, ticked, [name for name in labels if name != label])
    st.caption("Tick pictures that show another sign, or that nothing can be learnt from.")


def _tick(dataset: Dataset, rows: pd.DataFrame, label: str) -> list[str]:
    """Draw a page of a sign's pictures, each with a box to tick; returns the ticked paths."""
    first = page_of(len(rows), _A_PAGE, f"{dataset.id}-{label}")
    ticked = []
    with st.container(horizontal=True, gap="small"):
        shown = rows.iloc[first : first + _A_PAGE]
        for number, row in enumerate(shown.itertuples(), start=first + 1):
            with st.container(width=THUMB + 24, gap=None):
                st.image(
                    dataset.thumbnail(row.path),
                    width=THUMB,
                    alt=f"{display_name(label)}, picture {number}: {shown_name(row.original)}",
                )
                # Training takes the whole picture then, so these are worth checking.
                handless = not pd.isna(row.found) and not row.found
                name = f"{number} · no hand" if handless else f"{number}"
                if st.checkbox(name, key=f"tick-{dataset.id}-{row.path}"):
                    ticked.append(row.path)
    return ticked


def page_of(count: int, at_once: int, key: str) -> int:
    """Let the visitor turn pages; returns the position of the first example on the page.

    Args:
        count: of the examples.
        at_once: on a page.
    """
    pages = -(-count // at_once)
    if pages < 2:
        return 0
    return at_once * (
        st.number_input(f"Page, of {pages}", 1, pages, key=f"page-{key}", width=160) - 1
    )


def offer_changes(dataset: Dataset, ticked: Sequence[str], others: Sequence[str]) -> None:
    """Let the visitor give the ticked examples one of the other labels, or leave them out."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        other = st.selectbox(
            "Sign that they show",
            others,
            index=None,
            placeholder="Choose or type",
            format_func=display_name,
            accept_new_options=True,
            key=f"move-{dataset.id}",
        )
        move = st.button("Move", disabled=not (ticked and other), key=f"do-move-{dataset.id}")
        if move and other:
            apply_change(lambda: dataset.relabel(ticked, other))
        if st.button(
            "Leave out", icon=":material/delete:", disabled=not ticked, key=f"drop-{dataset.id}"
        ):
            apply_change(lambda: dataset.leave_out(ticked))


def _show_strips(dataset: Dataset, used: pd.DataFrame, labels: Sequence[str]) -> None:
    """Draw a few pictures of every sign, spread over all of them: neighbours show one person."""
    tall = len(labels) > _STRIPS_IN_SIGHT
    with st.container(horizontal=True, gap="medium", height=640 if tall else "content"):
        for label in labels:
            rows = used[used["label"] == label]
            step = max(1, len(rows) // _IN_STRIP)
            paths = rows["path"].iloc[::step].iloc[:_IN_STRIP]
            with st.container(width=3 * THUMB + 8, gap=None):
                st.markdown(f"**{escape_markdown(display_name(label))}** · {len(rows):,}")
                st.image(
                    _strip([dataset.thumbnail(path) for path in paths]),
                    alt=f"{len(paths)} of {len(rows)} pictures of {display_name(label)}",
                )


def _strip(files: Sequence[Path]) -> Image.Image:
    """Return thumbnails in rows of three as one picture."""
    width, rows = 3, -(-len(files) // 3)
    strip = Image.new("RGB", (width * THUMB, rows * THUMB), (128, 128, 128))
    for number, file in enumerate(files):
        with Image.open(io.BytesIO(file.read_bytes()), formats=("JPEG",)) as thumb:
            thumb.thumbnail((THUMB, THUMB))
            left, top = number % width * THUMB, number // width * THUMB
            strip.paste(
                thumb, (left + (THUMB - thumb.width) // 2, top + (THUMB - thumb.height) // 2)
            )
    return strip
