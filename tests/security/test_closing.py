"""Closed pages: their sessions end in time, and not too early; the real server is tested in
`tests/browser/test_closed.py`."""

import os
import tempfile
from types import SimpleNamespace

import pytest
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from asl.ui.shell.closing import end_sessions, temporary_files
from asl.ui.shell.visitors import GRACE


class Server:
    """A Streamlit runtime without a server: sessions that are open or kept for coming back."""

    def __init__(self):
        self.open, self.kept = {"me", "other"}, set()
        self.uploaded_file_mgr = MemoryUploadedFileManager("/upload")
        self.media_file_mgr = MediaFileManager(MemoryMediaFileStorage("/media"))
        self.states = {one: {"picture": "private"} for one in self.open}
        self._session_mgr = SimpleNamespace(
            list_sessions=lambda: [
                SimpleNamespace(
                    session=SimpleNamespace(
                        id=one, session_state=self.states[one], _fragment_storage={}
                    )
                )
                for one in self.open | self.kept
            ]
        )
        self.upload("me")

    def upload(self, session: str) -> None:
        self.uploaded_file_mgr.add_file(session, UploadedFileRec("f", "a.jpg", "image/jpeg", b"x"))

    def uploads(self) -> set[str]:
        return set(self.uploaded_file_mgr.file_storage)

    def leave(self, session: str) -> None:
        self.open.remove(session)
        self.kept.add(session)

    def is_active_session(self, session: str) -> bool:
        return session in self.open

    def close_session(self, session: str) -> None:
        self.kept.discard(session)


@pytest.fixture
def server() -> Server:
    return Server()


def test_a_session_ends_after_the_grace_and_the_others_stay(server):
    seen = {}
    assert not end_sessions(server, seen, 0)
    server.leave("me")
    assert not end_sessions(server, seen, GRACE) and server.uploads() == {"me"}
    assert end_sessions(server, seen, GRACE + 1) and not server.uploads() and not server.kept
    assert not end_sessions(server, seen, GRACE + 2) and server.open == {"other"}
    assert server.states == {"me": {}, "other": {"picture": "private"}}


def test_a_session_that_comes_back_has_lost_nothing(server):
    seen = {}
    end_sessions(server, seen, 0)
    server.leave("me")
    end_sessions(server, seen, GRACE - 1)
    server.open.add("me")
    end_sessions(server, seen, GRACE)
    server.leave("me")
    assert not end_sessions(server, seen, 2 * GRACE) and server.uploads() == {"me"}


def test_an_upload_that_arrives_late_goes_too(server):
    seen = {}
    end_sessions(server, seen, 0)
    server.leave("me")
    end_sessions(server, seen, GRACE + 1)
    server.upload("me")
    server.upload("nobody")
    end_sessions(server, seen, GRACE + 2)
    assert server.uploads() == {"nobody"}
    end_sessions(server, seen, 2 * GRACE + 3)
    assert not server.uploads()


def test_temporary_files_of_a_dead_server_go_and_those_of_this_one_stay(tmp_path):
    dead = tmp_path / "servers" / "999999999"
    dead.mkdir(parents=True)
    (dead / "picture.jpg").write_bytes(b"private")
    before = tempfile.gettempdir()
    with temporary_files(tmp_path / "servers"):
        assert not dead.exists()
        assert tempfile.gettempdir() == str(tmp_path / "servers" / str(os.getpid()))
        with temporary_files(tmp_path / "servers"):
            assert tempfile.mkdtemp()
    assert tempfile.gettempdir() == before and not list((tmp_path / "servers").iterdir())
