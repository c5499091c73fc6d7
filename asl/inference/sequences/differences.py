"""When and in what two recordings of a word differ that lie over each other in time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from asl.hands.landmarks import FINGERS
from asl.inference.sequences.posture import SIDES, Postures

Kind = Literal["not seen", "hand shape", "place", "direction"]

#: From here on a shape, in sides of the square around a hand, is another; the same word of two
#: people differs by 0.16 in the median and 0.26 in one of ten, other words by 0.31.
_SHAPE = 0.25
#: From here on a place is another: in distances of the shoulders, or in spreads of the hands; two
#: people differ by 0.5 in the median, since some sign higher than others.
_PLACE = {True: 0.6, False: 1.0}
#: Over so many seconds before and after, a movement has a direction,
_AROUND = 0.12
#: if it is at least so long, in the unit of places; from this cosine down it is another one.
_MOVES = {True: 0.15, False: 0.4}
_ANOTHER_WAY = 0.5
#: Shorter differences than so many seconds are not spoken of.
_SHORTEST = 0.15
#: Share of the frames in which a hand must lack to be missed.
_LACKS = 0.5
_MOST = 4
#: Paces within which nobody is told that they are fast or slow.
_PACE = (0.6, 1.6)
#: Fingers that differ by less than this share of the one that differs most are not named.
_OF_WORST = 0.75


@dataclass(frozen=True)
class Moment:
    """A difference.

    Attributes:
        hand: "left" or "right", the learner's own.
        kind: in what they differ.
        start, end: seconds of the learner's recording.
        example_start, example_end: seconds of the example.
        size: how large the difference is, 1 where it begins to count.
        hint: which fingers, or where to; "" if there is nothing to say.
    """

    hand: str
    kind: Kind
    start: float
    end: float
    example_start: float
    example_end: float
    size: float
    hint: str = ""


def find_moments(
    learner: Postures,
    example: Postures,
    used: tuple[bool, bool],
    path: np.ndarray,
    learner_seconds: np.ndarray,
    example_seconds: np.ndarray,
    body: bool,
) -> tuple[Moment, ...]:
    """Return what differs most, the worst first, each kind once for each hand.

    Args:
        used: whether the word needs the left and the right hand.
        path: (n, 2) from `asl.inference.sequences.alignment.align`.
        learner_seconds, example_seconds: of each frame.
        body: whether places are in distances of the shoulders.
    """
    shapes = _onto_example(learner.shapes, path)
    places = _onto_example(learner.places, path)
    own_time = _onto_example(learner_seconds, path)
    step = float(np.median(np.diff(example_seconds))) if len(example_seconds) > 1 else _SHORTEST
    reach = max(1, round(_AROUND / step))
    found: list[Moment] = []
    for side in np.flatnonzero(used):
        hand = SIDES[side]
        needed, there = _seen(example.places[:, side]), _seen(places[:, side])
        if needed.any() and (needed & ~there).sum() > _LACKS * needed.sum():
            lasting = np.flatnonzero(needed)[[0, -1]]
            found.append(_moment(hand, "not seen", lasting, own_time, example_seconds, 2.0))
            continue
        off = np.linalg.norm(shapes[:, side] - example.shapes[:, side], axis=-1)
        for run, size in _runs(off.mean(-1) / _SHAPE, example_seconds, step):
            hint = _fingers(off[run[0] : run[1] + 1].mean(0))
            found.append(_moment(hand, "hand shape", run, own_time, example_seconds, size, hint))
        to = example.places[:, side] - places[:, side]
        far = np.linalg.norm(to, axis=-1) / _PLACE[body]
        for run, size in _runs(far, example_seconds, step):
            hint = _where(to[run[0] : run[1] + 1].mean(0), "higher", "lower")
            found.append(_moment(hand, "place", run, own_time, example_seconds, size, hint))
        one, other = (_movement(way[:, side], reach) for way in (places, example.places))
        for run, size in _runs(_turned(one, other, body), example_seconds, step):
            hint = _where(other[run[0] : run[1] + 1].mean(0), "up", "down")
            found.append(_moment(hand, "direction", run, own_time, example_seconds, size, hint))
    found.sort(key=lambda moment: (-moment.size, moment.start))
    worst: dict[tuple[str, Kind], Moment] = {}
    for moment in found:
        worst.setdefault((moment.hand, moment.kind), moment)
    return tuple(worst.values())[:_MOST]


def in_sentences(moments: Sequence[Moment], pace: float) -> tuple[str, ...]:
    """Return what a learner is told, the most important first.

    Args:
        pace: seconds that the learner took over those of the example.
    """
    said = [_sentence(one) for one in moments]
    if pace > _PACE[1]:
        said.append(f"You took {pace:.1f} times as long as the example: sign a little faster.")
    elif pace < _PACE[0]:
        said.append(f"You took {pace:.0%} of the example's time: sign more slowly.")
    return tuple(said) or ("Hands, place, direction and pace are close to the example.",)


def _sentence(one: Moment) -> str:
    hand, when = f"your {one.hand} hand", f"At {one.start:.1f} s"
    if one.kind == "not seen":
        return f"The word needs {hand}, which is not seen: keep it in view."
    if one.kind == "hand shape":
        return f"{when} {hand} has another shape: look at the {one.hint}."
    if one.kind == "place":
        return f"{when} {hand} is in another place: hold it {one.hint}."
    return f"{when} {hand} moves another way: move it {one.hint}."


def _onto_example(values: np.ndarray, path: np.ndarray) -> np.ndarray:
    """Return the learner's values at each frame of the example, (U, ...), means of several."""
    frames = int(path[-1, 1]) + 1
    total = np.zeros((frames, *values.shape[1:]))
    np.add.at(total, path[:, 1], values[path[:, 0]])
    count = np.bincount(path[:, 1], minlength=frames)
    mean: np.ndarray = total / count.reshape(-1, *([1] * (values.ndim - 1)))
    return mean


def _runs(size: np.ndarray, seconds: np.ndarray, step: float) -> Iterator[tuple[np.ndarray, float]]:
    """Yield first and last frame of each row of sizes from 1 that lasts, and their mean size."""
    over = np.nan_to_num(size) >= 1
    edges = np.flatnonzero(np.diff(np.concatenate([[0], over.astype(np.int8), [0]])))
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        if seconds[end - 1] - seconds[first] + step >= _SHORTEST:
            yield np.array([first, end - 1]), float(size[first:end].mean())


def _moment(
    hand: str,
    kind: Kind,
    run: np.ndarray,
    own: np.ndarray,
    its: np.ndarray,
    size: float,
    hint: str = "",
) -> Moment:
    start, end = (int(frame) for frame in run)
    mine, theirs = own[[start, end]].tolist(), its[[start, end]].tolist()
    return Moment(hand, kind, mine[0], mine[1], theirs[0], theirs[1], size, hint)


def _seen(places: np.ndarray) -> np.ndarray:
    return np.asarray(np.isfinite(places).all(-1))


def _movement(places: np.ndarray, reach: int) -> np.ndarray:
    """(U, 2) how a hand moves around each frame, NaN near the ends."""
    moved = np.full_like(places, np.nan)
    if len(places) > 2 * reach:
        moved[reach:-reach] = places[2 * reach :] - places[: -2 * reach]
    return moved


def _turned(one: np.ndarray, other: np.ndarray, body: bool) -> np.ndarray:
    """(U,) from 1 where both move and one another way than the other, otherwise 0."""
    lengths = np.linalg.norm(one, axis=-1), np.linalg.norm(other, axis=-1)
    both = np.minimum(*lengths) >= _MOVES[body]
    cosine = (one * other).sum(-1) / np.where(both, lengths[0] * lengths[1], 1)
    # Twice what begins to count where a hand moves right back.
    size = 1 + (_ANOTHER_WAY - cosine) / (1 + _ANOTHER_WAY)
    return np.where(both & (cosine <= _ANOTHER_WAY), size, 0.0)


def _fingers(off: np.ndarray) -> str:
    """Return which fingers differ most, of (21,) distances."""
    by_finger = {name: float(off[list(joints)].mean()) for name, joints in FINGERS.items()}
    worst = max(by_finger.values())
    named = [name for name, value in by_finger.items() if value >= _OF_WORST * worst]
    if len(named) > 2:
        return "whole hand and how it is turned"
    return " and ".join(named) + (" finger" if named != ["thumb"] else "")


def _where(to: np.ndarray, up: str, down: str) -> str:
    """Return a way in words, of (2,) to the right and down in the picture.

    The picture is the camera's, no mirror's: a person's left is on its right.
    """
    across, along = float(to[0]), float(to[1])
    words = []
    if abs(along) >= abs(across) / 2:
        words.append(down if along > 0 else up)
    if abs(across) >= abs(along) / 2:
        words.append("to your left" if across > 0 else "to your right")
    return " and ".join(words)
