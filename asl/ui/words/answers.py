"""What to know about an answer to a movement, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from asl.bundle import DEFAULT_WORDS, BundleError, find_bundle
from asl.card import DataEntry, ModelCard
from asl.labels import NONE
from asl.ui.shared.answer_text import Note

# Importing it at run time would load ONNX Runtime before the page is drawn.
if TYPE_CHECKING:
    from asl.inference.sequences.predictor import WordPrediction

#: Said wherever words follow each other.
NO_TRANSLATION = (
    "A list of glosses is no translation: ASL has a grammar of its own, made with place, face and "
    "movement between the signs, and this page reads single signs only."
)
#: Parts of the name of a licence that allows learning and research only.
_FOR_LEARNING = ("c-uda", "computational use of data")

_BETTER = (
    "sit so that head, shoulders and both hands are in the picture, well lit, and let the hands "
    "rest before and after the sign"
)
_UNSURE = Note(
    "Can't tell",
    f"Below this confidence the model is wrong too often to answer. To help it, {_BETTER}.",
    "help",
)
_NONE = Note(
    "Perhaps none of its words",
    "The movement looks most like what the model learned as no word: hands on their way, at rest, "
    "or in a sign that it does not know.",
    "block",
)


def notes(prediction: WordPrediction) -> list[Note]:
    """Return what to know about an answer and what to do."""
    if prediction.none > prediction.confidence:
        return [_NONE]
    return [_UNSURE] if prediction.abstained else []


def learned_from(card: ModelCard) -> str:
    """Return how many words a model knows, and from how many people it learned them."""
    words = sum(label != NONE for label in card.labels)
    known = f"The model knows {words:,} words"
    people = [entry.get("people") for entry in card.data]
    counts = [count for count in people if isinstance(count, int)]
    if not counts or len(counts) < len(people):
        return f"{known}."
    aside = _tested_aside(card)
    total = sum(counts) - aside
    others = f"; {aside:,} others tested it" if aside else ""
    people_said = "person" if total == 1 else "people"
    return f"{known}, and learned them from {total:,} {people_said}{others}."


def _tested_aside(card: ModelCard) -> int:
    """Return how many people it was tested on and never learned from."""
    if card.training.get("split") != "new-person":
        return 0  # all others have a part in the model that is kept
    return max((entry.get("people") or 0 for entry in card.scores), default=0)


def learning_only(card: ModelCard) -> list[str]:
    """Return the names of the data sets of a model that may be used for learning and research
    only, such as those under the C-UDA; those of the model that it started from count as well."""
    return [
        str(entry.get("name", ""))
        for entry in (*card.data, *_data_of_start(card))
        if any(part in str(entry.get("licence", "")).casefold() for part in _FOR_LEARNING)
    ]


def _data_of_start(card: ModelCard) -> Sequence[DataEntry]:
    """Return the data sets of the bundled model of words, if a model started from that."""
    started = card.training.get("config", {}).get("start", "")
    if card.sequence is None or started != "bundled" or card.name == DEFAULT_WORDS:
        return ()
    try:
        return find_bundle(DEFAULT_WORDS).card.data
    except BundleError:  # it no longer comes with the app
        return ()
