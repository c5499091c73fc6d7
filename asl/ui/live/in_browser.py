"""The camera of a page where the browser itself finds hands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

import streamlit as st

from asl.ui.hand_camera.component import Asked, draw_camera
from asl.ui.hand_camera.messages import Kind, Message, read_message
from asl.ui.live.camera import Trouble

Way = Literal["browser", "app"]
#: Where hands are found, in words.
WAYS: dict[Way, str] = {"browser": "in this browser", "app": "in the app (WebRTC)"}

#: Seconds: the page sends less often, and what comes more often was not sent by it.
_LEAST_BETWEEN = 0.05

#: What the camera's script says is wrong → what to do.
TROUBLES = {
    "insecure": Trouble(
        "permission",
        "Browsers give the camera only to pages with **https**, or to an app on the same "
        "computer. Open the app through https.",
    ),
    "refused": Trouble(
        "permission",
        "The browser keeps the camera from this page. Allow it with the camera or lock symbol "
        "beside the address, then press **START** again.",
    ),
    "none": Trouble(
        "device", "The browser finds no camera. Plug one in, or use a telephone or a picture."
    ),
    "busy": Trouble(
        "device",
        "The camera sends no pictures. It may be used by another program, or unplugged: close "
        "that program, then press **START** again.",
    ),
    "old": Trouble(
        "browser",
        "This browser cannot find hands by itself: it is too old, or WebAssembly is switched off "
        "in it. Use another one, or let the app find them.",
    ),
    "finder": Trouble(
        "browser",
        "The hand finder cannot be started or has stopped in this browser. Press **START** "
        "again, use another browser, or let the app find the hands.",
    ),
}


def choose_way(readable: bool, because: str, what: str, usual: Way, key: str) -> Way:
    """Let the visitor choose where hands are found.

    Args:
        readable: the model can read what the browser finds.
        because: why it cannot, a sentence.
        what: the browser sends, in words.
        usual: where they are found if nobody chooses.
        key: of the choice.
    """
    if not readable:
        st.caption(because)
        return "app"
    chosen = st.radio(
        "Hands are found",
        list(WAYS),
        index=list(WAYS).index(usual),
        format_func=WAYS.__getitem__,
        key=key,
        help=f"In this browser: only {what} go to the app. In the app: the video goes there and "
        "back.",
    )
    return "browser" if chosen == "browser" else "app"


class FoundReader(Protocol):
    """Reads what the browser finds, as `asl.ui.live.session.LiveSession` does."""

    @property
    def sizes(self) -> Mapping[Kind, int]: ...
    @property
    def both(self) -> bool: ...
    def asked(self, taken: int) -> Asked: ...
    def receive(self, message: Message) -> None: ...
    def now(self) -> float: ...


@st.fragment
def show_camera(key: str, session: FoundReader) -> None:
    """Draw the camera; each message of the browser has only this drawn again.

    Args:
        key: of this page's camera.
    """
    asked = session.asked(st.session_state.get(f"{key}-taken", 0))
    draw_camera(key, asked, lambda: _take(key, session))
    refused = st.session_state.get(f"{key}-refused")
    if refused:
        st.error(f"What the camera sent was not taken. Reload the page. ({refused})")


def _take(key: str, session: FoundReader) -> None:
    """Read what the browser has sent, and say until where."""
    state = st.session_state
    sent = state[key].get("seen")
    now = session.now()
    if now - state.get(f"{key}-received", float("-inf")) < _LEAST_BETWEEN:
        return
    state[f"{key}-received"] = now
    try:
        message = read_message(sent, session.sizes, session.both)
    except ValueError as error:
        # Its own words say what is wrong with it, none of the browser's.
        state[f"{key}-refused"] = str(error)
        return
    state[f"{key}-taken"] = message.number
    state[f"{key}-refused"] = None
    session.receive(message)


def camera_state(key: str) -> str:
    """Return what the browser says of the camera: "off", "loading", "on", or why there is none."""
    said = st.session_state.get(key) or {}
    state = said.get("state")
    if isinstance(state, str) and state in ("loading", "on", *TROUBLES):
        return state
    return "off"


def trouble_in_browser(state: str) -> Trouble | None:
    """Return why there is no camera, None while nothing is known to be wrong."""
    return TROUBLES.get(state)


def offer_the_app(way: str) -> None:
    """Offer to let the app find hands instead.

    Args:
        way: key of the choice where they are found.
    """
    if st.button("Let the app find the hands", on_click=_change_way, args=(way,)):
        st.rerun()  # all of the page, of which what is drawn now is a part


def _change_way(way: str) -> None:
    st.session_state[way] = "app"
