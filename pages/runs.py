"""Runs page: every training with its state, settings and score; opened, compared, deleted."""

import streamlit as st

from asl.runs.control import list_runs
from asl.runs.examples import list_examples
from asl.ui.runs.bring_model import bring_model
from asl.ui.runs.table import choose_runs, compare_runs, open_run, show_runs
from asl.ui.shell.tour import show_tour
from asl.ui.train.clips.moving import ask_for_stillness

st.title("Runs", anchor=False)
runs, examples = list_runs(), list_examples()
if not runs:
    st.markdown("Nothing has been trained here yet.")
    show_tour("runs")
    st.page_link("pages/train.py", label="Train a model", icon=":material/model_training:")
bring_model(runs)
if not runs:
    if not examples:
        st.stop()
    st.header("Example trainings", anchor=False)
if not runs or (examples and st.toggle("Show the examples instead", key="runs-examples")):
    runs = examples
    st.markdown(
        "Trainings of the bundled models of the sources: their curves and reports can be looked "
        "at, and not changed."
    )
else:
    others = "the others wait their turn"
    if any(run.out for run in runs):
        others += "; those of the command line begin at once"
    st.markdown(
        f"Trainings go on outside this page: close it and come back. One runs at a time, {others}."
    )
ask_for_stillness()
left = choose_runs(runs)
if not left:
    st.info("No run fits the filter.", icon=":material/filter_alt_off:")
    st.stop()
show_runs(left)
open_run(left)
compare_runs(left)
