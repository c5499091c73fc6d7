"""Trainings outside the server: their queue, their ends, and what outlives what.

What is trained here is nothing: `pretended` takes the place of `asl.training.cross_validation`,
so that no test waits for PyTorch. Real trainings are killed in `tests/reliability`.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from importlib import import_module
from inspect import signature
from pathlib import Path

import pytest

from asl.bundle import BundleError
from asl.data.library.dataset import Dataset, create
from asl.files import replacing
from asl.processes import FILE, end_all
from asl.quota import QuotaError
from asl.runs.control import (
    cancel,
    delete,
    delete_dataset,
    find_run,
    keep,
    list_runs,
    rename,
    resume,
    run_environment,
    submit,
    train_again,
)
from asl.runs.files import PROGRESS, REQUEST
from asl.runs.progress import seconds_left, share_done
from asl.runs.queue import position
from asl.runs.run import Run, RunError, check_title, history, log, status
from asl.training.config import DataSet, TrainConfig
from asl.workspace import server_home, workspace
from tests.runs import pretended


@pytest.fixture(autouse=True)
def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asl_home: Path) -> Iterator[None]:
    """Processes started from here only pretend to train; none outlives the test."""
    folder = tmp_path / "pretend"
    folder.mkdir()
    pretended.sitecustomize(folder)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    yield
    if asl_home.is_dir():
        end_all(asl_home)


def hand_in(how: str = "steps 3", title: str = "Letters", **more) -> Run:
    """Hand in a training: "steps N", "hang", or "error KIND"."""
    config = TrainConfig("x", (DataSet("pictures"),), description=how)
    return submit(config, title, "Quick", "mine", **more)


def wait_for(condition: Callable[[], object], seconds: float = 280) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def wait_for_state(run: Run, *states: str) -> None:
    wait_for(lambda: status(run).state in states)


def pid_of(run: Run) -> int:
    return json.loads((run.folder / FILE).read_text())["pid"]


def runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def test_a_training_is_done_and_can_be_read() -> None:
    run = hand_in(title=" My  letters\u202e ")
    wait_for_state(run, "done")
    assert find_run(run.id) == run and run.title == "My letters"
    assert [row["epoch"] for row in history(run)] == [1, 2, 3]
    assert status(run).now["done"] == 3
    assert "training" in log(run)
    with pytest.raises(RunError, match="nothing to go on with"):
        resume(run)
    again = train_again(run)
    assert again.title == "My letters, corrected" and again.config["description"] == "steps 3"
    wait_for_state(again, "done")
    assert [one.id for one in list_runs()] == [again.id, run.id]


def test_a_ticket_that_is_being_written_is_nobodys(tmp_path: Path) -> None:
    """The file that is to become one is empty at first, and must not be taken for a dead one's."""
    queue = server_home() / "queue"
    queue.mkdir(parents=True)
    with replacing(queue / "000000000000001-mine.ticket") as fresh:
        fresh.touch()
        assert position(tmp_path) is None
        assert fresh.exists()


def test_one_trains_at_a_time_and_a_dead_owner_gives_way() -> None:
    first = hand_in("hang")
    wait_for(lambda: "child" in log(first))
    second, third = hand_in("hang"), hand_in()
    wait_for(lambda: (status(second).before, status(third).before) == (1, 2))
    assert [status(run).state for run in (first, second, third)] == ["running", "queued", "queued"]
    os.kill(pid_of(first), signal.SIGKILL)
    wait_for_state(second, "running")
    assert status(first).state == "crashed" and "killed" in status(first).reason
    assert status(third).before == 1
    os.kill(int(log(first).split()[-1]), signal.SIGKILL)
    cancel(second)
    wait_for_state(third, "done")


def test_two_sessions_race_and_one_wins() -> None:
    runs = [hand_in("steps 20", f"job {number}") for number in range(3)]
    seen = set()

    def look() -> bool:
        states = [status(run).state for run in runs]
        seen.add(states.count("running"))
        return all(state == "done" for state in states)

    wait_for(look)
    assert max(seen) == 1


@pytest.mark.parametrize("how", ["hang", "steps 1000"])
def test_cancelling_takes_two_seconds_and_leaves_no_orphan(how: str) -> None:
    run = hand_in(how)
    wait_for(lambda: "child" in log(run) or history(run))
    pids = [pid_of(run)] + [int(word) for word in log(run).split() if word.isdigit()]
    start = time.monotonic()
    cancel(run)
    assert time.monotonic() - start < 2
    assert status(run).state == "cancelled"
    wait_for(lambda: not any(map(runs, pids)), 2)
    resume(run)
    wait_for_state(run, "running")
    delete(run)
    assert list_runs() == []


def test_deleting_a_data_set_stops_what_trains_on_it_and_nothing_else() -> None:
    signs, others = create("Signs", "zip").save(), create("Others", "zip").save()

    def train_on(dataset: Dataset, how: str) -> Run:
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
    for run in (running, waiting):
        now = status(run)
        assert (now.state, now.reason) == ("cancelled", "Its data set was deleted.")
        with pytest.raises(RunError, match="'Run' cannot go on: its data set was deleted"):
            resume(run)
    assert (status(done).state, status(done).reason) == ("done", "")
    wait_for_state(other, "running")


def test_a_search_is_a_run_like_any_other() -> None:
    search = {"trials": 3, "vary": ["epochs"]}
    run = hand_in("hang", search=search)
    wait_for(lambda: "child" in log(run))
    assert find_run(run.id).search == search
    start = time.monotonic()
    cancel(run)
    assert time.monotonic() - start < 2 and status(run).state == "cancelled"
    resume(run)
    wait_for(lambda: log(run).count("child") == 2)
    assert (run.folder / "study.db").read_text() == "3 ['epochs']"
    delete(run)
    assert not run.folder.exists()
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


@pytest.mark.parametrize(
    ("module", "name"),
    [(module, name) for module, names in pretended.REPLACED.items() for name in names],
)
def test_what_is_pretended_is_called_like_what_it_replaces(module: str, name: str) -> None:
    real, fake = getattr(import_module(module), name), getattr(pretended, name)
    assert list(signature(fake).parameters) == list(signature(real).parameters)


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
    run = find_run(server.stdout.readline().strip())
    wait_for(lambda: history(run))
    os.killpg(server.pid, how)
    server.wait()
    assert status(run).state == "running"
    wait_for_state(run, "done")


def _as_module() -> Path:
    """Return a folder from which this file can be imported as `tests_jobs`."""
    folder = Path(os.environ["PYTHONPATH"])
    (folder / "tests_jobs.py").write_text(
        "from asl.training.config import DataSet, TrainConfig\n"
        "from asl.runs.control import submit\n"
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
    run = hand_in(f"error {kind}")
    wait_for_state(run, "crashed")
    assert words in status(run).reason
    assert "Traceback" in log(run)


def test_a_cluster_is_handed_the_training_and_asked_to_stop_it(tmp_path, monkeypatch) -> None:
    submitter = tmp_path / "submit"
    submitter.write_text('#!/bin/sh\n(sleep 0.3; exec "$@") > /dev/null 2>&1 &\n')
    submitter.chmod(0o700)
    monkeypatch.setenv("ASL_LAUNCHER", f"{submitter}")
    run = hand_in("steps 1000")
    wait_for(lambda: history(run))
    assert status(run).state == "running"
    cancel(run)
    wait_for_state(run, "cancelled")
    # It keeps a queue of its own: nobody here waits for it.
    monkeypatch.delenv("ASL_LAUNCHER")
    other = hand_in()
    wait_for_state(other, "done")


def test_a_launcher_that_is_not_there_is_named(monkeypatch) -> None:
    monkeypatch.setenv("ASL_LAUNCHER", "/nowhere/submit")
    run = hand_in()
    wait_for_state(run, "crashed", "queued")
    wait_for(lambda: "/nowhere/submit" in log(run))
    cancel(run)
    assert status(run).state in ("cancelled", "crashed")


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
    run = make_run("Letters", "crashed", dataset_id=dataset.id)
    replace(run, config=json.loads(json.dumps(config))).write()
    new = asl_home.rename(asl_home.with_name("moved"))
    monkeypatch.setenv("ASL_HOME", str(new))
    resume(find_run("run-0"))
    [entry] = find_run("run-0").config["data"]
    assert entry["folder"] == str(new / "datasets" / dataset.id)
    wait_for_state(find_run("run-0"), "done")
    assert train_again(find_run("run-0")).config["data"] == [entry]
    end_all(new)


def test_half_a_line_is_not_read(make_run) -> None:
    run = make_run()
    with (run.folder / PROGRESS).open("a") as lines:
        lines.write('{"epoch": 4, "los')
    assert [row["epoch"] for row in history(run)] == [1, 2, 3]


@pytest.mark.parametrize("title", ["", "  ", "x" * 81, "\u202e"])
def test_titles_that_cannot_be_shown_are_refused(title: str, make_run) -> None:
    with pytest.raises(RunError, match="1 to 80"):
        check_title(title)
    with pytest.raises(RunError):
        rename(make_run(), title)


@pytest.mark.parametrize("name", ["../x", "", "a/b", ".hidden", "nobody"])
def test_a_name_leads_to_no_other_folder(name: str) -> None:
    with pytest.raises(RunError, match="there is no run"):
        find_run(name)


def test_a_model_is_kept_once_under_a_name(make_run, tiny_bundle, asl_home) -> None:
    run, other = make_run("Letters"), make_run("Other")
    kept = keep(run, "mine")
    assert kept.card.name == "mine" and kept.folder == asl_home / "models" / "mine"
    assert keep(find_run(run.id), "mine").card.name == "mine"
    for name in ("mine", "asl-hands"):
        with pytest.raises(RunError, match="already"):
            keep(other, name)
    with pytest.raises(BundleError):
        keep(other, "../mine")
    with pytest.raises(RunError, match="no model yet"):
        keep(make_run("Unfinished", state="cancelled"), "unfinished")
    delete(find_run(run.id))
    assert (asl_home / "models" / "mine").is_dir()


def test_a_run_into_which_something_is_written_meanwhile_is_deleted(make_run, monkeypatch) -> None:
    run, remove, tries = make_run("Letters"), os.rmdir, []

    def busy(path, **where) -> None:
        tries.append(path)
        if len(tries) == 1:
            raise OSError(errno.ENOTEMPTY, "Directory not empty")
        remove(path, **where)

    monkeypatch.setattr("os.rmdir", busy)
    delete(run)
    assert not run.folder.exists() and len(tries) > 1


def test_what_is_left_follows_the_plan_and_the_pace() -> None:
    plan = (("", "finding hands", 10.0), ("00", "a", 20.0), ("final", "a", 30.0))
    now = {"task": "a", "fold": "00", "done": 5, "total": 10, "seconds_left": None}
    assert share_done(plan, now) == pytest.approx(20 / 60)
    assert seconds_left(plan, now, 20.0) == pytest.approx(40)
    slow = seconds_left(plan, now, 60.0)
    assert 60 < slow < 120  # three times as slow as planned, and not all of it believed
    assert seconds_left(plan, now | {"seconds_left": 7.0}, 20.0) == pytest.approx(37)
    first = {"task": "finding hands", "of": "mine", "fold": "", "done": 0, "total": 0}
    assert share_done(plan, first) == 0
    for unknown in ({}, now | {"task": "b"}):
        assert seconds_left(plan, unknown, 20.0) is None


def test_the_process_finds_the_package_and_leaves_a_processor() -> None:
    own = run_environment()
    assert Path(own["PYTHONPATH"].split(os.pathsep)[0], "asl", "bundle.py").is_file()
    assert int(own["OMP_NUM_THREADS"]) == max(1, (os.cpu_count() or 1) - 1)


def test_a_run_that_somebody_deletes_ends_and_does_not_come_back() -> None:
    run = hand_in("come back")
    wait_for(lambda: (run.folder / "00" / "checkpoint").exists())
    pid = pid_of(run)
    # Deleting takes a while, file after file, and cannot remove a folder that is written into.
    (run.folder / REQUEST).unlink()
    time.sleep(0.5)
    for file in run.folder.iterdir():
        if file.is_file():
            file.unlink(missing_ok=True)
    wait_for(lambda: not runs(pid), 10)
    assert not run.folder.exists()
    assert list_runs() == []


def test_a_run_that_cannot_be_written_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("asl.runs.control.write_json", full)
    with pytest.raises(RunError, match="the disk is full; delete data sets or runs"):
        hand_in()
    assert list_runs() == []
    assert not any((workspace() / "runs").iterdir())
