"""Change sequences of landmarks so that new people, cameras and paces are less of a surprise.

With NumPy, one sequence at a time, before it is normalised and brought to its length: resampling
changes how many frames there are, what is unseen stays NaN, and workers that load examples need no
PyTorch for it. The order is that of `CHANGES`: what needs shares of the frame comes before what
leaves them.
"""

from collections.abc import Callable

import numpy as np

from asl.data.sequences.layout import LEFT_HAND, PARTS, RIGHT_HAND, Selection, mirror, seen
from asl.data.sequences.lengths import at_moments, resample
from asl.training.sequences import in_space
from asl.training.sequences.augment_settings import Range, SequenceAugment
from asl.training.sequences.joints import ARMS, FINGER_JOINTS, turn_joints

#: Into how many parts of their own pace a sign is divided, least and most.
_PACES = (2, 5)
#: Turns of the two waves that bend a way, over the whole sign.
_WAVES = (0.5, 1.0)
#: Mean and deviation of a set's landmarks, (C,) or (rows, C) each.
Statistics = tuple[np.ndarray, np.ndarray]


def augment_sequence(
    points: np.ndarray,
    selection: Selection,
    settings: SequenceAugment,
    random: np.random.Generator,
    statistics: Statistics | None = None,
    other: np.ndarray | None = None,
) -> np.ndarray:
    """Return a changed sequence; those that are given stay as they are.

    Args:
        points: (T, rows, 2 or 3), x and y in shares of the frame, NaN where nothing was seen.
        statistics: mean and deviation for "by_statistics", of the training set.
        other: (any T, rows, as many coordinates), the same word by somebody else, for "exchanged";
            nothing is exchanged without.

    Returns:
        (T', rows, C) float32, T' from 1; T' differs from T where it is resampled. At least one
        landmark is seen where one was.

    Raises:
        ValueError: of another shape, mirroring without partners, or "by_statistics" without them.
    """
    if points.ndim != 3 or points.shape[1] != len(selection) or points.shape[2] not in (2, 3):
        raise ValueError(f"points: shape {points.shape} is not (T, {len(selection)}, 2 or 3)")
    if not len(points):
        raise ValueError("points: there are no frames")
    if settings.by_statistics and statistics is None:
        raise ValueError("statistics: by_statistics needs a mean and a deviation")
    x = np.array(points, np.float32)
    if other is not None and _happens(settings.exchanged, random):
        x = _exchange(x, other, selection, random)
    x = _hold(_change_pace(x, selection, settings, random), settings, random)
    if _happens(settings.mirrored, random):
        x = mirror(x, selection)
    x = _move(x, selection, settings, random)
    x = _hide(x, selection, settings, random)
    if statistics is not None and _happens(settings.by_statistics, random):
        x = in_space.by_statistics(x, *statistics)
    if _happens(settings.standardised, random):
        x = in_space.standardise(x)
    return x


def _exchange(
    x: np.ndarray, other: np.ndarray, selection: Selection, random: np.random.Generator
) -> np.ndarray:
    """Take one part from `other`, from its first frame with anything seen to its last.

    A part that nobody shows is not chosen, nor one whose loss would leave no hand.
    """
    own, theirs = (np.flatnonzero(seen(one).any(1)) for one in (x, other))
    if not len(own) or not len(theirs):
        return x
    during = slice(own[0], own[-1] + 1)
    other = resample(other[theirs[0] : theirs[-1] + 1], own[-1] - own[0] + 1)
    parts = [selection.part(name) for name in PARTS]
    parts = [part for part in parts if seen(other[:, part]).any() or seen(x[:, part]).any()]
    part = parts[int(random.integers(len(parts)))]
    exchanged = x.copy()
    exchanged[during, part] = other[:, part]
    return _unless_empty(selection.places((*LEFT_HAND, *RIGHT_HAND)), x, exchanged)


def _change_pace(
    x: np.ndarray, selection: Selection, settings: SequenceAugment, random: np.random.Generator
) -> np.ndarray:
    hands = selection.places((*LEFT_HAND, *RIGHT_HAND))
    if _happens(settings.trimmed, random):
        first, last = (int(random.uniform(0, settings.trim) * len(x)) for _ in range(2))
        x = _unless_empty(hands, x, x[first : len(x) - last])
    if _happens(settings.warped, random):
        x = _warp(x, settings.warp, random)
    if not _happens(settings.resampled, random):
        return x
    return resample(x, max(1, round(len(x) * _within(settings.pace, random))))


def _warp(x: np.ndarray, deviation: float, random: np.random.Generator) -> np.ndarray:
    """Let parts of a sequence, cut at random, last longer or shorter; it stays as long."""
    parts = int(random.integers(_PACES[0], _PACES[1] + 1))
    before = np.concatenate([[0.0], np.sort(random.random(parts - 1)), [1.0]])
    lasting = np.diff(before) * np.exp(random.normal(0, deviation, parts))
    after = np.concatenate([[0.0], np.cumsum(lasting) / lasting.sum()])
    at = np.interp(np.linspace(0, 1, len(x)), after, before)
    return at_moments(x, at * (len(x) - 1))


def _hold(x: np.ndarray, settings: SequenceAugment, random: np.random.Generator) -> np.ndarray:
    """Let the first and the last frame in which something is seen last longer."""
    there = np.flatnonzero(seen(x).any(1))
    if not len(there) or not _happens(settings.held, random):
        return x
    first, last = there[0], there[-1]
    before, after = (round(len(there) * _within(settings.hold, random)) for _ in range(2))
    counts = np.ones(len(x), np.int64)
    counts[first] += before
    counts[last] += after
    return np.repeat(x, counts, axis=0)


def _move(
    x: np.ndarray, selection: Selection, settings: SequenceAugment, random: np.random.Generator
) -> np.ndarray:
    """Turn joints, tilt, scale, shift and change by an affine map."""
    if _happens(settings.joints, random):
        for joints, most in (
            (ARMS, settings.arm_degrees),
            (FINGER_JOINTS, settings.finger_degrees),
        ):
            angles = np.deg2rad(random.uniform(-most, most, len(joints)))
            x = turn_joints(x, selection, joints, angles)
    if _happens(settings.hands_moved, random):
        x = _each_hand(x, selection, lambda hand: _move_hand(hand, settings, random))
    if _happens(settings.bent, random):
        x = _each_hand(x, selection, lambda hand: _bend(hand, settings.bend, random))
    if _happens(settings.tilted, random):
        x = in_space.tilt(x, *(np.deg2rad(_either(settings.tilt_degrees, random, 2))))
    if _happens(settings.scaled, random):
        x = in_space.scale(x, _within(settings.size, random))
    if _happens(settings.stretched, random):
        x = in_space.scale(x, (_within(settings.width, random), 1.0))
    if _happens(settings.shifted, random):
        x = in_space.shift(x, _pair(settings.shift, random))
    if _happens(settings.affine, random):
        # As the winner: sheared along one axis or the other, never both.
        shear = float(random.uniform(-settings.affine_shear, settings.affine_shear))
        along_x = _happens(0.5, random)
        x = in_space.affine(
            x,
            _within(settings.affine_size, random),
            (shear, 0.0) if along_x else (0.0, shear),
            float(np.deg2rad(_either(settings.affine_degrees, random, 1)[0])),
        )
        x = in_space.shift(x, _pair(settings.affine_shift, random))
    return x


def _each_hand(
    x: np.ndarray, selection: Selection, change: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    changed = x.copy()
    for part in ("left_hand", "right_hand"):
        places = selection.part(part)
        if len(places):
            changed[:, places] = change(x[:, places])
    return changed


def _move_hand(
    hand: np.ndarray, settings: SequenceAugment, random: np.random.Generator
) -> np.ndarray:
    """Turn and scale a hand about its middle in each frame, and move it, all frames alike."""
    angle = float(np.deg2rad(_either(settings.hand_degrees, random, 1)[0]))
    factor = _within(settings.hand_size, random)
    turned = in_space.turn_frames(hand, factor, angle)
    return in_space.shift(turned, _pair(settings.hand_shift, random))


def _bend(hand: np.ndarray, deviation: float, random: np.random.Generator) -> np.ndarray:
    """Add two slow waves of random strength and phase to the way of a hand."""
    time = np.linspace(0, 1, len(hand))
    bent = hand.astype(np.float32)
    for turns in _WAVES:
        wave = np.sin(2 * np.pi * (turns * time + random.random()))
        bent[..., :2] += (wave[:, None] * random.normal(0, deviation, 2))[:, None]
    return bent


def _hide(
    x: np.ndarray, selection: Selection, settings: SequenceAugment, random: np.random.Generator
) -> np.ndarray:
    """Make frames, a stretch of time and a square unseen, unless no hand would be left."""
    hands = selection.places((*LEFT_HAND, *RIGHT_HAND))
    if _happens(settings.frames_lost, random):
        x = _unless_empty(hands, x, _without(x, random.random(len(x)) < settings.lost))
    if _happens(settings.time_masked, random):
        count = round(len(x) * _within(settings.time_mask, random))
        start = int(random.integers(0, len(x) - count + 1))
        time = np.arange(len(x))
        x = _unless_empty(hands, x, _without(x, (time >= start) & (time < start + count)))
    if _happens(settings.space_masked, random):
        corner = (float(random.random()), float(random.random()))
        side = _within(settings.space_mask, random)
        x = _unless_empty(hands, x, in_space.mask_square(x, corner, side))
    return x


def _without(x: np.ndarray, frames: np.ndarray) -> np.ndarray:
    hidden = x.copy()
    hidden[frames] = np.nan
    return hidden


def _unless_empty(hands: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the sequence before where nothing, or no hand that was seen, is left after."""
    left = seen(after)
    if seen(before[:, hands]).any():
        left = left[:, hands]
    return after if left.any() else before


def _happens(probability: float, random: np.random.Generator) -> bool:
    return bool(random.random() < probability)


def _within(ends: Range, random: np.random.Generator) -> float:
    return float(random.uniform(*ends))


def _either(most: float, random: np.random.Generator, count: int) -> np.ndarray:
    return random.uniform(-most, most, count)


def _pair(most: float, random: np.random.Generator) -> tuple[float, float]:
    x, y = _either(most, random, 2)
    return float(x), float(y)
