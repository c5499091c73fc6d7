"""Choose how to search for better settings instead of training with those that were chosen."""

from __future__ import annotations

import os

import streamlit as st

from asl.figures.search import WORDS
from asl.runs.run import SearchSettings
from asl.training.config import TrainConfig
from asl.training.search.space import possible
from asl.ui.runs.search_results import unseen_in_words
from asl.ui.shared.kinds import kind_of
from asl.workspace import hosted

_USUAL_TRIALS, _MOST_TRIALS = 20, 200
_MOST_AT_A_TIME = 8


def choose_search(config: TrainConfig, key: str) -> SearchSettings:
    """Let the visitor search for better settings around `config` instead of training with it.

    Returns:
        how, see `SearchSettings`; empty if they just want to train.

    Raises:
        ValueError: no setting to try was chosen.
    """
    kind = kind_of({"network": config.network})
    wanted = st.toggle(
        "Search for better settings",
        key=f"search-{key}",
        help="Trains again and again, each time with other settings, and finds those that do best "
        f"on {kind.examples} kept aside. Then you can train with them.",
    )
    if not wanted:
        return SearchSettings()
    st.caption(
        "The settings above are tried first; the others are drawn around them, more and more from "
        f"where it went well. What counts is the macro F1 on {kind.examples} kept aside from "
        "training, of a person of their own where people are known. "
        f"{unseen_in_words(config, kind)}"
    )
    names = possible(config)
    vary = st.pills(
        "Settings to try", names, selection_mode="multi", default=names, key=f"vary-{key}",
        format_func=_setting_name,
    )  # fmt: skip
    if not vary:
        raise ValueError("search: choose at least one setting to try")
    left, right = st.columns(2, gap="medium")
    trials = left.number_input(
        "Trials", 2, _MOST_TRIALS, _USUAL_TRIALS, key=f"trials-{key}",
        help="Trainings in all. With fewer than ten or so, much is left to chance.",
    )  # fmt: skip
    epochs = config.recipe.epochs
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


def _setting_name(name: str) -> str:
    return WORDS.get(name, name).capitalize()
