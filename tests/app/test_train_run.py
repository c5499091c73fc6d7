"""Choosing, starting and stopping a training on the train page, without any real training."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from asl import processes
from asl.data.datasets import create, list_datasets
from asl.processes import end_all
from asl.training.estimate import Estimate, TooLarge
from asl.training.job import FOUND, NOW, STATE, status, write_note
from asl.training.jobs import list_jobs
from asl.ui.searching import as_planned, trials_in_words
from asl.ui.text import escape_markdown

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

    def open_(people=("ann", "ben", "cleo"), parts=(None,), confirmed=True) -> AppTest:
        dataset = replace(create("Mine", "zip"), people_confirmed=confirmed)
        dataset = replace(dataset, people_from="names" if any(people) else "unknown").save()
        dataset.add(make_table(people, parts))
        app = AppTest.from_string(SCRIPT, default_timeout=200).run()
        assert not app.exception
        return app

    yield open_
    if asl_home.is_dir():
        end_all(asl_home)


@pytest.fixture
def make_table():
    from asl.data.datasets import COLUMNS, empty_table

    def make(people, parts=(None,)):
        table = empty_table()
        for number in range(24):
            values = {
                "path": f"pictures/{number:06d}.png", "label": "AB"[number % 2],
                "person": people[number % len(people)], "original": f"{number}.png",
                "part": parts[number % len(parts)],
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


def find(elements, label: str):
    return next(one for one in elements if one.label == label)


def button(app, label: str):
    return find(app.button, label)


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


EIGHT = tuple(f"p{number}" for number in range(8))


@pytest.mark.parametrize(
    ("people", "parts", "confirmed", "splits", "said"),
    [
        pytest.param(
            ("ann", "ben"), (None,), False, ["random"],
            "has not been confirmed yet, only guessed: confirm it above under People",
            id="people who were only guessed",
        ),
        pytest.param(
            ("ann", None), (None,), True, ["random"],
            "It is not known who is in the pictures", id="people partly known",
        ),
        pytest.param(
            ("ann",), (None,), True, ["random"], "drawn at random", id="one person",
        ),
        pytest.param(
            EIGHT, (None,), True,
            ["group-k-fold", "leave-one-person-out", "new-person", "random"],
            "several at a time: on people it has not seen", id="eight people",
        ),
        pytest.param(
            (None,), ("train", "valid", "test"), False, ["own", "random"],
            "came with the data, 8 pictures. Whether its people are others than those it learns "
            "from is not known", id="a test part",
        ),
        pytest.param(
            ("ann", "ben", "cleo"), ("train", "valid", "test"), False, ["own", "random"],
            "is not known. Who is in the pictures has not been confirmed yet",
            id="a test part, people guessed",
        ),
        pytest.param(
            ("ann", "ben", "cleo"), ("train", "valid", "test"), True,
            ["own", "leave-one-person-out", "new-person", "random"],
            "None of its people is among those it learns from", id="a test part of others",
        ),
        pytest.param(
            ("ann", "ben"), ("train", "valid", "test"), True,
            ["leave-one-person-out", "new-person", "own", "random"],
            "each person left out in turn: on people it has not seen",
            id="a test part of the same people",
        ),
    ],
)  # fmt: skip
def test_it_is_tested_as_honestly_as_the_data_allows(page, people, parts, confirmed, splits, said):
    app = page(people, parts, confirmed)
    assert said in words(app)
    chosen = find(app.selectbox, "Test on")
    assert chosen.value == splits[0] and len(chosen.options) == len(splits)
    app = button(app, "Start training").click().run()
    assert not app.exception
    assert list_jobs()[0].config["split"] == splits[0]
    for split in splits[1:]:  # the others can be chosen
        find(app.selectbox, "Test on").set_value(split).run()
        assert not app.exception


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


def test_a_search_for_better_settings_is_chosen_and_started(page, monkeypatch):
    asked = []

    def guess(config, search):
        asked.append(search)
        yield Estimate((("", "frozen stages", 5.0), ("", "trials", 600.0)), 1 << 30, 1 << 20, 24)

    monkeypatch.setattr("asl.ui.starting.estimate", guess)
    app = find(page().toggle, "Search for better settings").set_value(True).run()
    assert "only the first takes no part in the search" in words(app)
    varied = find(app.get("button_group"), "Settings to try")
    assert varied.value == ["learning_rate", "epochs", "batch", "dropout", "augment"]
    varied.set_value(["epochs", "learning_rate"])
    find(app.number_input, "Trials").set_value(12)
    find(app.number_input, "Most epochs of a trial").set_value(6)
    app = button(app.run(), "How long will it take?").click().run()
    assert "About 10 min on this computer for all 12 trials, less where some" in words(app)
    app = button(app, "Start the search").click().run()
    assert not app.exception
    [job] = list_jobs()
    assert (job.title, job.preset) == ("Mine, Quick, search", "Quick")
    expected = {"trials": 12, "vary": ["learning_rate", "epochs"], "most_epochs": 6, "workers": 1}
    assert asked == [expected] and job.search == expected
    assert find(app.toggle, "Search for better settings")
    # A trial goes on while the page is open.
    now = {"task": "trial 1", "job": "", "done": 2, "total": 6, "seconds_left": None, "figures": {}}
    write_note(job.folder / NOW, now)
    write_note(job.folder / STATE, {"state": "running", "began": time.time()})
    app = app.run()
    assert "0 of 12 trials done, trial 1 in epoch 3 of 6 · about" in words(app)
    assert app.get("progress")[0].proto.value == 2  # percent: a third of one trial of twelve
    app = button(app, "Cancel").click().run()
    assert "This search was cancelled." in words(app) and "no trial of" in words(app)
    app = button(app, "Go on with it").click().run()
    assert status(job).active


def test_several_trials_at_a_time_are_offered_where_there_are_processors(page, monkeypatch):
    monkeypatch.setattr("asl.ui.searching.os.cpu_count", lambda: 4)
    app = find(page().toggle, "Search for better settings").set_value(True).run()
    assert find(app.number_input, "Trials at a time").max == 3
    monkeypatch.setattr("asl.ui.searching.hosted", lambda: True)
    assert "Trials at a time" not in [one.label for one in app.run().number_input]


def test_only_what_the_network_has_can_be_varied_and_something_must(page):
    app = find(page().selectbox, "Network").set_value("gesture_cnn").run()
    app = find(app.toggle, "Search for better settings").set_value(True).run()
    varied = find(app.get("button_group"), "Settings to try")
    assert varied.value == ["learning_rate", "epochs", "batch", "augment", "width"]
    app = varied.set_value([]).run()
    assert "choose at least one setting to try" in words(app)
    assert not any(one.label.startswith("Start") for one in app.button)


def test_what_a_search_found_is_watched_and_trained_with(page, open_app, make_search):
    app = page()
    [dataset] = list_datasets()
    job = make_search("Mine, Quick, search", "cancelled", dataset="Mine", dataset_id=dataset.id)
    said = words(app := app.run())
    assert "The best of 7 trials" in said and "Macro F1 **0.880**" in said
    assert "Your own settings, tried as well, reach 0.800" in said
    assert "Learning rate: **0.003** (yours: 0.001)" in said
    assert len(app.get("plotly_chart")) == 3
    app = open_app().switch_page("pages/runs.py").run()
    app = button(app, "Train with these settings").click().run()
    assert not app.exception
    assert app.subheader[0].value == escape_markdown("Mine, Quick, best settings")
    newest = list_jobs()[0]
    assert (newest.title, newest.dataset_id) == ("Mine, Quick, best settings", dataset.id)
    assert newest.search == {} and newest.plan
    assert newest.config["picture"]["learning_rate"] == 0.003
    # One trial of eight is missing, and they took ten seconds each.
    now = {"task": "trials", "job": "", "done": 7, "total": 8, "seconds_left": 1.0, "figures": {}}
    step = as_planned(job, now)
    assert (trials_in_words(step), step["seconds_left"]) == ("7 of 8 trials done", 10.0)
    half = as_planned(job, now | {"task": "trial 8", "done": 5, "total": 10})
    assert trials_in_words(half) == "7 of 8 trials done, trial 8 in epoch 6 of 10"
    assert (half["done"], half["seconds_left"]) == (7.5, 5.0)


def test_a_network_of_landmarks_is_trained_as_chosen(page):
    app = find(page().selectbox, "Network").set_value("hand_landmarks").run()
    app = find(app.number_input, "Learning rate").set_value(0.002).run()
    button(app, "Start training").click().run()
    assert list_jobs()[0].config["landmarks"]["learning_rate"] == 0.002


def test_a_search_stands_among_the_runs(open_app, make_search, make_run):
    job, other = make_search(), make_run("Letters")
    app = open_app().switch_page("pages/runs.py").run()
    table = app.dataframe[0].value.set_index("run")
    shown = table.loc["Letters, search", ["state", "trials", "best macro F1", "how"]]
    assert shown.tolist() == ["done", "7 of 8", 0.88, "Quick, search"]
    assert table.loc["Letters", ["trials", "best macro F1"]].isna().all()
    # Its trials are no curves to lay over those of a training.
    assert not any(one.key == "compared" for one in app.multiselect)
    app = app.selectbox(key="run").set_value(job.id).run()
    assert "The best of 7 trials" in words(app)
    app = app.button(key=f"delete-{job.id}").click().run()
    assert not app.exception
    assert [one.id for one in list_jobs()] == [other.id] and not job.folder.exists()
    assert "trials" not in app.dataframe[0].value


@pytest.mark.parametrize(
    ("notes", "words_"),
    [("{", "cannot be read"), ('{"table": []}', "cannot be read"), (None, "no trial of")],
)
def test_a_search_without_readable_notes_says_so(open_app, make_search, notes, words_):
    job = make_search()
    (job.folder / FOUND).unlink() if notes is None else (job.folder / FOUND).write_text(notes)
    app = open_app().switch_page("pages/runs.py").run()
    assert not app.exception and words_ in words(app)
    assert app.dataframe[0].value["trials"].tolist() == ["0 of 8"]
