"""Look through the clips of a data set, and move or leave out those that are wrong."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from asl.data.library.checkup import Checkup
from asl.data.library.dataset import Dataset
from asl.labels import display_name
from asl.ui.shared.text import escape_markdown, shown_name
from asl.ui.train.clips.moving import SIDE, show_clip
from asl.ui.train.copies import offer_copies
from asl.ui.train.gallery import offer_changes, page_of

_AT_ONCE = (2, 4, 8, 16)
_WIDTH = SIDE + 32


def show_clips(dataset: Dataset, table: pd.DataFrame, found: Checkup) -> None:
    """Draw skeletons of some clips of a sign, page by page, to be corrected.

    Args:
        table: of the data set, clips that are not used among them.
    """
    offer_copies(dataset, found)
    used = table[table["state"] == "used"]
    labels = sorted(used["label"].unique())
    if not labels:
        st.caption("No clips are in use.")
        return
    which, many = st.columns([3, 2], gap="medium")
    label = which.selectbox("Sign", labels, format_func=display_name, key=f"look-{dataset.id}")
    at_once = many.segmented_control(
        "Clips at once", _AT_ONCE, default=_AT_ONCE[1], required=True, key=f"many-{dataset.id}"
    )
    rows = used[used["label"] == label]
    first = page_of(len(rows), at_once, f"{dataset.id}-{label}-{at_once}")
    ticked = []
    with st.container(horizontal=True, gap="small"):
        shown = rows.iloc[first : first + at_once]
        for number, row in enumerate(shown.itertuples(), start=first + 1):
            with st.container(width=_WIDTH, border=True):
                name = f"{display_name(label)}, clip {number}"
                seen = show_clip(dataset, row.path, name, f"check-{number - first}")
                about = _about(row.original, row.person, row.frames)
                st.caption(f"{escape_markdown(about)}. Seen: {seen}.")
                if st.checkbox(f"{number}", key=f"tick-{dataset.id}-{row.path}"):
                    ticked.append(row.path)
    offer_changes(dataset, ticked, [other for other in labels if other != label])
    st.caption(
        "Only landmarks are kept of a film, and this is how they look. Tick clips that show "
        "another sign, or in which the hands are not followed."
    )


def _about(original: str, person: str | None, frames: float) -> str:
    who = "" if pd.isna(person) else f"{person}, "
    length = "" if pd.isna(frames) else f"{int(frames)} frames, "
    return f"{who}{length}{shown_name(original)}"
