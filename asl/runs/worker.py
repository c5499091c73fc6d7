"""The process of a training: ``python -m asl.runs.worker FOLDER``; see `asl.runs.control`."""

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
from asl.files import read_json, replacing, write_json
from asl.runs import files
from asl.runs.queue import wait_for_turn
from asl.runs.run import DISK_FULL, PATIENCE, Run, disk_is_full, read_run
from asl.training.config import TrainConfig
from asl.workspace import disk_trouble

if TYPE_CHECKING:
    from asl.data.problems import Problem

# How safetensors and PyTorch say that they could not write on.
_FULL = ("No space left on device", "PytorchStreamWriter failed writing")
#: Seconds between two notes of the step that is being done.
_NOTE_EVERY = 0.2
#: Seconds that whoever deletes a run may take from its first file to its last.
_WHILE_DELETING = 1.0


class Cancelled(BaseException):
    """Somebody wants the training to stop; no `except Exception` may keep it going."""


class Notes:
    """Writes down what a training reports, and stops it where that is wanted."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._last_note = 0.0
        self._task = ""
        self._mode = "w"  # what an earlier process learned is reported again

    def raise_if_cancelled(self) -> None:
        """Raise `Cancelled` where the training is no longer wanted."""
        if (self._folder / files.CANCEL).exists():
            raise Cancelled

    def report(self, progress) -> None:
        self.raise_if_cancelled()
        if progress.ends_epoch:
            row = {"fold": progress.fold, "task": progress.task, **progress.figures}
            with (self._folder / files.PROGRESS).open(self._mode) as lines:
                lines.write(json.dumps(row) + "\n")
            self._mode = "a"
        now = time.monotonic()
        ended = progress.done >= progress.total
        if now - self._last_note > _NOTE_EVERY or progress.task != self._task or ended:
            self._last_note, self._task = now, progress.task
            write_json(self._folder / files.NOW, asdict(progress), durable=False)


def watch(folder: Path, leads: bool, done: threading.Event) -> None:
    """Beat, and end the process where cancelling it from inside takes too long.

    It ends as well where the run was deleted: nobody wants what it would go on to write.

    Args:
        leads: whether the process has a group of its own, which ends with it.
        done: set once there is nothing more to watch.
    """
    while not done.is_set():
        try:
            if not (folder / files.REQUEST).is_file() and not done.is_set():
                print("run: its folder was deleted", file=sys.stderr, flush=True)
                time.sleep(_WHILE_DELETING)
                if not (folder / files.STATE).exists():
                    _end_and_remove(folder, leads)
                _end_at_once(leads)
            (folder / files.BEAT).touch()
            if (folder / files.CANCEL).exists() and not done.wait(PATIENCE):
                state = folder / files.STATE
                write_json(state, {**read_json(state), "state": "cancelled"})
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
    run = read_run(folder)
    if not run.launcher:
        processes.note(folder, os.getpid())
    notes, noted, done = Notes(folder), read_json(folder / files.STATE), threading.Event()
    threading.Thread(target=watch, args=(folder, not run.launcher, done), daemon=True).start()
    waiting = wait_for_turn(folder, noted.get("handed_in", run.created), notes.raise_if_cancelled)
    try:
        # Where a cluster hands out computers, it keeps a queue of its own.
        with nullcontext() if run.launcher else waiting:
            notes.raise_if_cancelled()
            if read_json(folder / files.STATE).get("state") == "done":  # resumed twice
                return 0
            noted |= {"state": "running", "began": time.time()}
            write_json(folder / files.STATE, noted)
            (_search if run.search else _train)(run, notes)
    except Cancelled:
        noted |= {"state": "cancelled"}
    except Exception as error:
        traceback.print_exc()
        noted |= {"state": "crashed", "reason": in_words(error, folder)}
    else:
        noted |= {"state": "done"}
    write_json(folder / files.STATE, noted | {"ended": time.time()})
    done.set()
    return 0 if noted["state"] == "done" else 1


def _train(run: Run, notes: Notes) -> None:
    # Loaded when its turn has come: who waits should take no memory.
    from asl.training.cross_validation import train

    if run.began_in:
        os.chdir(run.began_in)
    config = TrainConfig.from_dict(run.config)
    bundle = train(config, run.home, True, report=notes.report, tell_left_out=_log_left_out)
    keep_advice(run.folder, bundle)


def _log_left_out(problems: "Sequence[Problem]") -> None:
    """Name what is not used in the log, which is what this process prints."""
    for problem in problems:
        print(f"left out: {problem.path}: {problem.message}", flush=True)


def keep_advice(folder: Path, bundle: ModelBundle) -> None:
    """Write down what the test of a model means, beside what is known of its training."""
    import pandas as pd

    from asl.evaluation.advice import advise
    from asl.training.bundling import TESTED

    paths = pd.read_parquet(folder / TESTED)["path"]
    with replacing(folder / files.ADVICE) as fresh:
        fresh.write_text(advise(bundle, paths).to_json())


def _search(run: Run, notes: Notes) -> None:
    from asl.training.search.trials import run_search

    config = TrainConfig.from_dict(run.config)
    run_search(config, **run.search, report=notes.report, home=run.folder)


def in_words(error: Exception, folder: Path) -> str:
    full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
    if full or any(said in str(error) for said in _FULL) or disk_is_full(folder):
        return DISK_FULL
    if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
        return (
            "There was not enough memory. Choose a smaller batch, or smaller pictures where it "
            "learns from pictures, or close other programs, and train again."
        )
    if isinstance(error, OSError) and error.errno is not None:
        said = disk_trouble(error)
        return f"{said[:1].upper()}{said[1:]}."
    if isinstance(error, (ValueError, OSError)):
        return str(error)
    return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
