"""Uploads of strangers: seen by their owner alone, bounded, and gone from the memory at once."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from asl import workspace as places
from asl.data.library import intake
from asl.data.library.dataset import Dataset
from asl.quota import QuotaError

APP = Path(__file__).parents[2] / "streamlit_app.py"


@pytest.fixture
def stranger(monkeypatch, intake_here):
    """``stranger()``: the train page of one more visitor of a hosted app."""
    monkeypatch.setenv("ASL_HOSTED", "1")
    monkeypatch.setattr(places, "_find_visitor", None)
    monkeypatch.setattr("asl.ui.train.settings_form.choose_and_run", lambda dataset: None)

    def start() -> AppTest:
        app = AppTest.from_file(APP, default_timeout=60).run()
        app.switch_page("pages/train.py").run()
        assert not app.exception
        return app

    return start


def give(app: AppTest, data: bytes, name: str) -> AppTest:
    app.file_uploader[0].set_value((name, data, "application/zip")).run()
    assert not app.exception
    return app


def chosen(app: AppTest):
    return next((box for box in app.selectbox if box.label == "Data set"), None)


def test_two_visitors_do_not_see_each_others_data_sets(stranger, signs_zip, asl_home):
    anna, ben = stranger(), stranger()
    give(anna, signs_zip(), "of anna.zip")
    assert chosen(ben.run()) is None
    give(ben, signs_zip("CD"), "of ben.zip")
    assert chosen(anna.run()).options == ["of anna"]
    assert chosen(ben.run()).options == ["of ben"]
    assert not (asl_home / "datasets").exists() and not (asl_home / "cache").exists()


def test_a_visitors_quota_is_said_and_the_others_are_not_touched(stranger, signs_zip, monkeypatch):
    monkeypatch.setenv("ASL_QUOTA_MB", "1")
    anna, ben = stranger(), stranger()
    give(anna, signs_zip(each=60), "large.zip")
    assert any("quota" in part.value.lower() for part in anna.error)
    monkeypatch.setenv("ASL_QUOTA_MB", "100")
    give(ben, signs_zip(), "small.zip")
    assert chosen(ben).options == ["small"]


@pytest.mark.parametrize("kind", ["pictures", "cut-outs"])
def test_what_comes_of_an_upload_counts_as_well(
    intake_here, signs_zip, monkeypatch, asl_home, kind
):
    """Ten small pictures fit, what is cut out of them (150 KB each) does not."""
    monkeypatch.setenv("ASL_HOSTED", "1")
    monkeypatch.setenv("ASL_QUOTA_MB", "2")
    monkeypatch.setattr(places, "_find_visitor", lambda: asl_home)
    folder = intake.take_upload(io.BytesIO(signs_zip()), "mine", "zip").folder
    assert "quota: what is cut out of the pictures needs" in intake.failure(folder)
    if kind == "pictures":
        with pytest.raises(QuotaError, match="quota: the upload needs"):
            intake.take_upload(io.BytesIO(bytes(2 << 20)), "mine", "zip")
    else:
        assert not list(folder.rglob("*.png")) and not (asl_home / "cache").exists()


def test_an_upload_is_written_piece_by_piece_and_deleted_after(intake_here, signs_zip):
    class Counting(io.BytesIO):
        most = 0

        def read(self, size=-1):
            Counting.most = max(Counting.most, size if size >= 0 else 1 << 40)
            return super().read(size)

    dataset = intake.take_upload(Counting(signs_zip()), "mine", "zip")
    assert 0 < Counting.most <= 1 << 20
    assert Dataset.open(dataset.folder).name == "mine"
    assert not (dataset.folder / intake.UPLOAD).exists()


def test_the_servers_memory_lets_go_of_an_upload(stranger, signs_zip, monkeypatch):
    from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

    removed = []
    monkeypatch.setattr(
        MemoryUploadedFileManager, "remove_file", lambda self, *which: removed.append(which)
    )
    app = give(stranger(), signs_zip(), "mine.zip")
    assert len(removed) == 1
    assert app.file_uploader[0].value is None


MEMORY = """
import io, os, resource, sys, zipfile
from asl import processes
from asl.data.library import intake
processes.start = lambda *_: None
picture = os.urandom(1 << 20)
def upload():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(4):
            archive.writestr(f"A/{number}.png", picture)
    intake.cancel(intake.take_upload(file, "mine", "zip").folder)
most = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
for _ in range(3):
    upload()
before = most()
for _ in range(50):
    upload()
print(most() - before)
"""


def test_fifty_uploads_cost_no_more_memory_than_three():
    shown = subprocess.run(
        [sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True
    ).stdout
    assert int(shown) < 15, "MB"
