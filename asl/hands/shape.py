"""How one handshape differs from another, finger by finger, in degrees and in words.

Angles between bones are the same wherever the hand is, however large it is and whichever way it
is turned; only "turned" is about the hand's direction in the picture.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from asl.hands.landmarks import FINGERS, WRIST

Kind = Literal[
    "bent",  # the finger's joints together are bent more than the typical ones
    "straight",  # …less
    "spread",  # the finger is further from its neighbour, towards the thumb's side
    "together",  # …nearer to it, or crosses it further
    "thumb in",  # the thumb points further across the palm
    "thumb out",  # …further away from it
    "turned",  # the whole hand points another way in the picture
]

#: Below this many degrees a difference is the measurement's or the signer's, not a mistake: about
#: nine of ten hands of 14 recorded signers differ by less from the typical one of their sign.
TOLERANCE = {
    "bent": 40.0,
    "straight": 40.0,
    "spread": 10.0,
    "together": 10.0,
    "thumb in": 32.0,
    "thumb out": 32.0,
    "turned": 30.0,
}

#: Fingers whose spread is compared: only where both are this straight, in both hands, since the
#: direction of a bent finger says nothing about it.
_STRAIGHT = 75.0

_PAIRS = (("index", "middle"), ("middle", "ring"), ("ring", "little"))
_WRIST_TO_MIDDLE = (WRIST, FINGERS["middle"][0])
#: A hand that points at the camera has no direction in the picture.
_FLAT = 0.6


@dataclass(frozen=True)
class Difference:
    """One thing that a hand does differently from the typical one.

    Attributes:
        finger: "thumb", "index", "middle", "ring", "little", or "hand" for all of it.
        kind: what is different.
        amount: by how many degrees.
        sentence: what it is and what to do, for a learner.
    """

    finger: str
    kind: Kind
    amount: float
    sentence: str

    @property
    def size(self) -> float:
        """The amount as a multiple of what is usual among hands that make the same sign."""
        return self.amount / TOLERANCE[self.kind]


def compare_shapes(hand: np.ndarray, typical: np.ndarray) -> tuple[Difference, ...]:
    """Return what `hand` does differently from `typical`, the largest difference first.

    Differences within `TOLERANCE` are left out, so that a well-made sign has none.

    Args:
        hand: (21, 3) landmarks from `asl.hands.landmarks.normalise`.
        typical: (21, 3) likewise, such as a card's handshape of the sign that was meant.

    Raises:
        ValueError: a wrong shape, or values that are not finite.
    """
    own, meant = _checked(hand, "hand"), _checked(typical, "typical")
    found = [*_bends(own, meant), *_spreads(own, meant), *_thumb(own, meant), *_turn(own, meant)]
    return tuple(sorted((one for one in found if one.size > 1), key=lambda one: -one.size))


def bend(landmarks: np.ndarray, finger: str) -> float:
    """Return by how many degrees a finger's joints are bent in all: 0 where it is straight.

    The thumb has two joints that count, the other fingers three, the knuckle included.

    Args:
        landmarks: (21, 3) in any unit.
        finger: a name of `FINGERS`.
    """
    joints = FINGERS[finger] if finger == "thumb" else (WRIST, *FINGERS[finger])
    bones = np.diff(landmarks[list(joints)], axis=0)
    return float(sum(_angle(bones[i], bones[i + 1]) for i in range(len(bones) - 1)))


def spread(landmarks: np.ndarray, finger: str, neighbour: str) -> float:
    """Return the degrees between two fingers in the palm's plane; negative where they cross.

    Args:
        landmarks: (21, 3) of a right hand, or of a left one mirrored to it.
        finger: the one nearer to the thumb.
        neighbour: the one beside it.
    """
    start, end = (
        landmarks[FINGERS[name][-1]] - landmarks[FINGERS[name][0]] for name in (neighbour, finger)
    )
    return _turned_by(start, end, _palm_normal(landmarks))


def thumb_out(landmarks: np.ndarray) -> float:
    """Return the degrees between the thumb and the palm's edge beside it, in the palm's plane.

    0 where it runs along the index finger's bone in the palm, 90 where it stands out at a right
    angle, negative where it lies across the palm.

    Args:
        landmarks: (21, 3) of a right hand, or of a left one mirrored to it.
    """
    thumb = landmarks[FINGERS["thumb"][-1]] - landmarks[FINGERS["thumb"][1]]
    edge = landmarks[FINGERS["index"][0]] - landmarks[WRIST]
    return _turned_by(edge, thumb, _palm_normal(landmarks))


def _bends(own: np.ndarray, meant: np.ndarray) -> Iterator[Difference]:
    for finger in FINGERS:
        more = bend(own, finger) - bend(meant, finger)
        name = "thumb" if finger == "thumb" else f"{finger} finger"
        if more > 0:
            words = f"Your {name} is more bent than usual for this sign: straighten it"
        else:
            words = f"Your {name} is straighter than usual for this sign: bend it"
        yield _difference(finger, "bent" if more > 0 else "straight", more, words)


def _spreads(own: np.ndarray, meant: np.ndarray) -> Iterator[Difference]:
    for pair in _PAIRS:
        if any(bend(points, finger) > _STRAIGHT for points in (own, meant) for finger in pair):
            continue
        wide, usual = spread(own, *pair), spread(meant, *pair)
        fingers = f"{pair[0]} and {pair[1]} fingers"
        if wide > usual:
            words = (
                f"Your {fingers} are further apart than usual for this sign: bring them together"
            )
        else:
            words = f"Your {fingers} are closer together than usual for this sign: spread them"
        yield _difference(pair[0], "spread" if wide > usual else "together", wide - usual, words)


def _thumb(own: np.ndarray, meant: np.ndarray) -> Iterator[Difference]:
    # Across the back of the hand the way round does not matter: the shorter one counts.
    more = _half_turn(thumb_out(own) - thumb_out(meant))
    if more > 0:
        words = "Your thumb is further out than usual for this sign: move it towards the palm"
    else:
        words = "Your thumb is further in than usual for this sign: move it away from the palm"
    yield _difference("thumb", "thumb out" if more > 0 else "thumb in", more, words)


def _turn(own: np.ndarray, meant: np.ndarray) -> Iterator[Difference]:
    start, end = _WRIST_TO_MIDDLE
    axes = [points[end] - points[start] for points in (own, meant)]
    if any(np.linalg.norm(axis[:2]) < _FLAT * np.linalg.norm(axis) for axis in axes):
        return
    ours, usual = (float(np.degrees(np.arctan2(axis[0], -axis[1]))) for axis in axes)
    # Sides are not named: what is the left of a mirrored hand is the right of the picture.
    way = "up" if abs(usual) < 45 else "down" if abs(usual) > 135 else "sideways"
    words = f"Your whole hand is turned: in this sign it usually points {way}"
    yield _difference("hand", "turned", _half_turn(ours - usual), words)


def _difference(finger: str, kind: Kind, degrees: float, words: str) -> Difference:
    return Difference(
        finger, kind, abs(degrees), f"{words} (by about {5 * round(abs(degrees) / 5)}°)."
    )


def _checked(landmarks: np.ndarray, name: str) -> np.ndarray:
    points = np.asarray(landmarks, np.float64)
    if points.shape != (21, 3):
        raise ValueError(f"{name}: shape {points.shape} is not (21, 3)")
    if not np.isfinite(points).all():
        raise ValueError(f"{name}: a value is not finite")
    return points


def _palm_normal(landmarks: np.ndarray) -> np.ndarray:
    index, little = (landmarks[FINGERS[name][0]] - landmarks[WRIST] for name in ("index", "little"))
    return np.cross(little, index)


def _angle(one: np.ndarray, other: np.ndarray) -> float:
    """Return the degrees between two vectors; 0 where one has no length."""
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(one, other)), one @ other)))


def _turned_by(start: np.ndarray, end: np.ndarray, normal: np.ndarray) -> float:
    """Return the degrees from `start` to `end` around `normal`, both laid into its plane."""
    length = np.linalg.norm(normal)
    axis = normal / length if length else normal
    start, end = (ray - (ray @ axis) * axis for ray in (start, end))
    return float(np.degrees(np.arctan2(np.cross(start, end) @ axis, start @ end)))


def _half_turn(degrees: float) -> float:
    """Return the same direction as −180 to 180 degrees."""
    return (degrees + 180.0) % 360.0 - 180.0
