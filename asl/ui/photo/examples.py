"""Example pictures to click, for visitors who have no picture of a hand at hand."""

from __future__ import annotations

import streamlit as st

from asl.examples import example_pictures
from asl.ui.photo.predictions import Picture

# Which picture the visitor clicked last.
_CHOSEN = "example-picture"
#: Narrow enough, in pixels, for all of them in one row on a screen, and for two rows on a phone.
_COLUMN = 48


def choose_example() -> list[Picture]:
    """Draw the row of examples; returns the one that was clicked, as if it had been given."""
    st.caption(
        "No picture at hand? Try one of these, three letters by four people, from the example "
        "data set (CC0, as listed by others). The bundled model learned from them."
    )
    pictures = example_pictures()
    with st.grid(min_column_width=_COLUMN, gap="xsmall", key="examples"):
        for name, picture in pictures.items():
            letter, person = name.split()
            with st.container(gap="xxsmall"):
                st.image(picture, width="stretch", alt=f"Person {person}'s hand shows {letter}")
                st.button(
                    name,
                    key=f"example-{name}",
                    width="stretch",
                    on_click=_choose,
                    args=(name,),
                )
    chosen = st.session_state.get(_CHOSEN)
    if chosen not in pictures:
        return []
    return [Picture(f"Example {chosen}", pictures[chosen])]


def forget_example() -> None:
    """Show none any more."""
    st.session_state.pop(_CHOSEN, None)


def _choose(name: str) -> None:
    st.session_state[_CHOSEN] = name
