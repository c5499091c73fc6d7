"""The landmarks of single clips are read wherever they lie."""

import numpy as np
import pytest

from asl.data.sequences.layout import HANDS, HOLISTIC
from asl.evaluation.sequences.clips import read_clips


@pytest.fixture
def packed(tmp_path):
    file = tmp_path / "clips.npz"
    x = np.random.default_rng(0).random((9, 42, 3)).astype(np.float16)
    x[4:6] = np.nan  # of the second nothing is seen
    np.savez_compressed(
        file,
        x=x,
        length=np.array([4, 2, 3]),
        participant_id=np.array(["a", "a", "b"]),
        sequence_id=np.arange(3),
        sign=np.array(["up", "up", "down"]),
        landmark_idx=np.array(HANDS.rows),
    )
    return file, x


def test_clips_of_a_packed_file_are_read_by_their_number(packed, tmp_path):
    file, x = packed
    paths = [f"{file}#2", f"{file}#0"]
    found = read_clips(paths, tmp_path / "cache", HANDS)
    assert set(found) == set(paths)
    assert found[f"{file}#2"].shape == (3, 543, 3)
    np.testing.assert_array_equal(found[f"{file}#0"], HOLISTIC.take(x[:4], HANDS.rows))


@pytest.mark.parametrize("path", ["#1", "#7"])
def test_what_cannot_be_read_is_left_out(packed, tmp_path, path):
    file, _ = packed
    assert read_clips([f"{file}{path}"], tmp_path / "cache", HANDS) == {}


def test_files_that_are_gone_are_left_out(tmp_path):
    gone = [str(tmp_path / "gone.npz#0"), str(tmp_path / "gone.pose"), str(tmp_path / "gone.mp4")]
    assert read_clips(gone, tmp_path / "cache", HANDS) == {}
