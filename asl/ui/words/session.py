"""One visitor's camera on the Words page: where a word begins and ends, and which it was.

Of a frame only the places of joints are kept, and of these only those of the last word. Nothing
here is shared between visitors but the loaded model, and nothing is written to disk.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from asl.data.sequences.layout import LEFT_HAND, RIGHT_HAND, in_common_frame
from asl.figures.motion.drawing import overlay
from asl.figures.text import percent
from asl.hands.networks import HandsUnavailable
from asl.labels import display_name
from asl.ui.live.overlay import draw_on
from asl.ui.live.reader import CameraReader, Pulse

# Importing them at run time would load LiteRT and ONNX Runtime before the page is drawn.
if TYPE_CHECKING:
    from asl.body import BodyTracker
    from asl.inference.sequences.boundaries import Segment, State, WordBoundaries
    from asl.inference.sequences.predictor import WordPrediction, WordPredictor

#: Words that are remembered.
_MOST_WORDS = 20

#: What the page and the video call the states of a word.
STATES: Mapping[State, str] = {
    "waiting": "Waiting for a sign",
    "signing": "Signing…",
    "ended": "The sign has ended",
}


@dataclass(frozen=True)
class Options:
    """What the visitor chose.

    Attributes:
        model: a name for `predictor`; another name is another model.
        predictor: shared with other visitors.
        mirror: show the camera as a mirror.
    """

    model: str
    predictor: WordPredictor
    mirror: bool = True


@dataclass(frozen=True)
class Word:
    """A word that was signed.

    Attributes:
        number: it is the how manieth of this visit, from 1.
        prediction: the answer, None where the model gave none.
        fault: why it gave none, "" if it did.
        seconds: that it took.
        waited: seconds from the last frame of the word to the answer.
    """

    number: int
    prediction: WordPrediction | None
    fault: str
    seconds: float
    waited: float


@dataclass(frozen=True)
class Status:
    """How the camera is doing, and what was signed.

    Attributes:
        pulse: whether frames come in.
        state: of the word that is being signed.
        hands: how many are seen.
        words: that were signed, the newest first.
        last: landmarks and times of the newest of these.
        hands_missing: why nothing is searched for, "" if it is.
    """

    pulse: Pulse = field(default_factory=Pulse)
    state: State = "waiting"
    hands: int = 0
    words: tuple[Word, ...] = ()
    last: Segment | None = None
    hands_missing: str = ""


class WordSession(CameraReader):
    """Reads one visitor's frames."""

    def __init__(self) -> None:
        super().__init__()
        self._options: Options | None = None
        self._tracker: BodyTracker | None = None
        self._boundaries: WordBoundaries | None = None
        self._model = ""
        self._status = Status()
        self._words: deque[Word] = deque(maxlen=_MOST_WORDS)
        self._number = 0

    def choose(self, options: Options) -> None:
        """Go on with other options, from the next frame on."""
        with self.lock:
            if self._options is not None and self._options.model != options.model:
                self.forget()
            self._options = options

    def forget(self) -> None:
        """Forget the words that were signed."""
        with self.lock:
            self._words.clear()
            self._status = Status(hands_missing=self._status.hands_missing)

    def status(self) -> Status:
        """Return how the camera is doing now."""
        with self.lock:
            words = tuple(reversed(self._words))
            return replace(self._status, pulse=self.pulse(), words=words)

    def _free(self) -> None:
        self._tracker = self._boundaries = None
        self._model = ""
        with self.lock:
            # What was signed stays: it is still to be seen after STOP.
            self._status = Status(last=self._status.last)

    def _read(self, rgb: np.ndarray, at: float) -> np.ndarray | None:
        with self.lock:
            options = self._options
        if options is None:
            return None
        if self._model != options.model:
            self._open(options)
        shown = rgb[:, ::-1] if options.mirror else rgb
        if self._tracker is not None and self._boundaries is not None:
            points = self._tracker.track(rgb)
            height, width = rgb.shape[:2]
            ended = self._boundaries.feed(in_common_frame(points, width, height), at)
            self._note(points, self._boundaries.state)
            if ended is not None:
                self._answer(ended, options)
            shown = overlay(rgb, points, options.mirror)
        return draw_on(shown, None, caption=self._caption())

    def _open(self, options: Options) -> None:
        from asl.inference.sequences.boundaries import WordBoundaries

        self._model, self._boundaries = options.model, WordBoundaries()
        try:
            self._tracker, missing = _open_tracker(options.predictor), ""
        except HandsUnavailable as reason:
            self._tracker, missing = None, str(reason)
        with self.lock:
            self._status = Status(hands_missing=missing)

    def _note(self, points: np.ndarray, state: State) -> None:
        hands = sum(np.isfinite(points[list(rows)]).all() for rows in (LEFT_HAND, RIGHT_HAND))
        with self.lock:
            self._status = replace(self._status, state=state, hands=int(hands))

    def _answer(self, ended: Segment, options: Options) -> None:
        prediction, fault = None, ""
        try:
            prediction = options.predictor.predict(ended.points)
        except ValueError as error:  # the next word may have an answer
            fault = str(error)
        with self.lock:
            if self._options is None or self._options.model != options.model:
                return
            self._number += 1
            waited = self.now() - ended.end
            lasted = ended.end - ended.start
            self._words.append(Word(self._number, prediction, fault, lasted, waited))
            self._status = replace(self._status, last=ended)

    def _caption(self) -> str:
        with self.lock:
            state, words = self._status.state, tuple(self._words)
        if state == "signing" or not words:
            return STATES[state]
        last = words[-1].prediction
        if last is None or last.abstained:
            return "Can't tell"
        return f"{display_name(last.label)} · {percent(last.confidence)}"


def _open_tracker(predictor: WordPredictor) -> BodyTracker:
    from asl.body import BodyTracker

    # What the model does not look at is not searched for: hands alone take half the time.
    face = "face" in predictor.parts
    return BodyTracker(face=face, pose=face or "pose" in predictor.parts)
