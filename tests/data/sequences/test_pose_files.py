"""`.pose` files with Holistic's layout, whole and reduced, and others."""

from __future__ import annotations

import struct

import numpy as np
import numpy.ma as ma
import pytest
from pose_format import Pose, PoseHeader
from pose_format.numpy import NumPyPoseBody
from pose_format.pose_header import PoseHeaderComponent, PoseHeaderDimensions

from asl.data.sequences.files import pose_files
from asl.data.sequences.files.pose_files import read_pose
from asl.data.sequences.layout import HOLISTIC, SOURCE
from asl.data.sequences.limits import Limits, SequenceError

WIDTH, HEIGHT = 640, 480
FACE = [str(place) for place in range(468)]
PARTS = {
    "POSE_LANDMARKS": (list(pose_files.BODY_NAMES), 489),
    "FACE_LANDMARKS": (FACE, 0),
    "LEFT_HAND_LANDMARKS": (list(pose_files.HAND_NAMES), 468),
    "RIGHT_HAND_LANDMARKS": (list(pose_files.HAND_NAMES), 522),
}


@pytest.fixture
def points():
    random = np.random.default_rng(0)
    made = random.uniform(0, 1, (6, 543, 3)).astype(np.float32)
    made[2, 522:] = np.nan
    return made


def stored(path, points, parts=PARTS, axes="XYZC", size=(WIDTH, HEIGHT), version=0.2, pace=25):
    components, columns = [], []
    for name, (names, _) in parts.items():
        components.append(PoseHeaderComponent(name, names, [], [], axes))
    for _, (names, first) in parts.items():
        known = PARTS["FACE_LANDMARKS"][0] if first == 0 else names
        columns += [first + known.index(one) for one in names]
    data = points[:, columns, : len(axes) - 1] * np.array([WIDTH, HEIGHT, WIDTH])[: len(axes) - 1]
    confidence = np.isfinite(data[..., 0]).astype(np.float32)
    data = np.nan_to_num(data)[:, None]
    header = PoseHeader(version, PoseHeaderDimensions(*size, 0), components)
    body = NumPyPoseBody(pace, ma.masked_array(data), confidence[:, None])
    with path.open("wb") as file:
        Pose(header, body).write(file)
    return path


def test_a_whole_holistic_file_gives_shares_of_the_frame(tmp_path, points):
    path = stored(tmp_path / "a.pose", points)
    np.testing.assert_allclose(read_pose(path, HOLISTIC), points, rtol=1e-5)
    chosen = read_pose(path, SOURCE)
    np.testing.assert_allclose(chosen, points[:, list(SOURCE.rows)], rtol=1e-5)


@pytest.mark.parametrize(("pace", "frames"), [(50, 11), (25, 21), (12.5, 41), (0, 21), (1e9, 21)])
def test_films_of_any_pace_move_alike(tmp_path, pace, frames):
    """A pace that cannot be is none, and the frames stay as they are."""
    points = np.repeat(np.linspace(0.1, 0.9, 21, dtype=np.float32), 543 * 3).reshape(21, 543, 3)
    read = read_pose(stored(tmp_path / "a.pose", points, pace=pace), SOURCE)
    expected = np.linspace(0.1, 0.9, frames)
    np.testing.assert_allclose(read[:, 0, 0], expected, rtol=1e-4)


def test_a_slow_film_that_would_become_too_long_is_refused(tmp_path, points):
    path = stored(tmp_path / "a.pose", points, pace=1)
    with pytest.raises(SequenceError, match="it has 126 frames, at most 100"):
        read_pose(path, SOURCE, Limits(frames=100))


def test_a_reduced_file_gives_what_it_has(tmp_path, points):
    some = {
        "FACE_LANDMARKS": (["17", "61", "291"], 0),
        "LEFT_HAND_LANDMARKS": PARTS["LEFT_HAND_LANDMARKS"],
    }
    read = read_pose(stored(tmp_path / "a.pose", points, some, "XYC"), HOLISTIC)
    kept = [17, 61, 291, *range(468, 489)]
    np.testing.assert_allclose(read[:, kept, :2], points[:, kept, :2], rtol=1e-5)
    assert np.isnan(np.delete(read, kept, 1)).all()


def test_world_landmarks_are_not_taken_for_those_of_the_frame(tmp_path, points):
    parts = {"POSE_WORLD_LANDMARKS": (list(pose_files.BODY_NAMES), 489), **PARTS}
    read = read_pose(stored(tmp_path / "a.pose", points, parts), HOLISTIC)
    np.testing.assert_allclose(read, points, rtol=1e-5)


def test_another_layout_is_refused_by_its_name(tmp_path, points):
    parts = {"pose_keypoints_2d": (list(pose_files.BODY_NAMES), 489)}
    with pytest.raises(SequenceError, match="pose_keypoints_2d"):
        read_pose(stored(tmp_path / "a.pose", points, parts), SOURCE)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0", struct.pack("<f", 0.2), struct.pack("<f", 0.2) + b"\xff" * 200, b"%PDF-1.4 more"],
)
def test_what_is_no_pose_file_is_refused(tmp_path, content):
    (tmp_path / "a.pose").write_bytes(content)
    with pytest.raises(SequenceError, match=r"a\.pose"):
        read_pose(tmp_path / "a.pose", SOURCE)


def test_the_oldest_version_is_refused_unread(tmp_path):
    (tmp_path / "a.pose").write_bytes(struct.pack("<f", 0.0) + b"\xff" * 100)
    with pytest.raises(SequenceError, match="version 0 is not"):
        read_pose(tmp_path / "a.pose", SOURCE)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_cut_file_is_refused(tmp_path, points, share):
    path = stored(tmp_path / "a.pose", points)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])
    with pytest.raises(SequenceError, match="damaged"):
        read_pose(path, SOURCE)


def test_sizes_are_looked_at(tmp_path, points):
    path = stored(tmp_path / "a.pose", points)
    with pytest.raises(SequenceError, match="6 frames, at most 5"):
        read_pose(path, SOURCE, Limits(frames=5))
    with pytest.raises(SequenceError, match="at most 100"):
        read_pose(path, SOURCE, Limits(file_bytes=100))
    with pytest.raises(SequenceError, match="no size"):
        read_pose(stored(path, points, size=(0, 0)), SOURCE)


def test_nothing_seen_at_all_is_refused(tmp_path, points):
    with pytest.raises(SequenceError, match="none of the wanted"):
        read_pose(stored(tmp_path / "a.pose", np.full_like(points, np.nan)), SOURCE)
