"""Test clips as the Scores page shows them: a drawn person in each, and one that moves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from asl.bundle import ModelBundle
from asl.data.sequences.layout import HANDS, seen
from asl.evaluation.sequences.clips import read_clips
from asl.figures.motion.drawing import View, still
from asl.figures.motion.film import RATE
from asl.ui.shared.text import escape_markdown
from asl.ui.words.model import load_words
from asl.ui.words.moving import paper, show_moving
from asl.workspace import workspace

#: So many are drawn at a time.
MOST = 8
_SIDE = 240


def read(bundle: ModelBundle, paths: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the landmarks of each clip, (T, 543, 3), as far as it can be read.

    They are those that the model looks at.
    """
    return _landmarks(bundle, paths, workspace() / "cache")


def keep(bundle: ModelBundle, paths: Sequence[str], cache: Path) -> dict[str, np.ndarray]:
    """Return the same of clips whose files will be gone, from a cache in which they are."""
    found = _landmarks(bundle, paths, cache)
    return {path: points.astype(np.float16) for path, points in found.items()}


def _landmarks(bundle: ModelBundle, paths: Sequence[str], cache: Path) -> dict[str, np.ndarray]:
    return read_clips(paths, cache, load_words(bundle).preparation.selection) if paths else {}


def draw(shown: Sequence[tuple[str, np.ndarray]]) -> None:
    """Draw the middle of each clip side by side, and below them one as it moves.

    Args:
        shown: what is said of each, in plain text, and its landmarks.
    """
    with st.grid(min_column_width=150, gap="small"):
        for words, points in shown:
            st.image(_middle(points), caption=escape_markdown(words), alt=words, width="stretch")
    place = st.selectbox(
        "See it move",
        range(len(shown)),
        index=None,
        format_func=lambda number: shown[number][0],
        placeholder="Choose a clip",
        key="moving-clip",
    )
    if place is not None:
        points = shown[place][1]
        with st.container(width=420):
            show_moving(points, np.arange(len(points)) / RATE, still=True)


def _middle(points: np.ndarray) -> bytes:
    """Draw the frame in the middle of those in which a hand is seen."""
    frames = np.flatnonzero(seen(points[:, list(HANDS.rows)]).any(1))
    middle = points[frames[len(frames) // 2]].astype(np.float32)
    return still(middle, paper(_SIDE), View.of(middle[None]))
