"""The panels beside the video: recognise, spell, practise, record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from asl.hands.shape import compare_shapes
from asl.images import PictureError
from asl.inference.practice import Practice
from asl.inference.words import common_words, suggest
from asl.labels import CONTROLS, DELETE, MOTION_SIGNS, SPACE, display_name
from asl.ui.answers import percent
from asl.ui.figures import hands_in_a_row
from asl.ui.live_browser import offer_to_speak
from asl.ui.live_session import LiveSession, Status
from asl.ui.skeleton import in_words
from asl.ui.text import escape_markdown

Handshapes = Mapping[str, Sequence[Sequence[float]]]

_SHORTEST_WORD, _LONGEST_WORD = 3, 6
_MOST_ADVICE = 2
_SAMPLES = 10
#: Visitors whose panels are drawn anew twice a second.
_FEW = 2


def pace() -> float:
    """Return after how many seconds a panel is drawn anew.

    Server and browser could read and draw a frame in that time; where many share it, frames come
    first.
    """
    return 0.5 if LiveSession.count() <= _FEW else 1.0


def show_recognised(status: Status) -> None:
    """Say which sign is shown now."""
    held = status.held
    with st.container(key="sign-live" if held and len(held.label) <= 2 else "words-live"):
        st.header(_shown(status), anchor=False)
    if held:
        st.progress(held.confidence, text=f"{percent(held.confidence)} sure")
    if status.hand:
        st.caption(f"{status.hand.capitalize()} hand")


def show_spelling(session: LiveSession, status: Status) -> None:
    """Show the text, and what can be done with it."""
    with session.lock:
        text, word = session.speller.text, session.speller.last_word
    # The widget is given the text that the signs wrote; what the visitor types goes the other way.
    st.session_state["live-text"] = text
    st.text_area(
        "Text",
        key="live-text",
        on_change=_type,
        args=(session,),
        placeholder="Hold a sign until its ring is full",
        help="You can correct it here: press Ctrl and Enter, or Tab, when you are done.",
    )
    with st.container(horizontal=True):
        st.button("Space", on_click=_press, args=(session, SPACE), icon=":material/space_bar:")
        st.button("Delete", on_click=_press, args=(session, DELETE), icon=":material/backspace:")
        st.button(
            "Clear", on_click=_clear, args=(session,), icon=":material/delete:", disabled=not text
        )
    offer_to_speak(text)
    words = suggest(word) if word else ()
    with st.container(horizontal=True, height=56, border=False):
        for place, one in enumerate(words):
            st.button(one, key=f"live-word-{place}", on_click=_complete, args=(session, one))
    held = status.held
    if held and held.taken:
        st.caption("Let go and show it again for the same letter twice, or keep holding it.")
    else:
        st.caption(f"Now: {_shown(status)}")


def show_practice(
    session: LiveSession, status: Status, handshapes: Handshapes, signs: Sequence[str]
) -> None:
    """Ask for signs, show how they look, and say what to change."""
    letters = [sign for sign in signs if len(sign) == 1]
    kind = st.segmented_control(
        "Practise", ("Signs", "Words"), default="Signs", required=True, key="live-kind"
    )
    chosen: Sequence[str] = ()
    if kind == "Signs":
        still = [sign for sign in letters if sign not in MOTION_SIGNS]
        with st.popover("Choose signs", icon=":material/checklist:"):
            picked = st.pills(
                "Signs to practise; none means all that are held still",
                letters,
                selection_mode="multi",
                key="live-tasks",
            )
        chosen = picked or still
    else:
        chosen = practice_words(letters)
    if not chosen:
        st.info("The model knows too few letters for words. Practise single signs.")
        return
    now = session.now()
    with session.lock:
        if session.practice is None or st.session_state.get("live-asked") != tuple(chosen):
            session.practice = Practice(chosen, now)
            st.session_state["live-asked"] = tuple(chosen)
        practice = session.practice
        task, done, wanted = practice.task, practice.done, practice.wanted
        score, seconds = practice.score, practice.seconds(now)
    asked, shape = st.columns([2, 3], vertical_alignment="center")
    with asked:
        with st.container(key="sign-task"):
            st.header(escape_markdown(wanted), anchor=False)
        if len(task) > 1:
            st.markdown(f"{task[:done]}**:blue[{wanted}]**{task[done + 1 :]}")
    with shape:
        _show_shape(wanted, handshapes)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Skip", shortcut="S", key="live-skip", on_click=_skip, args=(session,))
        st.button(
            "Start anew", shortcut="N", key="live-anew", on_click=_start_anew, args=(session,)
        )
    st.markdown(
        f"**{score.hits}** done · **{score.misses}** missed · {seconds:.0f} s for this one"
        + (f" · {score.seconds / score.hits:.1f} s on average" if score.hits else "")
    )
    for line in advice(status, wanted, handshapes):
        st.markdown(f":material/lightbulb: {line}")
    if wanted in MOTION_SIGNS:
        st.caption(f"{wanted} is a movement; the drawing shows a part of it only.")
    if score.weak:
        st.caption(f"Missed so far, and asked again: {', '.join(score.weak)}")


def _show_shape(wanted: str, handshapes: Handshapes) -> None:
    """Draw the typical handshape of a sign, where it is known."""
    if wanted not in handshapes:
        return
    colour = st.get_option(f"theme.{st.context.theme.type or 'light'}.textColor")
    st.plotly_chart(
        _drawn(wanted, tuple(map(tuple, handshapes[wanted])), colour),
        config={"staticPlot": True},
        key="live-shape",
        alt=f"Typical {wanted}: {in_words(np.array(handshapes[wanted]))}",
    )
    st.caption("A right hand as the person opposite sees it.")


def advice(status: Status, wanted: str, handshapes: Handshapes) -> list[str]:
    """Return what to do differently to make the wanted sign, the most telling first."""
    if status.shape is None:
        return ["Show one hand to the camera."] if status.on else []
    if wanted not in handshapes:
        return []
    if status.held and wanted in status.held.labels:
        return ["That is it. Hold it."]
    differences = compare_shapes(status.shape, np.array(handshapes[wanted]))
    lines = [escape_markdown(one.sentence) for one in differences[:_MOST_ADVICE]]
    return lines or ["Close. Show it from the front, and hold it still."]


def practice_words(letters: Sequence[str]) -> list[str]:
    """Return common short words of letters that can be shown without a movement."""
    usable = set(letters) - MOTION_SIGNS
    return [
        word.upper()
        for word in common_words()
        if _SHORTEST_WORD <= len(word) <= _LONGEST_WORD and set(word.upper()) <= usable
    ]


def show_recorder(session: LiveSession, signs: Sequence[str]) -> None:
    """Record labelled samples, and hand them to the Train page."""
    if not st.toggle("Record samples of my hand", key="live-record"):
        st.caption(
            "Off: nothing is kept. On: pictures that you record are held in memory until you save "
            "them into a data set in your own workspace, or throw them away."
        )
        with session.lock:
            session.recording = None
        return
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
    name = st.text_input("Data set", "My signs", key="live-dataset")
    with session.lock:
        recording = session.recording
        count = len(recording.samples) if recording else 0
        wanted = recording.wanted if recording else 0
    st.button(
        f"Record {_SAMPLES} pictures",
        type="primary",
        icon=":material/fiber_manual_record:",
        on_click=session.record,
        args=(sign, _SAMPLES),
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


def _save(session: LiveSession, name: str, person: str) -> None:
    """Write the recorded samples into the data set of that name, a new one if there is none."""
    # Importing them at the start would load what compares pictures into every visit.
    from asl.data.datasets import create, list_datasets
    from asl.data.look import add_picture
    from asl.ui.uploads import ARRIVED

    with session.lock:
        recording, session.recording = session.recording, None
    if recording is None:
        return
    bar = st.progress(0.0, text="Saving")
    try:
        same = [
            one for one in list_datasets() if (one.source, one.name) == ("camera", name.strip())
        ]
        dataset = same[0] if same else create(name, "camera").save()
        for done, sample in enumerate(recording.samples, start=1):
            add_picture(dataset, sample, recording.sign, person.strip() or None)
            bar.progress(done / len(recording.samples), text="Saving")
    except (PictureError, ValueError, OSError) as error:
        with session.lock:
            session.recording = recording
        st.error(f"Not saved: {escape_markdown(str(error))}")
        return
    st.session_state[ARRIVED] = dataset.id
    st.session_state["live-saved"] = (
        f"{len(recording.samples)} pictures of {display_name(recording.sign)} in {dataset.name}"
    )
    bar.empty()


def _throw_away(session: LiveSession) -> None:
    with session.lock:
        session.recording = None


def _shown(status: Status) -> str:
    """Return in a word what is shown now."""
    if status.held:
        return escape_markdown(" or ".join(map(display_name, status.held.labels)))
    if not status.on:
        return "Camera off"
    return "Not clear" if status.hand else "No hand"


def _type(session: LiveSession) -> None:
    with session.lock:
        session.speller.text = st.session_state["live-text"]


def _press(session: LiveSession, label: str) -> None:
    with session.lock:
        session.speller.press(label)


def _clear(session: LiveSession) -> None:
    with session.lock:
        session.speller.text = ""


def _complete(session: LiveSession, word: str) -> None:
    with session.lock:
        session.speller.replace_word(word)


def _skip(session: LiveSession) -> None:
    with session.lock:
        if session.practice is not None:
            session.practice.skip(session.now())


def _start_anew(session: LiveSession) -> None:
    with session.lock:
        session.practice = None


@lru_cache(maxsize=64)
def _drawn(sign: str, points: tuple[tuple[float, ...], ...], colour: str) -> go.Figure:
    return hands_in_a_row({f"Typical {sign}": np.array(points)}, colour, height=150, stroke=4)
