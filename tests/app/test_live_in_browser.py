"""The live page where the browser finds the hand: its messages come from here."""

from __future__ import annotations

import base64
import io
import re
from types import SimpleNamespace

import pytest
from PIL import Image

from asl.data.library.dataset import list_datasets
from asl.ui.hand_camera.files import HERE
from asl.ui.live.in_browser import TROUBLES, camera_state
from asl.ui.live.settings import default_way
from tests.app.visiting import rerun, words

LABELS = ("A", "O", "C", "0", "B", "del", "space")
RED, BLUE = (255, 0, 0), (0, 0, 255)


@pytest.fixture
def camera(browser_camera, webrtc, make_hand):
    """The camera, with a way to show it a hand."""
    camera = browser_camera

    def give(app, colour=RED, seconds=0.2, hand=True, side="right"):
        """Show a hand for a while, in messages of four frames, and draw the page each time."""
        joints = make_hand(size=60, at=(300, 200), side=side).landmarks.ravel().tolist()
        size = camera.asked.cut.size
        file = io.BytesIO()
        Image.new("RGB", (size, size), colour).save(file, "JPEG", quality=100)
        jpeg = base64.b64encode(file.getvalue()).decode()
        for _ in range(max(1, round(seconds / 0.2))):
            webrtc.now += 0.2
            camera.number += 1
            now = 1000 * (webrtc.now - camera.began)
            times = [now - 150, now - 100, now - 50, now]
            right = 0.98 if side == "right" else 0.02
            camera.sent = {
                "number": camera.number,
                "size": [640, 480],
                "frames": [[at, right, *joints] if hand else [at] for at in times],
                "cut": {"frame": 0, "kind": camera.asked.cut.kind, "jpeg": jpeg} if hand else None,
            }
            rerun(app)
        return rerun(app)

    camera.give = give
    return camera


@pytest.fixture
def live(open_page, model_with_hands, camera):
    """``live(mode="spell")``: the live page, as a new visitor who chooses a mode finds it."""
    model_with_hands(LABELS)
    return lambda mode="recognise": open_page("live", {"live-mode": mode, "live-hold": 0.3})


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_hand_is_read_and_the_browser_told(live, camera, side):
    app = live()
    assert "The video stays in your browser" in words(app).replace("\n", " ")
    app = camera.give(app, RED, 0.4, side=side)
    assert [header.value for header in app.header] == ["A"]
    assert f"{side.capitalize()} hand" in words(app) and "frames a second" in words(app)
    assert (camera.asked.sign, camera.asked.taken) == ("A", camera.number)
    assert camera.asked.note.endswith("%") and camera.asked.progress is None
    assert "No hand" in words(camera.give(app, seconds=0.4, hand=False))
    assert camera.asked.sign == ""


def test_signs_that_are_held_become_text(live, camera):
    app = live("spell")
    camera.give(app, BLUE, 0.6)
    assert camera.asked.progress is not None
    camera.give(app, hand=False, seconds=0.4)
    assert camera.give(app, RED, 0.6).text_area[0].value == "CA"
    assert camera.asked.caption == "CA"


def test_practice_counts(live, camera):
    app = live("practice")
    app.session_state["live-tasks"] = ["A"]
    rerun(app)
    assert "**1** done" in words(camera.give(app, RED, 0.8))


def test_larger_cut_outs_are_recorded_and_saved(live, camera):
    app = live("record")
    camera.give(app)
    assert (camera.asked.cut.kind, camera.asked.cut.size) == ("read", 128)
    app.toggle(key="live-record").set_value(True).run()
    next(one for one in app.button if one.label.startswith("Record")).click()
    rerun(app)
    assert camera.asked.cut.kind == "sample"
    camera.give(app, RED, 1.2)
    next(one for one in app.button if one.label == "Save").click()
    assert "pictures of A in My signs" in words(rerun(app))
    assert 2 <= len(list_datasets()[0].pictures()) <= 10
    rerun(app)
    assert camera.asked.cut.kind == "read"


def test_a_message_that_makes_no_sense_is_said_and_ends_nothing(live, camera):
    app = live()
    camera.sent = {"number": 1, "frames": "<img src=x>"}
    rerun(app)
    assert "was not taken" in words(rerun(app)) and "<img" not in words(app)
    assert [header.value for header in camera.give(app, RED, 0.4).header] == ["A"]
    assert "was not taken" not in words(app)


def test_messages_that_come_too_fast_are_left_out(live, camera, webrtc):
    app = camera.give(live())
    frames = app.session_state["live-session"].pulse().frames
    camera.give(app)
    counted = app.session_state["live-session"].pulse().frames
    assert counted == frames + 4
    now = webrtc.now
    for _ in range(2):
        webrtc.now = now - 0.2 + 0.01
        camera.give(app)
    assert app.session_state["live-session"].pulse().frames == counted


def test_what_keeps_the_camera_away_is_said_and_other_ways_are_offered(live, camera):
    camera.state = "old"
    app = live()
    assert "No live video: browser" in words(app)
    assert app.toggle(key="live-pictures").value is False
    next(one for one in app.button if one.label == "Let the app find the hands").click()
    rerun(app)
    assert app.radio(key="live-way").value == "app" and "No live video" not in words(app)


def test_all_that_the_script_says_is_known():
    script = (HERE / "camera.js").read_text(encoding="utf-8")
    said = re.search(r"const SAID = \{(.*?)\};", script, re.DOTALL)[1]
    states = {*re.findall(r"^  (\w+):", said, re.MULTILINE)}
    assert states == {"loading", *TROUBLES}
    failed = re.findall(r"fail\(\"(\w+)\"\)", script)
    why = re.findall(r'Error: "(\w+)"', script)
    assert {*failed, *why} <= TROUBLES.keys()


@pytest.mark.parametrize("state", [None, "<b>", 7, ["old"], {"a": 1}])
def test_a_state_that_makes_no_sense_is_none(monkeypatch, state):
    page = SimpleNamespace(session_state={"live-hands": {"state": state}})
    monkeypatch.setattr("asl.ui.live.in_browser.st", page)
    assert camera_state("live-hands") == "off"


@pytest.mark.parametrize(
    ("environment", "way"),
    [
        ({}, "browser"),
        ({"ASL_STUN_SERVER": "stun:x"}, "browser"),
        ({"HF_TOKEN": "x"}, "app"),
        ({"HF_TOKEN": "x", "ASL_HOSTED": "1"}, "browser"),
    ],
    ids=["no relay", "no relay but STUN", "relay", "hosted"],
)
def test_the_browser_finds_the_hand_unless_there_is_a_relay_at_home(monkeypatch, environment, way):
    for name in ("CLOUDFLARE_TURN_KEY_ID", "TWILIO_ACCOUNT_SID", "HF_TOKEN", "ASL_HOSTED"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert default_way() == way


def test_a_model_of_whole_pictures_gets_the_video(live, camera, webrtc, monkeypatch):
    monkeypatch.setattr("asl.ui.live.settings.can_read", lambda card: False)
    app = live()
    assert "This model reads whole pictures" in words(app) and webrtc.tracks
    assert camera.asked is None and not [one for one in app.radio if one.key == "live-way"]
