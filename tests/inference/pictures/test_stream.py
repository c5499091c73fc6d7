"""Frames in, scores out: when the networks read them, and that both hands are read alike."""

from dataclasses import replace

import numpy as np
import pytest

from asl.card_inputs import LandmarksInput
from asl.hands.networks import HandsUnavailable
from asl.inference.pictures.landmark_only import LandmarkOnly
from asl.inference.pictures.predictor import Predictor
from asl.inference.pictures.stream import HandJudge, HandStream, Shown, possible_signs

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
def landmark_only(predictor, asl_home):
    from asl.bundle import ModelBundle

    return LandmarkOnly(ModelBundle.read(asl_home / "models" / "tiny"))


def moved(hand, share):
    """The same hand with its little finger bent by a share of the hand's size."""
    points = hand.landmarks.copy()
    points[17:, :2] += share * hand.extent
    return replace(hand, landmarks=points)


def test_the_landmark_network_alone_says_what_it_says_in_the_whole_model(predictor, landmark_only):
    points = np.random.default_rng(0).normal(size=(21, 3)).astype(np.float32)
    feed = {
        "picture": np.zeros((1, 16, 16, 3), np.uint8),
        "landmarks": points[None],
        "found": np.ones(1, np.float32),
    }
    np.testing.assert_array_equal(
        predictor.run(feed)["landmark_logits"][0], landmark_only.logits(points)
    )


def test_a_model_with_one_network_has_nothing_to_cut_out(tiny_bundle):
    bundle = tiny_bundle("one")
    one = replace(bundle, card=replace(bundle.card, inputs=(LandmarksInput(),)))
    with pytest.raises(ValueError, match="one has no landmark network"):
        LandmarkOnly(one)


def test_the_picture_network_looks_once_at_a_hand_that_rests_and_now_and_then_again(
    predictor, landmark_only, make_hand
):
    stream = HandStream(predictor, LABELS, landmark_only, lambda: Tracker([make_hand()] * 13))
    by_picture = [stream.see(RED, 0.05 * number).by_picture for number in range(13)]
    assert [number for number, read in enumerate(by_picture) if read] == [0, 8]


def test_what_was_seen_counts_until_the_hand_is_looked_at_again(
    predictor, landmark_only, make_hand
):
    stream = HandStream(predictor, LABELS, landmark_only, lambda: Tracker([make_hand()] * 9))
    labels = [
        LABELS[stream.see(frame, 0.05 * number).scores.argmax()]
        for number, frame in enumerate([RED] + [BLUE] * 8)
    ]
    assert labels == ["A"] * 8 + ["C"]


def test_an_unclear_hand_is_read_several_times_once_it_rests(tiny_bundle, make_hand, monkeypatch):
    hand, read = make_hand(), []

    class Detector:
        def reread(self, rgb, hand, count, random):
            read.append(count)
            return [hand] * count

    monkeypatch.setattr("asl.inference.pictures.predictor.HandDetector", Detector)
    unclear = Predictor(tiny_bundle("unclear", gain=0.0, rereads=4))
    hands = [hand, hand, moved(hand, 1.0), moved(hand, 2.0), moved(hand, 2.0)]
    stream = HandStream(unclear, LABELS, None, lambda: Tracker(hands))
    for number in range(5):
        stream.see(RED, 0.05 * number)
        # Not at first sight, and not on its way; two that agree are enough.
        assert read == ([] if number < 1 else [2])


def test_a_hand_on_its_way_is_judged_by_its_landmarks_and_looked_at_when_it_rests(
    predictor, landmark_only, make_hand
):
    hand = make_hand()
    hands = [hand, moved(hand, 0.4), moved(hand, 0.8), moved(hand, 0.8)]
    stream = HandStream(predictor, LABELS, landmark_only, lambda: Tracker(hands))
    by_picture = [stream.see(BLUE, 0.05 * number).by_picture for number in range(4)]
    assert by_picture == [True, False, False, True]


def test_without_the_cut_out_network_both_look_at_a_hand_on_its_way(predictor, make_hand):
    hands = [moved(make_hand(), 0.4 * number) for number in range(3)]
    stream = HandStream(predictor, LABELS, None, lambda: Tracker(hands))
    assert all(stream.see(RED, 0.05 * number).by_picture for number in range(3))


def test_without_a_hand_nothing_is_said(predictor, landmark_only):
    stream = HandStream(predictor, LABELS, landmark_only, lambda: Tracker([None]))
    sight = stream.see(RED, 0.0)
    assert sight.hand is None and sight.scores is None and sight.milliseconds >= 0


def test_where_hands_cannot_be_searched_for_the_whole_frame_is_read(predictor, landmark_only):
    def unavailable():
        raise HandsUnavailable("hand detection is off: no LiteRT")

    stream = HandStream(predictor, LABELS, landmark_only, unavailable)
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


def test_only_the_possible_signs_are_scored_and_may_change(predictor, landmark_only, make_hand):
    stream = HandStream(predictor, LABELS, landmark_only, lambda: Tracker([make_hand()] * 2))
    assert stream.see(RED, 0.0).scores.shape == (3,)
    stream.signs = ("B", "C")
    scores = stream.see(RED, 0.05).scores
    assert scores.shape == (2,) and scores.sum() == pytest.approx(1)


def test_a_mirrored_frame_gives_the_same_scores(predictor, landmark_only, make_hand):
    frame = np.random.default_rng(0).integers(0, 256, (120, 161, 3), np.uint8)
    right = make_hand(at=(90, 60))
    points = right.landmarks.copy()
    points[:, 0] = 161 - points[:, 0]
    left = replace(right, landmarks=points, side="left")
    one = HandStream(predictor, LABELS, landmark_only, lambda: Tracker([right])).see(frame, 0.0)
    other = HandStream(predictor, LABELS, landmark_only, lambda: Tracker([left]))
    mirrored = other.see(np.ascontiguousarray(frame[:, ::-1]), 0.0)
    np.testing.assert_allclose(one.scores, mirrored.scores, atol=1e-3)


def test_a_hand_that_rests_and_says_nothing_clear_is_searched_for_again(
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


def test_a_hand_that_others_found_is_read_as_one_that_was_searched_for(
    predictor, landmark_only, make_hand
):
    hands = [moved(make_hand(), share) for share in (0, 0, 0.4, 0.8, 0.8, 0.8)]
    stream = HandStream(predictor, LABELS, landmark_only, lambda: Tracker(hands))
    judge = HandJudge(predictor, LABELS, landmark_only)
    for number, hand in enumerate(hands):
        seen = stream.see(BLUE, 0.1 * number)
        judged = judge.judge(hand, Shown(BLUE, hand), 0.1 * number)
        assert seen.by_picture == judged.by_picture
        np.testing.assert_array_equal(seen.scores, judged.scores)


def test_without_a_picture_the_joints_tell_and_what_was_seen_still_counts(
    predictor, landmark_only, make_hand
):
    judge, hand = HandJudge(predictor, LABELS, landmark_only), make_hand()
    sights = [
        judge.judge(hand, shown, 0.1 * number)
        for number, shown in enumerate([None, Shown(RED, hand), None, None])
    ]
    assert [one.by_picture for one in sights] == [False, True, False, False]
    # The joints alone say B; with the picture it is A.
    assert [LABELS[one.scores.argmax()] for one in sights] == ["B", "A", "A", "A"]
    assert judge.judge(moved(hand, 1.0), None, 0.6).scores.argmax() == 1
    assert HandJudge(predictor, LABELS).judge(hand, None, 0.0).scores is None


def test_an_unclear_hand_is_wanted_again(tiny_bundle, hands_by_colour, make_hand):
    judge, hand = HandJudge(Predictor(tiny_bundle("unclear", gain=0.0)), LABELS), make_hand()
    judge.judge(hand, Shown(RED, hand), 0.0)
    assert judge.wants_picture
    judge.judge(hand, Shown(RED, hand), 0.1)
    assert not judge.wants_picture


def test_a_hand_that_says_nothing_clear_for_a_while_counts_as_lost(tiny_bundle, make_hand):
    judge = HandJudge(Predictor(tiny_bundle("unclear", gain=0.0)), LABELS)
    for number in range(10):
        judge.judge(make_hand(), Shown(RED, make_hand()), 0.1 * number)
    assert judge.lost == 2
    judge.judge(None, None, 1.0)
    assert judge.lost == 2
