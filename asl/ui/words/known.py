"""The words that a model knows, to be searched, each with a drawn skeleton that moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from asl.inference.sequences.lexicon import Example
from asl.labels import display_name
from asl.ui.shared.text import escape_markdown
from asl.ui.words.moving import show_example

#: Words that are shown to choose from; a search finds the others.
_MOST_SHOWN = 60


def matching(words: Sequence[str], text: str) -> list[str]:
    """Return the words that hold a text, whatever its case; those that begin with it first."""
    wanted = text.strip().casefold()
    names = {word: display_name(word).casefold() for word in words}
    found = [word for word in words if wanted in names[word]]
    return sorted(found, key=lambda word: not names[word].startswith(wanted))


def show_known(words: Sequence[str], lexicon: Mapping[str, Example], still: bool) -> None:
    """Let the visitor look a word up and see it move.

    Args:
        lexicon: examples of words, as far as there are any.
        still: see `asl.ui.words.moving.play`.
    """
    search, drawn = st.columns([3, 4], gap="large")
    with search:
        text = st.text_input("Search the words", key="words-search", max_chars=64)
        found = matching(words, text)
        st.caption(
            f"{len(found)} of {len(words)} words"
            + (f", the first {_MOST_SHOWN} are shown" if len(found) > _MOST_SHOWN else "")
        )
        if not found:
            st.info("No word that the model knows holds this. Other spellings may find it.")
            return
        word = st.pills(
            "Words",
            found[:_MOST_SHOWN],
            format_func=lambda label: escape_markdown(display_name(label)),
            key="words-known",
            label_visibility="collapsed",
            wrap=True,
        )
    with drawn:
        if word is None:
            st.info("Choose a word to see how it moves.", icon=":material/touch_app:")
        elif word in lexicon:
            st.subheader(escape_markdown(display_name(word)), anchor=False)
            show_example(lexicon[word], word, still)
        else:
            st.info(f"The model brings no example of {escape_markdown(display_name(word))}.")
