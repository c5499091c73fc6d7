"""Practise a word: it is shown moving, the learner signs it, and is told how that was."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from asl.figures.motion.film import beside
from asl.figures.text import percent
from asl.inference.sequences.lexicon import Example
from asl.inference.sequences.practice import compare
from asl.labels import display_name
from asl.ui.shared.answer_text import sign_name
from asl.ui.shared.text import escape_markdown
from asl.ui.words.kept import keep
from asl.ui.words.moving import paper, play, rate_of
from asl.ui.words.one_word import show_state
from asl.ui.words.session import Status, Word, WordSession

# Importing it at run time would load ONNX Runtime before the page is drawn.
if TYPE_CHECKING:
    from asl.inference.sequences.boundaries import Segment
    from asl.inference.sequences.predictor import WordPrediction

_WORD, _ASKED = "words-practised", "words-asked"


def choose_word(words: Sequence[str]) -> str | None:
    """Let the visitor choose a word to practise; None where there is none."""
    if not words:
        st.info(
            "This model brings no examples of its words, so there is nothing to practise from. "
            "Models that are trained here bring them.",
            icon=":material/school:",
        )
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        word = st.selectbox("Practise", words, format_func=display_name, key=_WORD, width=320)
        st.button(
            "Another one",
            shortcut="N",
            key="words-another",
            on_click=_another,
            args=(tuple(words),),
        )
    return word


def _another(words: tuple[str, ...]) -> None:
    others = [word for word in words if word != st.session_state.get(_WORD)]
    if others:
        st.session_state[_WORD] = random.choice(others)


def verdict(prediction: WordPrediction, word: str) -> tuple[bool, str]:
    """Return whether the word was read, and what to say about it, Markdown.

    Args:
        word: that was asked for.
    """
    best = prediction.top[0]
    said = f"**{escape_markdown(sign_name(best))}**, {percent(best.confidence)}"
    if best.label == word:
        if prediction.abstained:
            return False, f"Nearly: closest is {said}, but that is not sure enough to be read."
        return True, f"Read as {said}. That is the word."
    asked = escape_markdown(display_name(word))
    if prediction.abstained:
        return False, f"It could not be read; closest is {said}. Watch {asked} again."
    return False, f"Read as {said}, and not as {asked}. Watch it again."


def show_practice(
    session: WordSession, status: Status, word: str, example: Example, still: bool
) -> None:
    """Say how the learner's newest sign was.

    Args:
        word: that is practised.
        example: of it.
        still: see `asl.ui.words.moving.play`.
    """
    show_state(status)
    signed = _newest(status, word)
    if signed is None:
        st.caption(
            "Watch it, let your hands rest, sign it, and let them rest again. Either hand may lead."
        )
        return
    if signed.prediction is None:
        st.warning(f"The model gives no answer here. {escape_markdown(signed.fault)}")
        return
    right, said = verdict(signed.prediction, word)
    if right:
        st.success(said, icon=":material/check_circle:")
    else:
        st.info(said, icon=":material/replay:")
    if status.last is not None:
        _show_differences(status.last, example, still)


def _show_differences(signed: Segment, example: Example, still: bool) -> None:
    """Say where the learner's sign differs from the example, and show both if that is wanted."""
    both = (hash(signed.points.tobytes()), hash(example.points.tobytes()))
    try:
        found = keep(
            "differences",
            both,
            lambda: compare(signed.points, example.points, signed.seconds, example.times),
        )
    except ValueError as error:  # no hand is seen long enough
        st.caption(escape_markdown(str(error)))
        return
    st.markdown("\n".join(f"- {escape_markdown(line)}" for line in found.sentences))
    if st.toggle("Show both beside each other", key="words-beside"):
        on, rate = paper(), rate_of(signed.seconds)
        film = keep(
            "beside",
            (*both, on),
            lambda: beside(signed.points, example.points, found.path, found.mirrored, on, rate),
        )
        play(
            film,
            "Your sign on the left and the example on the right, at one pace",
            still,
            wide=True,
        )


def _newest(status: Status, word: str) -> Word | None:
    """Return the newest sign since the word was asked for."""
    newest = status.words[0] if status.words else None
    asked = st.session_state.get(_ASKED)
    if asked is None or asked[0] != word:
        asked = st.session_state[_ASKED] = (word, newest.number if newest else 0)
    return newest if newest is not None and newest.number > asked[1] else None
