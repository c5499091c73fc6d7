"""Test pictures as the Scores page shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from asl.bundle import ModelBundle
from asl.decoding import decode
from asl.images import PictureError, load_rgb
from asl.ui.shared.hand_drawing import picture_with_hand
from asl.ui.shared.text import escape_markdown

#: So many are drawn at a time.
MOST = 12


def read(bundle: ModelBundle, paths: Sequence[str]) -> dict[str, bytes]:
    """Return a small JPEG of each picture, as far as it can be read."""
    return _small(paths, load_rgb)


def keep(paths: Sequence[str]) -> dict[str, bytes]:
    """Return the same of a stranger's pictures, whose files will be gone."""
    return _small(paths, decode)


def _small(paths: Sequence[str], load: Callable[[str], np.ndarray]) -> dict[str, bytes]:
    found = {}
    for path in paths:
        try:
            found[path] = picture_with_hand(load(path), None)
        except PictureError:
            continue
    return found


def draw(shown: Sequence[tuple[str, bytes]]) -> None:
    """Draw pictures side by side.

    Args:
        shown: what is said of each, in plain text, and its JPEG.
    """
    with st.grid(min_column_width=140, gap="small"):
        for words, picture in shown:
            st.image(picture, caption=escape_markdown(words), alt=words, width="stretch")
