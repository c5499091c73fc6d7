"""What of two recordings can be compared: handshapes and places, on one scale for both."""

from dataclasses import dataclass

import numpy as np

from asl.data.sequences.layout import (
    ARMS,
    HANDS,
    LEFT_HAND,
    LEFT_SHOULDER,
    RIGHT_HAND,
    RIGHT_SHOULDER,
    ROWS,
    Selection,
    seen,
)
from asl.data.sequences.normalise import Normalisation, in_own_boxes, normalise

#: Left before right, as everywhere in arrays.
SIDES = ("left", "right")
_HAND_ROWS = (LEFT_HAND, RIGHT_HAND)
_WITH_BODY = Selection((*LEFT_HAND, *RIGHT_HAND, *ARMS))
_EVERY = range(ROWS)
#: A hand that is seen in a smaller share of the frames is no part of the word.
_SEEN = 0.3
#: How much of the other hand's movement a hand has that moves as well.
_MOVES = 0.3
#: How much places count beside shapes, whose squares have the side 1.
_PLACE_COUNTS = 0.5
#: What it costs that a hand of the word is not seen: more than any that is seen in a wrong place.
_UNSEEN = 2.0


@dataclass(frozen=True, eq=False)
class Postures:
    """Hands of a recording, frame by frame.

    Attributes:
        shapes: (T, 2, 21, 2) each hand in the smallest square around it, whose side is 1; NaN
            where it is not seen. Left before right.
        places: (T, 2, 2) the middle of each hand.
    """

    shapes: np.ndarray
    places: np.ndarray


def hands_used(learner: np.ndarray, example: np.ndarray) -> tuple[bool, bool]:
    """Return whether the left and the right hand count in comparing two recordings.

    A hand counts that moves in the example; one that does not may rest there, or hold what the
    other acts on, and counts if the learner shows it too. Both count if none would.

    Args:
        learner: (T, 543, 2 or 3), example: (U, 543, 2 or 3).
    """
    there = [_whole(example, rows) for rows in _HAND_ROWS]
    moves = [
        _spread(example[shown][:, list(rows), :2])
        for shown, rows in zip(there, _HAND_ROWS, strict=True)
    ]
    found = []
    for seen_in, moved, rows in zip(there, moves, _HAND_ROWS, strict=True):
        shown = _whole(learner, rows).mean() >= _SEEN
        found.append(bool(seen_in.mean() >= _SEEN and (shown or moved >= _MOVES * max(moves))))
    return (found[0], found[1]) if any(found) else (True, True)


def has_body(points: np.ndarray) -> bool:
    """Return whether both shoulders are seen in at least half of the frames."""
    shoulders = seen(points[:, [LEFT_SHOULDER, RIGHT_SHOULDER]]).all(1)
    return bool(shoulders.mean() >= 0.5)


def hand_seen(points: np.ndarray) -> np.ndarray:
    """(T,) whether all of a hand is seen, of (T, 543, 2 or 3)."""
    return np.asarray(np.any([_whole(points, rows) for rows in _HAND_ROWS], 0))


def signing_part(points: np.ndarray) -> tuple[int, int]:
    """Return the first frame with a hand, and the one after the last.

    Raises:
        ValueError: (T, 543, 2 or 3) it is not, or no hand is seen.
    """
    if points.ndim != 3 or points.shape[1] != ROWS or points.shape[2] < 2:
        raise ValueError(f"points: shape {points.shape} is not (T, {ROWS}, 3)")
    there = np.flatnonzero(hand_seen(points))
    if not len(there):
        raise ValueError("points: no hand is seen in any frame; show your hands to the camera")
    return int(there[0]), int(there[-1]) + 1


def postures(points: np.ndarray, used: tuple[bool, bool], body: bool) -> Postures:
    """Return the hands of a recording, wherever and however large the person is.

    Args:
        points: (T, 543, 2 or 3).
        used: which hands count; others are taken for not seen.
        body: whether the place is measured from the middle between the shoulders, in distances of
            these; otherwise from the middle of the hands, in deviations from it.
    """
    wanted = points[..., :2].copy()
    for own, rows in zip(used, _HAND_ROWS, strict=True):
        if not own:
            wanted[:, list(rows)] = np.nan
    if body:
        return _postures(wanted, _WITH_BODY, Normalisation("shoulders", "shoulders"))
    return _postures(wanted, HANDS, Normalisation("points", "deviation"))


def postures_of_signer(points: np.ndarray) -> Postures:
    """Return both hands of a recording, with places in distances of the shoulders.

    Where no shoulders are seen, they are taken to be where a dictionary's signer has them; see
    `asl.data.sequences.normalise.Normalisation`.

    Args:
        points: (T, 543, 2 or 3).
    """
    return _postures(points[..., :2], _WITH_BODY, Normalisation("signer", "signer"))


def _postures(points: np.ndarray, selection: Selection, by: Normalisation) -> Postures:
    taken = selection.take(points, _EVERY)
    shapes = in_own_boxes(taken, selection).reshape(len(points), 2, 21, 2)
    if not seen(taken).any():
        return Postures(shapes, np.full((len(points), 2, 2), np.nan))
    # A hand of which a part is not seen has no middle.
    normal = normalise(taken, selection, by)
    hands = np.stack([normal[:, selection.part(f"{side}_hand")] for side in SIDES], 1)
    return Postures(shapes, hands.mean(2))


def unlikeness(one: Postures, other: Postures, used: tuple[bool, bool]) -> np.ndarray:
    """Return how unlike frames are, mean over the hands that count, 0 for the same.

    Args:
        one, other: of shapes that numpy broadcasts, but for the last ones: (T, 1, …) and (U, …)
            compare each frame with each.

    Returns:
        (…): mean distance of the joints of the two shapes, plus half the distance of their
        places; `_UNSEEN` where one hand of the two is not seen, nothing where neither is.
    """
    total = np.zeros(np.broadcast_shapes(one.places.shape[:-2], other.places.shape[:-2]))
    for side in np.flatnonzero(used):
        cost = np.zeros_like(total)
        # Joint after joint, to need little memory.
        for joint in range(one.shapes.shape[-2]):
            cost += _apart(one.shapes[..., side, joint, :], other.shapes[..., side, joint, :])
        cost /= one.shapes.shape[-2]
        mine, theirs = one.places[..., side, :], other.places[..., side, :]
        cost += _PLACE_COUNTS * _apart(mine, theirs)
        neither = np.isnan(mine[..., 0]) & np.isnan(theirs[..., 0])
        total += np.where(np.isnan(cost), np.where(neither, 0.0, _UNSEEN), cost)
    unlike: np.ndarray = total / sum(used)
    return unlike


def _apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(…) distances of the points of (…, 2)."""
    return np.asarray(np.hypot(one[..., 0] - other[..., 0], one[..., 1] - other[..., 1]))


def _whole(points: np.ndarray, rows: tuple[int, ...]) -> np.ndarray:
    """(T,) whether all of a hand is seen."""
    return np.asarray(seen(points[:, list(rows)]).all(1))


def _spread(hand: np.ndarray) -> float:
    """Return how far the middle of a hand strays, of (T, 21, 2)."""
    return float(hand.mean(1).std(0).max()) if len(hand) else 0.0
