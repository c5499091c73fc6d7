"""Which recordings of a word show the same movement: the most typical one, and those near it.

A word is signed in several ways, and one recording of a way says as little as one of a mistake.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from asl.data.sequences.examples import SequenceExamples
from asl.data.sequences.layout import HOLISTIC, LEFT_HAND, RIGHT_HAND, mirror
from asl.data.sequences.lengths import fill_gaps, resample
from asl.inference.sequences.alignment import distances
from asl.inference.sequences.posture import (
    Postures,
    hand_seen,
    postures_of_signer,
    signing_part,
    unlikeness,
)

#: Recordings that are enough for a mean.
MOST = 6
#: Frames that recordings are brought to before they are compared; what is asked for is the
#: course of a word, not its pace.
_FRAMES = 16
#: Recordings of one word that are compared with each other, of as many people as there are.
_COMPARED = 24
#: Unlike by more than this, they show different signs: a tenth of the pairs of different words
#: of an ASL dictionary are nearer, and more than half of those of one word.
_FAR = 0.55
#: Frames of which a hand is seen, in a recording that is fit to be learned from.
_COMPLETE = 0.9
_FEWEST_FRAMES = 8
_GAP = 5
#: Two hands nearer to each other than this share of one's size are one that was found twice.
_SAME_PLACE = 0.3
#: Share of the frames in which there are two, of a recording in which both hands sign.
_TWO_HANDS = 0.2


@dataclass(frozen=True, eq=False)
class Agreement:
    """Recordings that show the same movement.

    Attributes:
        recordings: (T, 543, 2) each, from the first frame with a hand to the last, NaN where
            nothing was seen; the most typical one first.
        people: how many different people they show; those who are not known count as one.
    """

    recordings: tuple[np.ndarray, ...]
    people: int


def agreeing(examples: SequenceExamples, label: str, people: int) -> Agreement | None:
    """Return recordings of a word that show the same movement, the most typical one first.

    That is the one whose nearest others, of other people, differ least from it; it and the
    nearest ones of others are taken, mirrored where they are nearer so, and more than one of a
    person only if there are too few. Recordings in which a hand is lost for long, or that are
    very short, are left out where there are others.

    Args:
        people: of how many different people they must be; those who are not known count as one.

    Returns:
        2 to `MOST` of them; None if fewer agree, or fewer people.
    """
    found = _read(examples, _spread(examples, np.flatnonzero(examples.labels == label)))
    if len(found) < 2:
        return None
    own, turned = (_course(found.values(), is_turned) for is_turned in (False, True))
    names = examples.people[list(found)]
    straight, crossed = _distances(own, own), _distances(own, turned)
    apart, is_turned = np.minimum(straight, crossed), crossed < straight
    other = (names[:, None] != names) | (names == "") if people > 1 else np.ones_like(is_turned)
    np.fill_diagonal(other, False)
    near = np.sort(np.where(other, np.minimum(apart, _FAR), _FAR), axis=1)
    first = int(np.argmin(near[:, : MOST - 1].mean(1)))
    chosen = [first]
    ways = np.argsort(apart[first], kind="stable")
    within = [way for way in ways.tolist() if way != first and apart[first, way] <= _FAR]
    for again in (False, True):
        for way in within:
            known = names[way] != "" and names[way] in names[chosen]
            if len(chosen) < MOST and way not in chosen and (again or not known):
                chosen.append(way)
        if people > 1:
            break  # one of each
    count = len(set(names[chosen].tolist()))
    if len(chosen) < 2 or count < people:
        return None
    # As most of them sign it, whatever the hand of the first.
    mirrored = is_turned[first, chosen]
    mirrored[0] = False
    mirrored ^= mirrored.mean() > 0.5
    clips = list(found.values())
    agreed = (
        mirror(clips[way], HOLISTIC) if turn else clips[way]
        for way, turn in zip(chosen, mirrored.tolist(), strict=True)
    )
    return Agreement(tuple(agreed), count)


def _spread(examples: SequenceExamples, rows: np.ndarray) -> list[int]:
    """Return some of these rows, of each person one before a second of anybody."""
    turn: dict[str, int] = {}
    order = []
    for row in rows.tolist():
        name = str(examples.people[row])
        turn[name] = turn.get(name, -1) + 1
        order.append((turn[name], row))
    return [row for _, row in sorted(order)[:_COMPARED]]


def _read(examples: SequenceExamples, rows: Sequence[int]) -> dict[int, np.ndarray]:
    """Return the signing parts of recordings in which a hand is seen, (T, 543, 2) by row."""
    complete: dict[int, np.ndarray] = {}
    every: dict[int, np.ndarray] = {}
    for row in rows:
        taken = HOLISTIC.take(examples.sequence(row)[..., :2], examples.selection.rows)
        points = fill_gaps(_one_hand(taken), _GAP)
        try:
            start, end = signing_part(points)
        except ValueError:
            continue
        share = float(hand_seen(points[start:end]).mean())
        every[row] = points[start:end]
        if share >= _COMPLETE and end - start >= _FEWEST_FRAMES:
            complete[row] = points[start:end]
    return complete if len(complete) > 1 else every


def _one_hand(points: np.ndarray) -> np.ndarray:
    """Return a recording in which a hand that is alone is the same all the time.

    What finds hands sometimes takes one for the other for a while, or for both at once.
    """
    left, right = (points[:, list(rows)] for rows in (LEFT_HAND, RIGHT_HAND))
    seen_left, seen_right = (np.isfinite(hand).all((1, 2)) for hand in (left, right))
    size = np.linalg.norm(np.ptp(left, axis=1), axis=-1)
    apart = np.linalg.norm(left.mean(1) - right.mean(1), axis=-1) > _SAME_PLACE * size
    if apart.sum() >= _TWO_HANDS * (seen_left | seen_right).sum():
        return points
    alone = points.copy()
    rows, shown = (LEFT_HAND, RIGHT_HAND), (seen_left, seen_right)
    if seen_left.sum() < seen_right.sum():
        rows, shown = rows[::-1], shown[::-1]
    lost = np.flatnonzero(shown[1] & ~shown[0])[:, None]
    alone[lost, list(rows[0])] = points[lost, list(rows[1])]
    alone[:, list(rows[1])] = np.nan
    return alone


def _course(recordings: Iterable[np.ndarray], is_turned: bool) -> Postures:
    """Return recordings at equal steps through each, (N, steps, …)."""
    found = []
    for points in recordings:
        steps = resample(points, _FRAMES)
        found.append(postures_of_signer(mirror(steps, HOLISTIC) if is_turned else steps))
    return Postures(np.stack([p.shapes for p in found]), np.stack([p.places for p in found]))


def _distances(own: Postures, others: Postures) -> np.ndarray:
    """(N, M) how unlike recordings are, laid over each other in time: the mean of their hands."""
    found = []
    signing = [np.isfinite(part.places[..., 0]).mean(1) >= _TWO_HANDS for part in (own, others)]
    for shapes, places, mine in zip(own.shapes, own.places, signing[0], strict=True):
        # Frames of the one, those of each other, and the others.
        costs = unlikeness(
            Postures(shapes[:, None, None], places[:, None, None]),
            Postures(*(np.swapaxes(part, 0, 1) for part in (others.shapes, others.places))),
            (True, True),
        )
        # A hand that neither shows would count as one that is alike.
        hands = np.maximum((mine | signing[1]).sum(1), 1)
        found.append(distances(costs) * 2 / hands)
    return np.stack(found)
