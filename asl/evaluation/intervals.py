"""How far an accuracy may be off: a range that stays honest with few people and without mistakes.

Pictures of one person resemble each other, so what counts is how many people were tested. How
alike they are is not known either; a range that takes it from the data alone, as the bootstrap
does, is far too narrow with few people, and none at all where nobody made a mistake.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq
from scipy.special import betainc, expit, gammaln, logit
from scipy.stats import binomtest

#: Roots of the intra-class correlations tried, so that they lie densest near 0.
_ROOTS = (np.arange(32) + 0.5) / 32
#: Steps from the pooled accuracy, as log odds, to the means tried; densest near it.
_STEPS = 10 * np.sinh(np.linspace(-5, 5, 49)) / np.sinh(5)


def accuracy_interval(
    correct: np.ndarray,
    people: Sequence[str] | np.ndarray | None = None,
    level: float = 0.95,
    alike: bool = False,
) -> tuple[float, float]:
    """Return the range of an accuracy; it always has a width, and the accuracy in it.

    With at least two people known, it is about people like these. Given the intra-class
    correlation ρ of a person's answers, the accuracy is worth as much as one of
    1 / Σ wᵢ² (1 + (nᵢ − 1) ρ) / nᵢ independent pictures, where person i has nᵢ pictures and the
    weight wᵢ (Kish, "Survey Sampling", 1965; Korn and Graubard, "Confidence intervals for
    proportions with small expected number of positive counts estimated from survey data", 1998),
    and its range is that of Jeffreys (Brown, Cai and DasGupta, "Interval Estimation for a Binomial
    Proportion", 2001). The range returned is the mixture over ρ, each as likely as the people's
    answers make it: beta-binomial (Williams, "The analysis of binary responses from toxicological
    experiments", 1975), with uniform priors on ρ and on the mean. Pictures of nobody known
    count as those of one more person, since they may all be.

    Otherwise it is about pictures like these, be they of one person or of nobody known, and says
    nothing about other people: the exact range of Clopper and Pearson, "The use of confidence or
    fiducial limits illustrated in the case of the binomial", 1934.

    Args:
        correct: (N,) bool.
        people: N names, "" where unknown; None where nobody is known.
        level: how often such a range holds the accuracy that it is about.
        alike: the accuracy is the mean of people's shares, each counting alike, rather than the
            share of all pictures.

    Raises:
        ValueError: no pictures, or not one name a picture.
    """
    correct = np.asarray(correct, bool)
    if not len(correct):
        raise ValueError("correct: no pictures")
    names = np.asarray(people, str) if people is not None else np.full(len(correct), "")
    if names.shape != correct.shape:
        raise ValueError(f"people: {len(names)} names for {len(correct)} pictures")
    known, person = np.unique(names, return_inverse=True)
    if len(known[known != ""]) < 2:
        exact = binomtest(int(correct.sum()), len(correct)).proportion_ci(level, method="exact")
        return float(exact.low), float(exact.high)
    pictures = np.bincount(person)
    right = np.bincount(person, correct).astype(int)
    weights = np.ones(len(pictures)) if alike else pictures
    weights = weights / weights.sum()
    accuracy = min(1.0, float(weights @ (right / pictures)))
    correlation, chance = _correlations(right, pictures)
    # Every picture tells something of its own, and the people's likeness takes from that.
    own, shared = weights**2 @ (1 / pictures), weights**2 @ (1 - 1 / pictures)
    worth = 1 / (own + shared * correlation)
    a, b = accuracy * worth + 0.5, (1 - accuracy) * worth + 0.5

    def beyond(value: float, share: float) -> float:
        return float(chance @ betainc(a, b, value)) - share

    tail = (1 - level) / 2
    low = brentq(beyond, 0, 1, (tail,)) if right.any() else 0.0
    high = brentq(beyond, 0, 1, (1 - tail,)) if (right < pictures).any() else 1.0
    return min(low, accuracy), max(high, accuracy)


def _correlations(right: np.ndarray, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return intra-class correlations, (R,), and how probable each is, (R,).

    Args:
        right: (K,) pictures of each person that are answered right.
        pictures: (K,) of each person in all.
    """
    correlation = _ROOTS**2
    spread = 1 / correlation - 1
    pooled = (right.sum() + 1) / (pictures.sum() + 2)
    mean = expit(logit(pooled) + _STEPS)[:, None]

    def rises(start: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Return Σ ln Γ(start + count) − ln Γ(start); the same counts are worked out once."""
        count, times = np.unique(counts, return_counts=True)
        return np.asarray((gammaln(start[..., None] + count) - gammaln(start)[..., None]) @ times)

    likelihood = rises(mean * spread, right) + rises((1 - mean) * spread, pictures - right)
    likelihood -= rises(spread, pictures)
    # Of uniform priors there remains how far apart the means and the correlations tried are.
    apart = np.gradient(mean[:, 0])[:, None] * _ROOTS
    chance = (np.exp(likelihood - likelihood.max()) * apart).sum(0)
    return correlation, chance / chance.sum()
