"""Every sign with its figures, to be searched: where there are more than a figure can hold."""

from __future__ import annotations

import streamlit as st

from asl.evaluation.metrics import Scores, confused_pairs
from asl.figures.wording import Wording
from asl.labels import display_name
from asl.ui.shared.text import safe_cell

_SHARES = ("precision", "recall", "F1")


def show_sign_table(scores: Scores, words: Wording) -> None:
    """Draw a row for each sign, the hardest first, with what it is most often taken for."""
    taken: dict[str, str] = {}
    for meant, answered, count in confused_pairs(scores):
        taken.setdefault(meant, f"{display_name(answered)} ({count})")
    text = st.text_input("Search the signs", key="signs-search", max_chars=64).strip().casefold()
    rows = [
        {
            "sign": safe_cell(display_name(label)),
            "F1": one.f1,
            "recall": one.recall,
            "precision": one.precision,
            words.examples: one.support,
            "most often taken for": safe_cell(taken.get(label, "")),
        }
        for label, one in sorted(scores.per_class.items(), key=lambda item: item[1].f1)
        if text in display_name(label).casefold()
    ]
    st.caption(f"{len(rows)} of {len(scores.per_class)} signs")
    if not rows:
        st.info("No tested sign holds this. Other spellings may find it.")
        return
    percent = st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1)
    st.dataframe(
        rows,
        hide_index=True,
        column_config=dict.fromkeys(_SHARES, percent),
        alt="Every sign with its figures",
    )
