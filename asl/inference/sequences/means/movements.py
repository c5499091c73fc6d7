"""The mean movement of each word that a model knows, for its lexicon.

A model holds no recording of a person, only weights and means. So what it shows of a word is the
mean of several people's movements, which belongs to none of them; it shows what they have in
common, besides, and not the habits of one.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from asl.data.sequences.examples import SequenceExamples
from asl.data.sequences.layout import HOLISTIC
from asl.data.sequences.lengths import at_moments, resample
from asl.data.sequences.normalise import as_signer
from asl.inference.sequences.alignment import align
from asl.inference.sequences.lexicon import kept_of, write_kept
from asl.inference.sequences.means.agreeing import agreeing
from asl.inference.sequences.means.averaging import average
from asl.inference.sequences.posture import Postures, hands_used, postures_of_signer, unlikeness

#: Of how many different people a movement is the mean in a model that is handed on.
PEOPLE = 3
#: Frames that are laid over each other, at most: as many as a lexicon keeps.
_MOST_FRAMES = 48
_ROUNDS = 3
#: Memory that writing takes at most for each word, of usual length.
BYTES_A_WORD = 160 << 10


def write_mean_movements(
    folder: Path,
    examples: SequenceExamples,
    labels: Sequence[str],
    people: int = PEOPLE,
    step: Callable[[int, int], None] | None = None,
) -> dict[str, int]:
    """Write the mean movement of each word into a model's folder.

    A word of which too few recordings agree gets none. One word is in memory at a time, besides
    what is kept of the means (`BYTES_A_WORD`).

    Args:
        labels: words to look for.
        people: of how many different people a mean must be. 1 takes two recordings of one person,
            and is for those whose own they are.
        step: called with words done and in total.

    Returns:
        Word → of how many people its mean is; without any, nothing is written.

    Raises:
        ValueError: fewer than one of `people`.
        OSError: it cannot be written.
    """
    if people < 1:
        raise ValueError(f"people: {people!r} is not from 1")
    means: dict[str, np.ndarray] = {}
    counts: dict[str, int] = {}
    for number, label in enumerate(labels, 1):
        if (found := agreeing(examples, label, people)) is not None:
            means[label] = kept_of(label, mean_movement(found.recordings))
            counts[label] = found.people
        if step is not None:
            step(number, len(labels))
    if means:
        write_kept(folder, means, people=counts)
    return counts


def mean_movement(recordings: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mean of several recordings of one movement.

    They are laid over each other in time and averaged, again and again, as Petitjean, Ketterlin
    and Gançarski do it ("A global averaging method for dynamic time warping", 2011); here each is
    first brought to the pace of the mean, and averaged as a whole, so that a hand that some do
    not show leaves no gap. The mean takes as long as they do in the median, and what it shows at
    a time is what they show at that share of their time on average.

    Args:
        recordings: (T, 543, 2) each, of any T, in shares of the frame; NaN where nothing was
            seen. The first is the most typical.

    Returns:
        (T', 543, 2) float32, as a dictionary's signer would show it in the frame.

    Raises:
        ValueError: there are none, or nothing is seen in one.
    """
    if not recordings:
        raise ValueError("recordings: there are none")
    lasts = max(1, round(float(np.median([len(one) for one in recordings]))))
    steps = min(lasts, _MOST_FRAMES)
    clips = np.stack([resample(as_signer(one, HOLISTIC), steps) for one in recordings])
    used = hands_used(clips[0], clips[0])
    own = [_every(postures_of_signer(clip)) for clip in clips]
    mean = clips[0]
    moments = np.tile(np.arange(float(steps)), (len(clips), 1))
    for _ in range(_ROUNDS):
        shown = postures_of_signer(mean)
        moments = np.stack([_moments(unlikeness(one, shown, used)) for one in own])
        mean = average(np.stack([at_moments(*pair) for pair in zip(clips, moments, strict=True)]))
    if not np.isfinite(mean).any():
        raise ValueError("recordings: they have nothing in common")
    # A frame of the mean is due when it comes in the recordings on average.
    due = moments.mean(0) + np.linspace(0, 1e-6, steps)
    return at_moments(mean, np.interp(np.linspace(0, steps - 1, lasts), due, np.arange(steps)))


def _every(one: Postures) -> Postures:
    """Return postures of which each frame is compared with each of another's."""
    return Postures(one.shapes[:, None], one.places[:, None])


def _moments(cost: np.ndarray) -> np.ndarray:
    """(U,) at which frame of a recording each frame of the mean comes, of costs (T, U)."""
    path = align(cost)
    number = np.bincount(path[:, 1], minlength=cost.shape[1])
    moments = np.bincount(path[:, 1], path[:, 0], cost.shape[1]) / number
    # Time does not stop and leap, as the cheapest way does where little moves.
    for _ in range(2):
        inner = (moments[:-2] + 2 * moments[1:-1] + moments[2:]) / 4
        moments = np.concatenate([moments[:1], inner, moments[-1:]])[: len(moments)]
    return moments
