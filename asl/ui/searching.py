"""Search for better settings: choose what to try, watch the trials, train with the best of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import streamlit as st

from asl.training.config import TrainConfig
from asl.training.job import LONGEST_TITLE, Job, status
from asl.training.search import Found, possible, read_search, recipe_of
from asl.ui.exhibits import Exhibit, show_exhibit
from asl.ui.search_figures import WORDS, importance_bars, parallel_coordinates, search_course
from asl.ui.starting import hand_in, try_out
from asl.ui.text import escape_markdown
from asl.workspace import hosted

_USUAL_TRIALS, _MOST_TRIALS = 20, 200
_MOST_AT_A_TIME = 8
#: What the settings are in words, and how their values are written.
_WORDS = {
    "learning_rate": ("Learning rate", "{:.2g}"),
    "epochs": ("Epochs", "{:.0f}"),
    "batch": ("Pictures a batch", "{:.0f}"),
    "dropout": ("Dropout", "{:.2f}"),
    "augment": ("Share of examples that are changed", "{:.0%}"),
    "width": ("Width of the layers, times the usual", "{:g}"),
}
_SEARCH, _BEST = ", search", ", best settings"


def choose_search(config: TrainConfig, key: str) -> dict[str, Any]:
    """Let the visitor search for better settings around `config` instead of training with it.

    Returns:
        how, see `asl.training.job.Job`; nothing where they just want to train.

    Raises:
        ValueError: no setting to try was chosen.
    """
    wanted = st.toggle(
        "Search for better settings",
        key=f"search-{key}",
        help="Trains again and again, each time with other settings, and finds those that do best "
        "on pictures kept aside. Then you can train with them.",
    )
    if not wanted:
        return {}
    st.caption(
        "The settings above are tried first; the others are drawn around them, more and more from "
        "where it went well. What counts is the macro F1 on pictures kept aside from training, of "
        f"a person of their own where people are known. {_unseen(config)}"
    )
    names = possible(config)
    vary = st.pills(
        "Settings to try", names, selection_mode="multi", default=names, key=f"vary-{key}",
        format_func=lambda name: WORDS.get(name, name).capitalize(),
    )  # fmt: skip
    if not vary:
        raise ValueError("search: choose at least one setting to try")
    left, right = st.columns(2, gap="medium")
    trials = left.number_input(
        "Trials", 2, _MOST_TRIALS, _USUAL_TRIALS, key=f"trials-{key}",
        help="Trainings in all. With fewer than ten or so, much is left to chance.",
    )  # fmt: skip
    epochs = recipe_of(config)[1].epochs
    if "epochs" in vary:
        epochs = right.number_input(
            "Most epochs of a trial", 1, 1000, epochs, key=f"most-epochs-{key}",
            help="They have between a quarter of these and all of them, the first one as many as "
            "are set above, but no more than these.",
        )  # fmt: skip
    # One processor is left to the app's visitors.
    at_a_time, workers = min(_MOST_AT_A_TIME, (os.cpu_count() or 1) - 1), 1
    if at_a_time > 1 and not hosted():
        workers = left.number_input(
            "Trials at a time", 1, at_a_time, key=f"workers-{key}",
            help="Each takes its own memory, and a share of the processors.",
        )  # fmt: skip
    # In the order of the search, whatever order they were clicked in.
    vary = [name for name in names if name in vary]
    return {"trials": trials, "vary": vary, "most_epochs": epochs, "workers": workers}


def found_by(job: Job) -> Found | None:
    """Return what a search has found so far; None while no trial is done."""
    try:
        return read_search(job.folder)
    except ValueError:
        return None


def as_planned(job: Job, now: Mapping[str, Any]) -> dict[str, Any]:
    """Return the step of a search as its plan names it, "trials": so many of them all.

    Returns:
        the step, with "done" a broken number while a trial goes on, and "doing" saying which.
    """
    if not now.get("task", "").startswith("trial"):
        return dict(now)
    found, total = found_by(job), job.search["trials"]
    ended, doing, share, left = 0 if found is None else len(found.table), "", 0.0, None
    if now["task"] != "trials":
        epoch = min(now["done"] + 1, now["total"])
        doing = f"{now['task']} in epoch {epoch} of {now['total']}"
        share = now["done"] / max(now["total"], 1)
    done = min(ended + share, total)
    if found is not None:  # trials that ended tell more than any estimate
        left = float(found.table["seconds"].mean()) * (total - done) / job.search["workers"]
    step = {"task": "trials", "done": done, "total": total, "seconds_left": left, "doing": doing}
    return {**now, **step}


def trials_in_words(now: Mapping[str, Any]) -> str:
    """Return in a line how many trials are done; `now` is as `as_planned` returns it."""
    said = f"{int(now['done'])} of {now['total']} trials done"
    return f"{said}, {now['doing']}" if now["doing"] else said


def show_found(job: Job) -> None:
    """Draw what a search has found so far, and let the visitor train with it once it has ended."""
    active = status(job).active
    try:
        found = read_search(job.folder)
    except ValueError as error:
        if not active:
            st.caption(escape_markdown(str(error)))
        return
    st.markdown(f"#### The best of {len(found.table)} trials" + (" so far" if active else ""))
    st.markdown("\n".join(f"- {line}" for line in in_words(found)))
    if not active:
        _offer_training(job, found)
    left, right = st.columns(2, gap="large")
    places, below = {"search-course": left, "search-importance": right}, st.container()
    for exhibit in _exhibits(found):
        with places.get(exhibit.name, below):
            show_exhibit(exhibit, f"{exhibit.name}-{job.id}")


def in_words(found: Found) -> list[str]:
    """Return what came out: how good the best settings are, and what they are."""
    rows = found.table.set_index("trial")
    usual = None if found.usual is None else rows.loc[found.usual]
    said = [f"Macro F1 **{found.macro_f1:.3f}** on the pictures kept aside from training"]
    if usual is not None and all(usual[name] == value for name, value in found.best.items()):
        said.append("These are your own settings: no other trial did better")
    elif usual is not None:
        said.append(f"Your own settings, tried as well, reach {usual['macro_f1']:.3f}")
    for name, value in found.best.items():
        words, form = _WORDS[name]
        same = usual is None or usual[name] == value
        yours = "" if same else f" (yours: {form.format(usual[name])})"
        said.append(f"{words}: **{form.format(value)}**{yours}")
    return said


def _unseen(config: TrainConfig) -> str:
    if config.split not in ("leave-one-person-out", "group-k-fold"):
        return "The pictures of the test take no part in the search."
    first = "first takes" if config.split == "leave-one-person-out" else "first group takes"
    return (
        f"Of the people who are left out in turn for the test, only the {first} no part in the "
        "search, so the score that a training then gets flatters a little."
    )


def _offer_training(job: Job, found: Found) -> None:
    st.caption(
        "It was the best of many on rather few pictures, which flatters it; small differences are "
        f"chance. How good it really is, the test after the training tells. {_unseen(found.config)}"
    )
    if not st.button(
        "Train with these settings",
        type="primary",
        icon=":material/model_training:",
        key=f"train-{job.id}",
    ):
        return
    cost = try_out(found.config)
    title = f"{job.title.removesuffix(_SEARCH)[: LONGEST_TITLE - len(_BEST)]}{_BEST}"
    began = cost and hand_in(found.config, title, job.preset, job.dataset, job.dataset_id, cost)
    if began:
        # Needs much that the page does without until there is a result.
        from asl.ui.report import NEXT_RUN

        st.session_state[NEXT_RUN] = began.id
        st.rerun()


def _exhibits(found: Found) -> list[Exhibit]:
    """Return the figures for which there are enough trials."""
    table, finished = found.table, int((found.table["state"] == "complete").sum())
    trials = [{**row, "trial": row["trial"] + 1} for row in table.to_dict("records")]
    exhibits = [
        Exhibit(
            "search-course",
            search_course(table),
            "Every trial's macro F1 and the best so far. Where that line has been flat for long, "
            "more trials hardly help. Crosses were given up early: at the same epoch they lagged "
            "behind most others.",
            trials,
            f"{finished} trials finished, {len(table) - finished} given up early; the best reached "
            f"{found.macro_f1:.3f}",
        )
    ]
    if found.importance:
        shares = {WORDS.get(name, name): share for name, share in found.importance.items()}
        exhibits.append(
            Exhibit(
                "search-importance",
                importance_bars(found.importance),
                "How much of the differences between the trials each setting explains, estimated. "
                "Of a setting with a short bar it hardly matters which value it has.",
                [{"setting": name, "share": share} for name, share in shares.items()],
                ", ".join(f"{name} {share:.0%}" for name, share in shares.items()),
            )
        )
    if finished > 1:
        exhibits.append(
            Exhibit(
                "search-settings",
                parallel_coordinates(table, list(found.best)),
                "Each line is a finished trial, through its settings to its macro F1 on the right; "
                "the more orange, the better. Drag along an axis to see only some of them.",
                trials,
                "The settings of all finished trials; the best: "
                + ", ".join(f"{_WORDS[name][0]} {value:.3g}" for name, value in found.best.items()),
            )
        )
    return exhibits
