"""Decode pictures of others in processes of their own, so that none can end or stop this one.

A few workers are kept, each a fresh interpreter that imports `asl.images` and little else. It has
a cap on memory, and a deadline that also ends it within a decoder written in C; one that ends is
replaced, and its picture refused. Pixels come back in shared memory, if the system has it.

What this takes beyond `asl.images.load_rgb` in this process is among the figures of `asl bench`.
"""

from __future__ import annotations

import math
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from typing import Any

import numpy as np

from asl.apart.exchange import Inbox, Outbox, end_peer, limit_memory, start_peer
from asl.images import PictureError, Source, load_rgb, read_source

#: Bytes of address space that a worker may use, and seconds of processor time for one picture.
MEMORY, SECONDS = 1_000_000_000, 2.0

# Seconds by the clock: on a busy computer a worker gets only a part of a processor.
_SECONDS_BY_THE_CLOCK = 20.0
_WORKERS = min(os.cpu_count() or 1, 4)
# A worker ends by itself, and with it what is left in memory of the last picture, after this time
# without another one; some time before, it is given none.
_IDLE_SECONDS = 45.0
_STILL_USED_SECONDS = 30.0

_TOO_LONG = "decoding it takes too long; save the picture again, or smaller"
_GAVE_UP = "decoding it takes too much memory or fails; save the picture again, or smaller"
_NO_WORKER = "no process to decode it can be started on this computer now; try again later"


def decode(source: Source, name: str | None = None) -> np.ndarray:
    """Decode one picture as `asl.images.load_rgb` does, in another process. Thread-safe.

    Returns:
        uint8 array of shape (height, width, 3), writable.

    Raises:
        PictureError: as `load_rgb`, and where decoding takes more than `SECONDS` or `MEMORY`.
    """
    content, name = read_source(source, name)
    return _pool.decode(content, name)


class _Ended(Exception):
    """A worker ended, or does not keep to the protocol."""


class _Worker:
    """A process that decodes one picture at a time.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self) -> None:
        self._socket, self._process = start_peer("asl.decoding")
        self._outbox, self._inbox = Outbox(self._socket), Inbox(self._socket)
        self.used = time.monotonic()

    def decode(self, content: bytes, name: str) -> np.ndarray:
        """Raises: PictureError, or _Ended, after which the worker is of no use."""
        self._socket.settimeout(_SECONDS_BY_THE_CLOCK)
        try:
            self._outbox.room(len(content))[:] = content
            self._outbox.send({"name": name})
            answer, pixels = self._inbox.receive()
            if "reason" in answer:
                raise PictureError(name, answer["reason"])
            # The memory is used again for the next picture.
            return np.array(np.frombuffer(pixels, np.uint8).reshape(answer["shape"]))
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            if isinstance(error, PictureError):
                raise
            raise _Ended from error
        finally:
            self.used = time.monotonic()

    def end(self) -> int:
        """End the process, and return its exit status: that of a signal is negative."""
        return end_peer(self._socket, self._process)


class _Pool:
    """Workers, started when they are needed and then kept."""

    def __init__(self, most: int) -> None:
        self._free = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []

    def decode(self, content: bytes, name: str) -> np.ndarray:
        with self._free:
            try:
                worker = self._take()
            except (OSError, MemoryError):
                raise PictureError(name, _NO_WORKER) from None
            try:
                pixels = worker.decode(content, name)
            except PictureError:
                self._give_back(worker)
                raise
            except _Ended as error:
                slow = isinstance(error.__cause__, TimeoutError)
                slow |= worker.end() == -signal.SIGPROF
                raise PictureError(name, _TOO_LONG if slow else _GAVE_UP) from None
            except BaseException:  # what it was asked is not answered yet
                worker.end()
                raise
            self._give_back(worker)
            return pixels

    def _take(self) -> _Worker:
        while True:
            with self._lock:
                if not self._idle:
                    break
                worker = self._idle.pop()
            if time.monotonic() - worker.used < _STILL_USED_SECONDS:
                return worker
            worker.end()
        return _Worker()

    def _give_back(self, worker: _Worker) -> None:
        with self._lock:
            self._idle.append(worker)


_pool = _Pool(_WORKERS)


def _serve(connection: socket.socket) -> None:
    """Decode what comes until nothing comes, or the asking process has ended, killed or not."""
    limit_memory(MEMORY)
    connection.settimeout(_IDLE_SECONDS)
    inbox, outbox = Inbox(connection), Outbox(connection)

    def empty(shape: tuple[int, int, int], kind: type) -> np.ndarray:
        return np.frombuffer(outbox.room(math.prod(shape)), kind).reshape(shape)

    while True:
        request, content = inbox.receive()
        # The signal's own action ends the process, within a decoder too.
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            answer: dict[str, Any] = {"shape": load_rgb(content, request["name"], empty).shape}
        except PictureError as error:
            outbox.room(0)
            answer = {"reason": error.reason}
        signal.setitimer(signal.ITIMER_PROF, 0)
        del content
        outbox.send(answer)


if __name__ == "__main__":
    # Ctrl+C reaches this process too; the one that asks closes the connection.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError, EOFError):
        _serve(socket.socket(fileno=int(sys.argv[1])))
