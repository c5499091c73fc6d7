"""What the answers to all test clips of a word rest on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from asl.bundle import BundleError, ModelBundle
from asl.figures.sequences import occlusion as figures
from asl.inference.sequences import occlusion
from asl.labels import display_name
from asl.ui.attention.tested import Tested
from asl.ui.shared.figure_view import show_figure
from asl.ui.shared.model_choice import model_key
from asl.ui.shared.text import escape_markdown
from asl.ui.words.kept import keep
from asl.ui.words.model import load_words

#: Clips that are looked at, sure and unsure ones, in so many shares of their time.
_MOST_CLIPS, _SHARES = 20, 24


def show_word(bundle: ModelBundle, tested: Tested) -> None:
    """Draw the mean over the test clips of a word, when it is asked for."""
    st.header("Over the clips of a word", anchor=False)
    words = [word for word in tested.words if word in load_words(bundle).words]
    if not words:
        return
    with st.expander(
        "Measure it on test clips", key="attention-over-clips", on_change="rerun"
    ) as measured:
        if not measured.open:
            return
        word = st.selectbox("Word", words, format_func=display_name, key="attention-of-word")
        try:
            moments, joints = keep(
                "over-clips", (model_key(bundle), word), lambda: _measure(bundle, tested, word)
            )
        except BundleError as error:
            st.warning(f"It cannot be measured: {escape_markdown(str(error))}.")
            return
        if not len(moments):
            st.info("None of these clips can be read any more.")
            return
        show_figure(figures.over_clips(moments, word), "moments-of-word")
        show_figure(figures.by_part(joints, word, len(moments)), "parts-of-word")


def _measure(
    bundle: ModelBundle, tested: Tested, word: str
) -> tuple[np.ndarray, Mapping[str, float]]:
    """Return how much a word rests on moments, (N, shares) of N clips, and on joints in the mean.

    Raises:
        NoAnswer: the network gives no usable numbers.
    """
    predictor = load_words(bundle)
    answer, gap = predictor.labels.index(word), predictor.preparation.length.gap
    numbers = tested.of(word)
    few = np.linspace(0, len(numbers) - 1, min(_MOST_CLIPS, len(numbers))).astype(int)
    clips = tested.read(bundle, [numbers[place] for place in few])
    bar = st.progress(0.0, "Hiding moments and joints…")
    shares = (np.arange(_SHARES) + 0.5) / _SHARES
    moments = np.zeros((len(clips), _SHARES))
    joints: dict[str, list[float]] = {}
    for number, points in enumerate(clips):
        falls = occlusion.moments(points, predictor.logits_of, answer, gap)
        moments[number] = np.interp(shares, (np.arange(len(falls)) + 0.5) / len(falls), falls)
        for name, fall in occlusion.joints(points, predictor.logits_of, answer).items():
            joints.setdefault(name, []).append(fall)
        bar.progress((number + 1) / len(clips), f"{number + 1} of {len(clips)} clips")
    bar.empty()
    return moments, {name: float(np.mean(own)) for name, own in joints.items()}
