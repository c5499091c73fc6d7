"""The benchmark of reading compares like with like."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from asl.data.sequences.layout import PARTS, SOURCE
from benchmarks import sequences


@pytest.fixture
def files(tmp_path):
    """Two files of ten frames, in which hands are missing for two frames and for five."""
    kinds = [(part, index) for part, (_, count) in PARTS.items() for index in range(count)]
    for seed in range(2):
        points = np.random.default_rng(seed).uniform(0, 1, (10, 543, 3))
        points[2:4, 468:489] = np.nan
        points[3:8, 522:] = np.nan
        table = pd.DataFrame(
            {
                "frame": np.repeat(np.arange(20, 30), 543).astype(np.int16),
                "type": [kind for kind, _ in kinds] * 10,
                "landmark_index": np.array([index for _, index in kinds] * 10, np.int16),
                **{axis: points[..., place].reshape(-1) for place, axis in enumerate("xyz")},
            }
        )
        table.to_parquet(tmp_path / f"{seed}.parquet")
    return [tmp_path / "0.parquet", tmp_path / "1.parquet"]


def test_both_ways_give_the_same(files):
    sequences.check_same(files)
    one, other = sequences.as_the_source(files[0]), sequences.as_here(files[0])
    assert one.shape == other.shape == (10, 96, 2)
    assert np.isfinite(other[2:4, SOURCE.part("left_hand")]).all()
    assert np.isnan(other[3:8, SOURCE.part("right_hand")]).all()


def test_ways_that_differ_are_no_comparison(files, monkeypatch):
    monkeypatch.setattr(sequences, "as_the_source", lambda path: sequences.as_here(path) + 0.1)
    with pytest.raises(ValueError, match=r"0\.parquet: the two ways"):
        sequences.check_same(files)


def test_each_way_is_measured(files):
    table = pd.DataFrame({"path": [str(file) for file in files], "label": "a", "person": None})
    rows = sequences.measure(table, 1)
    assert [row["unit"] for row in rows] == ["files/s"] * 4 + ["", ""]
    assert all(row["value"] > 0 for row in rows)
