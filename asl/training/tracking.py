"""Records a run in MLflow without ever being able to end it."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from asl.bundle import workspace

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from plotly.graph_objects import Figure

log = logging.getLogger(__name__)

MAX_FAILURES_IN_A_ROW = 3

# MLflow's own defaults wait for minutes on a dead server, print links on standard output, where
# the command line promises JSON only, and report usage to MLflow's makers.
ENVIRONMENT = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}


class Tracker:
    """One MLflow run, as a context manager.

    Nothing here raises because of MLflow: a failure is logged, kept in ``failures`` and the run
    goes on. Where the run cannot be opened, or after ``MAX_FAILURES_IN_A_ROW`` failures in a row,
    tracking is off for the rest of the run, so that a dead server costs seconds, not hours.

    The store is ``uri``, else ``MLFLOW_TRACKING_URI``, else an SQLite database in the workspace
    (``ASL_HOME``, default ``./workspace``), with the artifacts beside it. In distributed training
    only the main process should enter a tracker.

        with Tracker("b0, 10 epochs") as tracker:
            tracker.log_params({"epochs": 10})
            tracker.log_metrics({"loss": 0.3}, step=1)

    Attributes:
        run_id: MLflow's id of the run; None until entered, and where it could not be opened.
        failures: what went wrong, in order, in words; empty if all was recorded.
    """

    def __init__(self, run_name: str, experiment: str = "asl", uri: str | None = None) -> None:
        self.run_name = run_name
        self.experiment = experiment
        self.uri = uri or os.environ.get("MLFLOW_TRACKING_URI") or _workspace_uri()
        self.run_id: str | None = None
        self.failures: list[str] = []
        self._client: MlflowClient | None = None
        self._failures_in_a_row = 0

    def __enter__(self) -> Tracker:
        self._attempt("open the run", self._open)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._client is None:
            return
        if kind is None:
            status = "FINISHED"
        else:
            status = "FAILED" if issubclass(kind, Exception) else "KILLED"
        # Also when tracking was switched off: a run left open looks as if it were still training.
        self._attempt("close the run", lambda: self._client.set_terminated(self.run_id, status))
        self._client = None

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Records the settings of the run."""

        def send() -> None:
            from mlflow.entities import Param

            values = [Param(key, str(value)) for key, value in params.items()]
            self._client.log_batch(self.run_id, params=values)

        self._log("log parameters", send)

    def log_metrics(self, metrics: Mapping[str, float], step: int) -> None:
        """Records one value of each metric, at ``step`` (the epoch)."""

        def send() -> None:
            from mlflow.entities import Metric

            now = time.time_ns() // 1_000_000
            values = [Metric(key, float(value), now, step) for key, value in metrics.items()]
            self._client.log_batch(self.run_id, metrics=values)

        self._log("log metrics", send)

    def log_figure(self, figure: Figure, name: str) -> None:
        """Records a Plotly figure as the web page ``figures/<name>.html``."""
        self._log(
            f"log figure {name}",
            lambda: self._client.log_figure(self.run_id, figure, f"figures/{name}.html"),
        )

    def log_folder(self, path: Path, artifact_path: str) -> None:
        """Records a folder and all in it, such as a model bundle."""
        self._log(
            f"log folder {artifact_path}",
            lambda: self._client.log_artifacts(self.run_id, str(path), artifact_path),
        )

    def _open(self) -> None:
        for key, value in ENVIRONMENT.items():
            os.environ.setdefault(key, value)
        from mlflow import MlflowClient

        client = MlflowClient(tracking_uri=self.uri)
        database = _sqlite_file(self.uri)
        known = client.get_experiment_by_name(self.experiment)
        if known:
            experiment_id = known.experiment_id
        else:
            artifacts = (database.parent / "mlartifacts").as_uri() if database else None
            experiment_id = client.create_experiment(self.experiment, artifacts)
        self.run_id = client.create_run(experiment_id, run_name=self.run_name).info.run_id
        self._client = client

    def _log(self, what: str, send: Callable[[], None]) -> None:
        if self._client is None or self._failures_in_a_row >= MAX_FAILURES_IN_A_ROW:
            return
        self._attempt(what, send)
        if self._failures_in_a_row == MAX_FAILURES_IN_A_ROW:
            log.warning("Tracking is off for the rest of this run.")

    def _attempt(self, what: str, action: Callable[[], None]) -> None:
        try:
            _check_database(self.uri)
            action()
        # MLflow passes on whatever its store, its drivers and the network raise.
        except Exception as error:
            self._failures_in_a_row += 1
            message = f"Could not {what}: {type(error).__name__}: {error}"
            self.failures.append(message)
            log.warning("%s", message)
        else:
            self._failures_in_a_row = 0


def _workspace_uri() -> str:
    return f"sqlite:///{workspace().resolve() / 'mlflow.db'}"


def _sqlite_file(uri: str) -> Path | None:
    prefix = "sqlite:///"
    return Path(uri.removeprefix(prefix)).resolve() if uri.startswith(prefix) else None


def _check_database(uri: str) -> None:
    """Raises OSError or sqlite3.Error where an SQLite store cannot be written right now.

    MLflow itself waits 20 s for every request to a locked database, and retries for minutes to
    open one that it may not write.
    """
    database = _sqlite_file(uri)
    if database is None:
        return
    database.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(database, timeout=1)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.rollback()
