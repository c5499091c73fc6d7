"""Spell: signs that are held become text."""

from __future__ import annotations

import streamlit as st

from asl.inference.words import suggest
from asl.labels import DELETE, SPACE
from asl.ui.live.browser import offer_to_speak
from asl.ui.live.panels.view import View
from asl.ui.live.session import LiveSession


def show_spelling(view: View) -> None:
    """Show the text, and what can be done with it."""
    session = view.session
    with session.lock:
        text, word = session.spelling.speller.text, session.spelling.speller.last_word
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
    held = view.status.held
    if held and held.taken:
        st.caption("Let go and show it again for the same letter twice, or keep holding it.")
    else:
        st.caption(f"Now: {view.shown}")


def _type(session: LiveSession) -> None:
    with session.lock:
        session.spelling.speller.text = st.session_state["live-text"]


def _press(session: LiveSession, label: str) -> None:
    with session.lock:
        session.spelling.speller.press(label)


def _clear(session: LiveSession) -> None:
    with session.lock:
        session.spelling.speller.text = ""


def _complete(session: LiveSession, word: str) -> None:
    with session.lock:
        session.spelling.speller.replace_word(word)
