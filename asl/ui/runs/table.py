"""All trainings in one table; one of them opened, several of them compared."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from asl.evaluation.advice import Advice
from asl.figures.comparison import curves
from asl.runs.control import delete, rename
from asl.runs.examples import is_example
from asl.runs.files import ADVICE
from asl.runs.run import Run, RunError, history, status
from asl.training.tracking import link, read_record
from asl.ui.runs.progress import duration, watch
from asl.ui.runs.search_results import found_by
from asl.ui.runs.start import NEXT_RUN
from asl.ui.shared.disk_errors import in_words
from asl.ui.shared.figure_view import show_figure
from asl.ui.shared.kinds import Kind, kind_of
from asl.ui.shared.text import escape_markdown, safe_cell

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


def rows_of(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Return a row of the table for each run."""
    return [_row(run) for run in runs]


def _row(run: Run) -> dict[str, Any]:
    now, advice, config, kind = status(run), _advice(run), run.config, kind_of(run.config)
    recipe = config[kind.main_recipe]
    return {
        "run": safe_cell(run.title),
        "state": STATES[now.state],
        "right": advice and advice.accuracy,
        "on": _tested_on(advice, kind),
        **_searched(run),
        "data set": safe_cell(run.dataset),
        "how": safe_cell(f"{run.preset}, search" if run.search else run.preset),
        "network": safe_cell(config["network"]),
        "start": safe_cell(config["start"]),
        "epochs": recipe["epochs"],
        "batch": recipe["batch"],
        "learning rate": recipe["learning_rate"],
        "seed": config["seed"],
        "took": duration(now.seconds) if now.seconds else "",
        "begun": pd.Timestamp.fromtimestamp(run.created),
        "used as": safe_cell(run.model) if now.state == "done" else "",
        "MLflow": link(read_record(run.folder)) or None,
    }


def choose_runs(runs: Sequence[Run]) -> list[Run]:
    """Let the visitor filter the runs; returns those that are left."""
    words, states = st.columns([3, 2], gap="medium")
    wanted = words.text_input(
        "Filter", placeholder="A part of the name, data set or network", key="runs-filter"
    )
    chosen = states.multiselect(
        "State", list(STATES.values()), placeholder="Any state", key="runs-states"
    )
    left = []
    for run in runs:
        said = f"{run.title} {run.dataset} {run.preset} {run.config['network']}".casefold()
        if wanted.strip().casefold() in said and (
            not chosen or STATES[status(run).state] in chosen
        ):
            left.append(run)
    return left


def show_runs(runs: Sequence[Run]) -> None:
    """Draw the table; a click on a column's name sorts by it."""
    rows = pd.DataFrame(rows_of(runs))
    if not any(run.search for run in runs):
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


def open_run(runs: Sequence[Run]) -> None:
    """Let the visitor choose a run and show it, with what can be done to it."""
    titles = {run.id: f"{run.title} · {_ago(run.created)}" for run in runs}
    asked = st.query_params.get("run")
    following = st.session_state.pop(NEXT_RUN, None)
    if following in titles:
        st.session_state["run"] = following
    chosen = st.selectbox(
        "Open a run",
        list(titles),
        index=list(titles).index(asked) if asked in titles else 0,
        format_func=lambda name: titles.get(name, name),
        key="run",
    )
    st.query_params["run"] = chosen
    run = next(run for run in runs if run.id == chosen)
    with st.container(border=True):
        if not is_example(run):
            with st.container(horizontal=True, horizontal_alignment="right"):
                _offer_renaming(run)
                _offer_deleting(run)
        watch(run)


def compare_runs(runs: Sequence[Run]) -> None:
    """Let the visitor lay the curves of several runs over each other."""
    known = {run.id: run for run in runs if history(run) and not run.search}
    if len(known) < 2:
        return
    st.header("Compare", anchor=False)
    titles = _distinct({name: run.title for name, run in known.items()})
    chosen = st.multiselect(
        "Runs",
        list(known),
        default=list(known)[:2],
        format_func=lambda name: titles.get(name, name),
        max_selections=_MOST_COMPARED,
        key="compared",
    )
    _show_compared({titles[name]: pd.DataFrame(history(known[name])) for name in chosen})


def _show_compared(histories: Mapping[str, pd.DataFrame]) -> None:
    """Let the visitor choose a network and a measure, and draw it for each run that has both.

    Args:
        histories: of each run by its title, one row an epoch.
    """
    tasks = list(dict.fromkeys(task for rows in histories.values() for task in rows["task"]))
    if not tasks:
        return
    left, right = st.columns(2, gap="medium")
    task = left.selectbox("Network", tasks, key="compared-task")
    what = right.selectbox(
        "Curve", list(_COMPARED), format_func=_COMPARED.__getitem__, key="compared-what"
    )
    own = {name: rows[rows["task"] == task] for name, rows in histories.items()}
    own = {name: rows for name, rows in own.items() if len(rows) and what in rows}
    if own:
        show_figure(curves(own, what), "runs")


def _offer_renaming(run: Run) -> None:
    with st.popover("Rename", icon=":material/edit:"):
        title = st.text_input("New name", run.title, key=f"rename-{run.id}")
        if st.button("Rename", key=f"do-rename-{run.id}"):
            with in_words():
                try:
                    rename(run, title)
                except RunError as error:
                    st.error(escape_markdown(str(error)))
                else:
                    st.rerun()


def _offer_deleting(run: Run) -> None:
    with st.popover("Delete", icon=":material/delete:"):
        lost, kept = "report, curves and model", "A copy in use on other pages stays."
        if run.out:
            lost, kept = "report and curves", f"The model stays in {escape_markdown(run.out)}."
        st.markdown(f"The run is stopped if it goes on, and its {lost} are deleted. {kept}")
        if st.button("Delete for good", type="primary", key=f"delete-{run.id}"):
            with in_words():
                delete(run)
                st.query_params.pop("run", None)
                st.rerun()


def _advice(run: Run) -> Advice | None:
    try:
        return Advice.from_json((run.folder / ADVICE).read_text())
    except (OSError, ValueError):
        return None


def _searched(run: Run) -> dict[str, Any]:
    """Return what the table says of a search for settings."""
    cells: tuple[str | None, float | None] = (None, None)
    if run.search:
        found = found_by(run)
        done, best = (0, None) if found is None else (len(found.table), found.macro_f1)
        cells = f"{done} of {run.search['trials']}", best
    return dict(zip(_SEARCHED, cells, strict=True))


def _tested_on(advice: Advice | None, kind: Kind) -> str:
    if advice is None:
        return ""
    return "a new person" if advice.new_person else f"random {kind.examples}"


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
