"""Up to two hands of one person, followed without knowing the body."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from asl.hands.detector import Hand, HandReader
from asl.hands.networks import MODEL_PATH
from asl.hands.square import Square

#: Side in pixels of the square in which palms are searched: what the network was trained with.
_SEARCH = 192

#: How likely, 0–1, a hand must be one.
_SURE = 0.5

#: Share of the past when frames vote on whether a hand is a left or a right one.
_MEMORY = 0.8

_OTHER = {"left": "right", "right": "left"}


class PairFollower:
    """Finds up to two hands by their palms, and follows them. Not thread-safe.

    While fewer than two are seen, each frame is searched for more.

    Args:
        threads: that networks run on.

    Raises:
        HandsUnavailable: LiteRT or the model file is missing.
    """

    def __init__(self, threads: int = 1):
        self._reader = HandReader(MODEL_PATH, threads)
        self.reset()

    def reset(self) -> None:
        """Forget the last frame."""
        #: Hands of the last frame, and how surely each is a right (1) or a left one (-1).
        self._last: list[tuple[Hand, float]] = []

    def track(self, rgb: np.ndarray) -> dict[str, Hand]:
        """Return the hands in the next frame, (height, width, 3) uint8, by the person's own side.

        Of two hands that seem to be of one side, the surer one has it.
        """
        seen: list[tuple[Hand, float]] = []
        for last, rightness in self._last:
            hand = self._reader.read_joints(rgb, Square.around_joints(last.landmarks[:, :2]))
            _add(seen, hand, rightness)
        if len(seen) < 2:
            known = [hand for hand, _ in seen]
            for hand in self._reader.find_several(rgb, _SEARCH, 2, known):
                _add(seen, hand, 0.0)
        self._last = seen[:2]
        return _sides(self._last)


class PairVote:
    """Frames vote on which of up to two hands, found elsewhere, is the left and which the right."""

    def __init__(self) -> None:
        self._last: list[tuple[Hand, float]] = []

    def settle(self, hands: Sequence[Hand]) -> dict[str, Hand]:
        """Return the hands of the next frame by the person's own side, as `PairFollower` does."""
        seen: list[tuple[Hand, float]] = []
        for hand in hands:
            place = hand.landmarks[:, :2].mean(0)
            before = (rightness for last, rightness in self._last if last.lies_at(place))
            _add(seen, hand, next(before, 0.0))
        self._last = seen[:2]
        return _sides(self._last)


def _add(seen: list[tuple[Hand, float]], hand: Hand | None, rightness: float) -> None:
    """Add a hand to those that were seen, unless it is one of them or none at all."""
    if hand is None or hand.presence < _SURE:
        return
    if any(other.lies_at(hand.landmarks[:, :2].mean(0)) for other, _ in seen):
        return
    vote = hand.score if hand.side == "right" else -hand.score
    seen.append((hand, _MEMORY * rightness + (1 - _MEMORY) * vote))


def _sides(seen: list[tuple[Hand, float]]) -> dict[str, Hand]:
    sides: dict[str, Hand] = {}
    for hand, rightness in sorted(seen, key=lambda one: -abs(one[1])):
        side = "right" if rightness > 0 else "left"
        side = _OTHER[side] if side in sides else side
        sides[side] = replace(hand, side=side)
    return sides
