"""The camera of the Live page where the browser itself finds the hand."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

import streamlit as st

from asl.ui.hand_camera.component import Asked, draw_camera
from asl.ui.hand_camera.messages import read_message
from asl.ui.live.camera import ACCOUNTS, Trouble
from asl.ui.live.found import SIZES, can_read
from asl.ui.live.session import LiveSession
from asl.workspace import hosted

if TYPE_CHECKING:
    from asl.card import ModelCard

Way = Literal["browser", "app"]
#: Where the hand is found, in words.
WAYS: dict[Way, str] = {"browser": "in this browser", "app": "in the app (WebRTC)"}

_KEY, _WAY = "live-hands", "live-way"
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


def default_way() -> Way:
    """Return where hands are found if nobody chooses.

    Video needs a relay to reach the app from everywhere, and the processor of who hosts it.
    """
    relay = any(os.environ.get(name) for name in ACCOUNTS)
    return "app" if relay and not hosted() else "browser"


def choose_way(card: ModelCard) -> Way:
    """Let the visitor choose where the hand is found."""
    if not can_read(card):
        st.caption("This model reads whole pictures, so the app finds the hand, and not the page.")
        return "app"
    chosen = st.radio(
        "The hand is found",
        list(WAYS),
        index=list(WAYS).index(default_way()),
        format_func=WAYS.__getitem__,
        key=_WAY,
        help="In this browser: only where the joints are and a small cut-out of the hand go to "
        "the app. In the app: the video goes there and back.",
    )
    return "browser" if chosen == "browser" else "app"


def say_what_is_sent(way: Way) -> None:
    """Say where the video goes."""
    if way == "app":
        st.caption(
            "The video goes from your browser to the app and back, and is read in memory. "
            "Nothing is stored unless you record and save it."
        )
        return
    st.caption(
        f"The video stays in your browser. The app gets the joints of the hand and, when it "
        f"rests, a cut-out of {SIZES['read']} pixels; while you record samples, one of "
        f"{SIZES['sample']} pixels. Nothing is stored unless you record and save it."
    )


@st.fragment
def show_camera(session: LiveSession, mirror: bool) -> None:
    """Draw the camera; each message of the browser has only this drawn again."""
    asked = Asked(
        taken=st.session_state.get("live-taken", 0),
        cut=session.wanted_cut(),
        lost=session.lost(),
        mirror=mirror,
        **asdict(session.overlay()),
    )
    draw_camera(_KEY, asked, lambda: _take(session))
    refused = st.session_state.get("live-refused")
    if refused:
        st.error(f"What the camera sent was not taken. Reload the page. ({refused})")


def _take(session: LiveSession) -> None:
    """Read what the browser has sent, and say until where."""
    state = st.session_state
    sent = state[_KEY].get("seen")
    now = session.now()
    if now - state.get("live-received", float("-inf")) < _LEAST_BETWEEN:
        return
    state["live-received"] = now
    try:
        message = read_message(sent, SIZES)
    except ValueError as error:
        # Its own words say what is wrong with it, none of the browser's.
        state["live-refused"] = str(error)
        return
    state["live-taken"] = message.number
    state["live-refused"] = None
    session.receive(message)


def camera_state() -> str:
    """Return what the browser says of the camera: "off", "loading", "on", or why there is none."""
    said = st.session_state.get(_KEY) or {}
    state = said.get("state")
    if isinstance(state, str) and state in ("loading", "on", *TROUBLES):
        return state
    return "off"


def trouble_in_browser(state: str) -> Trouble | None:
    """Return why there is no camera, None while nothing is known to be wrong."""
    return TROUBLES.get(state)


def offer_the_app() -> None:
    """Offer to let the app find the hand instead."""
    if st.button("Let the app find the hand", on_click=_change_way):
        st.rerun()  # all of the page, of which what is drawn now is a part


def _change_way() -> None:
    st.session_state[_WAY] = "app"
