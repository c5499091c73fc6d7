"""A training of the command line among the app's runs: watched and stopped there like any other.

It has the same files as one that was handed in (see `asl.runs.run`), but is done at once, by
the process that was asked for it.
"""

import json
import logging
import os
import shlex
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path

from asl import processes
from asl.bundle import ModelBundle, check_place
from asl.data.library.dataset import list_datasets
from asl.files import read_json, write_json
from asl.runs import files
from asl.runs.run import LONGEST_TITLE, Run, RunError, read_run, status
from asl.runs.worker import Cancelled, Notes, in_words, keep_advice, watch
from asl.training.config import TrainConfig
from asl.training.examples.loading import locate
from asl.training.progress import Progress, Report
from asl.workspace import workspace

PRESET = "Command line"


@contextmanager
def entered(config: TrainConfig, out: Path) -> Iterator[Report]:
    """Enter a training among the runs, and write down how it goes and how it ends.

    Where a run of its name is there, that one continues, under the title that it has by now.

    Args:
        out: folder in which the model will be.

    Yields:
        whom to tell of its progress; raises `Cancelled` once somebody wants it to stop.

    Raises:
        ValueError: it is being trained already, or no model can be written to `out`.
    """
    run = _enter(config, out)
    before, done = read_json(run.folder / files.STATE), threading.Event()
    noted = {"state": "running", "began": time.time()}
    write_json(run.folder / files.STATE, noted)
    threading.Thread(target=watch, args=(run.folder, False, done), daemon=True).start()
    notes = _LoggedNotes(run.folder)
    try:
        yield notes.report
        _finish(run)
        noted |= {"state": "done"}
    except (Cancelled, KeyboardInterrupt):
        noted |= {"state": "cancelled"}
        raise
    except Exception as error:
        notes.log(traceback.format_exc())
        noted |= {"state": "crashed", "reason": in_words(error, run.folder)}
        if before.get("state") == "done" and not notes.has_learned:
            noted = before  # it was refused to go on, which leaves what is there as it is
        raise
    finally:
        done.set()
        with suppress(FileNotFoundError):  # the run was deleted
            # The one who cancelled it would end this process as soon as its state says so.
            (run.folder / processes.FILE).unlink(missing_ok=True)
            write_json(run.folder / files.STATE, {"ended": time.time()} | noted)


class _LoggedNotes(Notes):
    """Notes that keep a log as well, since what this process prints goes to its terminal."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.has_learned = False
        self._last = ("", "")
        self.log(shlex.join(["asl", *sys.argv[1:]]))

    def log(self, line: str) -> None:
        with (self._folder / processes.LOG).open("a") as log:
            log.write(f"{time.strftime('%H:%M:%S')} {line}\n")

    def report(self, progress: Progress) -> None:
        if (progress.fold, progress.task) != self._last:
            self._last = (progress.fold, progress.task)
            self.log(progress.task + (f", part {progress.fold}" if progress.fold else ""))
        self.has_learned |= progress.ends_epoch
        super().report(progress)


def _enter(config: TrainConfig, out: Path) -> Run:
    check_place(out)  # before an entry is made for what will not be done
    folder = workspace().resolve() / "runs" / config.name
    out = out.resolve()
    run = Run(
        folder=folder,
        title=config.name[:LONGEST_TITLE],
        preset=PRESET,
        dataset=", ".join(entry.name for entry in config.data),
        dataset_id=_own_dataset(config),
        created=time.time(),
        config=json.loads(json.dumps(asdict(config))),
        out=str(out),
        began_in=str(Path.cwd()),
        model=out.name if out.parent == workspace().resolve() / "models" else "",
    )
    with suppress(RunError):  # there is none yet
        known = read_run(folder)
        if status(known).active:
            raise ValueError(f"run: {known.title!r} is being trained already; see the Runs page")
        run = replace(run, title=known.title, preset=known.preset, created=known.created)
    folder.mkdir(parents=True, exist_ok=True)
    for name in (files.CANCEL, files.NOW):
        (folder / name).unlink(missing_ok=True)
    processes.note(folder, os.getpid())
    run.write()
    return run


def _own_dataset(config: TrainConfig) -> str:
    """Return which of the app's data sets is trained on, "" where it is not one of them alone."""
    if len(config.data) > 1:
        return ""
    [entry] = config.data
    with suppress(ValueError):  # it is nowhere, which the training says
        place = locate(entry).resolve()
        return next((one.id for one in list_datasets() if one.folder.resolve() == place), "")
    return ""


def _finish(run: Run) -> None:
    """Add what the Runs page says of the result; without it the model is as good."""
    try:
        keep_advice(run.folder, ModelBundle.read(run.home))
    except Exception as error:
        logging.getLogger(__name__).warning("The run's report could not be written: %s", error)
