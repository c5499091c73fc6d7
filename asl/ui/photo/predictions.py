"""Read a visitor's pictures, and remember what they showed for as long as the visit lasts.

Nothing here is written to disk or shared between visitors: the page keeps one `PictureMemory` in
its session, and forgetting it forgets the pictures.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from asl.bundle import BundleError
from asl.decoding import decode
from asl.figures.text import percent
from asl.hands.landmarks import normalise
from asl.hands.landmarks import points_down as hangs_down
from asl.images import PictureError
from asl.inference.pictures.taught import Sample, TaughtHand
from asl.ui.shared import answer_text as answers
from asl.ui.shared.hand_drawing import picture_with_hand
from asl.ui.shared.text import safe_cell, shown_name
from asl.ui.shared.uploads import Given
from asl.ui.teaching.kept import corrected

# Importing them at run time would load ONNX Runtime before the first page is drawn.
if TYPE_CHECKING:
    from asl.hands.detector import Hand
    from asl.inference.pictures.predictor import NetworkOutputs, Prediction, Predictor


_LOG = logging.getLogger(__name__)
_NOT_LOOKED_AT = "there is not enough memory to look at it, or the model fails; try it smaller"


@dataclass(frozen=True)
class Picture(Given):
    """A picture that a visitor gave.

    Attributes:
        turned: quarters by which the visitor has turned it, to the left.
    """

    turned: int = 0

    @property
    def key(self) -> str:
        """The same for the same content turned alike."""
        return f"{self.file_key}-{self.turned}"


@dataclass
class Seen:
    """What is remembered of one picture.

    Attributes:
        reason: why it cannot be read, "" if it can.
        preview: a small JPEG with the hand drawn on it.
        hand: the hand found, in pixels of the picture.
        outputs: model → what its networks made of the picture.
        faults: model → why it gave no answer.
        two_hands: a second hand is in the picture.
    """

    reason: str = ""
    preview: bytes = b""
    hand: Hand | None = None
    outputs: dict[str, NetworkOutputs] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    two_hands: bool = False

    @property
    def points(self) -> np.ndarray | None:
        """(21, 3) normalised landmarks of the hand, or None."""
        return None if self.hand is None else normalise(self.hand.landmarks, self.hand.side)


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
        """Return whether `outputs_of` would answer from memory."""
        seen = self._seen.get(picture.key)
        return seen is not None and bool(
            seen.reason or model in seen.outputs or model in seen.faults
        )

    def outputs_of(self, picture: Picture, model: str, predictor: Predictor) -> Seen:
        """Return what is known of a picture, with what the model makes of it.

        The hand is searched for once a picture, whatever the number of models.

        Args:
            model: a name for `predictor`.
        """
        if not self.knows(picture, model):
            try:
                self._seen[picture.key] = self._run(picture, model, predictor)
            except PictureError as error:
                self._seen[picture.key] = Seen(reason=error.reason)
            # Networks end in many kinds of exception where memory is short.
            except Exception:
                _LOG.exception("a picture could not be looked at")
                self._seen[picture.key] = Seen(reason=_NOT_LOOKED_AT)
        return self._seen[picture.key]

    def _run(self, picture: Picture, model: str, predictor: Predictor) -> Seen:
        rgb = np.ascontiguousarray(np.rot90(decode(picture.content), picture.turned))
        seen = self._seen.get(picture.key)
        if seen is None:
            hand = predictor.find_hand(rgb)
            two = predictor.shows_another_hand(rgb, hand)
            seen = Seen(preview=picture_with_hand(rgb, hand), hand=hand, two_hands=two)
        try:
            outputs = predictor.predict_logits(rgb, seen.hand)
        except BundleError as error:
            seen.faults[model] = str(error)
            return seen
        # Feature maps are a hundred times larger than the answer, and this page shows none.
        seen.outputs[model] = replace(outputs, outputs={})
        return seen


@dataclass(frozen=True)
class Reading:
    """What the page tells about one picture.

    Attributes:
        name: the file's name, fit to be shown as plain text.
        reason: why there is no answer, "" if there is one.
        preview: a small JPEG with the hand drawn on it; empty if the file is no picture.
        prediction: the answer, or None.
        points: (21, 3) normalised landmarks of the hand, or None.
        logits: (C,) of the model by itself, or None.
        untaught: what the model says by itself where the taught hand changes it, else "".
        picture: which file it is, and how it is turned; see `Picture`.
        two_hands: a second hand is in the picture.
    """

    name: str
    reason: str = ""
    preview: bytes = b""
    prediction: Prediction | None = None
    points: np.ndarray | None = None
    logits: np.ndarray | None = None
    untaught: str = ""
    picture: tuple[str, int] = ("", 0)
    two_hands: bool = False

    @property
    def may_be_turned(self) -> bool:
        """Whether the picture may lie on a side or upside down, or was turned already."""
        prediction = self.prediction
        if prediction is None:
            return False
        hangs = self.points is not None and hangs_down(self.points)
        return bool(self.picture[1] or hangs or prediction.hand is None or prediction.abstained)


def read(
    picture: Picture,
    memory: PictureMemory,
    model: str,
    predictor: Predictor,
    wanted: str,
    hand: TaughtHand | None = None,
) -> Reading:
    """Return the answer for one picture, or why there is none.

    Args:
        model: a name for `predictor`.
        wanted: candidate set: "letters", "digits" or "all".
        hand: that the model was taught, or None.
    """
    name = shown_name(picture.name)
    seen = memory.outputs_of(picture, model, predictor)
    if seen.reason:
        return Reading(name, seen.reason)
    if fault := seen.faults.get(model):
        return Reading(name, f"the model gave no answer: {fault}", seen.preview)
    if seen.hand is None and predictor.card.picture is None:
        reason = f"no hand found, and this model needs one; {answers.BETTER_PICTURE}"
        return Reading(name, reason, seen.preview)
    outputs, points, start = seen.outputs[model], seen.points, time.perf_counter()
    prediction, untaught = predictor.answer(outputs, wanted, start), ""
    if hand is not None:
        before = prediction
        prediction = predictor.answer(corrected(outputs, points, hand), wanted, start)
        if answers.headline(before) != answers.headline(prediction):
            untaught = f"{answers.headline(before)}, {percent(before.confidence)}"
    return Reading(
        name,
        preview=seen.preview,
        prediction=prediction,
        points=points,
        logits=outputs.logits,
        untaught=untaught,
        picture=(picture.file_key, picture.turned),
        two_hands=seen.two_hands,
    )


def sample_of(seen: Seen, model: str, sign: str) -> Sample | None:
    """Return what a picture teaches `model` of a sign; None where no hand was read in it."""
    points, outputs = seen.points, seen.outputs.get(model)
    if points is None or outputs is None:
        return None
    return Sample(sign, points, outputs.logits)


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
        said += [answers.TWO_HANDS.title] if reading.two_hands else []
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
