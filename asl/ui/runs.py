"""All trainings in one table; one of them opened, several of them compared."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from asl.evaluation.advice import Advice
from asl.training.job import ADVICE, Job, JobError, history, status
from asl.training.jobs import delete, rename
from asl.training.tracking import link, read_note
from asl.ui.comparison import curves
from asl.ui.exhibits import show_exhibit
from asl.ui.report import NEXT_RUN
from asl.ui.searching import found_by
from asl.ui.text import escape_markdown, safe_cell
from asl.ui.trouble import in_words
from asl.ui.watching import duration, watch

STATES = {
    "queued": "waiting",
    "running": "running",
    "done": "done",
    "cancelled": "cancelled",
    "crashed": "stopped by an error",
}
_COMPARED = {
    "macro_f1": "Macro F1",
    "accuracy": "Accuracy",
    "valid_loss": "Validation loss",
    "train_loss": "Training loss",
}
_MOST_COMPARED = 7
#: Columns that only searches for settings fill.
_SEARCHED = ("trials", "best macro F1")


def rows_of(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """Return a row of the table for each run."""
    rows = []
    for job in jobs:
        now, advice, config = status(job), _advice(job), job.config
        rows.append(
            {
                "run": safe_cell(job.title),
                "state": STATES[now.state],
                "right": advice and advice.accuracy,
                "on": _tested_on(advice),
                **_searched(job),
                "data set": safe_cell(job.dataset),
                "how": safe_cell(f"{job.preset}, search" if job.search else job.preset),
                "network": safe_cell(config["network"]),
                "start": safe_cell(config["start"]),
                "epochs": config["picture"]["epochs"],
                "batch": config["picture"]["batch"],
                "learning rate": config["picture"]["learning_rate"],
                "seed": config["seed"],
                "took": duration(now.seconds) if now.seconds else "",
                "begun": pd.Timestamp.fromtimestamp(job.created),
                "used as": safe_cell(job.model) if now.state == "done" else "",
                "MLflow": link(read_note(job.folder)) or None,
            }
        )
    return rows


def choose_runs(jobs: Sequence[Job]) -> list[Job]:
    """Let the visitor filter the runs; returns those that are left."""
    words, states = st.columns([3, 2], gap="medium")
    wanted = words.text_input(
        "Filter", placeholder="A part of the name, data set or network", key="runs-filter"
    )
    chosen = states.multiselect(
        "State", list(STATES.values()), placeholder="Any state", key="runs-states"
    )
    left = []
    for job in jobs:
        said = f"{job.title} {job.dataset} {job.preset} {job.config['network']}".casefold()
        if wanted.strip().casefold() in said and (
            not chosen or STATES[status(job).state] in chosen
        ):
            left.append(job)
    return left


def show_runs(jobs: Sequence[Job]) -> None:
    """Draw the table; a click on a column's name sorts by it."""
    rows = pd.DataFrame(rows_of(jobs))
    if not any(job.search for job in jobs):
        rows = rows.drop(columns=list(_SEARCHED))
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "right": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1),
            _SEARCHED[1]: st.column_config.NumberColumn(format="%.3f"),
            "learning rate": st.column_config.NumberColumn(format="%.2g"),
            "begun": st.column_config.DatetimeColumn(format="distance"),
            "MLflow": st.column_config.LinkColumn(display_text="open"),
        },
        placeholder="",
        alt="All runs with their state, score and settings",
    )


def open_run(jobs: Sequence[Job]) -> None:
    """Let the visitor choose a run and show it, with what can be done to it."""
    titles = {job.id: f"{job.title} · {_ago(job.created)}" for job in jobs}
    asked = st.query_params.get("run")
    following = st.session_state.pop(NEXT_RUN, None)
    if following in titles:
        st.session_state["run"] = following
    chosen = st.selectbox(
        "Open a run",
        list(titles),
        index=list(titles).index(asked) if asked in titles else 0,
        format_func=titles.get,
        key="run",
    )
    st.query_params["run"] = chosen
    job = next(job for job in jobs if job.id == chosen)
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="right"):
            _offer_renaming(job)
            _offer_deleting(job)
        watch(job)


def compare_runs(jobs: Sequence[Job]) -> None:
    """Let the visitor lay the curves of several runs over each other."""
    known = {job.id: job for job in jobs if history(job) and not job.search}
    if len(known) < 2:
        return
    st.header("Compare", anchor=False)
    titles = _distinct({name: job.title for name, job in known.items()})
    chosen = st.multiselect(
        "Runs",
        list(known),
        default=list(known)[:2],
        format_func=titles.get,
        max_selections=_MOST_COMPARED,
        key="compared",
    )
    histories = {titles[name]: pd.DataFrame(history(known[name])) for name in chosen}
    tasks = list(dict.fromkeys(task for rows in histories.values() for task in rows["task"]))
    if not tasks:
        return
    left, right = st.columns(2, gap="medium")
    task = left.selectbox("Network", tasks, key="compared-task")
    what = right.selectbox("Curve", list(_COMPARED), format_func=_COMPARED.get, key="compared-what")
    own = {name: rows[rows["task"] == task] for name, rows in histories.items()}
    own = {name: rows for name, rows in own.items() if len(rows) and what in rows}
    if own:
        show_exhibit(curves(own, what), "runs")


def _offer_renaming(job: Job) -> None:
    with st.popover("Rename", icon=":material/edit:"):
        title = st.text_input("New name", job.title, key=f"rename-{job.id}")
        if st.button("Rename", key=f"do-rename-{job.id}"):
            with in_words():
                try:
                    rename(job, title)
                except JobError as error:
                    st.error(escape_markdown(str(error)))
                else:
                    st.rerun()


def _offer_deleting(job: Job) -> None:
    with st.popover("Delete", icon=":material/delete:"):
        lost, kept = "report, curves and model", "A copy in use on other pages stays."
        if job.out:
            lost, kept = "report and curves", f"The model stays in {escape_markdown(job.out)}."
        st.markdown(f"The run is stopped if it goes on, and its {lost} are deleted. {kept}")
        if st.button("Delete for good", type="primary", key=f"delete-{job.id}"):
            with in_words():
                delete(job)
                st.query_params.pop("run", None)
                st.rerun()


def _advice(job: Job) -> Advice | None:
    try:
        return Advice.from_json((job.folder / ADVICE).read_text())
    except (OSError, ValueError):
        return None


def _searched(job: Job) -> dict[str, Any]:
    """Return what the table says of a search for settings."""
    figures: tuple[str | None, float | None] = (None, None)
    if job.search:
        found = found_by(job)
        done, best = (0, None) if found is None else (len(found.table), found.macro_f1)
        figures = f"{done} of {job.search['trials']}", best
    return dict(zip(_SEARCHED, figures, strict=True))


def _tested_on(advice: Advice | None) -> str:
    if advice is None:
        return ""
    return "a new person" if advice.new_person else "random pictures"


def _ago(moment: float) -> str:
    return f"{duration(max(1.0, time.time() - moment))} ago"


def _distinct(titles: dict[str, str]) -> dict[str, str]:
    """Return titles of which no two are alike: those that are get a number."""
    seen: dict[str, int] = {}
    found = {}
    for name, title in titles.items():
        seen[title] = seen.get(title, 0) + 1
        found[name] = title if seen[title] == 1 else f"{title} ({seen[title]})"
    return found
