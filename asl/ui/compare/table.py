"""The models in numbers: a row for each, with scores, costs and how training ended."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from asl.bundle import BundleError, ModelBundle
from asl.evaluation.comparison import costs, final_figures
from asl.figures.wording import Wording
from asl.ui.compare.models import Comparison, history_of
from asl.ui.shared.csv_button import offer_rows
from asl.ui.shared.model_choice import model_key
from asl.ui.shared.text import escape_markdown, safe_cell

_SHARES = ("accuracy", "low", "high", "macro F1", "best validation", "within 5")
_LOSSES = ("training loss", "validation loss")

#: Model → parameters, megabytes, milliseconds, as far as they are known.
Costs = Mapping[str, Mapping[str, Any]]


def read_costs(bundles: Mapping[str, ModelBundle]) -> Costs:
    """Return what each model costs, measured once for each; those that cannot be run are named."""
    found: dict[str, Mapping[str, Any]] = {}
    for title, bundle in bundles.items():
        try:
            found[title] = _costs(bundle, model_key(bundle))
        except BundleError as error:
            st.warning(f"{escape_markdown(title)}: {escape_markdown(str(error))}.")
            found[title] = {}
    return found


@st.cache_data(max_entries=64, show_spinner="Measuring how fast the model is here…")
def _costs(_bundle: ModelBundle, key: str) -> dict[str, Any]:
    return costs(_bundle)


def show_table(bundles: Mapping[str, ModelBundle], comparison: Comparison, spent: Costs) -> None:
    """Draw one row for each model with everything that can be told in a number."""
    words, column = comparison.words, st.column_config.NumberColumn
    rows = [
        {
            "model": safe_cell(name),
            **_scores(comparison, name),
            **_spent(spent.get(name, {}), words),
            **_training(bundle),
        }
        for name, bundle in bundles.items()
    ]
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            **dict.fromkeys(_SHARES, column(format="percent")),
            "parameters": column(format="localized"),
            **dict.fromkeys(("MB", f"ms a {words.example}", "s an epoch"), column(format="%.1f")),
            **dict.fromkeys(_LOSSES, column(format="%.3f")),
        },
        alt="The models in numbers",
    )
    which = (
        f"Accuracy and F1 are those on the same {words.examples}, tested by all of them"
        if comparison.shared
        else "Accuracy and F1 are those on each one's own test, among all its signs"
        if not comparison.comparable
        else f"**These models were not tested on the same {words.examples}**, so their accuracies "
        "can be compared only roughly; accuracy and F1 are those on each one's own"
    )
    st.caption(
        f"{which}; low and high bound the 95% interval, which is about other people only where at "
        "least two are known and none of them was learned from. Best validation, losses and "
        "seconds come from training: losses of the last epoch, the mean over a model's trainings. "
        "Milliseconds are measured on this computer, with one thread."
    )
    offer_rows(rows, "models", "models")


def _scores(comparison: Comparison, name: str) -> dict[str, object]:
    scores, words = comparison.scores.get(name), comparison.words
    recorded = comparison.recorded.get(name)
    best = {}
    if words.best:
        several = recorded if recorded and len(recorded.labels) > words.best else None
        best = {f"within {words.best}": several and several.within(words.best)}
    return {
        "accuracy": scores and scores.accuracy,
        "low": scores and scores.interval[0],
        "high": scores and scores.interval[1],
        **best,
        "macro F1": scores and scores.macro_f1,
        words.examples: scores and scores.pictures,
        "people": scores and (scores.people or "unknown"),
    }


def _spent(cost: Mapping[str, Any], words: Wording) -> dict[str, object]:
    return {
        "parameters": cost.get("parameters"),
        "MB": cost.get("megabytes"),
        f"ms a {words.example}": cost.get("milliseconds"),
    }


def _training(bundle: ModelBundle) -> dict[str, object]:
    history = history_of(bundle)
    final = {} if history is None else final_figures(history)
    final = {name: value for name, value in final.items() if not math.isnan(value)}
    return {
        "best validation": final.get("best_accuracy"),
        "training loss": final.get("train_loss"),
        "validation loss": final.get("valid_loss"),
        "s an epoch": final.get("seconds_an_epoch"),
        "network": safe_cell(bundle.card.network),
        "split": safe_cell(str(bundle.card.training.get("split", ""))),
    }
