"""From what frames show to text: a sign that is held for a while becomes a letter.

`HoldReader` averages the scores of the frames over time and tells which sign is held, and for how
long. `Speller` writes the signs that were held into a text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asl.inference.decision import handshape_groups
from asl.labels import DELETE, DIGITS, LETTERS, NOTHING, SPACE

#: Averaged probability from which a hold passes at full speed; below, it passes more slowly.
_FULL_SPEED = 0.4
#: Seconds for which another sign has to be seen until it is shown. It begins to be held only where
#: the one before has been let go.
_GLANCE = 0.1


@dataclass(frozen=True)
class HoldSettings:
    """How signs are taken.

    Attributes:
        hold: seconds that a sure sign is held until it is taken.
        again: further seconds after which a sign that is still held is taken once more; 0: never.
        smoothing: seconds over which scores are averaged.
        sure: averaged probability from which a sign counts as shown.
        unsure: averaged probability below which it no longer does.
        release: seconds without the sign after which it has been let go.
    """

    hold: float = 0.8
    again: float = 2.0
    smoothing: float = 0.2
    sure: float = 0.3
    unsure: float = 0.2
    release: float = 0.25

    def __post_init__(self) -> None:
        for name in ("hold", "smoothing", "release"):
            if not 0 < getattr(self, name) <= 10:
                raise ValueError(f"{name}: {getattr(self, name)!r} is not above 0 and up to 10 s")
        if not 0 <= self.again <= 10:
            raise ValueError(f"again: {self.again!r} is not 0 to 10 s")
        if not 0 < self.unsure <= self.sure < 1:
            raise ValueError(f"unsure, sure: {self.unsure!r}, {self.sure!r} must rise from 0 to 1")


@dataclass(frozen=True)
class Held:
    """The sign that is shown at the moment.

    Attributes:
        labels: the sign; more than one where they share a handshape, the likeliest first.
        confidence: averaged probability of them together.
        progress: how much of the hold has passed, 0–1; it starts again when the sign is taken.
        taken: how often it has been taken since it is held.
    """

    labels: tuple[str, ...]
    confidence: float
    progress: float
    taken: int

    @property
    def label(self) -> str:
        """The likeliest of `labels`."""
        return self.labels[0]


@dataclass
class _Hold:
    """A sign being held: which handshape, since when it is missing, and how far it has come."""

    group: int
    seconds: float = 0.0
    taken: int = 0
    missing_since: float | None = None


class HoldReader:
    """Tells which sign is held, frame by frame.

    Args:
        signs: K signs, in the order of the scores.
    """

    def __init__(self, signs: Sequence[str], settings: HoldSettings | None = None) -> None:
        self.signs = tuple(signs)
        self.settings = settings or HoldSettings()
        self._groups = handshape_groups(self.signs)
        self._average: np.ndarray | None = None
        self._expected = np.ones(len(self.signs))
        self._hold: _Hold | None = None
        #: The handshape that is seen in place of the one that is held, and since when.
        self._other: tuple[int, float] | None = None
        self._at: float | None = None
        self._seen_at = -np.inf

    @property
    def held(self) -> Held | None:
        """The sign that is shown now, None where there is none or it is not clear."""
        hold, average = self._shown_hold(), self._average
        if hold is None or average is None:
            return None
        chances = self._chances(average)
        members = sorted(self._groups[hold.group], key=lambda one: -chances[one])
        return Held(
            tuple(self.signs[one] for one in members),
            float(chances[members].sum()),
            min(1.0, hold.seconds / self._goal(hold)) if self._goal(hold) else 1.0,
            hold.taken,
        )

    def see(
        self, scores: np.ndarray | None, at: float, expected: np.ndarray | None = None
    ) -> Held | None:
        """Take in one frame; returns the sign that has been held long enough, if one has just been.

        Args:
            scores: (K,) probabilities of the signs, or None where no hand was found.
            at: seconds on a clock that does not go back.
            expected: (K,) how much likelier than by chance each sign comes next, if that is known.
                It does not count while a sign that has been taken is still held.
        """
        waits = self._hold is None or not self._hold.taken
        self._expected = expected if expected is not None and waits else np.ones(len(self.signs))
        step = 0.0 if self._at is None else max(0.0, at - self._at)
        self._at = at
        if scores is None:
            if at - self._seen_at >= self.settings.release:
                self._average = self._hold = self._other = None
            return None
        self._seen_at = at
        average = np.array(scores, np.float64)
        if self._average is not None:
            share = 1 - np.exp(-step / self.settings.smoothing)
            average = (1 - share) * self._average + share * scores
        self._average = average
        hold = self._keep(self._shown(average), at)
        if hold is None:
            return None
        # A long gap between frames is no evidence that the sign was held throughout, and an
        # unsure one has to be held for longer.
        confidence = self._chances(average)[self._groups[hold.group]].sum()
        hold.seconds += min(step, self.settings.release) * min(1.0, confidence / _FULL_SPEED)
        goal = self._goal(hold)
        if not goal or hold.seconds < goal:
            return None
        hold.taken += 1
        hold.seconds = 0.0
        return self.held

    def _shown_hold(self) -> _Hold | None:
        """Return the hold whose sign is shown: where it is missing, that of another seen by now."""
        hold = self._hold
        if hold is None or hold.missing_since is None:
            return hold
        if self._other is None or self._at is None or self._at - self._other[1] < _GLANCE:
            return None
        return _Hold(self._other[0])

    def _chances(self, average: np.ndarray) -> np.ndarray:
        """Return (K,) averaged probabilities, given what is expected."""
        chances = average * self._expected
        return np.asarray(chances / chances.sum())

    def _shown(self, average: np.ndarray) -> int | None:
        """Return the handshape that the averaged scores show clearly enough, by hysteresis."""
        chances = self._chances(average)
        shares = np.array([chances[group].sum() for group in self._groups])
        best = int(shares.argmax())
        if shares[best] < self.settings.sure:
            hold = self._hold
            if hold is None or hold.missing_since is not None:
                return None
            best = hold.group
            if shares[best] < self.settings.unsure:
                return None
        # "No sign" is never taken, and lets go of the one before.
        return None if self.signs[self._groups[best][0]] == NOTHING else best

    def _keep(self, group: int | None, at: float) -> _Hold | None:
        """Continue the hold or start another one; returns it if its sign is shown now."""
        hold = self._hold
        if hold is None or group is None or group == hold.group:
            self._other = None
        elif self._other is None or self._other[0] != group:
            self._other = group, at
        if hold is not None and group == hold.group:
            hold.missing_since = None
        elif hold is not None and hold.missing_since is None:
            # Flickering is not letting go: the hold continues if its sign is back soon.
            hold.missing_since = at
        if hold is None or (
            hold.missing_since is not None and at - hold.missing_since >= self.settings.release
        ):
            self._hold = hold = None if group is None else _Hold(group)
        return None if hold is None or hold.missing_since is not None else hold

    def _goal(self, hold: _Hold) -> float:
        """Return after how many sure seconds the sign is taken next; 0: not again."""
        return self.settings.again if hold.taken else self.settings.hold


class Speller:
    """A text that grows by signs."""

    def __init__(self, text: str = "") -> None:
        self.text = text

    def write(self, held: Held) -> str:
        """Write a sign that was held; returns the label that it was taken for."""
        label = _fitting(held.labels, self.text)
        self.press(label)
        return label

    def press(self, label: str) -> None:
        """Do what a sign does: add its letter or digit, a space, or take the last one away."""
        if label == DELETE:
            self.text = self.text[:-1]
        elif label == SPACE:
            self.text += " "
        elif label != NOTHING:
            self.text += label

    def replace_word(self, word: str) -> None:
        """Put `word` and a space in the place of the unfinished last word."""
        start = len(self.text) - len(self.last_word)
        self.text = f"{self.text[:start]}{word} "

    @property
    def last_word(self) -> str:
        """The unfinished word at the end of the text, "" after a space."""
        return self.text.split(" ")[-1] if self.text else ""


def _fitting(labels: Sequence[str], text: str) -> str:
    """Return which of some look-alikes continues the text: a digit after digits, else a letter.

    A sign that is neither stays as it is: the likeliest.
    """
    wanted = DIGITS if text[-1:] in DIGITS and text else LETTERS
    return next((label for label in labels if label in wanted), labels[0])
