"""Short gaps filled, empty frames out, and sequences brought to one length or to a largest one."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from asl.data.sequences.layout import seen

#: Frames a second of sequences that do not say it, and of those that films are read as.
RATE = 25.0
#: Seconds between two frames of which nothing is known if they are more.
_LONGEST_GAP = 0.5

Filling = Literal["pad", "repeat", "pool", "mask", "resample"]


@dataclass(frozen=True)
class Length:
    """To which length sequences are brought, and how.

    Attributes:
        frames: the length, or with "mask" the largest.
        filling: "pad": short ones get frames in which nothing is seen; "repeat": their last frame
            stays; "pool": frames are averaged, or stand several times where there are too few;
            "mask": short ones keep their length; "resample": all get exactly so many by straight
            lines, so that the camera's frame rate does not matter. Long ones are averaged with
            "pad", "repeat" and "pool"; with "mask" they are resampled.
        gap: gaps of up to this many frames in a landmark's path are filled by a straight line.
        drop_empty: whether frames in which no landmark at all is seen are left out.
    """

    frames: int = 32
    filling: Filling = "repeat"
    gap: int = 3
    drop_empty: bool = True

    def __post_init__(self) -> None:
        if type(self.frames) is not int or not 1 <= self.frames <= 10_000:
            raise ValueError(f"frames: {self.frames!r} is not 1 to 10,000")
        if self.filling not in get_args(Filling):
            raise ValueError(f"filling: {self.filling!r} is none of {', '.join(get_args(Filling))}")
        if type(self.gap) is not int or not 0 <= self.gap <= 1000:
            raise ValueError(f"gap: {self.gap!r} is not 0 to 1000")


@dataclass(frozen=True)
class Fitted:
    """A sequence of its new length.

    Attributes:
        points: (T, rows, C), NaN where nothing was seen.
        real: (T,) whether a frame shows the sequence; padding of "pad" does not.
        before: frames as recorded.
        empty: of them, frames in which nothing was seen and that were left out.
        after: T.
    """

    points: np.ndarray
    real: np.ndarray
    before: int
    empty: int
    after: int


def fit_length(points: np.ndarray, length: Length, shown: np.ndarray | None = None) -> Fitted:
    """Fill short gaps, leave empty frames out and bring a sequence to its length.

    Args:
        points: (T, rows, C), T ≥ 1, NaN where nothing was seen.
        shown: places of the landmarks without which a frame is empty; all of them if None.

    Raises:
        ValueError: of another shape, or nothing is seen in any frame.
    """
    whole = fill_gaps(points, length.gap)
    usable = seen(whole if shown is None else whole[:, shown]).any(1)
    if not usable.any():
        raise ValueError("points: nothing is seen in any frame")
    kept = whole[usable] if length.drop_empty else whole
    lacking = length.frames - len(kept)
    if length.filling == "resample":
        fitted = resample(kept, length.frames)
    elif length.filling == "mask":
        fitted = kept if lacking >= 0 else resample(kept, length.frames)
    elif length.filling == "pool" or lacking < 0:
        fitted = pool(kept, length.frames)
    elif length.filling == "pad":
        nothing = np.full((lacking, *kept.shape[1:]), np.nan, np.float32)
        fitted = np.concatenate([kept, nothing])
    else:
        fitted = np.concatenate([kept, np.repeat(kept[-1:], lacking, 0)])
    padded = length.filling == "pad" and lacking > 0
    real = np.arange(len(fitted)) < (len(kept) if padded else len(fitted))
    return Fitted(fitted, real, len(points), len(points) - len(kept), len(fitted))


def fill_gaps(points: np.ndarray, longest: int) -> np.ndarray:
    """Return landmarks with short gaps in their paths filled by straight lines.

    Gaps at the beginning and at the end stay, since there nothing is known on one side.

    Args:
        points: (T, rows, C), NaN where nothing was seen.
        longest: gaps of more frames stay.

    Returns:
        (T, rows, C) float32, another array.

    Raises:
        ValueError: of another shape, or without frames.
    """
    filled = np.array(_checked(points), np.float32)
    known = seen(filled)
    count = len(filled)
    time = np.arange(count)[:, None]
    last = np.maximum.accumulate(np.where(known, time, -1), 0)
    following = np.minimum.accumulate(np.where(known, time, count)[::-1], 0)[::-1]
    gap = following - last - 1
    frame, row = np.nonzero(~known & (last >= 0) & (following < count) & (gap <= longest))
    before, after = last[frame, row], following[frame, row]
    share = ((frame - before) / (after - before))[:, None].astype(np.float32)
    filled[frame, row] = filled[before, row] * (1 - share) + filled[after, row] * share
    return filled


def resample(points: np.ndarray, frames: int) -> np.ndarray:
    """Return a sequence as it would be with another number of frames over the same time.

    First and last frame stay; between two frames a landmark lies on the line between its places,
    or is as in the nearer frame where one of the two lacks it.

    Args:
        points: (T, rows, C), T ≥ 1, NaN where nothing was seen.
        frames: of the result, from 1; one alone is the middle one.

    Returns:
        (frames, rows, C) float32.
    """
    count = len(_checked(points))
    if frames < 1:
        raise ValueError(f"frames: {frames} is not from 1")
    middle = np.array([(count - 1) / 2])
    return at_moments(points, middle if frames == 1 else np.linspace(0, count - 1, frames))


def at_moments(points: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return a sequence at moments between its frames; see `resample`.

    Args:
        points: (T, rows, C), T ≥ 1, NaN where nothing was seen.
        at: (frames,) from 0 for the first frame to T - 1 for the last.

    Returns:
        (frames, rows, C) float32.
    """
    count = len(_checked(points))
    before = np.floor(at).astype(np.int64)
    after = np.minimum(before + 1, count - 1)
    share = (at - before).astype(np.float32)[:, None, None]
    between = points[before] * (1 - share) + points[after] * share
    nearer = np.where(share < 0.5, points[before], points[after])
    moved: np.ndarray = np.where(np.isnan(between), nearer, between).astype(np.float32)
    return moved


def evenly(points: np.ndarray, seconds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a sequence as it would be at `RATE`; see `resample`.

    Where frames lie more than half a second apart, nothing is seen between them.

    Args:
        points: (T, rows, C), T ≥ 1, NaN where nothing was seen.
        seconds: (T,) of each frame, growing.

    Returns:
        points: (U, rows, C) float32.
        seconds: (U,) float64, from that of the first frame on.
    """
    count = int((seconds[-1] - seconds[0]) * RATE + 0.5) + 1
    even = seconds[0] + np.arange(count) / RATE
    at = np.interp(even, seconds, np.arange(len(seconds)))
    found = at_moments(points, at)
    before = np.floor(at).astype(np.int64)
    apart = np.append(np.diff(seconds), 0)[before]
    found[(apart > _LONGEST_GAP) & (at > before)] = np.nan
    return found, even


def pool(points: np.ndarray, frames: int) -> np.ndarray:
    """Return means over parts of equal length, as adaptive average pooling has them.

    What was not seen does not count; a landmark that was not seen in a whole part is NaN there.
    Parts overlap where frames do not divide evenly, and with too few frames they stand repeatedly.

    Args:
        points: (T, rows, C), T ≥ 1.
        frames: of the result, from 1.

    Returns:
        (frames, rows, C) float32.
    """
    count = len(_checked(points))
    if frames < 1:
        raise ValueError(f"frames: {frames} is not from 1")
    part = np.arange(frames)
    start, end = part * count // frames, -(-(part + 1) * count // frames)
    known = np.isfinite(points)
    sums = _running(np.where(known, points, 0).astype(np.float64))
    seen_in = _running(known.astype(np.float64))
    number = seen_in[end] - seen_in[start]
    total = sums[end] - sums[start]
    mean = np.where(number > 0, total / np.maximum(number, 1), np.nan)
    return mean.astype(np.float32)


def _running(values: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros_like(values[:1]), np.cumsum(values, 0)])


def _checked(points: np.ndarray) -> np.ndarray:
    if points.ndim != 3 or not len(points) or points.shape[2] < 2:
        raise ValueError(f"points: shape {points.shape} is not (T, rows, 2 or 3) with T from 1")
    return points
