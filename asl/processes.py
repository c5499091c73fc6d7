"""Work outside the app's server: processes that outlive it, each known by a folder of its own.

A process is named in ``process.json`` by its number and by when it was started, since numbers
come again. So it can be told later, even after a restart of the server, whether it still lives,
and it can be ended with all its children.
"""

import multiprocessing
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import AbstractContextManager, suppress
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from asl.files import read_json, write_json

FILE = "process.json"
LOG = "log.txt"

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Seconds that a process gets to clear up after itself before it is killed.
PATIENCE = 1.5


def start(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> int:
    """Start a process with low priority that writes to ``folder/log.txt``; return its number.

    Raises:
        OSError: it cannot be started.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOG).open("ab") as log:
        process = subprocess.Popen(
            ["nice", "-n", "10", *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
        )
    note(folder, process.pid)
    return process.pid


def note(folder: Path, pid: int) -> None:
    """Write down that `folder` is that of process `pid`, as `start` does.

    Processes note themselves as well, as the one that started them may be killed before.
    """
    write_json(folder / FILE, {"pid": pid, "started": _started(pid)}, durable=False)


def is_alive(folder: Path) -> bool:
    """Return whether the process of `folder` still runs."""
    return _pid(folder) is not None


def end(folder: Path) -> None:
    """End the process of `folder` and its children: asked first, killed if they do not obey."""
    pid = _pid(folder)
    if pid is None:
        return
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGTERM)  # it leads a group of its own
        _wait_for(folder)
        # Children that did not obey belong to the group also after its leader has gone.
        os.killpg(pid, signal.SIGKILL)
    _wait_for(folder)


def _wait_for(folder: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and _pid(folder) is not None:
        time.sleep(0.02)


def end_all(root: Path) -> None:
    """End every process that has a folder somewhere below `root`."""
    for file in root.rglob(FILE):
        end(file.parent)


def end_with_parent() -> None:
    """End this process as soon as the one that started it has gone, killed or not.

    For workers of a pool, which otherwise wait for ever for a parent that was killed.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, name="end-with-parent", daemon=True).start()


def worker_pool(
    workers: int, start: Callable[..., object], *arguments: object
) -> AbstractContextManager[Executor]:
    """Return a pool of processes, each begun with ``start(*arguments)``.

    A single worker is this process: starting another one would take longer than much work does.
    """
    if workers == 1:
        start(*arguments)
        return _InThisProcess()
    # Spawned, not forked: threads of PyTorch do not survive a fork.
    begin = partial(_begin, start, *arguments)
    return ProcessPoolExecutor(workers, get_context("spawn"), initializer=begin)


class _InThisProcess(Executor):
    """Does at once, in order, what a pool would do."""

    def map(self, fn, *iterables, timeout=None, chunksize=1):
        return map(fn, *iterables)


def _begin(start: Callable[..., object], *arguments: object) -> None:
    end_with_parent()
    start(*arguments)


def map_ahead(
    pool: Executor,
    function: Callable[[Item], Result],
    items: Sequence[Item],
    ahead: int,
    chunk: int = 16,
) -> Iterator[Result]:
    """Yield what `function` makes of each item, in order, with few of them done ahead.

    So a pool rests while nobody takes what it has made.

    Args:
        ahead: chunks given to the pool before their turn.
        chunk: items given to a process at once.
    """
    chunks = (items[start : start + chunk] for start in range(0, len(items), chunk))
    given: deque[Iterator[Result]] = deque()
    for some in chunks:
        given.append(pool.map(function, some, chunksize=chunk))
        if len(given) >= ahead:
            yield from given.popleft()
    for results in given:
        yield from results


def _pid(folder: Path) -> int | None:
    """Number of the folder's process, None if it has ended or is none of ours."""
    try:
        known = read_json(folder / FILE)
        pid, started = int(known["pid"]), known["started"]
    except (ValueError, KeyError, TypeError):
        return None
    return pid if pid > 1 and started is not None and _started(pid) == started else None


def _started(pid: int) -> int | None:
    """When a process was started, in clock ticks since the computer was; None if it has ended."""
    try:
        # The name of a process, in brackets, may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    state, started = fields[0], fields[19]
    return None if state in "ZX" else int(started)
