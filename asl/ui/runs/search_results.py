"""What a search for better settings has found so far, and training with the best of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from asl.figures.figure import ExplainedFigure
from asl.figures.search import WORDS, importance_bars, parallel_coordinates, search_course
from asl.runs.run import LONGEST_TITLE, Run, status
from asl.training.config import TrainConfig
from asl.training.progress import Task
from asl.training.search.found import Found, read_search
from asl.ui.runs.start import NEXT_RUN, ask_estimate, hand_in
from asl.ui.shared.figure_view import show_figure
from asl.ui.shared.kinds import Kind, kind_of
from asl.ui.shared.text import escape_markdown

#: What the settings are in words, and how their values are written. "{}" stands for the examples.
_WORDS = {
    "learning_rate": ("Learning rate", "{:.2g}"),
    "epochs": ("Epochs", "{:.0f}"),
    "batch": ("{} a batch", "{:.0f}"),
    "dropout": ("Dropout", "{:.2f}"),
    "augment": ("Share of examples that are changed", "{:.0%}"),
    "width": ("Width of the layers, times the usual", "{:g}"),
}
_SEARCH, _BEST = ", search", ", best settings"


def found_by(run: Run) -> Found | None:
    """Return what a search has found so far; None while no trial is done."""
    try:
        return read_search(run.folder)
    except ValueError:
        return None


def as_planned(run: Run, now: Mapping[str, Any]) -> dict[str, Any]:
    """Return the step of a search as its plan names it, "trials": so many of them all.

    Returns:
        the step, with "done" a broken number while a trial goes on, and "doing" saying which.
    """
    if now.get("task") not in (Task.TRIALS, Task.TRIAL):
        return dict(now)
    found, total = found_by(run), run.search["trials"]
    ended, doing, share, left = 0 if found is None else len(found.table), "", 0.0, None
    if now["task"] == Task.TRIAL:
        epoch = min(now["done"] + 1, now["total"])
        doing = f"trial {now['of']} in epoch {epoch} of {now['total']}"
        share = now["done"] / max(now["total"], 1)
    done = min(ended + share, total)
    if found is not None:  # trials that ended tell more than any estimate
        left = float(found.table["seconds"].mean()) * (total - done) / run.search["workers"]
    step = {"task": Task.TRIALS, "done": done, "total": total, "seconds_left": left, "doing": doing}
    return {**now, **step}


def trials_in_words(now: Mapping[str, Any]) -> str:
    """Return in a line how many trials are done; `now` is as `as_planned` returns it."""
    said = f"{int(now['done'])} of {now['total']} trials done"
    return f"{said}, {now['doing']}" if now["doing"] else said


def show_found(run: Run) -> None:
    """Draw what a search has found so far, and let the visitor train with it once it has ended."""
    active, kind = status(run).active, kind_of(run.config)
    try:
        found = read_search(run.folder)
    except ValueError as error:
        if not active:
            st.caption(escape_markdown(str(error)))
        return
    st.markdown(f"#### The best of {len(found.table)} trials" + (" so far" if active else ""))
    st.markdown("\n".join(f"- {line}" for line in found_in_words(found, kind)))
    if not active:
        _offer_training(run, found, kind)
    left, right = st.columns(2, gap="large")
    places, below = {"search-course": left, "search-importance": right}, st.container()
    for explained in _figures(found, kind):
        with places.get(explained.name, below):
            show_figure(explained, f"{explained.name}-{run.id}")


def found_in_words(found: Found, kind: Kind) -> list[str]:
    """Return what came out: how good the best settings are, and what they are."""
    rows = found.table.set_index("trial")
    usual = None if found.usual is None else rows.loc[found.usual]
    said = [f"Macro F1 **{found.macro_f1:.3f}** on the {kind.examples} kept aside from training"]
    if usual is not None and all(usual[name] == value for name, value in found.best.items()):
        said.append("These are your own settings: no other trial did better")
    elif usual is not None:
        said.append(f"Your own settings, tried as well, reach {usual['macro_f1']:.3f}")
    for name, value in found.best.items():
        form, yours = _WORDS[name][1], ""
        if usual is not None and usual[name] != value:
            yours = f" (yours: {form.format(usual[name])})"
        said.append(f"{_setting(name, kind)}: **{form.format(value)}**{yours}")
    return said


def unseen_in_words(config: TrainConfig, kind: Kind) -> str:
    """Return in a sentence how far a search around `config` keeps away from what is tested on."""
    if config.split not in ("leave-one-person-out", "group-k-fold"):
        return f"The {kind.examples} of the test take no part in the search."
    first = "first takes" if config.split == "leave-one-person-out" else "first group takes"
    return (
        f"Of the people who are left out in turn for the test, only the {first} no part in the "
        "search, so the score that a training then gets flatters a little."
    )


def _setting(name: str, kind: Kind) -> str:
    return _WORDS[name][0].format(kind.examples.capitalize())


def _offer_training(run: Run, found: Found, kind: Kind) -> None:
    st.caption(
        f"It was the best of many on rather few {kind.examples}, which flatters it; small "
        "differences are chance. How good it really is, the test after the training tells. "
        + unseen_in_words(found.config, kind)
    )
    if not st.button(
        "Train with these settings",
        type="primary",
        icon=":material/model_training:",
        key=f"train-{run.id}",
    ):
        return
    cost = ask_estimate(found.config)
    if cost is None:
        return
    title = f"{run.title.removesuffix(_SEARCH)[: LONGEST_TITLE - len(_BEST)]}{_BEST}"
    began = hand_in(found.config, title, run.preset, run.dataset, run.dataset_id, cost)
    if began is not None:
        st.session_state[NEXT_RUN] = began.id
        st.rerun()


def _figures(found: Found, kind: Kind) -> list[ExplainedFigure]:
    """Return the figures for which there are enough trials."""
    finished = int((found.table["state"] == "complete").sum())
    figures = [_progress(found, finished)]
    if found.importance:
        figures.append(_importance(found))
    if finished > 1:
        figures.append(_best_settings(found, kind))
    return figures


def _progress(found: Found, finished: int) -> ExplainedFigure:
    return ExplainedFigure(
        "search-course",
        search_course(found.table),
        "Every trial's macro F1 and the best so far. Where that line has been flat for long, "
        "more trials hardly help. Crosses were given up early: at the same epoch they lagged "
        "behind most others.",
        _trials(found),
        f"{finished} trials finished, {len(found.table) - finished} given up early; the best "
        f"reached {found.macro_f1:.3f}",
    )


def _importance(found: Found) -> ExplainedFigure:
    shares = {WORDS.get(name, name): share for name, share in found.importance.items()}
    return ExplainedFigure(
        "search-importance",
        importance_bars(found.importance),
        "How much of the differences between the trials each setting explains, estimated. "
        "Of a setting with a short bar it hardly matters which value it has.",
        [{"setting": name, "share": share} for name, share in shares.items()],
        ", ".join(f"{name} {share:.0%}" for name, share in shares.items()),
    )


def _best_settings(found: Found, kind: Kind) -> ExplainedFigure:
    best = ", ".join(f"{_setting(name, kind)} {value:.3g}" for name, value in found.best.items())
    return ExplainedFigure(
        "search-settings",
        parallel_coordinates(found.table, list(found.best)),
        "Each line is a finished trial, through its settings to its macro F1 on the right; "
        "the more orange, the better. Drag along an axis to see only some of them.",
        _trials(found),
        f"The settings of all finished trials; the best: {best}",
    )


def _trials(found: Found) -> list[dict[str, Any]]:
    """Return a row for each trial, counted from 1 as people do."""
    table = found.table.assign(trial=found.table["trial"] + 1)
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
