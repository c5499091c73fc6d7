"""An answer in words: what the model says, how sure it is, and what to know or do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asl.inference.decision import Candidate
from asl.labels import MOTION_SIGNS, display_name
from asl.ui.text import escape_markdown

# Importing it at run time would load ONNX Runtime before the first page is drawn.
if TYPE_CHECKING:
    from asl.inference.predictor import Prediction

#: How the pages call the networks that a `Prediction` names.
NETWORKS = {"picture": "picture network", "landmarks": "landmark network"}

#: What to do, as the end of a sentence.
BETTER_PICTURE = (
    "show the whole hand, large and well lit, against a plain background, and hold it still"
)

_SURENESS = ((0.95, "Very sure"), (0.8, "Sure"), (0.6, "Fairly sure"), (0.0, "Not very sure"))


@dataclass(frozen=True)
class Note:
    """Something to know about an answer.

    Attributes:
        title: a few words, plain text without user text.
        text: a sentence or two, Markdown in which labels are escaped.
        icon: name of a Material icon; it adds nothing to the words.
    """

    title: str
    text: str
    icon: str


def sign_name(candidate: Candidate) -> str:
    """Return the sign as a learner reads it, look-alikes included: "O or 0"."""
    return " or ".join(map(display_name, (candidate.label, *candidate.look_alikes)))


def percent(confidence: float) -> str:
    """Return a probability in whole per cent; never 0% or 100%, which no model can know."""
    if confidence < 0.005:
        return "<1%"
    return ">99%" if confidence > 0.995 else f"{confidence:.0%}"


def headline(prediction: Prediction) -> str:
    """Return the answer in the fewest words."""
    return "Can't tell" if prediction.abstained else sign_name(prediction.top[0])


def sureness(prediction: Prediction) -> str:
    """Return the confidence in words and per cent."""
    if prediction.abstained:
        words = f"Not sure enough to answer; closest is {sign_name(prediction.top[0])}"
    else:
        words = next(words for least, words in _SURENESS if prediction.confidence >= least)
    return f"{words}, {percent(prediction.confidence)}"


def agreement(prediction: Prediction) -> str:
    """Return in one or two words whether both networks name the same handshape."""
    return {True: "yes", False: "no", None: "one network"}[prediction.agreement]


def notes(prediction: Prediction, hands_searched: bool = True) -> list[Note]:
    """Return what to know about an answer and what to do, the most important first.

    Args:
        hands_searched: False where hand detection cannot run at all, so that "no hand found"
            would blame the picture.
    """
    found = []
    if prediction.hand is None and hands_searched:
        found.append(
            Note(
                "No hand found",
                "The picture network answered alone, and it errs more often so. "
                f"To help it, {BETTER_PICTURE}.",
                "back_hand",
            )
        )
    elif prediction.upside_down:
        found.append(
            Note(
                "Perhaps upside down",
                "The hand points down, and turned round it would be another sign. If the picture "
                "is upside down, turn it and try again.",
                "screen_rotation",
            )
        )
    elif prediction.abstained:
        found.append(
            Note(
                "Can't tell",
                "Below this confidence the model is wrong too often to answer. "
                f"To help it, {BETTER_PICTURE}.",
                "help",
            )
        )
    if prediction.agreement is False:
        says = [
            f"the {NETWORKS[name]} sees **{escape_markdown(sign_name(eye))}** "
            f"({percent(eye.confidence)})"
            for name, eye in prediction.eyes.items()
        ]
        sentence = ", ".join(says)
        found.append(
            Note(
                "The two networks disagree",
                f"{sentence[0].upper()}{sentence[1:]}. Trust this answer less.",
                "alt_route",
            )
        )
    best = prediction.top[0]
    if best.label in MOTION_SIGNS:
        found.append(
            Note(
                "Needs motion",
                f"{best.label} is signed with a movement, and a photo shows only a part of it.",
                "gesture",
            )
        )
    if best.look_alikes:
        both = " and ".join(map(escape_markdown, (best.label, *best.look_alikes)))
        found.append(
            Note(
                "Same handshape",
                f"{both} look alike in a still picture. "
                "Choose letters or digits as the possible signs to tell them apart.",
                "content_copy",
            )
        )
    return found
