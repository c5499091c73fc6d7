"""A hand followed through a video made of photographs."""

import numpy as np
import pytest
from PIL import Image

from asl.hands.detector import HandDetector
from asl.hands.networks import HandsUnavailable, Palms
from asl.hands.tracker import HandTracker
from asl.images import load_rgb


@pytest.fixture
def tracker():
    return HandTracker()


@pytest.fixture(scope="module")
def frame(asl_data) -> np.ndarray:
    photo = Image.fromarray(load_rgb(sorted((asl_data / "asl_letters/valid/L").iterdir())[0]))
    scene = Image.new("RGB", (640, 480), (110, 110, 110))
    scene.paste(photo.resize((440, 440)), (100, 20))
    return np.asarray(scene)


def shifted(frame, x):
    return np.ascontiguousarray(np.roll(frame, x, axis=1))


def test_empty_frames_have_no_hand(tracker):
    for size in ((480, 640), (1, 1), (1, 900)):
        assert tracker.track(np.zeros((*size, 3), np.uint8)) is None


def test_the_hand_is_where_the_detector_finds_it(tracker, frame):
    detector = HandDetector()
    for x in (0, 10, 20, 30):
        hand, still = tracker.track(shifted(frame, x)), detector.detect(shifted(frame, x))
        difference = np.abs(hand.landmarks[:, :2] - still.landmarks[:, :2]).mean()
        assert difference < 0.05 * still.extent and hand.side == still.side


def test_it_is_lost_where_it_leaves_and_found_again(tracker, frame):
    empty = np.full_like(frame, 110)
    assert tracker.track(frame) is not None
    assert [tracker.track(empty) for _ in range(3)] == [None] * 3
    assert any(tracker.track(frame) is not None for _ in range(3))


def test_a_mirrored_hand_is_the_other_one(tracker, frame):
    side = tracker.track(frame).side
    tracker.restart()
    assert tracker.track(np.ascontiguousarray(frame[:, ::-1])).side != side


def test_a_hand_that_fills_the_frame_is_found_with_padding(tracker, asl_data):
    photo = load_rgb(sorted((asl_data / "asl_dataset" / "b").iterdir())[0])
    assert any(tracker.track(photo) is not None for _ in range(3))


def test_most_hands_are_found_without_their_palm(tracker, asl_data, monkeypatch):
    monkeypatch.setattr(Palms, "find", lambda *search: None)
    found = []
    for path in sorted((asl_data / "asl_letters/valid").glob("*/*"))[::4]:
        photo = load_rgb(path)
        found.append(any(tracker.track(photo) is not None for _ in range(6)))
        tracker.restart()
    assert np.mean(found) > 0.7


def test_no_model_file(tmp_path):
    with pytest.raises(HandsUnavailable, match=r"absent\.task is missing"):
        HandTracker(tmp_path / "absent.task")
