"""Draw an answer: large, with how sure it is, what else it could be, and what to know about it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from asl.figures.text import percent
from asl.ui.shared import answer_text as answers
from asl.ui.shared.answer_text import Answer, Note
from asl.ui.shared.text import escape_markdown

_LARGE = 6


def show_answer(answer: Answer, notes: Sequence[Note], key: str) -> None:
    """Draw an answer.

    Args:
        notes: what to know about it.
        key: tells the answers of a page apart.
    """
    words = answers.headline(answer)
    # A letter is set as large as on an eye chart, longer words smaller.
    with st.container(key=f"{'sign' if len(words) <= _LARGE else 'words'}-{key}"):
        st.header(escape_markdown(words), anchor=False)
    st.progress(answer.confidence, text=escape_markdown(answers.sureness(answer)))
    others = " ".join(
        f":gray-badge[{escape_markdown(answers.sign_name(other))} · {percent(other.confidence)}]"
        for other in answer.top[1:]
    )
    if others:
        st.markdown(f"Next: {others}")
    for note in notes:
        st.markdown(f":material/{note.icon}: **{note.title}.** {note.text}")
