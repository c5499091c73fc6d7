"""A hand's skeleton as it is drawn: its parts, their colours, and how to say it in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asl.hands.landmarks import FINGERS


@dataclass(frozen=True)
class Part:
    """One line of the drawing.

    Attributes:
        name: "palm" or the finger's.
        colour: a mid tone with a contrast of at least 3 to 1 on white and on nearly black, so
            that a chart may stay as it is when the theme changes.
        joints: the landmarks that the line runs through.
    """

    name: str
    colour: str
    joints: tuple[int, ...]


PALM = Part("palm", "#808080", (1, 0, 5, 9, 13, 17, 0))
_FINGER_COLOURS = ("#d55e00", "#1f7fc0", "#00916a", "#b4559a", "#9a7b00")
PARTS = (
    PALM,
    *(Part(*part) for part in zip(FINGERS, _FINGER_COLOURS, FINGERS.values(), strict=True)),
)

#: Fingertip to knuckle over the length of the bones between them: a straight finger has 1.
#: The fingers of typical handshapes lie well apart on both sides of this.
_STRAIGHT = 0.93


def far_to_near(landmarks: np.ndarray) -> list[Part]:
    """Return the parts in the order in which to draw them, so that near fingers cover far ones.

    Args:
        landmarks: (21, 3), z away from the viewer.
    """
    return sorted(PARTS, key=lambda part: -landmarks[list(part.joints), 2].mean())


def in_words(landmarks: np.ndarray) -> str:
    """Return which of the four fingers are straight and which are bent.

    The thumb is left out: a still skeleton does not tell where it touches.

    Args:
        landmarks: (21, 3) in any unit.
    """
    straight: list[str] = []
    bent: list[str] = []
    for part in PARTS:
        if part.name in ("palm", "thumb"):
            continue
        joints = landmarks[list(part.joints)]
        bones = np.linalg.norm(np.diff(joints, axis=0), axis=1).sum()
        reach = np.linalg.norm(joints[-1] - joints[0])
        (straight if reach > _STRAIGHT * bones else bent).append(part.name)
    if not straight or not bent:
        return f"all four fingers {'bent' if bent else 'straight'}"
    return f"{_listed(straight)} straight, {_listed(bent)} bent"


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
