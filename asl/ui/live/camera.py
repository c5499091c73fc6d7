"""The camera of the Live page: connect it, say why if that fails, and offer another way."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Literal, cast
from urllib.parse import urlsplit

import streamlit as st

from asl.bundle import ModelBundle
from asl.ui.live.browser import Browser
from asl.ui.live.reader import CameraReader, Pulse
from asl.ui.photo.cards import show_card
from asl.ui.photo.predictions import Picture, PictureMemory, read
from asl.ui.photo.upload import ENDINGS
from asl.ui.shared.model_choice import model_key
from asl.ui.shared.text import escape_markdown
from asl.ui.teaching.kept import taught_hand

# Importing it at run time would load ONNX Runtime before the page is drawn.
if TYPE_CHECKING:
    from aiortc.contrib.media import MediaPlayer

    from asl.inference.pictures.landmark_only import LandmarkOnly
    from asl.inference.pictures.predictor import Predictor

#: Seconds without a connection after which the page says what is wrong.
PATIENCE = 10.0

#: As many frames as are read on two cores; more would be sent and coded for nothing.
_CAMERA = {
    "video": {
        "width": {"ideal": 640},
        "height": {"ideal": 480},
        "frameRate": {"ideal": 20, "max": 24},
    },
    "audio": False,
}
_VIDEO = {
    "autoPlay": True,
    "controls": False,
    "muted": True,
    "playsInline": True,
    "style": {"width": "100%"},
}
_SAME_COMPUTER = {"localhost", "127.0.0.1", "::1"}
#: Which accounts for relays streamlit-webrtc looks for.
ACCOUNTS = ("CLOUDFLARE_TURN_KEY_ID", "TWILIO_ACCOUNT_SID", "HF_TOKEN")
_UNASKED = "stun:stun.l.google.com:19302"

Stage = Literal["permission", "device", "network", "browser"]


@dataclass(frozen=True)
class Trouble:
    """Why there is no video.

    Attributes:
        stage: which step failed.
        text: what is wrong and what to do, Markdown.
        waits: it may be that the visitor has just not started yet.
    """

    stage: Stage
    text: str
    waits: bool = False


def connect(session: CameraReader, key: str = "live-camera") -> tuple[bool, bool]:
    """Draw the video; returns whether it plays, and whether the browser is connecting.

    Args:
        key: where streamlit-webrtc keeps what it knows of the connection, in Streamlit's session;
            another one for each page.
    """
    import streamlit_webrtc

    from asl.ui.live.track import LiveTrack

    _keep_connection(key)
    # A connection keeps the one of the run in which it began.
    track = LiveTrack(session.show, session.close)
    context = streamlit_webrtc.webrtc_streamer(
        key=key,
        mode=streamlit_webrtc.WebRtcMode.SENDRECV,
        rtc_configuration={"iceServers": ice_servers(st.context.url or "")},
        media_stream_constraints=_CAMERA,
        sink_video_track=track,
        # What is given as `source_video_track` instead is never freed: streamlit-webrtc 0.79
        # leaves a task behind that waits for its next frame.
        # Of a player its tracks are all that is used, though the type asks for a file's.
        player_factory=lambda: cast("MediaPlayer", SimpleNamespace(video=track, audio=None)),
        video_html_attrs=_VIDEO,
        translations={"select_device": "Choose camera"},
    )
    return context.state.playing, context.state.signalling


def _keep_connection(key: str) -> None:
    """Let the connection end where the page was left, and nowhere else.

    streamlit-webrtc (0.79, `_get_or_create_context`) takes the page for left where the number of
    runs grew by two since it was drawn. Streamlit counts a run some time after its end: after runs
    that follow each other quickly, the video would end with the next click.
    """
    from streamlit_webrtc.component import generate_frontend_component_key

    if generate_frontend_component_key(key) not in st.session_state:
        # Streamlit forgets what a page that was left had shown.
        st.session_state.pop(key, None)
    elif key in st.session_state:
        st.session_state[key]._last_rendered_run_count = None


def ice_servers(url: str) -> list[Mapping[str, object]]:
    """Return the servers through which browser and app find each other.

    On one computer none is needed, and none is asked. Elsewhere it is those that the environment
    names, see docs/live.md, and no others.

    Args:
        url: of the page.
    """
    if urlsplit(url).hostname in _SAME_COMPUTER:
        return []
    own = os.environ.get("ASL_STUN_SERVER", "").strip()
    servers: list[Mapping[str, object]] = [{"urls": own}] if own else []
    if any(os.environ.get(name) for name in ACCOUNTS):
        from streamlit_webrtc.credentials import get_available_ice_servers

        # It adds a public server of Google's, which nobody has named.
        servers += [one for one in get_available_ice_servers() if one.get("urls") != _UNASKED]
    return servers


def find_trouble(
    browser: Browser, playing: bool, signalling: bool, frames: bool, waited: float
) -> Trouble | None:
    """Return why there is no video, None while nothing is known to be wrong.

    Args:
        playing: the connection stands.
        signalling: the browser has a camera and is connecting.
        frames: frames are coming in.
        waited: seconds since the page was opened, or since this state began.
    """
    if frames:
        return None
    known = _told_by(browser)
    if known or waited < PATIENCE:
        return known
    return _after_waiting(browser, playing, signalling)


def _told_by(browser: Browser) -> Trouble | None:
    """Return what the browser says is wrong, which need not be waited for."""
    if browser.secure is False:
        return Trouble(
            "permission",
            "Browsers give the camera only to pages with **https**, or to an app on the same "
            "computer. Open the app through https.",
        )
    if browser.permission == "denied":
        return Trouble(
            "permission",
            "The browser is set to keep the camera from this page. Allow it with the camera or "
            "lock symbol beside the address, then reload the page.",
        )
    if browser.cameras == 0:
        return Trouble(
            "device", "The browser finds no camera. Plug one in, or use a telephone or a picture."
        )
    return None


def _after_waiting(browser: Browser, playing: bool, signalling: bool) -> Trouble:
    """Return what is likely wrong where no frame has come for a while."""
    if playing:
        return Trouble(
            "device",
            "The connection stands, but the camera sends no pictures. It may be covered or used "
            "by another program: close that, press **STOP**, then **START**.",
        )
    if signalling:
        return Trouble(
            "network",
            "The camera works, but its pictures do not get through to the app. A firewall may be "
            "in the way; whoever runs the app can name a relay (TURN server).",
        )
    if browser.permission == "granted":
        return Trouble(
            "device",
            "Press **START** below the video. If you did, the camera may be used by another "
            "program: close that and try again.",
            waits=True,
        )
    return Trouble(
        "permission",
        "The camera has not been allowed yet. Press **START**, then choose **Allow** where the "
        "browser asks.",
        waits=True,
    )


def say_trouble(trouble: Trouble) -> None:
    """Say why there is no video."""
    if trouble.waits:
        st.info(f"**No video yet: {trouble.stage}.** {trouble.text}", icon=":material/videocam:")
    else:
        st.warning(
            f"**No live video: {trouble.stage}.** {trouble.text}", icon=":material/videocam_off:"
        )


def offer_pictures(bundle: ModelBundle, predictor: Predictor, wanted: str) -> None:
    """Read single pictures instead of the video: from the camera, then from files."""
    if not st.toggle("Use pictures instead", key="live-pictures"):
        return
    photo = st.camera_input("Hold up one hand and take a picture", key="live-photo")
    file = photo or st.file_uploader(
        "Or upload a picture of one hand", type=ENDINGS, max_upload_size=25, key="live-upload"
    )
    if file is None:
        return
    memory = st.session_state.setdefault("live-memory", PictureMemory())
    picture = Picture(getattr(file, "name", "Photo"), file.getvalue())
    memory.keep_only([picture])
    hand = taught_hand(bundle)
    reading = read(picture, memory, model_key(bundle), predictor, wanted, hand)
    searched = not predictor.hands_missing
    show_card(reading, 0, bundle.card.handshapes, searched, alone=True)


def waited(state: tuple[object, ...], frames: bool) -> float:
    """Return for how many seconds a page's camera has been in this state, without pictures."""
    now = time.monotonic()
    since = st.session_state.get("live-since")
    if since is None or since[0] != state or frames:
        st.session_state["live-since"] = since = (state, now)
    return now - since[1]


def load_landmark_only(bundle: ModelBundle) -> LandmarkOnly | None:
    """Return the model's landmark network by itself, None if it has none that can be used."""
    return _load(str(bundle.folder), model_key(bundle))


@st.cache_resource(max_entries=4, show_spinner="Loading the model…")
def _load(folder: str, key: str) -> LandmarkOnly | None:
    """Load from `folder`; another `key` is another model to the cache."""
    from asl.inference.pictures.landmark_only import LandmarkOnly

    try:
        return LandmarkOnly(ModelBundle.read(Path(folder)))
    except (ImportError, ValueError):
        return None


def show_pulse(pulse: Pulse) -> None:
    """Say how fast frames are read, if any come."""
    if pulse.on:
        st.caption(
            f"Frame {pulse.frames} · {pulse.rate:.1f} frames a second · "
            f"answer after {pulse.milliseconds:.0f} ms"
        )


def show_failure(failure: str) -> None:
    """Say that frames cannot be read any more."""
    st.error(
        "The video cannot be read any more. Reload the page; if this comes back, choose another "
        f"model. ({escape_markdown(failure)})"
    )
