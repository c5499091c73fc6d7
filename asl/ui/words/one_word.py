"""One word at a time: the page finds where it begins and ends, and says which it was."""

from __future__ import annotations

import streamlit as st

from asl.figures.text import percent
from asl.ui.shared import answer_text
from asl.ui.shared.answer_view import show_answer
from asl.ui.shared.text import escape_markdown
from asl.ui.words.answers import NO_TRANSLATION, notes
from asl.ui.words.session import STATES, Status, Word, WordSession

_MOST_LISTED = 10
_ICONS = {"waiting": "hourglass_empty", "signing": "gesture", "ended": "check"}


def show_state(status: Status) -> None:
    """Say whether a word is being signed."""
    if not status.pulse.on:
        st.markdown(":material/videocam_off: **Camera off**")
        return
    hands = {0: "no hand in view", 1: "one hand in view"}.get(status.hands, "both hands in view")
    st.markdown(f":material/{_ICONS[status.state]}: **{STATES[status.state]}** · {hands}")


def show_word(word: Word) -> None:
    """Draw the answer about a word."""
    if word.prediction is None:
        st.warning(f"The model gives no answer here. {escape_markdown(word.fault)}")
        return
    show_answer(word.prediction, notes(word.prediction), "word")
    st.caption(
        f"Sign {word.number} took {word.seconds:.1f} s; the answer came {word.waited:.1f} s after "
        "its end."
    )


def show_one_word(session: WordSession, status: Status) -> None:
    """Say what was signed last, and list the words before it."""
    show_state(status)
    if not status.words:
        st.caption(
            "Let your hands rest, sign one word, and let them rest again, in the lap or out of the "
            "picture. The app finds where the sign begins and ends. Either hand may lead."
        )
    else:
        show_word(status.words[0])
        st.markdown("**Signed so far**, the newest first")
        st.markdown("\n".join(_line(word) for word in status.words[:_MOST_LISTED]))
        st.button(
            "Forget them", icon=":material/delete:", key="words-forget", on_click=session.forget
        )
    st.caption(NO_TRANSLATION)


def _line(word: Word) -> str:
    if word.prediction is None:
        return f"- no answer · {word.seconds:.1f} s"
    said = escape_markdown(answer_text.headline(word.prediction))
    return f"- {said} · {percent(word.prediction.confidence)} · {word.seconds:.1f} s"
