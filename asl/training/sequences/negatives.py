"""Movements that are none of the words, made of recordings of words.

What a camera sees between signs is transitions, resting hands and pieces of signs; a model that
never learned from such takes all of it for words. Each is made of one or two recordings, before
they are augmented like any other.
"""

from collections.abc import Callable

import numpy as np

from asl.data.sequences.layout import seen
from asl.data.sequences.lengths import resample

#: Frames of a hand that is held still, or that goes from one place to another.
_FEWEST, _MOST = 12, 60
#: Standard deviation of the trembling of a held hand, in shares of the frame.
_TREMBLING = 0.002


def negative(points: np.ndarray, other: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return a movement that is none of the words: one of `WAYS`, drawn at random.

    Args:
        points: (T, rows, C), NaN where nothing was seen; something is seen in some frame.
        other: (T', rows, C), another recording.

    Returns:
        (T'', rows, C) float32; something is seen in some frame.
    """
    way = WAYS[int(random.integers(len(WAYS)))]
    made = way(_shown(points), _shown(other), random).astype(np.float32)
    return made if seen(made).any() else _held(_shown(points), other, random)


def _piece(points: np.ndarray, other: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The beginning or the end of a sign, at most two fifths of it."""
    count = _share(points, (0.2, 0.4), random)
    return points[:count] if random.random() < 0.5 else points[-count:]


def _joined(points: np.ndarray, other: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The end of one sign and the beginning of another, with the way between them."""
    last = points[-_share(points, (0.25, 0.5), random) :]
    first = other[: _share(other, (0.25, 0.5), random)]
    between = resample(np.stack([last[-1], first[0]]), int(random.integers(2, 10)))
    return np.concatenate([last, between, first])


def _held(points: np.ndarray, other: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A hand that rests, trembling a little."""
    frame = points[_any(points, random)]
    count = int(random.integers(_FEWEST, _MOST))
    trembling = random.normal(0, _TREMBLING, (count, 1, frame.shape[1]))
    return frame[None] + trembling


def _moved(points: np.ndarray, other: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """From a posture of one sign straight to a posture of another."""
    ends = np.stack([points[_any(points, random)], other[_any(other, random)]])
    return resample(ends, int(random.integers(_FEWEST, _MOST)))


def _turned_back(points: np.ndarray, other: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A sign that is begun and given up: the hands go back the way they came."""
    begun = points[: _share(points, (0.2, 0.45), random)]
    return np.concatenate([begun, begun[-2::-1]])


#: Ways to make a movement that is none of the words.
WAYS: tuple[Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray], ...] = (
    _piece, _joined, _held, _moved, _turned_back,
)  # fmt: skip


def _shown(points: np.ndarray) -> np.ndarray:
    """Return the frames from the first to the last in which something is seen."""
    there = np.flatnonzero(seen(points).any(1))
    return points[there[0] : there[-1] + 1]


def _share(points: np.ndarray, ends: tuple[float, float], random: np.random.Generator) -> int:
    return max(1, round(len(points) * float(random.uniform(*ends))))


def _any(points: np.ndarray, random: np.random.Generator) -> int:
    """Return a frame in which something is seen."""
    return int(random.choice(np.flatnonzero(seen(points).any(1))))
