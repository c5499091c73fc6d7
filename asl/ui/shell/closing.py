"""Let go of what visitors gave as soon as they have closed their pages, while the server runs.

Streamlit keeps the session of a closed page, with its uploads, its pictures under `/media` and its
state, for a visitor who comes back, and clears old ones away only when somebody comes. On a server
that nobody visits they would stay for ever. So the server itself clears them, every few seconds.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import ModuleType

import streamlit as st
from streamlit.runtime import Runtime, get_instance
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from asl import processes
from asl.ui.shell.visitors import GRACE, sweep
from asl.workspace import server_home

_SWEEP_EVERY = 3
#: Seconds for which an ended session is looked at again: a script that was in the middle of long
#: work when its page was closed may still show a picture before it stops.
_LAST_WORDS = 600

#: Seconds that threads of an ended session, such as a camera's, hold on to it at most.
_UNTYING = 10


@asynccontextmanager
async def closing() -> AsyncIterator[None]:
    """Keep letting go of what was left behind, for as long as the server runs."""
    with temporary_files(server_home().resolve() / "servers"):
        task = asyncio.create_task(_keep_closing(server_home().resolve() / "visits"))
        try:
            yield
        finally:
            task.cancel()


@contextmanager
def temporary_files(servers: Path) -> Iterator[None]:
    """Have Python's temporary files in a folder of this process, and delete those of dead ones.

    Uploads are unpacked there for a while: where a server is killed meanwhile, the next finds them.

    Args:
        servers: where the folders are, each named after its process.
    """
    before, own = tempfile.tempdir, servers / str(os.getpid())
    try:
        for folder in list(servers.iterdir()) if servers.is_dir() else ():
            if not processes.is_alive(folder):
                shutil.rmtree(folder, ignore_errors=True)
        own.mkdir(parents=True, mode=0o700, exist_ok=True)
        processes.note(own, os.getpid())
        tempfile.tempdir = str(own)
    except OSError:  # where nothing can be written, nothing can be unpacked either
        pass
    try:
        yield
    finally:
        tempfile.tempdir = before
        shutil.rmtree(own, ignore_errors=True)


async def _keep_closing(visits: Path) -> None:
    runtime, untied_at = get_instance(), 0.0
    last_open: dict[str, float] = {}
    while True:
        try:
            ended = end_sessions(runtime, last_open, time.monotonic())
            had_models = await asyncio.to_thread(
                sweep, visits, runtime.is_active_session, time.time()
            )
            if had_models:
                st.cache_resource.clear()
            if ended or had_models:
                untied_at = time.monotonic() + _UNTYING
            if time.monotonic() < untied_at:
                # Sessions are knots of objects, which Python unties only while new ones are made.
                await asyncio.to_thread(gc.collect)
        except Exception:  # whatever it was, there is a next time
            logging.getLogger(__name__).exception("what visitors left could not be deleted")
        await asyncio.sleep(_SWEEP_EVERY)


def end_sessions(runtime: Runtime, last_open: dict[str, float], now: float) -> bool:
    """End the sessions whose pages were closed, with their uploads and the pictures shown in them.

    To be called in the thread of the server's event loop.

    Args:
        last_open: when each session's page was seen open last; kept from call to call.
        now: seconds that do not go back.

    Returns:
        Whether there was something to end.
    """
    # Streamlit has no public way to name its sessions; streamlit-webrtc goes the same one.
    sessions = {info.session.id: info.session for info in runtime._session_mgr.list_sessions()}
    # An upload may arrive when its session has ended, or in one that never drew a page.
    known = {*sessions, *_uploading(runtime)}
    for session in known:
        last_open.setdefault(session, now)
    ended = False
    for session, seen in list(last_open.items()):
        if runtime.is_active_session(session):
            last_open[session] = now
        elif now - seen > GRACE:
            ended |= session in known
            runtime.close_session(session)
            if session in sessions:
                # The waiting main loop of Streamlit keeps hold of the last session that it served.
                sessions[session].session_state.clear()
                sessions[session]._fragment_storage.clear()
            runtime.uploaded_file_mgr.remove_session_files(session)
            runtime.media_file_mgr.clear_session_refs(session)
            if now - seen > GRACE + _LAST_WORDS:
                del last_open[session]
    # Files for download go the second time, which other visitors' pages bring; or nobody does.
    nobody = not any(map(runtime.is_active_session, sessions))
    if ended or nobody:
        runtime.media_file_mgr.remove_orphaned_files()
    if ended and nobody:
        # Streamlit keeps the variables of the last script, pictures among them, for the next one.
        sys.modules["__main__"] = ModuleType("__main__")
    return ended


def _uploading(runtime: Runtime) -> set[str]:
    """Return the sessions whose uploads Streamlit holds in its memory."""
    manager = runtime.uploaded_file_mgr
    return set(manager.file_storage) if isinstance(manager, MemoryUploadedFileManager) else set()
