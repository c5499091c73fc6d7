"""What takes a while to be made from a visitor's landmarks, kept for this visit alone."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

import streamlit as st

T = TypeVar("T")


def keep(name: str, of: Hashable, make: Callable[[], T]) -> T:
    """Return what `make` returns, made again only where it is to be of something else.

    Args:
        name: of what is kept; the last one of each name is.
        of: what it is made of.
    """
    key = f"words-kept-{name}"
    kept = st.session_state.get(key)
    if kept is None or kept[0] != of:
        kept = st.session_state[key] = (of, make())
    return kept[1]
