"""The live page as Streamlit runs it, with a camera of our own and hands found by colour.

The video goes to the app here; `test_live_in_browser` has the browser find the hand.
"""

from __future__ import annotations

import gc
import time
from weakref import WeakSet

import av
import numpy as np
import pytest
import streamlit as st

from asl.data.library.dataset import create, list_datasets
from asl.hands.detector import Hand
from asl.inference.pictures.stream import Tracker
from asl.inference.pictures.taught_file import read_lessons
from asl.inference.speller import HoldReader
from tests.app.visiting import rerun, words

LABELS = ("A", "O", "C", "0", "B", "del", "space")
COLOURS = {"A": (255, 0, 0), "O": (0, 255, 0), "C": (0, 0, 255)}
LIVE = "pages/live.py"


@pytest.fixture
def model(model_with_hands):
    return model_with_hands(LABELS)


@pytest.fixture
def camera(webrtc, monkeypatch, make_hand):
    """Stands in for the browser's camera; `give` sends frames to the page that was drawn last."""
    webrtc.trackers = WeakSet()

    class HandByLight(Tracker):
        def __init__(self):
            webrtc.trackers.add(self)

        def track(self, rgb: np.ndarray) -> Hand | None:
            return make_hand() if rgb.max() == 255 else None

        def restart(self) -> None:
            pass

    def give(colour, seconds=0.0, hand=True):
        frame = np.full((96, 96, 3), colour if hand else (20, 20, 20), np.uint8)
        for _ in range(1 + round(20 * seconds)):
            shown = webrtc.show(frame)
        return shown

    webrtc.give = give
    monkeypatch.setattr("asl.inference.pictures.stream.HandTracker", HandByLight)
    return webrtc


@pytest.fixture
def live(open_page, model, camera):
    """``live(mode="spell")``: the live page, as a new visitor who chooses a mode finds it."""

    def start(mode: str = "recognise"):
        app = open_page("live", {"live-way": "app"})
        if mode != "recognise":
            app.session_state["live-mode"] = mode
            app.session_state["live-hold"] = 0.3
            app.run()
        return app

    return start


def press(app, label):
    next(button for button in app.button if button.label == label).click()
    return rerun(app)


def test_before_the_start_the_page_says_what_it_does(live):
    app = live()
    assert "Camera off" in words(app) and "does not translate" in words(app)
    assert "Nothing is stored unless you record" in words(app).replace("\n", " ")


def test_no_sound_is_asked_for_and_frames_do_not_queue(live, camera):
    live()
    assert camera.options["media_stream_constraints"]["audio"] is False
    assert camera.options["player_factory"]().video is camera.tracks[-1]


def test_a_frame_is_read_and_drawn_on(live, camera):
    app = live()
    shown = camera.give(COLOURS["A"], 0.3)
    assert shown.shape == (96, 96, 3)
    assert (shown != COLOURS["A"]).any(-1).mean() > 0.05  # skeleton and sign
    assert [header.value for header in rerun(app).header] == ["A"]
    assert "frames a second · answer after" in words(app)


def test_without_a_hand_the_page_says_so(live, camera):
    app = live()
    camera.give(COLOURS["A"], hand=False)
    assert "No hand" in words(rerun(app))


def test_the_mirror_is_a_choice(live, camera):
    app = live()
    plain = np.zeros((64, 64, 3), np.uint8)
    plain[:, :20] = 90
    frame = av.VideoFrame.from_ndarray(plain, format="rgb24")
    mirrored = camera.tracks[-1].show(frame).to_ndarray(format="rgb24")
    assert mirrored[:, -5:].mean() > 60 > mirrored[:, :5].mean()
    app.session_state["live-mirror"] = False
    rerun(app)
    shown = camera.tracks[-1].show(frame).to_ndarray(format="rgb24")
    assert shown[:, :5].mean() > 60 > shown[:, -5:].mean()


def test_signs_that_are_held_become_text(live, camera):
    app = live("spell")
    camera.give(COLOURS["C"], 0.8)
    camera.give(0, 0.4, hand=False)
    camera.give(COLOURS["A"], 0.8)
    assert rerun(app).text_area[0].value == "CA"
    labels = [button.label for button in app.button]
    assert "CAN" in labels or "CAR" in labels


def test_buttons_and_keyboard_change_the_text(live):
    app = live("spell")
    app.text_area[0].set_value("HAN").run()
    assert rerun(app).text_area[0].value == "HAN"
    press(app, "HAND")
    assert app.text_area[0].value == "HAND "
    press(app, "Delete")
    press(app, "Space")
    assert app.text_area[0].value == "HAND "
    press(app, "Clear")
    assert app.text_area[0].value == ""


def test_what_is_typed_is_only_text(live):
    app = live("spell")
    evil = "<img src=x onerror=alert(1)>**x**"
    app.text_area[0].set_value(evil).run()
    assert rerun(app).text_area[0].value == evil
    assert evil not in words(app)


def test_j_and_z_are_read_by_their_movement_while_spelling(live):
    assert live("spell").toggle(key="live-motion-spell").value is True
    assert live("practice").toggle(key="live-motion-practice").value is False


@pytest.mark.parametrize(("helps", "word"), [(True, "CA"), (False, "CB")])
def test_english_helps_with_letters_that_are_not_clear(live, camera, monkeypatch, helps, word):
    app = live("spell")
    app.session_state["live-english"] = helps
    rerun(app)
    camera.give(COLOURS["C"], 0.8)
    camera.give(0, 0.4, hand=False)
    see = HoldReader.see

    def unclear(reader, scores, at, expected=None):
        if scores is not None:
            scores = np.full(len(reader.signs), 0.01)
            scores[reader.signs.index("A")], scores[reader.signs.index("B")] = 0.4, 0.5
        return see(reader, scores, at, expected)

    monkeypatch.setattr(HoldReader, "see", unclear)
    camera.give(COLOURS["A"], 0.8)
    assert rerun(app).text_area[0].value == word


def test_practice_asks_counts_and_advises(live, camera):
    app = live("practice")
    app.session_state["live-tasks"] = ["A", "C"]
    wanted = rerun(app).header[0].value
    assert wanted in "AC" and "0** done" in words(app)
    assert app.get("plotly_chart")[0].proto.alt.startswith(f"Typical {wanted}: ")
    camera.give(COLOURS["A" if wanted == "C" else "C"], 0.1)
    assert ":material/lightbulb:" in words(rerun(app))
    camera.give(0, 0.4, hand=False)
    camera.give(COLOURS[wanted], 0.8)
    rerun(app)
    assert "**1** done" in words(app) and app.header[0].value != wanted


def test_practice_goes_by_keyboard(live):
    app = live("practice")
    first = app.header[0].value
    skip = next(button for button in app.button if button.label == "Skip")
    assert skip.proto.shortcut.lower() == "s"
    skip.click().run()
    assert rerun(app).header[0].value != first
    assert "**1** missed" in words(app) and first in words(app)


def test_nothing_is_recorded_unless_asked(live, camera, asl_home):
    app = live("record")
    camera.give(COLOURS["A"], 0.5)
    rerun(app)
    assert not list_datasets()
    assert not [button for button in app.button if button.label.startswith("Record")]


def test_samples_are_recorded_saved_and_handed_on(live, camera):
    app = live("record")
    app.toggle(key="live-record").set_value(True).run()
    press(app, "Record 10 pictures")
    camera.give(COLOURS["A"], 0.8)
    rerun(app)
    app.text_input(key="live-person").set_value("anna")
    press(app, "Save")
    assert "pictures of A in My signs" in words(app)
    [dataset] = [one for one in list_datasets() if one.name == "My signs"]
    table = dataset.pictures()
    assert 2 <= len(table) <= 10
    assert set(table["label"]) == {"A"} and set(table["person"]) == {"anna"}
    create("Newer", "camera").save()  # would be the first to be chosen
    app.switch_page("pages/train.py").run()
    assert not app.exception
    assert app.selectbox(key="dataset").value == dataset.id


def test_samples_can_be_thrown_away(live, camera):
    app = live("record")
    app.toggle(key="live-record").set_value(True).run()
    press(app, "Record 10 pictures")
    camera.give(COLOURS["A"], 0.4)
    press(rerun(app), "Throw away")
    assert not list_datasets()
    assert "Throw away" not in [button.label for button in app.button]


def test_an_unusable_name_is_refused_and_the_samples_are_kept(live, camera):
    app = live("record")
    app.toggle(key="live-record").set_value(True).run()
    press(app, "Record 10 pictures")
    camera.give(COLOURS["A"], 0.4)
    rerun(app).text_input(key="live-dataset").set_value(" ")
    press(app, "Save")
    assert "Not saved" in words(app) and not list_datasets()
    assert [button for button in app.button if button.label == "Throw away"]


def test_two_visitors_share_nothing(live, camera):
    one = live("spell")
    sends = camera.tracks[-1].show
    other = live("spell")
    assert camera.tracks[-1].show != sends
    camera.give(COLOURS["A"], 0.8)
    assert rerun(other).text_area[0].value == "A"
    assert rerun(one).text_area[0].value == ""


def test_where_more_visitors_share_the_time_their_panels_take_less(live, camera, monkeypatch):
    paces, fragment = [], st.fragment

    def watched(*args, run_every=None, **options):
        paces.append(run_every)
        return fragment(*args, run_every=run_every, **options)

    monkeypatch.setattr(st, "fragment", watched)
    for _ in range(3):
        app = live()
        camera.give(COLOURS["A"])
    rerun(app)
    assert paces[0] == 0.5 and paces[-1] == 1.0
    camera.tracks[0].ended()
    rerun(app)
    assert paces[-1] == 0.5


def test_the_end_of_the_video_frees_the_tracker(live, camera):
    live()
    camera.give(COLOURS["A"])
    assert len(camera.trackers) == 1
    camera.tracks[-1].ended()
    gc.collect()
    assert not camera.trackers
    camera.give(COLOURS["A"])
    assert len(camera.trackers) == 1


def test_a_frame_that_cannot_be_read_is_said_and_ends_nothing(live, camera, monkeypatch):
    app = live()

    def fail(*_):
        raise RuntimeError("tracking <b>broke</b>")

    monkeypatch.setattr("asl.inference.pictures.stream.HandStream.see", fail)
    assert camera.give(COLOURS["A"]).shape == (96, 96, 3)
    assert "cannot be read any more" in words(rerun(app))


def test_a_camera_that_does_not_connect_leads_to_pictures(live, camera, coloured_file):
    app = live()
    camera.signalling = True
    rerun(app)
    app.session_state["live-since"] = ((False, True), time.monotonic() - 11)
    assert "No live video: network" in words(rerun(app))
    app.toggle(key="live-pictures").set_value(True).run()
    app.camera_input[0].set_value(("photo.jpg", coloured_file("red"), "image/jpeg")).run()
    assert "A" in [header.value for header in rerun(app).header]


def test_without_a_model_the_page_says_what_to_do(open_app, camera):
    app = open_app()
    assert "There is no model yet" in words(app.switch_page(LIVE).run())


def test_a_sign_that_is_read_wrongly_is_taught_from_the_camera(live, camera, model):
    app = live()
    camera.give(COLOURS["A"], 1.0)
    assert rerun(app).header[0].value == "A"
    next(one for one in app.selectbox if one.label == "I show").set_value("B")
    rerun(app)
    press(app, "Learn it from the camera")
    assert "0 of 3" in app.info[0].value
    camera.give(COLOURS["A"], 4.0)
    rerun(app)
    assert read_lessons(model.card).count("B") == 1  # the very same hand counts once
    camera.give(COLOURS["A"], 1.0)
    assert rerun(app).header[0].value == "B"


def test_practice_teaches_the_sign_that_is_asked_for_and_can_be_stopped(live, camera, model):
    app = live("practice")
    camera.give(COLOURS["A"], 0.2)
    rerun(app)
    (chosen,) = (one for one in app.selectbox if one.label == "I show")
    assert chosen.value == app.header[0].value
    press(app, "Learn it from the camera")
    press(app, "Stop teaching")
    camera.give(COLOURS["A"], 4.0)
    assert not app.info and not read_lessons(model.card).samples
