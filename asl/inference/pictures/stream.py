"""From the frames of a camera to what each of them shows. No browser, no Streamlit, no PyTorch.

The hand is tracked from frame to frame. When it has come to rest in a new shape, and now and then
while it rests, both networks read it as in a photograph: the joints of an unclear hand are read
several times. In between that answer stays. A hand that moves is judged by the landmark network
alone, which costs next to nothing. The caller leaves out frames that come faster than they can be
read: `HandStream.see` keeps no queue and no frame. Where the browser finds the hand, `HandJudge`
reads what it sends: the joints of each frame, and now and then a picture of the hand.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from asl.hands.detector import Hand
from asl.hands.landmarks import normalise
from asl.hands.networks import HandsUnavailable
from asl.hands.tracker import HandTracker
from asl.inference.decision import is_clear, restrict
from asl.inference.pictures.landmark_only import LandmarkOnly
from asl.inference.pictures.predictor import Predictor
from asl.inference.pictures.taught import TaughtHand
from asl.inference.runner import NoAnswer
from asl.labels import MOTION_SIGNS, NOTHING, candidates

#: Root mean square distance of normalised joints (see `normalise`) by which a hand may differ from
#: the one that both networks read last, for that answer to count for it.
_SAME_SHAPE = 0.15
#: The same between two frames, per second, above which a hand is on its way to another shape.
_MOVING = 3.0
#: Seconds after which both networks read a hand that rests again.
_READ_AGAIN = 0.4
#: Probability below which no sign is clear; a hand that rests so for some seconds is searched for
#: again, since the tracker may hold on to what is not a hand, or only a part of one.
_UNCLEAR, _UNCLEAR_FOR = 0.6, 0.4
#: By what the score of "nothing" is multiplied where a hand is followed. Networks learn it from
#: hands at rest, and feet, as often as any sign; a hand before the camera signs more often than
#: that, and a sign that is hard to read looks like a hand at rest.
_SELDOM_NOTHING = 0.1


class Tracker(Protocol):
    """What follows a hand through the frames, such as `HandTracker`."""

    def track(self, rgb: np.ndarray) -> Hand | None:
        """Return the hand of the next frame."""

    def restart(self) -> None:
        """Search the next frame as a whole."""


@dataclass(frozen=True)
class Sight:
    """What one frame shows.

    Attributes:
        at: when the frame came, in seconds on the caller's clock.
        hand: the hand, in pixels of the frame, or None.
        scores: (K,) calibrated probabilities of the signs that are possible; None where nothing
            can be said, such as without a hand.
        by_picture: the picture network read this very frame.
        milliseconds: from frame to scores.
        logits: (C,) of the model by itself, or None.
    """

    at: float
    hand: Hand | None
    scores: np.ndarray | None
    by_picture: bool
    milliseconds: float
    logits: np.ndarray | None = None


def possible_signs(
    labels: Sequence[str], wanted: str, controls: bool = False, motion: bool = False
) -> tuple[str, ...]:
    """Return the signs that a stream looks for.

    Args:
        labels: all that the model knows.
        wanted: candidate set: "letters", "digits" or "all".
        controls: also those of "del", "nothing" and "space" that the model knows.
        motion: J and Z are read by their movement, and not from a hand that is held still.

    Raises:
        ValueError: the candidate set is unknown or the model knows no sign of it.
    """
    signs = candidates(labels, wanted, controls)
    return tuple(sign for sign in signs if sign not in MOTION_SIGNS) if motion else signs


@dataclass(frozen=True)
class Shown:
    """What the picture network is shown: a frame, or a part that was cut out of one.

    Attributes:
        rgb: (height, width, 3) uint8.
        hand: the hand, in pixels of `rgb`, or None.
    """

    rgb: np.ndarray
    hand: Hand | None


class HandJudge:
    """Reads the hand of one camera's frames, found by others. Not thread-safe.

    Args:
        predictor: shared with other cameras.
        signs: those that are possible; may be changed at any time.
        landmark_only: of the same model; without it both networks read hands that move.

    Attributes:
        hands_missing: why no hands are searched for, "" if they are.
        no_answer: why the model gave no answer to the last frame, "" if it did or was not asked.
        taught: the hand that the model was taught, or None; may be changed at any time.
        lost: how often the hand was to be searched for again, since it had been shown for a while
            and said nothing clear.
    """

    def __init__(
        self,
        predictor: Predictor,
        signs: Sequence[str],
        landmark_only: LandmarkOnly | None = None,
    ) -> None:
        self.signs = tuple(signs)
        self.hands_missing = self.no_answer = ""
        self.taught: TaughtHand | None = None
        self._predictor = predictor
        self._landmark_only = landmark_only
        self._before: tuple[float, np.ndarray] | None = None
        self._read: _Read | None = None
        self.lost = 0
        #: When the last frame came, and how long the hand in it has said nothing clear.
        self._last_at: float | None = None
        self._unclear_for = 0.0

    @property
    def wants_picture(self) -> bool:
        """Whether the hand is not clear, and would be read again if it were shown now."""
        return self._read is not None and self._read.in_haste

    def judge(self, hand: Hand | None, shown: Shown | None, at: float) -> Sight:
        """Return what a frame shows.

        Args:
            hand: in pixels of the frame, or None.
            shown: what the picture network may see of it; None if there is nothing: then what
                was seen last counts, or what the joints say.
            at: seconds on any clock that does not go back.
        """
        start = time.perf_counter()
        self.no_answer = ""
        try:
            logits, by_picture = self._logits(hand, shown, at)
        except NoAnswer as error:  # the next frame may have one
            logits, by_picture = None, False
            self.no_answer = str(error)
        scores = None
        if logits is not None:
            said = logits.astype(np.float64)
            if self.taught is not None and hand is not None:
                said = self.taught.corrected(said, normalise(hand.landmarks, hand.side))
            scores = restrict(said, self._predictor.card.labels, self.signs)
            if hand is not None and NOTHING in self.signs:
                scores[self.signs.index(NOTHING)] *= _SELDOM_NOTHING
                scores /= scores.sum()
        self._note_unclear(hand, scores, at)
        taken = 1000 * (time.perf_counter() - start)
        return Sight(at, hand, scores, by_picture, taken, logits)

    def _logits(
        self, hand: Hand | None, shown: Shown | None, at: float
    ) -> tuple[np.ndarray | None, bool]:
        """Return (C,) logits, and whether the picture network read this frame for them."""
        if hand is None:
            self._before = self._read = None
            # Without a hand the whole frame is no sign, except where hands cannot be searched for.
            if shown is not None and self.hands_missing and self._predictor.card.picture:
                return self._predictor.predict_logits(shown.rgb, None).logits, True
            return None, False
        points = normalise(hand.landmarks, hand.side)
        moving = self._speed(points, at) > _MOVING
        last = self._read
        if last is not None and _distance(points, last.points) >= _SAME_SHAPE:
            last = None
        passing = moving or shown is None
        if last is not None and (passing or (at - last.at < _READ_AGAIN and not last.in_haste)):
            return last.logits, False
        if passing and self._landmark_only is not None:
            return self._landmark_only.logits(points), False
        if shown is None:
            return None, False
        if moving:
            outputs = self._predictor.predict_logits(shown.rgb, shown.hand, rereads=False)
            return outputs.logits, True
        # Rereads are for a hand that stays: among several visitors, frames are so far apart that a
        # hand on its way seems to rest.
        known = last is not None
        # Hands that the browser found are read where none can be searched for here.
        rereads = known and not self._predictor.hands_missing
        logits = self._predictor.predict_logits(shown.rgb, shown.hand, rereads=rereads).logits
        in_haste = not known and not is_clear(logits, self._predictor.card.labels)
        self._read = _Read(at, points, logits, in_haste)
        return logits, True

    def _note_unclear(self, hand: Hand | None, scores: np.ndarray | None, at: float) -> None:
        """Count the hand as lost where it has been shown for a while and says nothing clear."""
        step = 0.0 if self._last_at is None else at - self._last_at
        self._last_at = at
        if hand is None or scores is None:
            self._unclear_for = 0.0
            return
        # Clear moments in between take back only as much.
        change = step if scores.max() < _UNCLEAR else -step
        self._unclear_for = max(0.0, self._unclear_for + change)
        if self._unclear_for >= _UNCLEAR_FOR:
            self.lost += 1
            self._read = None
            self._unclear_for = 0.0

    def _speed(self, points: np.ndarray, at: float) -> float:
        """Return how fast the hand changes its shape, in normalised units a second."""
        before, self._before = self._before, (at, points)
        if before is None or at <= before[0]:
            return 0.0
        return _distance(points, before[1]) / (at - before[0])


class HandStream(HandJudge):
    """Finds and reads the hand of one camera's frames. Not thread-safe.

    Args:
        predictor, signs, landmark_only: as for `HandJudge`.
        open_tracker: makes what follows the hand; a `HandTracker` if not given.
    """

    def __init__(
        self,
        predictor: Predictor,
        signs: Sequence[str],
        landmark_only: LandmarkOnly | None = None,
        open_tracker: Callable[[], Tracker] | None = None,
    ) -> None:
        super().__init__(predictor, signs, landmark_only)
        try:
            self._tracker: Tracker | None = (open_tracker or HandTracker)()
        except HandsUnavailable as reason:
            self._tracker = None
            self.hands_missing = str(reason)

    def see(self, rgb: np.ndarray, at: float) -> Sight:
        """Return what a (height, width, 3) uint8 frame shows.

        Args:
            at: seconds on any clock that does not go back.
        """
        start = time.perf_counter()
        hand = None if self._tracker is None else self._tracker.track(rgb)
        before = self.lost
        sight = self.judge(hand, Shown(rgb, hand), at)
        if self.lost > before and self._tracker is not None:
            self._tracker.restart()
        return replace(sight, milliseconds=1000 * (time.perf_counter() - start))


@dataclass(frozen=True)
class _Read:
    """What both networks read last.

    Attributes:
        at: when.
        points: (21, 3) normalised landmarks of the hand.
        logits: (C,) of both networks.
        in_haste: it was not clear, and its joints were read only once.
    """

    at: float
    points: np.ndarray
    logits: np.ndarray
    in_haste: bool


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    """Return the root mean square distance of the joints in the picture plane."""
    return float(np.sqrt(((one[:, :2] - other[:, :2]) ** 2).sum(-1).mean()))
