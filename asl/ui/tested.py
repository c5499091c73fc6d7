"""A model's test pictures on a page: read, kept by content, cut down by the visitor, summed up."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import streamlit as st

from asl.bundle import EVALUATION, BundleError, ModelBundle
from asl.evaluation.metrics import Scores, measure
from asl.evaluation.recorded import Recorded, among, read_evaluation
from asl.evaluation.results import outward, people_in_words
from asl.evaluation.untrained import untrained_in_words
from asl.files import open_file
from asl.ui.text import escape_markdown

_EVERYTHING = "All together"

#: What each way of setting test pictures aside says about new people.
_ABOUT_SPLITS = {
    "random": "The same people are on both sides, so this says little about new people and "
    "flatters.",
    "new-person": "A person whose pictures were not learned from: what to expect for new people.",
    "leave-one-person-out": "Each person was tested by a model that had not seen them: what to "
    "expect for new people.",
    "group-k-fold": "Each person was tested by a model that had not seen them: what to expect for "
    "new people.",
    "own": "These people may be among those that it learned from; where they are, it flatters.",
    "leave-one-set-out": "Each data set was tested by a model that had not seen it: what to "
    "expect for new people, rooms and cameras.",
}


def read_tested(bundle: ModelBundle) -> pd.DataFrame:
    """Return a bundle's test pictures; ends the page with the reason where there are none."""
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


def choose_division(table: pd.DataFrame) -> pd.DataFrame:
    """Let the visitor choose one part of the test pictures, where there are several."""
    divisions = sorted(set(table["division"]))
    if len(divisions) < 2:
        return table
    chosen = st.selectbox(
        "Tested on",
        [_EVERYTHING, *divisions],
        help="Each part was tested by a model that had not learned from it.",
        key="division",
    )
    return table if chosen == _EVERYTHING else table[table["division"] == chosen]


def digest(table: pd.DataFrame, wanted: str) -> str:
    """Return the same text for the same pictures, scores and question."""
    sums = pd.util.hash_pandas_object(table, index=False).to_numpy()
    return hashlib.sha256(sums.tobytes() + wanted.encode()).hexdigest()


def score(
    table: pd.DataFrame, labels: tuple[str, ...], wanted: str, learned_from: bool = False
) -> tuple[Recorded, Scores]:
    """Return the pictures that a candidate set asks about, and their scores.

    Ends the page with advice where there are none.

    Args:
        learned_from: whether the model learned from the very people in them.
    """
    try:
        return _score(table, labels, wanted, learned_from, digest(table, f"{wanted}{learned_from}"))
    except ValueError:
        st.info(
            f"None of these test pictures shows one of the {wanted}. Choose other possible signs.",
            icon=":material/filter_alt:",
        )
        st.stop()


@st.cache_data(max_entries=32, show_spinner=False, scope="session")
def _score(
    _table: pd.DataFrame, labels: tuple[str, ...], wanted: str, learned_from: bool, key: str
) -> tuple[Recorded, Scores]:
    recorded = among(_table, labels, wanted)
    people = recorded.rows["person"]
    scores = measure(recorded.truth, recorded.scores, recorded.labels, people, learned_from)
    return recorded, scores


def show_headline(
    bundle: ModelBundle, recorded: Recorded, scores: Scores, own_pictures: bool
) -> None:
    """Draw the figures that sum a model up, and say how the pictures had been set aside."""
    found = recorded.rows["found"].to_numpy(bool)
    least = bundle.card.abstain_below
    threshold = [least.get("hand" if seen else "no_hand", 0.0) for seen in found]
    answered = recorded.confidence >= threshold
    low, high = outward(*scores.interval)
    known = len(set(recorded.rows["person"]) - {""})
    who = people_in_words(scores.people)
    if known and scores.people is None:
        who = f"{people_in_words(known)} known, the others not"
    random = not own_pictures and drawn_at_random(bundle)
    about_range = (
        "for pictures like these; it says nothing about other people"
        if known < 2 or random
        else "for people like these"
    )
    with st.container(horizontal=True, gap="large"):
        st.metric(
            "Accuracy",
            _share(scores.accuracy),
            delta=f"{low}–{high}%",
            delta_color="off",
            delta_arrow="off",
            help="Share of the pictures answered right, however unsure. Look-alikes such as O and "
            f"0 count as right; without that it is {_share(scores.accuracy_strict)}. Below: the "
            f"range in which it lies, 19 times of 20, {about_range}.",
        )
        st.metric("Macro F1", _share(scores.macro_f1), help="Mean F1; every sign counts alike.")
        st.metric("Hand found", _share(found.mean()))
        st.metric("Answered", _share(answered.mean()), help='The rest gets "can\'t tell".')
        right = recorded.correct[answered].mean() if answered.any() else None
        st.metric("Right when answered", "–" if right is None else _share(right))
    if own_pictures:
        about = "Whether the model has seen these people, only you can know."
    else:
        split = str(bundle.card.training.get("split", ""))
        means = str(bundle.card.training.get("split_means", ""))
        named = (
            f"Split: {escape_markdown(split)}" if split else "How they were set aside is unknown"
        )
        named += f" ({escape_markdown(means)})" if means else ""
        new = split == "own" and bundle.card.training.get("new_people") is True
        about = f"{named}. {_ABOUT_SPLITS.get('new-person' if new else split, '')}"
    st.caption(f"{scores.pictures:,} pictures, {who}, {len(scores.per_class)} signs. {about}")
    if not own_pictures:
        say_untrained(bundle, recorded.rows)


def say_untrained(bundle: ModelBundle, rows: pd.DataFrame) -> None:
    """Name the signs among test pictures that were never trained, if there are any."""
    for said in untrained_in_words(bundle.card, rows):
        st.warning(escape_markdown(said), icon=":material/help:")


def _share(value: float) -> str:
    return "100%" if value == 1 else "0%" if value == 0 else f"{value:.1%}"
