"""Practise: signs are asked for, and the panel says what to change."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from asl.figures.hands import hands_in_a_row
from asl.figures.skeleton import in_words
from asl.hands.shape import compare_shapes
from asl.inference.practice import Practice, Score
from asl.inference.words import common_words
from asl.labels import MOTION_SIGNS
from asl.ui.live.panels.view import View
from asl.ui.live.session import LiveSession, Status
from asl.ui.photo.handshapes import STATIC, Handshapes
from asl.ui.shared.figure_view import theme_colours
from asl.ui.shared.text import escape_markdown

_SHORTEST_WORD, _LONGEST_WORD = 3, 6
_MOST_ADVICE = 2


def show_practice(view: View) -> None:
    """Ask for signs, show how they are made, and say what to change."""
    session = view.session
    chosen = _choose_tasks(view.signs)
    if not chosen:
        st.info("The model knows too few letters for words. Practise single signs.")
        return
    now = session.now()
    with session.lock:
        practice = _practice(session, tuple(chosen), now)
        task, done, wanted = practice.task, practice.done, practice.wanted
        score, seconds = practice.score, practice.seconds(now)
    asked, shape = st.columns([2, 3], vertical_alignment="center")
    with asked:
        with st.container(key="sign-task"):
            st.header(escape_markdown(wanted), anchor=False)
        if len(task) > 1:
            st.markdown(f"{task[:done]}**:blue[{wanted}]**{task[done + 1 :]}")
    with shape:
        _show_shape(wanted, view.handshapes)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Skip", shortcut="S", key="live-skip", on_click=_skip, args=(session,))
        st.button(
            "Start again", shortcut="N", key="live-anew", on_click=_start_again, args=(session,)
        )
    _show_score(score, seconds)
    for line in advice(view.status, wanted, view.handshapes):
        st.markdown(f":material/lightbulb: {line}")
    if wanted in MOTION_SIGNS:
        st.caption(f"{wanted} is a movement; the drawing shows a part of it only.")
    if score.weak:
        st.caption(f"Missed so far, and asked again: {', '.join(score.weak)}")


def _choose_tasks(signs: Sequence[str]) -> Sequence[str]:
    """Let the visitor choose signs or words to practise; empty if no word can be made."""
    letters = [sign for sign in signs if len(sign) == 1]
    kind = st.segmented_control(
        "Practise", ("Signs", "Words"), default="Signs", required=True, key="live-kind"
    )
    if kind == "Words":
        return practice_words(letters)
    with st.popover("Choose signs", icon=":material/checklist:"):
        picked = st.pills(
            "Signs to practise; none means all that are held still",
            letters,
            selection_mode="multi",
            key="live-tasks",
        )
    return picked or [sign for sign in letters if sign not in MOTION_SIGNS]


def _practice(session: LiveSession, chosen: tuple[str, ...], now: float) -> Practice:
    """Return the practice of the chosen tasks, begun if there is none; the lock is held."""
    practice = session.practising.practice
    if practice is None or st.session_state.get("live-asked") != chosen:
        practice = session.practising.practice = Practice(chosen, now)
        st.session_state["live-asked"] = chosen
    return practice


def _show_score(score: Score, seconds: float) -> None:
    st.markdown(
        f"**{score.hits}** done · **{score.misses}** missed · {seconds:.0f} s for this one"
        + (f" · {score.seconds / score.hits:.1f} s on average" if score.hits else "")
    )


def _show_shape(wanted: str, handshapes: Handshapes) -> None:
    """Draw the typical handshape of a sign, if it is known."""
    if wanted not in handshapes:
        return
    st.plotly_chart(
        _drawn(wanted, tuple(map(tuple, handshapes[wanted])), theme_colours()[0]),
        config=STATIC,
        key="live-shape",
        alt=f"Typical {wanted}: {in_words(np.array(handshapes[wanted]))}",
    )
    st.caption("A right hand as the person opposite sees it.")


@lru_cache(maxsize=64)
def _drawn(sign: str, points: tuple[tuple[float, ...], ...], colour: str) -> go.Figure:
    return hands_in_a_row({f"Typical {sign}": np.array(points)}, colour, height=150, stroke=4)


def advice(status: Status, wanted: str, handshapes: Handshapes) -> list[str]:
    """Return what to do differently to make the wanted sign, the most telling first."""
    if status.shape is None:
        return ["Show one hand to the camera."] if status.pulse.on else []
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


def _skip(session: LiveSession) -> None:
    with session.lock:
        if session.practising.practice is not None:
            session.practising.practice.skip(session.now())


def _start_again(session: LiveSession) -> None:
    with session.lock:
        session.practising.practice = None
