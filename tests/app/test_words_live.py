"""The camera of the Words page, with a camera of our own and hands where it is light.

The video goes to the app here; `test_words_in_browser` has the browser find hands.
"""

from __future__ import annotations

import gc
from weakref import ref

import numpy as np
import pytest

from asl.hands.networks import HandsUnavailable
from asl.inference.sequences.lexicon import write_lexicon
from asl.ui.live.reader import CameraReader
from benchmarks.words_live import ANSWERED
from tests.app.visiting import rerun


@pytest.fixture
def example(hand_at_light, light_frames) -> np.ndarray:
    """(T, 543, 3) of the word "right", as the search sees it."""
    import asl.body

    tracker = asl.body.BodyTracker()
    return np.array([tracker.track(frame) for frame in light_frames("right")[15:45]])


@pytest.fixture
def live(open_page, words_bundle, webrtc, hand_at_light, example):
    """``live("one-word")``: the page in one of its modes, with an example of the word "right"."""

    def start(mode: str = "one-word", examples: bool = True):
        folder = words_bundle().folder
        if examples:
            write_lexicon(folder, {"right": example})
        return open_page("words", {"words-mode": mode, "words-way": "app"})

    return start


@pytest.fixture
def sign(webrtc, light_frames):
    """``sign("right", "up")``: the camera shows these words; returns the last frame sent back."""

    def show(*ways: str):
        for frame in light_frames(*ways):
            shown = webrtc.show(frame)
        return shown

    return show


def text(app) -> str:
    parts = (*app.header, *app.markdown, *app.caption, *app.info, *app.warning, *app.success)
    return "\n".join(part.value for part in parts)


def test_before_the_start_the_page_says_what_it_does(live):
    said = text(live())
    assert "Camera off" in said and "Let your hands rest, sign one word" in said
    assert "no translation" in said and "only the places of joints are kept" in said


def test_a_word_is_answered_once_when_it_has_ended(live, sign):
    app = live()
    sign("right")
    rerun(app)
    assert [header.value for header in app.header] == ["right"]
    said = text(app)
    assert "Waiting for a sign" in said and "frames a second" in said
    assert "- right · " in said and said.count("- right · ") == 1
    assert ANSWERED.search(said)[1] == "1"


def test_while_a_word_is_signed_the_page_says_so(live, webrtc, light_frames):
    app = live()
    for frame in light_frames("right")[:28]:
        webrtc.show(frame)
    assert "**Signing…** · one hand in view" in text(rerun(app))


def test_words_are_listed_the_newest_first_until_they_are_forgotten(live, sign):
    app = live()
    sign("right", "up", "left")
    said = text(rerun(app))
    listed = [line.split(" · ")[0] for line in said.split("\n") if line.startswith("- ")]
    assert listed == ["- left", "- up", "- right"]
    app.button(key="words-forget").click()
    assert not rerun(app).header


def test_hands_that_rest_sign_nothing(live, sign):
    app = live()
    sign("", "")
    assert not rerun(app).header and "Waiting for a sign" in text(app)


def test_the_person_is_drawn_and_the_word_written(live, webrtc, light_frames, sign):
    live()
    before = webrtc.show(light_frames("right")[0])
    assert (before != light_frames("right")[0]).any(-1).mean() > 0.01
    after = sign("right")
    assert (after[-20:] != 0).any(-1).mean() > 0.3  # the caption, on frames that are dark


def test_the_mirror_is_a_choice(live, webrtc):
    app = live()
    frame = np.zeros((96, 128, 3), np.uint8)
    frame[:50, :40] = 90
    mirrored = webrtc.show(frame)
    assert mirrored[:50, -30:].mean() > 60 > mirrored[:50, :30].mean()
    app.session_state["words-mirror"] = False
    rerun(app)
    assert webrtc.show(frame)[:50, :30].mean() > 60


@pytest.mark.parametrize(
    ("way", "said"),
    [("right", "That is the word."), ("left", "and not as right")],
)
def test_practice_says_whether_the_word_was_read_and_where_it_differed(live, sign, way, said):
    app = live("practise")
    assert "Watch it, let your hands rest" in text(app)
    [film] = app.get("video")
    assert "signs “right”" in film.proto.alt
    sign(way)
    rerun(app)
    assert said in text(app)
    assert any(line.startswith("- ") for line in text(app).split("\n"))
    app.toggle(key="words-beside").set_value(True)
    assert len(rerun(app).get("video")) == 2


def test_a_sign_of_before_does_not_answer_the_next_word(live, sign):
    app = live()
    sign("right")
    rerun(app)
    app.session_state["words-mode"] = "practise"
    assert "Watch it, let your hands rest" in text(rerun(app))


def test_a_left_hand_practises_as_well(live, sign, hand_at_light, example):
    app = live("practise")
    hand_at_light.side = "left"
    sign("right")
    assert "That is the word." in text(rerun(app))


def test_without_examples_there_is_nothing_to_practise(live):
    assert "brings no examples" in text(live("practise", examples=False))


def test_what_the_model_does_not_look_at_is_not_searched_for(live, webrtc, monkeypatch):
    asked = []

    class Tracker:
        def __init__(self, face: bool, pose: bool):
            asked.append((face, pose))

        def track(self, rgb):
            return np.full((543, 3), np.nan, np.float32)

    monkeypatch.setattr("asl.body.BodyTracker", Tracker)
    live()
    webrtc.show(np.zeros((96, 128, 3), np.uint8))
    assert asked == [(False, False)]


def test_where_nothing_can_be_searched_for_the_page_says_so(live, webrtc, monkeypatch):
    def missing(**options):
        raise HandsUnavailable("LiteRT is not installed")

    monkeypatch.setattr("asl.body.BodyTracker", missing)
    app = live()
    webrtc.show(np.zeros((96, 128, 3), np.uint8))
    said = text(rerun(app))
    assert "Nothing can be read here" in said and "LiteRT is not installed" in said


def test_a_fault_ends_in_words_and_not_the_video(live, webrtc, hand_at_light):
    app = live()
    hand_at_light.side = "third"
    webrtc.show(np.full((96, 128, 3), 255, np.uint8))
    rerun(app)
    assert "cannot be read any more" in app.error[0].value


def test_an_answer_that_fails_is_told_and_the_next_word_goes_on(live, sign, monkeypatch):
    from asl.inference.runner import NoAnswer

    app = live()

    def none(self, points):
        raise NoAnswer("no usable numbers")

    with monkeypatch.context() as broken:
        broken.setattr("asl.inference.sequences.predictor.WordPredictor.predict", none)
        sign("right")
    assert "The model gives no answer here. no usable numbers" in text(rerun(app))
    sign("up")
    assert rerun(app).header[0].value == "up"


def test_no_camera_server_is_said_and_films_are_offered(live, webrtc):
    app = live()
    webrtc.signalling = True
    rerun(app)
    webrtc.now += 11
    session = app.session_state["words-session"]
    assert not session.pulse().on
    app.session_state["live-since"] = (("words", False, True), -100.0)
    said = text(rerun(app))
    assert "its pictures do not get through to the app" in said
    assert "Films can be uploaded or recorded without this" in said


def test_what_reads_frames_is_freed_when_the_camera_ends(live, webrtc, sign):
    app = live()
    sign("right")
    assert CameraReader.count() == 1
    tracker = ref(app.session_state["words-session"]._tracker)
    webrtc.tracks[-1].ended()
    gc.collect()
    assert CameraReader.count() == 0 and tracker() is None
    # What was signed is still there to be looked at.
    assert rerun(app).header[0].value == "right"
