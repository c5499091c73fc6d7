"""Quotas hold for many tabs at once, and the disk's reserve while something is written."""

import io
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from asl import processes, quota
from asl import workspace as places
from asl.data.archives.members import CHUNK
from asl.data.archives.unpack import unpack
from asl.data.library import intake, intake_worker
from asl.quota import RESERVED, QuotaError, Room, counting, require_room, reserve

ROOT = Path(__file__).parents[2]
MB = 1 << 20


@pytest.fixture
def visitor(asl_home, monkeypatch) -> Path:
    """The workspace of a visitor who may keep 10 MB, 10 pictures and 2 runs."""
    folder = asl_home / "visits" / "me"
    folder.mkdir(parents=True)
    monkeypatch.setenv("ASL_HOSTED", "1")
    monkeypatch.setattr(places, "_find_visitor", lambda: folder)
    for name, most in (("MB", 10), ("PICTURES", 10), ("RUNS", 2)):
        monkeypatch.setenv(f"ASL_QUOTA_{name}", str(most))
    return folder


@pytest.fixture
def working(monkeypatch):
    """Processes that take pictures live, and do nothing; they end with the test."""
    start, folders = processes.start, []

    def wait(command, folder, environment):
        folders.append(folder)
        return start([sys.executable, "-c", "import time; time.sleep(60)"], folder, environment)

    monkeypatch.setattr("asl.data.library.intake.processes.start", wait)
    yield
    for folder in folders:
        processes.end(folder)


def at_once(work, times: int = 5) -> list[Exception | None]:
    """Do `work` in several threads, as the tabs of a visitor do; return what each raised."""
    together, ends = threading.Barrier(times), []

    def one() -> None:
        together.wait()
        try:
            work()
        except QuotaError as error:
            ends.append(error)
        else:
            ends.append(None)

    threads = [threading.Thread(target=one) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


def test_of_five_tabs_that_upload_at_once_three_find_room(visitor, working):
    """Each upload reserves three times its size, until its process has ended."""
    ends = at_once(lambda: intake.take_upload(io.BytesIO(os.urandom(MB)), "mine", "zip"))
    assert ends.count(None) == 3
    assert all("quota: the upload needs 3.0 MB" in str(end) for end in ends if end)
    with pytest.raises(QuotaError):
        intake.take_upload(io.BytesIO(os.urandom(MB)), "mine", "zip")
    for folder in (visitor / "datasets").iterdir():
        processes.end(folder)
    # What their owners did not write is free again with their death.
    intake.take_upload(io.BytesIO(os.urandom(MB)), "mine", "zip")


TAB = """
from pathlib import Path
import os, time
from asl import quota
try:
    with quota.counting():
        quota.require_run()
        time.sleep(0.1)
        Path("runs", str(os.getpid())).mkdir(parents=True)
except quota.QuotaError:
    print("refused")
"""


def test_runs_are_counted_over_processes(visitor):
    told = {"ASL_HOSTED": "1", "ASL_HOME": str(visitor), "ASL_SERVER_HOME": str(visitor)}
    told |= {"ASL_QUOTA_RUNS": "2", "PYTHONPATH": str(ROOT)}
    tabs = [
        subprocess.Popen(
            [sys.executable, "-c", TAB], cwd=visitor, env={**os.environ, **told}, stdout=-1
        )
        for _ in range(5)
    ]
    said = [tab.communicate()[0] for tab in tabs]
    assert said.count(b"refused\n") == 3 and said.count(b"") == 2
    assert len(list((visitor / "runs").iterdir())) == 2


def test_trainings_reserve_what_they_need(visitor, working):
    run = visitor / "runs" / "mine"
    run.mkdir(parents=True)
    with counting():
        reserve(run, 8 * MB)
    require_room(8 * MB, "the training")
    processes.start(["sleep", "60"], run, os.environ)
    try:
        with pytest.raises(QuotaError, match=r"quota: the training needs 8\.0 MB, and 8\.0 MB of"):
            require_room(8 * MB, "the training")
        (run / "checkpoint").write_bytes(os.urandom(7 * MB))
        require_room(int(1.9 * MB), "what is written is not counted twice")
    finally:
        processes.end(run)


def pictures(count: int, size: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(count):
            archive.writestr(f"{'AB'[number % 2]}/{number}.png", os.urandom(size))
    return file.getvalue()


def test_pictures_of_uploads_at_work_together_stay_below_the_quota(visitor, tmp_path):
    """Two archives of six are begun before either has a picture: ten are the most."""
    (tmp_path / "six.zip").write_bytes(pictures(6, 1000))
    for name in "ab":
        (visitor / "datasets" / name).mkdir(parents=True)
    first, second = (visitor / "datasets" / name for name in "ab")
    rooms = Room(first), Room(second)
    unpack(tmp_path / "six.zip", first / "pictures", room=rooms[0])
    with pytest.raises(QuotaError, match="a visitor may keep 10 pictures"):
        unpack(tmp_path / "six.zip", second / "pictures", room=rooms[1])
    assert not (second / "pictures").exists()


def test_what_unpacks_to_more_than_was_reserved_is_bounded_by_the_quota(visitor, intake_here):
    """One of 100 kB that unpacks to 20 MB, a part of it in each picture."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(10):
            archive.writestr(f"A/{number}.png", os.urandom(10_000) + bytes(2 * MB - 100_000))
    folder = intake.take_upload(file, "mine", "zip").folder
    assert "quota: the data set needs" in intake.failure(folder)
    assert not (folder / "pictures").exists() and not (folder / RESERVED).exists()


class TestReserve:
    """The reserve of the disk, where others write at the same time."""

    @pytest.fixture
    def disk(self, monkeypatch, tmp_path):
        """``disk(free)``: so many bytes can be written to it by this and others together."""

        def make(free: int) -> None:
            looked = iter(range(free + quota.RESERVE, 0, -CHUNK))
            usage = shutil.disk_usage(tmp_path)
            monkeypatch.setattr(
                "asl.quota.shutil.disk_usage", lambda _: usage._replace(free=next(looked))
            )

        return make

    def test_unpacking_stops_before_it(self, disk, tmp_path, asl_home):
        (tmp_path / "up.zip").write_bytes(pictures(8, MB))
        disk(3 * MB)
        with pytest.raises(QuotaError, match="disk: it is full but for the 500 MB"):
            unpack(tmp_path / "up.zip", tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_an_upload_stops_before_it(self, monkeypatch, tmp_path, intake_here, asl_home):
        usage = shutil.disk_usage(tmp_path)
        # Enough when it begins; others fill the disk while it is written.
        looked = iter([usage.free, 100 * MB])
        monkeypatch.setattr(
            "asl.quota.shutil.disk_usage", lambda _: usage._replace(free=next(looked))
        )
        with pytest.raises(QuotaError, match="disk: it is full but"):
            intake.take_upload(io.BytesIO(bytes(3 * MB)), "mine", "zip")
        assert not list((asl_home / "datasets").iterdir())

    @pytest.mark.parametrize("step", ["reading", "hands"])
    def test_decoding_and_cutting_out_stop_before_it(
        self, monkeypatch, intake_here, signs_zip, asl_home, step
    ):
        now = []
        note = intake_worker._Notes.__call__
        monkeypatch.setattr(
            intake_worker._Notes,
            "__call__",
            lambda self, name, *counts: (now.append(name), note(self, name, *counts)),
        )
        usage = shutil.disk_usage(asl_home.parent)
        monkeypatch.setattr(
            "asl.quota.shutil.disk_usage",
            lambda _: usage._replace(free=1 * MB if step in now else usage.free),
        )
        folder = intake.take_upload(io.BytesIO(signs_zip(each=20)), "mine", "zip").folder
        assert "disk: it is full but" in intake.failure(folder)
        assert not list((asl_home / "cache").glob("*")) and not (folder / "pictures").exists()

    def test_on_a_small_disk(self, tmp_path, on_small_disk):
        """Two archives are unpacked to one disk of 8 MB at once, of which 2 MB are kept free."""
        for name in "ab":
            (tmp_path / f"{name}.zip").write_bytes(pictures(40, 200_000))
        shown = on_small_disk(SMALL, 8)
        least, *said = shown.splitlines()
        assert int(least) >= (2 * MB) - 2 * CHUNK
        assert len(said) == 2 and all("disk: it is full but" in line for line in said)


SMALL = """
import shutil, threading
from pathlib import Path
from asl import quota
from asl.data.archives.unpack import unpack
quota.RESERVE = 2 << 20
usage, least, said = shutil.disk_usage, [], []
def noted(place):
    least.append(usage("small").free)
    return usage(place)
quota.shutil.disk_usage = noted
def one(name):
    try:
        unpack(Path(f"{name}.zip"), Path("small") / name)
    except quota.QuotaError as error:
        said.append(str(error))
threads = [threading.Thread(target=one, args=(name,)) for name in "ab"]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(min(least), *said, sep="\\n")
"""
