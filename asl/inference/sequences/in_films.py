"""Which frames of a film are a word, or several."""

import numpy as np

from asl.data.sequences.layout import LEFT_HAND, RIGHT_HAND, seen
from asl.inference.sequences.boundaries import Segment, WordBoundaries
from asl.inference.sequences.boundary_settings import BoundarySettings

#: A film of one word is that word as a whole, however slowly it is signed.
_ONE_WORD = BoundarySettings(longest=60.0)
#: Frames that are kept beside those in which hands are seen.
_EDGE = 3


def words_in(points: np.ndarray, seconds: np.ndarray, several: bool) -> list[Segment]:
    """Return the words in a film.

    Args:
        points: (T, 543, 3) in shares of the frame, NaN where nothing was seen.
        seconds: (T,) of each frame, growing.
        several: there are several, with rests between; else all that moves is one word, or where
            nothing does, all in which a hand is seen.

    Returns:
        exactly one word where there are not several.

    Raises:
        ValueError: of another shape, times that do not grow, or no hand is seen in any frame.
    """
    if len(points) != len(seconds):
        raise ValueError(f"seconds: {len(seconds)} for {len(points)} frames")
    boundaries = WordBoundaries() if several else WordBoundaries(_ONE_WORD)
    found = [
        word
        for frame, at in zip(points, seconds.tolist(), strict=True)
        if (word := boundaries.feed(frame, at)) is not None
    ]
    last = boundaries.finish()
    found += [] if last is None else [last]
    there = np.flatnonzero(with_hands(points))
    if not len(there):
        raise ValueError("points: no hand is seen in any frame")
    if several:
        return found
    inside = np.zeros(len(points), bool)
    if found:
        # A rest within a sign has divided it.
        inside |= (seconds >= found[0].start) & (seconds <= found[-1].end)
    else:
        inside[max(0, there[0] - _EDGE) : there[-1] + _EDGE + 1] = True
    return [Segment(points[inside], seconds[inside], found[-1].reason if found else "left")]


def with_hands(points: np.ndarray) -> np.ndarray:
    """(T,) in which frames of (T, 543, 2 or 3) a whole hand is seen."""
    known = seen(points)
    return np.asarray(known[:, list(LEFT_HAND)].all(1) | known[:, list(RIGHT_HAND)].all(1))
