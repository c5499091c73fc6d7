"""How far the accuracy of a few pictures, or of a few people, may lie from that of all others.

No interval here has no width, and with few people or without a mistake it stays honest: simulated
people whose accuracies differ by an intraclass correlation of up to 0.3 lie inside in 92 % of the
draws or more, for 2 to 30 people and accuracies from 0.8 to 0.995 (`tests/evaluation`).
"""

from collections.abc import Sequence

import numpy as np
from scipy import stats

#: Pictures of one person resemble each other at least so much (intraclass correlation): a few
#: people who happen to be read alike do not show that the next one will be.
_LEAST_CORRELATION = 0.1


def accuracy_interval(
    correct: np.ndarray,
    people: Sequence[str] | None = None,
    by_person: bool = False,
    level: float = 0.95,
) -> tuple[float, float]:
    """Return the range in which the accuracy on further pictures, or people, is to be expected.

    Where at least two people are known it is the range for further people: Clopper and Pearson's
    interval (1934) for the effective number of pictures (Korn and Graubard, "Confidence intervals
    for proportions with small expected number of positive counts estimated from survey data",
    Survey Methodology 24, 1998). That number follows from how far the people lie apart, corrected
    by Student's t for how few they are; it is no larger than `_LEAST_CORRELATION` within a person
    allows, and no smaller than the number of people. Otherwise it is Wilson's score interval (1927)
    of the pictures, which says nothing about other people.

    Args:
        correct: (N,) bool.
        people: N names, "" where unknown; None where nobody is known. Pictures of nobody known
            count as those of one more person.
        by_person: the accuracy is the mean over people, not over pictures.
        level: how often the range holds what it is for.

    Raises:
        ValueError: no pictures, or not one name a picture.
    """
    correct = np.asarray(correct, bool)
    if not len(correct):
        raise ValueError("correct: no pictures")
    names = np.asarray(people, str) if people is not None else np.full(len(correct), "")
    if names.shape != correct.shape:
        raise ValueError(f"people: {len(names)} names for {len(correct)} pictures")
    _, person = np.unique(names, return_inverse=True)
    if count_people(names) < 2:
        found = stats.binomtest(int(correct.sum()), len(correct))
        low, high = found.proportion_ci(level, method="wilson")
        return float(low), float(high)
    pictures = np.bincount(person)
    shares = np.bincount(person, correct) / pictures
    weights = np.full(len(shares), 1 / len(shares)) if by_person else pictures / len(correct)
    return _clopper_pearson(*_effective(shares, pictures, weights, level), level)


def count_people(people: Sequence[str] | None) -> int:
    """Return how many people are known among the names; "" is nobody."""
    return len(set(np.asarray(people if people is not None else [], str).tolist()) - {""})


def _effective(
    shares: np.ndarray, pictures: np.ndarray, weights: np.ndarray, level: float
) -> tuple[float, float]:
    """Return the weighted accuracy, and how many independent pictures it is worth.

    Args:
        shares, pictures, weights: (K,) accuracy and pictures of each person, and how much each
            counts, 1 in all.
    """
    count = len(shares)
    accuracy = float(weights @ shares)
    alike = (1 - _LEAST_CORRELATION) / pictures + _LEAST_CORRELATION
    worth = 1 / (weights**2 @ alike)
    apart = count / (count - 1) * (weights**2 @ (shares - accuracy) ** 2)
    if apart > 0:
        worth = min(worth, accuracy * (1 - accuracy) / apart)
    upper = (1 + level) / 2
    worth *= (stats.norm.ppf(upper) / stats.t.ppf(upper, count - 1)) ** 2
    return accuracy, max(worth, 1 / (weights**2).sum())


def _clopper_pearson(accuracy: float, count: float, level: float) -> tuple[float, float]:
    """Return the interval of a share of `count` independent pictures, not a whole number."""
    right, wrong, tail = accuracy * count, (1 - accuracy) * count, (1 - level) / 2
    low = stats.beta.ppf(tail, right, wrong + 1) if right > 1e-9 else 0.0
    high = stats.beta.isf(tail, right + 1, wrong) if wrong > 1e-9 else 1.0
    return float(low), float(high)
