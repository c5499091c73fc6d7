"""Compare page: two to five models side by side."""

import streamlit as st

from asl.ui.compare_sections import (
    choose_models,
    read_costs,
    show_costs,
    show_curves,
    show_disagreements,
    show_signs,
    show_table,
    together,
)
from asl.ui.exhibits import choose_format

st.title("Which model is better?", anchor=False)
st.markdown(
    "Two to five models side by side: on the very same test pictures where they have some in "
    "common, and in what they cost."
)
bundles = choose_models()
comparison = together(bundles)
costs = read_costs(bundles)
show_table(bundles, comparison, costs)

with st.container(horizontal=True, horizontal_alignment="right"):
    choose_format()
titles = ("Accuracy and cost", "Signs", "Where they disagree", "Learning curves")
tabs = dict(zip(titles, st.tabs(titles, key="compare-tab", on_change="rerun"), strict=True))
sections = {
    "Accuracy and cost": lambda: show_costs(comparison, costs),
    "Signs": lambda: show_signs(comparison),
    "Where they disagree": lambda: show_disagreements(comparison),
    "Learning curves": lambda: show_curves(bundles),
}
for title, tab in tabs.items():
    if tab.open:  # the others are drawn when they are looked at
        with tab:
            sections[title]()
