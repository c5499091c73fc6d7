"""Body, face and hands in frames of a real film, and in none."""

import sys

import numpy as np
import pytest

from asl.body import BodyTracker
from asl.body import networks as files
from asl.data.sequences.layout import FACE, HOLISTIC, LEFT_HAND, PARTS, POSE, RIGHT_HAND, mirror
from asl.hands.boxes import BoxNetwork
from asl.hands.networks import HandsUnavailable

BLACK = np.zeros((480, 640, 3), np.uint8)


@pytest.fixture(scope="module")
def whole():
    return BodyTracker()


@pytest.fixture(scope="module")
def hands_alone():
    return BodyTracker(pose=False)


@pytest.fixture
def tracker(request):
    made = request.getfixturevalue(request.param)
    made.reset()
    return made


both = pytest.mark.parametrize("tracker", ["whole", "hands_alone"], indirect=True)
body = pytest.mark.parametrize("tracker", ["whole"], indirect=True)
alone = pytest.mark.parametrize("tracker", ["hands_alone"], indirect=True)


def parts(landmarks):
    """The parts that are seen, each as a whole or not at all."""
    found = set()
    for part, (first, count) in PARTS.items():
        known = np.isfinite(landmarks[first : first + count])
        assert known.all() or not known.any()
        if known.all():
            found.add(part)
    return found


def hand_size(landmarks, size):
    points = landmarks[:, :2] * size
    return (points.max(0) - points.min(0)).max()


@both
@pytest.mark.parametrize("size", [(480, 640), (1, 1), (1, 900), (900, 1)], ids=str)
def test_nothing_is_seen_in_the_dark(tracker, size):
    for _ in range(2):
        landmarks = tracker.track(np.zeros((*size, 3), np.uint8))
        assert landmarks.shape == (543, 3) and landmarks.dtype == np.float32
        assert np.isnan(landmarks).all()
    assert max(tracker.confidence.values()) < 0.5


@body
def test_a_person_is_seen_as_a_whole(tracker, frames):
    landmarks = tracker.track(frames[0])
    assert parts(landmarks) == set(PARTS)
    assert min(tracker.confidence.values()) > 0.5
    # The face lies around the nose, and each hand at its own wrist.
    nose, left_wrist, right_wrist = landmarks[[POSE[0], POSE[15], POSE[16]], :2]
    low, high = landmarks[list(FACE), :2].min(0), landmarks[list(FACE), :2].max(0)
    assert (low < nose).all() and (nose < high).all()
    for rows, own, other in (
        (LEFT_HAND, left_wrist, right_wrist),
        (RIGHT_HAND, right_wrist, left_wrist),
    ):
        wrist = landmarks[rows[0], :2]
        assert np.hypot(*(wrist - own)) < 0.06 < np.hypot(*(wrist - other))


@alone
def test_hands_alone_are_those_of_the_whole_person(tracker, whole, frames):
    whole.reset()
    for rgb in frames[:3]:
        expected, landmarks = whole.track(rgb), tracker.track(rgb)
        assert parts(landmarks) == {"left_hand", "right_hand"}
        for rows in map(list, (LEFT_HAND, RIGHT_HAND)):
            apart = (landmarks[rows, :2] - expected[rows, :2]) * (320, 240)
            size = hand_size(expected[rows], (320, 240))
            assert np.hypot(*apart.T).mean() < 0.08 * size


@both
def test_a_mirror_swaps_left_and_right(tracker, frames):
    plain = [tracker.track(rgb) for rgb in frames[:3]]
    tracker.reset()
    seen = [tracker.track(np.ascontiguousarray(rgb[:, ::-1])) for rgb in frames[:3]]
    for landmarks, mirrored in zip(plain, seen, strict=True):
        back = mirror(mirrored[None], HOLISTIC)[0]
        assert parts(back) == parts(landmarks) >= {"left_hand", "right_hand"}
        for rows in map(list, (LEFT_HAND, RIGHT_HAND)):
            apart = np.hypot(*((back - landmarks)[rows, :2] * (320, 240)).T).mean()
            assert apart < 0.12 * hand_size(landmarks[rows], (320, 240))


@both
def test_what_is_followed_is_not_searched_again(tracker, frames, monkeypatch):
    searched = []
    find = BoxNetwork.find

    def counted(self, *given, **options):
        searched.append(self.size)
        return find(self, *given, **options)

    monkeypatch.setattr(BoxNetwork, "find", counted)
    for rgb in frames:
        tracker.track(rgb)
    # Faces are searched in every frame, in 128 pixels, where the body has them.
    once = [size for size in searched if size != 128]
    assert len(once) == 1
    # Who is gone is searched again, and found.
    tracker.track(BLACK)
    assert {"left_hand", "right_hand"} <= parts(tracker.track(frames[0]))
    assert len([size for size in searched if size != 128]) > 1


@body
def test_frames_of_one_film_do_not_change_the_next(tracker, frames):
    first = tracker.track(frames[0])
    for rgb in frames[1:]:
        tracker.track(rgb)
    tracker.reset()
    assert max(tracker.confidence.values()) == 0
    np.testing.assert_array_equal(tracker.track(frames[0]), first)


@body
def test_larger_frames_have_their_landmarks_in_the_same_places(tracker, frames):
    plain = tracker.track(frames[0])
    tracker.reset()
    larger = tracker.track(frames[0].repeat(4, axis=0).repeat(4, axis=1))
    pose = list(POSE)[:25]
    assert np.abs(larger[pose, :2] - plain[pose, :2]).max() < 0.03


def test_parts_that_are_not_wanted_are_not_looked_for(frames):
    tracker = BodyTracker(face=False)
    assert parts(tracker.track(frames[0])) == {"left_hand", "pose", "right_hand"}


@pytest.mark.parametrize(
    ("rgb", "named"),
    [
        (None, r"rgb: expected \(height, width, 3\)"),
        (np.zeros((4, 4)), r"rgb: expected \(height, width, 3\)"),
        (np.zeros((4, 4, 4), np.uint8), r"rgb: expected \(height, width, 3\)"),
        (np.zeros((0, 4, 3), np.uint8), r"rgb: expected \(height, width, 3\)"),
        (np.zeros((4, 4, 3)), "rgb: expected uint8, got float64"),
    ],
    ids=["nothing", "grey", "four channels", "empty", "no bytes"],
)
def test_what_is_no_frame_is_refused(whole, rgb, named):
    with pytest.raises(ValueError, match=named):
        whole.track(rgb)


@pytest.mark.parametrize("threads", [0, -1, 17])
def test_threads_out_of_range_are_named(threads):
    with pytest.raises(ValueError, match=f"threads: expected 1 to 16, got {threads}"):
        BodyTracker(threads)


def test_a_missing_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "BODY_MODELS", tmp_path)
    with pytest.raises(HandsUnavailable, match=r"off: pose_detection\.tflite is missing"):
        BodyTracker()


def test_a_damaged_file_is_said(tmp_path, monkeypatch):
    (tmp_path / "pose_detection.tflite").write_bytes(b"no network")
    monkeypatch.setattr(files, "BODY_MODELS", tmp_path)
    with pytest.raises(HandsUnavailable, match="finding body and face is off"):
        BodyTracker()


@pytest.mark.parametrize("pose", [True, False])
def test_without_litert_it_is_said(monkeypatch, pose):
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(HandsUnavailable, match="is off"):
        BodyTracker(pose=pose)
