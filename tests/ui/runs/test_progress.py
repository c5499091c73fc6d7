"""What the pages say of a training that goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from asl.runs.run import Run, Status
from asl.training.config import WORD_NETWORK
from asl.ui.runs.progress import duration, headline, step_in_words


@pytest.fixture
def run(make_run) -> Run:
    """A training of two folds."""
    plan = (
        ("", "finding hands", 30.0),
        ("00", "picture network", 60.0),
        ("01", "picture network", 60.0),
    )
    return replace(make_run(state="running"), plan=plan)


def step(task: str, done: int = 0, total: int = 1, **about: object) -> dict[str, Any]:
    return {"task": task, "fold": "", "done": done, "total": total, "seconds_left": None, **about}


def queued(before: int | None) -> Status:
    return Status("queued", before, "", {}, None)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        pytest.param(
            step("finding hands", 1200, 3000, of="mine"),
            "Looking for hands in the pictures, 1,200 of 3,000",
            id="pictures",
        ),
        pytest.param(
            step("picture network", 25, 240, fold="01"),
            "Training the picture network, part 2 of 2, epoch 2 of 12, batch 5 of 20",
            id="epochs of a fold",
        ),
        pytest.param(step("exporting"), "Testing, and writing the model", id="a single step"),
        pytest.param(step("what is new", 1, 2), "what is new, 1 of 2", id="a stage without words"),
    ],
)
def test_a_step_in_words(run, now, words):
    recipe = {**run.config["picture"], "epochs": 12}
    run = replace(run, config={**run.config, "picture": recipe})
    assert step_in_words(run, now) == words


def test_a_step_of_a_network_of_words(run):
    recipe = {**run.config["sequences"], "epochs": 20}
    run = replace(run, config={**run.config, "network": WORD_NETWORK, "sequences": recipe})
    now = step("sequence network", 9, 80)
    assert step_in_words(run, now) == "Training the network of words, epoch 3 of 20, batch 1 of 4"
    now = step("reading sequences", 30, 140, of="mine")
    assert step_in_words(run, now) == "Reading the landmarks, 30 of 140"


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (None, "Starting"),
        (0, "Starting"),
        (1, "Waiting: one training comes first"),
        (3, "Waiting: 3 trainings come first"),
    ],
)
def test_a_training_that_waits_says_for_how_many(run, before, words):
    assert headline(run, queued(before)) == words


def test_a_training_that_was_handed_to_a_cluster_waits_for_a_computer(run):
    assert "waiting for a computer" in headline(replace(run, launcher="srun"), queued(None))


@pytest.mark.parametrize(
    ("task", "words"),
    [
        pytest.param("finding hands", "about 2 min left", id="planned"),
        pytest.param("exporting", "this step about 5 s more", id="not planned"),
    ],
)
def test_the_headline_says_how_long_it_takes(run, task, words):
    now = step(task, 15, 30, seconds_left=5.0)
    assert headline(run, Status("running", None, "", now, 15.0)).endswith(words)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (59, "59 s"), (60, "1 min"), (3599, "60 min"), (5400, "1 h 30 min")],
)
def test_a_length_of_time(seconds, words):
    assert duration(seconds) == words
