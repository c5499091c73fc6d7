"""Runs page: every training with its state, settings and score; opened, compared, deleted."""

import streamlit as st

from asl.training.jobs import list_jobs
from asl.ui.runs import choose_runs, compare_runs, open_run, show_runs

st.title("Runs", anchor=False)
jobs = list_jobs()
if not jobs:
    st.markdown("Nothing has been trained here yet.")
    st.page_link("pages/train.py", label="Train a model", icon=":material/model_training:")
    st.stop()
others = "the others wait their turn"
if any(job.out for job in jobs):
    others += "; those of the command line begin at once"
st.markdown(
    f"Trainings go on outside this page: close it and come back. One runs at a time, {others}."
)
left = choose_runs(jobs)
if not left:
    st.info("No run fits the filter.", icon=":material/filter_alt_off:")
    st.stop()
show_runs(left)
open_run(left)
compare_runs(left)
