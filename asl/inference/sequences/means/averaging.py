"""The mean of people frame by frame: hands of the mean shape, direction, size and place.

A mean of joints as they lie in the frame would shrink hands that are held otherwise, and would
bend straight fingers. So palms are first laid on each other, as in Procrustes analysis (Gower,
"Generalized Procrustes analysis", 1975), and bones keep their mean length.
"""

import numpy as np

from asl.data.sequences.layout import ASPECT, HOLISTIC, LEFT_HAND, RIGHT_HAND
from asl.hands.landmarks import FINGERS, PALM, WRIST

_HANDS = (LEFT_HAND, RIGHT_HAND)
_BODY = tuple(row for row in HOLISTIC.rows if row not in {*LEFT_HAND, *RIGHT_HAND})
#: Joint → the one before it.
_BONES = tuple(
    bone for finger in FINGERS.values() for bone in zip(finger, (WRIST, *finger), strict=False)
)
_ROUNDS = 3
#: Bones that point in all directions have no mean one, and are not made as long as they are.
_LONGEST = 1.5
_NEVER = 1e-9


def average(recordings: np.ndarray) -> np.ndarray:
    """Return the mean of people who do the same at the same time.

    What is seen of fewer than half of them is not seen of the mean; where some are missing in a
    part of the frames, the mean does not jump to the others.

    Args:
        recordings: (N, T, 543, 2) in shares of frames in which all are of about the same size and
            in the same place, NaN where nothing was seen; the first is the most typical.

    Returns:
        (T, 543, 2) float32.
    """
    # Hands are turned in a plane whose both directions count alike.
    wide = np.asarray(recordings, np.float64) * (ASPECT, 1)
    mean = np.full(wide.shape[1:], np.nan)
    body = [row for row in _BODY if np.isfinite(wide[:, :, row]).any()]
    if body:
        mean[:, body] = np.where(
            _there(np.asarray(np.isfinite(wide[:, :, body]).all(-1)))[..., None],
            steady_mean(wide[:, :, body]),
            np.nan,
        )
    for rows in _HANDS:
        hands = wide[:, :, list(rows)]
        shown = _there(np.asarray(np.isfinite(hands).all((2, 3))))
        if shown.any():
            mean[:, list(rows)] = np.where(shown[:, None, None], _mean_hand(hands), np.nan)
    return (mean / (ASPECT, 1)).astype(np.float32)


def steady_mean(values: np.ndarray) -> np.ndarray:
    """Return the mean over the first axis, which does not jump where some are not known.

    Each is taken for a course that all have in common and an offset of its own, as in an analysis
    of variance with two factors.

    Args:
        values: (N, T, …), NaN where not known.

    Returns:
        (T, …), NaN where none is known.
    """
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    offsets = np.zeros((len(values), 1, *values.shape[2:]))
    for _ in range(2 * _ROUNDS):
        common = _over(np.where(known, filled - offsets, 0), known, 0)
        offsets = _over(np.where(known, filled - common, 0), known, 1)
        ever = known.any(1, keepdims=True)
        offsets -= _over(np.where(ever, offsets, 0), ever, 0)
    mean = _over(np.where(known, filled - offsets, 0), known, 0)
    return np.where(known.any(0), mean[0], np.nan)


def _over(values: np.ndarray, known: np.ndarray, axis: int) -> np.ndarray:
    """Return means of what is known over an axis that is kept; 0 where nothing is."""
    number = known.sum(axis, keepdims=True)
    mean: np.ndarray = values.sum(axis, keepdims=True) / np.maximum(number, 1)
    return mean


def _there(known: np.ndarray) -> np.ndarray:
    """Return in which frames most see something, without flicker, of (N, T, …)."""
    share = known.mean(0)
    before, after = np.concatenate([share[:1], share[:-1]]), np.concatenate([share[1:], share[-1:]])
    shown: np.ndarray = (before + 2 * share + after) / 4 > 0.5
    return shown


def _mean_hand(hands: np.ndarray) -> np.ndarray:
    """(T, 21, 2) of (N, T, 21, 2); NaN where no one shows all of the hand."""
    known = np.isfinite(hands).all((2, 3))
    whole = np.where(known[..., None, None], hands, np.nan)
    centres = whole[:, :, PALM].mean(2)
    sizes = _palm_size(whole)
    place = steady_mean(centres)
    size = np.exp(steady_mean(np.log(np.maximum(sizes, _NEVER))))
    shapes = _complex((whole - centres[:, :, None]) / np.maximum(sizes, _NEVER)[..., None, None])
    shapes = np.where(known[..., None], shapes, 0)
    first = np.argmax(known, 0)
    mean = np.take_along_axis(shapes, first[None, :, None], 0)[0]
    for _ in range(_ROUNDS):
        # By which each is turned to lie on the mean best.
        turns = _direction((shapes.conj() * mean).sum(-1)) * known
        mean = _by_bones(shapes * turns[..., None], known)
    mean = mean * _direction(turns.conj().sum(0))[:, None]
    hand = np.stack([mean.real, mean.imag], -1)
    hand = hand - hand[:, PALM].mean(1, keepdims=True)
    hand *= (size / np.maximum(_palm_size(hand), _NEVER))[:, None, None]
    placed: np.ndarray = hand + place[:, None]
    return placed


def _by_bones(shapes: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(T, 21) complex: mean hand of (N, T, 21), with bones as long as they are in the mean."""
    count = np.maximum(known.sum(0), 1)
    mean = np.zeros(shapes.shape[1:], complex)
    for joint, before in _BONES:
        bones = shapes[..., joint] - shapes[..., before]
        straight = bones.sum(0) / count
        length = np.abs(bones).sum(0) / count
        grown = np.minimum(length / np.maximum(np.abs(straight), _NEVER), _LONGEST)
        mean[:, joint] = mean[:, before] + straight * grown
    centred: np.ndarray = mean - mean[:, PALM].mean(1, keepdims=True)
    return centred


def _palm_size(hands: np.ndarray) -> np.ndarray:
    """(…) root mean square distance of the palm's joints from their centre, of (…, 21, 2)."""
    palm = hands[..., PALM, :]
    away = palm - palm.mean(-2, keepdims=True)
    size: np.ndarray = np.sqrt((away**2).sum(-1).mean(-1))
    return size


def _complex(points: np.ndarray) -> np.ndarray:
    return points[..., 0] + 1j * points[..., 1]


def _direction(numbers: np.ndarray) -> np.ndarray:
    """Return complex numbers of length 1, and 1 for 0."""
    length = np.abs(numbers)
    return np.where(length > _NEVER, numbers / np.maximum(length, _NEVER), 1)
