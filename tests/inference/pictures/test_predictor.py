"""From picture to answer with a model whose answers are known."""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import numpy as np
import onnx
import pytest

from asl.bundle import ONNX, BundleError, ModelBundle
from asl.card_inputs import LandmarksInput, SequenceInput
from asl.hands.crop import crop_hand
from asl.hands.detector import Hand
from asl.hands.landmarks import normalise
from asl.hands.networks import HandsUnavailable
from asl.inference.pictures import predictor as predictor_module
from asl.inference.pictures.predictor import Predictor

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def plain(colour: tuple[int, int, int], height: int = 60, width: int = 80) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


def hand(side: str = "right", seed: int = 0) -> Hand:
    points = np.random.default_rng(seed).uniform(20, 50, (21, 3)).astype(np.float32)
    return Hand(points, side, 0.9)


class FixedDetector:
    """Finds the same hand in every picture."""

    def __init__(self, found: Hand | None):
        self.found = found
        self.rereads: list[Hand | None] = []
        self.asked = 0

    def detect(self, rgb: np.ndarray) -> Hand | None:
        return self.found

    detect_in_whole = detect

    def reread(self, rgb: np.ndarray, hand: Hand, count: int, random) -> list[Hand | None]:
        self.asked += 1
        return self.rereads[:count]

    def close(self) -> None: ...


@pytest.fixture
def make_predictor(monkeypatch):
    """``make_predictor(bundle, hand)``: a predictor to which `hand` is always found."""

    def make(bundle: ModelBundle, found: Hand | None = None) -> Predictor:
        monkeypatch.setattr(predictor_module, "HandDetector", lambda: FixedDetector(found))
        return Predictor(bundle)

    return make


@pytest.mark.parametrize(("colour", "label"), [(RED, "A"), (GREEN, "B"), (BLUE, "C")])
@pytest.mark.parametrize("found", [None, hand()], ids=["no hand", "hand"])
def test_answers(tiny_bundle, make_predictor, colour, label, found):
    prediction = make_predictor(tiny_bundle(), found).predict(plain(colour))

    assert prediction.label == prediction.top[0].label == label
    assert prediction.confidence > 0.9
    assert not prediction.abstained
    assert prediction.hand is found
    assert prediction.milliseconds > 0


def test_without_a_hand_the_landmarks_say_nothing(tiny_bundle, make_predictor):
    bundle = tiny_bundle(landmark_bias=np.array([0, 0, 99]))
    prediction = make_predictor(bundle, None).predict(plain(RED))

    assert prediction.label == "A"
    assert set(prediction.networks) == {"picture"}
    assert prediction.agreement is None


@pytest.mark.parametrize(
    ("landmark_bias", "agreement"), [([9, 0, 0], True), ([0, 0, 9], False)], ids=["same", "other"]
)
def test_agreement_of_the_networks(tiny_bundle, make_predictor, landmark_bias, agreement):
    bundle = tiny_bundle(landmark_bias=np.array(landmark_bias))
    prediction = make_predictor(bundle, hand()).predict(plain(RED))
    assert prediction.networks["picture"].label == "A"
    assert prediction.agreement is agreement


def test_look_alikes_agree(tiny_bundle, make_predictor):
    bundle = tiny_bundle(labels=("O", "0", "A"), landmark_bias=np.array([0, 9, 0]))
    prediction = make_predictor(bundle, hand()).predict(plain(RED))
    assert {own.label for own in prediction.networks.values()} == {"O", "0"}
    assert prediction.agreement is True


class TestRereads:
    """The landmarks say how far right of the palm the joints lie on average."""

    @pytest.fixture
    def predict(self, tiny_bundle, monkeypatch):
        def predict(*later: Hand | None, rereads: int, gain: float = 0.0, found: bool = True):
            weights = np.zeros((63, 3))
            weights[::3, 0] = 1.0
            bundle = tiny_bundle(f"tiny-{rereads}", gain=gain, joint=weights, rereads=rereads)
            detector = FixedDetector(hand(seed=1) if found else None)
            detector.rereads = list(later)
            monkeypatch.setattr(predictor_module, "HandDetector", lambda: detector)
            predictor, picture = Predictor(bundle), plain(RED)
            return predictor.outputs_of(picture), detector.asked

        return predict

    def test_what_is_not_clear_is_the_mean_of_all_rereads(self, predict):
        said, asked = predict(hand(seed=2), hand("left", seed=3), rereads=2)
        points = [
            normalise(one.landmarks, one.side)
            for one in (hand(seed=1), hand(seed=2), hand("left", seed=3))
        ]
        expected = np.mean([each[:, 0].sum() for each in points])
        assert said.logits[0] == said.networks["landmarks"][0] == pytest.approx(expected, rel=1e-4)
        assert said.hand.landmarks[0, 0] == hand(seed=1).landmarks[0, 0]
        assert asked == 1

    def test_where_no_hand_is_seen_from_elsewhere_the_first_reading_counts(self, predict):
        alone, _ = predict(rereads=0)
        said, asked = predict(None, None, rereads=2)
        np.testing.assert_allclose(said.logits, alone.logits, rtol=1e-5)
        assert asked == 1

    @pytest.mark.parametrize(
        "case", [{"rereads": 0}, {"rereads": 2, "gain": 30.0}, {"rereads": 2, "found": False}],
        ids=["not asked for", "clear", "no hand"],
    )  # fmt: skip
    def test_nothing_is_read_again_without_need(self, predict, case):
        assert predict(hand(seed=2), hand(seed=3), **case)[1] == 0


class TestCostOfRereads:
    """What the landmarks say of label B depends on the joints; the picture says a little of A."""

    @pytest.fixture
    def answer(self, tiny_bundle, monkeypatch):
        """``answer(hand, *later)``: outputs, hands that were read, pictures that were shown."""

        def answer(*hands: Hand, onnx_is_there: bool = True):
            weights = np.zeros((63, 3))
            weights[::3, 1] = 0.02
            bundle = tiny_bundle(gain=0.1, joint=weights, rereads=5, bias=np.array([0, 0, 0.05]))
            detector = FixedDetector(hands[0])
            detector.rereads = list(hands[1:])
            shown, read = [], []
            monkeypatch.setattr(predictor_module, "HandDetector", lambda: detector)
            if not onnx_is_there:
                monkeypatch.setitem(sys.modules, "asl.inference.graph", None)
            reread = detector.reread

            def counted(rgb, hand, count, random):
                read.append(count)
                start = sum(read[:-1])
                detector.rereads = list(hands[1 + start :])
                return reread(rgb, hand, count, random)

            detector.reread = counted
            run = Predictor.run
            monkeypatch.setattr(
                Predictor, "run",
                lambda predictor, feed: shown.append(len(feed["picture"])) or run(predictor, feed),
            )  # fmt: skip
            return Predictor(bundle).outputs_of(plain(RED)), read, shown

        return answer

    @staticmethod
    def says(one: Hand) -> np.ndarray:
        rightness = normalise(one.landmarks, one.side)[:, 0].sum()
        return np.array([0.1, 0.02 * rightness, 0.05])

    def hands_that_differ(self) -> list[Hand]:
        """Six hands of which the first says B, and the others A."""
        hands = sorted(map(hand, ["right"] * 40, range(40)), key=lambda one: -self.says(one)[1])
        return [hands[0], *hands[-5:]]

    def test_the_picture_network_is_asked_once(self, answer):
        said, read, shown = answer(*self.hands_that_differ())
        assert read == [2, 3] and shown == [1]
        expected = np.mean([self.says(one) for one in self.hands_that_differ()], axis=0)
        np.testing.assert_allclose(said.logits, expected, atol=1e-4)
        assert said.networks["landmarks"][1] == pytest.approx(expected[1], abs=1e-4)

    def test_a_few_that_agree_are_enough(self, answer):
        said, read, shown = answer(*[hand(seed=1)] * 6)
        assert read == [2] and shown == [1]
        np.testing.assert_allclose(said.logits, self.says(hand(seed=1)), atol=1e-4)

    def test_without_onnx_the_whole_graph_says_the_same(self, answer):
        hands = self.hands_that_differ()
        said, _, shown = answer(*hands, onnx_is_there=False)
        assert shown == [1, 3, 6]
        expected = np.mean([self.says(one) for one in hands], axis=0)
        np.testing.assert_allclose(said.logits, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("found", "abstained"), [(hand(), False), (None, True)], ids=["hand", "no hand"]
)
def test_thresholds_depend_on_the_hand(tiny_bundle, make_predictor, found, abstained):
    bundle = tiny_bundle(gain=1.0, abstain_below={"hand": 0.4, "no_hand": 0.9})
    assert make_predictor(bundle, found).predict(plain(RED)).abstained is abstained


def test_left_and_right_hands_are_seen_alike(tiny_bundle, make_predictor):
    predictor = make_predictor(tiny_bundle())
    picture = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    right = hand("right")
    mirrored = right.landmarks * [-1, 1, 1] + [80, 0, 0]
    left = Hand(mirrored.astype(np.float32), "left", 0.9)

    np.testing.assert_allclose(
        normalise(left.landmarks, "left"), normalise(right.landmarks, "right"), atol=1e-5
    )
    flipped = np.ascontiguousarray(picture[:, ::-1])
    difference = crop_hand(picture, right, 16).astype(int) - crop_hand(flipped, left, 16)
    assert np.abs(difference).max() <= 2
    np.testing.assert_allclose(
        predictor.predict_logits(picture, right).logits,
        predictor.predict_logits(flipped, left).logits,
        atol=0.05,
    )


def test_the_card_says_how_much_around_the_hand_is_seen(tiny_bundle, make_predictor):
    # A red hand on blue: the wider the square, the bluer its mean.
    picture = plain(BLUE, 200, 200)
    picture[60:140, 60:140] = RED
    points = np.random.default_rng(0).uniform(60, 140, (21, 3)).astype(np.float32)
    found = Hand(points, "right", 0.9)
    bundle = tiny_bundle("narrow")
    wider = tiny_bundle("wide", context=2.4)
    narrow = make_predictor(bundle).predict_logits(picture, found)
    wide = make_predictor(wider).predict_logits(picture, found)
    assert wide.logits[2] > narrow.logits[2]


def test_many_threads_share_one_predictor(tiny_bundle):
    predictor = Predictor(tiny_bundle())
    pictures = [plain(colour) for colour in (RED, GREEN, BLUE)] * 8
    with ThreadPoolExecutor(4) as pool:
        answers = [prediction.label for prediction in pool.map(predictor.predict, pictures)]
    assert answers == list("ABC") * 8


def test_hands_of_two_visitors_are_searched_for_at_once(tiny_bundle, monkeypatch):
    both = Barrier(2, timeout=20)

    class Detector:
        def detect(self, rgb: np.ndarray) -> None:
            both.wait()

    monkeypatch.setattr(predictor_module, "HandDetector", Detector)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    predictor = Predictor(tiny_bundle())
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(predictor.find_hand, [plain(RED)] * 4)) == [None] * 4


def test_without_litert_the_pixel_network_answers_alone(tiny_bundle, monkeypatch):
    def unavailable():
        raise HandsUnavailable("hand detection is off: no library")

    monkeypatch.setattr(predictor_module, "HandDetector", unavailable)
    predictor = Predictor(tiny_bundle())
    assert predictor.hands_missing == "hand detection is off: no library"
    assert predictor.predict(plain(GREEN)).label == "B"


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (3, 7)], ids=str)
def test_tiny_pictures_are_answered(tiny_bundle, size):
    predictor = Predictor(tiny_bundle())
    assert predictor.predict(plain(RED, *size)).top


def test_a_wrong_candidate_set_is_named(tiny_bundle, make_predictor):
    with pytest.raises(ValueError, match="knows no digits"):
        make_predictor(tiny_bundle()).predict(plain(RED), "digits")


class TestBrokenModels:
    def test_no_onnx(self, tiny_bundle):
        bundle = tiny_bundle()
        (bundle.folder / ONNX).write_bytes(b"no model")
        with pytest.raises(BundleError, match=f"{ONNX} cannot be loaded"):
            Predictor(bundle)

    def test_other_inputs_than_the_card_says(self, tiny_bundle):
        bundle = tiny_bundle(inputs=(LandmarksInput(),))
        with pytest.raises(BundleError, match="disagree on the inputs"):
            Predictor(bundle)

    def test_a_model_of_words(self, tiny_bundle):
        bundle = tiny_bundle(inputs=(SequenceInput((468, 522), 15, 64, "mask"),))
        with pytest.raises(BundleError, match="reads sequences, and no pictures"):
            Predictor(bundle)

    def test_other_signs_than_the_card_says(self, tiny_bundle):
        four = tiny_bundle("four", labels=("A", "B", "C", "D"))
        three = tiny_bundle("three")
        onnx.save(onnx.load(four.folder / ONNX), three.folder / ONNX)
        with pytest.raises(BundleError, match="knows 4 signs, the card 3"):
            Predictor(three)


class TestUpsideDown:
    """A hand that points down, and turned round clearly shows another sign, is not answered."""

    @pytest.fixture
    def predict(self, tiny_bundle, make_predictor, make_hand):
        """``predict(picture, down)``: the answer to a picture whose hand points down, or not."""

        def at(picture: np.ndarray, down: bool, **bundle):
            found = make_hand()
            if down:
                points = found.landmarks * (-1, -1, 1) + (80, 80, 0)
                found = replace(found, landmarks=points.astype(np.float32))
            predictor = make_predictor(tiny_bundle(**bundle), found)
            return predictor.predict(picture)

        return at

    @staticmethod
    def two_coloured() -> np.ndarray:
        """Red above and blue below, of which only the upper half is shown to the network."""
        return np.concatenate([plain(RED, 40), plain(BLUE, 40)])

    def seen_above(self, monkeypatch):
        monkeypatch.setattr(
            predictor_module, "crop_hand",
            lambda rgb, *_, **__: np.broadcast_to(rgb[0, 0], (16, 16, 3)).copy(),
        )  # fmt: skip

    def test_it_says_so_and_does_not_answer(self, predict, monkeypatch):
        self.seen_above(monkeypatch)
        answer = predict(self.two_coloured(), down=True)
        assert answer.upside_down and answer.abstained and answer.label == "A"

    def test_a_hand_that_points_up_is_not_asked_about(self, predict, monkeypatch):
        self.seen_above(monkeypatch)
        answer = predict(self.two_coloured(), down=False)
        assert not answer.upside_down and not answer.abstained

    def test_a_sign_that_is_the_same_turned_round_is_answered(self, predict):
        answer = predict(plain(RED), down=True)
        assert not answer.upside_down and not answer.abstained

    def test_another_sign_must_be_clear(self, predict, monkeypatch):
        self.seen_above(monkeypatch)
        assert not predict(self.two_coloured(), down=True, gain=0.5).upside_down
