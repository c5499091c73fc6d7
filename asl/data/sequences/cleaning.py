"""Which sequences are too short, too odd or too empty to learn from.

They are reported and left out of training, never deleted. Each sequence is measured once, alone,
so that no more than one of them need be in memory; the set is judged by these few numbers.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from asl.data.problems import Problem
from asl.data.sequences.examples import SequenceExamples
from asl.data.sequences.layout import Selection, seen
from asl.data.sequences.lengths import fill_gaps

Reason = Literal["unreadable", "few frames", "hands missing", "short for its sign", "outlier"]


@dataclass(frozen=True)
class Cleaning:
    """What a sequence must have; the defaults are the source's.

    Attributes:
        fewest_frames: usable ones, those in which a hand is seen; fewer, and it is left out.
        gap: gaps of up to this many frames in a landmark's path are filled before counting.
        most_without_hands: frames in a row that may lack both hands; None for any number.
        edges_count: whether frames before the first and after the last hand count for this, as in
            the source. Dictionaries' signers have their hands out of sight there.
        share_of_median: of the median of its sign, below which a sequence is too short.
        deviations: from the mean of its sign, beyond which a length is an outlier; None for any.
    """

    fewest_frames: int = 8
    gap: int = 3
    most_without_hands: int | None = 4
    edges_count: bool = True
    share_of_median: float = 1 / 3
    deviations: float | None = 2.0

    def __post_init__(self) -> None:
        for name, low, high in (
            ("fewest_frames", 1, 10_000),
            ("gap", 0, 1000),
            ("most_without_hands", 0, 10_000),
            ("share_of_median", 0, 1),
            ("deviations", 0.1, 100),
        ):
            value = getattr(self, name)
            may_lack = name in ("most_without_hands", "deviations")
            if value is None and may_lack:
                continue
            if value is None or not low <= value <= high:
                raise ValueError(f"{name}: {value!r} is not {low} to {high}")


#: As the source does it. Of asl-signs' clips, whose hands are often not seen, it keeps a third.
SOURCE = Cleaning()
#: Leaves out what shows hardly any hand, and nothing else: recordings of few frames a second, long
#: ones, and those that begin with resting hands are learned from.
LENIENT = Cleaning(
    fewest_frames=3, most_without_hands=None, edges_count=False, share_of_median=0, deviations=None
)


@dataclass(frozen=True)
class Measured:
    """What cleaning needs to know of one sequence.

    Attributes:
        frames: as recorded.
        usable: frames in which a hand is seen, after short gaps were filled.
        without_hands: longest row of frames that lack both hands.
    """

    frames: int
    usable: int
    without_hands: int


@dataclass(frozen=True)
class Excluded:
    """A sequence that is left out.

    Attributes:
        name: of the sequence.
        reason: in a word or two.
        message: in a sentence.
    """

    name: str
    reason: Reason
    message: str


@dataclass(frozen=True)
class Cleaned:
    """What is learned from, and what is not.

    Attributes:
        kept: (N,) bool.
        excluded: one for each sequence that is left out, in their order.
    """

    kept: np.ndarray
    excluded: tuple[Excluded, ...]


def clean_examples(
    examples: SequenceExamples, cleaning: Cleaning
) -> tuple[np.ndarray, tuple[Problem, ...]]:
    """Say which sequences are kept, and of the others why not; they are read one by one.

    Returns:
        kept: (N,) bool.
        problems: of kind "cleaned", one for each sequence that is left out, by its path.

    Raises:
        ValueError: no hand is among the chosen landmarks.
    """
    measured = [
        measure(examples.sequence(row), examples.selection, cleaning)
        for row in range(len(examples))
    ]
    found = clean(measured, examples.labels.tolist(), examples.paths.tolist(), cleaning)
    problems = tuple(Problem("cleaned", one.name, one.message) for one in found.excluded)
    return found.kept, problems


def measure(points: np.ndarray, selection: Selection, cleaning: Cleaning) -> Measured:
    """Count frames and hands of one sequence, (T, rows, C).

    Raises:
        ValueError: no hand is among the chosen landmarks, or they are of another shape.
    """
    hands = np.concatenate([selection.part("left_hand"), selection.part("right_hand")])
    if not len(hands):
        raise ValueError("rows: no landmark of a hand is chosen")
    if points.ndim != 3 or points.shape[1] != len(selection):
        raise ValueError(f"points: shape {points.shape} is not (T, {len(selection)}, C)")
    there = np.asarray(seen(fill_gaps(points[:, hands], cleaning.gap)).any(1))
    judged = there
    if not cleaning.edges_count and there.any():
        first, last = np.flatnonzero(there)[[0, -1]]
        judged = there[first : last + 1]
    return Measured(len(points), int(there.sum()), _longest_row(~judged))


def clean(
    measured: Sequence[Measured | None],
    signs: Sequence[str],
    names: Sequence[str],
    cleaning: Cleaning,
) -> Cleaned:
    """Say which sequences are kept.

    Median, mean and deviation of a sign are those of its sequences that are left after the rules
    about single ones, so that broken recordings do not make sound ones look odd.

    Args:
        measured: None for one that is missing or could not be read.
        signs: of each.
        names: of each, for the report.

    Raises:
        ValueError: not the same number of each.
    """
    if not len(measured) == len(signs) == len(names):
        raise ValueError(f"signs: {len(signs)} and {len(names)} names for {len(measured)}")
    found: dict[int, tuple[Reason, str]] = {}
    of_sign: dict[str, list[tuple[int, Measured]]] = defaultdict(list)
    for number, one in enumerate(measured):
        problem = _alone(one, cleaning)
        if problem is not None:
            found[number] = problem
        elif one is not None:
            of_sign[signs[number]].append((number, one))
    for members in of_sign.values():
        lengths = np.array([one.usable for _, one in members])
        for number, one in members:
            problem = _among(one.usable, lengths, cleaning)
            if problem is not None:
                found[number] = problem
    kept = np.array([number not in found for number in range(len(measured))], bool)
    excluded = tuple(Excluded(names[number], *found[number]) for number in sorted(found))
    return Cleaned(kept, excluded)


def _alone(one: Measured | None, cleaning: Cleaning) -> tuple[Reason, str] | None:
    if one is None:
        return "unreadable", "The file is missing or cannot be read."
    if one.usable < cleaning.fewest_frames:
        return "few frames", (
            f"A hand is seen in {one.usable} of {one.frames} frames; "
            f"at least {cleaning.fewest_frames} are needed."
        )
    allowed = cleaning.most_without_hands
    if allowed is not None and one.without_hands > allowed:
        return "hands missing", (
            f"No hand is seen in {one.without_hands} frames in a row; {allowed} are allowed."
        )
    return None


def _among(usable: int, lengths: np.ndarray, cleaning: Cleaning) -> tuple[Reason, str] | None:
    median, mean, deviation = np.median(lengths), lengths.mean(), lengths.std()
    if usable < median * cleaning.share_of_median:
        return "short for its sign", f"It has {usable} frames, its sign {median:.0f} in the median."
    allowed = cleaning.deviations
    if allowed is not None and abs(usable - mean) > allowed * deviation:
        return "outlier", (
            f"Its {usable} frames are more than {allowed:g} standard deviations "
            f"({deviation:.1f} frames) from its sign's mean of {mean:.1f}."
        )
    return None


def _longest_row(marked: np.ndarray) -> int:
    """Return how many true values follow each other at most."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))
