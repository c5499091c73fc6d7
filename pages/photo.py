"""Photo page: upload or take pictures of a hand, and read the sign in each."""

import time
from contextlib import nullcontext

import streamlit as st

from asl.labels import candidates
from asl.ui.photo.cards import offer_csv, show_card, show_table
from asl.ui.photo.handshapes import show_handshapes
from asl.ui.photo.predictions import Picture, Reading, read
from asl.ui.photo.upload import clear_pictures, memory, offer_to_turn, take_pictures
from asl.ui.shared.model_choice import (
    choose_candidates,
    choose_model,
    load_predictor,
    model_key,
    say_hands_missing,
)
from asl.ui.shell.fair_queue import READING
from asl.ui.shell.tour import show_tour
from asl.ui.teaching.kept import taught_hand
from asl.ui.teaching.pictures import offer_correction, show_lesson

MOST_CARDS = 6


def read_all(pictures: list[Picture]) -> list[Reading]:
    """Read pictures one after the other, showing how long the rest will take."""
    model, known, visit, hand = model_key(bundle), memory(), READING.arrive(), taught_hand(bundle)
    fresh = sum(not known.knows(picture, model) for picture in pictures)
    progress, start, done, readings = st.empty(), time.monotonic(), 0, []
    for picture in pictures:
        is_fresh = not known.knows(picture, model)
        done += is_fresh
        with visit.turn() if is_fresh else nullcontext():
            readings.append(read(picture, known, model, predictor, wanted, hand))
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
        alone = len(readings) == 1
        show_card(reading, number, bundle.card.handshapes, searched, alone, offer_to_mend)


def offer_to_mend(reading: Reading, number: int) -> None:
    """Let the visitor turn a picture, or teach the model what it read wrongly."""
    offer_to_turn(reading, number)
    offer_correction(reading, number, bundle, signs)


st.title("Which sign is this?", anchor=False)
st.markdown(
    "Show one hand making one sign of American Sign Language (ASL): a letter or a digit. "
    "The app reads the handshape in a still picture. It does not translate ASL, which is a "
    "language of movement, place and face as well."
)
intake, choice = st.columns([5, 3], gap="medium")
with choice:
    bundle = choose_model("pictures")
    wanted = choose_candidates(bundle.card.labels)
    st.page_link(
        "pages/about.py",
        label="Who it learned from, and how good it is",
        icon=":material/info:",
    )
signs = candidates(bundle.card.labels, wanted)
with intake:
    pictures = take_pictures()
    st.caption(
        "Pictures are held in the app's memory for this visit only. Nothing is written to disk "
        "or sent elsewhere. If you teach the model your hand, its joints are kept, no picture."
    )

if pictures:
    predictor = load_predictor(bundle)
    say_hands_missing(predictor.hands_missing)
    show(read_all(pictures))
else:
    show_tour("photo")
show_lesson(bundle, signs)

if bundle.card.handshapes:
    chart = st.expander("What each handshape looks like", key="chart", on_change="rerun")
    if chart.open:
        with chart:
            st.caption(
                "The typical right hand of each sign in the training data, as seen by the person "
                "opposite. Left hands are read just as well: the app mirrors them."
            )
            show_handshapes(signs, bundle.card.handshapes)
