"""Whether hands rest: where they lay, how far they are from it, and how still they are.

All distances are in hands: the length of the palm from wrist to knuckles, as it is seen. Thus
nothing depends on how near a person sits or how large the picture is. A hand is all its 21
joints, so that fingers that move count although the wrist stays where it is.
"""

from collections.abc import Sequence

import numpy as np

from asl.data.sequences.layout import LEFT_HAND, LEFT_SHOULDER, RIGHT_HAND, RIGHT_SHOULDER, ROWS
from asl.hands.landmarks import FINGERS, WRIST

#: Left before right, as everywhere in arrays.
SIDES = ("left", "right")
_ROWS = np.array([LEFT_HAND, RIGHT_HAND])
_SHOULDERS = [LEFT_SHOULDER, RIGHT_SHOULDER]
_KNUCKLE = FINGERS["middle"][0]
_ACROSS = (FINGERS["index"][0], FINGERS["little"][0])
#: A palm is longer than wide, so either tells its size when the other is foreshortened.
_LENGTH_OF_WIDTH = 1.3
#: A palm's length over the distance of the shoulders is about a quarter; a fist that points at
#: the camera looks smaller than it is.
_LEAST_OF_SHOULDERS = 0.18
#: Share of frames that may be misread without a hand seeming to move.
_MISREAD = 0.2
#: Of a way, at which it is measured.
_PLACES = 5


def hands_of(points: np.ndarray) -> np.ndarray:
    """Return both hands of a frame of (543, 2 or 3), NaN in all of a hand that is not seen.

    Returns:
        (2, 21, 2) float32, left before right.

    Raises:
        ValueError: of another shape.
    """
    if points.ndim != 2 or points.shape[0] != ROWS or points.shape[1] < 2:
        raise ValueError(f"points: shape {points.shape} is not ({ROWS}, 3)")
    hands = np.asarray(points[_ROWS, :2], np.float32)
    whole = np.isfinite(hands).all((1, 2), keepdims=True)
    return np.where(whole, hands, np.float32(np.nan))


def palm_of(hands: np.ndarray, points: np.ndarray) -> float:
    """Return the length of the palm in a frame, NaN where no hand is seen.

    Args:
        hands: (2, 21, 2) from `hands_of`.
        points: (543, 2 or 3) the frame, whose shoulders give the least where they are seen.
    """
    sizes = []
    for hand in hands[np.isfinite(hands[:, 0, 0])]:
        width = float(np.linalg.norm(hand[_ACROSS[0]] - hand[_ACROSS[1]]))
        length = float(np.linalg.norm(hand[WRIST] - hand[_KNUCKLE]))
        sizes.append(max(length, _LENGTH_OF_WIDTH * width))
    if not sizes:
        return float("nan")
    left, right = points[_SHOULDERS, :2]
    shoulders = float(np.linalg.norm(left - right))
    least = _LEAST_OF_SHOULDERS * shoulders if np.isfinite(shoulders) else 0.0
    return max(*sizes, least, 1e-6)


def apart(hand: np.ndarray, rest: np.ndarray, palm: float) -> float:
    """Return how far a hand is from the nearest of some resting hands, in palms.

    Sides do not count: a tracker that takes a resting left hand for a right one says nothing of
    a movement.

    Args:
        hand: (21, 2).
        rest: (hands, 21, 2), NaN where none rests.

    Returns:
        mean distance of the joints, infinite where no hand rests.
    """
    distances = np.linalg.norm(rest - hand, axis=-1).mean(-1) / palm
    return float(np.nanmin(np.append(distances, np.inf)))


def stillness(hands: Sequence[np.ndarray], palm: float) -> float:
    """Return how far hands stray from their middle places in some frames, in palms.

    A fifth of the frames may stray farther, so that single misread ones do not count. A hand that
    is seen in less than a third of the frames does not count either.

    Args:
        hands: (2, 21, 2) each, from `hands_of`.

    Returns:
        infinite where no hand is seen in at least half of the frames.
    """
    seen = np.isfinite(np.stack(hands)[:, :, 0, 0])
    if not (seen.mean(0) >= 0.5).any():
        return float("inf")
    return stray(hands, palm, _MISREAD)


def stray(hands: Sequence[np.ndarray], palm: float, misread: float) -> float:
    """Return how far the hand that moves most strays from its middle place, in palms.

    Args:
        hands: (2, 21, 2) each, from `hands_of`.
        misread: share of frames that may stray farther.
    """
    found = 0.0
    for own in _often_seen(hands).values():
        distance = np.linalg.norm(own - np.median(own, 0), axis=-1).mean(-1)
        found = max(found, float(np.quantile(distance, 1 - misread)) / palm)
    return found


def tremor(hands: Sequence[np.ndarray], palm: float) -> float:
    """Return how much the joints of hands tremble from frame to frame, in palms.

    What is measured is how far a joint lies from the middle between its places before and after,
    so that a hand that moves on evenly does not count.

    Args:
        hands: (2, 21, 2) each, from `hands_of`, in frames that follow each other.

    Returns:
        NaN where no hand is seen in three frames in a row.
    """
    every = np.stack(hands)
    off = every[1:-1] - (every[:-2] + every[2:]) / 2
    strayed = np.linalg.norm(off, axis=-1).mean(-1)
    strayed = strayed[np.isfinite(strayed)]
    # The distance has 1.5 times the variance of a place.
    return float(np.median(strayed)) / palm / 1.5**0.5 if len(strayed) else float("nan")


def directness(hands: Sequence[np.ndarray]) -> float:
    """Return distance over way of the hand that came farthest, 1 for a straight line.

    Args:
        hands: (2, 21, 2) each, from `hands_of`.
    """
    ways = [(0.0, 0.0)]
    for own in _often_seen(hands).values():
        # Of a few places only, since trembling makes every way long.
        places = own.mean(1)[np.linspace(0, len(own) - 1, _PLACES).round().astype(int)]
        way = float(np.linalg.norm(np.diff(places, axis=0), axis=1).sum())
        ways.append((float(np.linalg.norm(places[-1] - places[0])), way))
    distance, way = max(ways)
    return distance / way if way else 0.0


def resting_places(hands: Sequence[np.ndarray]) -> np.ndarray:
    """Return where hands lie in the middle of some frames.

    Returns:
        (2, 21, 2), NaN for a hand that is seen in less than a third of them.
    """
    places = np.full((len(SIDES), 21, 2), np.nan, np.float32)
    for side, own in _often_seen(hands).items():
        places[side] = np.median(own, 0)
    return places


def _often_seen(hands: Sequence[np.ndarray]) -> dict[int, np.ndarray]:
    """Return for each hand that is seen in a third of the frames what is seen of it."""
    every = np.stack(hands)
    seen = np.isfinite(every[:, :, 0, 0])
    counts = seen.sum(0)
    often = [side for side in range(len(SIDES)) if counts[side] and counts[side] * 3 >= len(every)]
    return {side: every[seen[:, side], side] for side in often}
