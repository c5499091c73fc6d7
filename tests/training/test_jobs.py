"""Trainings outside the server: their queue, their ends, and what outlives what.

What is trained here is nothing: `pretend` takes the place of `asl.training.run`, so that no test
waits for PyTorch. Real trainings are killed in `tests/reliability`.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from asl.bundle import BundleError
from asl.data.datasets import Dataset, create
from asl.processes import FILE, end_all
from asl.quota import QuotaError
from asl.training.config import DataSet, TrainConfig
from asl.training.job import PROGRESS, Job, JobError, check_title, history, log, status
from asl.training.jobs import (
    cancel,
    delete,
    delete_dataset,
    find_job,
    job_environment,
    keep,
    list_jobs,
    rename,
    resume,
    submit,
    train_again,
)
from asl.training.plan import seconds_left, share_done
from asl.workspace import workspace

PRETEND = """
import contextlib, os, sys, time, types
from dataclasses import dataclass
from pathlib import Path

@dataclass
class Progress:
    task: str
    done: int
    total: int
    seconds_left: float
    figures: dict
    job: str = "00"
    ends_epoch: bool = False

def train(config, out, resume, report, tell_left_out=None):
    how, steps = config.description.split() or ("steps", "3"), 3
    print("training", flush=True)
    if how[0] == "error":
        raise {"value": ValueError("data: there is no picture"), "full": OSError(28, "No space"),
               "odd": KeyError("x"), "memory": MemoryError()}[how[1]]
    if how[0] == "anew":
        while True:
            with contextlib.suppress(FileNotFoundError):
                (out.parent / "00").mkdir(parents=True, exist_ok=True)
                (out.parent / "00" / "checkpoint").touch()
    if how[0] == "hang":
        import subprocess
        child = subprocess.Popen([sys.executable, "-S", "-c", "import signal, time;"
            "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"])
        print("child", child.pid, flush=True)
        time.sleep(60)
    for step in range(int(how[1])):
        report(Progress("picture network", step + 1, int(how[1]), 1.0, {"train_loss": 1.0}))
        report(Progress("picture network", step + 1, int(how[1]), 1.0, {"epoch": step + 1.0},
                        ends_epoch=True))
        time.sleep(0.05)

def run_search(config, trials, vary, report, home):
    (home / "study.db").write_text(f"{trials} {vary}")
    train(config, home, True, report)

class Advice:
    def to_json(self):
        return "{}"

pretended = {
    "asl.training.run": {"train": train},
    "asl.training.search": {"run_search": run_search},
    "asl.training.assemble": {"TESTED": "tested"},
    "asl.evaluation.advice": {"advise": lambda bundle, paths: Advice()},
    "pandas": {"read_parquet": lambda file: {"path": []}},
}
for name, members in pretended.items():
    sys.modules[name] = types.ModuleType(name)
    vars(sys.modules[name]).update(members)
"""


@pytest.fixture(autouse=True)
def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asl_home: Path) -> Iterator[None]:
    """Processes started from here only pretend to train; none outlives the test."""
    folder = tmp_path / "pretend"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(PRETEND)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    yield
    if asl_home.is_dir():
        end_all(asl_home)


def hand_in(how: str = "steps 3", title: str = "Letters", **more) -> Job:
    """Hand in a training: "steps N", "hang", or "error KIND"."""
    config = TrainConfig("x", (DataSet("pictures"),), description=how)
    return submit(config, title, "Quick", "mine", **more)


def wait_for(condition: Callable[[], object], seconds: float = 280) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def wait_for_state(job: Job, *states: str) -> None:
    wait_for(lambda: status(job).state in states)


def pid_of(job: Job) -> int:
    return json.loads((job.folder / FILE).read_text())["pid"]


def runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def test_a_training_is_done_and_can_be_read() -> None:
    job = hand_in(title=" My  letters\u202e ")
    wait_for_state(job, "done")
    assert find_job(job.id) == job and job.title == "My letters"
    assert [row["epoch"] for row in history(job)] == [1, 2, 3]
    assert status(job).now["done"] == 3
    assert "training" in log(job)
    with pytest.raises(JobError, match="nothing to go on with"):
        resume(job)
    again = train_again(job)
    assert again.title == "My letters, corrected" and again.config["description"] == "steps 3"
    wait_for_state(again, "done")
    assert [one.id for one in list_jobs()] == [again.id, job.id]


def test_one_trains_at_a_time_and_a_dead_owner_gives_way() -> None:
    first = hand_in("hang")
    wait_for(lambda: "child" in log(first))
    second, third = hand_in("hang"), hand_in()
    wait_for(lambda: (status(second).before, status(third).before) == (1, 2))
    assert [status(job).state for job in (first, second, third)] == ["running", "queued", "queued"]
    os.kill(pid_of(first), signal.SIGKILL)
    wait_for_state(second, "running")
    assert status(first).state == "crashed" and "killed" in status(first).reason
    assert status(third).before == 1
    os.kill(int(log(first).split()[-1]), signal.SIGKILL)
    cancel(second)
    wait_for_state(third, "done")


def test_two_sessions_race_and_one_wins() -> None:
    jobs = [hand_in("steps 20", f"job {number}") for number in range(3)]
    seen = set()

    def look() -> bool:
        states = [status(job).state for job in jobs]
        seen.add(states.count("running"))
        return all(state == "done" for state in states)

    wait_for(look)
    assert max(seen) == 1


@pytest.mark.parametrize("how", ["hang", "steps 1000"])
def test_cancelling_takes_two_seconds_and_leaves_no_orphan(how: str) -> None:
    job = hand_in(how)
    wait_for(lambda: "child" in log(job) or history(job))
    pids = [pid_of(job)] + [int(word) for word in log(job).split() if word.isdigit()]
    start = time.monotonic()
    cancel(job)
    assert time.monotonic() - start < 2
    assert status(job).state == "cancelled"
    wait_for(lambda: not any(map(runs, pids)), 2)
    resume(job)
    wait_for_state(job, "running")
    delete(job)
    assert list_jobs() == []


def test_deleting_a_data_set_stops_what_trains_on_it_and_nothing_else() -> None:
    signs, others = create("Signs", "zip").save(), create("Others", "zip").save()

    def train_on(dataset: Dataset, how: str) -> Job:
        config = TrainConfig("x", (DataSet(str(dataset.folder.resolve())),), description=how)
        return submit(config, "Run", "Quick", dataset.name, dataset.id)

    done = train_on(signs, "steps 1")
    wait_for_state(done, "done")
    running = train_on(signs, "hang")
    wait_for(lambda: "child" in log(running))
    waiting, other = train_on(signs, "hang"), train_on(others, "hang")
    wait_for(lambda: {status(waiting).before, status(other).before} == {1, 2})
    delete_dataset(signs)
    assert not signs.folder.exists()
    for job in (running, waiting):
        now = status(job)
        assert (now.state, now.reason) == ("cancelled", "Its data set was deleted.")
        with pytest.raises(JobError, match="'Run' cannot go on: its data set was deleted"):
            resume(job)
    assert (status(done).state, status(done).reason) == ("done", "")
    wait_for_state(other, "running")


def test_a_search_is_a_run_like_any_other() -> None:
    search = {"trials": 3, "vary": ["epochs"]}
    job = hand_in("hang", search=search)
    wait_for(lambda: "child" in log(job))
    assert find_job(job.id).search == search
    start = time.monotonic()
    cancel(job)
    assert time.monotonic() - start < 2 and status(job).state == "cancelled"
    resume(job)
    wait_for(lambda: log(job).count("child") == 2)
    assert (job.folder / "study.db").read_text() == "3 ['epochs']"
    delete(job)
    assert not job.folder.exists()
    done = hand_in(search=search)
    wait_for_state(done, "done")
    assert done.bundle is None


def test_one_that_waits_is_cancelled_too() -> None:
    first = hand_in("hang")
    wait_for(lambda: "child" in log(first))
    second = hand_in()
    wait_for(lambda: status(second).before == 1)
    cancel(second)
    assert status(second).state == "cancelled"
    assert status(first).state == "running"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_it_outlives_the_server(how: signal.Signals) -> None:
    server = subprocess.Popen(
        [
            sys.executable, "-c",
            "import time, tests_jobs; print(tests_jobs.hand_in('steps 60').id, flush=True);"
            "time.sleep(60)",
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(
            (os.environ["PYTHONPATH"], str(_as_module()), str(Path(__file__).parents[2])))},
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    job = find_job(server.stdout.readline().strip())
    wait_for(lambda: history(job))
    os.killpg(server.pid, how)
    server.wait()
    assert status(job).state == "running"
    wait_for_state(job, "done")


def _as_module() -> Path:
    """Return a folder from which this file can be imported as `tests_jobs`."""
    folder = Path(os.environ["PYTHONPATH"])
    (folder / "tests_jobs.py").write_text(
        "from asl.training.config import DataSet, TrainConfig\n"
        "from asl.training.jobs import submit\n"
        "def hand_in(how):\n"
        "    config = TrainConfig('x', (DataSet('pictures'),), description=how)\n"
        "    return submit(config, 'Letters', 'Quick', 'mine')\n"
    )
    return folder


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("value", "data: there is no picture"),
        ("full", "The disk is full."),
        ("memory", "There was not enough memory."),
        ("odd", "KeyError"),
    ],
)
def test_what_went_wrong_is_said_in_words(kind: str, words: str) -> None:
    job = hand_in(f"error {kind}")
    wait_for_state(job, "crashed")
    assert words in status(job).reason
    assert "Traceback" in log(job)


def test_a_cluster_is_handed_the_training_and_asked_to_stop_it(tmp_path, monkeypatch) -> None:
    submitter = tmp_path / "submit"
    submitter.write_text('#!/bin/sh\n(sleep 0.3; exec "$@") > /dev/null 2>&1 &\n')
    submitter.chmod(0o700)
    monkeypatch.setenv("ASL_LAUNCHER", f"{submitter}")
    job = hand_in("steps 1000")
    wait_for(lambda: history(job))
    assert status(job).state == "running"
    cancel(job)
    wait_for_state(job, "cancelled")
    # It keeps a queue of its own: nobody here waits for it.
    monkeypatch.delenv("ASL_LAUNCHER")
    other = hand_in()
    wait_for_state(other, "done")


def test_a_launcher_that_is_not_there_is_named(monkeypatch) -> None:
    monkeypatch.setenv("ASL_LAUNCHER", "/nowhere/submit")
    job = hand_in()
    wait_for_state(job, "crashed", "queued")
    wait_for(lambda: "/nowhere/submit" in log(job))
    cancel(job)
    assert status(job).state in ("cancelled", "crashed")


def test_a_visitor_may_have_only_so_many_runs(monkeypatch, asl_home) -> None:
    asl_home.mkdir()
    monkeypatch.setenv("ASL_SERVER_HOME", str(asl_home))
    monkeypatch.setenv("ASL_HOSTED", "1")
    monkeypatch.setenv("ASL_QUOTA_RUNS", "1")
    hand_in()
    with pytest.raises(QuotaError, match="there are 1 runs"):
        hand_in()


def test_a_workspace_that_was_moved_is_gone_on_with(make_run, asl_home, monkeypatch) -> None:
    dataset = create("Mine", "folder").save()
    config = asdict(TrainConfig("run-0", (DataSet(str(dataset.folder), "Mine"),)))
    job = make_run("Letters", "crashed", dataset_id=dataset.id)
    replace(job, config=json.loads(json.dumps(config))).write()
    new = asl_home.rename(asl_home.with_name("moved"))
    monkeypatch.setenv("ASL_HOME", str(new))
    resume(find_job("run-0"))
    [entry] = find_job("run-0").config["data"]
    assert entry["folder"] == str(new / "datasets" / dataset.id)
    wait_for_state(find_job("run-0"), "done")
    assert train_again(find_job("run-0")).config["data"] == [entry]
    end_all(new)


def test_half_a_line_is_not_read(make_run) -> None:
    job = make_run()
    with (job.folder / PROGRESS).open("a") as lines:
        lines.write('{"epoch": 4, "los')
    assert [row["epoch"] for row in history(job)] == [1, 2, 3]


@pytest.mark.parametrize("title", ["", "  ", "x" * 81, "\u202e"])
def test_titles_that_cannot_be_shown_are_refused(title: str, make_run) -> None:
    with pytest.raises(JobError, match="1 to 80"):
        check_title(title)
    with pytest.raises(JobError):
        rename(make_run(), title)


@pytest.mark.parametrize("name", ["../x", "", "a/b", ".hidden", "nobody"])
def test_a_name_leads_to_no_other_folder(name: str) -> None:
    with pytest.raises(JobError, match="there is no run"):
        find_job(name)


def test_a_model_is_kept_once_under_a_name(make_run, tiny_bundle, asl_home) -> None:
    job, other = make_run("Letters"), make_run("Other")
    kept = keep(job, "mine")
    assert kept.card.name == "mine" and kept.folder == asl_home / "models" / "mine"
    assert keep(find_job(job.id), "mine").card.name == "mine"
    for name in ("mine", "asl-hands"):
        with pytest.raises(JobError, match="already"):
            keep(other, name)
    with pytest.raises(BundleError):
        keep(other, "../mine")
    with pytest.raises(JobError, match="no model yet"):
        keep(make_run("Unfinished", state="cancelled"), "unfinished")
    delete(find_job(job.id))
    assert (asl_home / "models" / "mine").is_dir()


def test_what_is_left_follows_the_plan_and_the_pace() -> None:
    plan = (("", "finding hands", 10.0), ("00", "a", 20.0), ("final", "a", 30.0))
    now = {"task": "a", "job": "00", "done": 5, "total": 10, "seconds_left": None}
    assert share_done(plan, now) == pytest.approx(20 / 60)
    assert seconds_left(plan, now, 20.0) == pytest.approx(40)
    slow = seconds_left(plan, now, 60.0)
    assert 60 < slow < 120  # three times as slow as planned, and not all of it believed
    assert seconds_left(plan, now | {"seconds_left": 7.0}, 20.0) == pytest.approx(37)
    first = {"task": "finding hands in mine", "job": "", "done": 0, "total": 0}
    assert share_done(plan, first) == 0
    for unknown in ({}, now | {"task": "b"}):
        assert seconds_left(plan, unknown, 20.0) is None


def test_the_process_finds_the_package_and_leaves_a_processor() -> None:
    own = job_environment()
    assert Path(own["PYTHONPATH"].split(os.pathsep)[0], "asl", "bundle.py").is_file()
    assert int(own["OMP_NUM_THREADS"]) == max(1, (os.cpu_count() or 1) - 1)


def test_a_run_that_somebody_deletes_ends_and_does_not_come_back() -> None:
    job = hand_in("anew")
    wait_for(lambda: (job.folder / "00" / "checkpoint").exists())
    pid = pid_of(job)
    shutil.rmtree(job.folder, ignore_errors=True)  # its process may write meanwhile
    wait_for(lambda: not runs(pid), 10)
    assert not job.folder.exists()
    assert list_jobs() == []


def test_a_run_that_cannot_be_written_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("asl.training.jobs.write_note", full)
    with pytest.raises(JobError, match="the disk is full; delete data sets or runs"):
        hand_in()
    assert list_jobs() == []
    assert not any((workspace() / "runs").iterdir())
