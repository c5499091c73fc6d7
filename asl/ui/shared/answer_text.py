"""An answer in words: what the model says, how sure it is, and what to know or do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from asl.figures.text import percent
from asl.inference.decision import Candidate
from asl.labels import MOTION_SIGNS, display_name
from asl.ui.shared.text import escape_markdown

# Importing it at run time would load ONNX Runtime before the first page is drawn.
if TYPE_CHECKING:
    from asl.inference.pictures.predictor import Prediction

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


class Answer(Protocol):
    """What a model answered about an example of any kind.

    Attributes:
        confidence: of the best candidate, 0–1.
        abstained: it is below its threshold.
        top: the best candidates, best first.
    """

    @property
    def confidence(self) -> float: ...
    @property
    def abstained(self) -> bool: ...
    @property
    def top(self) -> tuple[Candidate, ...]: ...


_NO_HAND = Note(
    "No hand found",
    f"The picture network answered alone, and it errs more often so. To help it, {BETTER_PICTURE}.",
    "back_hand",
)
#: Of a picture in which there is a second hand.
TWO_HANDS = Note(
    "Two hands",
    "Only the one whose joints are drawn was read. Show one hand alone for a surer answer.",
    "front_hand",
)
_UPSIDE_DOWN = Note(
    "Perhaps upside down",
    "The hand points down, and turned round it would be another sign. If the picture "
    "is upside down, turn it.",
    "screen_rotation",
)
_UNSURE = Note(
    "Can't tell",
    f"Below this confidence the model is wrong too often to answer. To help it, {BETTER_PICTURE}.",
    "help",
)


def sign_name(candidate: Candidate) -> str:
    """Return the sign as a learner reads it, look-alikes included: "O or 0"."""
    return " or ".join(map(display_name, (candidate.label, *candidate.look_alikes)))


def headline(answer: Answer) -> str:
    """Return the answer in the fewest words."""
    return "Can't tell" if answer.abstained else sign_name(answer.top[0])


def sureness(answer: Answer) -> str:
    """Return the confidence in words and per cent."""
    if answer.abstained:
        words = f"Not sure enough to answer; closest is {sign_name(answer.top[0])}"
    else:
        words = next(words for least, words in _SURENESS if answer.confidence >= least)
    return f"{words}, {percent(answer.confidence)}"


def agreement(prediction: Prediction) -> str:
    """Return in one or two words whether both networks name the same handshape."""
    return {True: "yes", False: "no", None: "one network"}[prediction.agreement]


def notes(prediction: Prediction, hands_searched: bool = True) -> list[Note]:
    """Return what to know about an answer and what to do, the most important first.

    Args:
        hands_searched: False if hand detection cannot run at all, so that "no hand found" would
            blame the picture.
    """
    found = []
    if prediction.hand is None and hands_searched:
        found.append(_NO_HAND)
    elif prediction.upside_down:
        found.append(_UPSIDE_DOWN)
    elif prediction.abstained:
        found.append(_UNSURE)
    if prediction.agreement is False:
        found.append(_disagreement(prediction))
    best = prediction.top[0]
    if best.label in MOTION_SIGNS:
        found.append(_motion(best))
    if best.look_alikes:
        found.append(_same_handshape(best))
    return found


def read_with_own_hand(untaught: str) -> Note:
    """Return what to know about an answer that the visitor's taught hand has changed.

    Args:
        untaught: what the model says by itself.
    """
    before = escape_markdown(untaught)
    return Note("Read with your hand", f"Before you taught it: **{before}**.", "school")


def _disagreement(prediction: Prediction) -> Note:
    sentence = ", ".join(
        f"the {NETWORKS[name]} sees **{escape_markdown(sign_name(own))}** "
        f"({percent(own.confidence)})"
        for name, own in prediction.networks.items()
    )
    return Note(
        "The two networks disagree",
        f"{sentence[0].upper()}{sentence[1:]}. Trust this answer less.",
        "alt_route",
    )


def _motion(best: Candidate) -> Note:
    return Note(
        "Needs motion",
        f"{best.label} is signed with a movement, and a photo shows only a part of it.",
        "gesture",
    )


def _same_handshape(best: Candidate) -> Note:
    both = " and ".join(map(escape_markdown, (best.label, *best.look_alikes)))
    return Note(
        "Same handshape",
        f"{both} look alike in a still picture. "
        "Choose letters or digits as the possible signs to tell them apart.",
        "content_copy",
    )
