"""A model's test examples on a page: read, kept by content, cut down by the visitor, summed up."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from asl.bundle import EVALUATION, BundleError, ModelBundle
from asl.evaluation.advising.words import kind_of_card, words_for
from asl.evaluation.calibration import thresholds
from asl.evaluation.metrics import Scores, measure
from asl.evaluation.recorded import TestPredictions, for_candidates, read_evaluation
from asl.evaluation.results.result import outward, people_in_words
from asl.evaluation.untrained import untrained_in_words
from asl.figures.wording import Wording, wording_of
from asl.files import open_file
from asl.ui.shared.text import escape_markdown

_EVERYTHING = "All together"
_ABOUT_OWN = "Whether the model has seen these people, only you can know."

#: What each way of setting test examples aside says about new people.
_ABOUT_SPLITS = {
    "random": "The same people are on both sides, so this says little about new people and "
    "flatters.",
    "new-person": "People who were not learned from: what to expect for new people.",
    "leave-one-person-out": "Each person was tested by a model that had not seen them: what to "
    "expect for new people.",
    "group-k-fold": "Each person was tested by a model that had not seen them: what to expect for "
    "new people.",
    "own": "These people may be among those that it learned from; where they are, it flatters.",
    "leave-one-set-out": "Each data set was tested by a model that had not seen it: what to "
    "expect for new people, rooms and cameras.",
}


def read_tested(bundle: ModelBundle) -> pd.DataFrame:
    """Return a bundle's test examples; ends the page with the reason if there are none."""
    try:
        with open_file(bundle.folder / EVALUATION) as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        content = ""
    try:
        return _read(bundle.folder, bundle.card.labels, content)
    except BundleError as error:
        st.warning(
            f"This model cannot show how well it does. {escape_markdown(str(error))}.",
            icon=":material/query_stats:",
        )
        st.stop()


@st.cache_data(max_entries=16, show_spinner=False, scope="session")
def _read(_folder: Path, labels: tuple[str, ...], content: str) -> pd.DataFrame:
    """Read the file whose hash is `content`; the same content is read once, wherever it lies."""
    return read_evaluation(_folder, labels)


def drawn_at_random(bundle: ModelBundle) -> bool:
    """Return whether a model was tested on the very people that it learned from."""
    return bundle.card.training.get("split") == "random"


def choose_fold(table: pd.DataFrame) -> pd.DataFrame:
    """Let the visitor choose one of the folds that were tested, if there are several."""
    folds = sorted(set(table["fold"]))
    if len(folds) < 2:
        return table
    chosen = st.selectbox(
        "Tested on",
        [_EVERYTHING, *folds],
        help="Each part was tested by a model that had not learned from it.",
        key="fold",
    )
    return table if chosen == _EVERYTHING else table[table["fold"] == chosen]


def digest(table: pd.DataFrame, wanted: str) -> str:
    """Return the same text for the same examples, scores and question."""
    sums = pd.util.hash_pandas_object(table, index=False).to_numpy()
    return hashlib.sha256(sums.tobytes() + wanted.encode()).hexdigest()


def score(
    bundle: ModelBundle, table: pd.DataFrame, wanted: str, learned_from: bool = False
) -> tuple[TestPredictions, Scores]:
    """Return the examples that a candidate set asks about, and their scores.

    Ends the page with advice if there are none.

    Args:
        learned_from: whether the model learned from the very people in them.
    """
    labels, still = bundle.card.labels, bundle.card.still
    key = digest(table, f"{wanted}{learned_from}")
    try:
        return _score(table, labels, wanted, learned_from, still, key)
    except ValueError:
        st.info(
            f"None of these test {wording_of(bundle).examples} shows one of the {wanted}. Choose "
            "other possible signs.",
            icon=":material/filter_alt:",
        )
        st.stop()


@st.cache_data(max_entries=32, show_spinner=False, scope="session")
def _score(
    _table: pd.DataFrame,
    labels: tuple[str, ...],
    wanted: str,
    learned_from: bool,
    still: bool,
    key: str,
) -> tuple[TestPredictions, Scores]:
    recorded = for_candidates(_table, labels, wanted, still)
    truth, people = recorded.truth.tolist(), recorded.rows["person"]
    scores = measure(truth, recorded.scores, recorded.labels, people, learned_from, still)
    return recorded, scores


def show_headline(
    bundle: ModelBundle, recorded: TestPredictions, scores: Scores, own: bool
) -> None:
    """Draw the figures that sum a model up, and say how the examples had been set aside.

    Args:
        own: they are the visitor's own.
    """
    words = wording_of(bundle)
    known = len(set(recorded.rows["person"]) - {""})
    random = not own and drawn_at_random(bundle)
    _show_metrics(
        recorded,
        scores,
        bundle.card.abstain_below,
        words,
        f"for {words.examples} like these; it says nothing about other people"
        if known < 2 or random
        else "for people like these",
    )
    who = people_in_words(scores.people)
    if known and scores.people is None:
        who = f"{people_in_words(known)} known, the others not"
    about = _ABOUT_OWN if own else _about_split(bundle.card.training)
    st.caption(
        f"{scores.pictures:,} {words.examples}, {who}, {len(scores.per_class)} signs. {about}"
    )
    if not own:
        say_untrained(bundle, recorded.rows)


def _show_metrics(
    recorded: TestPredictions,
    scores: Scores,
    abstain_below: Mapping[str, float],
    words: Wording,
    about: str,
) -> None:
    """Draw the figures.

    Args:
        abstain_below: of the model's card.
        about: for whom the range of the accuracy holds.
    """
    found = recorded.rows["found"].to_numpy(bool)
    answered = recorded.confidence >= thresholds(abstain_below, found)
    answered &= ~recorded.likelier_none
    strict = f"{words.look_alikes} Without that it is {_share(scores.accuracy_strict)}. "
    low, high = outward(*scores.interval)
    with st.container(horizontal=True, gap="large"):
        st.metric(
            "Accuracy",
            _share(scores.accuracy),
            delta=f"{low}–{high}%",
            delta_color="off",
            delta_arrow="off",
            help=f"Share of the {words.examples} answered right, however unsure. "
            f"{strict if words.look_alikes else ''}Below: the range in which it lies, 19 times of "
            f"20, {about}.",
        )
        if words.best and len(recorded.labels) > words.best:
            st.metric(
                f"Within {words.best}",
                _share(recorded.within(words.best)),
                help=f"Share of the {words.examples} whose sign is among the {words.best} that the "
                "model holds likeliest.",
            )
        st.metric("Macro F1", _share(scores.macro_f1), help="Mean F1; every sign counts alike.")
        if words.found:
            st.metric(words.found.capitalize(), _share(found.mean()))
        st.metric("Answered", _share(answered.mean()), help='The rest gets "can\'t tell".')
        right = recorded.correct[answered].mean() if answered.any() else None
        st.metric("Right when answered", "–" if right is None else _share(right))


def _about_split(training: Mapping[str, Any]) -> str:
    """Return what the way in which test examples were set aside says about the scores.

    Args:
        training: what the model's card says about it.
    """
    split, means = str(training.get("split", "")), str(training.get("split_means", ""))
    named = f"Split: {escape_markdown(split)}" if split else "How they were set aside is unknown"
    named += f" ({escape_markdown(means)})" if means else ""
    new = split == "own" and training.get("new_people") is True
    return f"{named}. {_ABOUT_SPLITS.get('new-person' if new else split, '')}"


def say_untrained(bundle: ModelBundle, rows: pd.DataFrame) -> None:
    """Name the signs among test examples that were never trained, if there are any."""
    for said in untrained_in_words(bundle.card, rows, words_for(kind_of_card(bundle.card))):
        st.warning(escape_markdown(said), icon=":material/help:")


def _share(value: float) -> str:
    return "100%" if value == 1 else "0%" if value == 0 else f"{value:.1%}"
