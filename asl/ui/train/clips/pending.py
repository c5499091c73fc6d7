"""Films that a visitor has given for a data set, until their landmarks are found and kept.

They wait in the visit, so that none is lost where the page is drawn again meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from asl.data.library.dataset import find_dataset
from asl.data.sequences.limits import SequenceError
from asl.hands.networks import HandsUnavailable
from asl.labels import display_name
from asl.ui.shared.text import escape_markdown, shown_name
from asl.ui.train.changes import reason_of


@dataclass(frozen=True)
class Given:
    """A film that a visitor gave.

    Attributes:
        name: of its file, for messages.
        content: encoded.
        sign: that it shows.
        person: who signs; None if unknown.
        keep: the film is kept as well.
        counts: it came from the camera, which sends the next one when it has been counted.
    """

    name: str
    content: bytes
    sign: str
    person: str | None
    keep: bool
    counts: bool = False


def wait_for(name: str, given: Sequence[Given]) -> None:
    """Let films wait for the data set whose id is `name`."""
    st.session_state.setdefault(_waiting(name), []).extend(given)


def taken_of(name: str) -> int:
    """Return how many films of the camera were taken in for that data set during this visit."""
    return st.session_state.get(f"clips-taken-{name}", 0)


def refusals(name: str) -> list[str]:
    """Return why films of that data set could not be taken, once, as plain text."""
    return st.session_state.pop(f"clips-refused-{name}", [])


def take_given(name: str) -> None:
    """Find the landmarks of the films that wait, keep them, and draw the page again."""
    waiting = st.session_state.get(_waiting(name), [])
    if not waiting:
        return
    total = len(waiting)
    progress = st.progress(0.0)
    while waiting:
        given = waiting[0]
        sign = escape_markdown(display_name(given.sign))
        done = total - len(waiting)
        count = f", {done + 1} of {total}" if total > 1 else ""
        progress.progress(done / total, f"Finding hands, face and body: {sign}{count}")
        reason = _take(name, given)
        waiting.pop(0)
        if given.counts:
            st.session_state[f"clips-taken-{name}"] = taken_of(name) + 1
        if reason:
            st.session_state.setdefault(f"clips-refused-{name}", []).append(reason)
    st.rerun()


def _take(name: str, given: Given) -> str:
    """Put a film into the data set; returns why it could not be, "" if it was."""
    # Importing it at the start would load what reads films into every visit.
    from asl.data.library.clips import add_clip

    try:
        # As it is now: the film before may have named the first person.
        add_clip(find_dataset(name), given.content, given.sign, given.person, given.keep)
    except SequenceError as error:
        return f"{shown_name(given.name)}: {error.reason}. {error.advice}"
    except (ValueError, OSError) as error:
        return f"{shown_name(given.name)}: {reason_of(error)}"
    except HandsUnavailable as error:
        return f"films cannot be read here: {error}"
    return ""


def _waiting(name: str) -> str:
    return f"clips-waiting-{name}"
