"""The models that are compared, and what they answered to the examples that they share."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import pandas as pd
import streamlit as st

from asl.bundle import BundleError, ModelBundle, by_title
from asl.evaluation.advising.words import kind_of_card, words_for
from asl.evaluation.comparison import common_labels, same_pictures
from asl.evaluation.metrics import Scores, measure
from asl.evaluation.recorded import (
    TestPredictions,
    for_candidates,
    possible_sets,
    read_evaluation,
    read_history,
    restricted,
)
from asl.evaluation.untrained import never_learnt, untrained_in_words
from asl.figures.wording import Wording, wording_of
from asl.labels import CANDIDATE_SETS, candidates
from asl.ui.shared.model_choice import model_key, say_unusable, usable_models
from asl.ui.shared.test_set import drawn_at_random
from asl.ui.shared.text import escape_markdown
from asl.ui.shell.tour import show_tour

_MOST_MODELS = 5
_NAMES = {"letters": "Letters", "digits": "Digits", "all": "All"}

#: Two models → their answers to the same examples, in one order.
Pairs = dict[tuple[str, str], tuple[TestPredictions, TestPredictions]]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Models asked about the same signs.

    Attributes:
        recorded: model → its answers; to the same examples in one order if `shared`.
        scores: model → its scores.
        shared: whether all were tested on the same examples.
        pairs: of those that share test examples.
        words: for their examples.
        comparable: whether they read the same kind of example, so that their scores mean the same.
    """

    recorded: dict[str, TestPredictions]
    scores: dict[str, Scores]
    shared: bool
    pairs: Pairs
    words: Wording
    comparable: bool = True


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
        show_tour("compare")
        st.stop()
    chosen = st.multiselect(
        "Models",
        list(bundles),
        default=first_choice(bundles),
        max_selections=_MOST_MODELS,
        key="compared",
    )
    say_unusable(unusable)
    if len(chosen) < 2:
        st.info("Choose at least two models.", icon=":material/balance:")
        show_tour("compare")
        st.stop()
    return {title: bundles[title] for title in chosen}


def first_choice(bundles: Mapping[str, ModelBundle]) -> list[str]:
    """Return the titles of the two models that are compared before anything was chosen.

    Two of one network that were tested in different ways, if there are such: they show what a
    test is worth. Otherwise the first two that read the same kind of example, since of others only
    the costs can be compared.

    Args:
        bundles: title → model, two at least.
    """
    for one, other in combinations(bundles, 2):
        first, second = bundles[one].card, bundles[other].card
        if first.network == second.network and drawn_at_random(bundles[one]) != drawn_at_random(
            bundles[other]
        ):
            return [one, other]
    still = next(iter(bundles.values())).card.still
    alike = [title for title, bundle in bundles.items() if bundle.card.still == still]
    return (alike if len(alike) > 1 else list(bundles))[:2]


def compare(bundles: Mapping[str, ModelBundle]) -> Comparison:
    """Return the models' answers to the examples that they share, or else each to its own.

    The visitor chooses which signs are possible. Models without such answers are named.

    Args:
        bundles: title → model.
    """
    tables, missing = _evaluations(bundles)
    found = _among_common if len({one.card.still for one in bundles.values()}) == 1 else _apart
    comparison = found(bundles, tables, missing)
    for name, reason in missing.items():
        st.warning(f"{escape_markdown(name)} has no scores here: {escape_markdown(reason)}.")
    _say_flattered(bundles, comparison.recorded)
    for name, one in comparison.recorded.items():
        card = bundles[name].card
        for said in untrained_in_words(card, one.rows, words_for(kind_of_card(card))):
            st.warning(escape_markdown(f"{name}: {said}"))
    return comparison


def _say_flattered(bundles: Mapping[str, ModelBundle], tested: Collection[str]) -> None:
    """Name the models that were tested on people whom they know, where others were not."""
    flattered = [name for name in tested if drawn_at_random(bundles[name])]
    if flattered and len(flattered) < len(tested):
        names = ", ".join(f"**{escape_markdown(name)}**" for name in flattered)
        was = "was" if len(flattered) == 1 else "were"
        st.warning(
            f"{names} {was} tested on examples drawn at random, of the very people learned from: "
            "that flatters, and on new people the score would be lower.",
            icon=":material/group_off:",
        )


def _apart(
    bundles: Mapping[str, ModelBundle],
    tables: Mapping[str, pd.DataFrame],
    missing: dict[str, str],
) -> Comparison:
    """Return the answers of models that read different things, each to its own test."""
    st.info(
        "Some of these models read pictures and others words. Each is scored on its own test, with "
        "all its signs possible, so that **their accuracies do not tell which is better**. What "
        "they cost and how they were trained can be compared.",
        icon=":material/balance:",
    )
    recorded = {
        name: for_candidates(table, bundles[name].card.labels, "all", bundles[name].card.still)
        for name, table in tables.items()
    }
    scores = {name: _measured(bundles[name], one) for name, one in recorded.items()}
    words = wording_of(*bundles.values())
    return Comparison(recorded, scores, False, {}, words, comparable=False)


def _among_common(
    bundles: Mapping[str, ModelBundle],
    tables: Mapping[str, pd.DataFrame],
    missing: dict[str, str],
) -> Comparison:
    """Return the answers of models of one kind, among the signs that all know.

    Args:
        missing: model → why it has no scores, which is added to.
    """
    words = wording_of(*bundles.values())
    still = all(bundle.card.still for bundle in bundles.values())
    asked = [
        (*bundles[title].card.labels, *never_learnt(table, bundles[title].card.labels))
        for title, table in tables.items()
    ]
    known = common_labels(asked or [()])
    wanted = _choose_signs(tables, known) if still else "all"
    chosen = candidates(known, wanted) if len(known) > 1 else ()
    same = _shared(tables, chosen) if len(tables) > 1 and chosen else {}
    recorded = {}
    for name, table in (same or tables).items():
        try:
            recorded[name] = restricted(table, chosen, still)
        except ValueError:
            missing[name] = f"no test {words.example} of these signs"
    scores = {name: _measured(bundles[name], one) for name, one in recorded.items()}
    pairs = _pairs(tables, chosen, recorded, bool(same), still)
    return Comparison(recorded, scores, bool(same), pairs, words)


def history_of(bundle: ModelBundle) -> pd.DataFrame | None:
    """Return how a model's training went, None if it does not say so."""
    try:
        history = read_history(bundle.folder)
    except BundleError:
        return None
    return None if history.empty else history


def _evaluations(
    bundles: Mapping[str, ModelBundle],
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Return the models' test answers, and why others have none."""
    tables, missing = {}, {}
    for title, bundle in bundles.items():
        try:
            tables[title] = _evaluation(bundle, model_key(bundle))
        except BundleError as error:
            missing[title] = str(error)
    return tables, missing


@st.cache_data(max_entries=16, show_spinner=False, scope="session")
def _evaluation(_bundle: ModelBundle, key: str) -> pd.DataFrame:
    return read_evaluation(_bundle.folder, _bundle.card.labels)


def _measured(bundle: ModelBundle, one: TestPredictions) -> Scores:
    people = one.rows["person"]
    return measure(one.truth, one.scores, one.labels, people, drawn_at_random(bundle), one.still)


def _pairs(
    tables: Mapping[str, pd.DataFrame],
    chosen: Sequence[str],
    recorded: Mapping[str, TestPredictions],
    shared: bool,
    still: bool,
) -> Pairs:
    """Return what every two models answered to the examples that both were tested on."""
    found: Pairs = {}
    for one, other in combinations(recorded, 2):
        if shared:
            found[one, other] = recorded[one], recorded[other]
        elif same := _shared({name: tables[name] for name in (one, other)}, chosen):
            ours, theirs = (restricted(same[name], chosen, still) for name in (one, other))
            found[one, other] = ours, theirs
    return found


def _choose_signs(tables: Mapping[str, pd.DataFrame], known: Sequence[str]) -> str:
    truth = {label for table in tables.values() for label in table["label"].unique()}
    possible = [name for name in possible_sets(sorted(truth), known) if _knows(known, name)]
    return st.segmented_control(
        "Possible signs",
        possible or ["all"],
        default="all",
        required=True,
        format_func=lambda name: _NAMES.get(name, name),
        key="compare-candidates",
        help="Each model is asked as if only signs that all of them know, or were tested on, were "
        "possible.",
    )


def _knows(known: Sequence[str], wanted: str) -> bool:
    return wanted == "all" or len(set(known) & set(CANDIDATE_SETS[wanted])) > 1


def _shared(tables: Mapping[str, pd.DataFrame], chosen: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return the tables cut to the examples that all have; nothing if there are none."""
    same = same_pictures([table[table["label"].isin(chosen)] for table in tables.values()])
    return {} if same[0].empty else dict(zip(tables, same, strict=True))
