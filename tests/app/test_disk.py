"""A disk that is full, may only be read, or has a file where a folder should be: said in plain
words, and nothing half made is left behind."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from runpy import run_path
from unittest.mock import create_autospec

import pytest

from asl import quota
from asl.bundle import ModelBundle, list_bundles
from asl.data.library import intake
from asl.data.library.dataset import list_datasets
from asl.runs.control import keep, list_runs, submit
from asl.runs.run import RunError
from asl.training.config import DataSet, TrainConfig

PAGES = ("photo", "live", "about", "train", "runs", "scores", "compare", "attention")
FULL, READ_ONLY = "the disk is full", "the disk may only be read"


class Disk:
    """A small disk of its own at `home`."""

    def __init__(self, home: Path):
        self.home = home
        self._ballast = home / "ballast"

    def fill(self, leave: int = 0) -> None:
        """Fill it but for `leave` bytes."""
        self._ballast.unlink(missing_ok=True)
        space = os.statvfs(self.home)
        with self._ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, space.f_bavail * space.f_frsize - leave)

    def close(self) -> None:
        """Let it only be read from now on."""
        subprocess.run(["mount", "-o", "remount,ro", self.home], check=True)


@pytest.fixture
def disk(asl_home: Path) -> Iterator[Disk]:
    """The workspace on a disk of 64 MB; skips where none may be mounted."""
    asl_home.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", asl_home]
    if os.geteuid() or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("needs the right to mount a disk")
    yield Disk(asl_home)
    subprocess.run(["umount", "--lazy", asl_home], check=True)


@pytest.fixture
def open_train(open_train, monkeypatch):
    """``open_train()``: the train page; what it needs room for is let through, to find none."""
    free = create_autospec(quota._free, return_value=1 << 60)
    monkeypatch.setattr(quota, "_free", free)
    # As where the app is served: pages are drawn by `streamlit_app.py`, and never by themselves.
    monkeypatch.setattr("streamlit.runtime.scriptrunner.script_runner._mpa_v1", run_path)
    return open_train


def give(app, data: bytes):
    app.file_uploader[0].set_value(("my signs.zip", data, "application/zip")).run()
    assert not app.exception
    return app


def press(app, label: str):
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    return app


def errors(app) -> str:
    return "\n".join(error.value for error in app.error).replace("\\", "").lower()


def test_every_page_opens_where_nothing_can_be_written(
    disk, open_train, make_run, signs_zip, monkeypatch
):
    make_run("Letters")
    give(open_train(), signs_zip())
    disk.close()
    app = open_train()
    for page in PAGES:
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception, page
        assert not app.error, page

    app.switch_page("pages/train.py").run()
    assert READ_ONLY in errors(give(app, signs_zip("CD")))
    assert READ_ONLY in errors(press(app, "Yes, people"))
    assert READ_ONLY in errors(press(app, "Start"))
    press(app, "Delete all 20 pictures")
    assert READ_ONLY in errors(app)
    app.switch_page("pages/runs.py").run()
    assert READ_ONLY in errors(press(app, "Use this model"))
    assert READ_ONLY in errors(press(app, "Delete for good"))
    assert len(list_datasets()) == len(list_runs()) == 1


def test_a_full_disk_leaves_nothing_half_made(disk, open_train, make_run, signs_zip):
    make_run("Letters")
    app = give(open_train(), signs_zip())
    kept = {*disk.home.rglob("*"), disk.home / "ballast", disk.home / "models"}
    disk.fill()
    assert FULL in errors(give(app, signs_zip("CD", each=50)))
    assert FULL in errors(press(app, "Yes, people"))
    assert FULL in errors(press(app, "Start"))
    with pytest.raises(RunError, match=FULL):
        submit(TrainConfig("x", (DataSet("pictures"),)), "More", "Quick", "mine")
    app.switch_page("pages/runs.py").run()
    assert FULL in errors(press(app, "Use this model"))
    # A file of a few bytes that was to take the place of another may stay until the next one does.
    assert {path for path in disk.home.rglob("*") if path.suffix != ".new"} <= kept


@pytest.mark.parametrize("leave", [0, 64, 256, 512, 1024])
def test_pictures_that_the_disk_cannot_hold_are_no_data_set(disk, open_train, signs_zip, leave):
    data = signs_zip(each=10)
    disk.fill(len(data) + (40 + leave << 10))
    app = give(open_train(), data)
    if not list_datasets():
        app.run()
        assert FULL in errors(app)
        for folder in intake.intakes():
            assert not (folder / "pictures").exists()
            assert not (folder / intake.UPLOAD).exists()
            intake.cancel(folder)
    disk.fill(20 << 20)
    assert all(len(one.pictures()) == 40 for one in list_datasets())


@pytest.mark.parametrize("place", ["runs", "datasets", "models", "cache", "queue"])
def test_a_file_where_a_folder_should_be_is_named(place, open_train, asl_home, signs_zip):
    asl_home.mkdir(exist_ok=True)
    (asl_home / place).write_text("")
    app = open_train()
    for page in PAGES:
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception, page
    if place == "runs":
        with pytest.raises(RunError, match="is in the way"):
            submit(TrainConfig("x", (DataSet("pictures"),)), "More", "Quick", "mine")
    if place == "datasets":
        app.switch_page("pages/train.py").run()
        assert "is in the way" in errors(give(app, signs_zip()))


def test_a_model_that_could_not_be_copied_is_none(make_run, asl_home, monkeypatch):
    run = make_run("Letters")
    full = create_autospec(
        ModelBundle.write_card, side_effect=OSError(28, "No space left on device")
    )
    monkeypatch.setattr(ModelBundle, "write_card", full)
    before = [bundle.card.name for bundle in list_bundles()]
    with pytest.raises(OSError, match="No space"):
        keep(run, "letters")
    assert [bundle.card.name for bundle in list_bundles()] == before
    assert not any((asl_home / "models").iterdir())
