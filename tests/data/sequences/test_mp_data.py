"""A file for each frame, as the most copied tutorial has it."""

from __future__ import annotations

import numpy as np
import pytest

from asl.data.sequences.files.mp_data import read_folder
from asl.data.sequences.layout import HOLISTIC, SOURCE
from asl.data.sequences.limits import SequenceError


def frame(points):
    """The tutorial's `extract_keypoints` for (543, 3)."""
    pose = np.concatenate([points[489:522], np.ones((33, 1))], 1)
    parts = pose, points[:468], points[468:489], points[522:]
    return np.concatenate([part.flatten() for part in parts])


@pytest.fixture
def points():
    return np.random.default_rng(0).uniform(0.1, 1, (12, 543, 3))


@pytest.fixture
def root(tmp_path, points):
    for word, sequence in (("yes", 2), ("yes", 10), ("no", 0)):
        folder = tmp_path / word / str(sequence)
        folder.mkdir(parents=True)
        for number, one in enumerate(points):
            np.save(folder / f"{number}.npy", frame(one))
    return tmp_path


def test_frames_are_read_in_the_order_of_their_numbers(root, points):
    read = read_folder(root / "yes/2", HOLISTIC)
    np.testing.assert_allclose(read, points, rtol=1e-6)
    chosen = read_folder(root / "yes/2", SOURCE)
    np.testing.assert_allclose(chosen, points[:, list(SOURCE.rows)], rtol=1e-6)


def test_zeros_and_missing_files_are_unseen(root, points):
    folder = root / "yes/2"
    points[3, 468:489] = 0
    np.save(folder / "3.npy", frame(points[3]))
    (folder / "5.npy").unlink()
    read = read_folder(folder, SOURCE)
    assert len(read) == 12
    assert np.isnan(read[3, SOURCE.part("left_hand")]).all()
    assert np.isfinite(read[3, SOURCE.part("right_hand")]).all()
    assert np.isnan(read[5]).all()


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.zeros(1661), "1661 values"),
        (np.zeros((1662, 2)), "3324 values"),
        (np.array(["a"] * 1662), "1662 values"),
        (np.array([None] * 1662, object), "other things"),
    ],
)
def test_what_is_no_frame_is_refused(root, values, reason):
    np.save(root / "yes/2/4.npy", values, allow_pickle=True)
    with pytest.raises(SequenceError, match=reason) as refused:
        read_folder(root / "yes/2", SOURCE)
    assert "4.npy" in refused.value.file


@pytest.mark.parametrize(
    ("name", "reason"),
    [("100000.npy", "100,001 frames"), ("00.npy", "no frame's"), ("9999999999.npy", "no frame's")],
)
def test_absurd_numbers_of_frames_are_refused(root, name, reason):
    np.save(root / "yes/2" / name, np.ones(1662))
    with pytest.raises(SequenceError, match=reason):
        read_folder(root / "yes/2", SOURCE)


def test_folders_without_frames_are_refused(tmp_path, root):
    (tmp_path / "none").mkdir()
    with pytest.raises(SequenceError, match="no frames"):
        read_folder(tmp_path / "none", SOURCE)
    with pytest.raises(SequenceError, match="cannot be read"):
        read_folder(tmp_path / "?", SOURCE)


def test_nothing_seen_at_all_is_refused(tmp_path):
    np.save(tmp_path / "0.npy", np.zeros(1662))
    with pytest.raises(SequenceError, match="none of the wanted"):
        read_folder(tmp_path, SOURCE)
