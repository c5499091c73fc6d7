"""A training that is killed goes on where it was, and ends as if nothing had happened."""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from asl.bundle import HISTORY
from asl.data.cache import content_of, forget
from asl.processes import FILE, LOG, end_all, note
from asl.runs.control import resume, submit
from asl.runs.run import history, status
from asl.runs.worker import main
from asl.training.config import DataSet, TrainConfig
from asl.training.fitting.checkpoint import CHECKPOINT
from asl.training.settings import Recipe
from asl.training.tracking import ENVIRONMENT, read_record
from asl.workspace import workspace

#: Stages in which the process is killed, and how far into them.
STAGES = (
    ("finding hands", 0.3),
    ("frozen stages", 0.0),
    ("picture network", 0.6),
    ("exporting", 0.0),
)
FIGURES = ["task", "epoch", "train_loss", "valid_loss", "accuracy", "macro_f1", "learning_rate"]


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    """A training of a few seconds: red pictures against blue ones."""
    for label, channel in (("A", 0), ("B", 2)):
        for number in range(24):
            rgb = np.full((32, 32, 3), 60, np.uint8)
            rgb[..., channel] = 180 + 2 * number
            folder = tmp_path / "colours" / label
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rgb).save(folder / f"{number}.png")
    return TrainConfig(
        "straight",
        (DataSet(str(tmp_path / "colours")),),
        start="none",
        size=64,
        frozen_stages=7,
        copies=2,
        picture=Recipe(epochs=8, batch=8, learning_rate=3e-3),
    )


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch, asl_home: Path) -> None:
    """Trainings are processes that start at once: forked from one that has loaded PyTorch."""
    for name, value in {**ENVIRONMENT, "OMP_NUM_THREADS": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(Path(__file__).parents[2])  # where they find `train_apart`
    context = get_context("forkserver")
    context.set_forkserver_preload(
        [
            "asl.training.cross_validation",
            "asl.evaluation.advice",
            "mlflow.store.tracking.sqlalchemy_store",
        ]
    )

    def start(_: Sequence[str], folder: Path, environment: Mapping[str, str]) -> int:
        process = context.Process(target=train_apart, args=(folder, dict(environment)))
        process.start()
        note(folder, process.pid)
        return process.pid

    monkeypatch.setattr("asl.runs.control.processes.start", start)


def train_apart(folder: Path, environment: dict[str, str]) -> None:
    os.setsid()
    os.environ.update(environment)
    with (folder / LOG).open("ab") as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)
    sys.exit(main(folder))


def pid_of(run) -> int:
    return json.loads((run.folder / FILE).read_text())["pid"]


def wait_until(condition, seconds: float = 180) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.timeout(900)
def test_killed_at_each_stage_it_takes_the_course_of_an_uninterrupted_one(
    config: TrainConfig, forked: None, asl_home: Path
) -> None:
    run = submit(config, "Killed", "Quick", "colours")
    records = set()
    try:
        for stage, share in STAGES:

            def reached(stage: str = stage, share: float = share) -> bool:
                found = status(run)
                assert found.active, found.reason
                now = found.now
                return now.get("task") == stage and now["done"] >= share * now["total"]

            wait_until(reached)
            os.kill(pid_of(run), signal.SIGKILL)
            wait_until(lambda: not status(run).active)
            assert status(run).state == "crashed"
            records.add(read_record(run.folder).get("run_id"))
            resume(run)
        wait_until(lambda: not status(run).active)
        # Forgetting one picture takes all that was made of its set: nothing helps the other.
        cache = workspace() / "cache"
        assert len(list(cache.iterdir())) == 2
        [entry] = config.data
        forget(cache, [content_of(f"{entry.folder}/A/0.png")])
        assert not list(cache.iterdir())
        other = submit(config, "Straight", "Quick", "colours")
        wait_until(lambda: not status(other).active)
    finally:
        end_all(asl_home)
    for one in (run, other):
        assert status(one).state == "done", status(one).reason
    resumed, straight = run.bundle, other.bundle
    assert resumed.card.scores == straight.card.scores
    assert resumed.card.calibration == straight.card.calibration
    curves = [pd.read_parquet(one.folder / HISTORY)[FIGURES] for one in (resumed, straight)]
    pd.testing.assert_frame_equal(*curves)
    assert [row["epoch"] for row in history(run)] == curves[0]["epoch"].tolist()
    # One record, which begins after the hands were found.
    assert records - {None} == {read_record(run.folder)["run_id"]}


def test_a_full_disk_leaves_the_last_checkpoint_whole(
    config: TrainConfig, monkeypatch: pytest.MonkeyPatch, asl_home: Path
) -> None:
    # No process of its own here: the disk is full for this one only.
    monkeypatch.setattr("asl.runs.control.processes.start", lambda *arguments: 0)
    small = replace(config.with_network("sequential"), settings={"widths": [8]}, start="none")
    run = submit(small, "Full", "Quick", "colours")
    save, saved = torch.save, []

    def full(values, file) -> None:
        saved.append(file)
        if len(saved) < 3:
            return save(values, file)
        Path(file).write_bytes(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("torch.save", full)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{__file__}/mlflow.db")
    assert main(run.folder) == 1
    now = status(run)
    assert now.state == "crashed" and "The disk is full." in now.reason
    [checkpoint] = (workspace() / "runs" / run.id).rglob(CHECKPOINT)
    kept = torch.load(checkpoint, weights_only=True)
    assert len(kept["history"]) == 2
    monkeypatch.setattr("torch.save", save)
    resume(run)
    assert main(run.folder) == 0
    assert status(run).state == "done"
    assert [row["epoch"] for row in history(run)] == list(range(1, 9))
