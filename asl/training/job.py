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

What `asl.training.run` keeps for going on after a crash lies beside them.
"""

import json
import os
import shutil
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from asl import processes
from asl.bundle import CARD, ModelBundle
from asl.training.turns import place

JOB, STATE, NOW, PROGRESS, CANCEL, BEAT, BUNDLE, ADVICE, FOUND = (
    "job.json", "state.json", "now.json", "progress.jsonl", "cancel", "beat", "bundle",
    "advice.json", "found.json",
)  # fmt: skip

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


class JobError(ValueError):
    """Something cannot be done with a training; the message says what and why."""


@dataclass(frozen=True)
class Job:
    """What somebody wanted trained.

    Attributes:
        folder: of the run.
        title: for people; may be changed.
        preset: "Quick", "Thorough", or "Command line".
        dataset: name of the data set.
        dataset_id: which one of this app's it is, "" where it is none.
        created: seconds since 1970.
        config: settings, as `TrainConfig.from_dict` reads them.
        plan: (division, task, seconds) in the order in which they are done, as estimated.
        launcher: command that the process was handed to, "" where it runs on this computer.
        out: folder in which the model is put, "" where that is `BUNDLE` in the run's own.
        began_in: working folder that names of folders in `config` start from, "" where none does.
        model: name under which the result was kept, "" if it was not.
        search: where better settings are searched for around `config`, how: trials, workers, vary
            and most_epochs, as `asl.training.search.run_search` takes them; empty for a training.
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
    search: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Name of the folder, which stays what it is."""
        return self.folder.name

    @property
    def home(self) -> Path:
        """Where its model is put."""
        return Path(self.out) if self.out else self.folder / BUNDLE

    @property
    def bundle(self) -> ModelBundle | None:
        """The model, None while there is none."""
        return ModelBundle.read(self.home) if (self.home / CARD).exists() else None

    def write(self) -> None:
        values = asdict(self)
        del values["folder"]
        write_note(self.folder / JOB, values)


@dataclass(frozen=True)
class Status:
    """Where a training stands.

    Attributes:
        state: see `State`.
        before: trainings that come before this one in the queue; None where unknown.
        reason: why it crashed, in words; "" otherwise.
        now: the step that is being done: task, job, done, total, seconds_left, figures; empty
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


def read_job(folder: Path) -> Job:
    """Read what was asked for in `folder`.

    Raises:
        JobError: there is no such run, or its notes are damaged.
    """
    try:
        values = json.loads((folder / JOB).read_text())
        values["plan"] = tuple(tuple(step) for step in values["plan"])
        return Job(folder=folder, **values)
    except FileNotFoundError:
        raise JobError(f"run: there is no run {folder.name!r}") from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise JobError(f"run: the notes of {folder.name!r} cannot be read ({error})") from error


def status(job: Job) -> Status:
    """Say where a training stands, from its files and its process."""
    noted = read_note(job.folder / STATE)
    state, reason = noted.get("state", "queued"), noted.get("reason", "")
    if state in ACTIVE and not _lives(job, noted):
        state = "cancelled" if (job.folder / CANCEL).exists() else "crashed"
        reason = _why_it_ended(job) if state == "crashed" else ""
    began, ended = noted.get("began"), noted.get("ended")
    return Status(
        state=state,
        before=place(job.folder) if state == "queued" and not job.launcher else None,
        reason=reason,
        now=read_note(job.folder / NOW),
        seconds=None if began is None else (ended or _last_sign(job)) - began,
    )


def history(job: Job) -> list[dict[str, Any]]:
    """Return the epochs so far: job, task, epoch, train_loss, valid_loss, accuracy, macro_f1, …"""
    try:
        lines = (job.folder / PROGRESS).read_text().splitlines()
    except FileNotFoundError:
        return []
    rows = []
    for line in lines:
        try:
            rows.append(json.loads(line))
        except ValueError:  # the last one is being written
            break
    return rows


def log(job: Job, most: int = 20_000) -> str:
    """Return the end of what the process printed, `most` bytes of it."""
    try:
        with (job.folder / processes.LOG).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - most))
            return file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""


def check_title(title: str) -> str:
    """Return a title fit to be shown, in one line.

    Raises:
        JobError: it is empty or too long.
    """
    title = " ".join("".join(c for c in title if c.isprintable() or c.isspace()).split())
    if not 0 < len(title) <= LONGEST_TITLE:
        raise JobError(f"name: {len(title)} characters; it must have 1 to {LONGEST_TITLE}")
    return title


def _lives(job: Job, noted: dict[str, Any]) -> bool:
    if processes.is_alive(job.folder):
        return True
    if not job.launcher:
        return False
    # On a cluster the process is elsewhere; its heartbeat is all that can be seen of it.
    return noted.get("began") is None or time.time() - _last_sign(job) < _SILENCE


def _last_sign(job: Job) -> float:
    try:
        return (job.folder / BEAT).stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _why_it_ended(job: Job) -> str:
    if disk_is_full(job.folder):
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


def read_note(file: Path) -> dict[str, Any]:
    """Read a small file; nothing where it is missing or damaged."""
    try:
        values = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def write_note(file: Path, values: dict[str, Any]) -> None:
    """Write a small file in one step."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    with fresh.open("w") as out:
        out.write(json.dumps(values))
        out.flush()
        os.fsync(out.fileno())
    os.replace(fresh, file)
