"""Choosing, starting and stopping a training on the train page, without any real training."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from asl import processes
from asl.data.datasets import create
from asl.processes import end_all
from asl.training.estimate import Estimate, TooLarge
from asl.training.job import status
from asl.training.jobs import list_jobs

SCRIPT = """
import streamlit as st
from asl.data.datasets import list_datasets
from asl.ui.training import choose_and_run

choose_and_run(list_datasets()[0])
"""


@pytest.fixture
def page(asl_home: Path, monkeypatch: pytest.MonkeyPatch, make_table):
    """``page(people)``: step 3 of the train page; trainings only sleep."""

    def sleep(command, folder, environment) -> int:
        return start([sys.executable, "-S", "-c", "import time; time.sleep(60)"], folder, {})

    def guess(config, search):
        yield "looking for hands", 0.2
        plan = (("", "finding hands", 30.0), ("00", "picture network", 65.0))
        yield Estimate(plan, 1 << 30, 100 << 20, 24)

    start = processes.start
    monkeypatch.setattr("asl.training.jobs.processes.start", sleep)
    monkeypatch.setattr("asl.ui.starting.estimate", guess)

    def open_(people=("ann", "ben", "cleo")) -> AppTest:
        dataset = create("Mine", "zip").save()
        dataset.add(make_table(people))
        app = AppTest.from_string(SCRIPT, default_timeout=200).run()
        assert not app.exception
        return app

    yield open_
    if asl_home.is_dir():
        end_all(asl_home)


@pytest.fixture
def make_table():
    from asl.data.datasets import COLUMNS, empty_table

    def make(people):
        table = empty_table()
        for number in range(24):
            values = {
                "path": f"pictures/{number:06d}.png", "label": "AB"[number % 2],
                "person": people[number % len(people)], "original": f"{number}.png",
                "state": "used", "reason": "", "width": 96, "height": 96,
                "content": f"{number:x}", "hash": f"{number:064x}", "found": True,
            }  # fmt: skip
            table.loc[number] = [values.get(name) for name in COLUMNS]
        return table.astype(COLUMNS)

    return make


def words(app) -> str:
    parts = (*app.markdown, *app.caption, *app.info, *app.warning, *app.error)
    bars = [bar.proto.text for bar in app.get("progress")]
    return "\n".join([*(part.value for part in parts), *bars]).replace("\\", "")


def button(app, label: str):
    return next(one for one in app.button if one.label == label)


def test_one_click_estimates_and_starts_and_another_one_stops(page):
    app = page()
    assert "each person left out in turn" in words(app)
    app = button(app, "Start training").click().run()
    assert not app.exception
    [job] = list_jobs()
    assert (job.title, job.preset, job.dataset) == ("Mine, Quick", "Quick", "Mine")
    assert job.config["split"] == "leave-one-person-out" and job.plan[0][1] == "finding hands"
    assert "Starting" in words(app)
    app = button(app, "Cancel").click().run()
    assert status(job).state == "cancelled"
    assert "was cancelled" in words(app)
    app = button(app, "Go on with it").click().run()
    assert status(job).active


def test_how_long_it_takes_is_said_before(page):
    app = button(page(), "How long will it take?").click().run()
    assert "About 2 min on this computer, with 1,024 MB of memory" in words(app)
    assert list_jobs() == []


def test_without_people_it_says_what_that_means(page):
    app = page(people=(None,))
    assert "its score will flatter" in words(app)
    app = button(app, "Start training").click().run()
    assert list_jobs()[0].config["split"] == "random"


def test_single_settings_can_be_changed(page):
    app = page()
    app.segmented_control[0].set_value("Thorough").run()
    for label, value in (("Epochs", 3), ("Batch", 16), ("Learning rate", 0.002), ("Seed", 7)):
        next(one for one in app.number_input if one.label == label).set_value(value)
    next(one for one in app.selectbox if one.label == "Test on").set_value("random")
    app.run()
    app = button(app, "Start training").click().run()
    assert not app.exception
    [job] = list_jobs()
    picture = job.config["picture"]
    assert (picture["epochs"], picture["batch"], picture["learning_rate"]) == (3, 16, 0.002)
    assert (job.config["seed"], job.config["split"], job.preset) == (7, "random", "Thorough")


def test_every_network_can_be_chosen(page):
    app = page()
    for name in next(one for one in app.selectbox if one.label == "Network").options:
        next(one for one in app.selectbox if one.label == "Network").set_value(name).run()
        assert not app.exception, name
        assert not app.error, name


def test_what_does_not_fit_is_refused_with_its_reason(page, monkeypatch):
    def refuse(config, search):
        yield "looking for hands", 0.2
        raise TooLarge("memory: this training needs about 9,000 MB; choose a smaller batch")

    monkeypatch.setattr("asl.ui.starting.estimate", refuse)
    app = button(page(), "Start training").click().run()
    assert "needs about 9,000 MB" in words(app)
    assert list_jobs() == []


def test_a_name_is_needed(page):
    app = page()
    next(one for one in app.text_input if one.label == "Name of the run").set_value(" ").run()
    app = button(app, "Start training").click().run()
    assert "1 to 80" in words(app)
