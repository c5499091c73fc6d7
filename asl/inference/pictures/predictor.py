"""Predict the sign in a picture from a model bundle, with ONNX Runtime."""

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from asl.bundle import BundleError, ModelBundle
from asl.hands.crop import crop_hand
from asl.hands.detector import Hand, HandDetector, surroundings
from asl.hands.landmarks import normalise, points_down
from asl.hands.networks import HandsUnavailable
from asl.inference.decision import Candidate, decide, is_clear
from asl.inference.pictures.landmark_only import LandmarkOnly
from asl.inference.pictures.rereads import FEW, agree, fusion_weights
from asl.inference.runner import NETWORK_LOGITS, ModelRunner
from asl.labels import handshape

# Each takes some 50 MB.
_MOST_DETECTORS = 4


@dataclass(frozen=True)
class NetworkOutputs:
    """What the networks made of one picture.

    Attributes:
        hand: the hand found, in pixels of the picture, or None.
        logits: (C,) fused and calibrated.
        networks: name of each network that answered → its own (C,) calibrated logits.
        outputs: whatever else the network shows of itself, by ONNX output name.
        upside_down: whether the hand points down, and turned by 180° clearly shows another sign.
    """

    hand: Hand | None
    logits: np.ndarray
    networks: dict[str, np.ndarray]
    outputs: dict[str, np.ndarray]
    upside_down: bool = False


@dataclass(frozen=True)
class Prediction:
    """The answer for one picture.

    Attributes:
        label: the likeliest sign, also where the model abstains.
        confidence: calibrated probability among the candidates, 0–1.
        abstained: the confidence is below the model's threshold, or the picture seems to be
            upside down: "can't tell".
        top: up to five candidates, best first.
        hand: the hand found, in pixels of the picture, or None.
        networks: what each network says by itself.
        milliseconds: from decoded picture to answer.
        upside_down: see `NetworkOutputs`.
    """

    label: str
    confidence: float
    abstained: bool
    top: tuple[Candidate, ...]
    hand: Hand | None
    networks: dict[str, Candidate]
    milliseconds: float
    upside_down: bool = False

    @property
    def found(self) -> bool:
        """Whether a hand was found."""
        return self.hand is not None

    @property
    def agreement(self) -> bool | None:
        """Whether the networks name the same handshape; None where only one answered."""
        if len(self.networks) < 2:
            return None
        return len({handshape(own.label) for own in self.networks.values()}) == 1


class Predictor:
    """A loaded model. May be shared between threads.

    Raises:
        BundleError: the ONNX file is broken or is not what the card says, or the model reads
            other things than pictures.
    """

    def __init__(self, bundle: ModelBundle, threads: int = 1) -> None:
        self.card, self._bundle = bundle.card, bundle
        if self.card.sequence is not None:
            raise BundleError(f"{bundle.folder}: the model reads sequences, and no pictures")
        self._runner = ModelRunner(bundle, threads)
        try:
            self._detectors: _Detectors | None = _Detectors()
            self.hands_missing = ""
        except HandsUnavailable as reason:
            self._detectors = None
            #: Why no hands are searched for, "" if they are.
            self.hands_missing = str(reason)

    def find_hand(self, rgb: np.ndarray) -> Hand | None:
        """Return the signing hand of a (height, width, 3) uint8 picture."""
        if self._detectors is None:
            return None
        with self._detectors.borrow() as detector:
            return detector.detect(rgb)

    def shows_another_hand(self, rgb: np.ndarray, hand: Hand | None) -> bool:
        """Return whether a (height, width, 3) uint8 picture shows a second hand beside `hand`."""
        if self._detectors is None or hand is None:
            return False
        with self._detectors.borrow() as detector:
            return detector.shows_another(rgb, hand)

    def outputs_of(self, rgb: np.ndarray) -> NetworkOutputs:
        """Search a (height, width, 3) uint8 picture for the hand, and run the networks on both.

        Raises:
            NoAnswer: see `run`.
        """
        return self.predict_logits(rgb, self.find_hand(rgb))

    def predict_logits(
        self, rgb: np.ndarray, hand: Hand | None, rereads: bool = True
    ) -> NetworkOutputs:
        """Run the networks on a picture in which `hand` has been found already.

        Args:
            rgb: (height, width, 3) uint8.
            hand: as `find_hand` returns it.
            rereads: where the answer is not clear, read the joints again, at most as often as the
                card says, and take the mean of the answers (test-time augmentation); and find out
                whether the picture is upside down.

        Raises:
            NoAnswer: see `run`.
        """
        once = self._mean_outputs(hand, self.feed(rgb, hand))
        if not rereads or hand is None:
            return once
        if points_down(hand.landmarks):
            once = replace(once, upside_down=self._is_upside_down(rgb, once))
        if not self.card.rereads or is_clear(once.logits, self.card.labels):
            return once
        return self._reread(rgb, hand, once)

    def _reread(self, rgb: np.ndarray, hand: Hand, once: NetworkOutputs) -> NetworkOutputs:
        """Return the mean of the answers to a hand and its rereads, a few if these agree.

        Where a reread fails, the first reading counts.
        """
        if self._detectors is None:
            raise HandsUnavailable(self.hands_missing)
        random, hands = np.random.default_rng(0), [hand]
        few = min(FEW, self.card.rereads)
        for count in filter(None, (few, self.card.rereads - few)):
            with self._detectors.borrow() as detector:
                read = detector.reread(rgb, hand, count, random)
            hands += [again or hand for again in read]
            logits, landmarks = self._answers(rgb, hands, once)
            if agree(logits, self.card.labels):
                break
        networks = dict(once.networks)
        if "landmarks" in networks and landmarks is not None:
            networks["landmarks"] = landmarks.mean(0)
        return replace(once, logits=logits.mean(0), networks=networks)

    def _answers(
        self, rgb: np.ndarray, hands: Sequence[Hand], once: NetworkOutputs
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Return (N, C) logits for N readings of one hand, and those of the landmark network."""
        weights = fusion_weights(once.logits, once.networks)
        if weights is not None and (network := self._landmark_only) is not None:
            points = [normalise(each.landmarks, each.side) for each in hands]
            landmarks = network.logits_of(np.stack(points))
            fused = weights[0] * once.networks["picture"] + weights[1] * landmarks
            return fused.astype(once.logits.dtype), landmarks
        answers = self.run(self.feed(rgb, *hands))
        return answers["logits"], answers.get(NETWORK_LOGITS["landmarks"])

    @cached_property
    def _landmark_only(self) -> LandmarkOnly | None:
        """The landmark network by itself; None where it cannot be had."""
        try:
            return LandmarkOnly(self._bundle)
        except (ImportError, ValueError):
            return None

    def _is_upside_down(self, rgb: np.ndarray, upright: NetworkOutputs) -> bool:
        """Tell whether a picture shows another sign, and clearly so, once it is turned by 180°.

        Hands that point down are signs (Q, P) hardly ever beyond 120° from upright, and turned,
        none of these is clear: of 434 test photographs of asl_letters and asl_29 no right answer
        is lost. Of the same turned upside down, 15 are answered wrongly instead of 135.
        """
        if self._detectors is None or upright.hand is None:
            return False
        part, _ = surroundings(rgb, upright.hand)
        turned = np.rot90(part, 2)  # not copied: only small parts of it are read
        with self._detectors.borrow() as detector:
            hand = detector.detect_in_whole(turned)
        if hand is None:
            return False
        labels = self.card.labels
        other = self.predict_logits(turned, hand, rereads=False)
        best = [handshape(labels[int(one.logits.argmax())]) for one in (upright, other)]
        return bool(is_clear(other.logits, labels)) and best[0] != best[1]

    def _mean_outputs(self, hand: Hand | None, feed: dict[str, np.ndarray]) -> NetworkOutputs:
        """Return the mean of what the networks say of each row of `feed`."""
        results = {name: value.mean(0) for name, value in self.run(feed).items()}
        logits = results.pop("logits")
        networks = {
            name: results.pop(output)
            for name, output in NETWORK_LOGITS.items()
            if output in results
        }
        if hand is None:
            networks.pop("landmarks", None)
        return NetworkOutputs(hand, logits, networks, results)

    def feed(self, rgb: np.ndarray, hand: Hand | None, *rereads: Hand) -> dict[str, np.ndarray]:
        """Return the networks' inputs by name, for one picture.

        There is a row for `hand` and one for each of its `rereads`; the picture network is shown
        the same in all of them.
        """
        feed: dict[str, np.ndarray] = {}
        rows = 1 + len(rereads)
        if (shown := self.card.picture) is not None:
            around = hand if shown.crop == "hand" else None
            crop = crop_hand(rgb, around, shown.size, context=shown.context)
            feed["picture"] = np.repeat(crop[None], rows, 0)
        if self.card.landmarks is not None:
            hands = [] if hand is None else [hand, *rereads]
            points = [normalise(each.landmarks, each.side) for each in hands]
            feed["landmarks"] = np.array(points or np.zeros((1, 21, 3)), np.float32)
        if "found" in self.card.input_names:
            feed["found"] = np.full(rows, hand is not None, np.float32)
        return feed

    def run(self, feed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Run the networks on inputs by name and return their outputs by name.

        Raises:
            NoAnswer: they gave no usable numbers; see `asl.inference.runner`.
        """
        return self._runner.run(feed)

    def predict(self, rgb: np.ndarray, wanted: str = "all", controls: bool = False) -> Prediction:
        """Return the answer for a (height, width, 3) uint8 picture.

        Args:
            wanted: candidate set: "letters", "digits" or "all".
            controls: "del", "nothing" and "space" are possible, too.

        Raises:
            ValueError: the candidate set is unknown or the model knows no sign of it.
            NoAnswer: see `run`.
        """
        start = time.perf_counter()
        return self.answer(self.outputs_of(rgb), wanted, start, controls)

    def answer(
        self, outputs: NetworkOutputs, wanted: str, start: float, controls: bool = False
    ) -> Prediction:
        """Turn logits into an answer; `start` is the `time.perf_counter` when work began."""
        labels = self.card.labels
        condition = "no_hand" if outputs.hand is None else "hand"
        threshold = self.card.abstain_below.get(condition, 0.0)
        decision = decide(outputs.logits, labels, wanted, threshold, controls=controls)
        networks = {
            name: decide(logits, labels, wanted, most=1, controls=controls).top[0]
            for name, logits in outputs.networks.items()
        }
        best = decision.top[0]
        return Prediction(
            label=best.label,
            confidence=best.confidence,
            abstained=decision.abstained or outputs.upside_down,
            top=decision.top,
            hand=outputs.hand,
            networks=networks,
            milliseconds=1000 * (time.perf_counter() - start),
            upside_down=outputs.upside_down,
        )


class _Detectors:
    """Hand detectors for any number of threads, at most one for each processor.

    Raises:
        HandsUnavailable: LiteRT or the model file is missing.
    """

    def __init__(self) -> None:
        self._idle = [HandDetector()]
        self._free = threading.BoundedSemaphore(min(os.cpu_count() or 1, _MOST_DETECTORS))

    @contextmanager
    def borrow(self) -> Iterator[HandDetector]:
        """Wait for a detector; the others are made once several are needed at a time."""
        with self._free:
            try:
                detector = self._idle.pop()
            except IndexError:
                detector = HandDetector()
            try:
                yield detector
            finally:
                self._idle.append(detector)
