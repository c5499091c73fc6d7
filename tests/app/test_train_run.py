"""Choosing, starting and stopping a training on the train page, without any real training."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from unittest.mock import Mock, create_autospec

import pytest
from streamlit.testing.v1 import AppTest

from asl import processes
from asl.data.library.dataset import create, list_datasets
from asl.files import write_json
from asl.nets.registry import names
from asl.processes import end_all
from asl.runs.control import list_runs
from asl.runs.estimate import Estimate, TooLarge, estimate
from asl.runs.files import NOW, STATE
from asl.runs.run import status
from asl.training.config import WORD_NETWORK
from asl.training.examples.data_sets import DataSet
from asl.training.presets import presets
from asl.training.search.found import FOUND
from asl.ui.runs.search_results import as_planned, trials_in_words
from asl.ui.shared.text import escape_markdown
from asl.ui.words.answers import learning_only

SCRIPT = """
import streamlit as st
from asl.data.library.dataset import list_datasets
from asl.ui.train.settings_form import choose_and_run

choose_and_run(list_datasets()[0])
"""


@pytest.fixture
def estimate_as(monkeypatch: pytest.MonkeyPatch):
    """``estimate_as(found)``: what a training takes is said to be that; an error is raised."""

    def fake(found: Estimate | TooLarge) -> Mock:
        def guess(config, search=None):
            yield "looking for hands", 0.2
            if isinstance(found, TooLarge):
                raise found
            yield found

        asked = create_autospec(estimate, side_effect=guess)
        monkeypatch.setattr("asl.ui.runs.start.estimate", asked)
        return asked

    return fake


@pytest.fixture
def page(asl_home: Path, monkeypatch: pytest.MonkeyPatch, make_table, estimate_as):
    """``page(people, kind="pictures")``: step 3 of the train page; trainings only sleep, and no
    model comes with the app."""
    monkeypatch.setattr("asl.bundle.BUNDLED_MODELS", asl_home / "bundled")

    def sleep(command, folder, environment) -> int:
        return start([sys.executable, "-S", "-c", "import time; time.sleep(60)"], folder, {})

    start = processes.start
    monkeypatch.setattr(
        "asl.runs.control.processes.start", create_autospec(start, side_effect=sleep)
    )
    plan = (("", "finding hands", 30.0), ("00", "picture network", 65.0))
    estimate_as(Estimate(plan, 1 << 30, 100 << 20, 24))

    def open_(
        people=("ann", "ben", "cleo"), parts=(None,), confirmed=True, kind="pictures"
    ) -> AppTest:
        dataset = replace(create("Mine", "zip"), people_confirmed=confirmed, kind=kind)
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
    from asl.data.library.table import COLUMNS, empty_table

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
    [run] = list_runs()
    assert (run.title, run.preset, run.dataset) == ("Mine, Quick", "Quick", "Mine")
    assert run.config["split"] == "leave-one-person-out" and run.plan[0][1] == "finding hands"
    assert "Starting" in words(app)
    app = button(app, "Cancel").click().run()
    assert status(run).state == "cancelled"
    assert "was cancelled" in words(app)
    app = button(app, "Go on with it").click().run()
    assert status(run).active


def test_how_long_it_takes_is_said_before(page):
    app = button(page(), "How long will it take?").click().run()
    assert "About 2 min on this computer, with 1,024 MB of memory" in words(app)
    assert list_runs() == []


def test_without_people_it_says_what_that_means(page):
    app = page(people=(None,))
    assert "its score will flatter" in words(app)
    app = button(app, "Start training").click().run()
    assert list_runs()[0].config["split"] == "random"


def test_clips_are_trained_on_by_networks_of_words(page):
    app = page(kind="sequences")
    assert "each person left out in turn" in words(app) and "clips a few times" in words(app)
    assert set(find(app.selectbox, "Network").options) == set(names("sequences"))
    assert find(app.selectbox, "Start weights").options == ["Nothing: from scratch"]
    assert not [one for one in app.select_slider if "size" in one.label]
    find(app.slider, "Augmentation strength").set_value(0.5).run()
    app = button(app, "Start training").click().run()
    assert not app.exception and "24 clips" in words(app)
    [run] = list_runs()
    usual = presets("sequences")["Quick"](DataSet("clips"), [])
    assert (run.config["network"], run.config["start"]) == (WORD_NETWORK, "none")
    assert run.config["sequences"] == json.loads(json.dumps(asdict(usual.sequences)))
    half = run.config["sequence_augment"]["joints"]
    assert half == pytest.approx(usual.sequence_augment.joints / 2)


def test_another_network_of_words_is_not_started_from_the_bundled_one(page, asl_home, words_bundle):
    home = asl_home / "bundled"
    home.mkdir(parents=True)
    data = ({"name": "wlasl", "licence": "C-UDA"},)
    made = words_bundle("asl-words", network="lstm", data=data)
    made.folder.rename(home / "asl-words")
    app = page(kind="sequences")
    assert "from wlasl and may be used for learning and research only" in words(app)
    mine = replace(made.card, name="mine", data=(), training={"config": {"start": "bundled"}})
    assert learning_only(mine) == ["wlasl"]
    assert find(app.selectbox, "Network").value == "lstm"
    assert find(app.selectbox, "Start weights").value == "bundled"
    find(app.selectbox, "Network").set_value("transformer").run()
    assert find(app.selectbox, "Start weights").options == ["Nothing: from scratch"]
    assert "research only" not in words(app)


def test_clips_whose_people_are_unknown_say_what_that_means(page):
    said = words(page(people=(None,), kind="sequences"))
    assert "tested on clips drawn at random" in said and "who is in the clips" in said


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
    assert list_runs()[0].config["split"] == splits[0]
    for split in splits[1:]:  # the others can be chosen
        find(app.selectbox, "Test on").set_value(split).run()
        assert not app.exception


def test_single_settings_can_be_changed(page):
    app = page()
    app.segmented_control[0].set_value("Thorough").run()
    for label, value in (("Epochs", 3), ("Batch", 16), ("Learning rate", 0.002), ("Seed", 7)):
        find(app.number_input, label).set_value(value)
    find(app.selectbox, "Test on").set_value("random")
    app.run()
    app = button(app, "Start training").click().run()
    assert not app.exception
    [run] = list_runs()
    picture = run.config["picture"]
    assert (picture["epochs"], picture["batch"], picture["learning_rate"]) == (3, 16, 0.002)
    assert (run.config["seed"], run.config["split"], run.preset) == (7, "random", "Thorough")


def test_every_network_can_be_chosen(page):
    app = page()
    for name in find(app.selectbox, "Network").options:
        find(app.selectbox, "Network").set_value(name).run()
        assert not app.exception, name
        assert not app.error, name


def test_what_does_not_fit_is_refused_with_its_reason(page, estimate_as):
    app = page()
    estimate_as(TooLarge("memory: this training needs about 9,000 MB; choose a smaller batch"))
    app = button(app, "Start training").click().run()
    assert "needs about 9,000 MB" in words(app)
    assert list_runs() == []


def test_a_name_is_needed(page):
    app = page()
    find(app.text_input, "Name of the run").set_value(" ").run()
    app = button(app, "Start training").click().run()
    assert "1 to 80" in words(app)


def test_a_search_for_better_settings_is_chosen_and_started(page, estimate_as):
    plan = (("", "frozen stages", 5.0), ("", "trials", 600.0))
    asked = estimate_as(Estimate(plan, 1 << 30, 1 << 20, 24))
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
    [run] = list_runs()
    assert (run.title, run.preset) == ("Mine, Quick, search", "Quick")
    expected = {"trials": 12, "vary": ["learning_rate", "epochs"], "most_epochs": 6, "workers": 1}
    assert [call.args[1] for call in asked.call_args_list] == [expected]
    assert run.search == expected
    assert find(app.toggle, "Search for better settings")
    # A trial goes on while the page is open.
    now = {
        "task": "trial",
        "of": "1",
        "fold": "",
        "done": 2,
        "total": 6,
        "seconds_left": None,
        "figures": {},
    }
    write_json(run.folder / NOW, now)
    write_json(run.folder / STATE, {"state": "running", "began": time.time()})
    app = app.run()
    assert "0 of 12 trials done, trial 1 in epoch 3 of 6 · about" in words(app)
    assert app.get("progress")[0].proto.value == 2  # percent: a third of one trial of twelve
    app = button(app, "Cancel").click().run()
    assert "This search was cancelled." in words(app) and "no trial of" in words(app)
    app = button(app, "Go on with it").click().run()
    assert status(run).active


def test_several_trials_at_a_time_are_offered_where_there_are_processors(page, monkeypatch):
    monkeypatch.setattr("asl.ui.train.search_form.os.cpu_count", lambda: 4)
    app = find(page().toggle, "Search for better settings").set_value(True).run()
    assert find(app.number_input, "Trials at a time").max == 3
    monkeypatch.setattr("asl.ui.train.search_form.hosted", lambda: True)
    assert "Trials at a time" not in [one.label for one in app.run().number_input]


def test_only_what_the_network_has_can_be_varied_and_something_must(page):
    app = find(page().selectbox, "Network").set_value("gesture_cnn").run()
    app = find(app.toggle, "Search for better settings").set_value(True).run()
    varied = find(app.get("button_group"), "Settings to try")
    assert varied.value == ["learning_rate", "epochs", "batch", "augment", "width"]
    app = varied.set_value([]).run()
    assert "choose at least one setting to try" in words(app)
    assert not any(one.label.startswith("Start") for one in app.button)


def test_what_a_search_found_is_watched_and_trained_with(page, open_page, make_search):
    app = page()
    [dataset] = list_datasets()
    run = make_search("Mine, Quick, search", "cancelled", dataset="Mine", dataset_id=dataset.id)
    said = words(app := app.run())
    assert "The best of 7 trials" in said and "Macro F1 **0.880**" in said
    assert "Your own settings, tried as well, reach 0.800" in said
    assert "Learning rate: **0.003** (yours: 0.001)" in said
    assert len(app.get("plotly_chart")) == 3
    app = open_page("runs")
    app = button(app, "Train with these settings").click().run()
    assert not app.exception
    assert app.subheader[0].value == escape_markdown("Mine, Quick, best settings")
    newest = list_runs()[0]
    assert (newest.title, newest.dataset_id) == ("Mine, Quick, best settings", dataset.id)
    assert newest.search == {} and newest.plan
    assert newest.config["picture"]["learning_rate"] == 0.003
    # One trial of eight is missing, and they took ten seconds each.
    now = {"task": "trials", "fold": "", "done": 7, "total": 8, "seconds_left": 1.0, "figures": {}}
    step = as_planned(run, now)
    assert (trials_in_words(step), step["seconds_left"]) == ("7 of 8 trials done", 10.0)
    half = as_planned(run, now | {"task": "trial", "of": "8", "done": 5, "total": 10})
    assert trials_in_words(half) == "7 of 8 trials done, trial 8 in epoch 6 of 10"
    assert (half["done"], half["seconds_left"]) == (7.5, 5.0)


def test_a_network_of_landmarks_is_trained_as_chosen(page):
    app = find(page().selectbox, "Network").set_value("hand_landmarks").run()
    app = find(app.number_input, "Learning rate").set_value(0.002).run()
    button(app, "Start training").click().run()
    assert list_runs()[0].config["landmarks"]["learning_rate"] == 0.002


def test_a_search_stands_among_the_runs(open_page, make_search, make_run):
    run, other = make_search(), make_run("Letters")
    app = open_page("runs")
    table = app.dataframe[0].value.set_index("run")
    shown = table.loc["Letters, search", ["state", "trials", "best macro F1", "how"]]
    assert shown.tolist() == ["done", "7 of 8", 0.88, "Quick, search"]
    assert table.loc["Letters", ["trials", "best macro F1"]].isna().all()
    # Its trials are no curves to lay over those of a training.
    assert not any(one.key == "compared" for one in app.multiselect)
    app = app.selectbox(key="run").set_value(run.id).run()
    assert "The best of 7 trials" in words(app)
    app = app.button(key=f"delete-{run.id}").click().run()
    assert not app.exception
    assert [one.id for one in list_runs()] == [other.id] and not run.folder.exists()
    assert "trials" not in app.dataframe[0].value


@pytest.mark.parametrize(
    ("notes", "words_"),
    [("{", "cannot be read"), ('{"table": []}', "cannot be read"), (None, "no trial of")],
)
def test_a_search_without_readable_notes_says_so(open_page, make_search, notes, words_):
    run = make_search()
    (run.folder / FOUND).unlink() if notes is None else (run.folder / FOUND).write_text(notes)
    app = open_page("runs")
    assert words_ in words(app)
    assert app.dataframe[0].value["trials"].tolist() == ["0 of 8"]
