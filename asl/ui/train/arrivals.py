"""Data sets that are on their way: take them in, show how far that is, open what is there."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from asl.data.library import intake
from asl.data.library.dataset import Dataset
from asl.ui.shared.disk_errors import worded
from asl.ui.shared.text import escape_markdown, shown_name
from asl.ui.train.changes import reason_of, sentence

#: In the session's state: the data set to be chosen the next time that the page is drawn.
ARRIVED = "dataset-arrived"
#: In the session's state: how many data sets this visitor has brought in or changed. Widgets for
#: the next one have another number in their keys, and so are empty again.
TAKEN = "dataset-turn"
# What this visitor brought in: the others' arrivals must not change what is on the page.
_MINE = "datasets-mine"

_STEPS = {
    "starting": "Getting ready",
    "waiting": "Waiting until others have been looked at",
    "unpacking": "Unpacking",
    "reading": "Reading",
    "landmarks": "Finding hands, body and face in the films",
    "hands": "Looking for hands",
    "comparing": "Looking for copies",
}


def take_in(make: Callable[[], Dataset], arrives: bool = False) -> None:
    """Do what makes a data set, and draw the page again; or say why it could not be made.

    Args:
        arrives: whether the data set is there at once, to be chosen.
    """
    try:
        dataset = make()
    except (ValueError, OSError) as error:
        st.error(sentence(reason_of(error)), icon=":material/error:")
        return
    st.session_state[TAKEN] = st.session_state.get(TAKEN, 0) + 1
    st.session_state.setdefault(_MINE, set()).add(dataset.id)
    if arrives:
        st.session_state[ARRIVED] = dataset.id
    st.rerun()


def is_mine(dataset_id: str) -> bool:
    """Return whether this visitor has brought in a data set during this visit."""
    return dataset_id in st.session_state.get(_MINE, ())


def show_arrivals() -> None:
    """Show how far every new data set is, each with a button to cancel it."""
    for folder in intake.intakes():
        _watch(folder.name)


@st.fragment(run_every=1.0)
@worded
def _watch(name: str) -> None:
    """Show how far a data set has been taken in, and let it be cancelled."""
    folder = next((place for place in intake.intakes() if place.name == name), None)
    if folder is None:
        if is_mine(name):
            st.session_state[ARRIVED] = name
        st.rerun()
    title = escape_markdown(shown_name(intake.intended_name(folder)))
    now = intake.step(folder)
    with st.container(border=True):
        if now is None:
            st.error(
                f"**{title} was not taken.** {sentence(intake.failure(folder))}",
                icon=":material/error:",
            )
            st.button("Close", key=f"close-{name}", on_click=worded(intake.cancel), args=(folder,))
            return
        share = min(1.0, now.done / now.total) if now.total else 0.0
        st.progress(share, f"**{title}** · {_in_words(now)}")
        st.button(
            "Cancel",
            icon=":material/close:",
            key=f"cancel-{name}",
            on_click=worded(intake.cancel),
            args=(folder,),
        )


def _in_words(now: intake.Step) -> str:
    words = _STEPS[now.name]
    if now.total and now.name != "unpacking":
        words += f", {now.done:,} of {now.total:,}"
    left = now.seconds_left
    if now.paused and now.name != "waiting":
        words += " · others have their turn, then it goes on"
    elif left is not None:
        words += f", about {max(1, round(left)):,} s left in this step"
    return words
