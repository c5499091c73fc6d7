"""One training, as its files tell of it.

    job.json         what was asked for
    state.json       where it stands, written by the training's process
    process.json     which process that is
    now.json         the step that is being done
    progress.jsonl   one line an epoch
    log.txt          what the process printed
    cancel           is there once somebody wants it to stop
    bundle/          the model, at the end
    advice.json      what its test means; see `asl.evaluation.advice`
    found.json       of a search for settings, what it has found so far

What `asl.training.cross_validation` keeps for resuming lies beside them.
"""

import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, TypedDict

from asl import processes
from asl.bundle import CARD, ModelBundle
from asl.files import read_json, write_json
from asl.runs import files
from asl.runs.queue import position

State = Literal["queued", "running", "cancelled", "crashed", "done"]
ACTIVE = ("queued", "running")

#: Seconds after which a process on another computer counts as gone.
_SILENCE = 60
#: Seconds that a cancelled training gets to stop by itself.
PATIENCE = 0.8
LONGEST_TITLE = 80

DISK_FULL = (
    "The disk is full. Delete data sets or runs that are no longer needed, then resume; what was "
    "learned up to the last whole epoch is kept."
)


class RunError(ValueError):
    """Something cannot be done with a training; the message says what and why."""


class SearchSettings(TypedDict, total=False):
    """How better settings are searched for; see `asl.training.search.trials.run_search`."""

    trials: int
    vary: Sequence[str]
    most_epochs: int
    workers: int


@dataclass(frozen=True)
class Run:
    """What somebody wanted trained.

    Attributes:
        folder: of the run.
        title: for people; may be changed.
        preset: "Quick", "Thorough", or "Command line".
        dataset: name of the data set.
        dataset_id: which one of this app's it is, "" where it is none.
        created: seconds since 1970.
        config: settings, as `TrainConfig.from_dict` reads them.
        plan: (fold, task, seconds) in the order in which they are done, as estimated.
        launcher: command that the process was handed to, "" where it runs on this computer.
        out: folder in which the model is put, "" where that is `BUNDLE` in the run's own.
        began_in: working folder that names of folders in `config` start from, "" where none does.
        model: name under which the result was kept, "" if it was not.
        search: where better settings are searched for around `config`, how: trials, workers, vary
            and most_epochs, see `SearchSettings`; empty for a training.
    """

    folder: Path
    title: str
    preset: str
    dataset: str
    dataset_id: str
    created: float
    config: dict[str, Any]
    plan: tuple[tuple[str, str, float], ...] = ()
    launcher: str = ""
    out: str = ""
    began_in: str = ""
    model: str = ""
    search: SearchSettings = field(default_factory=SearchSettings)

    @property
    def id(self) -> str:
        """Name of the folder, which stays what it is."""
        return self.folder.name

    @property
    def home(self) -> Path:
        """Where its model is put."""
        return Path(self.out) if self.out else self.folder / files.BUNDLE

    @property
    def bundle(self) -> ModelBundle | None:
        """The model, None while there is none."""
        return ModelBundle.read(self.home) if (self.home / CARD).exists() else None

    def write(self) -> None:
        values = asdict(self)
        del values["folder"]
        write_json(self.folder / files.REQUEST, values)


@dataclass(frozen=True)
class Status:
    """Where a training stands.

    Attributes:
        state: see `State`.
        before: trainings that come before this one in the queue; None if unknown.
        reason: why it crashed, in words; "" otherwise.
        now: the step that is being done: task, of, fold, done, total, seconds_left,
            figures; empty
            where nothing has been done yet.
        seconds: since the process began to train.
    """

    state: State
    before: int | None
    reason: str
    now: dict[str, Any]
    seconds: float | None

    @property
    def active(self) -> bool:
        """Whether it runs or waits."""
        return self.state in ACTIVE


def read_run(folder: Path) -> Run:
    """Read what was asked for in `folder`.

    Raises:
        RunError: there is no such run, or its notes are damaged.
    """
    try:
        values = json.loads((folder / files.REQUEST).read_text())
        values["plan"] = tuple(tuple(step) for step in values["plan"])
        return Run(folder=folder, **values)
    except FileNotFoundError:
        raise RunError(f"run: there is no run {folder.name!r}") from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise RunError(f"run: the notes of {folder.name!r} cannot be read ({error})") from error


def status(run: Run) -> Status:
    """Say where a training stands, from its files and its process."""
    noted = read_json(run.folder / files.STATE)
    state, reason = noted.get("state", "queued"), noted.get("reason", "")
    if state in ACTIVE and not _lives(run, noted):
        state = "cancelled" if (run.folder / files.CANCEL).exists() else "crashed"
        reason = _why_it_ended(run) if state == "crashed" else ""
    began, ended = noted.get("began"), noted.get("ended")
    return Status(
        state=state,
        before=position(run.folder) if state == "queued" and not run.launcher else None,
        reason=reason,
        now=_now(run.folder),
        seconds=None if began is None else (ended or _last_sign(run)) - began,
    )


def _now(folder: Path) -> dict[str, Any]:
    now = read_json(folder / files.NOW)
    if "job" in now:  # as above
        now["fold"] = now.pop("job")
    return now


def history(run: Run) -> list[dict[str, Any]]:
    """Return the epochs so far: fold, task, epoch, train_loss, valid_loss, accuracy, macro_f1, …"""
    try:
        lines = (run.folder / files.PROGRESS).read_text().splitlines()
    except FileNotFoundError:
        return []
    rows = []
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:  # the last one is being written
            break
        if "job" in row:  # as it was called up to version 0.1
            row["fold"] = row.pop("job")
        rows.append(row)
    return rows


def log(run: Run, most: int = 20_000) -> str:
    """Return the end of what the process printed, `most` bytes of it."""
    try:
        with (run.folder / processes.LOG).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - most))
            return file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""


def check_title(title: str) -> str:
    """Return a title fit to be shown, in one line.

    Raises:
        RunError: it is empty or too long.
    """
    title = " ".join("".join(c for c in title if c.isprintable() or c.isspace()).split())
    if not 0 < len(title) <= LONGEST_TITLE:
        raise RunError(f"name: {len(title)} characters; it must have 1 to {LONGEST_TITLE}")
    return title


def _lives(run: Run, noted: dict[str, Any]) -> bool:
    if processes.is_alive(run.folder):
        return True
    if not run.launcher:
        return False
    # On a cluster the process is elsewhere; its heartbeat is all that can be seen of it.
    return noted.get("began") is None or time.time() - _last_sign(run) < _SILENCE


def _last_sign(run: Run) -> float:
    try:
        return (run.folder / files.BEAT).stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _why_it_ended(run: Run) -> str:
    if disk_is_full(run.folder):
        return DISK_FULL
    return (
        "The training's process ended without a word: it was killed, or the computer was "
        "restarted or ran out of memory. What it had learned is kept."
    )


def disk_is_full(folder: Path) -> bool:
    """Return whether there is no room to go on in `folder`."""
    try:
        return shutil.disk_usage(folder).free < 10 << 20
    except OSError:  # it was deleted
        return False
