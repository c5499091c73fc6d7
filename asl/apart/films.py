"""Decode films of others in a process of its own, so that none can end or stop this one.

A process is kept from film to film, a fresh interpreter with a cap on memory and a deadline for
every frame, which also ends it within a decoder written in C. While a frame is looked at here, the
next is decoded there.
"""

from __future__ import annotations

import atexit
import math
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from asl.apart.exchange import Inbox, Outbox, end_peer, limit_memory, start_peer
from asl.codecs.film import MAX_BYTES, VideoInfo
from asl.videos import Frame, Video, VideoError, open_video

#: Bytes of address space that a film may take, and seconds of processor time for one frame.
MEMORY, SECONDS = 2_000_000_000, 5.0
# For all frames: a minute of 4K, with room.
_SECONDS_IN_ALL = 600

# Seconds by the clock: on a busy computer the process gets only a part of a processor.
_SECONDS_BY_THE_CLOCK = 60.0
# A process ends by itself after this time without a film; some time before, it is given none.
_IDLE_SECONDS = 45.0
_STILL_USED_SECONDS = 30.0

_TOO_LONG = "decoding it takes too long; save the film again, or smaller"
_GAVE_UP = "decoding it takes too much memory or fails; save the film again, or smaller"
_NO_PROCESS = "no process to decode it can be started on this computer now; try again later"


def open_film(
    source: str | Path | bytes,
    name: str | None = None,
    *,
    longest: int = 640,
    every: float = 0.0,
) -> Video:
    """Open a film as `asl.videos.open_video` does, and decode it in another process.

    Raises:
        VideoError: as `open_video`, at once or while frames are asked for; and where a frame takes
            more than `SECONDS`, or all of them more than `MEMORY`.
        ValueError: an option is out of its range.
    """
    if longest < 1 or not (math.isfinite(every) and every >= 0):
        raise ValueError(f"longest, every: {longest} pixels and {every} s are out of their range")
    if isinstance(source, bytes):
        return _FilmApart(source, None, name or "film", longest, every)
    path = Path(source)
    return _FilmApart(b"", path.absolute(), name or path.name or str(path), longest, every)


class _Ended(Exception):
    """A process ended, or does not keep to the protocol."""


class _Peer:
    """A process that decodes one film after another.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self) -> None:
        self._socket, self._process = start_peer("asl.apart.films")
        self._socket.settimeout(_SECONDS_BY_THE_CLOCK)
        self._outbox, self._inbox = Outbox(self._socket), Inbox(self._socket)
        self.used = time.monotonic()

    def ask(self, request: dict[str, Any], content: bytes = b"") -> tuple[dict[str, Any], Any]:
        """Return answer and pixels. Raises: _Ended, after which it is of no use."""
        try:
            self._outbox.room(len(content))[:] = content
            self._outbox.send(request)
            return self._inbox.receive()
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            raise _Ended from error
        finally:
            self.used = time.monotonic()
            if content:
                self._outbox = Outbox(self._socket)  # lets go of the memory that held the film

    def end(self) -> int:
        return end_peer(self._socket, self._process)


_idle: list[_Peer] = []
_lock = threading.Lock()


@atexit.register
def _end_all() -> None:
    while _idle:
        _idle.pop().end()


def _take() -> _Peer:
    while True:
        with _lock:
            if not _idle:
                return _Peer()
            peer = _idle.pop()
        if time.monotonic() - peer.used < _STILL_USED_SECONDS:
            return peer
        peer.end()


class _FilmApart(Video):
    """Asks for one frame after another."""

    def __init__(
        self, content: bytes, path: Path | None, name: str, longest: int, every: float
    ) -> None:
        self._name = name
        self._peer: _Peer | None = None
        if len(content) > MAX_BYTES:
            open_video(content, name)  # refuses it; it need not be sent for that
        try:
            self._peer = _take()
        except (OSError, MemoryError):
            raise VideoError(name, _NO_PROCESS) from None
        request = {"path": path and str(path), "name": name, "longest": longest, "every": every}
        answer, pixels = self._ask(request, content)
        try:
            self.info = VideoInfo(**answer["info"])
        except (KeyError, TypeError) as error:
            self._fail(error)
        self._ahead = self._frame(answer, pixels)

    def __next__(self) -> Frame:
        frame, self._ahead = self._ahead, None
        if frame is None and self._peer is not None:
            frame = self._frame(*self._ask({}))
        if frame is None:
            raise StopIteration
        return frame

    def close(self) -> None:
        """Release the process; there are no frames after that."""
        self._ahead = None
        peer, self._peer = self._peer, None
        if peer is not None:
            peer.end()  # it may be in the midst of the film

    def __del__(self) -> None:
        if getattr(self, "_peer", None) is not None:
            self.close()

    def _ask(self, request: dict[str, Any], content: bytes = b"") -> tuple[dict[str, Any], Any]:
        peer = self._peer
        if peer is None:
            raise VideoError(self._name, _GAVE_UP)
        try:
            answer, pixels = peer.ask(request, content)
        except _Ended as error:
            self._fail(error.__cause__)
        except BaseException:  # what it was asked is not answered yet
            self.close()
            raise
        if "reason" in answer:
            self._done()
            raise VideoError(self._name, str(answer["reason"]))
        return answer, pixels

    def _frame(self, answer: dict[str, Any], pixels: Any) -> Frame | None:
        try:
            if answer.get("end"):
                self.missing = int(answer["missing"])
                self._done()
                return None
            # The memory is used again for the next frame.
            rgb = np.array(np.frombuffer(pixels, np.uint8).reshape(answer["shape"]))
            return Frame(rgb, float(answer["seconds"]))
        except (ValueError, KeyError, TypeError) as error:
            self._fail(error)

    def _done(self) -> None:
        """The film is over, and its process ready for another one."""
        peer, self._peer = self._peer, None
        if peer is not None:
            with _lock:
                _idle.append(peer)

    def _fail(self, error: BaseException | None) -> NoReturn:
        """Raises: VideoError, always."""
        slow = isinstance(error, TimeoutError)
        peer, self._peer = self._peer, None
        if peer is not None:
            slow |= peer.end() == -signal.SIGPROF
        raise VideoError(self._name, _TOO_LONG if slow else _GAVE_UP) from None


def _serve(connection: socket.socket) -> None:
    """Decode films until none come, or the asking process has ended, killed or not.

    A film is named first, and then a frame given each time that one is asked for.
    """
    limit_memory(MEMORY)
    inbox, outbox = Inbox(connection), Outbox(connection)
    while True:
        connection.settimeout(_IDLE_SECONDS)
        request, content = inbox.receive()
        connection.settimeout(None)  # a frame may be looked at for long
        # The signal's own action ends the process, within a decoder too.
        signal.setitimer(signal.ITIMER_PROF, 2 * SECONDS)
        for number, (answer, rgb) in enumerate(_answers(request, content)):
            if number:
                inbox.receive()
            view = outbox.room(0 if rgb is None else rgb.size)
            if rgb is not None:
                np.frombuffer(view, np.uint8).reshape(rgb.shape)[:] = rgb
            outbox.send(answer)
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
        signal.setitimer(signal.ITIMER_PROF, 0)


def _answers(
    request: dict[str, Any], content: memoryview
) -> Iterator[tuple[dict[str, Any], np.ndarray | None]]:
    source = request["path"] or bytes(content)
    options = {"longest": request["longest"], "every": request["every"]}
    until = time.process_time() + _SECONDS_IN_ALL
    try:
        with open_video(source, request["name"], **options) as film:
            first: dict[str, Any] = {"info": asdict(film.info)}
            for frame in film:
                yield {**first, "shape": frame.rgb.shape, "seconds": frame.seconds}, frame.rgb
                first = {}
                if time.process_time() > until:
                    yield {"reason": _TOO_LONG}, None
                    return
            yield {"end": True, "missing": film.missing}, None
    except VideoError as error:
        yield {"reason": error.reason}, None


if __name__ == "__main__":
    # Ctrl+C reaches this process too; the one that asks closes the connection.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError, EOFError):
        _serve(socket.socket(fileno=int(sys.argv[1])))
