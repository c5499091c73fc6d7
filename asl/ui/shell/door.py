"""Let no more visitors and pages in than the server can serve; refused before a page is made."""

from __future__ import annotations

from collections import Counter

from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from asl.ui.shell.visitors import AGAIN, COOKIE, FULL, is_full, is_visitor, most_visitors
from asl.workspace import hosted

#: Pages that a visitor may have open at once.
MOST_PAGES = 20

_STREAM = "/_stcore/stream"
_TOO_MANY_PAGES = (
    f"There are {MOST_PAGES} pages of this app open in this browser; close some of them first."
)
_ANSWER = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="{seconds}">
<title>ASL Workbench</title>
<body style="font: 1.1rem sans-serif; max-width: 32rem; margin: 4rem auto; padding: 0 1rem">
<h1>ASL Workbench</h1>
<p>{words}</p>
<form><button style="font: inherit; padding: .4rem 1rem">Try again</button></form>
"""


class LimitVisitors:
    """ASGI middleware that refuses pages and connections while a hosted app is full.

    Visitors who have a workspace are always let in, but for more than `MOST_PAGES` at once.
    """

    def __init__(self, app: ASGIApp):
        self._app = app
        # Connections by token; "" is for those who had none when they came.
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        stream = scope["type"] == "websocket" and scope["path"].endswith(_STREAM)
        if not hosted() or not (stream or _asks_for_a_page(scope)):
            await self._app(scope, receive, send)
            return
        token = HTTPConnection(scope).cookies.get(COOKIE, "")
        token = token if is_visitor(token) else ""
        if refused := self._why_not(token):
            if stream:
                await receive()
                await send({"type": "websocket.close", "code": 1013, "reason": refused})
                return
            page = _ANSWER.format(words=refused, seconds=AGAIN)
            headers = {"Retry-After": str(AGAIN), "Cache-Control": "no-store"}
            await HTMLResponse(page, 503, headers)(scope, receive, send)
            return
        self._open[token] += stream
        try:
            await self._app(scope, receive, send)
        finally:
            self._open[token] -= stream
            if not self._open[token]:
                del self._open[token]

    def _why_not(self, token: str) -> str:
        if token:
            return _TOO_MANY_PAGES if self._open[token] >= MOST_PAGES else ""
        # A connection without a cookie becomes a visitor as soon as its page is drawn.
        return FULL if is_full() or self._open[""] >= most_visitors() else ""


def _asks_for_a_page(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET" or "/_stcore/" in scope["path"]:
        return False
    return "text/html" in HTTPConnection(scope).headers.get("accept", "")
