"""The sections of the Compare page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import pandas as pd
import streamlit as st

from asl.bundle import BundleError, ModelBundle, by_title
from asl.evaluation.comparison import common_labels, costs, final_figures, same_pictures
from asl.evaluation.metrics import Scores, measure
from asl.evaluation.recorded import (
    Recorded,
    never_learnt,
    possible_sets,
    read_evaluation,
    read_history,
    restricted,
)
from asl.evaluation.untrained import untrained_in_words
from asl.labels import CANDIDATE_SETS, candidates
from asl.ui import comparison as exhibits
from asl.ui.exhibits import show_exhibit
from asl.ui.models import model_key, say_unusable, usable_models
from asl.ui.tested import drawn_at_random
from asl.ui.text import escape_markdown, safe_cell, to_csv

_MOST_MODELS = 5
_MOST_ROWS = 300
#: Tasks of a history: the trained end of a picture network, and the whole of it.
_PICTURES, _ALL_STAGES = "picture network", "picture network, all stages"
_NAMES = {"letters": "Letters", "digits": "Digits", "all": "All"}


@dataclass(frozen=True, eq=False)
class Comparison:
    """Models asked about the same signs.

    Attributes:
        recorded: model → its answers; to the same pictures in one order where `shared`.
        scores: model → its scores.
        shared: whether all were tested on the same pictures.
        pairs: two models that share test pictures → their answers to these, in one order.
    """

    recorded: dict[str, Recorded]
    scores: dict[str, Scores]
    shared: bool
    pairs: dict[tuple[str, str], tuple[Recorded, Recorded]]


def choose_models() -> dict[str, ModelBundle]:
    """Let the visitor choose two to five models; ends the page with advice if that cannot be.

    Returns:
        Title → model. All sections call the models by these titles, no two of which are alike.
    """
    usable, unusable = usable_models()
    bundles = by_title(usable)
    if len(bundles) < 2:
        say_unusable(unusable)
        st.info(
            "There are fewer than two models, so there is nothing to compare. Train another one, "
            "or put a model folder under `models`.",
            icon=":material/balance:",
        )
        st.stop()
    chosen = st.multiselect(
        "Models",
        list(bundles),
        default=list(bundles)[:2],
        max_selections=_MOST_MODELS,
        key="compared",
    )
    say_unusable(unusable)
    if len(chosen) < 2:
        st.info("Choose at least two models.", icon=":material/balance:")
        st.stop()
    return {title: bundles[title] for title in chosen}


def together(bundles: Mapping[str, ModelBundle]) -> Comparison:
    """Return the models' answers to the pictures that they share, or else each to its own.

    Args:
        bundles: title → model.
    """
    tables, missing = {}, {}
    for title, bundle in bundles.items():
        try:
            tables[title] = _evaluation(bundle, model_key(bundle))
        except BundleError as error:
            missing[title] = str(error)
    asked = [
        (*bundles[title].card.labels, *never_learnt(table, bundles[title].card.labels))
        for title, table in tables.items()
    ]
    known = common_labels(asked or [()])
    wanted = _choose_signs(tables, known)
    chosen = candidates(known, wanted) if len(known) > 1 else ()
    same = _shared(tables, chosen) if len(tables) > 1 and chosen else {}
    recorded = {}
    for name, table in (same or tables).items():
        try:
            recorded[name] = restricted(table, chosen)
        except ValueError:
            missing[name] = "no test picture of these signs"
    at_random = {title for title, bundle in bundles.items() if drawn_at_random(bundle)}
    scores = {
        name: measure(one.truth, one.scores, one.labels, one.rows["person"], name in at_random)
        for name, one in recorded.items()
    }
    for name, reason in missing.items():
        st.warning(f"{escape_markdown(name)} has no scores here: {escape_markdown(reason)}.")
    for name, one in recorded.items():
        for said in untrained_in_words(bundles[name].card, one.rows):
            st.warning(escape_markdown(f"{name}: {said}"))
    return Comparison(recorded, scores, bool(same), _pairs(tables, chosen, recorded, bool(same)))


def _pairs(
    tables: Mapping[str, pd.DataFrame],
    chosen: Sequence[str],
    recorded: Mapping[str, Recorded],
    shared: bool,
) -> dict[tuple[str, str], tuple[Recorded, Recorded]]:
    """Return what every two models answered to the pictures that both were tested on."""
    found = {}
    for one, other in combinations(recorded, 2):
        if shared:
            found[one, other] = recorded[one], recorded[other]
        elif same := _shared({name: tables[name] for name in (one, other)}, chosen):
            found[one, other] = restricted(same[one], chosen), restricted(same[other], chosen)
    return found


def _choose_signs(tables: Mapping[str, pd.DataFrame], known: Sequence[str]) -> str:
    truth = {label for table in tables.values() for label in table["label"].unique()}
    possible = [name for name in possible_sets(sorted(truth), known) if _knows(known, name)]
    return st.segmented_control(
        "Possible signs",
        possible or ["all"],
        default="all",
        required=True,
        format_func=_NAMES.get,
        key="compare-candidates",
        help="Each model is asked as if only signs that all of them know, or were tested on, were "
        "possible.",
    )


def _knows(known: Sequence[str], wanted: str) -> bool:
    return wanted == "all" or len(set(known) & set(CANDIDATE_SETS[wanted])) > 1


def _shared(tables: Mapping[str, pd.DataFrame], chosen: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return the tables cut to the pictures that all have; nothing if there are none."""
    same = same_pictures([table[table["label"].isin(chosen)] for table in tables.values()])
    return {} if same[0].empty else dict(zip(tables, same, strict=True))


@st.cache_data(max_entries=16, show_spinner=False, scope="session")
def _evaluation(_bundle: ModelBundle, key: str) -> pd.DataFrame:
    return read_evaluation(_bundle.folder, _bundle.card.labels)


def read_costs(bundles: Mapping[str, ModelBundle]) -> dict[str, dict[str, object]]:
    """Return model → parameters, megabytes, milliseconds; measured once for each model."""
    found = {}
    for title, bundle in bundles.items():
        try:
            found[title] = _costs(bundle, model_key(bundle))
        except BundleError as error:
            st.warning(f"{escape_markdown(title)}: {escape_markdown(str(error))}.")
            found[title] = {}
    return found


@st.cache_data(max_entries=64, show_spinner="Measuring how fast the model is here…")
def _costs(_bundle: ModelBundle, key: str) -> dict[str, object]:
    return costs(_bundle)


def show_table(
    bundles: Mapping[str, ModelBundle],
    comparison: Comparison,
    spent: Mapping[str, Mapping[str, object]],
) -> None:
    """Draw one row a model with everything that can be told in a number."""
    rows = _rows(bundles, comparison, spent)
    share = st.column_config.NumberColumn(format="percent")
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            **dict.fromkeys(("accuracy", "low", "high", "macro F1", "best validation"), share),
            "parameters": st.column_config.NumberColumn(format="localized"),
            **dict.fromkeys(
                ("MB", "ms a picture", "s an epoch"), st.column_config.NumberColumn(format="%.1f")
            ),
            **dict.fromkeys(
                ("training loss", "validation loss"), st.column_config.NumberColumn(format="%.3f")
            ),
        },
        alt="The models in numbers",
    )
    which = (
        "Accuracy and F1 are those on the same pictures, tested by all of them"
        if comparison.shared
        else "**These models were not tested on the same pictures**, so their accuracies can be "
        "compared only roughly; accuracy and F1 are those on each one's own"
    )
    st.caption(
        f"{which}; low and high bound the 95% interval, which is about other people only where at "
        "least two are known and none of them was learned from. Best validation, losses and "
        "seconds come from training: losses of the last epoch, the mean over a model's trainings. "
        "Milliseconds are measured on this computer, with one thread."
    )
    st.download_button(
        "CSV",
        lambda: to_csv(rows),
        file_name="models.csv",
        mime="text/csv",
        icon=":material/table:",
        on_click="ignore",
        key="csv-models",
    )


def _rows(
    bundles: Mapping[str, ModelBundle],
    comparison: Comparison,
    spent: Mapping[str, Mapping[str, object]],
) -> list[dict[str, object]]:
    rows = []
    for name, bundle in bundles.items():
        scores, cost = comparison.scores.get(name), spent.get(name, {})
        history = _history(bundle)
        final = {} if history is None else final_figures(history)
        rows.append(
            {
                "model": safe_cell(name),
                "accuracy": scores and scores.accuracy,
                "low": scores and scores.interval[0],
                "high": scores and scores.interval[1],
                "macro F1": scores and scores.macro_f1,
                "pictures": scores and scores.pictures,
                "people": scores and (scores.people or "unknown"),
                "parameters": cost.get("parameters"),
                "MB": cost.get("megabytes"),
                "ms a picture": cost.get("milliseconds"),
                "best validation": final.get("best_accuracy"),
                "training loss": final.get("train_loss"),
                "validation loss": final.get("valid_loss"),
                "s an epoch": final.get("seconds_an_epoch"),
                "network": safe_cell(bundle.card.network),
                "split": safe_cell(str(bundle.card.training.get("split", ""))),
            }
        )
    return rows


def _history(bundle: ModelBundle) -> pd.DataFrame | None:
    try:
        history = read_history(bundle.folder)
    except BundleError:
        return None
    return None if history.empty else history


def show_costs(comparison: Comparison, spent: Mapping[str, Mapping[str, object]]) -> None:
    """Draw accuracy against what it costs."""
    rows = [
        {
            "model": name,
            "accuracy": one.accuracy,
            "low": one.interval[0],
            "high": one.interval[1],
            **spent.get(name, {}),
        }
        for name, one in comparison.scores.items()
    ]
    against = st.segmented_control(
        "Against",
        ("milliseconds", "megabytes", "parameters"),
        default="milliseconds",
        required=True,
        key="against",
    )
    if not any(row.get(against) is not None for row in rows):
        st.info("None of these models has both scores and costs.")
        return
    show_exhibit(exhibits.cost(rows, against), "cost")


def show_signs(comparison: Comparison) -> None:
    """Draw how each model does on every sign."""
    if len(comparison.scores) < 2:
        st.info("Fewer than two of these models have scores.")
        return
    if not set.intersection(*(set(one.per_class) for one in comparison.scores.values())):
        st.info("There is no sign that all of these models were tested on.")
        return
    show_exhibit(exhibits.by_sign(comparison.scores), "signs-compared")


def show_disagreements(comparison: Comparison) -> None:
    """Draw which of two models is better, whether that may be chance, and on which pictures."""
    if not comparison.pairs:
        st.info("These models share no test pictures, so they cannot disagree about any.")
        return
    rows = exhibits.disagreements(comparison.pairs)
    st.dataframe(
        rows,
        hide_index=True,
        column_config={"p": st.column_config.NumberColumn(format="%.2g")},
        alt="Where two models differ",
    )
    st.caption(
        "Only pictures that just one of two models answers right tell them apart. **p** is how "
        "often two equally good models would differ this much by chance (McNemar's exact test); "
        "below 0.05 a difference counts as real. It says nothing about people who are not in the "
        "test pictures, and of many pairs compared, one in twenty looks real by chance."
    )
    if not comparison.shared:
        st.caption("Two models are compared on the test pictures that both have.")
        return
    pictures = exhibits.differing(comparison.recorded)
    st.subheader("Pictures that they answer differently", anchor=False)
    if not pictures:
        st.caption("There is none.")
        return
    pictures = [{name: safe_cell(value) for name, value in row.items()} for row in pictures]
    st.dataframe(pictures[:_MOST_ROWS], hide_index=True, alt="Pictures answered differently")
    if len(pictures) > _MOST_ROWS:
        st.caption(f"The first {_MOST_ROWS} of {len(pictures):,}; all are in the file.")
    st.download_button(
        "CSV",
        lambda: to_csv(pictures),
        file_name="disagreements.csv",
        mime="text/csv",
        icon=":material/table:",
        on_click="ignore",
        key="csv-differing",
    )


def show_curves(bundles: Mapping[str, ModelBundle]) -> None:
    """Draw the models' learning curves over each other."""
    histories = {title: _history(bundle) for title, bundle in bundles.items()}
    histories = {name: _whole_as_one(one) for name, one in histories.items() if one is not None}
    if not histories:
        st.info("None of these models says how its training went.")
        return
    left, right = st.columns(2)
    tasks = list(dict.fromkeys(task for one in histories.values() for task in one["task"]))
    with left:
        task = st.segmented_control("Network", tasks, default=tasks[0], required=True)
    with right:
        what = st.segmented_control(
            "Show",
            ("valid_loss", "train_loss", "macro_f1", "accuracy"),
            default="valid_loss",
            required=True,
            format_func=lambda name: name.replace("_", " ").replace("valid", "validation"),
        )
    shown = {name: one[one["task"] == task] for name, one in histories.items()}
    shown = {name: one for name, one in shown.items() if not one.empty}
    show_exhibit(exhibits.curves(shown, what), "curves")


def _whole_as_one(history: pd.DataFrame) -> pd.DataFrame:
    """Call a picture network that was trained as a whole from the start by the others' name."""
    if _PICTURES in set(history["task"]):
        return history
    return history.assign(task=history["task"].replace(_ALL_STAGES, _PICTURES))
