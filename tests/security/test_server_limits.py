"""What the server refuses by itself: uploads past the widgets, and more visitors than it serves."""

import asyncio
import os
from collections import namedtuple
from http.client import HTTPConnection
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.context import ContextProxy
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette.starlette_routes import create_upload_routes
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from asl import workspace as places
from asl.ui.shell import upload_limits
from asl.ui.shell.door import MOST_PAGES, LimitVisitors
from asl.ui.shell.upload_limits import LimitUploads, UploadLimits
from asl.ui.shell.visitors import FULL

KB = 1 << 10
LIMITS = UploadLimits(file=100 * KB, files=5, held=250 * KB, together=400 * KB)
HEAD = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.zip"\r\n\r\n'
TAIL = b"\r\n--x--\r\n"

Answer = namedtuple("Answer", "status text read")


class Server:
    """Streamlit's own addresses for uploads behind the limits, with two open pages."""

    def __init__(self):
        self.uploaded_file_mgr = MemoryUploadedFileManager("/_stcore/upload_file")
        self.open = {"one", "two"}
        routes = create_upload_routes(self, self.uploaded_file_mgr, None)
        self.app = Starlette(routes=routes, middleware=[Middleware(LimitUploads)])

    def is_active_session(self, session: str) -> bool:
        return session in self.open

    async def put(self, session: str, file: str, size: int, length: int | None = None) -> Answer:
        """Send a body in pieces of 16 kB; without a length, as chunked bodies have none."""
        whole = HEAD + bytes(size) + TAIL
        pieces = [whole[at : at + 16 * KB] for at in range(0, len(whole), 16 * KB)]
        read, sent = 0, []

        async def receive() -> dict:
            nonlocal read
            await asyncio.sleep(0)
            read += len(pieces[0])
            return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

        async def send(message: dict) -> None:
            sent.append(message)

        headers = [(b"content-type", b"multipart/form-data; boundary=x")]
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        path = f"/_stcore/upload_file/{session}/{file}"
        scope = {"type": "http", "method": "PUT", "path": path, "raw_path": path.encode()}
        scope |= {"query_string": b"", "headers": headers, "root_path": ""}
        await self.app(scope, receive, send)
        body = b"".join(message.get("body", b"") for message in sent)
        return Answer(sent[0]["status"], body.decode(), read)

    def try_to_put(self, *upload) -> Answer:
        return asyncio.run(self.put(*upload))


@pytest.fixture
def server(monkeypatch) -> Server:
    running = Server()
    monkeypatch.setattr(upload_limits, "get_instance", lambda: running)
    monkeypatch.setattr(upload_limits, "upload_limits", lambda: LIMITS)
    monkeypatch.setattr(upload_limits, "_FRAME", KB)
    monkeypatch.setattr(
        "streamlit.web.server.starlette.starlette_routes.is_xsrf_enabled", lambda: False
    )
    return running


def test_an_upload_in_its_bounds_is_held_by_streamlit(server):
    assert server.try_to_put("one", "a", 90 * KB).status == 204
    (held,) = server.uploaded_file_mgr.get_files("one", ["a"])
    assert len(held.data) == 90 * KB


@pytest.mark.parametrize("length", [None, 0, 10, 200 * KB], ids=["chunked", "0", "lie", "said"])
def test_a_file_that_is_too_large_is_refused_while_it_is_read(server, length):
    answer = server.try_to_put("one", "a", 200 * KB, length)
    assert answer.status == 413 and "the file has more than the 0.1 MB" in answer.text
    assert not server.uploaded_file_mgr.get_files("one", ["a"])


def test_a_page_that_is_not_open_holds_nothing(server):
    assert server.try_to_put("nobody", "a", KB).status == 404
    assert not server.uploaded_file_mgr.file_storage


def test_one_page_holds_so_much_until_a_file_is_removed_or_replaced(server):
    for file in "ab":
        assert server.try_to_put("one", file, 100 * KB).status == 204
    assert server.try_to_put("one", "c", 60 * KB).status == 413
    assert server.try_to_put("two", "c", 60 * KB).status == 204, "that is another page"
    assert server.try_to_put("one", "a", 30 * KB).status == 204
    assert server.try_to_put("one", "c", 60 * KB).status == 204
    server.uploaded_file_mgr.remove_file("one", "b")
    assert server.try_to_put("one", "d", 100 * KB).status == 204


def test_one_page_holds_so_many_files(server):
    for number in range(5):
        assert server.try_to_put("one", str(number), 1).status == 204
    answer = server.try_to_put("one", "more", 1)
    assert answer.status == 429 and "at most 5 files" in answer.text
    server.uploaded_file_mgr.remove_file("one", "3")
    assert server.try_to_put("one", "more", 1).status == 204


def test_all_pages_together_hold_so_much(server):
    server.open |= {str(number) for number in range(6)}
    codes = [server.try_to_put(str(number), "a", 90 * KB).status for number in range(6)]
    assert codes == [204] * 4 + [429] * 2
    server.uploaded_file_mgr.remove_session_files("0")
    assert server.try_to_put("5", "a", 90 * KB).status == 204


def test_those_that_arrive_at_once_are_counted_together(server):
    async def all_at_once() -> list[int]:
        puts = (server.put("one", str(number), 90 * KB) for number in range(5))
        return [answer.status for answer in await asyncio.gather(*puts)]

    codes = asyncio.run(all_at_once())
    assert 1 <= codes.count(204) <= 2 and set(codes) == {204, 413}


def test_a_body_that_never_ends_is_given_up(server, monkeypatch):
    monkeypatch.setattr(upload_limits, "_PATIENCE", 0.1)

    async def wait() -> list[dict]:
        sent = []

        async def receive() -> dict:
            if not sent:
                await asyncio.sleep(60)

        async def send(message: dict) -> None:
            sent.append(message)

        path = "/_stcore/upload_file/one/a"
        scope = {"type": "http", "method": "PUT", "path": path, "raw_path": path.encode()}
        headers = [(b"content-type", b"multipart/form-data; boundary=x")]
        scope |= {"query_string": b"", "headers": headers, "root_path": ""}
        await server.app(scope, receive, send)
        return sent

    assert asyncio.run(wait())[0]["status"] == 408


def test_a_page_that_is_closed_meanwhile_ends_its_upload(server, monkeypatch):
    looked = []
    monkeypatch.setattr(
        server, "is_active_session", lambda session: looked.append(session) or len(looked) < 4
    )
    assert server.try_to_put("one", "a", 90 * KB).status == 404


def test_the_disks_reserve_counts_while_a_body_is_read(server, monkeypatch):
    monkeypatch.setattr("asl.quota.RESERVE", 1 << 60)
    answer = server.try_to_put("one", "a", KB)
    assert answer.status == 507 and "disk: it is full" in answer.text


def test_at_home_nothing_is_lost(monkeypatch):
    monkeypatch.delenv("ASL_HOSTED", raising=False)
    limits = upload_limits.upload_limits()
    assert limits.file >= 400 << 20 and limits.files >= 200 and limits.held >= 200 * 25 << 20


def test_hosted_all_share_what_the_memory_has_or_is_said(monkeypatch):
    monkeypatch.setenv("ASL_HOSTED", "1")
    assert 0 < upload_limits.upload_limits().together <= 1000 << 20
    monkeypatch.setenv("ASL_UPLOADS_MB", "70")
    assert upload_limits.upload_limits().together == 70 << 20


def test_files_of_a_page_that_was_left_are_let_go_of(monkeypatch):
    removed = []
    monkeypatch.setattr(
        MemoryUploadedFileManager,
        "remove_session_files",
        lambda self, session: removed.append(session),
    )

    def app():
        import streamlit as st

        from asl.ui.shell.upload_limits import forget_other_pages

        forget_other_pages(st.session_state.get("now", "photo"))

    page = AppTest.from_function(app).run().run()
    assert not removed
    page.session_state["now"] = "train"
    page.run()
    assert len(removed) == 1


class TestVisitors:
    """At most two at once."""

    @pytest.fixture(autouse=True)
    def hosted(self, monkeypatch, asl_home) -> None:
        monkeypatch.setenv("ASL_HOSTED", "1")
        monkeypatch.setenv("ASL_MOST_VISITORS", "2")
        monkeypatch.setattr(places, "_find_visitor", None)

    @pytest.fixture
    def served(self) -> Starlette:
        async def page(request):
            return PlainTextResponse("served")

        return Starlette(routes=[Route("/", page)], middleware=[Middleware(LimitVisitors)])

    @staticmethod
    def ask(app, kind: str, cookie: str = "") -> list[dict]:
        sent = []

        async def receive() -> dict:
            return {"type": "websocket.connect" if kind == "websocket" else "http.request"}

        async def send(message: dict) -> None:
            sent.append(message)

        headers = [(b"accept", b"text/html"), (b"cookie", f"asl_visit={cookie}".encode())]
        path = "/_stcore/stream" if kind == "websocket" else "/"
        scope = {"type": kind, "method": "GET", "path": path, "raw_path": path.encode()}
        scope |= {"query_string": b"", "headers": headers, "root_path": ""}
        asyncio.run(app(scope, receive, send))
        return sent

    @staticmethod
    def visitors(asl_home: Path, count: int) -> list[str]:
        tokens = [str(number) * 43 for number in range(count)]
        for token in tokens:
            (asl_home / "visits" / token).mkdir(parents=True)
        return tokens

    def test_one_more_gets_a_plain_page_and_known_ones_are_let_in(self, served, asl_home):
        assert self.ask(served, "http")[0]["status"] == 200
        known = self.visitors(asl_home, 2)
        start, body = self.ask(served, "http")
        assert start["status"] == 503 and FULL.encode() in body["body"]
        assert (b"retry-after", b"20") in start["headers"]
        assert self.ask(served, "http", "x" * 43)[0]["status"] == 503, "nobody's cookie"
        assert self.ask(served, "http", known[0])[0]["status"] == 200

    def test_connections_past_the_pages_are_refused_too(self, served, asl_home):
        (known, _) = self.visitors(asl_home, 2)
        assert self.ask(served, "websocket")[0]["code"] == 1013
        # The served app has no such address, and closes it in its own way.
        assert self.ask(served, "websocket", known)[0].get("code") != 1013

    def test_no_more_connections_than_visitors_without_a_cookie(self, asl_home):
        held = []

        async def hold(scope, receive, send):
            held.append(scope)
            if len(held) < 9:
                await middleware({**scope}, receive, send)

        middleware = LimitVisitors(hold)
        sent = self.ask(middleware, "websocket")
        assert len(held) == 2 and sent[0]["code"] == 1013

    def test_a_visitor_has_so_many_pages_open(self, asl_home, monkeypatch):
        (known,) = self.visitors(asl_home, 1)
        held = []

        async def hold(scope, receive, send):
            held.append(scope)
            await middleware({**scope}, receive, send)

        middleware = LimitVisitors(hold)
        self.ask(middleware, "websocket", known)
        assert len(held) == MOST_PAGES
        assert self.ask(middleware, "websocket", known) and len(held) == 2 * MOST_PAGES, "closed"

    def test_at_home_nobody_is_counted(self, served, asl_home, monkeypatch):
        self.visitors(asl_home, 2)
        monkeypatch.delenv("ASL_HOSTED")
        assert self.ask(served, "http")[0]["status"] == 200

    def test_no_workspace_is_made_beyond_it_whatever_connects(self, asl_home, monkeypatch):
        def app():
            import streamlit as st

            from asl.ui.shell.visitors import open_visit

            open_visit()
            st.text("in")

        monkeypatch.setattr(ContextProxy, "cookies", property(lambda _: {}))
        pages = [AppTest.from_function(app).run() for _ in range(4)]
        assert [len(page.text) for page in pages] == [1, 1, 0, 0]
        assert pages[2].info[0].value == FULL
        folders = list((asl_home / "visits").iterdir())
        assert len(folders) == 2
        assert len(pages[0].run().text) == 1, "who is in stays in"
        next(iter(folders)).joinpath("pages-open").rename(asl_home / "gone")
        os.rmdir(folders[0])
        assert len(pages[2].button[0].click().run().text) == 1


def visit(address: str):
    """Open a page as a browser without cookies does, and wait until it is drawn."""
    asked = BackMsg()
    asked.rerun_script.page_name = ""
    browser = connect(f"ws://{address}/_stcore/stream", subprotocols=["streamlit"])
    browser.send(asked.SerializeToString())
    while ForwardMsg.FromString(browser.recv(timeout=60)).WhichOneof("type") != "script_finished":
        pass
    return browser


def test_a_real_server_has_both(monkeypatch, request, asl_home):
    monkeypatch.setenv("ASL_MOST_VISITORS", "1")
    address = request.getfixturevalue("hosted_app")
    server = HTTPConnection(address, timeout=30)
    server.request("PUT", "/_stcore/upload_file/nobody/a", body=bytes(1 << 20))
    answer = server.getresponse()
    assert answer.status == 404 and answer.read().startswith(b"upload: the page")
    with visit(address):
        for _ in range(3):
            with pytest.raises(InvalidStatus):
                visit(address)
        server.request("GET", "/train", headers={"Accept": "text/html"})
        answer = server.getresponse()
        assert answer.status == 503 and FULL.encode() in answer.read()
        assert len(list((asl_home / "visits").iterdir())) == 1
