"""Frames in, scores out: where the networks look, and that left hands are as good as right ones."""

from dataclasses import replace

import numpy as np
import pytest

from asl.hands.networks import HandsUnavailable
from asl.inference.landmark_eye import LandmarkEye
from asl.inference.predictor import Predictor
from asl.inference.stream import HandStream, possible_signs

LABELS = ("A", "B", "C")
RED = np.full((120, 160, 3), (255, 0, 0), np.uint8)
BLUE = np.full((120, 160, 3), (0, 0, 255), np.uint8)


class Tracker:
    """Shows the hands that it is given, one a frame."""

    def __init__(self, hands):
        self.hands = list(hands)
        self.restarts = 0

    def track(self, rgb):
        return self.hands.pop(0)

    def restart(self):
        self.restarts += 1


@pytest.fixture
def predictor(tiny_bundle, hands_by_colour):
    return Predictor(tiny_bundle(landmark_bias=np.array([0.0, 2.0, 0.0])))


@pytest.fixture
def eye(predictor, asl_home):
    from asl.bundle import ModelBundle

    return LandmarkEye(ModelBundle.read(asl_home / "models" / "tiny"))


def moved(hand, share):
    """The same hand with its little finger bent by a share of the hand's size."""
    points = hand.landmarks.copy()
    points[17:, :2] += share * hand.extent
    return replace(hand, landmarks=points)


def test_the_landmark_network_alone_says_what_it_says_in_the_whole_model(predictor, eye):
    points = np.random.default_rng(0).normal(size=(21, 3)).astype(np.float32)
    feed = {
        "picture": np.zeros((1, 16, 16, 3), np.uint8),
        "landmarks": points[None],
        "found": np.ones(1, np.float32),
    }
    np.testing.assert_array_equal(predictor.run(feed)["landmark_logits"][0], eye.look(points))


def test_a_model_with_one_network_has_nothing_to_cut_out(tiny_bundle):
    bundle = tiny_bundle("one")
    one = replace(bundle, card=replace(bundle.card, inputs=("landmarks",), picture=None))
    with pytest.raises(ValueError, match="one has no landmark network"):
        LandmarkEye(one)


def test_the_picture_network_looks_once_at_a_hand_that_rests_and_now_and_then_again(
    predictor, eye, make_hand
):
    stream = HandStream(predictor, LABELS, eye, lambda: Tracker([make_hand()] * 13))
    looks = [stream.see(RED, 0.05 * number).by_picture for number in range(13)]
    assert [number for number, look in enumerate(looks) if look] == [0, 8]


def test_what_was_seen_counts_until_the_hand_is_looked_at_again(predictor, eye, make_hand):
    stream = HandStream(predictor, LABELS, eye, lambda: Tracker([make_hand()] * 9))
    labels = [
        LABELS[stream.see(frame, 0.05 * number).scores.argmax()]
        for number, frame in enumerate([RED] + [BLUE] * 8)
    ]
    assert labels == ["A"] * 8 + ["C"]


def test_an_unclear_hand_is_read_several_times_once_it_rests(tiny_bundle, make_hand, monkeypatch):
    hand, read = make_hand(), []

    class Detector:
        def read_anew(self, rgb, hand, count, random):
            read.append(count)
            return [hand] * count

    monkeypatch.setattr("asl.inference.predictor.HandDetector", Detector)
    unclear = Predictor(tiny_bundle("unclear", gain=0.0, readings=4))
    hands = [hand, hand, moved(hand, 1.0), moved(hand, 2.0), moved(hand, 2.0)]
    stream = HandStream(unclear, LABELS, None, lambda: Tracker(hands))
    for number in range(5):
        stream.see(RED, 0.05 * number)
        # Not at first sight, and not on its way.
        assert read == ([] if number < 1 else [4])


def test_a_hand_on_its_way_is_judged_by_its_landmarks_and_looked_at_when_it_rests(
    predictor, eye, make_hand
):
    hand = make_hand()
    hands = [hand, moved(hand, 0.4), moved(hand, 0.8), moved(hand, 0.8)]
    stream = HandStream(predictor, LABELS, eye, lambda: Tracker(hands))
    looks = [stream.see(BLUE, 0.05 * number).by_picture for number in range(4)]
    assert looks == [True, False, False, True]


def test_without_the_cut_out_network_both_look_at_a_hand_on_its_way(predictor, make_hand):
    hands = [moved(make_hand(), 0.4 * number) for number in range(3)]
    stream = HandStream(predictor, LABELS, None, lambda: Tracker(hands))
    assert all(stream.see(RED, 0.05 * number).by_picture for number in range(3))


def test_without_a_hand_nothing_is_said(predictor, eye):
    stream = HandStream(predictor, LABELS, eye, lambda: Tracker([None]))
    sight = stream.see(RED, 0.0)
    assert sight.hand is None and sight.scores is None and sight.milliseconds >= 0


def test_where_hands_cannot_be_searched_for_the_whole_frame_is_read(predictor, eye):
    def unavailable():
        raise HandsUnavailable("hand detection is off: no LiteRT")

    stream = HandStream(predictor, LABELS, eye, unavailable)
    sight = stream.see(RED, 0.0)
    assert sight.scores.argmax() == 0 and "no LiteRT" in stream.hands_missing


def test_where_hands_cannot_be_searched_for_nothing_is_as_likely_as_it_looks(tiny_bundle):
    def unavailable():
        raise HandsUnavailable("hand detection is off: no LiteRT")

    predictor = Predictor(tiny_bundle("empty", labels=("A", "B", "nothing"), gain=0.0))
    stream = HandStream(predictor, predictor.card.labels, None, unavailable)
    np.testing.assert_allclose(stream.see(RED, 0.0).scores, 1 / 3)


def test_a_hand_that_is_followed_seldom_shows_nothing(tiny_bundle, hands_by_colour, make_hand):
    predictor = Predictor(tiny_bundle("empty", labels=("A", "B", "nothing"), gain=0.0))
    with_hand = HandStream(predictor, predictor.card.labels, None, lambda: Tracker([make_hand()]))
    a, b, nothing = with_hand.see(RED, 0.0).scores
    assert a == pytest.approx(b) and a > 2 * nothing and a + b + nothing == pytest.approx(1)


def test_only_the_possible_signs_are_scored_and_may_change(predictor, eye, make_hand):
    stream = HandStream(predictor, LABELS, eye, lambda: Tracker([make_hand()] * 2))
    assert stream.see(RED, 0.0).scores.shape == (3,)
    stream.signs = ("B", "C")
    scores = stream.see(RED, 0.05).scores
    assert scores.shape == (2,) and scores.sum() == pytest.approx(1)


def test_a_mirrored_frame_gives_the_same_scores(predictor, eye, make_hand):
    frame = np.random.default_rng(0).integers(0, 256, (120, 161, 3), np.uint8)
    right = make_hand(at=(90, 60))
    points = right.landmarks.copy()
    points[:, 0] = 161 - points[:, 0]
    left = replace(right, landmarks=points, side="left")
    one = HandStream(predictor, LABELS, eye, lambda: Tracker([right])).see(frame, 0.0)
    other = HandStream(predictor, LABELS, eye, lambda: Tracker([left]))
    mirrored = other.see(np.ascontiguousarray(frame[:, ::-1]), 0.0)
    np.testing.assert_allclose(one.scores, mirrored.scores, atol=1e-3)


def test_a_hand_that_rests_and_says_nothing_clear_is_searched_for_anew(
    tiny_bundle, hands_by_colour, make_hand
):
    unclear = Predictor(tiny_bundle("unclear", gain=0.0))
    tracker = Tracker([make_hand()] * 12)
    stream = HandStream(unclear, LABELS, None, lambda: tracker)
    for number in range(12):
        stream.see(RED, 0.1 * number)
    assert tracker.restarts == 2


def test_a_clear_moment_among_unclear_ones_takes_back_little(
    tiny_bundle, hands_by_colour, make_hand
):
    plain = Predictor(tiny_bundle("plain"))
    grey = np.full_like(RED, 128)
    tracker = Tracker([make_hand()] * 7)
    stream = HandStream(plain, LABELS, None, lambda: tracker)
    for number, frame in enumerate([grey, grey, grey, RED, grey, grey, grey]):
        stream.see(frame, 0.1 * number)
    assert tracker.restarts == 1


@pytest.mark.parametrize(
    ("wanted", "controls", "expected"),
    [
        ("letters", False, ("A", "B")),
        ("letters", True, ("A", "B", "del", "space")),
        ("digits", True, ("0", "del", "space")),
        ("all", True, ("A", "0", "space", "B", "del")),
    ],
)
def test_possible_signs(wanted, controls, expected):
    assert possible_signs(("A", "0", "space", "B", "del"), wanted, controls) == expected


def test_signs_that_are_movements_are_not_read_from_a_hand_at_rest():
    assert possible_signs(("I", "J", "Z", "del"), "letters", True, motion=True) == ("I", "del")


def test_unknown_candidate_sets_are_refused():
    with pytest.raises(ValueError, match="labels: 'words'"):
        possible_signs(LABELS, "words")
