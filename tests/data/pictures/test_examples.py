"""Examples of several data sets: joined and chosen from without being read into memory."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from asl.data.pictures.examples import Examples, Pictures


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.data())
def test_pictures_of_several_arrays_are_indexed_like_one(sizes: list[int], data) -> None:
    arrays = [np.random.default_rng(n).integers(0, 256, (n, 2, 2, 3), np.uint8) for n in sizes]
    one, joined = np.concatenate(arrays), Pictures.join(arrays)
    rows = np.array(data.draw(st.lists(st.integers(0, len(one) - 1), min_size=1)))
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(one), max_size=len(one))))
    assert len(joined) == len(one)
    for index in (int(rows[0]), slice(1, None), rows, mask, rows[:0]):
        np.testing.assert_array_equal(joined[index], one[index])
    for index in (rows, mask):
        np.testing.assert_array_equal(joined.take(index)[:], one[index])
    again = Pictures.join([joined.take(rows), arrays[0]])
    np.testing.assert_array_equal(again[:], np.concatenate([one[rows], arrays[0]]))
    np.testing.assert_array_equal(np.stack(list(joined)), one)
    joined[rows][:] = 0  # what is given out is a copy
    np.testing.assert_array_equal(joined[:], one)


def test_data_sets_are_joined_on_disk(tmp_path: Path) -> None:
    count, size = 60, (200, 200, 3)

    def part(name: str, value: int) -> Examples:
        pictures = np.lib.format.open_memmap(
            tmp_path / f"{name}.npy", "w+", np.uint8, (count, *size)
        )
        pictures[:] = value
        words = np.full(count, name)
        landmarks = np.zeros((count, 21, 3), np.float32)
        found = np.zeros(count, bool)
        return Examples(pictures, pictures, landmarks, found, words, words, words, words)

    parts = [part("a", 1), part("b", 2)]
    tracemalloc.start()
    joined = Examples.concatenate(parts)
    chosen = joined.rows(np.arange(50, 70))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000 < parts[0].crops.nbytes
    assert chosen.labels.tolist() == ["a"] * 10 + ["b"] * 10
    assert chosen.crops[:].mean(axis=(1, 2, 3)).tolist() == [1] * 10 + [2] * 10
    assert chosen.rows(np.array([15])).uncropped[0].tolist() == parts[1].uncropped[0].tolist()
