"""Take in a visitor's film, from a file or from the camera, and forget it again."""

from __future__ import annotations

import time
from contextlib import ExitStack

import streamlit as st

from asl.codecs.film import MAX_BYTES, MAX_SECONDS
from asl.hands.networks import HandsUnavailable
from asl.ui.components.film_recorder import record_film
from asl.ui.shared.text import escape_markdown, shown_name
from asl.ui.shared.uploads import forget_upload
from asl.ui.shell.fair_queue import READING
from asl.ui.words.film import Film, Looked, look_at
from asl.videos import SUFFIXES

UPLOAD = ":material/upload: Upload a film"
CAMERA = ":material/videocam: Record one"

#: Endings of files that the widget for uploads takes.
ENDINGS = sorted(SUFFIXES)

#: Seconds between two reports to the page: only there can a click stop the reading.
_REPORT = 0.2
#: Seconds of reading after which the time that is left is told.
_SURE = 1.0

# Where the visit keeps a film that is still to be read, and what was read of the last one.
_GIVEN, _LOOKED = "words-given", "words-looked"
# A widget forgets its file only when it gets another key.
_TURN = "words-turn"


def take_film() -> Looked | None:
    """Let the visitor give a film, and read it; returns what is known of the last one."""
    turn = st.session_state.setdefault(_TURN, 0)
    upload, camera = st.tabs([UPLOAD, CAMERA], key="words-source", on_change="rerun")
    with upload:
        file = st.file_uploader(
            f"A film of one sign, up to {MAX_SECONDS} seconds",
            type=ENDINGS,
            max_upload_size=MAX_BYTES >> 20,
            key=f"words-film-{turn}",
        )
        if file is not None:
            st.session_state[_GIVEN] = Film(file.name, file.getvalue())
            forget_upload(file)
    # The camera is opened by a button in it, and only there.
    if camera.open:
        with camera:
            _record()
    given = st.session_state.get(_GIVEN)
    if given is not None:
        st.session_state[_LOOKED] = _read(given)
        st.session_state.pop(_GIVEN)
        st.session_state[_TURN] += 1
        st.rerun()
    return st.session_state.get(_LOOKED)


def give_looked(looked: Looked) -> None:
    """Show what is known of this, as if it had been read from a film of the visitor's."""
    forget_film()
    st.session_state[_LOOKED] = looked


def forget_film() -> None:
    """Forget the visitor's film, and what was seen in it."""
    forget_unread()
    st.session_state.pop(_LOOKED, None)
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1


def forget_unread() -> None:
    """Forget a film whose reading was left for something else."""
    st.session_state.pop(_GIVEN, None)


def _record() -> None:
    try:
        content = record_film("words-recorder")
    except ValueError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
        return
    if content is not None:
        st.session_state[_GIVEN] = Film("Recording", content)


def _read(film: Film) -> Looked:
    """Look at a film, saying how far that is, until it is done or the visitor does not want it."""
    place = st.container()
    with place:
        progress = st.progress(0.0, f"Reading {escape_markdown(shown_name(film.name))}")
        st.button("Cancel", icon=":material/close:", key="words-cancel", on_click=forget_film)
    visit, start, told = READING.arrive(), time.monotonic(), 0.0
    with ExitStack() as turn:
        turn.enter_context(visit.turn())

        def report(done: int, frames: int) -> None:
            nonlocal told
            # Others who wait are served between two frames.
            turn.close()
            took = time.monotonic() - start
            if took - told >= _REPORT:
                told = took
                progress.progress(*how_far(done, frames, took))
            turn.enter_context(visit.turn())

        try:
            return look_at(film, report)
        except HandsUnavailable as error:
            st.error(f"Films cannot be read here. {escape_markdown(str(error))}")
            st.session_state.pop(_GIVEN)
            st.stop()


def how_far(done: int, frames: int, took: float) -> tuple[float, str]:
    """Return the share that is read, and the same in words."""
    if done >= frames:  # a film that does not say how long it is
        return 0.0, f"{done} frames read"
    left = took / done * (frames - done)
    said = f", about {left:.0f} s left" if took >= _SURE else ""
    return done / frames, f"{done} of {frames} frames read{said}"
