"""Train page: bring in pictures or clips, learn what is wrong with them, train a model on them."""

import streamlit as st

from asl.ui.train.checkup import show_check
from asl.ui.train.clips.moving import ask_for_stillness
from asl.ui.train.datasets import choose_dataset

st.title("Train a model", anchor=False)
st.markdown(
    "From your own pictures of signs, or short films of words, without writing code. Bring them "
    "in, see what is wrong with them, then train, and learn how well the model reads people it "
    "has not seen."
)

ask_for_stillness()

st.header("1 · Pictures or films", anchor=False)
dataset = choose_dataset()
if dataset is None:
    st.stop()

st.header("2 · Check", anchor=False)
found = show_check(dataset)

st.header("3 · Train", anchor=False)
if found.state == "not trainable":
    st.info("Mend what stops it above; then the training can be chosen here.")
else:
    # Importing it loads much that the steps before do without.
    from asl.ui.train.settings_form import choose_and_run

    choose_and_run(dataset)
