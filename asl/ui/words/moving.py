"""Show people who sign as drawn films, which the browser plays with its own controls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import streamlit as st

from asl.figures.motion.drawing import Paper
from asl.figures.motion.film import RATE, film
from asl.figures.motion.lines import describe
from asl.figures.motion.stand_in import with_body
from asl.inference.sequences.lexicon import Example
from asl.inference.sequences.posture import has_body
from asl.labels import display_name
from asl.ui.shared.figure_view import theme_colours
from asl.ui.words.kept import keep

_FASTEST = 60.0


def paper(side: int = Paper.side) -> Paper:
    """Return what is drawn on, in the colours of the visitor's theme.

    Args:
        side: in pixels.
    """
    text, background = theme_colours()
    return Paper(side, background, text)


def rate_of(seconds: np.ndarray) -> float:
    """Return how many frames a second a film has, by the (T,) times of its frames."""
    lasts = float(seconds[-1] - seconds[0])
    return min(_FASTEST, (len(seconds) - 1) / lasts) if lasts > 0 else RATE


def play(content: bytes, alt: str, still: bool, wide: bool = False) -> None:
    """Play a drawn film again and again.

    Args:
        still: the visitor's system asks for less movement, so that it waits to be started.
        wide: it shows two people, and gets all the room that there is.
    """
    width: int | Literal["stretch"] = "stretch" if wide else Paper().side
    st.video(content, "video/webm", loop=True, muted=True, autoplay=not still, alt=alt, width=width)


def show_moving(
    points: np.ndarray,
    seconds: np.ndarray,
    still: bool,
    decisive: Sequence[int] = (),
) -> None:
    """Play what was seen in a visitor's film.

    Args:
        points: (T, 543, 2 or 3) in the common frame, a hand in some of them.
        seconds: (T,) of each frame.
        still: see `play`.
        decisive: frames that decided.
    """
    on, rate = paper(), rate_of(seconds)
    drawn = keep(
        "film",
        (hash(points.tobytes()), tuple(decisive), on),
        lambda: film(points, decisive, on, rate),
    )
    times = [float(seconds[frame] - seconds[0]) for frame in decisive]
    play(drawn, describe(points, float(seconds[-1] - seconds[0]), decisive=times), still)


def show_example(example: Example, word: str, still: bool) -> None:
    """Play the example of a word and say whose it is."""
    alt = describe(example.points, example.seconds, display_name(word))
    play(_example(example.points, example.rate, paper()), alt, still)
    said = [f"Mean movement of {example.people} people."] if example.people > 1 else []
    if not has_body(example.points):
        said.append("Head and shoulders are drawn where a dictionary's signer would have them.")
    if said:
        st.caption(" ".join(said))


@st.cache_data(max_entries=500, show_spinner="Drawing…")
def _example(points: np.ndarray, rate: float, on: Paper) -> bytes:
    """Draw an example; no visitor's, so that all may share it."""
    return film(with_body(points), paper=on, rate=rate)
