"""Live page: read signs from the camera, spell with them, practise them, record them."""

import streamlit as st

from asl.inference.next_letter import english
from asl.inference.pictures.stream import possible_signs
from asl.ui.live.browser import ask_browser
from asl.ui.live.camera import (
    connect,
    find_trouble,
    load_landmark_only,
    offer_pictures,
    say_trouble,
    show_failure,
    show_pulse,
    waited,
)
from asl.ui.live.in_browser import camera_state, offer_the_app, show_camera, trouble_in_browser
from asl.ui.live.panels.choice import PANELS
from asl.ui.live.panels.view import View
from asl.ui.live.reader import pace
from asl.ui.live.session import LiveSession, Options
from asl.ui.live.settings import WAY, choose_settings
from asl.ui.shared.model_choice import load_predictor, model_key, say_hands_missing
from asl.ui.shared.text import escape_markdown
from asl.ui.teaching.camera import show_lesson
from asl.ui.teaching.kept import taught_hand

PACE = pace()
#: Key of the camera in which the browser finds the hand.
CAMERA = "live-hands"


@st.fragment(run_every=PACE)
def watch() -> None:
    """Show how the camera is doing and the panel of the mode, once or twice a second."""
    status = session.status()
    pulse = status.pulse
    if pulse.on and pace() != PACE:
        st.rerun()
    if pulse.failure:
        show_failure(pulse.failure)
        return
    show_pulse(pulse)
    say_hands_missing(status.hands_missing)
    if status.no_answer:
        st.warning(f"The model gives no answer here. {escape_markdown(status.no_answer)}")
    state = camera_state(CAMERA) if in_browser else ""
    plays, connects = playing or state == "on", signalling or state == "loading"
    time_without = waited((plays, connects), pulse.on)
    trouble = trouble_in_browser(state) or find_trouble(
        browser, playing, signalling, pulse.on or state in ("loading", "on"), time_without
    )
    if trouble:
        say_trouble(trouble)
        if in_browser and not trouble.waits:
            offer_the_app(WAY)
        offer_pictures(settings.bundle, predictor, settings.wanted)
    PANELS[mode].show(View(session, status, signs, settings.bundle.card.handshapes))
    if mode != "record":
        asked = session.practising.wanted if mode == "practice" else ""
        show_lesson(session, settings.bundle, signs, asked)


st.title("Live camera", anchor=False)
st.markdown(
    "Show one hand to the camera and press **START**. The app reads handshapes of American Sign "
    "Language (ASL), letter by letter; it does not translate."
)
session = st.session_state.setdefault("live-session", LiveSession())
mode = st.segmented_control(
    "What to do",
    list(PANELS),
    format_func=lambda name: PANELS[name].label,
    default="recognise",
    required=True,
    key="live-mode",
    label_visibility="collapsed",
)
video, panel = st.columns([3, 2], gap="medium")
with panel:
    place = st.container()
    settings = choose_settings(mode)
in_browser = settings.way == "browser"
predictor = load_predictor(settings.bundle)
signs = possible_signs(
    settings.bundle.card.labels, settings.wanted, settings.controls, settings.motion
)
with video:
    browser = ask_browser()
    session.choose(
        Options(
            model=model_key(settings.bundle),
            predictor=predictor,
            landmark_only=load_landmark_only(settings.bundle),
            signs=signs,
            mode=mode,
            hold=settings.hold,
            motion=settings.motion,
            next_letter=english() if settings.english else None,
            mirror=settings.mirror,
            in_steps=browser.stillness,
            in_browser=in_browser,
            taught=taught_hand(settings.bundle),
        )
    )
    playing = signalling = False
    if in_browser:
        show_camera(CAMERA, session)
    else:
        playing, signalling = connect(session)
with place:
    watch()
