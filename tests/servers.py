"""Servers that tests start: a port for each, and the wait until it answers."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing


def free_port() -> int:
    """A port of this computer on which nobody listens."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_for(
    server: subprocess.Popen, connect: Callable[[], AbstractContextManager], seconds: float
) -> None:
    """Return once `connect` raises no OSError; fails if the server ends, or takes longer."""
    until = time.monotonic() + seconds
    while True:
        try:
            with connect():
                return
        except OSError:
            assert server.poll() is None and time.monotonic() < until
            time.sleep(0.05)
