"""Which moments and which joints an answer rests on: hide them, and see what is left of it.

After Zeiler and Fergus ("Visualizing and Understanding Convolutional Networks", 2014), who slide a
grey square over a picture: here what is hidden was simply not seen, as where the detector missed
it, so that the network is asked nothing that it never meets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from asl.data.sequences.layout import ARMS, FACE, HANDS, LEFT_HAND, POSE, RIGHT_HAND, ROWS, seen
from asl.hands.landmarks import FINGERS

#: Sequences of (T, 543, 3) → (N, C) logits of the signs, such as `WordPredictor.logits_of`. It is
#: never asked about a sequence without a hand.
Scores = Callable[[Sequence[np.ndarray]], np.ndarray]

#: Sequences, and frames of them, that are asked about in one go.
_BATCH, _FRAMES = 32, 8192
#: Stretches of time into which a film is cut, each as long as one that is hidden, unless that
#: would be too short to be missed.
_STRETCHES = 12


def _fingers() -> dict[str, tuple[int, ...]]:
    """Name → the rows of that finger of both hands."""
    return {
        name if name == "thumb" else f"{name} finger": tuple(
            hand[joint] for hand in (LEFT_HAND, RIGHT_HAND) for joint in joints
        )
        for name, joints in FINGERS.items()
    }


#: Group of joints → its rows of the 543. Fingers are those of both hands; the body's own points
#: beside a hand or in the face belong to that.
GROUPS: Mapping[str, tuple[int, ...]] = {
    "right hand": (*RIGHT_HAND, *POSE[16:23:2]),
    "left hand": (*LEFT_HAND, *POSE[15:23:2]),
    **_fingers(),
    "arms": ARMS,
    "face": (*FACE, *POSE[:11]),
}


#: Frames and rows that are hidden.
_Hidden = tuple[slice, Sequence[int] | slice]


@dataclass(frozen=True, eq=False)
class Grid:
    """How much an answer rests on each group of joints at each time.

    Attributes:
        edges: (W + 1,) frames between the stretches of time.
        groups: G names.
        falls: (W, G) by how much the sign's log-probability falls.
    """

    edges: np.ndarray
    groups: tuple[str, ...]
    falls: np.ndarray


def moments(points: np.ndarray, scores: Scores, answer: int, gap: int = 0) -> np.ndarray:
    """Return how much the answer rests on each moment.

    Stretches of a twelfth of the film are hidden, each beginning in the middle of the one before.
    A frame gets the mean of those that cover it.

    Args:
        points: (T, 543, 2 or 3), NaN where nothing was seen.
        scores: the network.
        answer: place of the sign in what `scores` returns.
        gap: frames without a point that `scores` fills from those around them, so that more are
            hidden.

    Returns:
        (T,) by how much the sign's log-probability falls; below 0 where it grows.

    Raises:
        ValueError: of another shape, or no hand is seen in any frame.
    """
    _check(points)
    length = min(len(points), max(round(len(points) / _STRETCHES), _shortest(gap)))
    step = max(1, length // 2)
    starts = sorted({*range(0, len(points) - length, step), len(points) - length})
    hidden: list[_Hidden] = [(slice(start, start + length), slice(None)) for start in starts]
    falls = _falls(points, hidden, scores, answer)
    total, count = np.zeros(len(points)), np.zeros(len(points))
    for start, fall in zip(starts, falls, strict=True):
        total[start : start + length] += fall
        count[start : start + length] += 1
    return np.asarray(total / np.maximum(count, 1))


def joints(
    points: np.ndarray,
    scores: Scores,
    answer: int,
    groups: Mapping[str, Sequence[int]] = GROUPS,
) -> dict[str, float]:
    """Return how much the answer rests on each group of joints.

    Args:
        points: (T, 543, 2 or 3), NaN where nothing was seen.
        scores: the network.
        answer: place of the sign in what `scores` returns.
        groups: name → rows.

    Returns:
        name → by how much the sign's log-probability falls without it, the most first; groups of
        which nothing was seen are left out.

    Raises:
        ValueError: of another shape, or no hand is seen in any frame.
    """
    _check(points)
    there = _there(points, groups)
    hidden: list[_Hidden] = [(slice(None), rows) for rows in there.values()]
    falls = dict(zip(there, _falls(points, hidden, scores, answer).tolist(), strict=True))
    return dict(sorted(falls.items(), key=lambda one: -one[1]))


def moments_and_joints(
    points: np.ndarray,
    scores: Scores,
    answer: int,
    groups: Mapping[str, Sequence[int]] = GROUPS,
    gap: int = 0,
) -> Grid:
    """Return how much the answer rests on each group of joints in each twelfth of the film.

    Arguments and errors as in `joints` and `moments`.
    """
    _check(points)
    there = _there(points, groups)
    number = min(_STRETCHES, max(1, len(points) // _shortest(gap)))
    edges = np.linspace(0, len(points), number + 1).round().astype(int)
    stretches = [slice(start, end) for start, end in pairwise(edges.tolist())]
    hidden: list[_Hidden] = [(frames, rows) for frames in stretches for rows in there.values()]
    falls = _falls(points, hidden, scores, answer)
    return Grid(edges, tuple(there), falls.reshape(len(stretches), len(there)))


def deciding(falls: np.ndarray) -> np.ndarray:
    """Return (T,) which frames decided: without these the answer loses more than half of what it
    loses at most, and a tenth of its probability at least."""
    least = max(float(falls.max(initial=0.0)) / 2, -float(np.log(0.9)))
    return np.asarray(falls >= least)


def stretches(marked: np.ndarray) -> list[tuple[int, int]]:
    """Return from which frame to which, the last one not included, `marked` (T,) holds."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(int)))
    return [(int(a), int(b)) for a, b in list(pairwise(edges))[::2]]


def _shortest(gap: int) -> int:
    """Frames that must be hidden to be missed: at a film's end one that is left alone is no gap."""
    return gap + 2 if gap else 1


def _there(points: np.ndarray, groups: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    """The groups of which something is seen."""
    known = np.asarray(seen(points).any(0))
    return {name: list(rows) for name, rows in groups.items() if known[list(rows)].any()}


def _falls(
    points: np.ndarray, hidden: Sequence[_Hidden], scores: Scores, answer: int
) -> np.ndarray:
    """(N,) by how much the sign's log-probability falls where each of `hidden` is not seen.

    A sequence in which no hand is left tells the network nothing: all signs are alike then.
    """
    [whole] = _log_softmax(scores([points]))
    found = np.full(len(hidden), -np.log(len(whole)))
    batch = max(1, min(_BATCH, _FRAMES // len(points)))
    for first in range(0, len(hidden), batch):
        left = {}
        for number, (frames, rows) in enumerate(hidden[first : first + batch], first):
            without = points.copy()
            without[frames, rows] = np.nan
            if _has_hand(without):
                left[number] = without
        if left:
            found[[*left]] = _log_softmax(scores([*left.values()]))[:, answer]
    return np.asarray(float(whole[answer]) - found)


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = np.asarray(logits, np.float64) - logits.max(-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(-1, keepdims=True)))


def _has_hand(points: np.ndarray) -> bool:
    return bool(seen(points[:, list(HANDS.rows)]).any())


def _check(points: np.ndarray) -> None:
    if points.ndim != 3 or points.shape[1] != ROWS or points.shape[2] < 2 or not len(points):
        raise ValueError(f"points: shape {points.shape} is not (T, {ROWS}, 3)")
    if not _has_hand(points):
        raise ValueError("points: no hand is seen in any frame")
