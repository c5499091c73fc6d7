"""Trainings that run outside the app's server: handed in, gone on with, stopped, kept, deleted.

Each is a process (`asl.training.work`) started by whoever hands it in, which it outlives. Everybody
else only reads its files; see `asl.training.job`.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asl
from asl import processes
from asl.bundle import BUNDLED_MODELS, ModelBundle, check_name
from asl.quota import counting, require_room, require_run, reserve
from asl.training.config import TrainConfig
from asl.training.job import (
    ACTIVE,
    CANCEL,
    JOB,
    LONGEST_TITLE,
    NOW,
    PATIENCE,
    PROGRESS,
    STATE,
    Job,
    JobError,
    check_title,
    read_job,
    read_note,
    status,
    write_note,
)
from asl.workspace import disk_trouble, environment, workspace

# Importing it at run time would load Pandas into whatever hands in a training.
if TYPE_CHECKING:
    from asl.data.datasets import Dataset

_CORRECTED = ", corrected"
_DELETED = "Its data set was deleted."


def submit(
    config: TrainConfig,
    title: str,
    preset: str,
    dataset: str,
    dataset_id: str = "",
    plan: Sequence[tuple[str, str, float]] = (),
    search: Mapping[str, Any] | None = None,
    disk: int = 0,
) -> Job:
    """Hand in a training, and start the process that waits for its turn.

    Args:
        disk: bytes that it will need there, reserved until it has ended.
        search: look for better settings than `config` instead; see `Job.search`.

    Raises:
        QuotaError: a visitor has as many runs as are allowed, or there is no room for it.
        JobError: there is no title, nothing can be written, or the process cannot be started.
    """
    title = check_title(title)
    stem = re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-").lower()[:40] or "run"
    folder = workspace().resolve() / "runs" / f"{stem}-{secrets.token_hex(3)}"
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
        search=dict(search or {}),
    )
    try:
        with counting():
            require_run()
            require_room(disk, "the search" if search else "the training")
            folder.mkdir(parents=True)
            reserve(folder, disk)
            job.write()
            _start(job)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise JobError(f"run: it cannot be handed in; {disk_trouble(error)}") from error
    return job


def resume(job: Job) -> None:
    """Go on with a training that crashed or was cancelled.

    Raises:
        JobError: it runs, or is done, its data set was deleted, or the process cannot be started.
    """
    state = status(job).state
    if state in (*ACTIVE, "done"):
        raise JobError(f"run: {job.title!r} is {state}; there is nothing to go on with")
    if read_note(job.folder / STATE).get("reason") == _DELETED:
        raise JobError(f"run: {job.title!r} cannot go on: its data set was deleted")
    (job.folder / CANCEL).unlink(missing_ok=True)
    job = replace(job, config=_where_it_lies_now(job))
    job.write()
    _start(job)


def _trained_on(job: Job) -> list[Path]:
    """Return where the data of `job` lie."""
    now = _where_it_lies_now(job)
    return [Path(job.began_in, entry["folder"]).resolve() for entry in now["data"]]


def _where_it_lies_now(job: Job) -> dict[str, Any]:
    """Return the settings of `job`; a data set of the app is where the workspace is by now."""
    folder = (workspace() / "datasets" / job.dataset_id).resolve()
    if not job.dataset_id or not folder.is_dir():  # none of the app's, or it was deleted
        return job.config
    data = [entry | {"folder": str(folder)} for entry in job.config["data"]]
    return job.config | {"data": data}


def train_again(job: Job) -> Job:
    """Start another training with the settings of `job`, on what its data is now.

    Raises:
        QuotaError: a visitor has as many runs as are allowed.
        JobError: the process cannot be started.
    """
    title = f"{job.title.removesuffix(_CORRECTED)[: LONGEST_TITLE - len(_CORRECTED)]}{_CORRECTED}"
    config = TrainConfig.from_dict(_where_it_lies_now(job))
    data = tuple(
        replace(entry, folder=os.path.join(job.began_in, entry.folder)) for entry in config.data
    )
    config = replace(config, data=data)
    return submit(config, title, job.preset, job.dataset, job.dataset_id, job.plan)


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
    processes.end_all(job.folder)
    shutil.rmtree(job.folder)


def delete_dataset(dataset: Dataset) -> None:
    """Delete a data set, and all that was made of its pictures except finished runs and models.

    Trainings on it that run or wait are stopped first: they would make more of the pictures.

    Raises:
        OSError: it cannot be deleted.
    """
    place = dataset.folder.resolve()
    for job in list_jobs():
        if place in _trained_on(job) and status(job).active:
            cancel(job)
            write_note(job.folder / STATE, read_note(job.folder / STATE) | {"reason": _DELETED})
    dataset.delete()


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
    fresh, old = home / f".{name}.new", home / f".{name}.old"
    try:
        with counting():
            require_room(size, "the model")
            for leftover in (fresh, old):
                shutil.rmtree(leftover, ignore_errors=True)
            fresh.mkdir(parents=True)
            for file in bundle.folder.iterdir():
                shutil.copy2(file, fresh)
        ModelBundle(fresh, bundle.card).write_card(replace(bundle.card, name=name))
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
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
