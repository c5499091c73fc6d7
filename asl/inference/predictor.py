"""Predict the sign in a picture from a model bundle, with ONNX Runtime."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from asl.bundle import ModelBundle
from asl.hands.crop import crop_hand
from asl.hands.detector import Hand, HandDetector
from asl.hands.landmarks import normalise, points_down
from asl.hands.networks import HandsUnavailable
from asl.inference.decision import Candidate, decide, is_clear
from asl.inference.network import EYES, Network
from asl.labels import handshape

# Each takes some 50 MB.
_MOST_DETECTORS = 4


@dataclass(frozen=True)
class Look:
    """What the networks made of one picture.

    Attributes:
        hand: the hand found, in pixels of the picture, or None.
        logits: (C,) fused and calibrated.
        eyes: name of each network that answered → its own (C,) calibrated logits.
        outputs: whatever else the network shows of itself, by ONNX output name.
        upside_down: whether the hand points down, and turned by 180° clearly shows another sign.
    """

    hand: Hand | None
    logits: np.ndarray
    eyes: dict[str, np.ndarray]
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
        eyes: what each network says by itself.
        milliseconds: from decoded picture to answer.
        upside_down: see `Look`.
    """

    label: str
    confidence: float
    abstained: bool
    top: tuple[Candidate, ...]
    hand: Hand | None
    eyes: dict[str, Candidate]
    milliseconds: float
    upside_down: bool = False

    @property
    def agreement(self) -> bool | None:
        """Whether the networks name the same handshape; None where only one answered."""
        if len(self.eyes) < 2:
            return None
        return len({handshape(eye.label) for eye in self.eyes.values()}) == 1


class Predictor:
    """A loaded model. May be shared between threads.

    Raises:
        BundleError: the ONNX file is broken or is not what the card says.
    """

    def __init__(self, bundle: ModelBundle, threads: int = 1):
        self.card = bundle.card
        self._network = Network(bundle, threads)
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

    def look(self, rgb: np.ndarray) -> Look:
        """Run hand detection and the networks on a (height, width, 3) uint8 picture."""
        return self.look_at(rgb, self.find_hand(rgb))

    def look_at(self, rgb: np.ndarray, hand: Hand | None) -> Look:
        """Run the networks on a picture in which `hand` has been found already.

        Where the answer is not clear, the joints are read anew as often as the card says.
        """
        look = self.glance_at(rgb, hand)
        if hand is not None and points_down(hand.landmarks):
            look = replace(look, upside_down=self._is_upside_down(rgb, look))
        count = self.card.readings if "landmarks" in self.card.inputs else 0
        if hand is None or not count or is_clear(look.logits, self.card.labels):
            return look
        with self._detectors.borrow() as detector:
            anew = detector.read_anew(rgb, hand, count, np.random.default_rng(0))
        again = self._look(hand, self.feed(rgb, hand, *(reading or hand for reading in anew)))
        return replace(again, upside_down=look.upside_down)

    def _is_upside_down(self, rgb: np.ndarray, look: Look) -> bool:
        """Tell whether a picture shows another sign, and clearly so, once it is turned by 180°.

        Hands that point down are signs (Q, P) hardly ever beyond 120° from upright, and turned,
        none of these is clear: of 434 test photographs of asl_letters and asl_29 no right answer
        is lost. Of the same turned upside down, 15 are answered wrongly instead of 135.
        """
        turned = np.rot90(rgb, 2)  # not copied: what is seen of it is small
        hand = self.find_hand(turned)
        if hand is None:
            return False
        labels, other = self.card.labels, self.glance_at(turned, hand)
        best = [handshape(labels[int(one.logits.argmax())]) for one in (look, other)]
        return bool(is_clear(other.logits, labels)) and best[0] != best[1]

    def glance_at(self, rgb: np.ndarray, hand: Hand | None) -> Look:
        """Run the networks as `look_at`, on the joints as they are."""
        return self._look(hand, self.feed(rgb, hand))

    def _look(self, hand: Hand | None, feed: dict[str, np.ndarray]) -> Look:
        """Return the mean of what the networks say of each row of `feed`."""
        results = {name: value.mean(0) for name, value in self.run(feed).items()}
        logits = results.pop("logits")
        eyes = {name: results.pop(output) for name, output in EYES.items() if output in results}
        if hand is None:
            eyes.pop("landmarks", None)
        return Look(hand, logits, eyes, results)

    def feed(self, rgb: np.ndarray, hand: Hand | None, *readings: Hand) -> dict[str, np.ndarray]:
        """Return the networks' inputs by name, for one picture.

        There is a row for `hand` and one for each further reading of its joints; the picture
        network is shown the same in all of them.
        """
        feed: dict[str, np.ndarray] = {}
        rows = 1 + len(readings)
        if self.card.picture is not None:
            shown = self.card.picture
            seen = hand if shown.look == "hand" else None
            crop = crop_hand(rgb, seen, shown.size, context=shown.context)
            feed["picture"] = np.repeat(crop[None], rows, 0)
        if "landmarks" in self.card.inputs:
            hands = [] if hand is None else [hand, *readings]
            points = [normalise(each.landmarks, each.side) for each in hands]
            feed["landmarks"] = np.array(points or np.zeros((1, 21, 3)), np.float32)
        if "found" in self.card.inputs:
            feed["found"] = np.full(rows, hand is not None, np.float32)
        return feed

    def run(self, feed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Run the networks on inputs by name and return their outputs by name.

        Raises:
            NoAnswer: they gave no usable numbers; see `asl.inference.network`.
        """
        return self._network.run(feed)

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
        look = self.look(rgb)
        return self.answer(look, wanted, start, controls)

    def answer(self, look: Look, wanted: str, start: float, controls: bool = False) -> Prediction:
        """Turn a look into an answer; `start` is the `time.perf_counter` when work began."""
        labels = self.card.labels
        found = look.hand is not None
        below = self.card.abstain_below
        decision = decide(look.logits, labels, wanted, found, below, controls=controls)
        eyes = {}
        for name, logits in look.eyes.items():
            eyes[name] = decide(logits, labels, wanted, found, {}, 1, controls).top[0]
        best = decision.top[0]
        return Prediction(
            label=best.label,
            confidence=best.confidence,
            abstained=decision.abstained or look.upside_down,
            top=decision.top,
            hand=look.hand,
            eyes=eyes,
            milliseconds=1000 * (time.perf_counter() - start),
            upside_down=look.upside_down,
        )


class _Detectors:
    """Hand detectors for any number of threads, one for each processor; none is thread-safe.

    Raises:
        HandsUnavailable: LiteRT or the model file is missing.
    """

    def __init__(self):
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
