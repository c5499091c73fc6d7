"""What the answers of a model of pictures rest on: in one of the visitor's, and as a whole."""

from __future__ import annotations

import streamlit as st

from asl.bundle import ModelBundle
from asl.ui.attention.picture import show_picture
from asl.ui.attention.sections import show_channels, show_signs
from asl.ui.photo.upload import clear_pictures, take_pictures
from asl.ui.shared.figure_view import choose_format
from asl.ui.shared.text import shown_name
from asl.ui.shell.tour import show_tour


def show_pictures(bundle: ModelBundle, wanted: str) -> None:
    """Draw what answers to pictures rest on.

    Args:
        wanted: candidate set.
    """
    st.header("In a picture of yours", anchor=False)
    pictures = take_pictures()
    st.caption("Pictures are held in the app's memory for this visit only.")
    if pictures:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            number = st.selectbox(
                "Picture",
                range(len(pictures)),
                format_func=lambda number: f"{number + 1}. {shown_name(pictures[number].name)}",
                key="attention-picture",
            )
            st.button("Clear pictures", icon=":material/delete:", on_click=clear_pictures)
        show_picture(bundle, pictures[number], wanted)
    else:
        show_tour("attention")
    with st.container(horizontal=True, horizontal_alignment="right"):
        choose_format()
    show_channels(bundle)
    show_signs(bundle)
