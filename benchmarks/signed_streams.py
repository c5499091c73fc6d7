"""Streams of landmarks as a camera gives them: five words of one person with rests between.

Clips of single words are joined. Between them hands are out of view, are held where the word
ended, or lie low in the picture; frames come at a camera's rate and never quite evenly, still
hands tremble, and now and then a hand is lost or read in a wrong place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from asl.data.sequences.layout import LEFT_HAND, RIGHT_HAND
from asl.data.sequences.lengths import resample
from asl.inference.sequences.rest import hands_of, palm_of

Rest = Literal["out of view", "held", "lowered"]
RESTS: tuple[Rest, ...] = get_args(Rest)

_HANDS = (LEFT_HAND, RIGHT_HAND)
#: Hands that stay within so many palms for so long have paused; a little of it stays in a clip.
_STOPPED, _PAUSE_SECONDS, _STOP_KEPT = 0.15, 0.5, 0.2
#: Without a hand for so long a word is over as well.
_GAP_SECONDS = 0.3
_SHORTEST_SECONDS = 0.4
_CHANGE_SECONDS = (0.3, 0.5)
_REST_SECONDS = (1.0, 1.5)
#: Where the middle of the left and of the right hand lie when lowered, in shares of the frame.
_LAP = ((0.6, 0.9), (0.4, 0.9))
#: In palms: how much each joint of a still hand trembles, how much the hand does, and how far off
#: a misread one is.
_JOINTS_TREMBLE, _HAND_TREMBLES, _MISREAD = 0.02, 0.015, 1.5
_LOST, _WRONG = 0.02, 0.005


@dataclass(frozen=True, eq=False)
class Stream:
    """What a camera saw.

    Attributes:
        points: (T, 543, 3) float32.
        seconds: (T,) of each frame.
        words: first and last second of each word: when hands came into view or left their rest,
            and when they left or came to rest.
    """

    points: np.ndarray
    seconds: np.ndarray
    words: tuple[tuple[float, float], ...]


def moving_part(clip: np.ndarray, rate: float, whole: bool = False) -> np.ndarray | None:
    """Return the longest part of a clip between two pauses, with a little of each.

    A pause is where no hand is seen for a while or hands stay where they are:
    people hold a sign before and after it, until the recording ends.

    Args:
        clip: (T, 543, 3).
        rate: frames a second.
        whole: return all between the first hand and the last, pauses and all.

    Returns:
        None where no hand moves for `_SHORTEST_SECONDS`.
    """
    hands = np.stack([hands_of(frame) for frame in clip])
    palms = [palm_of(hand, frame) for hand, frame in zip(hands, clip, strict=True)]
    if np.isnan(palms).all():
        return None
    still, gone = round(_PAUSE_SECONDS * rate), round(_GAP_SECONDS * rate)
    paused = _paused(hands, float(np.nanmedian(palms)), still) | _without_hands(hands, gone)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], ~paused, [0]])))
    parts = sorted(zip(edges[::2], edges[1::2], strict=True), key=lambda part: part[0] - part[1])
    if not parts or parts[0][1] - parts[0][0] < _SHORTEST_SECONDS * rate:
        return None
    kept = len(clip) if whole else round(_STOP_KEPT * rate)
    start, end = max(0, parts[0][0] - kept), min(len(clip), parts[0][1] + kept)
    there = np.flatnonzero(np.isfinite(hands[start:end, :, 0, 0]).any(1))
    return clip[start + there[0] : start + there[-1] + 1]


def join(
    clips: Sequence[np.ndarray], clip_rate: float, rest: Rest, rate: float, seed: int
) -> Stream:
    """Return a stream of some clips with a rest before, between and after them.

    Args:
        clips: from `moving_part`.
        clip_rate: frames a second of the clips.
        rate: frames a second of the stream.
        seed: of everything that is drawn by lot.
    """
    random = np.random.default_rng(seed)
    frames: list[np.ndarray] = []
    times: list[tuple[float, float]] = []
    before = _resting(clips[0][0], rest)
    frames += _held(before, rate, random)
    for number, clip in enumerate(clips):
        start = len(frames)
        played = resample(clip, max(5, round(len(clip) / clip_rate * rate)))
        # Who holds the hands where the first word begins need not bring them there.
        stays = rest == "out of view" or (rest == "held" and not number)
        entry = [] if stays else _change(before, played[0], rate, random)
        following = clips[number + 1][0] if number + 1 < len(clips) else None
        after = _resting(played[-1], rest)
        leaving = _change(played[-1], after, rate, random) if rest == "lowered" else []
        frames += [*entry, *played, *leaving]
        times.append((start / rate, (len(frames) - 1) / rate))
        frames += _held(after, rate, random)
        before = after if following is None or rest != "out of view" else _resting(following, rest)
    every = np.stack(frames)
    seconds = (np.arange(len(every)) + random.uniform(-0.2, 0.2, len(every))) / rate
    return Stream(_misread(every, random), seconds, tuple(times))


def play(stream: Stream) -> Iterator[tuple[np.ndarray, float]]:
    """Yield each frame and its second."""
    yield from zip(stream.points, stream.seconds.tolist(), strict=True)


def _paused(hands: np.ndarray, palm: float, frames: int) -> np.ndarray:
    """(T,) whether a frame lies in a pause of at least so many frames."""
    paused = np.zeros(len(hands), bool)
    seen = np.isfinite(hands[:, :, 0, 0])
    for start in range(len(hands) - frames + 1):
        part, there = hands[start : start + frames], seen[start : start + frames]
        distance = np.linalg.norm(part - part[len(part) // 2], axis=-1).mean(-1) / palm
        still = (distance <= _STOPPED) | ~there
        if there[len(part) // 2].any() and still.all():
            paused[start : start + frames] = True
    return paused


def _without_hands(hands: np.ndarray, frames: int) -> np.ndarray:
    """(T,) whether a frame lies in a row of at least so many without a hand."""
    gone = np.isnan(hands[:, :, 0, 0]).all(1)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], gone, [0]])))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        gone[start:end] = end - start >= frames
    return gone


def _resting(frame: np.ndarray, rest: Rest) -> np.ndarray:
    """Return a frame with its hands at rest."""
    still = frame.copy()
    for rows, lap in zip(_HANDS, _LAP, strict=True):
        hand = still[list(rows)]
        if rest == "out of view":
            hand[:] = np.nan
        elif rest == "lowered":
            hand[:, :2] += np.array(lap, np.float32) - hand[:, :2].mean(0)
        still[list(rows)] = hand
    return still


def _held(frame: np.ndarray, rate: float, random: np.random.Generator) -> list[np.ndarray]:
    """Return a frame for as long as a rest, with the tremor of still hands."""
    palm = palm_of(hands_of(frame), frame)
    held = []
    for _ in range(round(random.uniform(*_REST_SECONDS) * rate)):
        one = frame.copy()
        for rows in _HANDS:
            joints = random.normal(0, _JOINTS_TREMBLE * palm, (len(rows), 2))
            one[list(rows), :2] += joints + random.normal(0, _HAND_TREMBLES * palm, 2)
        held.append(one)
    return held


def _change(
    one: np.ndarray, other: np.ndarray, rate: float, random: np.random.Generator
) -> list[np.ndarray]:
    """Return frames between two, slow at both ends as arms move; a hand that either lacks comes
    into view, or leaves it, half-way."""
    steps = max(2, round(random.uniform(*_CHANGE_SECONDS) * rate))
    shares = np.arange(1, steps) / steps
    eased = shares**2 * (3 - 2 * shares)
    between = [one * (1 - share) + other * share for share in eased.astype(np.float32)]
    return [
        np.where(np.isnan(made), one if share < 0.5 else other, made)
        for made, share in zip(between, eased, strict=True)
    ]


def _misread(points: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return a stream in which some hands are lost or in a wrong place for a frame."""
    seen = points.copy()
    for frame in seen:
        palm = palm_of(hands_of(frame), frame)
        for rows in _HANDS:
            chance = random.random()
            if chance < _LOST:
                frame[list(rows)] = np.nan
            elif chance < _LOST + _WRONG and np.isfinite(palm):
                frame[list(rows), :2] += random.normal(0, _MISREAD * palm, 2)
    return seen
