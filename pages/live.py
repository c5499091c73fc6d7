"""Live page: read signs from the camera, spell with them, practise them, record them."""

import streamlit as st

from asl.inference.next_letter import english
from asl.inference.speller import HoldSettings
from asl.inference.stream import possible_signs
from asl.ui import live_modes
from asl.ui.live_browser import ask_browser
from asl.ui.live_camera import (
    connect,
    find_trouble,
    load_landmark_eye,
    offer_pictures,
    show_failure,
    waited,
)
from asl.ui.live_session import LiveSession, Options
from asl.ui.models import choose_candidates, choose_model, load_predictor, model_key
from asl.ui.text import escape_markdown

MODES = {"recognise": "Recognise", "spell": "Spell", "practice": "Practise", "record": "Record"}

pace = live_modes.pace()


@st.fragment(run_every=pace)
def watch() -> None:
    """Show how the camera is doing and the panel of the mode, once or twice a second."""
    status = session.status()
    if status.on and pace != live_modes.pace():
        st.rerun()
    if status.failure:
        show_failure(status.failure)
        return
    if status.on:
        st.caption(
            f"Frame {status.frames} · {status.rate:.1f} frames a second · "
            f"answer after {status.milliseconds:.0f} ms"
        )
    if status.hands_missing:
        st.warning(
            "Hands cannot be searched for here, so only the picture network can answer. "
            + escape_markdown(status.hands_missing)
        )
    if status.no_answer:
        st.warning(f"The model gives no answer here. {escape_markdown(status.no_answer)}")
    time_without = waited((playing, signalling), status.on)
    trouble = find_trouble(browser, playing, signalling, status.on, time_without)
    if trouble:
        offer_pictures(trouble, bundle, predictor, wanted)
    if mode == "recognise":
        live_modes.show_recognised(status)
    elif mode == "spell":
        live_modes.show_spelling(session, status)
    elif mode == "practice":
        live_modes.show_practice(session, status, bundle.card.handshapes, signs)
    else:
        live_modes.show_recorder(session, signs)


st.title("Live camera", anchor=False)
st.markdown(
    "Show one hand to the camera and press **START**. The app reads handshapes of American Sign "
    "Language (ASL), letter by letter; it does not translate."
)
session = st.session_state.setdefault("live-session", LiveSession())
mode = st.segmented_control(
    "What to do",
    list(MODES),
    format_func=MODES.get,
    default="recognise",
    required=True,
    key="live-mode",
    label_visibility="collapsed",
)
video, panel = st.columns([3, 2], gap="medium")
with panel:
    place = st.container()
    choice = st.container()
    with st.expander("Model and settings", icon=":material/tune:"):
        bundle = choose_model()
        mirror = st.toggle("Show me as in a mirror", value=True, key="live-mirror")
        hold = st.slider("Hold a sign for", 0.3, 2.0, 0.6, 0.1, "%.1f s", key="live-hold")
        again = st.slider(
            "Held on, take it again after",
            0.0,
            4.0,
            2.0,
            0.5,
            "%.1f s",
            key="live-again",
            help="0 means never.",
        )
        controls = st.toggle(
            "Signs for space and delete",
            value=True,
            key="live-controls",
            help="While spelling, as far as the model knows them.",
        )
        motion = mode in ("spell", "practice") and st.toggle(
            "J and Z by their movement (experimental)",
            # A still I is a J half drawn, so that words are spelled better with it.
            value=mode == "spell",
            key=f"live-motion-{mode}",
            help="Tested on drawn paths only, not yet on recordings. While it is on, J and Z are "
            "not read from a hand that is held still.",
        )
        english_helps = mode == "spell" and st.toggle(
            "English helps with unclear letters",
            value=True,
            key="live-english",
            help="A hand that could be two letters is taken for the one that is likelier after "
            "those before. Turn it off for names and for other languages.",
        )
    with choice:
        wanted = choose_candidates(bundle.card.labels)
    st.caption(
        "The video goes from your browser to the app and back, and is read in memory. Nothing is "
        "stored unless you record and save it."
    )
predictor = load_predictor(bundle)
signs = possible_signs(bundle.card.labels, wanted, controls and mode == "spell", motion)
with video:
    browser = ask_browser()
    session.choose(
        Options(
            model=model_key(bundle),
            predictor=predictor,
            landmark_eye=load_landmark_eye(bundle),
            signs=signs,
            mode=mode,
            hold=HoldSettings(hold=hold, again=again),
            motion=motion,
            next_letter=english() if english_helps else None,
            mirror=mirror,
            in_steps=browser.stillness,
        )
    )
    playing, signalling = connect(session)
with place:
    watch()
