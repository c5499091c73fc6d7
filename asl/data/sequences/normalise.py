"""Landmarks free of where a person stands and how large they are, and what a network is shown.

A sequence is centred and scaled once, by the whole clip, so that movement is kept. After the
winner of asl-signs (hoyso48, "1st place solution", Kaggle 2023): the centre is the mean place of
face point 17, the scale the deviation from it, and differences over one frame and over two follow
the places. Each hand in a box of its own is after SPOTER (Boháček and Hrúz 2022).
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from asl.data.sequences.layout import LEFT_SHOULDER, LOWER_LIP, RIGHT_SHOULDER, Selection

Centre = Literal["lip", "shoulders", "points", "signer"]
Scale = Literal["deviation", "shoulders", "signer"]

#: Where a dictionary's signer has the middle between the shoulders, and how far these are apart, in
#: shares of the frame: what a body is taken for that was never seen. Medians of eleven films,
#: which benchmarks/signer_place.py measures.
SIGNER_MIDDLE, SIGNER_WIDTH = (0.51, 0.51, 0.0), 0.24


@dataclass(frozen=True)
class Normalisation:
    """By what a sequence is centred and scaled, and what of it a network is shown.

    Attributes:
        centre: mean over the clip of the lower lip's middle (face point 17), of the middle
            between the shoulders, or of all points. Where it is never seen, of all points.
            "signer": of the middle between the shoulders, and where they are never seen, where a
            dictionary's signer has it in the frame: so clips of hands alone keep what the place of
            the hands says, and agree with clips of people who sit nearer to a camera.
        scale: "deviation": root mean square distance from the centre, for each coordinate by
            itself; "shoulders": mean distance of the shoulders, for all coordinates alike, and
            the deviation where they are never seen together; "signer": the same, and a
            dictionary's signer's where they are never seen.
        coordinates: 2 for x and y, 3 with z.
        places: whether the normalised places are shown.
        own_boxes: whether each hand is also shown in the smallest square around it, in each frame.
        differences: 0: none; 1: of the places over one frame; 2: also over two frames.
    """

    centre: Centre = "lip"
    scale: Scale = "deviation"
    coordinates: int = 2
    places: bool = True
    own_boxes: bool = True
    differences: int = 2

    def __post_init__(self) -> None:
        for name, known in (
            ("centre", get_args(Centre)),
            ("scale", get_args(Scale)),
            ("coordinates", (2, 3)),
            ("differences", (0, 1, 2)),
        ):
            value = getattr(self, name)
            if value not in known:
                raise ValueError(f"{name}: {value!r} is none of {', '.join(map(str, known))}")
        if not (self.places or self.own_boxes or self.differences):
            raise ValueError("places: a network would be shown nothing")

    @property
    def reference(self) -> tuple[int, ...]:
        """Rows of the 543-row layout that are looked at, whether a network is shown them or not."""
        by_signer = "signer" in (self.centre, self.scale)
        return (LEFT_SHOULDER, RIGHT_SHOULDER) if by_signer else ()

    def size(self, selection: Selection) -> int:
        """Return how many numbers a frame has as a network is shown it."""
        hands = len(selection.part("left_hand")) + len(selection.part("right_hand"))
        points = len(selection) * (self.places + self.differences) + hands * self.own_boxes
        return points * self.coordinates


#: As the winner of asl-signs did it: 708 numbers a frame with its 118 landmarks.
WINNER = Normalisation(own_boxes=False)


def normalise(points: np.ndarray, selection: Selection, normalisation: Normalisation) -> np.ndarray:
    """Return a sequence that stays the same when the person is moved or grows as a whole.

    Mirrored with parts swapped it comes out with x negated and parts swapped.

    Args:
        points: (T, rows, 2 or 3), T ≥ 1, NaN where nothing was seen.

    Returns:
        (T, rows, coordinates) float32, NaN where nothing was seen.

    Raises:
        ValueError: of another shape, or nothing is seen in any frame.
    """
    count = normalisation.coordinates
    if points.ndim != 3 or points.shape[1] != len(selection) or points.shape[2] < count:
        raise ValueError(f"points: shape {points.shape} is not (T, {len(selection)}, {count})")
    x = np.asarray(points[..., :count], np.float64)
    if not np.isfinite(x).any():
        raise ValueError("points: nothing is seen in any frame")
    centred = x - _centre(x, selection, normalisation.centre)
    scaled: np.ndarray = centred / _scale(centred, selection, normalisation.scale)
    return scaled.astype(np.float32)


def as_signer(points: np.ndarray, selection: Selection) -> np.ndarray:
    """Return a sequence in shares of a frame in which the person sits as a dictionary's signer.

    Hands alone, of which "signer" takes it that they are one's, stay where they are.

    Args:
        points: (T, rows, 2 or 3), T ≥ 1, NaN where nothing was seen.

    Returns:
        (T, rows, 2) float32.

    Raises:
        ValueError: of another shape, or nothing is seen in any frame.
    """
    free = normalise(points, selection, Normalisation("signer", "signer"))
    placed: np.ndarray = free * np.float32(SIGNER_WIDTH)
    placed += np.array(SIGNER_MIDDLE[:2], np.float32)
    return placed


def in_own_boxes(points: np.ndarray, selection: Selection) -> np.ndarray:
    """Return both hands, each in the smallest square around it in each frame.

    The middle of the hand's box is the origin, and the longer side of the box is 1.

    Args:
        points: (T, rows, C), NaN where nothing was seen.

    Returns:
        (T, places of the left hand and then of the right, C) float32, NaN where a hand was not
        seen or all of it lies in one place.
    """
    hands = []
    for part in ("left_hand", "right_hand"):
        hand = np.asarray(points[:, selection.part(part)], np.float64)
        if hand.shape[1]:
            known = np.isfinite(hand)
            # Where nothing is known the box is empty, and its side is taken for unknown.
            low = np.where(known, hand, np.inf).min(1, keepdims=True)
            high = np.where(known, hand, -np.inf).max(1, keepdims=True)
            size = np.where(low <= high, high, np.nan) - np.where(low <= high, low, np.nan)
            side = size[..., :2].max(-1, keepdims=True)
            hand = (hand - low - size / 2) / np.where(side > 0, side, np.nan)
        hands.append(hand)
    return np.concatenate(hands, 1).astype(np.float32)


def blocks(
    points: np.ndarray,
    selection: Selection,
    normalisation: Normalisation,
    shown: Selection | None = None,
) -> dict[str, np.ndarray]:
    """Return what a network is shown by name, (T, landmarks, coordinates) float32 each.

    "places", "own_boxes", and "differences_1" and "differences_2" over so many frames, which are
    unknown at the end; NaN where something is not known.

    Args:
        points: (T, rows of `selection`, 2 or 3).
        shown: those of the selection that the network is shown; all of them if None.

    Raises:
        ValueError: of another shape, or nothing is seen in any frame.
    """
    places = normalise(points, selection, normalisation)
    if shown is not None and shown != selection:
        chosen = selection.column_of[list(shown.rows)]
        places, points, selection = places[:, chosen], points[:, chosen], shown
    found = {}
    if normalisation.places:
        found["places"] = places
    if normalisation.own_boxes:
        own = points[..., : normalisation.coordinates]
        found["own_boxes"] = in_own_boxes(own, selection)
    for step in range(1, normalisation.differences + 1):
        moved = np.full_like(places, np.nan)
        moved[:-step] = places[step:] - places[:-step]
        found[f"differences_{step}"] = moved
    return found


def features(
    points: np.ndarray,
    selection: Selection,
    normalisation: Normalisation,
    shown: Selection | None = None,
) -> np.ndarray:
    """Return what a network is shown, block after block, 0 where something is not known.

    Returns:
        (T, `normalisation.size(shown)`) float32; see `blocks`.

    Raises:
        ValueError: of another shape, or nothing is seen in any frame.
    """
    parts = blocks(points, selection, normalisation, shown).values()
    flat = np.concatenate([part.reshape(len(points), -1) for part in parts], 1)
    flat[np.isnan(flat)] = 0
    return flat


def _centre(x: np.ndarray, selection: Selection, by: Centre) -> np.ndarray:
    """(C,) where the origin is to be."""
    middle = np.full(x.shape[2], np.nan)
    if by == "lip" and (place := selection.column_of[LOWER_LIP]) >= 0:
        middle = _mean(x[:, place], (0,))
    elif by in ("shoulders", "signer") and len(pair := _shoulders(selection)) == 2:
        middle = _mean(x[:, pair].mean(1), (0,))
    if by == "signer":
        return np.where(np.isfinite(middle), middle, SIGNER_MIDDLE[: x.shape[2]])
    # What one coordinate lacks, such as a z that was not read, is taken from all points.
    middle = np.where(np.isfinite(middle), middle, _mean(x, (0, 1)))
    return np.where(np.isfinite(middle), middle, 0.0)


def _scale(centred: np.ndarray, selection: Selection, by: Scale) -> np.ndarray:
    """(C,) what is to become 1."""
    if by != "deviation" and len(pair := _shoulders(selection)) == 2:
        left, right = centred[:, pair[0], :2], centred[:, pair[1], :2]
        width = float(_mean(np.linalg.norm(left - right, axis=-1), (0,)))
        if np.isfinite(width) and width > 0:
            return np.full(centred.shape[2], width)
    if by == "signer":
        return np.full(centred.shape[2], SIGNER_WIDTH)
    deviation = np.sqrt(_mean(centred**2, (0, 1)))
    # All in one place, in this coordinate: there is nothing to scale.
    return np.where(deviation > 1e-9, deviation, 1.0)


def _shoulders(selection: Selection) -> np.ndarray:
    return selection.places((LEFT_SHOULDER, RIGHT_SHOULDER))


def _mean(values: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Return the mean of what is known, NaN where nothing is."""
    known = np.isfinite(values)
    number = known.sum(axes)
    total = np.where(known, values, 0).sum(axes)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)
