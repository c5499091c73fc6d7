"""Tracking records a run when it can, and never gets in its way when it cannot."""

from __future__ import annotations

import logging
import socket
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import plotly.graph_objects as go
import pytest

from asl.training.tracking import MAX_FAILURES_IN_A_ROW, Tracker


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
