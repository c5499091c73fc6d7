"""Decode pictures of others in processes of their own, so that none can end or stop this one.

A few workers are kept, each a fresh interpreter that imports `asl.images` and little else. It has
a cap on memory, and a deadline that also ends it within a decoder written in C; one that ends is
replaced, and its picture refused. Pixels come back in shared memory, where the system has it.

What it costs beside `asl.images.load_rgb` in the same process stands in `docs/results/bench.md`.
"""

from __future__ import annotations

import array
import fcntl
import json
import math
import mmap
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from asl.images import MAX_BYTES, PictureError, load_rgb, read_source

#: Bytes of address space that a worker may use, and seconds of processor time for one picture.
MEMORY, SECONDS = 1_000_000_000, 2.0

# Seconds by the clock: on a busy computer a worker gets only a part of a processor.
_SECONDS_BY_THE_CLOCK = 20.0
_WORKERS = min(os.cpu_count() or 1, 4)
# A worker ends by itself after this time without a picture. Before, it is not given another one.
_IDLE_SECONDS = 120.0
_STILL_USED_SECONDS = 100.0

_TOO_LONG = "decoding it takes too long; save the picture anew, or smaller"
_GAVE_UP = "decoding it takes too much memory or fails; save the picture anew, or smaller"
_NO_WORKER = "no process to decode it can be started on this computer now; try again later"

_ROOT = Path(__file__).parents[1]
_LENGTH = struct.Struct(">I")
# Nobody may cut the memory under a mapping: reading beyond its end would kill the reader.
_SEALS = getattr(fcntl, "F_SEAL_SHRINK", 0) | getattr(fcntl, "F_SEAL_GROW", 0)


def decode(source: str | Path | bytes | BinaryIO, name: str | None = None) -> np.ndarray:
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
        self._socket, theirs = socket.socketpair()
        paths = [str(_ROOT), os.environ.get("PYTHONPATH", "")]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
        # Threads of numpy's libraries, which decoding does not use, would take address space.
        environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "asl.decoding", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
                pass_fds=[theirs.fileno()],
            )
        self.used = time.monotonic()

    def decode(self, content: bytes, name: str) -> np.ndarray:
        """Raises: PictureError, or _Ended, after which the worker is of no use."""
        self._socket.settimeout(_SECONDS_BY_THE_CLOCK)
        try:
            _send(self._socket, {"name": name, "bytes": len(content)})
            self._socket.sendall(content)
            answer, descriptors = _receive(self._socket)
            if "reason" in answer:
                raise PictureError(name, answer["reason"])
            return self._pixels(tuple(map(int, answer["shape"])), descriptors)
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            if isinstance(error, PictureError):
                raise
            raise _Ended from error
        finally:
            self.used = time.monotonic()

    def end(self) -> int:
        """End the process, and return its exit status: that of a signal is negative."""
        self._socket.close()
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(0.2)
        self._process.kill()
        return self._process.wait()

    def _pixels(self, shape: tuple[int, ...], descriptors: list[int]) -> np.ndarray:
        if not descriptors:
            pixels = np.empty(shape, np.uint8)
            _fill(self._socket, memoryview(pixels).cast("B"))
            return pixels
        [descriptor] = descriptors
        try:
            if fcntl.fcntl(descriptor, fcntl.F_GET_SEALS) & _SEALS != _SEALS:
                raise ValueError("the memory may still be cut")
            if os.fstat(descriptor).st_size != math.prod(shape):
                raise ValueError("the memory has another size")
            return np.frombuffer(mmap.mmap(descriptor, 0), np.uint8).reshape(shape)
        finally:
            os.close(descriptor)


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


# Both sides of the protocol: a length, a JSON object of this length, and bytes as it says.


def _send(connection: socket.socket, header: dict[str, Any], *descriptors: int) -> None:
    text = json.dumps(header).encode()
    message = _LENGTH.pack(len(text)) + text
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
    sent = connection.sendmsg([message], rights if descriptors else [])
    connection.sendall(message[sent:])


def _receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    first, descriptors, _, _ = socket.recv_fds(connection, _LENGTH.size, 1)
    if not first:
        raise EOFError
    length = bytearray(first.ljust(_LENGTH.size))
    _fill(connection, memoryview(length)[len(first) :])
    text = bytearray(*_LENGTH.unpack(length))
    _fill(connection, memoryview(text))
    return json.loads(text), list(descriptors)


def _fill(connection: socket.socket, view: memoryview) -> None:
    while view:
        got = connection.recv_into(view)
        if not got:
            raise EOFError
        view = view[got:]


# What runs in a worker.


def _serve(connection: socket.socket) -> None:
    """Decode what comes until nothing comes, or whoever asks has gone, killed or not."""
    _limit_memory()
    connection.settimeout(_IDLE_SECONDS)
    while True:
        request, _ = _receive(connection)
        content = bytearray(min(request["bytes"], MAX_BYTES + 1))
        _fill(connection, memoryview(content))
        with _answer_memory() as memory:
            # The signal's own action ends the process, within a decoder too.
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            try:
                pixels = load_rgb(content, request["name"], memory.empty)
            except PictureError as error:
                answer = {"reason": error.reason}
            else:
                answer = {"shape": pixels.shape}
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
            del content
            _send(connection, answer, *(memory.descriptors if "shape" in answer else ()))
            if "shape" in answer and not memory.descriptors:
                connection.sendall(memoryview(pixels).cast("B"))
            pixels = None


class _AnswerMemory:
    """Makes the array for the pixels where whoever asked can read it without a copy."""

    def __init__(self) -> None:
        self.descriptors: list[int] = []

    def empty(self, shape: tuple[int, int, int], kind: type) -> np.ndarray:
        """As `numpy.empty`."""
        if not hasattr(os, "memfd_create"):
            return np.empty(shape, kind)
        descriptor = os.memfd_create("picture", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        self.descriptors.append(descriptor)
        os.ftruncate(descriptor, math.prod(shape))
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
        return np.frombuffer(mmap.mmap(descriptor, 0), kind).reshape(shape)


@contextmanager
def _answer_memory() -> Iterator[_AnswerMemory]:
    memory = _AnswerMemory()
    try:
        yield memory
    finally:
        for descriptor in memory.descriptors:
            os.close(descriptor)


def _limit_memory() -> None:
    for kind, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with suppress(ValueError, OSError):  # not every system knows each of them
            resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    # Whoever is interrupted at the keyboard closes the connection.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError, EOFError):
        _serve(socket.socket(fileno=int(sys.argv[1])))
