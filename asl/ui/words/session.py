"""One visitor's camera on the Words page: where a word begins and ends, and which it was.

Frames come as pictures, over WebRTC, or as hands and shoulders that the visitor's browser has
found. Of a frame only the places of joints are kept, and of these only those of the last word.
Nothing here is shared between visitors but the loaded model, and nothing is written to disk.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from asl.data.sequences.layout import LEFT_HAND, RIGHT_HAND, in_common_frame
from asl.figures.motion.drawing import overlay
from asl.figures.text import percent
from asl.hands.networks import HandsUnavailable
from asl.labels import display_name
from asl.ui.hand_camera.component import Asked
from asl.ui.live.found import BrowserClock
from asl.ui.live.overlay import draw_on
from asl.ui.live.reader import CameraReader, Pulse

# Importing them at run time would load LiteRT and ONNX Runtime before the page is drawn.
if TYPE_CHECKING:
    from asl.body import BodyTracker
    from asl.inference.sequences.boundaries import Segment, State, WordBoundaries
    from asl.inference.sequences.predictor import WordPrediction, WordPredictor
    from asl.ui.hand_camera.body import FoundBody
    from asl.ui.hand_camera.messages import Frame, Kind, Message

#: Words that are remembered.
_MOST_WORDS = 20

#: What the browser sends, as the page says it.
SENDS = "where the joints of your hands are and, every three seconds, where your shoulders are."

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
        in_browser: the browser finds hands and shoulders, and no pictures come.
    """

    model: str
    predictor: WordPredictor
    mirror: bool = True
    in_browser: bool = False


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
    """Reads one visitor's frames.

    Attributes:
        sizes, both: of what the browser sends; see `asl.ui.hand_camera.messages.read_message`.
    """

    sizes: Mapping[Kind, int] = MappingProxyType({})
    both = True

    def __init__(self) -> None:
        super().__init__()
        self._options: Options | None = None
        self._clock, self._read_until = BrowserClock(), float("-inf")
        self._tracker: BodyTracker | None = None
        self._found: FoundBody | None = None
        self._boundaries: WordBoundaries | None = None
        self._opened_for: tuple[str, bool] | None = None
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

    def asked(self, taken: int) -> Asked:
        """Return what the browser is to do and to show.

        Args:
            taken: number of its last message.
        """
        with self.lock:
            mirror = self._options is None or self._options.mirror
            caption = self._caption() if self._is_on() else ""
        return Asked(taken, SENDS, both=True, caption=caption, mirror=mirror)

    def receive(self, message: Message) -> None:
        """Take in frames in which the browser has found hands."""
        times = self._clock.times(message, self.now())
        for frame, at in zip(message.frames, times, strict=True):
            # Where a message was quicker than those before, its first frames seem to have come with
            # the last one of these.
            if at > self._read_until:
                self._read_until = at
                self._count(partial(self._take, frame, message), at)

    def _free(self) -> None:
        self._tracker = self._found = self._boundaries = self._opened_for = None
        with self.lock:
            # What was signed stays: it is still to be seen after STOP.
            self._status = Status(last=self._status.last)

    def _read(self, rgb: np.ndarray, at: float) -> np.ndarray | None:
        options = self._open(in_browser=False)
        if options is None:
            return None
        shown = rgb[:, ::-1] if options.mirror else rgb
        if self._tracker is not None:
            points = self._tracker.track(rgb)
            height, width = rgb.shape[:2]
            self._feed(points, (width, height), at, options)
            shown = overlay(rgb, points, options.mirror)
        return draw_on(shown, None, caption=self._caption())

    def _take(self, frame: Frame, message: Message, at: float) -> bool | None:
        """Read a frame in which the browser has found hands; None if it is not to do that."""
        options = self._open(in_browser=True)
        if options is None or self._found is None:
            return None
        self._found.note(message)
        self._feed(self._found.landmarks(frame, message.size), message.size, at, options)
        return True

    def _feed(self, points: np.ndarray, size: tuple[int, int], at: float, options: Options) -> None:
        """Take the landmarks of a frame, and answer the word that ends with it, if one does."""
        if self._boundaries is None:
            return
        ended = self._boundaries.feed(in_common_frame(points, *size), at)
        self._note(points, self._boundaries.state)
        if ended is not None:
            self._answer(ended, options)

    def _open(self, in_browser: bool) -> Options | None:
        """Return what was chosen, with what reads frames opened; None if they are not to be."""
        with self.lock:
            options = self._options
        if options is None or options.in_browser != in_browser:
            return None
        chosen = options.model, in_browser
        if self._opened_for == chosen:
            return options
        from asl.inference.sequences.boundaries import WordBoundaries
        from asl.ui.hand_camera.body import FoundBody

        self._opened_for, self._boundaries, missing = chosen, WordBoundaries(), ""
        self._tracker, self._found = None, None
        try:
            if in_browser:
                self._found = FoundBody()
            else:
                self._tracker = _open_tracker(options.predictor)
        except HandsUnavailable as reason:
            missing = str(reason)
        with self.lock:
            self._status = Status(hands_missing=missing)
        return options

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
