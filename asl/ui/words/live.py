"""The camera of the Words page: the video, and beside it what is made of the signs."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from asl.bundle import ModelBundle
from asl.ui.hand_camera.body import can_read
from asl.ui.live.browser import Browser
from asl.ui.live.camera import (
    connect,
    find_trouble,
    say_trouble,
    show_failure,
    show_pulse,
    waited,
)
from asl.ui.live.in_browser import (
    Way,
    camera_state,
    choose_way,
    offer_the_app,
    show_camera,
    trouble_in_browser,
)
from asl.ui.live.reader import pace
from asl.ui.shared.model_choice import model_key
from asl.ui.shared.text import escape_markdown
from asl.ui.words.model import load_words
from asl.ui.words.session import Options, Status, WordSession
from asl.workspace import hosted

#: Where the visit keeps what reads its camera, where hands are found, and what the browser says of
#: the camera in which it finds them.
_SESSION, _WAY, _CAMERA = "words-session", "words-way", "words-hands"

#: Where hands are found → what is said of the video.
_WHAT_IS_SENT: dict[Way, str] = {
    "browser": "The video stays in your browser. The app gets the places of joints alone, and "
    "keeps those of the last word for this visit.",
    "app": "The video goes from your browser to the app and back, and is read in memory. Of what "
    "it shows, only the places of joints are kept, for this visit.",
}

Panel = Callable[[WordSession, Status], None]


def session_of_visit() -> WordSession:
    """Return what reads this visitor's camera."""
    if _SESSION not in st.session_state:
        st.session_state[_SESSION] = WordSession()
    return st.session_state[_SESSION]


def show_live(
    bundle: ModelBundle,
    browser: Browser,
    panel: Panel,
    above: Callable[[], None] | None = None,
) -> None:
    """Draw the video, and beside it a panel that is drawn again once or twice a second.

    Args:
        browser: what it says of its cameras.
        above: draws what stands above the panel and is drawn with the page alone.
    """
    session = session_of_visit()
    video, side = st.columns([3, 2], gap="medium")
    with side:
        if above is not None:
            above()
        place = st.container()
        predictor = load_words(bundle)
        way = choose_way(
            can_read(predictor),
            "This model reads more than hands, so the app finds body and face, and not the page.",
            "where the joints of your hands and your shoulders are",
            # The app finds hands by their arms as well, and so more of them.
            "browser" if hosted() else "app",
            _WAY,
        )
        mirror = st.toggle("Show me as in a mirror", value=True, key="words-mirror")
        st.caption(_WHAT_IS_SENT[way])
    in_browser = way == "browser"
    with video:
        session.choose(Options(model_key(bundle), predictor, mirror, in_browser))
        playing = signalling = False
        if in_browser:
            show_camera(_CAMERA, session)
        else:
            playing, signalling = connect(session, "words-camera")
    speed = pace()

    @st.fragment(run_every=speed)
    def watch() -> None:
        status = session.status()
        pulse = status.pulse
        if pulse.on and pace() != speed:
            st.rerun()
        if pulse.failure:
            show_failure(pulse.failure)
            return
        show_pulse(pulse)
        if status.hands_missing:
            st.warning(f"Nothing can be read here. {escape_markdown(status.hands_missing)}")
        state = camera_state(_CAMERA) if in_browser else ""
        plays, connects = playing or state == "on", signalling or state == "loading"
        time_without = waited(("words", plays, connects), pulse.on)
        trouble = trouble_in_browser(state) or find_trouble(
            browser, playing, signalling, pulse.on or state in ("loading", "on"), time_without
        )
        if trouble:
            say_trouble(trouble)
            if in_browser and not trouble.waits:
                offer_the_app(_WAY)
            st.caption("Films can be uploaded or recorded without this: choose **A film** above.")
        panel(session, status)

    with place:
        watch()
