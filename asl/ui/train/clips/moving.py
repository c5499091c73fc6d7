"""Draw clips of a data set as people who move."""

from __future__ import annotations

import numpy as np
import streamlit as st

from asl.data.library.dataset import Dataset
from asl.data.sequences.layout import LEFT_HAND, RIGHT_HAND, seen
from asl.data.sequences.limits import SequenceError
from asl.figures.motion.film import film
from asl.figures.motion.lines import describe
from asl.ui.live.browser import ask_browser
from asl.ui.shared.text import escape_markdown
from asl.ui.words.kept import keep
from asl.ui.words.moving import paper, play

#: Side of the drawings in pixels.
SIDE = 240

# In the session's state: whether the visitor's system asks for less movement.
_STILL = "clips-still"


def ask_for_stillness() -> None:
    """Ask the browser whether films may play by themselves; to be done once for a page."""
    st.session_state[_STILL] = ask_browser().stillness


def show_clip(dataset: Dataset, path: str, name: str, place: str) -> str:
    """Draw a clip, or say why it cannot be drawn; returns which hands are seen in it, in words.

    Args:
        path: of the clip, as in the data set's table.
        name: what is drawn, plain text.
        place: on the page; what is drawn there is kept until another clip is.
    """
    # Importing it at the start would load what reads films into every visit.
    from asl.data.library.clips import read_clip

    try:
        points, every = read_clip(dataset, path)
    except (SequenceError, OSError) as error:
        st.warning(f"This clip cannot be drawn. {escape_markdown(str(error))}")
        return hands_seen(np.full((1, 543, 3), np.nan))
    on = paper(SIDE)
    drawn = keep(
        f"clip-{place}", (dataset.id, path, on), lambda: film(points, paper=on, rate=1 / every)
    )
    alt = f"{name}. {describe(points, len(points) * every)}"
    play(drawn, alt, still=bool(st.session_state.get(_STILL)))
    return hands_seen(points)


def hands_seen(points: np.ndarray) -> str:
    """Return in words which hands are seen, and for how much of the time.

    Args:
        points: (T, 543, 2 or 3), NaN where nothing was seen.
    """
    known, said = seen(points), []
    for name, rows in (("right", RIGHT_HAND), ("left", LEFT_HAND)):
        share = float(known[:, list(rows)].all(1).mean())
        if share > 0:
            said.append(f"the {name} hand in {share:.0%} of the frames")
    return " and ".join(said) or "no hand"
