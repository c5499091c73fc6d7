"""The camera as Streamlit draws it: what the page's script is given, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import streamlit as st

from asl.hands.detector import BONES
from asl.ui.hand_camera.files import address
from asl.ui.hand_camera.messages import Cut

_HERE = Path(__file__).parent

_camera = st.components.v2.component(
    "asl_hand_camera",
    html=(_HERE / "camera.html").read_text(encoding="utf-8"),
    css=(_HERE / "camera.css").read_text(encoding="utf-8"),
    js=(_HERE / "camera.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Asked:
    """What the camera is told: what to send, and what to write on the video.

    Attributes:
        taken: number of the last message that was read; the next one is sent after it.
        sends: what is sent, a sentence.
        cut: which cut-out is wanted, None for none.
        both: whether both hands and the shoulders are wanted, and no cut-out.
        lost: another number than before: what is followed may be no hand, and is to be searched
            for again.
        sign: to write large, "" for none.
        note: a few words below it.
        progress: how much of the hold has passed, 0–1; None without a ring.
        caption: a line at the bottom.
        mirror: show the video as a mirror would.
    """

    taken: int
    sends: str
    cut: Cut | None = None
    both: bool = False
    lost: int = 0
    sign: str = ""
    note: str = ""
    progress: float | None = None
    caption: str = ""
    mirror: bool = True
    files: str = field(default_factory=address)
    bones: tuple[tuple[int, int], ...] = BONES


def draw_camera(key: str, asked: Asked, on_seen: Callable[[], None]) -> None:
    """Draw the camera.

    Args:
        key: under which `st.session_state` holds what it says: "seen" and "state".
        on_seen: called in each run that a message has brought about, before the run.
    """
    _camera(key=key, data=asdict(asked), on_seen_change=on_seen, on_state_change=lambda: None)
