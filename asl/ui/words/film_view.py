"""Show what a film says: each word with its answer, and its skeleton moving beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from asl.bundle import ModelBundle
from asl.inference.sequences.in_films import words_in
from asl.ui.shared import answer_text
from asl.ui.shared.answer_view import show_answer
from asl.ui.shared.model_choice import model_key
from asl.ui.shared.text import escape_markdown
from asl.ui.words.answers import NO_TRANSLATION, notes
from asl.ui.words.decided import Decided, decided_by
from asl.ui.words.film import Looked
from asl.ui.words.intake import forget_film
from asl.ui.words.moving import show_moving

# Importing them at run time would load ONNX Runtime before the page is drawn.
if TYPE_CHECKING:
    from asl.inference.sequences.boundaries import Segment
    from asl.inference.sequences.predictor import WordPredictor

_MOST_GROUPS = 3
_ONE, _SEVERAL = "One word", "Several, with rests between"


def show_film(looked: Looked, bundle: ModelBundle, predictor: WordPredictor, still: bool) -> None:
    """Draw what was read of a film, or why nothing was.

    Args:
        still: see `asl.ui.words.moving.play`.
    """
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.subheader(escape_markdown(looked.name), anchor=False)
        st.button("Clear", icon=":material/delete:", key="words-clear", on_click=forget_film)
    if looked.points is None or looked.seconds is None:
        st.warning(
            f"**No answer.** {escape_markdown(looked.name)}: {escape_markdown(looked.reason)}.",
            icon=":material/broken_image:",
        )
        return
    if looked.missing:
        st.info(f"{looked.missing} frames of it are damaged, and were left out.")
    several = (
        st.segmented_control(
            "The film shows", (_ONE, _SEVERAL), default=_ONE, required=True, key="words-several"
        )
        == _SEVERAL
    )
    found = words_in(looked.points, looked.seconds, several)
    if not found:
        st.info(
            "No word was found with a rest before and after it. Choose one word, or let the hands "
            "rest between the signs for half a second."
        )
        return
    number = 0
    if len(found) > 1:
        number = st.selectbox(
            "Word by word",
            range(len(found)),
            format_func=lambda place: _listed(place, found[place], predictor),
            key="words-number",
        )
    _show_word(looked, found[number], bundle, predictor, still)
    if several:
        st.caption(NO_TRANSLATION)


def _listed(number: int, word: Segment, predictor: WordPredictor) -> str:
    try:
        said = answer_text.headline(predictor.predict(word.points))
    except ValueError:
        said = "no answer"
    return f"{number + 1}. {said} ({_from_to(word)})"


def _show_word(
    looked: Looked, word: Segment, bundle: ModelBundle, predictor: WordPredictor, still: bool
) -> None:
    with st.container(border=True):
        moving, answer = st.columns([2, 3], gap="medium")
        try:
            prediction = predictor.predict(word.points)
            decided = decided_by(looked.key, model_key(bundle), word, predictor, prediction)
        except ValueError as error:
            with answer:
                st.warning(f"The model gives no answer to this. {escape_markdown(str(error))}")
            prediction, decided = None, Decided()
        with moving:
            show_moving(word.points, word.seconds, still, decided.frames)
            if decided.frames:
                st.caption("The line below the person marks the frames that decided.")
        if prediction is not None:
            with answer:
                show_answer(prediction, notes(prediction), "film")
                st.caption(f"The sign: {_from_to(word)}.")
                _say_what_decided(decided)


def _from_to(word: Segment) -> str:
    return f"{word.start:.1f} s to {word.end:.1f} s"


def _say_what_decided(decided: Decided) -> None:
    if decided.stretches:
        times = ", ".join(f"{start:.1f}–{end:.1f} s" for start, end in decided.stretches)
        st.markdown(f":material/timelapse: **Decided by** the moments {times}.")
    else:
        st.markdown(":material/timelapse: No moment decides alone: each could be missed.")
    groups = [
        f"{name} ({np.exp(-fall):.0%} of its probability is left without)"
        for name, fall in list(decided.joints.items())[:_MOST_GROUPS]
        if fall > 0
    ]
    if groups:
        st.markdown(f":material/back_hand: It rests most on {'; '.join(groups)}.")
    st.caption(
        "Found by hiding moments and joints in turn, and asking again. It tells what this model "
        "looks at, not what the sign is made of."
    )
