"""Recognise: which sign is shown now."""

from __future__ import annotations

import streamlit as st

from asl.figures.text import percent
from asl.ui.live.panels.view import View


def show_recognised(view: View) -> None:
    """Say which sign is shown now, how sure that is, and with which hand."""
    held = view.status.held
    with st.container(key="sign-live" if held and len(held.label) <= 2 else "words-live"):
        st.header(view.shown, anchor=False)
    if held:
        st.progress(held.confidence, text=f"{percent(held.confidence)} sure")
    if view.status.hand:
        st.caption(f"{view.status.hand.capitalize()} hand")
