"""Rereads: other joints of the same hands, worked out once and then kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from asl.data.folder import read_folder
from asl.data.pictures.cropped import prepare
from asl.data.pictures.examples import Examples
from asl.data.pictures.rereads import reread

POOL = "asl.data.pictures.rereads.worker_pool"


@pytest.fixture(scope="module")
def examples(asl_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Examples:
    table = read_folder(asl_data / "asl_dataset").table
    few = table[table["label"].isin(["B", "Y"])].iloc[::12].reset_index(drop=True)
    return prepare(few, tmp_path_factory.mktemp("cache"), workers=1)


def test_hands_are_read_a_little_differently_each_time(examples: Examples, tmp_path: Path) -> None:
    rereads = reread(examples, 4, tmp_path, workers=1)
    assert rereads.shape == (len(examples), 4, 21, 3) and rereads.dtype == np.float32
    # In hand sizes; rereads in the mirror image are of right hands again.
    apart = np.abs(rereads - examples.landmarks[:, None])[..., :2].mean((2, 3))
    assert (np.median(apart, axis=0) < 0.1).all() and (np.median(apart, axis=0) > 0.005).all()


def test_they_are_kept_and_the_same_in_any_order(
    examples: Examples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[int, int]] = []
    rereads = reread(examples, 2, tmp_path, 1, lambda *done: calls.append(done))
    assert calls[-1] == (len(examples), len(examples))
    backwards = np.arange(len(examples))[::-1]
    other = reread(examples.rows(backwards), 2, tmp_path, workers=1)
    np.testing.assert_array_equal(other, rereads[backwards])
    monkeypatch.setattr(POOL, lambda *_, **__: pytest.fail("read again"))
    calls.clear()
    kept = reread(examples, 2, tmp_path, 1, lambda *done: calls.append(done))
    np.testing.assert_array_equal(kept, rereads)
    assert not calls


def test_small_hands_are_read_less_surely(examples: Examples, tmp_path: Path) -> None:
    rereads = reread(examples, 2, tmp_path, workers=1, small=3)
    assert rereads.shape == (len(examples), 5, 21, 3)
    np.testing.assert_array_equal(rereads[:, :2], reread(examples, 2, tmp_path, workers=1))
    apart = np.abs(rereads - examples.landmarks[:, None])[..., :2].mean((2, 3))
    as_they_are, small = np.median(apart[:, :2]), np.median(apart[:, 2:])
    assert 1.5 * as_they_are < small < 0.3


@pytest.mark.parametrize("count", [0, 3])
def test_without_hands_there_is_nothing_to_read(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(POOL, lambda *_, **__: pytest.fail("read"))
    words, pictures = np.array(["a", "b"]), np.zeros((2, 8, 8, 3), np.uint8)
    found = np.array([count == 0, False])
    landmarks = np.zeros((2, 21, 3), np.float32)
    nothing = Examples(pictures, pictures, landmarks, found, words, words, words, words)
    assert reread(nothing, count, tmp_path, workers=1).shape == (2, count, 21, 3)
