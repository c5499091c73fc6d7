"""A queue for reading uploads: one intake at a time on a computer, each for a while.

An intake that wants to work draws a ticket, a file with the next number, and locks it: the system
takes the lock back when its owner ends, however it ends, so that a dead owner keeps nobody waiting.
The lowest number works. After a while it draws a new one, if others wait, and so goes to the back.

Unlike the queue of trainings (`asl.runs.queue`), in which each finishes before the next begins, a
small upload need not wait for the end of a large one.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from asl.workspace import server_home

#: Seconds that a turn lasts if others wait.
TURN = 10.0
#: Seconds beyond it after which the next turn begins all the same: a picture may take long.
LONGEST_STEP = 20.0

_POLL_SECONDS = 0.1


class Turn:
    """The turn to work, held within a block, as in ``with Turn() as turn``."""

    def __init__(self, waiting: Callable[[], None] = lambda: None):
        """Get ready.

        Args:
            waiting: called each time that it has to wait for others, before it does.
        """
        self._waiting = waiting

    def __enter__(self) -> Self:
        self._queue = server_home() / "intakes"
        self._queue.mkdir(parents=True, exist_ok=True)
        fresh = self._queue / f".{os.getpid()}-{id(self)}"
        self._opened = fresh.open("w")
        fcntl.flock(self._opened, fcntl.LOCK_EX)
        self._ticket = self._to_the_back(fresh)
        self._wait_for_turn()
        return self

    def __exit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ticket.unlink(missing_ok=True)
        self._opened.close()

    def give_way(self) -> float:
        """Let the others have a turn each if this one is over; return the seconds waited.

        To be called between two pictures, as often as possible.
        """
        now = time.monotonic()
        if now - self._since < TURN:
            return 0.0
        if any(ticket != self._ticket for ticket in self._tickets()):
            self._ticket = self._to_the_back(self._ticket)
            self._wait_for_turn()
        else:
            self._begin()
        return time.monotonic() - now

    def _to_the_back(self, ticket: Path) -> Path:
        with (self._queue / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Numbers never come again: a file found dead is not somebody's new one by now.
            last = max((int(file.name) for file in self._queue.glob("[0-9]*")), default=0)
            behind = self._queue / str(max(time.time_ns(), last + 1))
            os.replace(ticket, behind)
            return behind

    def _wait_for_turn(self) -> None:
        told = False
        while not self._is_first():
            if not told:
                self._waiting()
                told = True
            time.sleep(_POLL_SECONDS)
            os.utime(self._ticket)
        self._begin()

    def _begin(self) -> None:
        self._since = time.monotonic()
        os.utime(self._ticket)

    def _is_first(self) -> bool:
        """Whether no ticket comes before, except those whose owners have not stirred for long."""
        for ticket in self._tickets():
            if ticket == self._ticket:
                return True
            with suppress(FileNotFoundError):
                if time.time() - ticket.stat().st_mtime < TURN + LONGEST_STEP:
                    return False
        return True

    def _tickets(self) -> Iterator[Path]:
        """Tickets whose owners live, in order; the others are deleted."""
        for ticket in sorted(self._queue.glob("[0-9]*"), key=lambda file: int(file.name)):
            if ticket != self._ticket:
                with suppress(FileNotFoundError, BlockingIOError), ticket.open() as opened:
                    fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
                    ticket.unlink(missing_ok=True)
                    continue
                if not ticket.exists():
                    continue
            yield ticket
