"""Photo page: upload or take pictures of a hand, and read the sign in each."""

import time
from contextlib import nullcontext

import streamlit as st

from asl.labels import candidates
from asl.ui.cards import offer_csv, show_card, show_handshapes, show_table
from asl.ui.intake import clear_pictures, memory, take_pictures
from asl.ui.models import choose_candidates, choose_model, load_predictor, model_key
from asl.ui.readings import Picture, Reading, read
from asl.ui.text import escape_markdown
from asl.ui.turns import READING

MOST_CARDS = 6


def read_all(pictures: list[Picture]) -> list[Reading]:
    """Read pictures one after the other, showing how long the rest will take."""
    model, known, visit = model_key(bundle), memory(), READING.arrive()
    fresh = sum(not known.knows(picture, model) for picture in pictures)
    progress, start, done, readings = st.empty(), time.monotonic(), 0, []
    for picture in pictures:
        is_fresh = not known.knows(picture, model)
        done += is_fresh
        with visit.turn() if is_fresh else nullcontext():
            readings.append(read(picture, known, model, predictor, wanted))
        if 1 < fresh != done > 0:
            left = (time.monotonic() - start) / done * (fresh - done)
            progress.progress(done / fresh, f"{done} of {fresh} read, about {left:.0f} s left")
    progress.empty()
    return readings


def show(readings: list[Reading]) -> None:
    """Show a few answers as cards; many as a table with one card, chosen by the visitor."""
    searched = not predictor.hands_missing
    with st.container(horizontal=True, horizontal_alignment="right"):
        if len(readings) > 1:
            offer_csv(readings, searched)
        st.button("Clear pictures", icon=":material/delete:", on_click=clear_pictures, key="clear")
    if len(readings) > MOST_CARDS:
        show_table(readings, searched)
        chosen = st.selectbox(
            "Picture by picture",
            range(len(readings)),
            format_func=lambda number: f"{number + 1}. {readings[number].name}",
            key="picture",
        )
        readings = readings[chosen : chosen + 1]
    for number, reading in enumerate(readings):
        show_card(reading, number, bundle.card.handshapes, searched, alone=len(readings) == 1)


st.title("Which sign is this?", anchor=False)
st.markdown(
    "Show one hand making one sign of American Sign Language (ASL): a letter or a digit. "
    "The app reads the handshape in a still picture. It does not translate ASL, which is a "
    "language of movement, place and face as well."
)
intake, choice = st.columns([5, 3], gap="medium")
with choice:
    bundle = choose_model()
    wanted = choose_candidates(bundle.card.labels)
    st.page_link(
        "pages/about.py",
        label="Who it learned from, and how good it is",
        icon=":material/info:",
    )
with intake:
    pictures = take_pictures()
    st.caption(
        "Pictures are held in the app's memory for this visit only. Nothing is written to disk "
        "or sent elsewhere."
    )

if pictures:
    predictor = load_predictor(bundle)
    if predictor.hands_missing:
        st.warning(
            "Hands cannot be searched for here, so only the picture network can answer. "
            + escape_markdown(predictor.hands_missing)
        )
    show(read_all(pictures))

if bundle.card.handshapes:
    chart = st.expander("What each handshape looks like", key="chart", on_change="rerun")
    if chart.open:
        with chart:
            st.caption(
                "The typical right hand of each sign in the training data, as seen by the person "
                "opposite. Left hands are read just as well: the app mirrors them."
            )
            show_handshapes(candidates(bundle.card.labels, wanted), bundle.card.handshapes)
