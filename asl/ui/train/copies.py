"""Settle copies in a data set, and pictures that look alike but have different labels."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from asl.data.library.checkup import Checkup
from asl.data.library.dataset import Dataset
from asl.labels import display_name
from asl.ui.shared.kinds import kind_called
from asl.ui.shared.text import escape_markdown
from asl.ui.train.changes import apply_change
from asl.ui.train.gallery import THUMB

_MOST_PAIRS = 12


def show_copies(dataset: Dataset, found: Checkup) -> None:
    """Let the visitor leave out copies and say what pairs that contradict each other show."""
    offer_copies(dataset, found)
    pairs = found.contradictions
    if pairs.empty:
        st.markdown("No two pictures that look alike have different names.")
    else:
        st.markdown(
            f"**Pairs that look alike and are called differently:** {len(pairs):,}. "
            "What do they show?"
        )
    for number, pair in enumerate(pairs.head(_MOST_PAIRS).itertuples(), start=1):
        _settle(dataset, pair, number)
    if len(pairs) > _MOST_PAIRS:
        st.caption(f"{len(pairs) - _MOST_PAIRS:,} more come up as these are settled.")
    st.caption(
        f"{found.near_share:.0%} of the pictures look nearly like another one. Pictures taken in "
        "a row do; they teach little, and flatter a score from a random split."
    )


def offer_copies(dataset: Dataset, found: Checkup) -> None:
    """Let the visitor leave out examples that are the same as others."""
    kind = kind_called(dataset.kind)
    surplus = [path for group in found.copies for path in group[1:]]
    if surplus:
        st.markdown(f"**Copies of other {kind.examples}, byte for byte:** {len(surplus):,}")
        if st.button("Leave out the copies", key=f"copies-{dataset.id}"):
            apply_change(lambda: dataset.leave_out(surplus, f"a copy of another {kind.example}"))


def _settle(dataset: Dataset, pair: Any, number: int) -> None:
    """Show two pictures that look alike and ask which of their labels is right for both.

    Args:
        pair: a row of `Checkup.contradictions`: paths a and b, label_a and label_b.
        number: of the pair, counted from 1.
    """
    both = [pair.a, pair.b]
    labels = [pair.label_a, pair.label_b]
    key = f"{dataset.id}-{pair.a}-{pair.b}"
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        for path, name in zip(both, map(display_name, labels), strict=True):
            with st.container(width=THUMB + 16, gap=None):
                st.image(dataset.thumbnail(path), width=THUMB, alt=f"Pair {number}: {name}")
                st.caption(escape_markdown(name))
        for label in labels:
            name = escape_markdown(display_name(label))
            if st.button(f"Both {name}", key=f"both-{label}-{key}"):
                apply_change(partial(dataset.relabel, both, label))
        if st.button("Leave both out", key=f"neither-{key}"):
            apply_change(lambda: dataset.leave_out(both))
