"""Is a confidence of 0.9 right nine times in ten, and below which one should the model be silent?

A confidence is the calibrated probability of the answer, 0–1; everything here is numpy only.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from asl.card import Calibration

#: How many pictures the model's own confidence weighs as much as in `abstain_threshold`.
_PRIOR_PICTURES = 10
#: Calibration that softens more than this cannot be undone.
_LEAST_FACTOR = 1e-3


@dataclass(frozen=True, eq=False)
class Reliability:
    """Pictures sorted into bins of equal width by confidence; NaN where a bin is empty.

    Attributes:
        edges: (B + 1,) confidences between the bins, 0 to 1.
        pictures: (B,) how many fall into each.
        confidence: (B,) their mean confidence.
        accuracy: (B,) share of them answered right.
    """

    edges: np.ndarray
    pictures: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray


@dataclass(frozen=True, eq=False)
class AbstainCurve:
    """What a threshold costs and what it buys; accuracy is NaN where nothing is answered.

    Attributes:
        thresholds: (T,) confidences under which the model would be silent, rising.
        answered: (T,) share of the pictures still answered.
        accuracy: (T,) share of the answered ones that are right.
    """

    thresholds: np.ndarray
    answered: np.ndarray
    accuracy: np.ndarray


def reliability_table(confidence: np.ndarray, correct: np.ndarray, bins: int = 15) -> Reliability:
    """Compare confidence with accuracy, bin by bin.

    Args:
        confidence: (N,) of the answers.
        correct: (N,) bool.
        bins: how many bins of equal width.

    Raises:
        ValueError: lengths that differ, no pictures, a confidence outside 0–1, no bins.
    """
    confidence, correct = _checked(confidence, correct)
    if bins < 1:
        raise ValueError(f"bins: {bins} is less than 1")
    # A confidence of exactly 1 belongs to the last bin.
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    pictures = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        return Reliability(
            edges=np.linspace(0, 1, bins + 1),
            pictures=pictures,
            confidence=np.bincount(place, confidence, bins) / pictures,
            accuracy=np.bincount(place, correct, bins) / pictures,
        )


def expected_calibration_error(
    confidence: np.ndarray, correct: np.ndarray, bins: int = 15
) -> float:
    """Return the mean distance of accuracy from confidence over the bins, 0–1.

    Each bin weighs as much as it holds pictures (Naeini et al. 2015; Guo et al. 2017).
    Arguments and errors as in `reliability_table`.
    """
    table = reliability_table(confidence, correct, bins)
    distance = np.abs(table.accuracy - table.confidence)
    return float(np.nansum(distance * table.pictures) / table.pictures.sum())


def abstain_curve(confidence: np.ndarray, correct: np.ndarray, steps: int = 101) -> AbstainCurve:
    """Return what every threshold from 0 to 1 would give; a picture at the threshold is answered.

    Arguments and errors as in `reliability_table`.
    """
    confidence, correct = _checked(confidence, correct)
    order = np.argsort(confidence)
    right_from = np.append(np.cumsum(correct[order][::-1])[::-1], 0)
    thresholds = np.linspace(0, 1, steps)
    first = np.searchsorted(confidence[order], thresholds)
    answered = len(confidence) - first
    with np.errstate(invalid="ignore"):
        return AbstainCurve(thresholds, answered / len(confidence), right_from[first] / answered)


def abstain_threshold(confidence: np.ndarray, correct: np.ndarray, target_accuracy: float) -> float:
    """Return the smallest threshold at which the answered pictures reach the target accuracy.

    Tried are the confidences given, so that a model stays silent below the least one for which
    there is evidence, the target itself, which is right where the confidence is calibrated, and
    just above all that are given. On few pictures the share of right answers is a matter of luck;
    it is therefore mixed with what the confidences promise, as if `_PRIOR_PICTURES` more pictures
    had been answered and were right that often.

    Args:
        confidence: (N,) of the answers.
        correct: (N,) bool.
        target_accuracy: share of right answers wanted, 0–1.

    Raises:
        ValueError: lengths that differ, no pictures, a confidence or target outside 0–1.
    """
    confidence, correct = _checked(confidence, correct)
    if not 0 <= target_accuracy <= 1:
        raise ValueError(f"target_accuracy: {target_accuracy} is not between 0 and 1")
    order = np.argsort(confidence)
    confidence, correct = confidence[order], correct[order]
    beyond = min(1.0, np.nextafter(confidence[-1], 1.0))
    thresholds = np.unique(np.append(confidence, [target_accuracy, beyond]))
    first = np.searchsorted(confidence, thresholds)
    answered = len(confidence) - first
    right = np.append(np.cumsum(correct[::-1])[::-1], 0)[first]
    promised = np.append(np.cumsum(confidence[::-1])[::-1], 0.0)[first]
    # Where nothing is answered, the threshold is above every picture and promises itself.
    promised = np.where(answered, promised / np.maximum(answered, 1), thresholds)
    accuracy = (right + _PRIOR_PICTURES * promised) / (answered + _PRIOR_PICTURES)
    reached = thresholds[accuracy >= target_accuracy]
    return float(reached[0] if len(reached) else 1.0)


def calibration_weights(
    calibration: Calibration, inputs: Collection[str], found: np.ndarray
) -> np.ndarray | None:
    """Return by how much calibration sharpened (above 1) or softened the logits of each picture.

    The weights of a fusion act as an inverse temperature: what they add up to. A network of words
    has one of its own.

    Args:
        calibration: of a model card.
        inputs: names of the network's inputs: `asl.card.ModelCard.input_names`.
        found: (N,) bool, whether a hand was found.

    Returns:
        (N,), or None where the card does not tell.
    """
    weights = calibration.get("weights") or {}
    if "sequence" in inputs:
        sharpness = weights.get("sequence", 0.0)
        return np.full(len(found), sharpness) if sharpness >= _LEAST_FACTOR else None
    if not {"picture", "landmarks", "picture_alone"} <= weights.keys():
        return None
    both = weights["picture"] + weights["landmarks"]
    by_joints = ("landmarks" in inputs) & (np.asarray(found, bool) | ("picture" not in inputs))
    factors = np.where(by_joints, both, weights["picture_alone"])
    return factors if (factors >= _LEAST_FACTOR).all() else None


def uncalibrated(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the probabilities as they were before calibration.

    Args:
        scores: (N, C) calibrated probabilities.
        weights: (N,) from `calibration_weights`.
    """
    logits = np.log(np.maximum(scores, 1e-30)) / np.asarray(weights)[:, None]
    shifted = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(shifted / shifted.sum(1, keepdims=True))


def thresholds(abstain_below: Mapping[str, float], found: np.ndarray) -> np.ndarray:
    """Return (N,) the confidence of each example below which a model says "can't tell".

    Args:
        abstain_below: of a model card.
        found: (N,) bool, whether a hand was found.
    """
    by_hand = abstain_below.get("hand", 0.0), abstain_below.get("no_hand", 0.0)
    return abstain_below.get("sequence", np.where(found, *by_hand)) + np.zeros(len(found))


def _checked(confidence: np.ndarray, correct: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    confidence, correct = np.asarray(confidence, np.float64), np.asarray(correct, bool)
    if confidence.ndim != 1 or confidence.shape != correct.shape or not len(confidence):
        raise ValueError(f"confidence: shape {confidence.shape} for {correct.shape} answers")
    if not ((confidence >= 0) & (confidence <= 1)).all():
        raise ValueError("confidence: a value is not between 0 and 1")
    return confidence, correct
