"""One training at a time on a computer: the others wait their turn, first come first served.

The process that trains holds a lock of the operating system, which takes it back when the process
ends, however it ends: a dead owner never keeps it. A ticket for each training, named by when it was
handed in, says who is next.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from asl.files import replacing
from asl.processes import is_alive
from asl.workspace import server_home

_LOCK = "lock"
_LOOK_EVERY = 0.2


@contextmanager
def wait_for_turn(
    folder: Path, handed_in: float, raise_if_cancelled: Callable[[], None]
) -> Iterator[None]:
    """Wait until no other training runs or comes first, and keep the others waiting meanwhile.

    Args:
        folder: of the run; a ticket whose run's process has ended does not count.
        handed_in: seconds since 1970.
        raise_if_cancelled: called while waiting, to raise what should end it.
    """
    queue = _queue()
    queue.mkdir(parents=True, exist_ok=True)
    # One that was killed has left its ticket, and would wait behind itself.
    for old in queue.glob(f"[0-9]*-{folder.name}.ticket"):
        old.unlink(missing_ok=True)
    ticket = queue / f"{int(handed_in * 1000):015d}-{folder.name}.ticket"
    try:
        with (queue / _LOCK).open("a+") as lock:
            while not (_is_first(ticket, folder) and _take(lock)):
                raise_if_cancelled()
                time.sleep(_LOOK_EVERY)
            # For people who wonder; nothing relies on it.
            lock.truncate(0)
            lock.write(json.dumps({"run": folder.name, "pid": os.getpid()}))
            lock.flush()
            yield
    finally:
        ticket.unlink(missing_ok=True)


def position(folder: Path) -> int | None:
    """Return how many trainings come before that of `folder`, the running one included.

    None if it has no ticket (yet).
    """
    names = [run.resolve() for _, run in _waiting()]
    return names.index(folder.resolve()) if folder.resolve() in names else None


def _is_first(ticket: Path, folder: Path) -> bool:
    if not ticket.is_file():  # new, or taken for dead before its process was known
        with replacing(ticket) as fresh:
            fresh.write_text(str(folder.resolve()))
    waiting = _waiting()
    return bool(waiting) and waiting[0][0] == ticket


def _waiting() -> list[tuple[Path, Path]]:
    """Return ticket and run of every training that waits or runs, in order."""
    waiting = []
    # Those that are being written begin with a dot.
    for ticket in sorted(_queue().glob("[0-9]*.ticket")):
        with suppress(FileNotFoundError):
            run = Path(ticket.read_text())
            if is_alive(run):
                waiting.append((ticket, run))
            else:
                ticket.unlink()
    return waiting


def _take(lock) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _queue() -> Path:
    return server_home() / "queue"
