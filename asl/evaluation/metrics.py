"""Scores of a classifier: accuracy with its range, F1, figures of each class, confusion matrix.

Signs that look the same in a still picture (0/O, 2/V, 6/W, 9/F) count as one where both are
candidates: no model can tell them apart, so a picture of "0" answered "O" is right.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import (
    auc,
    confusion_matrix,
    precision_recall_curve,
    precision_recall_fscore_support,
    roc_curve,
)

from asl.evaluation.intervals import accuracy_interval
from asl.inference.decision import handshape_groups
from asl.labels import NONE, handshape

#: N texts, one an example.
Texts = Sequence[str] | np.ndarray


@dataclass(frozen=True)
class ClassScore:
    """How well one class is recognised; 0 where a share has nothing below the line.

    Attributes:
        precision: share of the answers with this label that are right.
        recall: share of the pictures of this class that are answered right.
        f1: harmonic mean of the two.
        support: number of pictures of this class.
    """

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, eq=False)
class Scores:
    """How well a set of pictures is recognised.

    Attributes:
        pictures: how many there are.
        accuracy: share answered right, look-alikes forgiven.
        accuracy_strict: share whose very label was answered.
        interval: 95 % range of `accuracy`; `asl.evaluation.intervals.accuracy_interval`.
        macro_f1: mean F1 of the classes that occur in the truth.
        per_class: label → its figures, for the classes that occur in the truth.
        confusion: (C, C) pictures of row's label answered with column's, look-alikes forgiven.
        labels: C signs, the order of `confusion`; those that could not be answered stand last.
        people: how many are in the pictures; None where that is not known of every picture.
    """

    pictures: int
    accuracy: float
    accuracy_strict: float
    interval: tuple[float, float]
    macro_f1: float
    per_class: dict[str, ClassScore]
    confusion: np.ndarray
    labels: tuple[str, ...]
    people: int | None


@dataclass(frozen=True, eq=False)
class Curve:
    """What every threshold on a score would give: precision and recall, or true and false alarms.

    Attributes:
        x: (K,) recall, or the share of other pictures that are taken for it.
        y: (K,) precision, or recall.
        area: average precision, or the area under the curve, 0–1.
    """

    x: np.ndarray
    y: np.ndarray
    area: float


def measure(
    truth: Texts,
    scores: np.ndarray,
    labels: Sequence[str],
    people: Texts | None = None,
    learned_from: bool = False,
    still: bool = True,
) -> Scores:
    """Compare the truth with the scores of every class.

    Args:
        truth: N labels. One that is none of `labels` was never learnt and cannot be answered; its
            pictures count like all others, and it stands last in the result's labels.
        scores: (N, C) probabilities among the candidates.
        labels: the C candidates, the order of the columns.
        people: N names, "" where unknown; None where nobody is known.
        learned_from: these very people were learned from, so that the interval can only be about
            more pictures of them.
        still: look-alikes count as one; see `asl.inference.decision.handshape_groups`.

    Raises:
        ValueError: shapes that do not fit, scores that are not finite, no rows.
    """
    answers = top_labels(scores, labels, still)
    return measure_answers(truth, answers, labels, people, learned_from, still)


def measure_answers(
    truth: Texts,
    answers: Texts,
    labels: Sequence[str],
    people: Texts | None = None,
    learned_from: bool = False,
    still: bool = True,
) -> Scores:
    """Compare the truth with one answer a picture; otherwise as `measure`.

    Raises:
        ValueError: also an answer that is none of `labels`.
    """
    meant, given = np.asarray(truth, str), np.asarray(answers, str)
    if not len(meant) or meant.shape != given.shape:
        raise ValueError(f"truth: {len(meant)} labels for {len(given)} answers")
    occurring = set(meant.tolist())
    unknown = sorted(set(given.tolist()) - set(labels))
    if unknown:
        raise ValueError(f"answers: {unknown[0]!r} is none of the labels {', '.join(labels)}")
    labels = (*labels, *sorted(occurring - set(labels)))
    forgiven = forgive_look_alikes(meant, given, still)
    correct = forgiven == meant
    present = [label for label in labels if label in occurring]
    figures = precision_recall_fscore_support(meant, forgiven, labels=present, zero_division=0)
    per_class = {
        label: ClassScore(float(precision), float(recall), float(f1), int(support))
        for label, precision, recall, f1, support in zip(present, *figures, strict=True)
    }
    return Scores(
        pictures=len(meant),
        accuracy=float(correct.mean()),
        accuracy_strict=float((given == meant).mean()),
        interval=accuracy_interval(correct, None if learned_from else people),
        macro_f1=float(figures[2].mean()),
        per_class=per_class,
        confusion=confusion_matrix(meant, forgiven, labels=labels),
        labels=labels,
        people=count_people(people),
    )


def count_people(people: Texts | None) -> int | None:
    """Return how many people these names are of, None where one is unknown (""); see `measure`."""
    names = set(people if people is not None else [""])
    return None if "" in names else len(names)


def answerable(scores: np.ndarray, labels: Sequence[str], still: bool = True) -> np.ndarray:
    """Return (N, C) scores in which "none of these" has 0 among words: it is never the answer.

    Where it is likeliest, a model of words abstains; see `asl.inference.sequences.predictor`.
    """
    return scores if still else scores * (np.asarray(labels, str) != NONE)


def top_labels(scores: np.ndarray, labels: Sequence[str], still: bool = True) -> np.ndarray:
    """Return the answer to each row, (N,) str, as `asl.inference.decision.decide` gives it.

    The handshape with the largest sum wins, and of its labels the likeliest one.

    Raises:
        ValueError: `scores` is not (N, C) or not finite.
    """
    scores = np.asarray(scores, np.float64)
    if scores.ndim != 2 or scores.shape[1] != len(labels):
        raise ValueError(f"scores: shape {scores.shape} is not (N, {len(labels)})")
    if not np.isfinite(scores).all():
        raise ValueError("scores: a value is not finite")
    scores = answerable(scores, labels, still)
    groups = handshape_groups(labels, still)
    best = np.stack([scores[:, members].sum(1) for members in groups], 1).argmax(1)
    inside = np.array([np.take(members, scores[:, members].argmax(1)) for members in groups])
    answers = inside[best, np.arange(len(scores))]
    return np.asarray(np.asarray(labels, str)[answers])


def forgive_look_alikes(truth: np.ndarray, answers: np.ndarray, still: bool = True) -> np.ndarray:
    """Return `answers`, those with the truth's handshape replaced by the truth's label.

    Args:
        still: as for `measure`; movements are not forgiven.
    """
    if not still:
        return answers
    shapes = {label: handshape(label) for label in {*truth.tolist(), *answers.tolist()}}
    same = [shapes[a] == shapes[b] for a, b in zip(truth.tolist(), answers.tolist(), strict=True)]
    return np.where(same, truth, answers)


def confused_pairs(scores: Scores) -> list[tuple[str, str, int]]:
    """Return truth, answer and number of pictures for everything confused, most often first."""
    wrong = scores.confusion.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")
    pairs = zip(*np.unravel_index(order[: np.count_nonzero(wrong)], wrong.shape), strict=True)
    return [
        (scores.labels[row], scores.labels[column], int(wrong[row, column]))
        for row, column in pairs
    ]


def precision_recall(
    truth: Texts, scores: np.ndarray, labels: Sequence[str], still: bool = True
) -> dict[str, Curve]:
    """Return precision against recall of every handshape against all others, and their averages.

    Look-alikes that are both candidates are one handshape ("O or 0"), whose score is their sum.
    Handshapes without a picture have no curve. "micro average" takes every pair of picture and
    handshape for one question; "macro average" is the mean over handshapes, its area the mean of
    their average precisions.

    Args:
        truth: N labels, each one of `labels`.
        scores: (N, C) probabilities among the candidates.
        labels: the C candidates, the order of the columns.
        still: as for `measure`.
    """

    def curve(positive: np.ndarray, score: np.ndarray) -> Curve:
        precision, recall, _ = precision_recall_curve(positive, score)
        # Average precision, as scikit-learn defines it; its own function sorts a second time.
        area = -float(np.sum(np.diff(recall) * precision[:-1]))
        return Curve(*_thinned(recall[::-1], precision[::-1]), area)

    def between(one: Curve, grid: np.ndarray) -> np.ndarray:
        # A recall is reached with the best precision of all that reach at least as much.
        best = np.maximum.accumulate(one.y[::-1])[::-1]
        return np.asarray(best[np.minimum(np.searchsorted(one.x, grid), len(best) - 1)])

    return _one_against_all(truth, scores, handshape_groups(labels, still), labels, curve, between)


def roc_curves(
    truth: Texts, scores: np.ndarray, labels: Sequence[str], still: bool = True
) -> dict[str, Curve]:
    """Return recall against false alarms (ROC) likewise; see `precision_recall`."""

    def curve(positive: np.ndarray, score: np.ndarray) -> Curve:
        if positive.all():  # nothing could be a false alarm
            return Curve(np.array([0.0, 1.0]), np.array([1.0, 1.0]), 1.0)
        alarms, recall, _ = roc_curve(positive, score)
        return Curve(*_thinned(alarms, recall), float(auc(alarms, recall)))

    def between(one: Curve, grid: np.ndarray) -> np.ndarray:
        return np.asarray(np.interp(grid, one.x, one.y))

    return _one_against_all(truth, scores, handshape_groups(labels, still), labels, curve, between)


def _one_against_all(
    truth: Texts,
    scores: np.ndarray,
    groups: Sequence[Sequence[int]],
    labels: Sequence[str],
    curve: Callable[[np.ndarray, np.ndarray], Curve],
    between: Callable[[Curve, np.ndarray], np.ndarray],
) -> dict[str, Curve]:
    meant, scores = np.asarray(truth, str), np.asarray(scores, np.float64)
    names, columns, positives = [], [], []
    for members in groups:
        positive = np.isin(meant, [labels[i] for i in members])
        if positive.any():
            names.append(" or ".join(labels[i] for i in members))
            columns.append(scores[:, members].sum(1))
            positives.append(positive)
    own = {name: curve(p, s) for name, p, s in zip(names, positives, columns, strict=True)}
    grid = np.linspace(0, 1, 201)
    mean = np.mean([between(one, grid) for one in own.values()], axis=0)
    area = float(np.mean([one.area for one in own.values()]))
    micro = curve(np.concatenate(positives), np.concatenate(columns))
    return {"micro average": micro, "macro average": Curve(grid, mean, area), **own}


def _thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Leave out points that would be drawn onto their neighbours."""
    spot = np.round(np.stack([x, y]) * 400)
    moved = (np.diff(spot, axis=1) != 0).any(0)
    kept = np.r_[True, moved] | np.r_[moved, True]
    return x[kept], y[kept]
