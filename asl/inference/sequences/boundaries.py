"""Where a word begins and ends, found in landmarks frame by frame while somebody signs.

A word begins when hands come into view or leave the place where they rested, and ends when they
have left or rested again; so it is classified once, when it is over. In 4,000 clips of a
dictionary hands are out of sight for up to five frames inside a sign, and before a webcam people
rest with their hands in view, so both kinds of pause are looked for (`asl.inference.sequences.rest`
measures them).
"""

from collections import deque
from dataclasses import dataclass
from typing import Literal

import numpy as np

from asl.inference.sequences.boundary_settings import BoundarySettings
from asl.inference.sequences.rest import (
    apart,
    directness,
    hands_of,
    palm_of,
    resting_places,
    stillness,
    stray,
    tremor,
)

State = Literal["waiting", "signing", "ended"]
Reason = Literal["left", "rested", "longest"]

#: A resting place follows the hand with this time constant, in seconds, so that a body that
#: slowly leans does not begin a word.
_FOLLOWS = 1.0
#: Seconds over which hands are looked at that move about their resting place.
_RECENT = 0.3
#: How much of the last noise of resting hands counts beside the newest.
_NOISE_KEPT = 0.9
#: Four in five frames of still hands stray less than so many times their mean tremor.
_TREMORS = 1.5
#: Share of a word's frames that may be misread without a hand that rests seeming to move.
_MISREAD = 0.1


_DEFAULT = BoundarySettings()


@dataclass(frozen=True, eq=False)
class Segment:
    """A word that is over.

    Attributes:
        points: (T, 543, 3) float32, NaN where nothing was seen.
        seconds: (T,) of each frame, on the clock of the frames.
        reason: "left": no hand was seen any more; "rested"; "longest": it was cut off.
    """

    points: np.ndarray
    seconds: np.ndarray
    reason: Reason

    @property
    def start(self) -> float:
        """Seconds of the first frame."""
        return float(self.seconds[0])

    @property
    def end(self) -> float:
        """Seconds of the last frame."""
        return float(self.seconds[-1])


@dataclass(frozen=True, eq=False)
class _Frame:
    seconds: float
    points: np.ndarray
    hands: np.ndarray
    palm: float

    @property
    def seen(self) -> np.ndarray:
        """(hands that are seen, 21, 2)."""
        found: np.ndarray = self.hands[np.isfinite(self.hands[:, 0, 0])]
        return found


class WordBoundaries:
    """Finds words in the frames of one camera, one frame after another.

    `state` is "waiting" for a word to begin, "signing", or "ended" at the frame at which a word
    is over and, after a word that was cut off, until the hands rest or leave.
    """

    def __init__(self, settings: BoundarySettings = _DEFAULT) -> None:
        self.settings = settings
        self.reset()

    def reset(self) -> None:
        """Forget all that was seen, as at the beginning."""
        self.state: State = "waiting"
        self._frames: deque[_Frame] = deque()
        self._first = -np.inf
        self._last_seen = -np.inf
        self._cut_off = False
        self._away: list[float] = []
        self._far: deque[tuple[float, float]] = deque()
        self._begun = 0.0
        self._noise = 0.0
        self._rest = _nowhere()
        self._origin = _nowhere()
        #: Where hands rested before the last word, if they have not gone back there since.
        self._home: np.ndarray | None = None

    def feed(self, points: np.ndarray, seconds: float) -> Segment | None:
        """Take the next frame and return the word that is over with it, if one is.

        Args:
            points: (543, 3) in shares of the frame, NaN where nothing is seen.
            seconds: when it was taken.

        Raises:
            ValueError: another shape, or a frame that is not later than the one before.
        """
        hands = hands_of(points)
        if self._frames and not seconds > (last := self._frames[-1].seconds):
            raise ValueError(f"seconds: {seconds!r} is not after {last!r}, the frame before")
        if self._frames and seconds - self._frames[-1].seconds > self.settings.pause:
            self.reset()
        if not np.isfinite(self._first):
            self._first = seconds
        frame = _Frame(seconds, np.array(points, np.float32), hands, palm_of(hands, points))
        self._frames.append(frame)
        if len(frame.seen):
            self._last_seen = seconds
        if self.state == "ended" and not self._cut_off:
            self.state = "waiting"
        if self.state == "signing":
            return self._sign(frame)
        if self.state == "ended":
            self._recover(frame)
        else:
            self._wait(frame)
        return None

    def finish(self) -> Segment | None:
        """Return the word that was not over when the last frame came, if there is one."""
        ended = None
        if self.state == "signing":
            ended = self._end("left", len(self._frames), _nowhere())
        self.reset()
        return ended

    def _wait(self, frame: _Frame) -> None:
        """Look whether a hand comes into view or leaves its rest."""
        self._forget_before(frame.seconds - 2 * self.settings.rest_seconds)
        palm = self._palm()
        if not len(frame.seen):
            self._miss(frame.seconds)
            return
        since_first = frame.seconds - self._first
        if np.isnan(self._rest).all() and since_first <= self.settings.begin_seconds:
            # Who sits there when the camera starts has not begun to sign.
            self._rest = frame.hands.copy()
        far = max(apart(hand, self._rest, palm) for hand in frame.seen)
        self._far.append((frame.seconds, far))
        if far > self.settings.leave or self._is_restless(frame.seconds):
            self._away.append(frame.seconds)
        else:
            self._away.clear()
            self._settle(frame, palm)
        lasted = self._away[-1] - self._away[0] if len(self._away) > 1 else -1.0
        if len(self._away) >= self.settings.begin_frames or lasted >= self.settings.begin_seconds:
            self._begin()

    def _is_restless(self, now: float) -> bool:
        """Whether hands move about where they rested, as in signs that are small."""
        while self._far[0][0] < now - _RECENT:
            self._far.popleft()
        if len(self._far) < self.settings.begin_frames:
            return False
        middle = float(np.median([far for _, far in self._far]))
        return middle > self.settings.restless * self._still()

    def _miss(self, seconds: float) -> None:
        """No hand is seen while none was away, or too briefly."""
        unseen = seconds - self._last_seen
        if unseen >= self.settings.gone_seconds:
            self._away.clear()
        if unseen >= self.settings.remembered:
            self._rest = _nowhere()

    def _settle(self, frame: _Frame, palm: float) -> None:
        """Let the resting places follow the hands, and learn how much still hands tremble."""
        before = self._frames[-2].seconds if len(self._frames) > 1 else frame.seconds
        share = min(1.0, (frame.seconds - before) / _FOLLOWS)
        for hand in frame.seen:
            # The nearest, since a tracker now and then takes one side for the other.
            distances = np.linalg.norm(self._rest - hand, axis=-1).mean(-1)
            side = int(np.nanargmin(distances))
            self._rest[side] += share * (hand - self._rest[side])
        noise = tremor([one.hands for one in self._frames], palm)
        if np.isfinite(noise):
            self._noise = _NOISE_KEPT * self._noise + (1 - _NOISE_KEPT) * noise

    def _begin(self) -> None:
        self.state = "signing"
        self._origin = self._rest.copy()
        self._begun = self._away[0]
        self._far.clear()
        first = next(i for i, one in enumerate(self._frames) if one.seconds >= self._begun)
        for _ in range(max(0, first - self.settings.edge_frames)):
            self._frames.popleft()
        self._away.clear()

    def _sign(self, frame: _Frame) -> Segment | None:
        """Look whether the word is over."""
        settings, now = self.settings, frame.seconds
        if now - self._last_seen >= settings.gone_seconds:
            kept = sum(one.seconds <= self._last_seen for one in self._frames)
            return self._end("left", kept, _nowhere())
        lasting = settings.rest_seconds
        places = self._resting(now, lasting)
        if places is not None and not self._alike(places, self._origin):
            lasting = settings.hold_seconds
            places = self._resting(now, lasting)
        if places is not None and now - self._begun >= lasting:
            moving = sum(one.seconds < now - lasting for one in self._frames)
            return self._end("rested", moving, places)
        if now - self._frames[0].seconds >= settings.longest:
            self._cut_off = True
            return self._end("longest", len(self._frames), _nowhere())
        return None

    def _end(self, reason: Reason, moving: int, places: np.ndarray) -> Segment | None:
        """Close the word, of which so many frames moved, and say whether it was one."""
        frames = list(self._frames)[: moving + self.settings.edge_frames]
        is_word = self._is_word(frames, moving, reason, places)
        if reason != "longest" and not self._alike(places, self._origin):
            self._home = self._origin if is_word else self._home
        else:
            self._home = None
        self._rest, self.state = places, "ended" if is_word else "waiting"
        self._forget_before(self._frames[-1].seconds - self.settings.rest_seconds)
        if not is_word:
            self._cut_off = False
            return None
        return Segment(
            np.stack([one.points for one in frames]),
            np.array([one.seconds for one in frames]),
            reason,
        )

    def _is_word(
        self, frames: list[_Frame], moving: int, reason: Reason, places: np.ndarray
    ) -> bool:
        seen = [one.hands for one in frames if len(one.seen)]
        if len(seen) < self.settings.fewest_frames:
            return False
        palm = self._palm()
        if stray(seen, palm, _MISREAD) < self.settings.movement:
            return False
        lasted = frames[min(moving, len(frames)) - 1].seconds - self._begun
        return not (
            self._home is not None
            and reason != "longest"
            and lasted <= self.settings.back_seconds
            and directness(seen) >= self.settings.direct
            and self._alike(places, self._home)
        )

    def _recover(self, frame: _Frame) -> None:
        """After a word that was cut off, wait until hands rest or leave."""
        places = self._resting(frame.seconds, self.settings.rest_seconds)
        if places is None and frame.seconds - self._last_seen >= self.settings.gone_seconds:
            places = _nowhere()
        if places is not None:
            self._rest, self._cut_off, self.state = places, False, "waiting"
        self._forget_before(frame.seconds - 2 * self.settings.rest_seconds)

    def _resting(self, now: float, lasting: float) -> np.ndarray | None:
        """Return where hands have rested for so many seconds, None while they have not."""
        window = [one.hands for one in self._frames if one.seconds >= now - lasting]
        if stillness(window, self._palm()) > self._still():
            return None
        return resting_places(window)

    def _alike(self, places: np.ndarray, others: np.ndarray) -> bool:
        """Whether hands rest where others did, or both out of view."""
        there = places[np.isfinite(places[:, 0, 0])]
        if not len(there):
            return bool(np.isnan(others).all())
        palm = self._palm()
        return all(apart(hand, others, palm) <= self.settings.back for hand in there)

    def _still(self) -> float:
        """Return how still hands must be where resting ones tremble as they do here."""
        least = self.settings.still
        return float(np.clip(_TREMORS * self._noise, least, self.settings.noisy * least))

    def _palm(self) -> float:
        palms = [one.palm for one in self._frames if np.isfinite(one.palm)]
        return float(np.median(palms)) if palms else 1.0

    def _forget_before(self, seconds: float) -> None:
        while self._frames and self._frames[0].seconds < seconds:
            self._frames.popleft()


def _nowhere() -> np.ndarray:
    """No hand rests anywhere in view."""
    return np.full((2, 21, 2), np.nan, np.float32)
