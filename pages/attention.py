"""Attention page: what a model's answers rest on."""

import streamlit as st

from asl.ui.attention.clips import show_clips
from asl.ui.attention.pictures import show_pictures
from asl.ui.shared.model_choice import choose_model_and_signs, what_it_reads

#: What a model reads → what is drawn of it.
SHOW = {"pictures": show_pictures, "sequences": show_clips}

st.title("What does it look at?", anchor=False)
st.markdown(
    "What an answer rests on. In a picture: its places, its colours, the joints of the hand, and "
    "which finger differs from the handshape that was meant. In a word: its moments, and the "
    "joints that move."
)
bundle, wanted = choose_model_and_signs()
SHOW[what_it_reads(bundle)](bundle, wanted)
