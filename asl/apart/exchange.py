"""Bytes that go to a process of its own and back, where nothing that is sent is trusted.

The other process is a fresh interpreter that imports one module and little else. Large arrays come
in shared memory, if the system has it; no pickle passes.
"""

from __future__ import annotations

import fcntl
import json
import mmap
import os
import resource
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[2]
_LENGTH = struct.Struct(">I")
# Nobody may cut or lengthen memory once it is shared.
_SEALS = getattr(fcntl, "F_SEAL_SHRINK", 0) | getattr(fcntl, "F_SEAL_GROW", 0)


def start_peer(module: str) -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """Start ``python -m module NUMBER``, where the number is its end of the socket returned.

    Raises:
        OSError: it cannot be started.
    """
    ours, theirs = socket.socketpair()
    paths = [str(_ROOT), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    # Threads of numpy's libraries, which decoding does not use, would take address space.
    environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            pass_fds=[theirs.fileno()],
        )
    return ours, process


def end_peer(connection: socket.socket, process: subprocess.Popen[bytes]) -> int:
    """End a process, and return its exit status: that of a signal is negative."""
    connection.close()
    with suppress(subprocess.TimeoutExpired):
        return process.wait(0.2)
    process.kill()
    return process.wait()


def limit_memory(most: int) -> None:
    """Let this process have no more than so many bytes of address space, and leave no core."""
    for kind, limit in ((resource.RLIMIT_AS, most), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(kind)
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        with suppress(ValueError, OSError):  # not every system knows each of them
            resource.setrlimit(kind, (limit, limit))


class Outbox:
    """Sends bytes in memory that it shares with the receiver, if the system has such.

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


class Inbox:
    """Receives what an `Outbox` sends."""

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
