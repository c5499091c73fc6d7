"""The queue for reading uploads."""

import io
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from asl.data.library import intake, queue
from asl.data.library.dataset import find_dataset
from asl.data.library.queue import Turn


@pytest.fixture
def short(monkeypatch) -> None:
    monkeypatch.setattr(queue, "TURN", 0.2)
    monkeypatch.setattr(queue, "LONGEST_STEP", 3.0)


def working(steps: int, seconds: float, name: str, log: list[str]) -> threading.Thread:
    def work() -> None:
        with Turn() as turn:
            for _ in range(steps):
                log.append(name)
                time.sleep(seconds)
                turn.give_way()
        log.append(f"{name} done")

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_a_small_one_gets_done_while_a_large_one_is_worked_on(short, asl_home):
    log: list[str] = []
    large = working(100, 0.02, "large", log)
    while not log:
        time.sleep(0.01)
    small = working(3, 0.02, "small", log)
    small.join()
    large.join()
    assert log.index("small done") < log.index("large done")
    assert log.count("large") == 100 and log.count("small") == 3
    began, ended = log.index("small"), log.index("small done")
    assert set(log[began : ended - 1]) == {"small"}, "one at a time"


def test_three_take_turns(short, asl_home):
    log: list[str] = []
    threads = []
    for name in "abc":
        threads.append(working(40, 0.02, name, log))
        time.sleep(0.05)
    for thread in threads:
        thread.join()
    order = [name for name, before in zip(log, ["", *log], strict=False) if name != before]
    # Each more than once, and so one after the other; how often, the machine decides.
    assert all(order.count(name) >= 2 for name in "abc")


def test_one_alone_goes_on_without_a_pause(short, asl_home):
    paused = []
    with Turn(lambda: paused.append(True)) as turn:
        for _ in range(5):
            time.sleep(0.1)
            turn.give_way()
    assert not paused


HOLDS = """
import time
from asl.data.library.queue import Turn
with Turn():
    print("working", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hangs"])
def test_an_owner_that_is_dead_or_hangs_keeps_nobody_waiting(short, asl_home, end, pytestconfig):
    owner = subprocess.Popen(
        [sys.executable, "-c", HOLDS],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(pytestconfig.rootpath)},
    )
    try:
        assert owner.stdout.readline() == b"working\n"
        owner.send_signal(end)
        if end == signal.SIGKILL:
            owner.wait()
        began = time.monotonic()
        with Turn():
            assert time.monotonic() - began < 10
    finally:
        owner.kill()
        owner.wait()


def test_a_paused_upload_says_so_with_its_numbers(monkeypatch, intake_here, signs_zip, asl_home):
    """It is held up in the middle by another's turn, and comes to the same end."""
    monkeypatch.setattr(queue, "TURN", 0.0)
    monkeypatch.setattr("asl.data.library.intake.processes.is_alive", lambda folder: True)
    seen = []

    def other() -> None:
        while not (folders := list((asl_home / "datasets").glob("*/pictures/00002*"))):
            time.sleep(0.001)
        with Turn():
            time.sleep(0.3)
            seen.append(intake.step(folders[0].parents[1]))
            time.sleep(0.3)

    thread = threading.Thread(target=other)
    thread.start()
    dataset = intake.take_upload(io.BytesIO(signs_zip(each=20)), "mine", "zip")
    thread.join()
    assert len(find_dataset(dataset.id).read().table) == 80
    (step,) = seen
    assert step.paused and step.name in intake.STEPS[2:]
    assert 0 < step.done < step.total == 80 or step.name == "unpacking"
