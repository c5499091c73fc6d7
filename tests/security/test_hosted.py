"""Hosted for strangers: everybody has a workspace of their own, and nothing stays behind."""

import os
import re
import sys
import time
from pathlib import Path

import pytest
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from asl import workspace as places
from asl.processes import is_alive, start
from asl.quota import QuotaError, quota, require_room, require_run
from asl.ui.shell import visitors as visits
from asl.ui.shell.visitors import GRACE, sweep
from asl.workspace import environment, workspace


def app():
    import streamlit as st

    from asl.ui.shell.visitors import open_visit
    from asl.workspace import workspace

    open_visit()

    def write():
        (workspace() / "secret.txt").write_text("mine")

    @st.fragment
    def look():
        st.text(workspace())
        st.text(*[file.name for file in workspace().glob("*.txt")] or ["nothing"])
        st.button("look", key="look")

    st.button("write", key="write", on_click=write)
    look()


@pytest.fixture
def hosted(monkeypatch):
    monkeypatch.setenv("ASL_HOSTED", "1")
    monkeypatch.setattr(places, "_find_visitor", None)


@pytest.fixture
def visit():
    def open_it() -> AppTest:
        page = AppTest.from_function(app).run()
        assert not page.exception
        return page

    return open_it


def test_at_home_all_share_one_workspace(visit, asl_home):
    asl_home.mkdir()
    first, second = visit(), visit()
    first.button(key="write").click().run()
    assert first.text[0].value == second.text[0].value == str(asl_home)
    assert second.run().text[1].value == "secret.txt"


def test_hosted_visitors_do_not_see_each_other(hosted, visit, asl_home):
    first, second = visit(), visit()
    first.button(key="write").click().run()
    second.button(key="look").click().run()
    assert first.text[1].value == "secret.txt" and second.text[1].value == "nothing"
    assert Path(first.text[0].value).parent == asl_home / "visits"
    assert first.text[0].value != second.text[0].value
    assert os.stat(first.text[0].value).st_mode & 0o077 == 0, "others on the server may look in"
    assert not (asl_home / "secret.txt").exists()


def test_hosted_work_without_a_visitor_never_falls_back_to_a_shared_folder(hosted, visit):
    visit()
    with pytest.raises(RuntimeError, match="nobody is being served"):
        workspace()


def test_a_page_that_skipped_the_entry_falls_back_to_no_shared_folder(hosted):
    with pytest.raises(RuntimeError, match="not known who is being served"):
        workspace()


def test_a_reloaded_page_finds_its_workspace_again_by_its_cookie(hosted, visit, monkeypatch):
    first = visit()
    cookies = {}
    monkeypatch.setattr(ContextProxy, "cookies", property(lambda _: cookies))
    (script,) = [part.proto.body for part in first.get("html")]
    name, token = re.search(r'"(\w+)=([\w-]+); path=/; SameSite=Strict"', script).groups()
    cookies[name] = token
    again = visit()
    assert again.text[0].value == first.text[0].value
    assert not again.get("html"), "it has its cookie already"


@pytest.mark.parametrize("token", ["", "../..", "x" * 43, "/etc", "a\0b"])
def test_a_token_that_nobody_handed_out_opens_nothing(hosted, visit, asl_home, monkeypatch, token):
    monkeypatch.setattr(ContextProxy, "cookies", property(lambda _: {"asl_visit": token}))
    folder = Path(visit().text[0].value)
    assert folder.parent == asl_home / "visits" and folder.name != token


def test_a_process_of_a_visitor_works_in_that_visitors_workspace(hosted, asl_home, monkeypatch):
    monkeypatch.setattr(places, "_find_visitor", lambda: asl_home / "visits" / "somebody")
    told = environment()
    monkeypatch.setattr(places, "_find_visitor", None)
    for name in ("ASL_HOME", "ASL_SERVER_HOME"):
        monkeypatch.setenv(name, told[name])
    assert workspace() == asl_home.resolve() / "visits" / "somebody"
    assert places.server_home() == asl_home.resolve()


class TestSweep:
    @pytest.fixture
    def left(self, asl_home) -> Path:
        """A visit that was left long ago, with one page that may still be open."""
        folder = asl_home / "visits" / "gone"
        (folder / "pages-open").mkdir(parents=True)
        (folder / "pages-open" / "page").touch()
        (folder / "picture.jpg").write_bytes(b"private")
        os.utime(folder, (0, time.time() - 2 * GRACE))
        return folder

    def test_nothing_is_kept_of_one_who_left(self, left):
        sweep(left.parent, lambda page: False, time.time() + 2 * GRACE)
        assert not left.exists()

    def test_an_open_page_keeps_its_workspace(self, left):
        sweep(left.parent, lambda page: page == "page", time.time())
        sweep(left.parent, lambda page: False, time.time() + GRACE / 2)
        assert (left / "picture.jpg").exists()

    def test_what_runs_for_one_who_left_is_ended(self, left):
        run = left / "runs" / "mine"
        start([sys.executable, "-c", "import time; time.sleep(60)"], run, dict(os.environ))
        assert is_alive(run)
        sweep(left.parent, lambda page: False, time.time() + 2 * GRACE)
        assert not left.exists() and not is_alive(run)

    def test_no_visits_yet(self, asl_home):
        assert not sweep(asl_home / "visits", lambda page: True, time.time())

    def test_a_short_loss_of_connection_costs_nothing(self, left):
        now = time.time()
        for after, is_open in ((0, True), (5, False), (25, False), (28, True), (55, False)):
            sweep(left.parent, lambda page, is_open=is_open: is_open, now + after)
            (left / "pages-open" / "page").touch()  # as the page does that is back
        assert (left / "picture.jpg").exists()
        sweep(left.parent, lambda page: False, now + 28 + GRACE + 1)
        assert not left.exists()

    def test_models_that_may_be_loaded_are_told_of(self, left):
        (left / "models" / "mine").mkdir(parents=True)
        assert sweep(left.parent, lambda page: False, time.time() + 2 * GRACE)
        assert not sweep(left.parent, lambda page: False, time.time() + 2 * GRACE)

    def test_one_that_cannot_be_deleted_keeps_no_other(self, left, monkeypatch):
        stuck = left.parent / "a-stuck"
        stuck.mkdir()
        os.utime(stuck, (0, 0))
        ended = visits.end_all

        def end_all(folder):
            if folder == stuck:
                raise OSError("stuck")
            ended(folder)

        monkeypatch.setattr(visits, "end_all", end_all)
        sweep(left.parent, lambda page: False, time.time() + 2 * GRACE)
        assert stuck.exists() and not left.exists()

    def test_what_an_interrupted_sweep_left_goes_at_once(self, left):
        half = left.rename(left.with_name(".gone"))
        os.utime(half)
        sweep(half.parent, lambda page: True, time.time())
        assert not half.exists()


def test_a_visitors_process_leaves_its_temporary_files_with_the_visitor(
    hosted, asl_home, monkeypatch
):
    mine = asl_home / "visits" / "me"
    monkeypatch.setattr(places, "_find_visitor", lambda: mine)
    assert Path(environment()["TMPDIR"]) == mine.resolve() / "tmp" and (mine / "tmp").is_dir()


class TestQuota:
    @pytest.fixture
    def visitor(self, hosted, asl_home, monkeypatch) -> Path:
        folder = asl_home / "visits" / "me"
        folder.mkdir(parents=True)
        monkeypatch.setattr(places, "_find_visitor", lambda: folder)
        monkeypatch.setenv("ASL_QUOTA_MB", "1")
        return folder

    def test_bytes_are_counted_and_said(self, visitor):
        require_room(1 << 20, "the data set")
        (visitor / "pictures").mkdir()
        (visitor / "pictures" / "0.jpg").write_bytes(os.urandom(1 << 19))
        require_room(1 << 19, "the data set")
        message = r"needs 0\.5 MB, and 0\.5 MB of the 1\.0 MB that a visitor may keep are in use"
        with pytest.raises(QuotaError, match=message):
            require_room((1 << 19) + 1, "the data set")

    def test_runs_are_counted(self, visitor, monkeypatch):
        monkeypatch.setenv("ASL_QUOTA_RUNS", "2")
        (visitor / "runs" / "a").mkdir(parents=True)
        require_run()
        (visitor / "runs" / "b").mkdir()
        with pytest.raises(QuotaError, match="there are 2 runs, and a visitor may keep 2"):
            require_run()

    def test_a_setting_that_is_no_number_is_named(self, visitor, monkeypatch):
        monkeypatch.setenv("ASL_QUOTA_PICTURES", "many")
        with pytest.raises(ValueError, match="ASL_QUOTA_PICTURES: 'many' is no whole number"):
            quota()

    def test_at_home_only_the_disk_counts(self, asl_home):
        assert quota() is None
        require_run()
        require_room(1000, "the data set")
        with pytest.raises(QuotaError, match=r"disk: the data set needs .* or make room"):
            require_room(1 << 60, "the data set")
