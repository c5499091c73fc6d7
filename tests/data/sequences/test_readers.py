"""A cluster gives the same arrays as this machine, and what is wrong with it is said."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from asl.data.sequences.files.readers import DASK, open_readers
from asl.data.sequences.layout import SOURCE
from asl.data.sequences.listing import list_sequences
from asl.data.sequences.prepare import prepare_sequences


def prepared(table, cache):
    told: dict[str, str] = {}
    examples = prepare_sequences(
        table, cache, "words", SOURCE, 1, lambda done, total: None, told.__setitem__
    )
    return examples, told


def test_two_workers_of_a_cluster_give_the_same_arrays(tmp_path, monkeypatch, write_signs):
    distributed = pytest.importorskip("distributed")
    write_signs(tmp_path / "s", [(1, number, "ab"[number % 2]) for number in range(40)])
    (tmp_path / "s/train_landmark_files/1/7.parquet").write_bytes(b"damaged")
    table = list_sequences(tmp_path / "s").table
    here, told_here = prepared(table, tmp_path / "here")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        monkeypatch.setenv(DASK, cluster.scheduler_address)
        with open_readers(1) as (pool, count):
            assert count == 2
            assert list(pool.map(abs, [-1, 2])) == [1, 2]
        there, told_there = prepared(table, tmp_path / "there")
    assert told_there == told_here and len(told_here) == 1
    assert there.paths.tolist() == here.paths.tolist()
    for row in range(len(here)):
        np.testing.assert_array_equal(there.sequence(row), here.sequence(row))


def test_a_scheduler_that_is_not_there_is_told(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("asl.data.sequences.files.readers._SECONDS", 1)
    monkeypatch.setenv(DASK, "tcp://127.0.0.1:9")
    with pytest.raises(ValueError, match=r"ASL_DASK: no Dask scheduler answers"), open_readers(1):
        pass


def test_a_cluster_without_dask_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.setenv(DASK, "tcp://127.0.0.1:9")
    with pytest.raises(ValueError, match="Dask is not installed"), open_readers(1):
        pass


def test_without_a_cluster_this_machine_reads(monkeypatch):
    monkeypatch.delenv(DASK, raising=False)
    with open_readers(1) as (pool, count):
        assert count == 1 and list(pool.map(abs, [-1])) == [1]
