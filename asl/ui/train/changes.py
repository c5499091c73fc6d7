"""Change a data set as the visitor wants it, or say on the page why that cannot be done."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from asl.ui.shared.text import escape_markdown
from asl.workspace import disk_trouble


def apply_change(change: Callable[[], object]) -> None:
    """Change a data set and draw the page again; or say why it cannot be changed."""
    try:
        change()
    except (ValueError, OSError) as error:
        st.error(escape_markdown(reason_of(error)))
    else:
        st.rerun()


def reason_of(error: Exception) -> str:
    """Return in words why something cannot be done, as plain text."""
    return disk_trouble(error) if isinstance(error, OSError) else str(error)


def sentence(reason: str) -> str:
    """Return a reason as a sentence in Markdown."""
    reason = reason.strip().rstrip(".")
    return escape_markdown(f"{reason[:1].upper()}{reason[1:]}.")
