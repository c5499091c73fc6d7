"""The signs of a data set of clips: how many clips there are of each, and how long they are."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from asl.data.library.checkup import Checkup
from asl.data.library.dataset import Dataset
from asl.data.sequences.statistics import length_statistics
from asl.figures.sequences.lengths import lengths_by_sign
from asl.labels import display_name
from asl.ui.shared.figure_view import show_figure
from asl.ui.shared.text import safe_cell


def show_signs_of_clips(dataset: Dataset, table: pd.DataFrame, found: Checkup) -> None:
    """Draw how many clips there are of each sign, of whom, and how long they are.

    Args:
        table: of the data set, clips that are not used among them.
    """
    used = table[table["state"] == "used"]
    if used.empty:
        st.caption("No clips are in use.")
        return
    made = pd.crosstab(used["label"], used["person"].fillna("not named"))
    if used["person"].notna().any():
        st.markdown("**Clips of each sign by each person**")
        made.index = [safe_cell(display_name(label)) for label in made.index]
        made.columns = [safe_cell(str(person)) for person in made.columns]
        st.dataframe(made, alt="Clips of each sign by each person")
        st.caption("A person without a sign cannot teach it, and is not tested on it.")
    lengths = length_statistics(used["frames"].astype(int).tolist(), used["label"].tolist())
    show_figure(lengths_by_sign(lengths), f"clips-{dataset.id}")
