"""From logits to an answer: candidate set, look-alikes, and when to say "can't tell"."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asl.labels import BEST, candidates, handshape

#: Probability of a handshape from which nothing is gained by reading the joints again. On the
#: data sets left out in turn, reading the joints of all hands again was no better.
_CLEAR = 0.8


@dataclass(frozen=True)
class Candidate:
    """A possible answer.

    Attributes:
        label: the sign; of look-alikes the likelier one.
        confidence: calibrated probability, 0–1.
        look_alikes: other candidates with the same handshape; `confidence` covers them too.
    """

    label: str
    confidence: float
    look_alikes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """What the model answers.

    Attributes:
        top: the five best candidates, best first (fewer if there are fewer).
        abstained: the best one is below its threshold: "can't tell".
    """

    top: tuple[Candidate, ...]
    abstained: bool


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return probabilities along the last axis."""
    shifted = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(-1, keepdims=True))


def restrict(logits: np.ndarray, labels: Sequence[str], chosen: Sequence[str]) -> np.ndarray:
    """Return (…, len(chosen)) probabilities when only the signs `chosen` are possible."""
    position = {label: i for i, label in enumerate(labels)}
    return softmax(logits[..., [position[label] for label in chosen]])


def handshape_groups(labels: Sequence[str], still: bool = True) -> list[list[int]]:
    """Return the positions of `labels` that cannot be told apart, one list a handshape.

    Args:
        still: a still picture is all there is to tell them by; movements are all told apart.
    """
    groups: dict[str, list[int]] = {}
    for position, label in enumerate(labels):
        groups.setdefault(handshape(label) if still else label, []).append(position)
    return list(groups.values())


def is_clear(logits: np.ndarray, labels: Sequence[str]) -> np.ndarray:
    """Tell for (…, C) calibrated logits whether one handshape of all is likely enough to be taken.

    It does not depend on the candidate set. Returns (…,) bool.
    """
    probabilities = softmax(np.asarray(logits, np.float64))
    groups = handshape_groups(labels)
    likeliest = np.max([probabilities[..., group].sum(-1) for group in groups], axis=0)
    return np.asarray(likeliest >= _CLEAR)


def decide(
    logits: np.ndarray,
    labels: Sequence[str],
    wanted: str,
    threshold: float = 0.0,
    most: int = BEST,
    controls: bool = False,
    still: bool = True,
) -> Decision:
    """Return the answer that logits stand for.

    Look-alikes that are both candidates share one entry, since a still picture cannot tell
    them apart.

    Args:
        logits: (C,) calibrated, in the order of `labels`.
        labels: C signs.
        wanted: candidate set: "letters", "digits" or "all".
        threshold: confidence below which the model abstains; at 0 it always answers.
        most: how many candidates to return.
        controls: "del", "nothing" and "space" are possible, too.
        still: see `handshape_groups`.

    Raises:
        ValueError: the candidate set is unknown or the model knows no sign of it.
    """
    chosen = candidates(labels, wanted, controls)
    probabilities = restrict(np.asarray(logits, np.float64), labels, chosen)
    likely = probabilities.tolist()
    groups = handshape_groups(chosen, still)
    for members in groups:
        members.sort(key=lambda i: -likely[i])
    groups.sort(key=lambda members: -sum(likely[i] for i in members))
    top = tuple(
        Candidate(
            chosen[first],
            sum(likely[i] for i in (first, *others)),
            tuple(chosen[i] for i in others),
        )
        for first, *others in groups[:most]
    )
    return Decision(top, top[0].confidence < threshold)
