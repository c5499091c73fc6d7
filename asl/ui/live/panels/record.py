"""Record: labelled samples of the visitor's hand, for a data set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from asl.images import PictureError
from asl.labels import CONTROLS, display_name
from asl.ui.live.modes import Recording
from asl.ui.live.panels.view import View
from asl.ui.live.session import LiveSession
from asl.ui.shared.text import escape_markdown

# Importing it at run time would load what compares pictures into every visit.
if TYPE_CHECKING:
    from asl.data.library.dataset import Dataset

_SAMPLES = 10


def show_recorder(view: View) -> None:
    """Record labelled samples, and hand them to the Train page."""
    session = view.session
    if not st.toggle("Record samples of my hand", key="live-record"):
        st.caption(
            "Off: nothing is kept. On: pictures that you record are held in memory until you save "
            "them into a data set in your own workspace, or throw them away."
        )
        _throw_away(session)
        return
    sign, person, name = _choose_labels(view.signs)
    with session.lock:
        recording = session.recorder.recording
        count = len(recording.samples) if recording else 0
        wanted = recording.wanted if recording else 0
    st.button(
        f"Record {_SAMPLES} pictures",
        type="primary",
        icon=":material/fiber_manual_record:",
        on_click=_start,
        args=(session, sign),
        disabled=not sign or 0 < count < wanted,
    )
    if recording:
        st.progress(
            count / wanted, text=f"{count} of {wanted} of {escape_markdown(recording.sign)}"
        )
    if recording and count:
        with st.container(horizontal=True):
            if st.button("Save", icon=":material/save:"):
                _save(session, name, person)
            st.button("Throw away", icon=":material/delete:", on_click=_throw_away, args=(session,))
    saved = st.session_state.get("live-saved")
    if saved:
        st.success(f"Saved: {escape_markdown(saved)}")
        st.page_link("pages/train.py", label="Train with them", icon=":material/model_training:")


def _choose_labels(signs: Sequence[str]) -> tuple[str, str, str]:
    """Let the visitor say which sign, whose hand and into which data set."""
    sign = st.selectbox(
        "Sign",
        [sign for sign in signs if sign not in CONTROLS] + list(CONTROLS),
        format_func=display_name,
        accept_new_options=True,
        key="live-sign",
        help="Choose one, or type a sign of your own.",
    )
    person = st.text_input(
        "Who signs", key="live-person", help="Any word that tells people apart, to test on others."
    )
    return sign, person, st.text_input("Data set", "My signs", key="live-dataset")


def _start(session: LiveSession, sign: str) -> None:
    """Keep the next frames with a hand, labelled as `sign`."""
    with session.lock:
        session.recorder.recording = Recording(sign, _SAMPLES)


def _throw_away(session: LiveSession) -> None:
    with session.lock:
        session.recorder.recording = None


def _save(session: LiveSession, name: str, person: str) -> None:
    """Write the recorded samples into the data set of that name; keep them if that fails."""
    from asl.ui.train.arrivals import ARRIVED

    with session.lock:
        recording, session.recorder.recording = session.recorder.recording, None
    if recording is None:
        return
    try:
        dataset = _write(recording, name, person.strip() or None)
    except (PictureError, ValueError, OSError) as error:
        with session.lock:
            session.recorder.recording = recording
        st.error(f"Not saved: {escape_markdown(str(error))}")
        return
    st.session_state[ARRIVED] = dataset.id
    st.session_state["live-saved"] = (
        f"{len(recording.samples)} pictures of {display_name(recording.sign)} in {dataset.name}"
    )


def _write(recording: Recording, name: str, person: str | None) -> Dataset:
    """Add the samples to the visitor's data set of that name, a new one if there is none."""
    from asl.data.library.dataset import create, list_datasets
    from asl.data.library.picture import add_picture

    bar = st.progress(0.0, text="Saving")
    same = [one for one in list_datasets() if (one.source, one.name) == ("camera", name.strip())]
    dataset = same[0] if same else create(name, "camera").save()
    for done, sample in enumerate(recording.samples, start=1):
        add_picture(dataset, sample, recording.sign, person)
        bar.progress(done / len(recording.samples), text="Saving")
    bar.empty()
    return dataset
