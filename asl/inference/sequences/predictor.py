"""Predict the word that a sequence of landmarks shows from a model bundle, with ONNX Runtime."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asl.bundle import BundleError, ModelBundle
from asl.data.sequences.layout import PARTS, ROWS, seen
from asl.data.sequences.preparation import Preparation, padded
from asl.inference.decision import Candidate, decide
from asl.inference.runner import ModelRunner
from asl.labels import BEST, NONE

#: Part of the 543 rows → what has to be found in a film for it.
_FOUND_AS = {"face": "face", "left_hand": "hands", "pose": "pose", "right_hand": "hands"}


class NoHand(ValueError):
    """No hand was seen in a sequence, so that there is nothing to be read."""


@dataclass(frozen=True)
class WordPrediction:
    """The answer for one sequence.

    Attributes:
        label: the likeliest word, also where the model abstains; never "none of these".
        confidence: calibrated probability, 0–1.
        abstained: the confidence is below the model's threshold, or the movement is likelier none
            of the words: "can't tell".
        top: up to five words, best first.
        milliseconds: from landmarks to answer.
        none: probability that it is none of the words, 0 for a model that does not know that.
    """

    label: str
    confidence: float
    abstained: bool
    top: tuple[Candidate, ...]
    milliseconds: float
    none: float = 0.0

    @property
    def found(self) -> bool:
        """Whether a hand was found: there is no answer without one."""
        return True

    @property
    def agreement(self) -> bool | None:
        """None, since one network alone answered."""
        return None


@dataclass(frozen=True)
class WordOutputs:
    """What the network made of one sequence.

    Attributes:
        logits: (C,) calibrated.
    """

    logits: np.ndarray


class WordPredictor:
    """A loaded model of words. May be shared between threads.

    Raises:
        BundleError: the ONNX file is broken or is not what the card says, or the model reads
            pictures, or sequences as nothing here can make them.
    """

    def __init__(self, bundle: ModelBundle, threads: int = 1) -> None:
        self.card = bundle.card
        if self.card.sequence is None:
            raise BundleError(f"{bundle.folder}: the model reads pictures, and no sequences")
        try:
            self.preparation = Preparation.from_input(self.card.sequence)
        except ValueError as error:
            raise BundleError(f"{bundle.folder}: sequence {error}") from error
        self._runner = ModelRunner(bundle, threads)

    @property
    def labels(self) -> tuple[str, ...]:
        """The C labels, in the order of the logits."""
        return self.card.labels

    @property
    def words(self) -> tuple[str, ...]:
        """The labels that it may answer."""
        return tuple(label for label in self.labels if label != NONE)

    @property
    def parts(self) -> frozenset[str]:
        """What has to be found in a film: of "hands", "pose" and "face"."""
        selection = self.preparation.selection
        return frozenset(_FOUND_AS[name] for name in PARTS if len(selection.part(name)))

    def feed(self, points: np.ndarray) -> np.ndarray:
        """Return what the network is shown of a sequence, (frames, features) float32.

        Args:
            points: (T, 543, 3), or (T, 543, 2); NaN where nothing was seen, x and y in shares of
                the frame.

        Raises:
            NoHand: no hand was seen in any frame.
            ValueError: of another shape, without frames, or without the third coordinate that the
                model needs.
        """
        needed = self.preparation.normalisation.coordinates
        if points.ndim != 3 or points.shape[1] != ROWS or not needed <= points.shape[2] <= 3:
            raise ValueError(f"points: shape {points.shape} is not (T, {ROWS}, 3)")
        if not len(points):
            raise ValueError("points: there are no frames")
        selection = self.preparation.selection
        taken = selection.take(points, range(ROWS))
        taken[~np.isfinite(taken)] = np.nan
        hands = [*selection.part("left_hand"), *selection.part("right_hand")]
        if not seen(taken[:, hands]).any():
            raise NoHand("no hand was seen; show at least one hand, whole and in good light")
        return self.preparation.features(taken)

    def logits(self, points: np.ndarray) -> np.ndarray:
        """Return (C,) calibrated logits.

        Raises:
            NoHand, ValueError: see `feed`.
            NoAnswer: the network gave no usable numbers; see `asl.inference.runner`.
        """
        logits: np.ndarray = self.logits_of([points])[0]
        return logits

    def logits_of(self, sequences: Sequence[np.ndarray]) -> np.ndarray:
        """Return (N, C) calibrated logits of several sequences, which the network is shown at once.

        Raises:
            NoHand, ValueError, NoAnswer: see `logits`.
        """
        shown = padded([self.feed(points) for points in sequences])
        logits: np.ndarray = self._runner.run({"sequence": shown})["logits"]
        return logits

    def predict(self, points: np.ndarray) -> WordPrediction:
        """Return the word that a sequence shows.

        Args:
            points: (T, 543, 3), NaN where nothing was seen, x and y in shares of the frame.

        Raises:
            NoHand, ValueError: see `feed`.
            NoAnswer: see `logits`.
        """
        start = time.perf_counter()
        return self.answer(self.outputs_of(points), "all", start)

    def outputs_of(self, points: np.ndarray) -> WordOutputs:
        """Return the same as `logits`, as `asl.evaluation.report.evaluate` asks for it."""
        return WordOutputs(self.logits(points))

    def answer(
        self, outputs: WordOutputs, wanted: str, start: float, controls: bool = False
    ) -> WordPrediction:
        """Turn outputs into an answer; `start` is the `time.perf_counter` when work began.

        Args:
            wanted, controls: see `asl.inference.decision.decide`; for words, "all".
        """
        threshold = self.card.abstain_below.get("sequence", 0.0)
        decision = decide(
            outputs.logits,
            self.labels,
            wanted,
            most=len(self.labels),
            controls=controls,
            still=False,
        )
        words = [one for one in decision.top if one.label != NONE]
        none = next((one.confidence for one in decision.top if one.label == NONE), 0.0)
        best = words[0]
        return WordPrediction(
            label=best.label,
            confidence=best.confidence,
            abstained=best.confidence < max(threshold, none),
            top=tuple(words[:BEST]),
            milliseconds=1000 * (time.perf_counter() - start),
            none=none,
        )
