"""A learner's recording of a word beside an example: where the two differ, and in what.

Both are made free of place and size, laid over each other in time, and compared frame by frame.
Left-handed learners sign the word mirrored, which is as good, so the example is mirrored if it
is closer then.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from asl.data.sequences.layout import HOLISTIC, mirror
from asl.data.sequences.lengths import RATE
from asl.inference.sequences.alignment import align
from asl.inference.sequences.differences import Moment, find_moments, in_sentences
from asl.inference.sequences.posture import (
    SIDES,
    Postures,
    hands_used,
    has_body,
    postures,
    signing_part,
    unlikeness,
)


@dataclass(frozen=True, eq=False)
class Comparison:
    """What a comparison found.

    Attributes:
        mirrored: the example was mirrored, as the learner signs with the other hand. What follows
            speaks of the learner's own hands.
        path: (n, 2) int, frames of learner and example that belong together.
        distances: "left_hand", "right_hand" → (n,) mean distance of the joints of the two shapes,
            in sides of the square around a hand; "place" → (n,) mean distance of the places of
            the hands, in `place_unit`. NaN where one of the two is not seen.
        place_unit: "shoulder widths", or "spreads of the hands" where one of the two shows no
            shoulders.
        distance: mean over the path of all together, 0 for the same recording; to rank by.
        pace: seconds that the learner took over those of the example, 2 is half as fast.
        moments: what differs most, the worst first.
        sentences: the same for the learner.
    """

    mirrored: bool
    path: np.ndarray
    distances: Mapping[str, np.ndarray]
    place_unit: str
    distance: float
    pace: float
    moments: tuple[Moment, ...]
    sentences: tuple[str, ...]


def compare(
    learner: np.ndarray,
    example: np.ndarray,
    learner_seconds: np.ndarray | None = None,
    example_seconds: np.ndarray | None = None,
) -> Comparison:
    """Say where and in what a recording differs from an example of the same word.

    It is the same wherever the two people stand and however large they are, and mirrored with
    left and right swapped it says the same of the other hand.

    Args:
        learner: (T, 543, 2 or 3) in shares of the frame, NaN where nothing was seen.
        example: (U, 543, 2 or 3).
        learner_seconds: (T,) of each frame; by default 25 frames a second.
        example_seconds: (U,) likewise.

    Raises:
        ValueError: another shape, times that do not fit, or no hand is seen in one of them.
    """
    own_time = _times(learner, learner_seconds, "learner")
    its_time = _times(example, example_seconds, "example")
    start, end = signing_part(learner)
    first, last = signing_part(example)
    cut = learner[start:end]
    body = has_body(cut) and has_body(example[first:last])
    found = []
    for is_mirrored in (False, True):
        shown = example[first:last, :, :2]
        shown = mirror(shown, HOLISTIC) if is_mirrored else shown
        used = hands_used(cut, shown)
        one, other = postures(cut, used, body), postures(shown, used, body)
        every = Postures(one.shapes[:, None], one.places[:, None])
        cost = unlikeness(every, other, used)
        path = align(cost)
        found.append((float(cost[tuple(path.T)].mean()), is_mirrored, path, one, other, used))
    distance, is_mirrored, path, one, other, used = min(found, key=lambda way: way[:2])
    pace = _lasted(own_time, start, end) / _lasted(its_time, first, last)
    moments = find_moments(one, other, used, path, own_time[start:end], its_time[first:last], body)
    return Comparison(
        is_mirrored,
        path + np.array([start, first]),
        _distances(one, other, path),
        "shoulder widths" if body else "spreads of the hands",
        distance,
        pace,
        moments,
        in_sentences(moments, pace),
    )


def _times(points: np.ndarray, seconds: np.ndarray | None, name: str) -> np.ndarray:
    if seconds is None:
        return np.arange(len(points)) / RATE
    times = np.asarray(seconds, np.float64)
    if times.shape != (len(points),):
        raise ValueError(f"{name}_seconds: {times.shape} for {len(points)} frames")
    if not (np.isfinite(times).all() and (np.diff(times) > 0).all()):
        raise ValueError(f"{name}_seconds: they do not grow from frame to frame")
    return times


def _lasted(times: np.ndarray, start: int, end: int) -> float:
    """Return the seconds of some frames, the last one shown for as long as they are on average."""
    frames = end - start
    if frames < 2:
        return 1 / RATE
    return float(times[end - 1] - times[start]) * frames / (frames - 1)


def _distances(one: Postures, other: Postures, path: np.ndarray) -> dict[str, np.ndarray]:
    i, j = path.T
    shapes = np.linalg.norm(one.shapes[i] - other.shapes[j], axis=-1).mean(-1)
    places = np.linalg.norm(one.places[i] - other.places[j], axis=-1)
    known = np.isfinite(places)
    mean = np.where(known, places, 0).sum(1) / np.maximum(known.sum(1), 1)
    hands = {f"{side}_hand": shapes[:, number] for number, side in enumerate(SIDES)}
    return {**hands, "place": np.where(known.any(1), mean, np.nan)}
