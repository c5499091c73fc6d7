"""The app as Streamlit's own test harness runs it, with hands found by colour.

Only the models that a test makes are there, the bundled ones are not.
"""

from __future__ import annotations

import inspect
import io
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import create_autospec

import av
import numpy as np
import pytest
import streamlit as st
import streamlit_webrtc
from streamlit.testing.v1 import AppTest
from streamlit_webrtc import WebRtcStreamerContext, WebRtcStreamerState

from asl.bundle import ModelBundle
from asl.data.sequences.layout import PARTS, ROWS
from asl.hands.detector import Hand
from asl.ui.live.reader import CameraReader
from asl.ui.shared.remembered import remember
from asl.ui.train.settings_form import choose_and_run

APP = Path(__file__).parents[2] / "streamlit_app.py"


@pytest.fixture
def open_app(
    hands_by_colour: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], AppTest]:
    """``open_app()``: the app's first page as a visitor finds it, drawn without an error.

    The visitor has chosen all signs before.
    """
    monkeypatch.setattr("asl.bundle.BUNDLED_MODELS", tmp_path / "no-models")
    remember("candidates", "all")

    def start() -> AppTest:
        app = AppTest.from_file(APP, default_timeout=30).run()
        assert not app.exception
        return app

    return start


@pytest.fixture
def open_page(open_app: Callable[[], AppTest]) -> Callable[..., AppTest]:
    """``open_page("scores", {"scores-tab": "Signs"})``: a page as a new visitor finds it, drawn
    without an error; what is given is in the session's state before."""

    def start(page: str, state: Mapping[str, object] | None = None) -> AppTest:
        app = open_app()
        for key, value in (state or {}).items():
            app.session_state[key] = value
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception
        return app

    return start


@pytest.fixture
def open_train(
    open_page: Callable[..., AppTest], intake_here: None, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], AppTest]:
    """``open_train()``: the train page as a new visitor finds it; training itself is left out."""
    monkeypatch.setattr(
        "asl.ui.train.settings_form.choose_and_run", create_autospec(choose_and_run)
    )
    return lambda: open_page("train")


@pytest.fixture
def model_with_hands(tiny_bundle: Callable[..., ModelBundle]) -> Callable[..., ModelBundle]:
    """``model_with_hands(labels)``: a `tiny_bundle` that knows a handshape for every label."""

    def make(labels: tuple[str, ...]) -> ModelBundle:
        hand = np.zeros((21, 3))
        hand[:, 0], hand[:, 1] = np.linspace(-1, 1, 21), np.linspace(1, -1, 21)
        return tiny_bundle(labels=labels, handshapes=dict.fromkeys(labels, hand.tolist()))

    return make


@pytest.fixture
def upload() -> Callable[..., AppTest]:
    """``upload(app, ("a.png", data), …)``: the page after these files were uploaded."""

    def give(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
        files = [(name, data, "image/png") for name, data in files]
        app.file_uploader[0].set_value(files).run()
        assert not app.exception
        return app

    return give


@pytest.fixture
def webrtc(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Stands in for the connection to the browser's camera.

    ``webrtc.show(frame)`` is what the page that was drawn last sends back for a frame that comes a
    twentieth of a second after the one before.
    """
    taken = SimpleNamespace(playing=False, signalling=False, options={}, tracks=[], now=100.0)
    parameters = inspect.signature(streamlit_webrtc.webrtc_streamer)

    def streamer(**options) -> WebRtcStreamerContext:
        parameters.bind(**options)
        taken.options = options
        taken.tracks.append(options["sink_video_track"])
        return WebRtcStreamerContext(None, WebRtcStreamerState(taken.playing, taken.signalling))

    def show(frame: np.ndarray) -> np.ndarray:
        taken.now += 0.05
        shown = taken.tracks[-1].show(av.VideoFrame.from_ndarray(frame, format="rgb24"))
        return shown.to_ndarray(format="rgb24")

    taken.show = show
    clock = SimpleNamespace(monotonic=lambda: taken.now, perf_counter=time.perf_counter)
    monkeypatch.setattr("asl.ui.live.reader.time", clock)
    monkeypatch.setattr(streamlit_webrtc, "webrtc_streamer", streamer)
    yield taken
    for track in taken.tracks:
        track.ended()


@pytest.fixture
def hand_at_light(monkeypatch: pytest.MonkeyPatch, make_hand: Callable[..., Hand]):
    """Replaces the search for a person: a hand is where a frame is light, of the side `side`.

    With `needs_palms` it is found only where hands alone are searched for.
    """
    settings = SimpleNamespace(side="right", needs_palms=False)

    class Tracker:
        def __init__(self, threads: int = 1, face: bool = True, pose: bool = True):
            self._pose = pose

        def reset(self) -> None:
            pass

        def track(self, rgb: np.ndarray) -> np.ndarray:
            points = np.full((ROWS, 3), np.nan, np.float32)
            light = np.argwhere(rgb[..., 1] > 128)
            if len(light) and settings.side and not (self._pose and settings.needs_palms):
                height, width = rgb.shape[:2]
                y, x = light.mean(0)
                hand = make_hand(side=settings.side, size=0.1 * width, at=(x, y))
                first, count = PARTS[f"{settings.side}_hand"]
                points[first : first + count] = hand.landmarks / (width, height, width)
            return points

    monkeypatch.setattr("asl.ui.words.film.BodyTracker", Tracker)
    monkeypatch.setattr("asl.body.BodyTracker", Tracker)
    return settings


@pytest.fixture(scope="session")
def light_frames() -> Callable[..., list[np.ndarray]]:
    """``light_frames("right", "up")``: 25 frames a second of a light that rests, moves as each
    word says, rests again, and goes back to where it was, out of sight."""
    steps = {"right": (0, 1), "left": (0, -1), "up": (-1, 0), "down": (1, 0), "": (0, 0)}

    def make(*ways: str) -> list[np.ndarray]:
        frames = []
        for way in ways:
            down, right = steps[way]
            for moment in (*[0.0] * 20, *np.linspace(0, 1, 15), *[1.0] * 20, *[None] * 12):
                frame = np.zeros((96, 128, 3), np.uint8)
                if moment is not None:
                    y = round(44 + 40 * (moment - 0.5) * down)
                    x = round(60 + 60 * (moment - 0.5) * right)
                    frame[y : y + 8, x : x + 8] = 255
                frames.append(frame)
        return frames

    return make


@pytest.fixture(scope="session")
def film_of_light(light_frames: Callable[..., list[np.ndarray]]) -> Callable[..., bytes]:
    """``film_of_light("right", "up")``: these frames as an MP4."""

    def make(*ways: str) -> bytes:
        file = io.BytesIO()
        with av.open(file, "w", format="mp4") as made:
            stream = made.add_stream("mpeg4", rate=25)
            stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
            for frame in light_frames(*ways):
                made.mux(stream.encode(av.VideoFrame.from_ndarray(frame)))
            made.mux(stream.encode())
        return file.getvalue()

    return make


@pytest.fixture
def browser_camera(webrtc, monkeypatch: pytest.MonkeyPatch):
    """Stands in for the script that finds hands: sends what it is given, holds what it was told."""
    camera = SimpleNamespace(asked=None, state="on", sent=None, number=100, began=webrtc.now)

    def draw(key, asked, on_seen):
        camera.asked = asked
        said = {"state": camera.state}
        if camera.sent is not None:
            said["seen"], camera.sent = camera.sent, None
        st.session_state[key] = said
        if "seen" in said:
            on_seen()

    monkeypatch.setattr("asl.ui.live.in_browser.draw_camera", draw)
    yield camera
    # Nobody tells a session that its page was left, and others count who uses a camera.
    CameraReader._using_camera.clear()
