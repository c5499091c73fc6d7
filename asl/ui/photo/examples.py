"""Example pictures to click, for visitors who have no picture of a hand at hand."""

from __future__ import annotations

import streamlit as st

from asl.examples import example_pictures
from asl.ui.photo.predictions import Picture

# Which letter's picture the visitor clicked last.
_CHOSEN = "example-picture"
#: Narrow enough, in pixels, for all of them in one row on a screen, and for two rows on a phone.
_COLUMN = 48


def choose_example() -> list[Picture]:
    """Draw the row of examples; returns the one that was clicked, as if it had been given."""
    st.caption(
        "No picture at hand? Try one of these, from the example data set (CC0, as listed by "
        "others). The bundled model learned from them."
    )
    pictures = example_pictures()
    with st.grid(min_column_width=_COLUMN, gap="xsmall", key="examples"):
        for letter, picture in pictures.items():
            with st.container(gap="xxsmall"):
                st.image(picture, width="stretch", alt=f"A hand that shows {letter}")
                st.button(
                    letter,
                    key=f"example-{letter}",
                    width="stretch",
                    on_click=_choose,
                    args=(letter,),
                )
    chosen = st.session_state.get(_CHOSEN)
    if chosen not in pictures:
        return []
    return [Picture(f"Example {chosen}", pictures[chosen])]


def forget_example() -> None:
    """Show none any more."""
    st.session_state.pop(_CHOSEN, None)


def _choose(letter: str) -> None:
    st.session_state[_CHOSEN] = letter
