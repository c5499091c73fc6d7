"""What the answer to one clip rests on: its moments, its joints, and both at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from asl.bundle import BundleError, ModelBundle
from asl.figures.sequences import occlusion as figures
from asl.figures.text import percent
from asl.inference.sequences import occlusion
from asl.inference.sequences.predictor import WordPrediction
from asl.labels import display_name
from asl.ui.shared.answer_view import show_answer
from asl.ui.shared.figure_view import show_figure
from asl.ui.shared.model_choice import model_key
from asl.ui.shared.text import escape_markdown
from asl.ui.words.answers import notes
from asl.ui.words.kept import keep
from asl.ui.words.model import load_words
from asl.ui.words.moving import show_moving


@dataclass(frozen=True, eq=False)
class Clip:
    """A clip that is to be explained.

    Attributes:
        key: the same for the same clip.
        points: (T, 543, 3), NaN where nothing was seen; a hand in some frames.
        seconds: (T,) of each frame, from 0.
        truth: the word that it shows; "" if that is not known.
    """

    key: str
    points: np.ndarray
    seconds: np.ndarray
    truth: str = ""


@dataclass(frozen=True, eq=False)
class _Reasons:
    """What one word's probability rests on: see `asl.inference.sequences.occlusion`."""

    moments: np.ndarray
    joints: dict[str, float]
    grid: occlusion.Grid


def show_clip(bundle: ModelBundle, clip: Clip) -> None:
    """Draw a clip as it moves, the answer to it, and what that rests on."""
    predictor = load_words(bundle)
    try:
        prediction = predictor.predict(clip.points)
    except (BundleError, ValueError) as error:
        st.warning(f"The model gives no answer to this. {escape_markdown(str(error))}.")
        return
    moving, told = st.columns([2, 3], gap="medium")
    with told:
        meant = _choose_meant(clip, prediction, predictor.words)
        show_answer(prediction, notes(prediction), "attention")
    try:
        reasons = _reasons(bundle, clip, meant)
    except BundleError as error:
        st.warning(f"What the answer rests on cannot be told: {escape_markdown(str(error))}.")
        return
    decided = occlusion.deciding(reasons.moments)
    with moving:
        frames = np.flatnonzero(decided).tolist()
        show_moving(clip.points, clip.seconds, True, frames)
        if frames:
            st.caption("The line below the person marks the frames that decided.")
    at = clip.seconds.tolist()
    stretches = [(at[start], at[end - 1]) for start, end in occlusion.stretches(decided)]
    st.subheader("Moments", anchor=False)
    show_figure(figures.over_time(clip.seconds, reasons.moments, meant, stretches), "moments")
    st.subheader("Joints", anchor=False)
    show_figure(figures.by_part(reasons.joints, meant), "parts")
    st.subheader("Joints at their moments", anchor=False)
    show_figure(figures.by_both(reasons.grid, clip.seconds, meant), "moments-parts")


def _choose_meant(clip: Clip, prediction: WordPrediction, words: tuple[str, ...]) -> str:
    """Let the visitor say which word is explained, and say what the model answered."""
    if clip.truth:
        st.markdown(f"**{escape_markdown(answer_in_words(prediction, clip.truth))}**")
    possible = sorted(words, key=lambda label: display_name(label).casefold())
    return st.selectbox(
        "Word that is explained",
        possible,
        possible.index(prediction.label),
        format_func=display_name,
        key=f"explained-{hash(clip.key)}",
        help="At first it is what the model answers. Choose another one to see what speaks for it.",
    )


def answer_in_words(prediction: WordPrediction, meant: str) -> str:
    """Return what was shown, and what the model held of it."""
    shown, said = display_name(meant), display_name(prediction.label)
    if meant == prediction.label:
        verdict = "can't tell, though it is closest" if prediction.abstained else "answered right"
        return f"Shown is {shown}: {verdict}, {percent(prediction.confidence)}."
    own = next((one for one in prediction.top if one.label == meant), None)
    sure = "is far less likely" if own is None else percent(own.confidence)
    return f"Shown is {shown}, {sure}; the model holds {said} likelier."


def _reasons(bundle: ModelBundle, clip: Clip, word: str) -> _Reasons:
    """Raises `NoAnswer`."""
    predictor = load_words(bundle)
    answer = predictor.labels.index(word)
    asked = clip.points, predictor.logits_of, answer
    gap = predictor.preparation.length.gap

    def make() -> _Reasons:
        with st.spinner("Hiding moments and joints…"):
            return _Reasons(
                occlusion.moments(*asked, gap=gap),
                occlusion.joints(*asked),
                occlusion.moments_and_joints(*asked, gap=gap),
            )

    return keep("reasons", (clip.key, model_key(bundle), word), make)
