"""Which stage failed, and what is asked of the network."""

import pytest

from asl.ui.live.browser import Browser
from asl.ui.live.camera import find_trouble, ice_servers

FINE = Browser(secure=True, permission="granted", cameras=1)
ASKED = Browser(secure=True, permission="prompt", cameras=1)
BLOCKED = Browser(secure=True, permission="denied", cameras=1)


@pytest.mark.parametrize(
    ("browser", "playing", "signalling", "frames", "waited", "stage"),
    [
        (FINE, True, False, True, 99, None),
        (BLOCKED, True, False, True, 99, None),
        (FINE, False, False, False, 3, None),
        (Browser(), False, False, False, 3, None),
        (BLOCKED, False, False, False, 0, "permission"),
        (Browser(secure=False), False, False, False, 0, "permission"),
        (Browser(secure=True, cameras=0), False, False, False, 0, "device"),
        (ASKED, False, False, False, 11, "permission"),
        (FINE, False, False, False, 11, "device"),
        (FINE, False, True, False, 11, "network"),
        (FINE, True, False, False, 11, "device"),
    ],
    ids=[
        "all is well",
        "a video is a video",
        "just opened",
        "nothing known yet",
        "blocked",
        "no https",
        "no camera",
        "not allowed yet",
        "not started",
        "no way through",
        "no pictures come",
    ],
)
def test_the_stage_that_failed(browser, playing, signalling, frames, waited, stage):
    trouble = find_trouble(browser, playing, signalling, frames, waited)
    assert (trouble and trouble.stage) == stage


@pytest.mark.parametrize(
    "found", [None, "x", 3, {}, {"secure": "yes", "permission": "<b>", "cameras": True}]
)
def test_what_makes_no_sense_from_the_browser_is_not_known(found):
    assert Browser.of(found) == Browser()


def test_what_the_browser_says_is_taken():
    found = {"secure": True, "permission": "granted", "cameras": 2, "stillness": True}
    assert Browser.of(found) == Browser(True, "granted", 2, True)


@pytest.mark.parametrize(
    "url", ["http://localhost:8501/live", "http://127.0.0.1/", "http://[::1]:1"]
)
def test_one_computer_asks_nobody(url):
    assert ice_servers(url) == []


def test_elsewhere_nobody_is_asked_whom_the_environment_does_not_name(monkeypatch):
    for name in ("CLOUDFLARE_TURN_KEY_ID", "TWILIO_ACCOUNT_SID", "HF_TOKEN", "ASL_STUN_SERVER"):
        monkeypatch.delenv(name, raising=False)
    assert ice_servers("http://192.168.0.7:8501/live") == []
    monkeypatch.setenv("ASL_STUN_SERVER", "stun:stun.example:3478")
    assert ice_servers("https://app.example/live") == [{"urls": "stun:stun.example:3478"}]


def test_elsewhere_relays_come_from_the_environment_and_none_comes_unasked(monkeypatch):
    relay = {"urls": "turn:relay.example:3478", "username": "u", "credential": "c"}
    unasked = {"urls": "stun:stun.l.google.com:19302"}
    monkeypatch.setenv("HF_TOKEN", "token")
    monkeypatch.setattr(
        "streamlit_webrtc.credentials.get_available_ice_servers", lambda: [relay, unasked]
    )
    assert ice_servers("https://app.example/live") == [relay]
