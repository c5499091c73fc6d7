"""Compare page: two to five models side by side."""

import streamlit as st

from asl.ui.compare.models import choose_models, compare
from asl.ui.compare.sections import show_costs, show_curves, show_disagreements, show_signs
from asl.ui.compare.table import read_costs, show_table
from asl.ui.shared.figure_view import choose_format
from asl.ui.shell.tour import offer_tour

st.title("Which model is better?", anchor=False)
st.markdown(
    "Two to five models side by side: on the very same test examples where they have some in "
    "common, and in what they cost."
)
bundles = choose_models()
offer_tour("compare")
comparison = compare(bundles)
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
