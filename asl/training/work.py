"""The process of a training: ``python -m asl.training.work FOLDER``; see `asl.training.jobs`."""

import errno
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from asl import processes
from asl.bundle import ModelBundle
from asl.training.config import TrainConfig
from asl.training.job import (
    ADVICE,
    BEAT,
    CANCEL,
    DISK_FULL,
    JOB,
    NOW,
    PATIENCE,
    PROGRESS,
    STATE,
    Job,
    disk_is_full,
    read_job,
    read_note,
    write_note,
)
from asl.training.turns import turn
from asl.workspace import disk_trouble

if TYPE_CHECKING:
    from asl.data.folder import Problem

# How safetensors and PyTorch say that they could not write on.
_FULL = ("No space left on device", "PytorchStreamWriter failed writing")
#: Seconds between two notes of the step that is being done.
_NOTE_EVERY = 0.2


class Cancelled(BaseException):
    """Somebody wants the training to stop; no `except Exception` may keep it going."""


class Notes:
    """Writes down what a training reports, and stops it where that is wanted."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._last_note = 0.0
        self._task = ""
        self._mode = "w"  # what an earlier process learned is reported again

    def look(self) -> None:
        """Raise `Cancelled` where the training is no longer wanted."""
        if (self._folder / CANCEL).exists():
            raise Cancelled

    def report(self, progress) -> None:
        self.look()
        if progress.ends_epoch:
            row = {"job": progress.job, "task": progress.task, **progress.figures}
            with (self._folder / PROGRESS).open(self._mode) as lines:
                lines.write(json.dumps(row) + "\n")
            self._mode = "a"
        now = time.monotonic()
        ended = progress.done >= progress.total
        if now - self._last_note > _NOTE_EVERY or progress.task != self._task or ended:
            self._last_note, self._task = now, progress.task
            fresh = self._folder / f".{NOW}"
            fresh.write_text(json.dumps(asdict(progress)))
            os.replace(fresh, self._folder / NOW)


def watch(folder: Path, leads: bool, done: threading.Event) -> None:
    """Beat, and end the process where cancelling it from inside takes too long.

    It ends as well where the run was deleted: nobody wants what it would go on to write.

    Args:
        leads: whether the process has a group of its own, which ends with it.
        done: set once there is nothing more to watch.
    """
    while not done.is_set():
        try:
            if not (folder / JOB).is_file() and not done.is_set():
                print("run: its folder was deleted", file=sys.stderr, flush=True)
                if not (folder / STATE).exists():
                    _end_and_remove(folder, leads)
                _end_at_once(leads)
            (folder / BEAT).touch()
            if (folder / CANCEL).exists() and not done.wait(PATIENCE):
                write_note(folder / STATE, {**read_note(folder / STATE), "state": "cancelled"})
                _end_at_once(leads)
        except OSError:  # deleted this moment, or the disk is full
            pass
        done.wait(0.2)


def _end_and_remove(folder: Path, leads: bool) -> None:
    """Become a process that removes what this one has written since the run was deleted.

    None of its threads is left then to write once more.
    """
    then = "kill -KILL 0" if leads else "exit 1"
    os.execvp("sh", ["sh", "-c", f'rm -rf -- "$0"; {then}', str(folder)])


def _end_at_once(leads: bool) -> None:
    os.killpg(0, signal.SIGKILL) if leads else os._exit(1)


def main(folder: Path) -> int:
    """Wait for the turn of the run in `folder`, train, and note how it ended."""
    job = read_job(folder)
    if not job.launcher:
        processes.note(folder, os.getpid())
    notes, noted, done = Notes(folder), read_note(folder / STATE), threading.Event()
    threading.Thread(target=watch, args=(folder, not job.launcher, done), daemon=True).start()
    waiting = turn(folder, noted.get("handed_in", job.created), notes.look)
    try:
        # Where a cluster hands out computers, it keeps a queue of its own.
        with nullcontext() if job.launcher else waiting:
            notes.look()
            if read_note(folder / STATE).get("state") == "done":  # resumed twice
                return 0
            noted |= {"state": "running", "began": time.time()}
            write_note(folder / STATE, noted)
            (_search if job.search else _train)(job, notes)
    except Cancelled:
        noted |= {"state": "cancelled"}
    except Exception as error:
        traceback.print_exc()
        noted |= {"state": "crashed", "reason": in_words(error, folder)}
    else:
        noted |= {"state": "done"}
    write_note(folder / STATE, noted | {"ended": time.time()})
    done.set()
    return 0 if noted["state"] == "done" else 1


def _train(job: Job, notes: Notes) -> None:
    # Loaded when its turn has come: who waits should take no memory.
    from asl.training.run import train

    if job.began_in:
        os.chdir(job.began_in)
    config = TrainConfig.from_dict(job.config)
    bundle = train(config, job.home, True, report=notes.report, tell_left_out=_log_left_out)
    keep_advice(job.folder, bundle)


def _log_left_out(problems: "Sequence[Problem]") -> None:
    """Name what is not used in the log, which is what this process prints."""
    for problem in problems:
        print(f"left out: {problem.path}: {problem.message}", flush=True)


def keep_advice(folder: Path, bundle: ModelBundle) -> None:
    """Write down what the test of a model means, beside what is known of its training."""
    import pandas as pd

    from asl.evaluation.advice import advise
    from asl.training.assemble import TESTED

    paths = pd.read_parquet(folder / TESTED)["path"]
    fresh = folder / f".{ADVICE}"
    fresh.write_text(advise(bundle, paths).to_json())
    os.replace(fresh, folder / ADVICE)


def _search(job: Job, notes: Notes) -> None:
    from asl.training.search import run_search

    config = TrainConfig.from_dict(job.config)
    run_search(config, **job.search, report=notes.report, home=job.folder)


def in_words(error: Exception, folder: Path) -> str:
    full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
    if full or any(said in str(error) for said in _FULL) or disk_is_full(folder):
        return DISK_FULL
    if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
        return (
            "There was not enough memory. Choose a smaller batch or smaller pictures, or close "
            "other programs, and train again."
        )
    if isinstance(error, OSError) and error.errno is not None:
        said = disk_trouble(error)
        return f"{said[:1].upper()}{said[1:]}."
    if isinstance(error, (ValueError, OSError)):
        return str(error)
    return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
