"""Attention page: what a model's answers rest on."""

import streamlit as st

from asl.ui.attention_sections import show_channels, show_picture, show_signs
from asl.ui.exhibits import choose_format
from asl.ui.intake import clear_pictures, take_pictures
from asl.ui.models import choose_candidates, choose_model
from asl.ui.text import shown_name

st.title("What does it look at?", anchor=False)
st.markdown(
    "What an answer rests on: places of the picture, colours, joints of the hand; and which finger "
    "differs from the handshape that was meant."
)
chosen, asked = st.columns([3, 5], gap="medium")
with chosen:
    bundle = choose_model()
with asked:
    wanted = choose_candidates(bundle.card.labels)

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

with st.container(horizontal=True, horizontal_alignment="right"):
    choose_format()
show_channels(bundle)
show_signs(bundle)
