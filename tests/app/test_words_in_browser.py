"""The camera of the Words page where the browser finds hands: its messages come from here."""

from __future__ import annotations

import numpy as np
import pytest

from asl.data.sequences.layout import in_common_frame
from tests.app.visiting import rerun, words

SHOULDERS = [420.0, 250.0, 220.0, 250.0]


@pytest.fixture
def camera(browser_camera, webrtc, make_hand):
    """The camera, with ways to show it hands."""
    camera = browser_camera

    def send(app, places):
        """Show hands at some places one after the other, 25 frames a second; None for no hand."""
        places = list(places)
        for begin in range(0, len(places), 5):
            rows = []
            for place in places[begin : begin + 5]:
                webrtc.now += 0.04
                row = [1000 * (webrtc.now - camera.began)]
                if place is not None:
                    hand = make_hand(size=60, at=place)
                    row += [0.97, *hand.landmarks.ravel().tolist()]
                rows.append(row)
            camera.number += 1
            camera.sent = {
                "number": camera.number, "size": [640, 480], "frames": rows, "cut": None,
                "body": [rows[0][0], *SHOULDERS],
            }  # fmt: skip
            rerun(app)
        return rerun(app)

    def sign(app, way):
        """Rest, move one way, rest, and leave."""
        across, down = {"right": (1, 0), "left": (-1, 0), "up": (0, -1), "down": (0, 1)}[way]
        moments = (*[0.0] * 20, *np.linspace(0, 1, 15), *[1.0] * 20)
        return send(app, [
            *((320 + 300 * (moment - 0.5) * across, 240 + 200 * (moment - 0.5) * down)
              for moment in moments),
            *[None] * 15,
        ])  # fmt: skip

    camera.sign, camera.send = sign, send
    return camera


@pytest.fixture
def live(open_page, words_bundle, camera):
    """``live()``: the page as a new visitor finds it who chooses the camera."""

    def start(mode: str = "one-word"):
        words_bundle()
        return open_page("words", {"words-mode": mode, "words-way": "browser"})

    return start


def test_a_word_is_answered_from_the_joints_that_the_browser_sends(live, camera):
    app = live()
    assert "The video stays in your browser" in words(app)
    assert camera.asked.both and camera.asked.cut is None
    app = camera.sign(app, "right")
    assert [header.value for header in app.header] == ["right"]
    assert "frames a second" in words(app)
    assert camera.asked.caption.startswith("right · ")
    app = camera.sign(app, "up")
    assert [header.value for header in app.header] == ["up"]


def test_while_a_word_is_signed_the_page_and_the_video_say_so(live, camera):
    app = live()
    app = camera.send(app, [(200, 240)] * 20 + [(200 + 20 * step, 240) for step in range(10)])
    assert "**Signing…** · one hand in view" in words(app)
    assert camera.asked.caption == "Signing…"


def test_shoulders_are_taken_with_the_hands(live, camera):
    app = camera.sign(live(), "right")
    points = app.session_state["words-session"].status().last.points
    expected = np.full((543, 3), np.nan)
    expected[[500, 501], :2] = np.reshape(SHOULDERS, (2, 2)) / (640, 480)
    expected = in_common_frame(expected, 640, 480)
    assert np.allclose(points[:, [500, 501]], expected[[500, 501]], atol=1e-4, equal_nan=True)


@pytest.mark.parametrize(("hosted", "way"), [(True, "browser"), (False, "app")])
def test_the_browser_finds_hands_by_default_where_the_app_is_hosted(
    open_page, words_bundle, camera, monkeypatch, hosted, way
):
    words_bundle()
    monkeypatch.setattr("asl.ui.words.live.hosted", lambda: hosted)
    app = open_page("words", {"words-mode": "one-word"})
    assert app.radio(key="words-way").value == way
    assert (camera.asked is not None) == (way == "browser")


def test_messages_that_are_late_now_and_then_do_no_harm(live, camera, webrtc):
    app = camera.send(live(), [(200, 240)] * 20)
    webrtc.now += 0.3
    app = camera.send(app, [(200, 240)] * 5)  # 0.3 s late, as it seems
    camera.began += 0.3
    app = camera.send(app, [(200, 240)] * 20)
    assert not app.error
    camera.began -= 0.3
    assert [header.value for header in camera.sign(app, "right").header] == ["right"]


def test_a_model_that_reads_more_than_hands_gets_the_video(live, camera, webrtc, monkeypatch):
    monkeypatch.setattr("asl.ui.words.live.can_read", lambda predictor: False)
    app = live()
    assert "reads more than hands" in words(app) and camera.asked is None
    assert not [one for one in app.radio if one.key == "words-way"]


def test_what_keeps_the_camera_away_is_said_and_other_ways_are_offered(live, camera):
    camera.state = "refused"
    app = live()
    assert "No live video: permission" in words(app)
    assert "Films can be uploaded or recorded without this" in words(app)
    next(one for one in app.button if one.label == "Let the app find the hands").click()
    rerun(app)
    assert app.radio(key="words-way").value == "app"


def test_a_message_that_makes_no_sense_is_said_and_ends_nothing(live, camera):
    app = live()
    camera.sent = {"number": 1, "size": [640, 480], "frames": [[1.0]], "body": "<img src=x>"}
    rerun(app)
    assert "was not taken" in words(rerun(app)) and "<img" not in words(app)
    assert [header.value for header in camera.sign(app, "left").header] == ["left"]


def test_a_camera_that_sends_nothing_more_is_off(live, camera, webrtc):
    app = camera.sign(live(), "right")
    assert "Camera off" not in words(app)
    webrtc.now += 5
    assert "Camera off" in words(rerun(app)) and app.header[0].value == "right"
    assert camera.asked.caption == ""
