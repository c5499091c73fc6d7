"""Offer the rows of a table as a file for a spreadsheet."""

from collections.abc import Mapping, Sequence

import streamlit as st

from asl.ui.shared.text import to_csv


def offer_rows(
    rows: Sequence[Mapping[str, object]], name: str, key: str, about: str | None = None
) -> None:
    """Draw a button that downloads rows as the file `name`.csv.

    The file is made when it is asked for.

    Args:
        key: of the button, after "csv-".
        about: what the numbers are, shown when the button is pointed at.
    """
    st.download_button(
        "CSV",
        lambda: to_csv(rows),
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/table:",
        on_click="ignore",
        key=f"csv-{key}",
        help=about,
        disabled=not rows,
    )
