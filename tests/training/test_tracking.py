"""Tracking records a run when it can, and never gets in its way when it cannot."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import plotly.graph_objects as go
import pytest

from asl.training.tracking import (
    MAX_FAILURES_IN_A_ROW,
    TRACKING,
    Tracker,
    link,
    promote,
    read_record,
)
from tests.servers import free_port, wait_for


@pytest.fixture
def database(asl_home: Path) -> Path:
    return asl_home / "mlflow.db"


def client(database: Path):
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=f"sqlite:///{database}")


def test_a_run_can_be_read_back(database: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "card.json").write_text("{}")

    with Tracker("a run") as tracker:
        tracker.log_params({"epochs": 2, "net": "hand_landmarks"})
        for epoch, loss in enumerate((0.5, 0.25)):
            tracker.log_metrics({"loss": loss, "f1": 1 - loss}, step=epoch)
        tracker.log_figure(go.Figure(go.Scatter(y=[1, 2])), "loss")
        tracker.log_folder(bundle, "bundle")

    assert tracker.failures == []
    stored = client(database)
    run = stored.get_run(tracker.run_id)
    assert run.info.run_name == "a run"
    assert run.info.status == "FINISHED"
    assert run.data.params == {"epochs": "2", "net": "hand_landmarks"}
    history = stored.get_metric_history(tracker.run_id, "loss")
    assert [(metric.step, metric.value) for metric in history] == [(0, 0.5), (1, 0.25)]
    artifacts = database.parent / "mlartifacts" / tracker.run_id / "artifacts"
    assert "plotly" in (artifacts / "figures" / "loss.html").read_text()
    assert (artifacts / "bundle" / "card.json").read_text() == "{}"


def test_runs_share_an_experiment_and_an_error_marks_its_run(database: Path) -> None:
    with Tracker("good") as good:
        pass
    with pytest.raises(ZeroDivisionError), Tracker("bad") as bad:
        raise ZeroDivisionError
    with pytest.raises(KeyboardInterrupt), Tracker("cancelled") as cancelled:
        raise KeyboardInterrupt

    runs = [client(database).get_run(tracker.run_id) for tracker in (good, bad, cancelled)]
    assert [run.info.status for run in runs] == ["FINISHED", "FAILED", "KILLED"]
    assert len({run.info.experiment_id for run in runs}) == 1


def test_nothing_is_printed_where_the_command_line_promises_json(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with Tracker("quiet") as tracker:
        tracker.log_metrics({"loss": 1.0}, step=0)
    assert capfd.readouterr().out == ""


def test_an_absent_server_costs_seconds(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")

    started = time.monotonic()
    with caplog.at_level(logging.WARNING, "asl"), Tracker("no server") as tracker:
        for epoch in range(100):
            tracker.log_metrics({"loss": 1.0}, step=epoch)
    assert time.monotonic() - started < 20
    assert tracker.run_id is None
    assert len(tracker.failures) == 1
    assert "Could not open the run" in tracker.failures[0]
    own = [record.message for record in caplog.records if record.name == "asl.training.tracking"]
    assert own == tracker.failures


def test_a_database_locked_from_the_start(database: Path) -> None:
    database.parent.mkdir()
    with closing(sqlite3.connect(database)) as other:
        other.execute("BEGIN EXCLUSIVE")
        started = time.monotonic()
        with Tracker("locked") as tracker:
            tracker.log_params({"epochs": 1})
        assert time.monotonic() - started < 5
    assert len(tracker.failures) == 1
    assert "locked" in tracker.failures[0]


def test_a_short_lock_loses_what_fell_into_it_and_no_more(database: Path) -> None:
    with Tracker("locked for a while") as tracker:
        with closing(sqlite3.connect(database)) as other:
            other.execute("BEGIN EXCLUSIVE")
            tracker.log_metrics({"loss": 3.0}, step=0)
        tracker.log_metrics({"loss": 2.0}, step=1)

    assert len(tracker.failures) == 1
    stored = client(database)
    history = stored.get_metric_history(tracker.run_id, "loss")
    assert [metric.step for metric in history] == [1]
    assert stored.get_run(tracker.run_id).info.status == "FINISHED"


def test_a_long_lock_switches_tracking_off(database: Path) -> None:
    with Tracker("locked for long") as tracker:
        with closing(sqlite3.connect(database)) as other:
            other.execute("BEGIN EXCLUSIVE")
            for epoch in range(100):
                tracker.log_metrics({"loss": 1.0}, step=epoch)
        tracker.log_metrics({"loss": 1.0}, step=100)

    assert len(tracker.failures) == MAX_FAILURES_IN_A_ROW
    assert client(database).get_metric_history(tracker.run_id, "loss") == []
    assert client(database).get_run(tracker.run_id).info.status == "FINISHED"


@pytest.mark.parametrize(
    "obstacle",
    [
        pytest.param(lambda home: home.write_text(""), id="a file in place of the workspace"),
        pytest.param(
            lambda home: (home / "mlflow.db").mkdir(parents=True), id="a database that cannot open"
        ),
    ],
)
def test_a_workspace_that_cannot_be_written(
    asl_home: Path, obstacle: Callable[[Path], None]
) -> None:
    obstacle(asl_home)
    started = time.monotonic()
    with Tracker("nowhere") as tracker:
        tracker.log_params({"epochs": 1})
    assert time.monotonic() - started < 5
    assert tracker.run_id is None
    assert len(tracker.failures) == 1


def test_an_interrupted_run_goes_on_in_the_record_that_it_began(
    database: Path, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt), Tracker("one", folder=tmp_path) as first:
        first.log_metrics({"loss": 2.0}, step=1)
        raise KeyboardInterrupt
    with Tracker("one", folder=tmp_path) as second:
        second.log_metrics({"loss": 1.0}, step=2)

    assert second.run_id == first.run_id
    stored = client(database)
    assert stored.get_run(first.run_id).info.status == "FINISHED"
    assert [m.step for m in stored.get_metric_history(first.run_id, "loss")] == [1, 2]
    assert link(read_record(tmp_path)) == ""


def test_a_record_in_another_store_is_left_alone(tmp_path: Path, monkeypatch) -> None:
    with Tracker("one", folder=tmp_path) as first:
        pass
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'other.db'}")
    assert "not registered in" in promote(tmp_path)[0]
    with Tracker("one", folder=tmp_path) as second:
        pass
    assert second.run_id != first.run_id
    assert second.failures == []


def test_passwords_are_neither_noted_nor_shown(tmp_path: Path, monkeypatch) -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://me:secret@127.0.0.1:{port}/")
    with Tracker("closed", folder=tmp_path) as tracker:
        pass
    assert len(tracker.failures) == 1
    note = read_record(tmp_path)
    assert note["store"] == f"http://127.0.0.1:{port}"
    assert note["failures"] == tracker.failures
    assert "secret" not in (tmp_path / TRACKING).read_text()


def test_folders_that_cannot_be_written_end_nothing(asl_home: Path, tmp_path: Path, caplog) -> None:
    for place in (asl_home, tmp_path / "run"):
        place.write_text("")
    with caplog.at_level(logging.WARNING, "asl"), Tracker("x", folder=tmp_path / "run") as tracker:
        tracker.log_metrics({"loss": 1.0}, step=0)
    assert len(tracker.failures) == 1
    assert "Could not note" in caplog.text


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A tracking server of MLflow's own on this computer."""
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable, "-m", "mlflow", "server", "--workers", "1", "--port", str(port),
            "--backend-store-uri", f"sqlite:///{tmp_path / 'server.db'}",
            "--artifacts-destination", str(tmp_path / "server-artifacts"),
        ],
        env={
            **os.environ,
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        wait_for(process, lambda: urlopen(f"http://127.0.0.1:{port}/health", timeout=1), 90)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_server_keeps_runs_models_and_the_champion(
    server: str, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "card.json").write_text("{}")
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        with Tracker(name, folder=tmp_path / name) as tracker:
            tracker.log_metrics({"accuracy": 0.9}, step=0)
            tracker.log_folder(bundle, "bundle")
            tracker.register("bundle", "asl-letters")
        assert tracker.failures == []

    from mlflow import MlflowClient

    stored = MlflowClient(tracking_uri=server)
    for name, version in (("first", "1"), ("second", "2")):
        assert promote(tmp_path / name) == []
        assert stored.get_model_version_by_alias("asl-letters", "champion").version == version
    note = read_record(tmp_path / "second")
    assert note["champion"] and note["failures"] == []
    run = stored.get_run(note["run_id"])
    assert run.data.metrics == {"accuracy": 0.9}
    assert [one.path for one in stored.list_artifacts(note["run_id"], "bundle")] == [
        "bundle/card.json"
    ]
    assert link(note) == f"{server}/#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}"
