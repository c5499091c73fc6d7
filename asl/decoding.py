"""Decode pictures of others in processes of their own, so that none can end or stop this one.

A few workers are kept, each a fresh interpreter that imports `asl.images` and little else. It has
a cap on memory, and a deadline that also ends it within a decoder written in C; one that ends is
replaced, and its picture refused. Pixels come back in shared memory, where the system has it.

What that takes beyond `asl.images.load_rgb` in this process is among the figures of `asl bench`.
"""

from __future__ import annotations

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
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from asl.images import PictureError, load_rgb, read_source

#: Bytes of address space that a worker may use, and seconds of processor time for one picture.
MEMORY, SECONDS = 1_000_000_000, 2.0

# Seconds by the clock: on a busy computer a worker gets only a part of a processor.
_SECONDS_BY_THE_CLOCK = 20.0
_WORKERS = min(os.cpu_count() or 1, 4)
# A worker ends by itself, and with it what is left in memory of the last picture, after this time
# without another one; some time before, it is given none.
_IDLE_SECONDS = 45.0
_STILL_USED_SECONDS = 30.0

_TOO_LONG = "decoding it takes too long; save the picture anew, or smaller"
_GAVE_UP = "decoding it takes too much memory or fails; save the picture anew, or smaller"
_NO_WORKER = "no process to decode it can be started on this computer now; try again later"

_ROOT = Path(__file__).parents[1]
_LENGTH = struct.Struct(">I")
# Nobody may cut or lengthen memory once it is shared.
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
        self._outbox, self._inbox = _Outbox(self._socket), _Inbox(self._socket)
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
        self._socket.close()
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(0.2)
        self._process.kill()
        return self._process.wait()


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


class _Outbox:
    """Sends bytes in memory that is shared with whoever receives them, where the system has it.

    It is kept and used again: on some computers, new memory takes longer than decoding.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._memory: mmap.mmap | bytearray = bytearray()
        self._used = 0
        self._unsent: int | None = None

    def room(self, length: int) -> memoryview:
        """Return where to put the bytes that are to be sent next."""
        if length > len(self._memory):
            self._forget()
            if hasattr(os, "memfd_create"):
                self._unsent = os.memfd_create("picture", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
                os.ftruncate(self._unsent, length)
                fcntl.fcntl(self._unsent, fcntl.F_ADD_SEALS, _SEALS)
                self._memory = mmap.mmap(self._unsent, length)
            else:
                self._memory = bytearray(length)
        self._used = length
        return memoryview(self._memory)[:length]

    def send(self, header: dict[str, Any]) -> None:
        """Send a length, a JSON object of this length, and the bytes."""
        through = self._used if isinstance(self._memory, bytearray) else 0
        text = json.dumps(header | {"bytes": self._used, "through": through}).encode()
        message = _LENGTH.pack(len(text)) + text
        descriptors = [] if self._unsent is None else [self._unsent]
        sent = socket.send_fds(self._connection, [message], descriptors)
        self._connection.sendall(message[sent:])
        self._connection.sendall(memoryview(self._memory)[:through])
        self._forget_descriptor()

    def _forget(self) -> None:
        self._memory = bytearray()
        self._forget_descriptor()

    def _forget_descriptor(self) -> None:
        if self._unsent is not None:
            os.close(self._unsent)
            self._unsent = None

    def __del__(self) -> None:
        self._forget_descriptor()


class _Inbox:
    """Receives what an `_Outbox` sends."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._memory: mmap.mmap | bytearray = bytearray()

    def receive(self) -> tuple[dict[str, Any], memoryview]:
        """Return header and bytes, which stay as they are until something else is sent.

        Raises:
            EOFError, ValueError, KeyError: it is not what comes.
        """
        start, descriptors, _, _ = socket.recv_fds(self._connection, _LENGTH.size, 1)
        try:
            length = bytearray(start.ljust(_LENGTH.size))
            self._fill(memoryview(length)[len(start) :])
            text = bytearray(*_LENGTH.unpack(length))
            self._fill(memoryview(text))
            header = json.loads(text)
            if descriptors:
                self._memory = _mapped(descriptors[0])
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        if header["through"]:
            self._memory = bytearray(header["through"])
            self._fill(memoryview(self._memory))
        return header, memoryview(self._memory)[: header["bytes"]]

    def _fill(self, view: memoryview) -> None:
        while view:
            got = self._connection.recv_into(view)
            if not got:
                raise EOFError
            view = view[got:]


def _mapped(descriptor: int) -> mmap.mmap:
    # Of memory that is cut after it was mapped, reading the end would kill the reader.
    if fcntl.fcntl(descriptor, fcntl.F_GET_SEALS) & _SEALS != _SEALS:
        raise ValueError("the memory may still be cut")
    return mmap.mmap(descriptor, 0)


def _serve(connection: socket.socket) -> None:
    """Decode what comes until nothing comes, or whoever asks has gone, killed or not."""
    _limit_memory()
    connection.settimeout(_IDLE_SECONDS)
    inbox, outbox = _Inbox(connection), _Outbox(connection)

    def empty(shape: tuple[int, int, int], kind: type) -> np.ndarray:
        return np.frombuffer(outbox.room(math.prod(shape)), kind).reshape(shape)

    while True:
        request, content = inbox.receive()
        # The signal's own action ends the process, within a decoder too.
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            answer = {"shape": load_rgb(content, request["name"], empty).shape}
        except PictureError as error:
            outbox.room(0)
            answer = {"reason": error.reason}
        signal.setitimer(signal.ITIMER_PROF, 0)
        del content
        outbox.send(answer)


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
