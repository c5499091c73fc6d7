"""Trainings that run outside the app's server: handed in, resumed, stopped, kept, deleted.

Each is a process (`asl.runs.worker`) started by the one that hands it in, which it outlives. All
others only read its files; see `asl.runs.run`.
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
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asl
from asl import processes
from asl.bundle import BUNDLED_MODELS, ModelBundle, check_name
from asl.files import delete_folder, read_json, write_json
from asl.quota import counting, require_room, require_run, reserve
from asl.runs import files
from asl.runs.run import (
    ACTIVE,
    LONGEST_TITLE,
    PATIENCE,
    Run,
    RunError,
    SearchSettings,
    check_title,
    read_run,
    status,
)
from asl.training.config import TrainConfig
from asl.workspace import disk_trouble, environment, workspace

# Importing it at run time would load Pandas into whatever hands in a training.
if TYPE_CHECKING:
    from asl.data.library.dataset import Dataset

_CORRECTED = ", corrected"
_DELETED = "Its data set was deleted."


def submit(
    config: TrainConfig,
    title: str,
    preset: str,
    dataset: str,
    dataset_id: str = "",
    plan: Sequence[tuple[str, str, float]] = (),
    search: SearchSettings | None = None,
    disk: int = 0,
) -> Run:
    """Hand in a training, and start the process that waits for its turn.

    Args:
        disk: bytes that it will need there, reserved until it has ended.
        search: look for better settings than `config` instead; see `Run.search`.

    Raises:
        QuotaError: a visitor has as many runs as are allowed, or there is no room for it.
        RunError: there is no title, nothing can be written, or the process cannot be started.
    """
    title = check_title(title)
    stem = re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-").lower()[:40] or "run"
    folder = workspace().resolve() / "runs" / f"{stem}-{secrets.token_hex(3)}"
    run = Run(
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
        search=search or SearchSettings(),
    )
    try:
        with counting():
            require_run()
            require_room(disk, "the search" if search else "the training")
            folder.mkdir(parents=True)
            reserve(folder, disk)
            run.write()
            _start(run)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise RunError(f"run: it cannot be handed in; {disk_trouble(error)}") from error
    return run


def resume(run: Run) -> None:
    """Go on with a training that crashed or was cancelled.

    Raises:
        RunError: it runs, or is done, its data set was deleted, or the process cannot be started.
    """
    state = status(run).state
    if state in (*ACTIVE, "done"):
        raise RunError(f"run: {run.title!r} is {state}; there is nothing to go on with")
    if read_json(run.folder / files.STATE).get("reason") == _DELETED:
        raise RunError(f"run: {run.title!r} cannot go on: its data set was deleted")
    (run.folder / files.CANCEL).unlink(missing_ok=True)
    run = replace(run, config=_where_it_lies_now(run))
    run.write()
    _start(run)


def _trained_on(run: Run) -> list[Path]:
    """Return where the data of `run` lie."""
    now = _where_it_lies_now(run)
    return [Path(run.began_in, entry["folder"]).resolve() for entry in now["data"]]


def _where_it_lies_now(run: Run) -> dict[str, Any]:
    """Return the settings of `run`; a data set of the app is where the workspace is by now."""
    folder = (workspace() / "datasets" / run.dataset_id).resolve()
    if not run.dataset_id or not folder.is_dir():  # none of the app's, or it was deleted
        return run.config
    data = [entry | {"folder": str(folder)} for entry in run.config["data"]]
    return run.config | {"data": data}


def train_again(run: Run) -> Run:
    """Start another training with the settings of `run`, on what its data is now.

    Raises:
        QuotaError: a visitor has as many runs as are allowed.
        RunError: the process cannot be started.
    """
    title = f"{run.title.removesuffix(_CORRECTED)[: LONGEST_TITLE - len(_CORRECTED)]}{_CORRECTED}"
    config = TrainConfig.from_dict(_where_it_lies_now(run))
    data = tuple(
        replace(entry, folder=os.path.join(run.began_in, entry.folder)) for entry in config.data
    )
    config = replace(config, data=data)
    return submit(config, title, run.preset, run.dataset, run.dataset_id, run.plan)


def find_run(name: str) -> Run:
    """Return the run whose folder is called `name`.

    Raises:
        RunError: there is none.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise RunError(f"run: there is no run {name!r}")
    return read_run(workspace().resolve() / "runs" / name)


def list_runs() -> list[Run]:
    """Return all runs that can be read, the newest first."""
    found = []
    for file in (workspace().resolve() / "runs").glob(f"*/{files.REQUEST}"):
        try:
            found.append(read_run(file.parent))
        except RunError:
            continue
    return sorted(found, key=lambda run: -run.created)


def cancel(run: Run) -> None:
    """Stop a training within two seconds, with all its children.

    One that runs on another computer is only asked to stop, which it does as quickly.
    """
    if not status(run).active:
        return
    (run.folder / files.CANCEL).touch()
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and status(run).active:
        time.sleep(0.05)
    processes.end(run.folder)
    noted = read_json(run.folder / files.STATE)
    if noted.get("state") == "queued" or (noted.get("state") == "running" and not run.launcher):
        write_json(run.folder / files.STATE, noted | {"state": "cancelled", "ended": time.time()})


def delete(run: Run) -> None:
    """Stop a training and delete all that is left of it; a model kept from it stays."""
    cancel(run)
    processes.end_all(run.folder)
    delete_folder(run.folder)


def delete_dataset(dataset: Dataset) -> None:
    """Delete a data set, and all that was made of its pictures except finished runs and models.

    Trainings on it that run or wait are stopped first: they would make more of the pictures.

    Raises:
        OSError: it cannot be deleted.
    """
    place = dataset.folder.resolve()
    for run in list_runs():
        if place in _trained_on(run) and status(run).active:
            cancel(run)
            state = run.folder / files.STATE
            write_json(state, read_json(state) | {"reason": _DELETED})
    dataset.delete()


def keep(run: Run, name: str) -> ModelBundle:
    """Put a copy of a run's model among the models that every page offers.

    Args:
        name: of the model there; one kept from this run under that name is replaced.

    Raises:
        RunError: the training is not done, or another model has that name.
        BundleError: it cannot be the name of a model.
        QuotaError: there is no room for it.
    """
    check_name(name)
    bundle = run.bundle
    if bundle is None or status(run).state != "done":
        raise RunError(f"run: {run.title!r} has no model yet")
    home = workspace() / "models"
    if (BUNDLED_MODELS / name).exists() or ((home / name).exists() and run.model != name):
        raise RunError(f"name: there is a model {name!r} already; choose another name")
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
    replace(run, model=name).write()
    _promote(run)
    return ModelBundle.read(home / name)


def rename(run: Run, title: str) -> Run:
    """Give a run another title.

    Raises:
        RunError: it is empty or too long.
    """
    run = replace(run, title=check_title(title))
    run.write()
    return run


def _promote(run: Run) -> None:
    """Tell the tracking store which model is in use, without waiting for it."""
    command = [sys.executable, "-m", "asl.training.tracking", str(run.folder)]
    processes.start(command, run.folder / "promotion", run_environment())


def run_environment(threads: bool = True) -> dict[str, str]:
    """Return the environment of a process that trains for the visitor who is being served.

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


def _start(run: Run) -> None:
    previous = read_json(run.folder / files.STATE)
    for name in (files.NOW, files.PROGRESS):
        (run.folder / name).unlink(missing_ok=True)
    write_json(run.folder / files.STATE, {"state": "queued", "handed_in": time.time()})
    work = [sys.executable, "-m", "asl.runs.worker", str(run.folder)]
    command = [*shlex.split(run.launcher), *work]
    try:
        processes.start(command, run.folder, run_environment(threads=not run.launcher))
    except OSError as error:
        write_json(run.folder / files.STATE, {**previous, "state": "crashed", "reason": str(error)})
        raise RunError(f"run: the training cannot be started ({error})") from error
