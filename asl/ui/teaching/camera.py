"""Teach the model the visitor's hand from the camera: a sign is shown, and some frames are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from asl.bundle import ModelBundle
from asl.hands.landmarks import normalise
from asl.inference.pictures.taught import FEWEST, Sample
from asl.labels import display_name
from asl.ui.shared.text import escape_markdown
from asl.ui.teaching.kept import count_in_words, lessons_of, teach

if TYPE_CHECKING:
    from asl.inference.pictures.stream import Sight
    from asl.ui.live.session import LiveSession

#: Seconds between two samples, so that the hand can be moved a little.
_BETWEEN = 0.8


class Lesson:
    """Samples of one sign that are being taken from a camera.

    Attributes:
        sign: that is shown, "" while nothing is taught.
        samples: so far, of the hand at rest, as both networks read it.
    """

    def __init__(self) -> None:
        self.sign = ""
        self.samples: list[Sample] = []
        self._last = float("-inf")

    def begin(self, sign: str) -> None:
        """Take samples of a sign from now on."""
        self.sign, self.samples, self._last = sign, [], float("-inf")

    @property
    def is_complete(self) -> bool:
        """Whether there are as many samples as are asked for."""
        return len(self.samples) >= FEWEST

    def see(self, sight: Sight) -> None:
        """Take a sample of a frame, if one is wanted and the hand in it was looked at closely."""
        if not self.sign or self.is_complete or not sight.by_picture:
            return
        if sight.hand is None or sight.logits is None or sight.at - self._last < _BETWEEN:
            return
        points = normalise(sight.hand.landmarks, sight.hand.side)
        self.samples.append(Sample(self.sign, points, sight.logits))
        self._last = sight.at

    def end(self) -> list[Sample]:
        """Return the samples, and begin anew."""
        samples = self.samples
        self.begin("")
        return samples


def show_lesson(
    session: LiveSession, bundle: ModelBundle, signs: Sequence[str], asked: str = ""
) -> None:
    """Let the visitor teach a sign that the model reads wrongly, and keep what was shown.

    Args:
        signs: those that are possible.
        asked: the sign that is being practised, "" if none is.
    """
    with session.lock:
        sign, count = session.lesson.sign, len(session.lesson.samples)
        samples = session.lesson.end() if session.lesson.is_complete else []
    if samples:
        teach(bundle, samples)
        st.rerun()  # the camera reads with it from now on
    if sign:
        shown = escape_markdown(display_name(sign))
        st.info(
            f"Hold **{shown}** and move it a little: {count} of {FEWEST}.", icon=":material/school:"
        )
        st.button("Stop teaching", key="live-lesson-stop", on_click=_begin, args=(session, ""))
        return
    with st.popover("Wrong? Teach it your hand", icon=":material/school:"):
        chosen = st.selectbox(
            "I show",
            list(signs),
            index=list(signs).index(asked) if asked in signs else None,
            format_func=display_name,
            placeholder="Choose the sign",
            key=f"live-lesson-{asked}",
        )
        if chosen is not None:
            st.markdown(count_in_words(lessons_of(bundle), chosen))
            st.button(
                "Learn it from the camera",
                key="live-learn",
                on_click=_begin,
                args=(session, chosen),
            )
        st.caption("Joints are kept, no picture. The Photo page switches it off or deletes it.")


def _begin(session: LiveSession, sign: str) -> None:
    with session.lock:
        session.lesson.begin(sign)
