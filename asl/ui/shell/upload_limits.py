"""Limits of what is uploaded, held by the server itself, whichever way an upload comes.

What a widget says of the largest file holds in the browser only. Streamlit writes a body to a
temporary file, and keeps the whole file in memory until its widget, page or visit is gone.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime import get_instance

from asl.quota import QuotaError, number_from, require_disk
from asl.ui.shared.uploads import forget_uploads
from asl.workspace import hosted, megabytes

_ADDRESS = re.compile(r"/_stcore/upload_file/([^/]+)/([^/]+)$")
_PAGE = "page-of-uploads"
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")

# Seconds without a byte after which an upload is given up, and those in which the rest of a refused
# one is read and thrown away: a browser that is still sending does not see the answer.
_PATIENCE = 30.0
# What a form has beside the file that it carries.
_FRAME = 1 << 20


@dataclass(frozen=True)
class UploadLimits:
    """How much is held in the server's memory.

    Attributes:
        file: bytes of one file.
        files: of one open page.
        held: bytes of one open page, all its files together.
        together: bytes of all open pages.
    """

    file: int
    files: int
    held: int
    together: int


def upload_limits() -> UploadLimits:
    """Return the limits that hold here; `ASL_UPLOADS_MB` changes what all visitors share.

    At home they are there to stop a mistake: a page reads 200 pictures of 25 MB each.

    Raises:
        ValueError: the variable is no whole number.
    """
    if not hosted():
        return UploadLimits(file=500 << 20, files=5_000, held=8 << 30, together=32 << 30)
    together = number_from("ASL_UPLOADS_MB", min(1000, _memory() // 4 >> 20)) << 20
    return UploadLimits(file=200 << 20, files=250, held=400 << 20, together=together)


def forget_other_pages(page: str) -> None:
    """Let the server's memory go of what was uploaded on a page that has been left.

    Its widgets forget their files then, and nothing else would let go of them before the visit
    ends. To be called in every run, before the page is drawn.

    Args:
        page: that is about to be drawn.
    """
    if st.session_state.setdefault(_PAGE, page) != page:
        forget_uploads()
    st.session_state[_PAGE] = page


class LimitUploads:
    """ASGI middleware that counts the bytes of uploads while they arrive."""

    def __init__(self, app: ASGIApp):
        self._app = app
        # Bytes of files by session: those held by Streamlit, and those that are arriving.
        self._held: dict[str, dict[str, int]] = {}
        self._arriving: list[_Arriving] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = scope["type"] == "http" and _ADDRESS.search(scope["path"])
        if not address or scope["method"] != "PUT":
            await self._app(scope, receive, send)
            return
        answered = False

        async def answer(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        session, file = address.groups()
        with self._noted(_Arriving(session, file)) as arriving:
            try:
                self._admit(arriving, Headers(scope=scope).get("content-length", ""))
                await self._app(scope, self._counted(arriving, receive), answer)
                self._held.setdefault(arriving.session, {})[arriving.file] = arriving.bytes
            except _RefusedError as error:
                arriving.said = arriving.bytes = 0
                if not answered:
                    if not arriving.ended:
                        await _throw_away(receive)
                    response = PlainTextResponse(str(error), error.status)
                    await response(scope, receive, send)

    @contextmanager
    def _noted(self, arriving: _Arriving) -> Iterator[_Arriving]:
        self._arriving.append(arriving)
        try:
            yield arriving
        finally:
            self._arriving.remove(arriving)

    def _admit(self, arriving: _Arriving, length: str) -> None:
        self._forget_removed()
        session = arriving.session
        if not get_instance().is_active_session(session):
            raise _RefusedError(404, "upload: the page that it is for is not open")
        files = set(self._held.get(session, ())) - {arriving.file}
        count = len(files) + sum(one.session == session for one in self._arriving)
        limits = upload_limits()
        if count > limits.files:
            raise _RefusedError(
                429, f"upload: a page holds at most {limits.files} files; remove some first"
            )
        if length.isdecimal():
            self._check(arriving, int(length), limits)
            arriving.said = int(length)

    def _counted(self, arriving: _Arriving, receive: Receive) -> Callable[[], Awaitable[Message]]:
        limits = upload_limits()

        async def counted() -> Message:
            try:
                message = await asyncio.wait_for(receive(), _PATIENCE)
            except TimeoutError:
                arriving.ended = True
                raise _RefusedError(408, "upload: nothing came for half a minute") from None
            more = len(message.get("body", b""))
            arriving.bytes += more
            arriving.ended = not message.get("more_body")
            self._check(arriving, arriving.bytes, limits)
            if not get_instance().is_active_session(arriving.session):
                raise _RefusedError(404, "upload: the page that it is for was closed")
            try:
                require_disk(Path(tempfile.gettempdir()), more)
            except QuotaError as error:
                raise _RefusedError(507, str(error)) from None
            return message

        return counted

    def _check(self, arriving: _Arriving, size: int, limits: UploadLimits) -> None:
        """Refuse an upload that has, or says it has, `size` bytes if that is too much."""
        if size > limits.file + _FRAME:
            raise _RefusedError(
                413,
                f"upload: the file has more than the {megabytes(limits.file)} that one may have",
            )
        others = [one for one in self._arriving if one is not arriving]
        # What a page's uploads say they have counts at once, so that the first ones get through.
        page = size + sum(
            max(one.said, one.bytes) for one in others if one.session == arriving.session
        )
        page += sum(
            held
            for file, held in self._held.get(arriving.session, {}).items()
            if file != arriving.file
        )
        if page > limits.held + _FRAME:
            raise _RefusedError(
                413,
                f"upload: the files of a page together have more than the {megabytes(limits.held)} "
                "that it may hold; remove some first",
            )
        together = size + sum(one.bytes for one in others)
        together += sum(sum(files.values()) for files in self._held.values())
        if together > limits.together:
            raise _RefusedError(
                429, "upload: others are uploading too much at the moment; try again in a minute"
            )

    def _forget_removed(self) -> None:
        """Forget what has been removed: by its widget, its page, or because the visit ended."""
        manager = get_instance().uploaded_file_mgr
        for session, files in list(self._held.items()):
            there = manager.get_files(session, list(files))
            self._held[session] = {one.file_id: len(one.data) for one in there}
            if not there:
                del self._held[session]


@dataclass(eq=False)
class _Arriving:
    session: str
    file: str
    bytes: int = 0
    said: int = 0
    ended: bool = False


# Of the kind after which the parser of forms deletes its temporary files at once.
class _RefusedError(OSError):
    """An upload is refused; the message says why and what to do."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


async def _throw_away(receive: Receive) -> None:
    until = time.monotonic() + _PATIENCE
    try:
        while (left := until - time.monotonic()) > 0:
            message = await asyncio.wait_for(receive(), left)
            if message["type"] != "http.request" or not message.get("more_body"):
                return
    except TimeoutError:
        return


def _memory() -> int:
    """Bytes of the computer's memory, or of what a container may use of it."""
    total = psutil.virtual_memory().total
    try:
        return min(total, int(_CGROUP_LIMIT.read_text()))
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return total
