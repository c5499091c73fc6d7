"""Hands in real photographs, and what happens where there are none or no LiteRT."""

import sys

import numpy as np
import pytest
from PIL import Image

from asl.hands.detector import BONES, Hand, HandDetector
from asl.hands.networks import HandsUnavailable, Joints, Palms
from asl.hands.square import Square
from asl.hands.tracker import HandTracker
from asl.images import load_rgb


@pytest.fixture(scope="module")
def detector():
    return HandDetector()


@pytest.fixture(scope="module")
def photograph(asl_data) -> np.ndarray:
    return load_rgb(sorted((asl_data / "asl_dataset" / "b").iterdir())[0])


def test_nothing_is_found_where_there_is_no_hand(detector):
    assert detector.detect(np.zeros((120, 160, 3), np.uint8)) is None
    random = np.random.default_rng(0)
    for _ in range(5):
        assert detector.detect(random.integers(0, 256, (120, 160, 3), np.uint8)) is None


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (2, 3)], ids=str)
def test_tiny_and_narrow_pictures_are_searched(detector, size):
    assert detector.detect(np.full((*size, 3), 128, np.uint8)) is None


def test_nearly_every_cut_out_hand_is_found(detector, asl_data):
    pictures = sorted((asl_data / "asl_dataset").glob("*/*.jpeg"))[::12]
    found = [detector.detect(load_rgb(picture)) is not None for picture in pictures]
    assert len(found) > 150
    assert np.mean(found) >= 0.99


def test_landmarks_lie_on_the_hand(detector, photograph):
    hand = detector.detect(photograph)
    assert hand.landmarks.shape == (21, 3)
    assert hand.landmarks.dtype == np.float32
    left, top, right, bottom = hand.box
    assert hand.extent == max(right - left, bottom - top)
    inside = (
        hand.landmarks[:, :2].round().astype(int).clip(0, np.array(photograph.shape[1::-1]) - 1)
    )
    # The hands of this set are cut out on black.
    assert (photograph[inside[:, 1], inside[:, 0]].max(-1) > 20).mean() > 0.8


def test_a_second_hand_is_noticed_and_one_is_not_two(detector, asl_data):
    photos = [load_rgb(one) for one in sorted((asl_data / "asl_letters/valid").glob("B/*"))[:4]]
    hands = [detector.detect(photo) for photo in photos]
    assert not any(map(detector.shows_another, photos, hands))
    square = [np.asarray(Image.fromarray(photo).resize((300, 300))) for photo in photos]
    both = [np.concatenate(square[place : place + 2], axis=1) for place in (0, 2)]
    assert any(detector.shows_another(one, detector.detect(one)) for one in both)


@pytest.mark.parametrize(
    ("scale", "pad"), [(1, 150), (2, 0), (6, 0)], ids=["padded", "doubled", "above the search size"]
)
def test_landmarks_are_in_the_pictures_own_pixels(detector, photograph, scale, pad):
    height, width = photograph.shape[:2]
    changed = np.asarray(Image.fromarray(photograph).resize((width * scale, height * scale)))
    changed = np.pad(changed, ((pad, pad), (pad, pad), (0, 0)))
    plain, moved = detector.detect(photograph), detector.detect(changed)
    back = (moved.landmarks[:, :2] - pad) / scale
    assert np.abs(back - plain.landmarks[:, :2]).mean() < 0.04 * plain.extent


def test_a_mirrored_hand_is_the_other_one(detector, photograph):
    mirrored = np.ascontiguousarray(photograph[:, ::-1])
    assert {detector.detect(photograph).side, detector.detect(mirrored).side} == {"left", "right"}


def test_a_hand_is_read_anew_in_the_picture_and_its_mirror_image(detector, photograph):
    big = np.asarray(Image.fromarray(photograph).resize((900, 900)))  # above the search size
    hand = detector.detect(big)
    plain, mirrored = detector.reread(big, hand, 2, np.random.default_rng(0))
    assert plain.side == hand.side != mirrored.side
    back = mirrored.landmarks * (-1, 1, 1) + (900, 0, 0)
    for joints in (plain.landmarks, back):
        apart = np.abs(joints - hand.landmarks)[:, :2].mean() / hand.extent
        assert 0 < apart < 0.05
    again = detector.reread(big, hand, 2, np.random.default_rng(0))
    np.testing.assert_array_equal(again[0].landmarks, plain.landmarks)
    nothing = np.zeros_like(big)
    assert detector.reread(nothing, hand, 2, np.random.default_rng(0)) == [None, None]


def test_a_still_is_seen_as_the_first_frame_of_a_video_is(detector, photograph):
    scene = np.pad(photograph, ((100, 100), (100, 100), (0, 0)))
    hand, first = detector.detect(scene), HandTracker().track(scene)
    np.testing.assert_array_equal(hand.landmarks, first.landmarks)


def test_no_picture_changes_what_is_seen_in_the_next_one(detector, photograph):
    hand = detector.detect(photograph)
    for before in (np.roll(photograph, 20, axis=1), np.zeros_like(photograph)):
        detector.detect(before)
        np.testing.assert_array_equal(detector.detect(photograph).landmarks, hand.landmarks)


def test_joints_are_not_sought_in_pictures_too_small_to_show_them(detector, monkeypatch):
    monkeypatch.setattr(Joints, "read", lambda *search: pytest.fail("joints were sought"))
    assert detector.detect(np.full((28, 28, 3), 128, np.uint8)) is None


def test_the_largest_hand_is_the_signers(detector, photograph):
    small = np.asarray(Image.fromarray(photograph).resize((90, 90)))
    scene = np.zeros((260, 420, 3), np.uint8)
    scene[30:230, 20:220] = np.asarray(Image.fromarray(photograph).resize((200, 200)))
    scene[80:170, 310:400] = small
    left, _, right, _ = detector.detect(scene).box
    assert 0 < left < right < 260


@pytest.mark.parametrize("wider", [0, 110], ids=["square", "as a camera's"])
def test_most_hands_are_seen_alike_without_their_palm(detector, asl_data, monkeypatch, wider):
    pictures = [
        np.pad(load_rgb(path), ((0, 0), (wider, wider), (0, 0)), mode="edge")
        for path in sorted((asl_data / "asl_letters/valid").glob("*/*"))[::4]
    ]
    with_palm = [detector.detect(picture) for picture in pictures]
    monkeypatch.setattr(Palms, "find", lambda *search: None)
    alike = [
        again is not None
        and np.abs(again.landmarks - hand.landmarks)[:, :2].mean() < 0.05 * hand.extent
        for hand, again in zip(with_palm, map(detector.detect, pictures), strict=True)
        if hand is not None
    ]
    assert np.mean(alike) > 0.7


@pytest.mark.parametrize("size", [128, 160, 224])
def test_palms_lie_where_they_do_in_as_many_pixels_as_the_network_was_trained_with(
    photograph, size
):
    expected = Palms(192).find(photograph, 0.5, 0.3)
    found = Palms(size).find(photograph, 0.5, 0.3)
    assert np.abs(found.centre - expected.centre).max() < 0.1 * expected.side
    assert found.side == pytest.approx(expected.side, rel=0.25)


def test_a_small_hand_is_found(detector, photograph):
    scene = np.full((480, 640, 3), 90, np.uint8)
    small = np.asarray(Image.fromarray(photograph).resize((100, 100)))
    scene[200:300, 400:500] = np.where(small.max(-1, keepdims=True) > 20, small, 90)
    left, top, right, bottom = detector.detect(scene).box
    assert 390 < left < right < 510 and 190 < top < bottom < 310


@pytest.mark.parametrize(("same", "times"), [(True, 1), (False, 2)])
def test_joints_are_read_again_only_if_that_changes_something(
    detector, photograph, monkeypatch, same, times
):
    plain = detector.detect(photograph)
    reads, read = [], Joints.read
    monkeypatch.setattr(Joints, "read", lambda *what: reads.append(1) or read(*what))
    monkeypatch.setattr(Square, "shows_same", lambda *squares: same)
    again = detector.detect(photograph)
    assert len(reads) == times
    assert np.abs(again.landmarks - plain.landmarks)[:, :2].mean() < 0.03 * plain.extent


@pytest.fixture
def presences(monkeypatch):
    """Replaces both networks: palms are everywhere, and `presences` are those of the hands read."""
    presences: list[float] = []

    def read(joints, view, square):
        points = np.random.default_rng(len(presences)).uniform(0, 90, (21, 3))
        return points.astype(np.float32), presences.pop(0), 0.9

    monkeypatch.setattr(Palms, "find", lambda *search: Square(np.array([50.0, 50.0]), 80.0, 0.0))
    monkeypatch.setattr(Joints, "read", read)
    monkeypatch.setattr(Square, "shows_same", lambda *squares: True)
    return presences


class TestUncertainHands:
    GREY = np.full((100, 100, 3), 128, np.uint8)

    def test_a_certain_hand_ends_the_search(self, detector, presences):
        presences += [0.4, 0.97, 0.99]
        assert detector.detect(self.GREY).presence == 0.97
        assert presences == [0.99]

    def test_of_uncertain_ones_the_surest_counts(self, detector, presences):
        presences += [0.4, 0.8, 0.1, 0.6] + [0.7] * 6
        assert detector.detect(self.GREY).presence == 0.8
        assert presences == []

    def test_an_uncertain_hand_is_followed_until_a_surer_one_is_found(self, presences):
        tracker = HandTracker()
        presences += [0.5, 0.5, 0.4, 0.6, 0.96, 0.97]
        seen = [tracker.track(self.GREY).presence for _ in range(4)]
        assert seen == [0.5, 0.5, 0.96, 0.97]
        assert presences == []


class TestUnavailable:
    def test_no_model_file(self, tmp_path):
        with pytest.raises(HandsUnavailable, match=r"absent\.task is missing"):
            HandDetector(tmp_path / "absent.task")

    def test_a_broken_model_file(self, tmp_path):
        broken = tmp_path / "broken.task"
        broken.write_bytes(b"no model")
        with pytest.raises(HandsUnavailable):
            HandDetector(broken)

    def test_no_litert(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
        with pytest.raises(HandsUnavailable, match=r"hand detection is off: .*ai_edge_litert"):
            HandDetector()


def test_bones_join_all_joints():
    assert {joint for bone in BONES for joint in bone} == set(range(21))


def test_the_box_of_a_hand():
    hand = Hand(np.array([[1, 5, 0], [4, 3, 0]] * 10 + [[2, 9, 0]], np.float32), "left", 0.5)
    assert hand.box == (1, 3, 4, 9)
    assert hand.extent == 6
