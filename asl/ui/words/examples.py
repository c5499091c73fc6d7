"""Words to click, drawn from the model's own examples, for visitors who have no film at hand.

No recording of anybody: a model keeps the mean movement of several people for each word.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from asl.bundle import LEXICON, ModelBundle
from asl.labels import display_name
from asl.ui.shared.text import escape_markdown
from asl.ui.words.film import Looked
from asl.ui.words.intake import give_looked
from asl.ui.words.model import load_lexicon

#: Shown where the model knows them: everyday words that look different from each other.
_FIRST = ("family", "drink", "house", "teacher", "work", "monkey")


def offer_examples(bundle: ModelBundle, words: Sequence[str]) -> None:
    """Draw a few words as buttons; a click reads the example of one as if it were a film.

    Args:
        words: that the model knows.
    """
    if not (bundle.folder / LEXICON).is_file():
        return
    offered = [word for word in _FIRST if word in words] or list(words[: len(_FIRST)])
    st.caption(
        "No film at hand? Try one of these drawn movements, each the mean of several people. The "
        "model learned from them."
    )
    with st.container(horizontal=True, key="word-examples"):
        for word in offered:
            st.button(
                escape_markdown(display_name(word)),
                key=f"example-{word}",
                on_click=_read,
                args=(bundle, word),
            )


def _read(bundle: ModelBundle, word: str) -> None:
    # Read only now: the page is drawn sooner without.
    example = load_lexicon(bundle).get(word)
    name = f"Example: {display_name(word)}"
    if example is None:
        reason = "the model brings no example of this word; choose another one"
        give_looked(Looked(name, name, reason))
    else:
        give_looked(Looked(name, f"{bundle.folder} {word}", "", example.points, example.times))
