"""Which visitor is served next when several wait for the processor: the one who has had least."""

import heapq
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

#: Pieces of work that a visitor may have done before others go first.
_A_FEW = 5


class FairQueue:
    """Places at which work is done; those who wait for one are told apart by what they have had.

    Served in turn piece by piece, all who come at once would be done at the very end. Here those
    who came first are done first, unless they ask for more than a few pieces.

    Args:
        places: how many pieces of work are done at a time; one for each processor if None.
    """

    def __init__(self, places: int | None = None):
        self._places = places or os.cpu_count() or 1
        self._waiting: list[tuple[int, int]] = []
        self._changed = threading.Condition()
        self._arrivals = count()

    def arrive(self) -> "Visit":
        """Come with work; ask for a place for each piece of it."""
        return Visit(self, next(self._arrivals))

    @contextmanager
    def place(self, rank: tuple[int, int]) -> Iterator[None]:
        """Wait until there is a place, and until nobody of a lower `rank` waits."""
        with self._changed:
            heapq.heappush(self._waiting, rank)
            self._changed.wait_for(lambda: self._places and self._waiting[0] == rank)
            heapq.heappop(self._waiting)
            self._places -= 1
            self._changed.notify_all()  # there may be another place for the next one
        try:
            yield
        finally:
            with self._changed:
                self._places += 1
                self._changed.notify_all()


class Visit:
    """One who comes with several pieces of work, one after the other."""

    def __init__(self, queue: FairQueue, arrival: int):
        self._queue, self._arrival, self._had = queue, arrival, 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a place, and hold it for one piece of work."""
        with self._queue.place((self._had // _A_FEW, self._arrival)):
            yield
        self._had += 1


#: For reading pictures; shared by all visitors of a server.
READING = FairQueue()
