"""Ask what the names in an upload alone do not tell."""

from collections.abc import Sequence

import streamlit as st

from asl.figures.text import shorten
from asl.ui.shared.text import escape_markdown

_LONGEST_MEANING = 160


def choose_reading(question: str, choices: Sequence[tuple[str, str]], key: str) -> str:
    """Let the visitor choose one of several possible answers; returns it.

    Args:
        choices: answers and what each means, the likeliest first; see `asl.data.problems.Question`.
    """
    meanings = dict(choices)
    return st.radio(
        question,
        list(meanings),
        format_func=lambda answer: escape_markdown(shorten(meanings[answer], _LONGEST_MEANING)),
        key=key,
    )
