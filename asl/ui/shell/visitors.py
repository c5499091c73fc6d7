"""Give every visitor of a hosted app a workspace of their own, and clear it up after them.

A visitor is a browser, told by a random token: in its first visit it gets a cookie that ends with
the browser, so that reloading the page, or a second tab, leads back to the same workspace. A token
that the server did not hand out, or whose workspace is gone, is worth nothing.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from asl.processes import end_all
from asl.quota import number_from
from asl.workspace import hosted, serve_visitors, server_home

#: How long what a visitor gave outlives their last open page, in seconds: long enough to reload, or
#: to lose the connection for a moment. A connection that died without a word counts as open for up
#: to twice Streamlit's `server.websocketPingInterval` more, and all is to be gone in a minute.
GRACE = 30

#: Name of the cookie.
COOKIE = "asl_visit"
#: What is said if there is no place for one more visitor.
FULL = (
    "The app is full at the moment. A place becomes free soon after somebody has closed the page; "
    "this page tries again by itself."
)
#: Seconds after which it does.
AGAIN = 20

_NOBODY = "the app is hosted, and nobody is being served here"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_STATE = "visit"
_PAGES = "pages-open"
_arriving = threading.Lock()
# Workspaces that are being deleted: no token begins like that, so nobody can open them again.
_GONE = "."


def open_visit() -> None:
    """Find or make the workspace of the visitor who opens the page; unless hosted, do nothing.

    To be called at the start of every run of the app, before anything asks for the workspace.

    Raises:
        RuntimeError: nobody is being served in this thread.
    """
    if not hosted():
        return
    context = get_script_run_ctx()
    if context is None:
        raise RuntimeError(_NOBODY)
    serve_visitors(_own_folder)
    token = st.session_state.get(_STATE)
    if token is None:
        token = _cookie() if is_visitor(_cookie()) else secrets.token_urlsafe(32)
    folder = _visits() / token
    # A mark for each open page, named by the session that Streamlit knows it by.
    pages = folder / _PAGES
    with _arriving:
        if not folder.is_dir() and is_full():
            _say_full()
        pages.mkdir(parents=True, exist_ok=True, mode=0o700)
    st.session_state[_STATE] = token
    os.chmod(folder, 0o700)
    (pages / context.session_id).touch()
    os.utime(folder)
    if _cookie() != token:
        _hand_out(token)


def is_visitor(token: str) -> bool:
    """Return whether a token is that of somebody who has a workspace here."""
    return _TOKEN.fullmatch(token) is not None and (_visits() / token).is_dir()


def most_visitors() -> int:
    """Return how many visitors may be here at once, by `ASL_MOST_VISITORS`.

    Raises:
        ValueError: it is no whole number.
    """
    return number_from("ASL_MOST_VISITORS", 50)


def is_full() -> bool:
    """Return whether there are as many visitors as may be here at once."""
    visits = _visits()
    return visits.is_dir() and sum(1 for _ in visits.iterdir()) >= most_visitors()


def sweep(visits: Path, is_open: Callable[[str], bool], now: float) -> bool:
    """Delete the workspaces of visitors who left, and end what still runs for them.

    Args:
        visits: folder of all visitors' workspaces.
        is_open: whether a page is still open, by its session's name.
        now: seconds since 1970.

    Returns:
        Whether one of them had models, which the server may hold in its memory.
    """
    had_models = False
    for folder in list(visits.iterdir()) if visits.is_dir() else ():
        with suppress(OSError):  # one that cannot be deleted keeps no other; there is a next time
            if not folder.name.startswith(_GONE):
                if not _has_left(folder, is_open, now):
                    continue
                end_all(folder)
                had_models |= any(folder.glob("models/*")) or any(folder.glob("runs/*/bundle"))
                folder = folder.rename(visits / f"{_GONE}{folder.name}")
            shutil.rmtree(folder, ignore_errors=True)
    return had_models


def _has_left(folder: Path, is_open: Callable[[str], bool], now: float) -> bool:
    """Note in the time of a workspace's folder that a page is open, or say that none is."""
    pages = folder / _PAGES
    for page in list(pages.iterdir()) if pages.is_dir() else ():
        if not is_open(page.name):
            page.unlink(missing_ok=True)
            continue
        os.utime(folder, (now, now))
    return now - folder.stat().st_mtime > GRACE


def _own_folder() -> Path:
    context = get_script_run_ctx()
    token = None if context is None else st.session_state.get(_STATE)
    if token is None:
        raise RuntimeError(_NOBODY)
    return _visits() / token


def _visits() -> Path:
    return server_home() / "visits"


def _cookie() -> str:
    return str(st.context.cookies.get(COOKIE, ""))


def _say_full() -> NoReturn:
    st.info(FULL, icon=":material/hourglass_empty:")
    st.button("Try again")
    st.html(
        f"<script>setTimeout(() => location.reload(), {AGAIN * 1000})</script>",
        unsafe_allow_javascript=True,
    )
    st.stop()


def _hand_out(token: str) -> None:
    """Set the cookie; without an end of its own, it goes when the browser is closed."""
    secure = "; Secure" if (st.context.url or "").startswith("https:") else ""
    st.html(
        f'<script>document.cookie = "{COOKIE}={token}; path=/; SameSite=Strict{secure}"</script>',
        unsafe_allow_javascript=True,
    )
