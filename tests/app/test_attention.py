"""The Attention page as Streamlit runs it."""

import time
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from asl.bundle import EVALUATION
from asl.hands.landmarks import normalise
from tests.app.visiting import text

LABELS = ("A", "B", "C")


@pytest.fixture
def open_attention(open_page):
    return partial(open_page, "attention")


@pytest.fixture
def shapes(make_hand) -> dict[str, list]:
    """A: all fingers straight, as `hands_by_colour` finds it; B: only the index; C: a fist."""
    hands = {"A": make_hand(), "B": make_hand(("thumb", "index")), "C": make_hand(())}
    return {label: normalise(hand.landmarks, hand.side).tolist() for label, hand in hands.items()}


@pytest.fixture
def model(tiny_bundle, shapes):
    return tiny_bundle(labels=LABELS, handshapes=shapes)


@pytest.fixture
def colours(tiny_bundle, make_evaluation):
    """A model with channel attention that leans on red for A, and on blue for B and C."""
    bundle = tiny_bundle(labels=LABELS, network="channel_attention", settings={"attend": "channel"})
    table = make_evaluation(LABELS, 300)
    means = np.array([[0.8, 0.5, 0.2], [0.2, 0.5, 0.8], [0.2, 0.5, 0.8]])
    weights = means[[LABELS.index(label) for label in table["label"]]]
    for channel in range(3):
        table[f"channel_attention:{channel}"] = weights[:, channel]
    table.to_parquet(bundle.folder / EVALUATION)
    return bundle


def headings(app) -> list[str]:
    return [part.value for part in (*app.header, *app.subheader)]


def test_the_page_opens_without_a_picture_or_a_data_set(open_attention, model):
    app = open_attention()
    assert "In a picture of yours" in headings(app)
    assert "Which fingers decide" in headings(app)
    assert "Red, green and blue" not in headings(app)


def test_a_picture_is_explained(open_attention, upload, model, coloured_file):
    app = upload(open_attention(), ("a.png", coloured_file("red")))
    assert "The model answers A, >99%: as meant." in text(app)
    assert {"Places", "Joints", "The handshape"} <= set(headings(app))
    assert "What it cannot do without" in text(app)
    assert "No finger differs noticeably from the typical A." in text(app)
    assert "Moving a joint a little does not change the answer." in text(app)


def test_the_sign_that_was_meant_decides_what_the_hand_is_compared_with(
    open_attention, upload, model, coloured_file
):
    app = upload(open_attention(), ("a.png", coloured_file("red")))
    meant = next(box for box in app.selectbox if box.label == "Sign that was meant")
    meant.set_value("B").run()
    assert not app.exception
    assert "B, which was meant" in text(app)
    for finger in ("middle", "ring", "little"):
        assert f"Your {finger} finger is straighter than usual for this sign" in text(app)
    assert "Your index finger" not in text(app)


def test_no_hand_no_joints(open_attention, upload, model, coloured_file):
    app = upload(open_attention(), ("a.png", coloured_file(hand="")))
    assert "No hand is found" in text(app)
    assert "Joints" not in headings(app) and "Places" in headings(app)


def test_a_broken_picture_says_why(open_attention, upload, model):
    app = upload(open_attention(), ("a.png", b"no picture"))
    assert "a.png: this is not a JPEG, PNG" in text(app)


def test_colours_are_put_in_words(open_attention, colours):
    app = open_attention()
    assert "Red, green and blue" in headings(app)
    app.selectbox(key="channel-one").set_value("A").run()
    app.selectbox(key="channel-other").set_value("B").run()
    assert "For A against B the model leans on red (+0.60), and less on blue (-0.60)." in text(app)
    app.selectbox(key="channel-one").set_value("B").run()
    app.selectbox(key="channel-other").set_value("C").run()
    assert "colour does not tell them apart" in text(app)
    assert "through their mean alone" not in text(app)


def test_weights_that_act_by_their_mean_are_said_to_do_so(open_attention, colours):
    colours.write_card(replace(colours.card, settings={}))
    assert "through their mean alone" in text(open_attention())


def test_weights_that_were_not_kept_are_missed_politely(
    open_attention, tiny_bundle, make_evaluation
):
    bundle = tiny_bundle(labels=LABELS, network="channel_attention")
    make_evaluation(LABELS, 30).to_parquet(bundle.folder / EVALUATION)
    assert "has not kept the weights" in text(open_attention())


def test_without_a_model_the_page_says_what_to_do(open_attention):
    assert "There is no model yet" in text(open_attention())


def test_forty_signs_and_ten_thousand_pictures_are_drawn_in_time(
    open_app, tiny_bundle, make_evaluation
):
    labels = tuple(f"sign {number:02d}" for number in range(40))
    bundle = tiny_bundle(labels=labels, network="channel_attention")
    table = make_evaluation(labels, 10_000)
    for channel in range(3):
        table[f"channel_attention:{channel}"] = np.random.default_rng(channel).random(len(table))
    table.to_parquet(bundle.folder / EVALUATION)
    app = open_app()
    # What a server loads once, before its first visitor, is not a page's own time.
    import asl.ui.attention.sections  # noqa: F401

    start = time.process_time()
    app.switch_page("pages/attention.py").run()
    spent = time.process_time() - start
    assert not app.exception and app.get("plotly_chart")
    assert spent < 2, f"{spent:.1f} s"


def test_a_sign_that_was_never_trained_is_named_among_the_channels(open_attention, colours):
    table = pd.read_parquet(colours.folder / EVALUATION)
    table.replace({"label": {"C": "D"}}).to_parquet(colours.folder / EVALUATION)
    app = open_attention()
    assert "D was never trained" in text(app)
    assert "D" in app.selectbox(key="channel-one").options
