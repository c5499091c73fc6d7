"""The settings beside the video: which model, where the hand is found, and how signs are taken."""

from __future__ import annotations

import os
from dataclasses import dataclass

import streamlit as st

from asl.bundle import ModelBundle
from asl.inference.speller import HoldSettings
from asl.ui.live.camera import ACCOUNTS
from asl.ui.live.found import SIZES, can_read
from asl.ui.live.in_browser import Way, choose_way
from asl.ui.live.modes import ModeName
from asl.ui.shared.model_choice import choose_candidates, choose_model
from asl.workspace import hosted

#: Key of the choice where the hand is found.
WAY = "live-way"


@dataclass(frozen=True)
class Settings:
    """What the visitor chose.

    Attributes:
        bundle: the model.
        wanted: candidate set: "letters", "digits" or "all".
        way: where the hand is found.
        mirror: show the camera as a mirror.
        hold: how signs are taken.
        controls: look for the signs for space and delete, too.
        motion: J and Z are read by their movement.
        english: the letters before tell which is likelier.
    """

    bundle: ModelBundle
    wanted: str
    way: Way
    mirror: bool
    hold: HoldSettings
    controls: bool
    motion: bool
    english: bool


def default_way() -> Way:
    """Return where the hand is found if nobody chooses.

    Video needs a relay to reach the app from everywhere, and the processor of who hosts it.
    """
    relay = any(os.environ.get(name) for name in ACCOUNTS)
    return "app" if relay and not hosted() else "browser"


def choose_settings(mode: ModeName) -> Settings:
    """Let the visitor choose, in the order in which it matters: the signs stand outside."""
    choice = st.container()
    with st.expander("Model and settings", icon=":material/tune:"):
        bundle = choose_model("pictures")
        way = choose_way(
            can_read(bundle.card),
            "This model reads whole pictures, so the app finds the hand, and not the page.",
            "where the joints are and a small cut-out of the hand",
            default_way(),
            WAY,
        )
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
        english = mode == "spell" and st.toggle(
            "English helps with unclear letters",
            value=True,
            key="live-english",
            help="A hand that could be two letters is taken for the one that is likelier after "
            "those before. Turn it off for names and for other languages.",
        )
    with choice:
        wanted = choose_candidates(bundle.card.labels)
    _say_what_is_sent(way)
    return Settings(
        bundle,
        wanted,
        way,
        mirror,
        HoldSettings(hold=hold, again=again),
        controls and mode == "spell",
        motion,
        english,
    )


def _say_what_is_sent(way: Way) -> None:
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
