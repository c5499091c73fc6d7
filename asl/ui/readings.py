"""Read a visitor's pictures, and remember what they showed for as long as the visit lasts.

Nothing here is written to disk or shared between visitors: the page keeps one `PictureMemory` in
its session, and forgetting it forgets the pictures.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from asl.bundle import BundleError
from asl.decoding import decode
from asl.images import PictureError
from asl.ui import answers
from asl.ui.pictures import picture_with_hand
from asl.ui.text import safe_cell, shown_name

# Importing them at run time would load ONNX Runtime before the first page is drawn.
if TYPE_CHECKING:
    from asl.hands.detector import Hand
    from asl.inference.predictor import Look, Prediction, Predictor


_LOG = logging.getLogger(__name__)
_NOT_LOOKED_AT = "there is not enough memory to look at it, or the model fails; try it smaller"


@dataclass(frozen=True)
class Picture:
    """A file that a visitor gave: its own name and its encoded content."""

    name: str
    content: bytes

    @cached_property
    def key(self) -> str:
        """The same for the same content, whatever its name."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass
class Seen:
    """What is remembered of one picture.

    Attributes:
        reason: why it cannot be read, "" if it can.
        preview: a small JPEG with the hand drawn on it.
        hand: the hand found, in pixels of the picture.
        looks: model → what its networks made of the picture.
        faults: model → why it gave no answer.
    """

    reason: str = ""
    preview: bytes = b""
    hand: Hand | None = None
    looks: dict[str, Look] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)


class PictureMemory:
    """What one visitor's pictures showed, told apart by their content."""

    def __init__(self):
        self._seen: dict[str, Seen] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def keep_only(self, pictures: Iterable[Picture]) -> None:
        """Forget all but these pictures, so that memory is bounded by what the visitor gave."""
        kept = {picture.key for picture in pictures}
        self._seen = {key: seen for key, seen in self._seen.items() if key in kept}

    def knows(self, picture: Picture, model: str) -> bool:
        """Return whether `look` would answer from memory."""
        seen = self._seen.get(picture.key)
        return seen is not None and bool(seen.reason or model in seen.looks or model in seen.faults)

    def look(self, picture: Picture, model: str, predictor: Predictor) -> Seen:
        """Return what is known of a picture, with the model's look at it.

        The hand is searched for once a picture, whatever the number of models.

        Args:
            model: a name for `predictor`.
        """
        if not self.knows(picture, model):
            try:
                self._seen[picture.key] = self._look(picture, model, predictor)
            except PictureError as error:
                self._seen[picture.key] = Seen(reason=error.reason)
            # Networks end in many kinds of exception where memory is short.
            except Exception:
                _LOG.exception("a picture could not be looked at")
                self._seen[picture.key] = Seen(reason=_NOT_LOOKED_AT)
        return self._seen[picture.key]

    def _look(self, picture: Picture, model: str, predictor: Predictor) -> Seen:
        rgb = decode(picture.content)
        seen = self._seen.get(picture.key)
        if seen is None:
            hand = predictor.find_hand(rgb)
            seen = Seen(preview=picture_with_hand(rgb, hand), hand=hand)
        try:
            look = predictor.look_at(rgb, seen.hand)
        except BundleError as error:
            seen.faults[model] = str(error)
            return seen
        # Feature maps are a hundred times larger than the answer, and this page shows none.
        seen.looks[model] = replace(look, outputs={})
        return seen


@dataclass(frozen=True)
class Reading:
    """What the page tells about one picture.

    Attributes:
        name: the file's name, fit to be shown as plain text.
        reason: why there is no answer, "" if there is one.
        preview: a small JPEG with the hand drawn on it; empty if the file is no picture.
        prediction: the answer, or None.
    """

    name: str
    reason: str = ""
    preview: bytes = b""
    prediction: Prediction | None = None


def read(
    picture: Picture, memory: PictureMemory, model: str, predictor: Predictor, wanted: str
) -> Reading:
    """Return the answer for one picture, or why there is none.

    Args:
        model: a name for `predictor`.
        wanted: candidate set: "letters", "digits" or "all".
    """
    name = shown_name(picture.name)
    seen = memory.look(picture, model, predictor)
    if seen.reason:
        return Reading(name, seen.reason)
    if fault := seen.faults.get(model):
        return Reading(name, f"the model gave no answer: {fault}", seen.preview)
    if seen.hand is None and predictor.card.inputs == ("landmarks",):
        reason = f"no hand found, and this model needs one; {answers.BETTER_PICTURE}"
        return Reading(name, reason, seen.preview)
    prediction = predictor.answer(seen.looks[model], wanted, time.perf_counter())
    return Reading(name, "", seen.preview, prediction)


def table(readings: Sequence[Reading], hands_searched: bool = True) -> list[Mapping[str, object]]:
    """Return one row a picture, for the screen and the spreadsheet alike."""
    return [_row(reading, hands_searched) for reading in readings]


def _row(reading: Reading, hands_searched: bool) -> Mapping[str, object]:
    prediction = reading.prediction
    if prediction is None:
        sign, confidence, hand, agree, note = "", None, "", "", reading.reason
    else:
        sign = answers.headline(prediction)
        confidence = min(round(prediction.confidence, 3), 0.999)  # no model is ever certain
        hand = "no" if prediction.hand is None else prediction.hand.side
        agree = answers.agreement(prediction)
        said = [f"closest: {answers.sign_name(prediction.top[0])}"] if prediction.abstained else []
        said += [note.title for note in answers.notes(prediction, hands_searched)]
        note = "; ".join(words for words in said if words != sign)
    row = {
        "file": reading.name,
        "sign": sign,
        "confidence": confidence,
        "hand": hand,
        "networks agree": agree,
        "note": note,
    }
    return {column: safe_cell(value) for column, value in row.items()}
