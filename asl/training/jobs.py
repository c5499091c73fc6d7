"""Trainings that run outside the app's server, each in a folder of its own.

    job.json         what was asked for
    state.json       where it stands, written by the training's process
    process.json     which process that is
    now.json         the step that is being done
    progress.jsonl   one line an epoch
    log.txt          what the process printed
    cancel           is there once somebody wants it to stop
    bundle/          the model, at the end
    advice.json      what its test means; see `asl.evaluation.advice`

The process is started by whoever hands a training in, and outlives that one. Everybody else only
reads these files. What `asl.training.run` keeps for going on after a crash lies beside them.

`asl.training.work` is the process.
"""

import json
import os
import re
import secrets
import shlex
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import asl
from asl import processes
from asl.bundle import BUNDLED_MODELS, CARD, ModelBundle, check_name
from asl.training.config import TrainConfig
from asl.training.turns import place
from asl.workspace import environment, require_room, require_run, workspace

JOB, STATE, NOW, PROGRESS, CANCEL, BEAT, BUNDLE, ADVICE = (
    "job.json", "state.json", "now.json", "progress.jsonl", "cancel", "beat", "bundle",
    "advice.json",
)  # fmt: skip

State = Literal["queued", "running", "cancelled", "crashed", "done"]
ACTIVE = ("queued", "running")

#: Seconds after which a process on another computer counts as gone.
_SILENCE = 60
#: Seconds that a cancelled training gets to stop by itself.
PATIENCE = 0.8
_LONGEST_TITLE = 80
_CORRECTED = ", corrected"

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
        model: name under which the result was kept, "" if it was not.
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
    model: str = ""

    @property
    def id(self) -> str:
        """Name of the folder, which stays what it is."""
        return self.folder.name

    @property
    def bundle(self) -> ModelBundle | None:
        """The model, None while there is none."""
        if not (self.folder / BUNDLE / CARD).is_file():
            return None
        return ModelBundle.read(self.folder / BUNDLE)

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


def submit(
    config: TrainConfig,
    title: str,
    preset: str,
    dataset: str,
    dataset_id: str = "",
    plan: Sequence[tuple[str, str, float]] = (),
) -> Job:
    """Hand in a training, and start the process that waits for its turn.

    Raises:
        QuotaError: a visitor has as many runs as are allowed.
        JobError: there is no title, or the process cannot be started.
    """
    title = check_title(title)
    require_run()
    stem = re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-").lower()[:40] or "run"
    folder = workspace().resolve() / "runs" / f"{stem}-{secrets.token_hex(3)}"
    folder.mkdir(parents=True)
    job = Job(
        folder=folder,
        title=title,
        preset=preset,
        dataset=dataset,
        dataset_id=dataset_id,
        created=time.time(),
        # As it is read again: without tuples.
        config=json.loads(json.dumps(asdict(replace(config, name=folder.name)))),
        plan=tuple(plan),
        launcher=os.environ.get("ASL_LAUNCHER", ""),
    )
    job.write()
    _start(job)
    return job


def resume(job: Job) -> None:
    """Go on with a training that crashed or was cancelled.

    Raises:
        JobError: it runs, or is done, or the process cannot be started.
    """
    state = status(job).state
    if state in (*ACTIVE, "done"):
        raise JobError(f"run: {job.title!r} is {state}; there is nothing to go on with")
    (job.folder / CANCEL).unlink(missing_ok=True)
    _start(job)


def train_again(job: Job) -> Job:
    """Start another training with the settings of `job`, on what its data is now.

    Raises:
        QuotaError: a visitor has as many runs as are allowed.
        JobError: the process cannot be started.
    """
    title = f"{job.title.removesuffix(_CORRECTED)[: _LONGEST_TITLE - len(_CORRECTED)]}{_CORRECTED}"
    config = TrainConfig.from_dict(job.config)
    return submit(config, title, job.preset, job.dataset, job.dataset_id, job.plan)


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


def find_job(name: str) -> Job:
    """Return the run whose folder is called `name`.

    Raises:
        JobError: there is none.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise JobError(f"run: there is no run {name!r}")
    return read_job(workspace().resolve() / "runs" / name)


def list_jobs() -> list[Job]:
    """Return all runs that can be read, the newest first."""
    found = []
    for file in (workspace().resolve() / "runs").glob(f"*/{JOB}"):
        try:
            found.append(read_job(file.parent))
        except JobError:
            continue
    return sorted(found, key=lambda job: -job.created)


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


def cancel(job: Job) -> None:
    """Stop a training within two seconds, with all its children.

    One that runs on another computer is only asked to stop, which it does as quickly.
    """
    if not status(job).active:
        return
    (job.folder / CANCEL).touch()
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and status(job).active:
        time.sleep(0.05)
    processes.end(job.folder)
    noted = read_note(job.folder / STATE)
    if noted.get("state") == "queued" or (noted.get("state") == "running" and not job.launcher):
        write_note(job.folder / STATE, noted | {"state": "cancelled", "ended": time.time()})


def delete(job: Job) -> None:
    """Stop a training and delete all that is left of it; a model kept from it stays."""
    cancel(job)
    shutil.rmtree(job.folder)


def keep(job: Job, name: str) -> ModelBundle:
    """Put a copy of a run's model among the models that every page offers.

    Args:
        name: of the model there; one kept from this run under that name is replaced.

    Raises:
        JobError: the training is not done, or another model has that name.
        BundleError: it cannot be the name of a model.
        QuotaError: there is no room for it.
    """
    check_name(name)
    bundle = job.bundle
    if bundle is None or status(job).state != "done":
        raise JobError(f"run: {job.title!r} has no model yet")
    home = workspace() / "models"
    if (BUNDLED_MODELS / name).exists() or ((home / name).exists() and job.model != name):
        raise JobError(f"name: there is a model {name!r} already; choose another name")
    size = sum(file.stat().st_size for file in bundle.folder.iterdir())
    require_room(size, "the model")
    fresh, old = home / f".{name}.new", home / f".{name}.old"
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(bundle.folder, fresh)
    ModelBundle(fresh, bundle.card).write_card(replace(bundle.card, name=name))
    if (home / name).exists():
        os.replace(home / name, old)
    os.replace(fresh, home / name)
    shutil.rmtree(old, ignore_errors=True)
    replace(job, model=name).write()
    _promote(job)
    return ModelBundle.read(home / name)


def rename(job: Job, title: str) -> Job:
    """Give a run another title.

    Raises:
        JobError: it is empty or too long.
    """
    job = replace(job, title=check_title(title))
    job.write()
    return job


def check_title(title: str) -> str:
    """Return a title fit to be shown, in one line.

    Raises:
        JobError: it is empty or too long.
    """
    title = " ".join("".join(c for c in title if c.isprintable() or c.isspace()).split())
    if not 0 < len(title) <= _LONGEST_TITLE:
        raise JobError(f"name: {len(title)} characters; it must have 1 to {_LONGEST_TITLE}")
    return title


def _promote(job: Job) -> None:
    """Tell the tracking store which model is in use, without waiting for it."""
    command = [sys.executable, "-m", "asl.training.tracking", str(job.folder)]
    processes.start(command, job.folder / "promotion", job_environment())


def job_environment(threads: bool = True) -> dict[str, str]:
    """Return the environment of a process that trains for whoever is being served now.

    Args:
        threads: keep a processor free for the app's visitors.
    """
    own = environment()
    # The package need not be installed where the app runs from its own folder.
    root = str(Path(asl.__file__).parents[1])
    own["PYTHONPATH"] = os.pathsep.join(filter(None, (root, own.get("PYTHONPATH"))))
    if threads:
        own["OMP_NUM_THREADS"] = str(max(1, (os.cpu_count() or 1) - 1))
    return own


def _start(job: Job) -> None:
    previous = read_note(job.folder / STATE)
    for name in (NOW, PROGRESS):
        (job.folder / name).unlink(missing_ok=True)
    write_note(job.folder / STATE, {"state": "queued", "handed_in": time.time()})
    work = [sys.executable, "-m", "asl.training.work", str(job.folder)]
    command = [*shlex.split(job.launcher), *work]
    try:
        processes.start(command, job.folder, job_environment(threads=not job.launcher))
    except OSError as error:
        write_note(job.folder / STATE, {**previous, "state": "crashed", "reason": str(error)})
        raise JobError(f"run: the training cannot be started ({error})") from error


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
    return shutil.disk_usage(folder).free < 10 << 20


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
