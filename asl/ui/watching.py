"""Watch a training: where it stands, how it learns, how long it takes; and what came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from asl.training.job import Job, JobError, Status, history, log, status
from asl.training.jobs import cancel, find_job, resume
from asl.training.plan import seconds_left, share_done
from asl.ui.dress import COLOURS, dressed, framed
from asl.ui.exhibits import theme_colours
from asl.ui.searching import as_planned, show_found, trials_in_words
from asl.ui.text import escape_markdown
from asl.ui.trouble import worded
from asl.workspace import hosted

_TASKS = {
    "finding hands": "Looking for hands in the pictures",
    "reading pictures": "Reading the pictures",
    "frozen stages": "Running the network's fixed part over all pictures",
    "picture network": "Training the picture network",
    "picture network, all stages": "Training the whole picture network",
    "landmark network": "Training the landmark network",
    "exporting": "Testing, and writing the model",
}
_RECIPES = {
    "picture network": "picture",
    "picture network, all stages": "unfrozen",
    "landmark network": "landmarks",
}
_CURVES = {"Loss": "valid_loss", "Accuracy": "accuracy", "Macro F1": "macro_f1"}


def watch(job: Job) -> None:
    """Show a training as it goes on, or what came out of it."""
    st.subheader(escape_markdown(job.title), anchor=False)
    if status(job).active:
        _live(job.id)
    else:
        _show_end(job)


@st.fragment(run_every=1.0)
@worded
def _live(name: str) -> None:
    try:
        job = find_job(name)
    except JobError:  # deleted in another window
        st.rerun()
    now = status(job)
    if not now.active:
        st.rerun()
    if job.search:
        now = replace(now, now=as_planned(job, now.now))
    # How long trials take varies too much for a plan to say how far a search is.
    share = None if job.search else share_done(job.plan, now.now)
    if share is None:  # without a plan, only this step's share is known
        share = now.now.get("done", 0) / max(now.now.get("total", 0), 1)
    st.progress(min(share, 1.0), headline(job, now))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Cancel",
            icon=":material/stop_circle:",
            on_click=worded(cancel),
            args=(job,),
            key=f"cancel-{job.id}",
        )
        st.caption(while_it_trains())
    _show_learned(job)
    _show_log(job)


def while_it_trains() -> str:
    """Return what becomes of a training whose page is closed."""
    if hosted():
        return (
            "Keep the page open meanwhile, and a telephone awake: a minute after it is closed, "
            "training ends and all is deleted."
        )
    return "It goes on if you leave or close this page."


def _show_end(job: Job) -> None:
    now, what = status(job), "search" if job.search else "training"
    if now.state == "done" and not job.search:
        # Needs pandas, and only once there is a result.
        from asl.ui.report import show_report

        show_report(job)
    else:
        if now.state == "cancelled":
            why = escape_markdown(now.reason)
            st.info(f"This {what} was cancelled. {why}".strip(), icon=":material/stop_circle:")
        elif now.state == "crashed":
            st.error(f"This {what} stopped. {escape_markdown(now.reason)}", icon=":material/error:")
        if now.state != "done" and st.button(
            "Go on with it", icon=":material/resume:", key=f"resume-{job.id}"
        ):
            try:
                resume(job)
            except JobError as error:
                st.error(escape_markdown(str(error)))
            else:
                st.rerun()
        _show_learned(job)
    _show_log(job)


def headline(job: Job, now: Status) -> str:
    """Return in a line where an unfinished training stands."""
    if now.state == "queued":
        if job.launcher:
            return "Handed over; waiting for a computer"
        if now.before:
            others = "one training comes" if now.before == 1 else f"{now.before} trainings come"
            return f"Waiting: {others} first"
        return "Starting"
    if not now.now:
        return "Starting"
    said = [step_in_words(job, now.now)]
    left = seconds_left(job.plan, now.now, now.seconds or 0.0)
    if left is None and now.now["seconds_left"] is not None:
        said.append(f"this step about {duration(now.now['seconds_left'])} more")
    elif left is not None:
        said.append(f"about {duration(left)} left")
    return " · ".join(said)


def step_in_words(job: Job, now: dict[str, Any]) -> str:
    """Return what is being done: part, network, epoch and batch."""
    task = now["task"].partition(" in ")[0]
    if task == "trials":
        return trials_in_words(now)
    said = [_TASKS.get(task, task)]
    parts = list(dict.fromkeys(step[0] for step in job.plan if step[0]))
    if now["job"] in parts and len(parts) > 1:
        number = parts.index(now["job"]) + 1
        said[0] += f", part {number} of {len(parts)}"
    recipe = job.config.get(_RECIPES.get(task, "")) or {}
    if recipe and now["total"]:
        steps = max(1, now["total"] // recipe["epochs"])
        epoch, batch = divmod(max(0, now["done"] - 1), steps)
        said.append(f"epoch {epoch + 1} of {recipe['epochs']}, batch {batch + 1} of {steps}")
    elif now["total"] > 1:
        said.append(f"{now['done']:,} of {now['total']:,}")
    return ", ".join(said)


def duration(seconds: float) -> str:
    """Return a length of time as people say it, as in "3 min"."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    if seconds < 3600:
        return f"{round(seconds / 60)} min"
    return f"{int(seconds // 3600)} h {round(seconds % 3600 / 60)} min"


def learning_figure(rows: Sequence[dict[str, Any]], what: str) -> go.Figure:
    """Draw one figure by epoch, a line a network; of the loss also that of the training, dotted.

    Args:
        rows: epochs of one part of the training.
        what: a key of the rows.
    """
    figure = go.Figure()
    for number, task in enumerate(dict.fromkeys(row["task"] for row in rows)):
        own = [row for row in rows if row["task"] == task]
        for name, dash in ((what, "solid"), ("train_loss", "dot")):
            if name == "train_loss" and what != "valid_loss":
                continue
            shown = [row for row in own if name in row]
            figure.add_scatter(
                x=[row["epoch"] for row in shown],
                y=[row[name] for row in shown],
                name=task if dash == "solid" else f"{task}, training",
                mode="lines+markers",
                line={"color": COLOURS[number], "dash": dash},
            )
    framed(figure, 240, legend=False).update_xaxes(title="epoch", rangemode="tozero")
    return figure.update_yaxes(rangemode="tozero")


def _show_learned(job: Job) -> None:
    if job.search:
        show_found(job)
    else:
        _show_curves(job)


def _show_curves(job: Job) -> None:
    rows = history(job)
    if not rows:
        return
    part = [row for row in rows if row["job"] == rows[-1]["job"]]
    tasks = list(dict.fromkeys(row["task"] for row in part))
    for column, (title, what) in zip(st.columns(3), _CURVES.items(), strict=True):
        with column:
            st.markdown(f"**{title}**")
            last = next((row[what] for row in reversed(part) if what in row), None)
            st.plotly_chart(
                dressed(learning_figure(part, what), *theme_colours()),
                theme=None,
                config={"displayModeBar": False},
                key=f"{what}-{job.id}",
                alt=f"{title} by epoch, the last value "
                + ("not known" if last is None else f"{last:.3g}"),
            )
    colours = ("blue", "orange", "green")
    named = ", ".join(
        f":{colour}[●] {escape_markdown(task)}"
        for colour, task in zip(colours, tasks, strict=False)
    )
    st.caption(f"{named}. On pictures kept aside; the dotted loss is that of the training itself.")


def _show_log(job: Job) -> None:
    with st.expander("Log"):
        st.code(log(job) or "Nothing yet.", language=None, wrap_lines=True, height=240)
