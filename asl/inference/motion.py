"""J and Z by their movement: the path that a fingertip drew over the last second.

Experimental: it is tested on drawn paths only, since no recordings of these movements were at hand.
The path is compared with a drawn letter point by point, as in the $1 recogniser (Wobbrock, Wilson
and Li, "Gestures without Libraries, Toolkits or Training", 2007), but without turning it: both
letters have an upright.
"""

from collections import deque

import numpy as np

from asl.hands.detector import Hand
from asl.hands.landmarks import FINGERS

_SECONDS = 1.2
#: A shorter movement is a twitch.
_LEAST_SECONDS = 0.3
_POINTS = 32
#: Length of the path in sizes of the hand: shorter ones are a hand that is held.
_LEAST_LENGTH = 1.0
#: Share of a path's length between two frames: where more lies there, the hand was not drawing, but
#: lost or followed by another one.
_LONGEST_STEP = 0.4
#: Mean distance of the points of two paths, of which each fits into a square of side 1.
_ALIKE = 0.16
#: Fingertip to knuckle over the length of the bones between them.
_STRAIGHT, _BENT = 0.85, 0.8

# As the camera sees a right hand, x to the right and y down: the signer's left is on the right.
_Z = ((1, 0), (0, 0), (1, 1), (0, 1))
_J = ((0.2, 0), (0.2, 0.6), (0.26, 0.84), (0.42, 0.98), (0.6, 1), (0.78, 0.94), (0.9, 0.75))
#: Letter → the finger that draws it while the others are bent, and its path.
_DRAWN = {"J": ("little", _J), "Z": ("index", _Z)}
_OTHERS = ("index", "middle", "ring", "little")


class MotionReader:
    """Tells J and Z in the movement of one hand."""

    def __init__(self) -> None:
        self._paths: dict[str, deque[tuple[float, np.ndarray]]] = {
            letter: deque() for letter in _DRAWN
        }

    def see(self, hand: Hand | None, at: float) -> str | None:
        """Take in one frame; returns "J" or "Z" if it has just been drawn.

        Args:
            at: seconds on a clock that does not go back.
        """
        if hand is None:
            self._forget()
            return None
        bones = np.linalg.norm(hand.landmarks[0, :2] - hand.landmarks[9, :2])
        size = max(float(bones), 1.0)
        for letter, (finger, drawn) in _DRAWN.items():
            path = self._paths[letter]
            if not _draws(hand, finger):
                path.clear()
                continue
            tip = hand.landmarks[FINGERS[finger][-1], :2] / size
            # Left hands draw the letter mirrored.
            path.append((at, tip * (-1, 1) if hand.side == "left" else tip))
            while path and at - path[0][0] > _SECONDS:
                path.popleft()
            if _is_drawn(path, np.array(drawn, np.float64)):
                self._forget()
                return letter
        return None

    def _forget(self) -> None:
        for path in self._paths.values():
            path.clear()


def _draws(hand: Hand, finger: str) -> bool:
    """Return whether this finger is straight and the other three, thumb aside, are bent."""
    reach = {name: _straightness(hand.landmarks, name) for name in _OTHERS}
    return reach.pop(finger) > _STRAIGHT and max(reach.values()) < _BENT


def _straightness(landmarks: np.ndarray, finger: str) -> float:
    joints = landmarks[list(FINGERS[finger])]
    bones = np.linalg.norm(np.diff(joints, axis=0), axis=1).sum()
    return float(np.linalg.norm(joints[-1] - joints[0]) / bones) if bones else 0.0


def _is_drawn(path: deque[tuple[float, np.ndarray]], drawn: np.ndarray) -> bool:
    """Return whether some part of the path up to now is the drawn letter."""
    if len(path) < 5:
        return False
    times = np.array([at for at, _ in path])
    points = np.stack([tip for _, tip in path])
    meant = _fitted(drawn)
    # Where the stroke began is not known: three beginnings are tried.
    for seconds in (_SECONDS, 0.75 * _SECONDS, 0.5 * _SECONDS):
        part = points[times >= times[-1] - seconds]
        steps = np.linalg.norm(np.diff(part, axis=0), axis=1)
        enough = times[-1] - times[0] >= _LEAST_SECONDS and steps.sum() >= _LEAST_LENGTH
        smooth = steps.max(initial=0) <= _LONGEST_STEP * steps.sum()
        if enough and smooth and np.linalg.norm(_fitted(part) - meant, axis=1).mean() < _ALIKE:
            return True
    return False


def _fitted(path: np.ndarray) -> np.ndarray:
    """Return `_POINTS` points at equal distances along a path, centred, in a square of side 1."""
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    way = np.concatenate([[0.0], np.cumsum(steps)])
    if way[-1] == 0:
        return np.zeros((_POINTS, 2))
    places = np.linspace(0, way[-1], _POINTS)
    points = np.stack([np.interp(places, way, path[:, axis]) for axis in (0, 1)], 1)
    points = points - points.mean(0)
    return np.asarray(points / np.ptp(points, axis=0).max())
