"""A model that was taught one person's hand: a small correction of its logits, and no training.

What the model says of a hand stays as it is, and where the hand resembles one that the person has
shown, a correction learned from these samples is added. It is multinomial logistic regression with
a Gaussian kernel on the landmarks and the model's own logits as offset, which is the most probable
function of a Gaussian process (Rasmussen and Williams, "Gaussian Processes for Machine Learning",
2006, chapters 3.3 and 3.5). Far from every sample the correction is nothing, so that letters that
nobody has shown are left alone. Which kernel it is hardly matters: with the features of the
landmark network, or the distances of joints, as many mistakes are gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asl.inference.decision import decide, softmax
from asl.labels import handshape

#: How many samples of a sign are asked for, and how many are kept.
FEWEST, MOST = 3, 5
#: Steps in which the samples are learned; further ones change no probability that could be seen.
_STEPS = 100
#: Logit of a sign that cannot be told from the one that was shown, so that it counts for nothing.
_NEVER = -1e4


@dataclass(frozen=True)
class TeachSettings:
    """How far and how firmly samples count.

    Chosen on ten signers of `benchmarks.teach`, so that most mistakes are gone and nobody loses
    more than a point, whether all letters are taught or five.

    Attributes:
        reach: distance of two hands (root mean square over the joints, in units of `normalise`) at
            which a sample's say has fallen to 61 %.
        doubt: how little one sample is believed; at 0 the model would say of each what it is told.
        depth: how much the joints' depth counts beside their place in the picture, 0–1: it is
            guessed from the picture, and less certain.
    """

    reach: float = 0.25
    doubt: float = 0.03
    depth: float = 0.5

    def __post_init__(self) -> None:
        for name in ("reach", "doubt"):
            if not 0 < getattr(self, name) <= 10:
                raise ValueError(f"{name}: {getattr(self, name)!r} is not above 0 and up to 10")
        if not 0 <= self.depth <= 1:
            raise ValueError(f"depth: {self.depth!r} is not 0 to 1")


@dataclass(frozen=True, eq=False)
class Sample:
    """A hand that a person has shown, and what it means.

    Attributes:
        label: the sign, as the person says.
        landmarks: (21, 3) of the hand, from `asl.hands.landmarks.normalise`.
        logits: (C,) what the model said of it.
    """

    label: str
    landmarks: np.ndarray
    logits: np.ndarray


@dataclass(frozen=True)
class KeptAside:
    """How samples are read that were kept aside while the others were learned.

    Attributes:
        samples: how many.
        before: how many of them the model reads rightly by itself.
        after: how many once the others are learned.
    """

    samples: int
    before: int
    after: int


class TaughtHand:
    """What was learned from samples. May be shared between threads.

    Args:
        labels: C signs of the model, the order of its logits.
        samples: some; each of the person's own hand.
        settings: how they count.

    Raises:
        ValueError: there is no sample, or one does not fit the model; the message says which.
    """

    def __init__(
        self,
        labels: Sequence[str],
        samples: Sequence[Sample],
        settings: TeachSettings | None = None,
    ) -> None:
        if not samples:
            raise ValueError("samples: at least one is needed")
        for number, sample in enumerate(samples):
            check_sample(sample, labels, f"samples[{number}]")
        self.labels, self.samples = tuple(labels), tuple(samples)
        self.settings = settings or TeachSettings()
        self._points = self._scaled(np.stack([sample.landmarks for sample in samples]))
        shown = [sample.label for sample in samples]
        logits = np.stack([sample.logits for sample in samples]).astype(np.float64)
        self._weights = _learn(
            _without_look_alikes(logits, labels, shown),
            np.array([list(labels).index(label) for label in shown]),
            self._alike(self._points),
            self.settings.doubt,
        )

    def corrected(self, logits: np.ndarray, landmarks: np.ndarray | None) -> np.ndarray:
        """Return what the taught model says.

        Args:
            logits: (C,) of the model, or (N, C).
            landmarks: (21, 3) of the hand it saw, normalised, or (N, 21, 3); None where it found
                none, which leaves the logits as they are.
        """
        if landmarks is None:
            return logits
        alike = self._alike(self._scaled(np.asarray(landmarks)))
        return np.asarray(logits + (alike @ self._weights).reshape(logits.shape))

    def _scaled(self, landmarks: np.ndarray) -> np.ndarray:
        """Return (N, 63) coordinates whose distance is that of the settings."""
        points = landmarks.reshape(-1, 21, 3) * np.array([1.0, 1.0, self.settings.depth])
        return np.asarray(points.reshape(len(points), -1) / np.sqrt(21))

    def _alike(self, points: np.ndarray) -> np.ndarray:
        """Return (N, samples) 0–1, how much hands resemble the samples."""
        apart = ((points[:, None] - self._points[None]) ** 2).sum(-1)
        return np.asarray(np.exp(-apart / (2 * self.settings.reach**2)))


def keep_aside(
    labels: Sequence[str], samples: Sequence[Sample], settings: TeachSettings | None = None
) -> KeptAside:
    """Tell how well samples are read by what the others have taught (cross-validation).

    The first samples of all signs are kept aside together, then the second ones, and so on; only
    signs with two samples or more count. Signs compete with all that the model knows, look-alikes
    with nothing.

    Raises:
        ValueError: see `TaughtHand`.
    """
    turn: list[int] = []
    for number, sample in enumerate(samples):
        turn.append(sum(one.label == sample.label for one in samples[:number]))
    count, before, after = 0, 0, 0
    for aside in sorted(set(turn)):
        tested = [one for one, own in zip(samples, turn, strict=True) if own == aside]
        others = [one for one, own in zip(samples, turn, strict=True) if own != aside]
        known = {one.label for one in others}
        tested = [one for one in tested if one.label in known]
        if not tested:
            continue
        hand = TaughtHand(labels, others, settings)
        for one in tested:
            taught = hand.corrected(one.logits, one.landmarks)
            count += 1
            before += _is_right(one.logits, labels, one.label)
            after += _is_right(taught, labels, one.label)
    return KeptAside(count, before, after)


def check_sample(sample: Sample, labels: Sequence[str], name: str = "sample") -> None:
    """Refuse a sample that a model with these labels cannot learn from.

    Args:
        name: of the sample, for the message.

    Raises:
        ValueError: naming what is wrong with it.
    """
    if sample.label not in labels:
        raise ValueError(f"{name}: the model knows no sign {sample.label!r}")
    wanted = {"landmarks": (21, 3), "logits": (len(labels),)}
    for field, shape in wanted.items():
        value = getattr(sample, field)
        if value.shape != shape:
            raise ValueError(f"{name}: {field} of shape {value.shape}, and not {shape}")
        if not np.isfinite(value).all():
            raise ValueError(f"{name}: {field} with values that are no numbers")


def _is_right(logits: np.ndarray, labels: Sequence[str], label: str) -> bool:
    best = decide(logits, labels, "all", most=1).top[0]
    return label in (best.label, *best.look_alikes)


def _without_look_alikes(
    logits: np.ndarray, labels: Sequence[str], shown: Sequence[str]
) -> np.ndarray:
    """Return (N, C) logits in which nothing competes that no picture tells from what was shown."""
    kept = logits - logits.max(1, keepdims=True)
    for row, label in zip(kept, shown, strict=True):
        for place, other in enumerate(labels):
            if other != label and handshape(other) == handshape(label):
                row[place] = _NEVER
    return np.asarray(kept)


def _learn(offset: np.ndarray, truth: np.ndarray, alike: np.ndarray, doubt: float) -> np.ndarray:
    """Return the (N, C) weights of N samples that make them most probable, held back by `doubt`.

    Args:
        offset: (N, C) logits of the model.
        truth: (N,) what they should be.
        alike: (N, N) kernel.
    """
    wanted = np.eye(offset.shape[1])[truth]
    # The curvature of the loss is nowhere larger (Böhning and Lindsay, "Monotonicity of
    # Quadratic-Approximation Algorithms", 1988), so that no step is too long.
    step = np.linalg.inv(alike / 2 + doubt * np.eye(len(alike)))
    weights = ahead = np.zeros_like(offset)
    for number in range(_STEPS):
        said = softmax(offset + alike @ ahead)
        before, weights = weights, ahead - step @ (said - wanted + doubt * ahead)
        # With Nesterov's momentum a tenth of the steps will do.
        ahead = weights + number / (number + 3) * (weights - before)
    return np.asarray(weights)
