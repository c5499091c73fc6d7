"""From the frames of a camera to what each of them shows. No browser, no Streamlit, no PyTorch.

The hand is tracked from frame to frame. When it has come to rest in a new shape, and now and then
while it rests, both networks look at it as at a photograph: an unclear hand is read several times.
In between that answer stays. A hand that moves is judged by the landmark network alone, which costs
next to nothing. Frames that come faster than they can be read are left out by whoever calls:
`HandStream.see` keeps no queue and no frame.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from asl.hands.detector import Hand, HandTracker
from asl.hands.landmarks import normalise
from asl.hands.networks import HandsUnavailable
from asl.inference.decision import is_clear, restrict
from asl.inference.landmark_eye import LandmarkEye
from asl.inference.network import NoAnswer
from asl.inference.predictor import Predictor
from asl.labels import MOTION_SIGNS, NOTHING, candidates

#: Root mean square distance of normalised joints (see `normalise`) by which a hand may differ from
#: the one that was looked at, for what was seen then to count for it.
_SAME_SHAPE = 0.15
#: The same between two frames, per second, above which a hand is on its way to another shape.
_MOVING = 3.0
#: Seconds after which a hand that rests is looked at again.
_LOOK_AGAIN = 0.4
#: Probability below which no sign is clear; a hand that rests so for some seconds is searched for
#: anew, since the tracker may hold on to what is not a hand, or only a part of one.
_UNCLEAR, _UNCLEAR_FOR = 0.6, 0.4
#: By what the score of "nothing" is multiplied where a hand is followed. Networks learn it from
#: hands at rest, and feet, as often as any sign; whoever holds a hand before the camera signs more
#: often than that, and a sign that is hard to read looks like a hand at rest.
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
        by_picture: the picture network looked at this very frame.
        milliseconds: from frame to scores.
    """

    at: float
    hand: Hand | None
    scores: np.ndarray | None
    by_picture: bool
    milliseconds: float


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


class HandStream:
    """Reads one camera's frames. Not thread-safe.

    Args:
        predictor: shared with other streams.
        signs: those that are possible; may be changed at any time.
        landmark_eye: of the same model; without it both networks look at hands that move.
        open_tracker: makes what follows the hand; a `HandTracker` if not given.
    """

    def __init__(
        self,
        predictor: Predictor,
        signs: Sequence[str],
        landmark_eye: LandmarkEye | None = None,
        open_tracker: Callable[[], Tracker] | None = None,
    ):
        self.signs = tuple(signs)
        self._predictor = predictor
        self._landmark_eye = landmark_eye
        try:
            self._tracker: Tracker | None = (open_tracker or HandTracker)()
            self.hands_missing = ""
        except HandsUnavailable as reason:
            self._tracker = None
            #: Why no hands are searched for, "" if they are.
            self.hands_missing = str(reason)
        self._before: tuple[float, np.ndarray] | None = None
        self._seen: _Seen | None = None
        #: Why the model gave no answer to the last frame, "" if it did or was not asked.
        self.no_answer = ""
        #: When the last frame came, and how long the hand in it has said nothing clear.
        self._last_at: float | None = None
        self._unclear_for = 0.0

    def see(self, rgb: np.ndarray, at: float) -> Sight:
        """Return what a (height, width, 3) uint8 frame shows.

        Args:
            at: seconds on any clock that does not go back.
        """
        start = time.perf_counter()
        hand = None if self._tracker is None else self._tracker.track(rgb)
        self.no_answer = ""
        try:
            logits, by_picture = self._logits(rgb, hand, at)
        except NoAnswer as error:  # the next frame may have one
            logits, by_picture = None, False
            self.no_answer = str(error)
        scores = None
        if logits is not None:
            scores = restrict(logits.astype(np.float64), self._predictor.card.labels, self.signs)
            if hand is not None and NOTHING in self.signs:
                scores[self.signs.index(NOTHING)] *= _SELDOM_NOTHING
                scores /= scores.sum()
        self._search_again(hand, scores, at)
        return Sight(at, hand, scores, by_picture, 1000 * (time.perf_counter() - start))

    def _search_again(self, hand: Hand | None, scores: np.ndarray | None, at: float) -> None:
        """Search for the hand anew where it has been shown for a while and says nothing clear."""
        step = 0.0 if self._last_at is None else at - self._last_at
        self._last_at = at
        if hand is None or scores is None:
            self._unclear_for = 0.0
            return
        # Clear moments in between take back only as much.
        change = step if scores.max() < _UNCLEAR else -step
        self._unclear_for = max(0.0, self._unclear_for + change)
        if self._unclear_for >= _UNCLEAR_FOR:
            self._tracker.restart()
            self._seen = None
            self._unclear_for = 0.0

    def _logits(
        self, rgb: np.ndarray, hand: Hand | None, at: float
    ) -> tuple[np.ndarray | None, bool]:
        """Return (C,) logits, and whether the picture network looked at this frame for them."""
        if hand is None:
            self._before = self._seen = None
            # Without a hand the whole frame is no sign, except where hands cannot be searched for.
            if self._tracker is None and self._predictor.card.picture is not None:
                return self._predictor.glance_at(rgb, None).logits, True
            return None, False
        points = normalise(hand.landmarks, hand.side)
        moving = self._speed(points, at) > _MOVING
        seen = self._seen
        known = seen is not None and _distance(points, seen.points) < _SAME_SHAPE
        if known and (moving or (at - seen.at < _LOOK_AGAIN and not seen.in_haste)):
            return seen.logits, False
        if moving and self._landmark_eye is not None:
            return self._landmark_eye.look(points), False
        if moving:
            return self._predictor.glance_at(rgb, hand).logits, True
        # Several readings are for a hand that stays: among several visitors, frames are so far
        # apart that a hand on its way seems to rest.
        look = self._predictor.look_at if known else self._predictor.glance_at
        logits = look(rgb, hand).logits
        in_haste = not known and not is_clear(logits, self._predictor.card.labels)
        self._seen = _Seen(at, points, logits, in_haste)
        return logits, True

    def _speed(self, points: np.ndarray, at: float) -> float:
        """Return how fast the hand changes its shape, in normalised units a second."""
        before, self._before = self._before, (at, points)
        if before is None or at <= before[0]:
            return 0.0
        return _distance(points, before[1]) / (at - before[0])


@dataclass(frozen=True)
class _Seen:
    """What was seen when a hand was looked at last.

    Attributes:
        at: when.
        points: (21, 3) normalised landmarks of the hand.
        logits: (C,) of both networks.
        in_haste: it was not clear, and read only once.
    """

    at: float
    points: np.ndarray
    logits: np.ndarray
    in_haste: bool


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    """Return the root mean square distance of the joints in the picture plane."""
    return float(np.sqrt(((one[:, :2] - other[:, :2]) ** 2).sum(-1).mean()))
