"""Watch a training: where it stands, how it learns, how long it takes; and what came out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from asl.runs.control import cancel, find_run, resume
from asl.runs.examples import is_example
from asl.runs.progress import seconds_left, share_done
from asl.runs.run import Run, RunError, Status, log, status
from asl.training.progress import Task
from asl.ui.runs.curves import show_curves
from asl.ui.runs.search_results import as_planned, show_found, trials_in_words
from asl.ui.shared.disk_errors import worded
from asl.ui.shared.kinds import kind_of
from asl.ui.shared.text import escape_markdown
from asl.workspace import hosted


def watch(run: Run) -> None:
    """Show a training as it goes on, or what came out of it."""
    st.subheader(escape_markdown(run.title), anchor=False)
    if status(run).active:
        _live(run.id)
    else:
        _show_end(run)


@st.fragment(run_every=1.0)
@worded
def _live(name: str) -> None:
    try:
        run = find_run(name)
    except RunError:  # deleted in another window
        st.rerun()
    now = status(run)
    if not now.active:
        st.rerun()
    if run.search:
        now = replace(now, now=as_planned(run, now.now))
    st.progress(min(_share(run, now.now), 1.0), headline(run, now))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Cancel",
            icon=":material/stop_circle:",
            on_click=worded(cancel),
            args=(run,),
            key=f"cancel-{run.id}",
        )
        st.caption(while_it_trains())
    _show_learned(run)
    _show_log(run)


def _share(run: Run, step: Mapping[str, Any]) -> float:
    """Return how much is done, 0 to 1."""
    # How long trials take varies too much for a plan to say how far a search is.
    share = None if run.search else share_done(run.plan, step)
    if share is None:  # without a plan, only this step's share is known
        return step.get("done", 0) / max(step.get("total", 0), 1)
    return share


def while_it_trains() -> str:
    """Return what becomes of a training whose page is closed."""
    if hosted():
        return (
            "Keep the page open meanwhile, and a telephone awake: a minute after it is closed, "
            "training ends and all is deleted."
        )
    return "It goes on if you leave or close this page."


def _show_end(run: Run) -> None:
    now = status(run)
    if now.state == "done" and not run.search:
        # Loads scikit-learn and ONNX Runtime, which nothing else on these pages needs.
        from asl.ui.runs.report import show_report

        show_report(run)
        if is_example(run):  # it has no log, and cannot be laid beside runs of the user's own
            show_curves(run)
            return
    else:
        if now.state != "done":
            _show_stop(run, now)
        _show_learned(run)
    _show_log(run)


def _show_stop(run: Run, now: Status) -> None:
    """Say why a training or a search ended too early, and let it go on."""
    what, why = "search" if run.search else "training", escape_markdown(now.reason)
    if now.state == "cancelled":
        st.info(f"This {what} was cancelled. {why}".strip(), icon=":material/stop_circle:")
    elif now.state == "crashed":
        st.error(f"This {what} stopped. {why}", icon=":material/error:")
    if st.button("Go on with it", icon=":material/resume:", key=f"resume-{run.id}"):
        try:
            resume(run)
        except RunError as error:
            st.error(escape_markdown(str(error)))
        else:
            st.rerun()


def headline(run: Run, now: Status) -> str:
    """Return in a line where an unfinished training stands."""
    if now.state == "queued":
        return _queued_in_words(run, now)
    if not now.now:
        return "Starting"
    said = [step_in_words(run, now.now)]
    left = seconds_left(run.plan, now.now, now.seconds or 0.0)
    if left is not None:
        said.append(f"about {duration(left)} left")
    elif now.now["seconds_left"] is not None:
        said.append(f"this step about {duration(now.now['seconds_left'])} more")
    return " · ".join(said)


def _queued_in_words(run: Run, now: Status) -> str:
    if run.launcher:
        return "Handed over; waiting for a computer"
    if now.before:
        others = "one training comes" if now.before == 1 else f"{now.before} trainings come"
        return f"Waiting: {others} first"
    return "Starting"


def step_in_words(run: Run, now: Mapping[str, Any]) -> str:
    """Return what is being done: stage, fold, epoch and batch."""
    stage = now["task"]
    if stage == Task.TRIALS:
        return trials_in_words(now)
    kind = kind_of(run.config)
    said = [kind.stages.get(stage, stage)]
    folds = list(dict.fromkeys(step[0] for step in run.plan if step[0]))
    if now["fold"] in folds and len(folds) > 1:
        said[0] += f", part {folds.index(now['fold']) + 1} of {len(folds)}"
    recipe = run.config.get(kind.recipes.get(stage, "")) or {}
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


def _show_learned(run: Run) -> None:
    if run.search:
        show_found(run)
    else:
        show_curves(run)


def _show_log(run: Run) -> None:
    with st.expander("Log"):
        st.code(log(run) or "Nothing yet.", language=None, wrap_lines=True, height=240)
