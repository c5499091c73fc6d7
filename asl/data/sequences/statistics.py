"""How long the sequences of each sign are, and where hands and face are in them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from asl.data.sequences.layout import Selection, seen

_PLACES = ("left_hand", "right_hand", "face")


@dataclass(frozen=True)
class LengthStatistics:
    """Lengths of the sequences of one sign, in frames.

    Attributes:
        sign: whose.
        count: of its sequences.
        deviation: the standard deviation of all of them, 0 for a single one.
    """

    sign: str
    count: int
    shortest: int
    longest: int
    mean: float
    median: float
    deviation: float


@dataclass(frozen=True)
class MeanPositions:
    """Where hands and face are in one sign, over all frames and landmarks that were seen.

    Attributes:
        sign: whose.
        left_hand, right_hand, face: (x, y) in shares of the frame, None where never seen.
    """

    sign: str
    left_hand: tuple[float, float] | None
    right_hand: tuple[float, float] | None
    face: tuple[float, float] | None


def length_statistics(lengths: Sequence[int], signs: Sequence[str]) -> list[LengthStatistics]:
    """Return the statistics of each sign, by name.

    Args:
        lengths: frames of each sequence.
        signs: of each.

    Raises:
        ValueError: not the same number of both.
    """
    if len(lengths) != len(signs):
        raise ValueError(f"signs: {len(signs)} for {len(lengths)} lengths")
    by_sign: dict[str, list[int]] = {}
    for length, sign in zip(lengths, signs, strict=True):
        by_sign.setdefault(sign, []).append(length)
    return [
        LengthStatistics(
            sign, len(own), min(own), max(own),
            float(np.mean(own)), float(np.median(own)), float(np.std(own)),
        )
        for sign, own in sorted(by_sign.items())
    ]  # fmt: skip


def mean_positions(
    sequences: Iterable[tuple[str, np.ndarray]], selection: Selection
) -> list[MeanPositions]:
    """Return the mean positions of each sign, by name; sequences are looked at one by one.

    Args:
        sequences: sign and (T, rows, C) of each, NaN where nothing was seen.

    Raises:
        ValueError: a sequence of another number of rows.
    """
    places = {name: selection.part(name) for name in _PLACES}
    # Sign → part → sum of x, sum of y, and their number.
    sums: dict[str, dict[str, np.ndarray]] = {}
    for sign, points in sequences:
        if points.ndim != 3 or points.shape[1] != len(selection):
            raise ValueError(f"points: shape {points.shape} is not (T, {len(selection)}, C)")
        own = sums.setdefault(sign, {name: np.zeros(3) for name in _PLACES})
        for name, columns in places.items():
            part = points[:, columns, :2]
            known = part[seen(part)]
            own[name] += (*known.sum(0, dtype=np.float64), len(known))
    return [
        MeanPositions(sign, *(_mean(own[name]) for name in _PLACES))
        for sign, own in sorted(sums.items())
    ]


def _mean(sums: np.ndarray) -> tuple[float, float] | None:
    x, y, number = sums.tolist()
    return (x / number, y / number) if number else None
