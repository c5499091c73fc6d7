"""The test examples behind a score: they themselves, if they are here, and their scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from asl.bundle import ModelBundle
from asl.evaluation.recorded import TestPredictions
from asl.evaluation.sources import find_examples
from asl.figures.wording import Wording, wording_of
from asl.labels import display_name
from asl.ui.scores import drawn_clips, drawn_pictures
from asl.ui.scores.own_examples import previews
from asl.ui.shared.csv_button import offer_rows
from asl.ui.shared.model_choice import what_it_reads
from asl.ui.shared.text import safe_cell

_MOST_ROWS = 200
#: What a model reads → how its examples are read and drawn.
_DRAWN = {"pictures": drawn_pictures, "sequences": drawn_clips}


def show_examples(bundle: ModelBundle, recorded: TestPredictions) -> None:
    """Draw some test examples, the surest answers first: themselves if possible, and as rows."""
    words = wording_of(bundle)
    recorded = recorded.take(np.argsort(-recorded.confidence, kind="stable")[:_MOST_ROWS])
    drawn = _draw(bundle, recorded)
    rows = _table(recorded, words)
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "sure": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1)
        },
        alt=f"The {words.examples} and their scores",
    )
    offer_rows(rows, words.examples, words.examples)
    if not drawn:
        st.caption(
            f"The {words.examples} themselves are not shown: a model keeps only the scores of its "
            f"test {words.examples}. They appear here for models trained in this workspace, as "
            f"long as the files are where they were, and for {words.examples} of your own."
        )


def _draw(bundle: ModelBundle, recorded: TestPredictions) -> bool:
    """Draw the first few; returns whether any of them is here."""
    kind = _DRAWN[what_it_reads(bundle)]
    rows = recorded.rows.head(kind.MOST)
    paths = rows["path"].tolist() if "path" in rows else find_examples(bundle, rows)
    known: Mapping[str, Any] = previews()
    read: Mapping[str, Any] = kind.read(bundle, [one for one in paths if one and one not in known])
    shown = []
    for path, row, answer, sure in zip(
        paths, rows.itertuples(), recorded.answers, recorded.confidence, strict=False
    ):
        example = known.get(path, read.get(path))
        if example is not None:
            meant, said = display_name(row.label), display_name(str(answer))
            shown.append((f"{row.picture}: {meant}, answered {said}, {sure:.0%}", example))
    if shown:
        kind.draw(shown)
    return bool(shown)


def _table(recorded: TestPredictions, words: Wording) -> list[dict[str, object]]:
    """Return one row for each example with its three best candidates."""
    best = np.argsort(-recorded.scores, axis=1)[:, :3]
    rows = []
    for number, row in enumerate(recorded.rows.itertuples()):
        top = "  ".join(
            f"{recorded.labels[i]} {recorded.scores[number, i]:.0%}" for i in best[number]
        )
        entry = {
            words.example: row.picture,
            "meant": row.label,
            "answered": str(recorded.answers[number]),
            "sure": round(float(recorded.confidence[number]), 3),
            "best three": top,
            **({words.found: "yes" if row.found else "no"} if words.found else {}),
            "person": row.person,
            "data": row.source,
        }
        rows.append({name: safe_cell(value) for name, value in entry.items()})
    return rows
