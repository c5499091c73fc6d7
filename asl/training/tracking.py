"""Records a run in MLflow without ever being able to end it.

``python -m asl.training.tracking FOLDER`` gives the model of the run in FOLDER the alias
"champion", without loading MLflow into the app's server.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from asl.files import read_json, write_json
from asl.workspace import workspace

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from plotly.graph_objects import Figure

log = logging.getLogger(__name__)

#: What is known of a run's record, in the run's folder.
TRACKING = "tracking.json"
CHAMPION = "champion"

MAX_FAILURES_IN_A_ROW = 3

# MLflow's own defaults wait for minutes on a dead server, and print links on standard output, where
# the command line promises JSON only.
ENVIRONMENT = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
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

    Args:
        folder: of the run, which is there; `TRACKING` in it says where the record is. A run that
            was interrupted goes on in the record that it began.
        parent: `run_id` of the run that this one is a part of, such as a trial of a search.

    Attributes:
        run_id: MLflow's id of the run; None until entered, and where it could not be opened.
        failures: what went wrong, in order, in words; empty if all was recorded.
    """

    def __init__(
        self,
        run_name: str,
        experiment: str = "asl",
        uri: str | None = None,
        folder: Path | None = None,
        parent: str | None = None,
    ) -> None:
        self.run_name = run_name
        self.experiment = experiment
        self.uri = uri or os.environ.get("MLFLOW_TRACKING_URI") or _workspace_uri()
        self.run_id: str | None = None
        self.failures: list[str] = []
        self._note = folder / TRACKING if folder else None
        self._tags = {"mlflow.parentRunId": parent} if parent else None
        self._client: MlflowClient | None = None
        self._failures_in_a_row = 0

    def __enter__(self) -> Tracker:
        self._attempt("open the run", self._open)
        self._write_note()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._client is None or self.run_id is None:
            return
        if kind is None:
            status = "FINISHED"
        else:
            status = "FAILED" if issubclass(kind, Exception) else "KILLED"
        # Also when tracking was switched off: a run left open looks as if it were still training.
        client, run_id = self._client, self.run_id
        self._attempt("close the run", lambda: client.set_terminated(run_id, status))
        self._client = None
        self._write_note()

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Records the settings of the run."""

        def send(client: MlflowClient, run_id: str) -> None:
            from mlflow.entities import Param

            values = [Param(key, str(value)) for key, value in params.items()]
            client.log_batch(run_id, params=values)

        self._log("log parameters", send)

    def log_metrics(self, metrics: Mapping[str, float], step: int) -> None:
        """Records one value of each metric, at ``step`` (the epoch)."""

        def send(client: MlflowClient, run_id: str) -> None:
            from mlflow.entities import Metric

            now = time.time_ns() // 1_000_000
            values = [Metric(key, float(value), now, step) for key, value in metrics.items()]
            client.log_batch(run_id, metrics=values)

        self._log("log metrics", send)

    def log_figure(self, figure: Figure, name: str) -> None:
        """Records a Plotly figure as the web page ``figures/<name>.html``, which needs no other."""
        file, whole = f"figures/{name}.html", {"include_plotlyjs": True}
        self._log(
            f"log figure {name}",
            lambda client, run_id: client.log_figure(run_id, figure, file, save_kwargs=whole),
        )

    def log_folder(self, path: Path, artifact_path: str) -> None:
        """Records a folder and all in it, such as a model bundle."""
        self._log(
            f"log folder {artifact_path}",
            lambda client, run_id: client.log_artifacts(run_id, str(path), artifact_path),
        )

    def register(self, artifact_path: str, model: str) -> None:
        """Makes a recorded folder the newest version of a registered model."""

        def send(client: MlflowClient, run_id: str) -> None:
            from mlflow.exceptions import MlflowException

            try:
                client.create_registered_model(model)
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
            source = f"runs:/{run_id}/{artifact_path}"
            version = client.create_model_version(model, source, run_id)
            self._write_note(model=model, version=str(version.version))

        self._log(f"register {model}", send)

    def _open(self) -> None:
        client = _connect(self.uri)
        noted = read_record(self._note.parent) if self._note else {}
        if noted.get("run_id") and noted["store"] == public(self.uri):
            client.update_run(noted["run_id"], status="RUNNING")
            self.run_id, self._client = noted["run_id"], client
            return
        database = _sqlite_file(self.uri)
        known = client.get_experiment_by_name(self.experiment)
        if known:
            experiment_id = known.experiment_id
        else:
            artifacts = (database.parent / "mlartifacts").as_uri() if database else None
            experiment_id = client.create_experiment(self.experiment, artifacts)
        run = client.create_run(experiment_id, tags=self._tags, run_name=self.run_name)
        self.run_id = run.info.run_id
        self._client = client
        self._write_note(experiment_id=experiment_id, run_id=self.run_id)

    def _log(self, what: str, send: Callable[[MlflowClient, str], object]) -> None:
        client, run_id = self._client, self.run_id
        if client is None or run_id is None or self._failures_in_a_row >= MAX_FAILURES_IN_A_ROW:
            return
        self._attempt(what, lambda: send(client, run_id))
        if self._failures_in_a_row == MAX_FAILURES_IN_A_ROW:
            log.warning("Tracking is off for the rest of this run.")

    def _write_note(self, **facts: Any) -> None:
        if self._note is None:
            return
        known = read_record(self._note.parent)
        if known.get("store") != public(self.uri):
            known = {}
        known |= {"store": public(self.uri), "failures": self.failures, **facts}
        try:
            write_json(self._note, known, durable=False)
        except OSError as error:
            log.warning("Could not note where the run is recorded: %s", error)

    def _attempt(self, what: str, action: Callable[[], object]) -> None:
        try:
            _check_database(self.uri)
            action()
        # MLflow passes on whatever its store, its drivers and the network raise.
        except Exception as error:
            self._failures_in_a_row += 1
            # Messages quote the store's address, and that may hold a password.
            reason = str(error).replace(self.uri, public(self.uri))
            message = f"Could not {what}: {type(error).__name__}: {reason}"
            self.failures.append(message)
            log.warning("%s", message)
        else:
            self._failures_in_a_row = 0


def read_record(folder: Path) -> dict[str, Any]:
    """Return what is known of a run's record; nothing where it was not recorded.

    Returns:
        store, failures, and as far as known run_id, experiment_id, model, version, champion.
    """
    return read_json(folder / TRACKING)


def link(note: Mapping[str, Any]) -> str:
    """Return the address of a run's page on its tracking server; "" where no server has it."""
    if not note.get("run_id") or not note["store"].startswith(("http://", "https://")):
        return ""
    return f"{note['store']}/#/experiments/{note['experiment_id']}/runs/{note['run_id']}"


def public(uri: str) -> str:
    """Return a store's address without user name and password, to be shown and written down."""
    parts = urlsplit(uri)
    if "@" not in parts.netloc:
        return uri.rstrip("/")
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])).rstrip("/")


def promote(folder: Path) -> list[str]:
    """Make the registered version of the run in `folder` the one to use: it becomes `CHAMPION`.

    Returns:
        what went wrong, in words; also kept in the run's note.
    """
    noted = read_record(folder)
    tracker = Tracker("", folder=folder)

    def send() -> None:
        if "version" not in noted or noted["store"] != public(tracker.uri):
            raise ValueError(f"the model is not registered in {public(tracker.uri)}")
        client = _connect(tracker.uri)
        client.set_registered_model_alias(noted["model"], CHAMPION, noted["version"])

    tracker._attempt("make the model champion", send)
    failures = tracker.failures
    tracker.failures = [*noted.get("failures", []), *failures]
    tracker._write_note(champion=not failures)
    return failures


def _connect(uri: str) -> MlflowClient:
    for key, value in ENVIRONMENT.items():
        os.environ.setdefault(key, value)
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri)


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


if __name__ == "__main__":
    sys.exit(bool(promote(Path(sys.argv[1]))))
