"""What the answers of a model of words rest on: in a clip, and over the test clips of a word."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import streamlit as st

from asl.bundle import ModelBundle
from asl.figures.motion.film import RATE
from asl.inference.sequences.in_films import words_in
from asl.labels import display_name
from asl.ui.attention.clip import Clip, show_clip
from asl.ui.attention.tested import tested_clips
from asl.ui.attention.word import show_word
from asl.ui.shared.figure_view import choose_format
from asl.ui.shared.text import escape_markdown
from asl.ui.words.intake import forget_film, take_film
from asl.ui.words.model import load_lexicon, words_of


def show_clips(bundle: ModelBundle, wanted: str) -> None:
    """Draw what answers to clips rest on.

    Args:
        wanted: candidate set: of words, all are possible.
    """
    st.header("In a clip", anchor=False)
    tested = tested_clips(bundle)
    # Models from elsewhere have no test clips here, but often an example of each word.
    first = _EXAMPLE if tested is None and load_lexicon(bundle) else _TESTED
    source = st.segmented_control(
        "Which clip", list(_SOURCES), default=first, required=True, key="attention-source"
    )
    clip = _SOURCES[source](bundle)
    with st.container(horizontal=True, horizontal_alignment="right"):
        choose_format()
    if clip is not None:
        show_clip(bundle, clip)
    if tested is not None:
        show_word(bundle, tested)


def _test_clip(bundle: ModelBundle) -> Clip | None:
    """Let the visitor choose one of the clips that the model was tested on."""
    tested = tested_clips(bundle)
    if tested is None:
        st.info(
            "The clips that this model was tested on are not here: a model keeps only its answers "
            "to them. They appear for models trained in this workspace, as long as the files are "
            "where they were. Take another clip instead."
        )
        return None
    recorded = tested.recorded

    def listed(number: int) -> str:
        row = recorded.rows.iloc[number]
        who = f"{row['person']}, " if row["person"] else ""
        answer = display_name(str(recorded.answers[number]))
        return f"{who}{row['picture']}: answered {answer}, {recorded.confidence[number]:.0%}"

    left, right = st.columns(2)
    with left:
        word = st.selectbox("Word", tested.words, format_func=display_name, key="attention-word")
    with right:
        number = st.selectbox(
            "Clip", tested.of(word), format_func=listed, key=f"attention-clip-{word}"
        )
    points = tested.read(bundle, [number])
    if not points:
        st.warning(f"{escape_markdown(listed(number))}: the file cannot be read any more.")
        return None
    seconds = np.arange(len(points[0])) / RATE
    return Clip(str(tested.paths[number]), points[0], seconds, word)


def _example(bundle: ModelBundle) -> Clip | None:
    """Let the visitor choose one of the examples that the model brings."""
    lexicon = load_lexicon(bundle)
    words = [word for word in words_of(bundle) if word in lexicon]
    if not words:
        st.info("This model brings no examples of its words.")
        return None
    word = st.selectbox("Word", words, format_func=display_name, key="attention-example")
    st.caption("The model may have learned from it, so that it should be right.")
    example = lexicon[word]
    return Clip(f"example {word}", example.points, example.times, word)


def _own_film(bundle: ModelBundle) -> Clip | None:
    """Let the visitor give a film of one word."""
    looked = take_film()
    st.caption("Of a film only the places of joints are kept, in the app's memory, for this visit.")
    if looked is None:
        return None
    st.button("Clear the film", icon=":material/delete:", on_click=forget_film)
    if looked.points is None or looked.seconds is None:
        st.warning(
            f"{escape_markdown(looked.name)}: {escape_markdown(looked.reason)}.",
            icon=":material/broken_image:",
        )
        return None
    [word] = words_in(looked.points, looked.seconds, several=False)
    return Clip(looked.key, word.points, word.seconds - word.seconds[0])


_TESTED, _EXAMPLE = "One of its test", "One that it brings"
_SOURCES: Mapping[str, Callable[[ModelBundle], Clip | None]] = {
    _TESTED: _test_clip,
    _EXAMPLE: _example,
    "A film of yours": _own_film,
}
