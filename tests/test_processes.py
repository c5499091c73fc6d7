"""Processes outside the server: told apart, and ended with their children."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from asl.processes import FILE, LOG, end, end_all, is_alive, start, worker_pool

SLEEP = "import time; time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True);"


@pytest.fixture
def run(tmp_path):
    folders = []

    def launch(code: str, name: str = "job"):
        folder = tmp_path / name
        start([sys.executable, "-c", code], folder, os.environ)
        folders.append(folder)
        return folder

    yield launch
    for folder in folders:
        end(folder)


def wait_for(condition) -> None:
    until = time.monotonic() + 100
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_process_is_alive_until_it_ends_and_writes_its_log(run):
    folder = run("print('hello')")
    wait_for(lambda: not is_alive(folder))
    assert (folder / LOG).read_text() == "hello\n"


def test_ending_takes_the_children_too(run, tmp_path):
    child = f"subprocess.Popen([sys.executable, '-c', {SLEEP!r}])"
    folder = run(f"import subprocess, sys; print({child}.pid, flush=True); {SLEEP}")
    wait_for(lambda: (folder / LOG).read_text().strip())
    end(folder)
    assert not is_alive(folder)
    pid = int((folder / LOG).read_text())
    wait_for(lambda: not _runs(pid))


def test_one_that_does_not_listen_is_killed_within_two_seconds(run):
    folder = run(f"{STUBBORN} {SLEEP}")
    wait_for(lambda: (folder / LOG).read_text())
    start_time = time.monotonic()
    end(folder)
    assert not is_alive(folder) and time.monotonic() - start_time < 2


def test_all_below_a_folder_are_ended_and_no_others(run, tmp_path):
    one, two, other = run(SLEEP, "a/1"), run(SLEEP, "a/b/2"), run(SLEEP, "c")
    end_all(tmp_path / "a")
    assert not is_alive(one) and not is_alive(two) and is_alive(other)


def test_a_number_that_came_again_is_another_process(run, tmp_path):
    folder = run(SLEEP)
    known = json.loads((folder / FILE).read_text())
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    (stranger / FILE).write_text(json.dumps({**known, "started": known["started"] - 1}))
    assert not is_alive(stranger)
    end(stranger)
    assert is_alive(folder)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"pid": "x", "started": 1}', '{"pid": 1, "started": null}']
)
def test_a_damaged_note_is_no_process(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    assert not is_alive(tmp_path)
    end(tmp_path)


def test_no_note_is_no_process(tmp_path):
    assert not is_alive(tmp_path)


@pytest.mark.parametrize(("workers", "here"), [(1, True), (2, False)])
def test_a_single_worker_is_this_process(workers, here):
    begun = []
    with worker_pool(workers, begun.append if here else os.getpid, *["begun"] * here) as pool:
        pids = list(pool.map(_pid_and, range(4), chunksize=2))
    assert [number for _, number in pids] == [0, 1, 2, 3]
    assert ({pid for pid, _ in pids} == {os.getpid()}) == here
    assert begun == ["begun"] * here


def _pid_and(number: int) -> tuple[int, int]:
    return os.getpid(), number


WORKER = """
import os, time
from asl.processes import worker_pool

if __name__ == "__main__":
    with worker_pool(2, os.getpid) as pool:
        print(pool.submit(os.getpid).result(), flush=True)
        time.sleep(60)
"""


def test_a_pools_workers_end_with_a_parent_that_was_killed(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(WORKER)
    folder = tmp_path / "job"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    parent = start([sys.executable, str(script)], folder, environment)
    wait_for(lambda: (folder / LOG).read_text().strip())
    worker = int((folder / LOG).read_text())
    os.kill(parent, signal.SIGKILL)
    wait_for(lambda: not _runs(worker))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
