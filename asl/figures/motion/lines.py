"""What of a person is drawn: lines through landmarks, their colours, and the movement in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from asl.data.sequences.layout import LEFT_HAND, LIPS, POSE, RIGHT_HAND, seen
from asl.figures.skeleton import far_to_near
from asl.figures.theme import COLOURS, QUIET

Side = Literal["left", "right"]

#: The person's own left and right: blue and orange, which all kinds of colour-blindness tell
#: apart; joints of the left hand are rings besides.
HAND_COLOURS: dict[Side, str] = {"right": COLOURS[0], "left": COLOURS[1]}
HAND_ROWS: dict[Side, tuple[int, ...]] = {"left": LEFT_HAND, "right": RIGHT_HAND}
BODY_COLOUR = QUIET

_UPPER_LIP, _LOWER_LIP = LIPS[:11], LIPS[11:20]
_INNER_UPPER, _INNER_LOWER, _INNER_CORNER = LIPS[20:30], LIPS[30:39], LIPS[39]
#: Top, chin and both sides of the face.
_FACE = (10, 152, 234, 454)
_EARS = (POSE[7], POSE[8])
#: A face is higher than it is wide by about so much.
_FACE_HEIGHT = 1.35
_ELLIPSE = np.linspace(0, 2 * np.pi, 33)


@dataclass(frozen=True, eq=False)
class Line:
    """A line to draw.

    Attributes:
        places: (n, 2) in the unit of the landmarks.
        colour: "#rrggbb".
        side: of the hand that it belongs to; None for the body.
        weight: its width, 1 for fingers.
    """

    places: np.ndarray
    colour: str
    side: Side | None
    weight: float


#: Rows of each line of the body, and its weight. Lines with a part that is not seen are not drawn.
_BODY: tuple[tuple[tuple[int, ...], float], ...] = (
    ((POSE[11], POSE[12]), 1.2),
    ((POSE[11], POSE[13]), 1.2),
    ((POSE[13], POSE[15]), 1.2),
    ((POSE[12], POSE[14]), 1.2),
    ((POSE[14], POSE[16]), 1.2),
    ((POSE[11], POSE[23]), 1.2),
    ((POSE[12], POSE[24]), 1.2),
    ((*_UPPER_LIP, *reversed(_LOWER_LIP), _UPPER_LIP[0]), 0.6),
    ((*_INNER_UPPER, _INNER_CORNER, *reversed(_INNER_LOWER), _INNER_UPPER[0]), 0.6),
)
#: Rows that a drawing must have room for.
SHOWN = (*LEFT_HAND, *RIGHT_HAND, POSE[11], POSE[12], *_FACE, *_EARS)


def lines_of(frame: np.ndarray) -> Iterator[Line]:
    """Yield the lines of a person, the body first and of each hand the farthest finger first.

    Args:
        frame: (543, 2 or 3) in any unit, NaN where nothing is seen.
    """
    there = seen(frame[None])[0]
    yield from _head(frame, there)
    for rows, weight in _BODY:
        if there[list(rows)].all():
            yield Line(frame[list(rows), :2], BODY_COLOUR, None, weight)
    for side, rows in HAND_ROWS.items():
        if there[list(rows)].all():
            hand = frame[list(rows)]
            depth = hand if frame.shape[1] > 2 and np.isfinite(hand).all() else np.zeros((21, 3))
            for part in far_to_near(depth):
                yield Line(hand[list(part.joints), :2], HAND_COLOURS[side], side, 1.0)


def describe(
    points: np.ndarray, seconds: float, word: str = "", decisive: Sequence[float] = ()
) -> str:
    """Return a drawn movement in a sentence, for people who cannot see it.

    Args:
        points: (T, 543, 2 or 3), NaN where nothing was seen.
        seconds: that it takes.
        word: that is signed, if it is known.
        decisive: seconds of frames that are marked.
    """
    signed = f"A drawn person signs “{word}”" if word else "A drawn person signs"
    told = [words for side in ("right", "left") if (words := _way(points, side))]
    shown = " and ".join(told) if told else "no hand is seen"
    said = f"{signed} for {seconds:.1f} seconds: {shown}."
    if not len(decisive):
        return said
    times = list(dict.fromkeys(f"{moment:.1f}" for moment in sorted(decisive)))
    marked = " and ".join(filter(None, (", ".join(times[:-1]), times[-1])))
    return f"{said} Marked: {marked} seconds."


def _head(frame: np.ndarray, there: np.ndarray) -> Iterator[Line]:
    """Yield the outline of the head, from the face or from the ears."""
    if there[list(_FACE)].all():
        top, chin, right, left = frame[list(_FACE), :2]
    elif there[list(_EARS)].all():
        left, right = frame[list(_EARS), :2]
        across = left - right
        up = _FACE_HEIGHT / 2 * np.array([across[1], -across[0]])
        top, chin = (left + right) / 2 + up, (left + right) / 2 - up
    else:
        return
    middle = (top + chin + left + right) / 4
    angles = _ELLIPSE[:, None]
    outline = middle + np.cos(angles) * (left - right) / 2 + np.sin(angles) * (top - chin) / 2
    yield Line(outline, BODY_COLOUR, None, 0.6)


def _way(points: np.ndarray, side: Side) -> str:
    """Return how a hand moves in words, "" if it is not seen."""
    hand = points[:, list(HAND_ROWS[side]), :2]
    hand = hand[np.isfinite(hand).all((1, 2))]
    if not len(hand):
        return ""
    places = hand.mean(1)
    size = max(float(np.ptp(hand, axis=1).max(-1).mean()), 1e-9)
    whole = float(np.linalg.norm(places - places[0], axis=1).max()) / size
    across, down = (places[-1] - places[0]) / size
    words = [
        text
        for far, text in (
            (-down, "up"),
            (down, "down"),
            (across, "to its left"),
            (-across, "to its right"),
        )
        if far > 0.5
    ]
    if words:
        return f"the {side} hand moves {' and '.join(words)}"
    return f"the {side} hand {'moves and comes back' if whole > 0.5 else 'stays in its place'}"
