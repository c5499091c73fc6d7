"""The runs page: what was trained, how it went, and what can be done with it."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from unittest.mock import create_autospec

import numpy as np
import pandas as pd
import pytest

from asl import processes
from asl.data.library import intake
from asl.data.library.dataset import Dataset
from asl.evaluation.advice import Advice, advise
from asl.quota import QuotaError, require_run
from asl.runs.control import find_run, list_runs
from asl.runs.files import ADVICE, PROGRESS
from asl.tflite.labels import read_labels
from asl.training.config import DataSet, TrainConfig
from asl.training.pictures.load import load

EVIL = "<img src=x onerror=alert(1)>**x**"


@pytest.fixture
def runs_page(open_page):
    return partial(open_page, "runs")


def shown(app) -> str:
    """The page's words as people see them."""
    parts = (*app.markdown, *app.header, *app.subheader, *app.caption, *app.warning, *app.error)
    return "\n".join(one.value for one in parts).replace("\\", "").replace("\u2060", "")


def button(app, label: str):
    return next(one for one in app.button if one.label == label)


def test_without_a_run_it_says_where_to_begin(runs_page):
    assert "Nothing has been trained here yet." in shown(runs_page())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param(
            {"split": "random", "tested": None},
            ("on pictures drawn at random", "90 pictures, people unknown. It says nothing about"),
            id="at random",
        ),
        pytest.param(
            {"split": "own", "tested": 3},
            ("on the test part that came with the data", "3 people, 90 pictures."),
            id="own part",
        ),
        pytest.param(
            {"split": "leave-one-set-out", "tested": 1},
            ("on data sets it had not seen", "1 person, 90 pictures. It says nothing about"),
            id="sets, one person",
        ),
        pytest.param(
            {"low": 0.9981, "high": 1.0}, ("95 % range 99 % to 100 %", ""), id="a narrow range"
        ),
    ],
)
def test_the_report_says_on_what_and_whom_it_rests(runs_page, make_run, changes, said):
    file = make_run().folder / ADVICE
    advice = Advice.from_json(file.read_text())
    file.write_text(replace(advice, new_person=False, people=(), **changes).to_json())
    shown_words = shown(runs_page()).replace("**", "")
    assert all(words in shown_words for words in said)


def test_the_report_says_how_good_it_is_and_what_to_do(runs_page, make_run):
    make_run()
    app = runs_page()
    said = shown(app)
    assert "97% right on a new person" in said
    assert "on people it has not seen (95 % range over 3 people, 90 pictures)" in said
    assert "Only 3 people were tested" in said
    assert "Photograph" not in said  # B is recognised in nine of ten
    assert "Ask more people." in said
    table = app.dataframe[0].value
    assert table.iloc[0][["run", "state", "how"]].tolist() == ["Letters", "done", "Quick"]
    assert table.iloc[0]["right"] == pytest.approx(0.967, abs=0.001)


def test_a_model_is_put_to_use_under_a_name(runs_page, make_run, asl_home):
    make_run()
    make_run("Other")
    app = runs_page()
    name = next(one for one in app.text_input if one.label == "Name of the model")
    app = button(name.set_value("../evil").run(), "Use this model").click().run()
    assert "may hold only letters" in shown(app)
    name = next(one for one in app.text_input if one.label == "Name of the model")
    app = button(name.set_value("mine").run(), "Use this model").click().run()
    assert not app.exception and "In use as **mine**" in shown(app)
    assert (asl_home / "models" / "mine" / "card.json").is_file()
    app = app.switch_page("pages/photo.py").run()
    assert "mine" in next(one for one in app.selectbox if one.label == "Model").options


def test_a_run_of_the_command_line_stands_among_the_others(runs_page, make_run, asl_home):
    run = make_run("Shell", preset="Command line", model="shell", began_in="/somewhere")
    home = asl_home / "models" / "shell"
    run.bundle.folder.rename(home)
    replace(run, out=str(home)).write()
    app = runs_page()
    assert app.dataframe[0].value.iloc[0][["how", "used as"]].tolist() == ["Command line", "shell"]
    said = shown(app)
    assert "97% right on a new person" in said and "In use as **shell**" in said
    assert f"its report and curves are deleted. The model stays in {home}." in said
    for file in home.iterdir():
        file.unlink()
    app = runs_page()
    assert f"The model is no longer in {home}" in app.info[0].value.replace("\\", "")
    assert not [one for one in app.button if one.label == "Use this model"]
    app.button(key=f"delete-{run.id}").click().run()
    assert list_runs() == [] and home.is_dir()


def test_an_unfinished_run_says_why_and_can_go_on(runs_page, make_run):
    make_run("Broken", state="crashed", reason="The disk is full.")
    app = runs_page()
    assert "The disk is full." in shown(app)
    assert button(app, "Go on with it")
    # A process that is gone has crashed, whatever it wrote last.
    make_run("Gone", state="running")
    app = runs_page()
    assert "killed" in shown(app)


def test_runs_are_filtered_renamed_and_deleted(runs_page, make_run):
    make_run("Letters")
    make_run("Digits", state="cancelled")
    app = runs_page()
    app.multiselect(key="runs-states").set_value(["done"]).run()
    assert app.dataframe[0].value["run"].tolist() == ["Letters"]
    app.multiselect(key="runs-states").set_value([]).run()
    app.text_input(key="runs-filter").set_value("dig").run()
    assert app.dataframe[0].value["run"].tolist() == ["Digits"]
    chosen = app.selectbox(key="run").value
    app.text_input(key=f"rename-{chosen}").set_value(EVIL).run()
    app.button(key=f"do-rename-{chosen}").click().run()
    assert find_run(chosen).title == EVIL
    app.text_input(key="runs-filter").set_value("").run()
    app.selectbox(key="run").set_value(chosen).run()
    assert not app.exception
    assert EVIL in shown(app) and "\\*\\*x" in app.subheader[0].value
    app.button(key=f"delete-{chosen}").click().run()
    assert [run.title for run in list_runs()] == ["Letters"]


def test_an_empty_name_is_refused(runs_page, make_run):
    run = make_run()
    app = runs_page()
    app.text_input(key=f"rename-{run.id}").set_value("  ").run()
    app.button(key=f"do-rename-{run.id}").click().run()
    assert "1 to 80" in shown(app)
    assert find_run(run.id).title == "Letters"


def test_curves_of_several_runs_are_laid_over_each_other(runs_page, make_run):
    make_run("Letters")
    make_run("Letters")
    app = runs_page()
    assert app.multiselect(key="compared").options == ["Letters", "Letters (2)"]
    assert "macro F1 of each model after every epoch" in shown(app)


def test_a_training_that_keeps_nothing_aside_shows_its_own_loss_alone(runs_page, make_run):
    file = make_run("Letters", "cancelled").folder / PROGRESS
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    kept = ("fold", "task", "epoch", "train_loss")
    file.write_text("".join(f"{json.dumps({name: row[name] for name in kept})}\n" for row in rows))
    app = runs_page()
    (chart,) = app.get("plotly_chart")
    assert chart.proto.alt.startswith("Loss by epoch")
    assert "The dotted loss is that of the training itself." in shown(app)
    assert "kept aside" not in shown(app)


def test_damaged_notes_take_no_other_run_with_them(runs_page, make_run):
    make_run("Letters")
    (make_run("Damaged").folder / "job.json").write_text("{")
    (make_run("No report").folder / "advice.json").write_text("[]")
    app = runs_page()
    assert set(app.dataframe[0].value["run"]) == {"Letters", "No report"}
    app.selectbox(key="run").set_value("run-2").run()
    assert "The report cannot be read." in shown(app)


@pytest.fixture
def doubtful(make_run, intake_here, signs_zip, monkeypatch):
    """A data set and a run on it, whose model takes two pictures of A for B and one of B for A.

    Trainings that are started from here are only handed in.
    """
    taken = intake.take_upload(io.BytesIO(signs_zip(each=20)), "mine", "zip")
    dataset = Dataset.open(taken.folder)
    start = create_autospec(processes.start, return_value=0)
    monkeypatch.setattr("asl.runs.control.processes.start", start)
    own = DataSet(str(dataset.folder), people="none")
    run = make_run("Letters", dataset_id=dataset.id)
    config = json.loads(json.dumps(asdict(TrainConfig(run.id, (own,)))))
    replace(run, config=config).write()
    rows = dataset.read().table
    rows["picture"] = [Path(path).name for path in rows["path"]]
    wrong = [*rows.index[rows["label"] == "A"][:2], rows.index[rows["label"] == "B"][0]]
    for label in "AB":
        answered = (rows["label"] == label) ^ rows.index.isin(wrong)
        rows[f"score_{label}"] = np.where(answered, 0.97, 0.01)
    rows = rows.assign(score_C=0.02, source="mine", found=True, fold=rows["person"])
    rows.drop(columns=["path", "part"]).to_parquet(run.home / "evaluation.parquet", index=False)
    (run.folder / ADVICE).write_text(advise(run.bundle, rows["path"]).to_json())
    return dataset, rows.loc[wrong, "path"].tolist()


def test_labels_are_corrected_from_the_report_and_trained_on(runs_page, doubtful, asl_home):
    dataset, (kept, relabelled, dropped) = doubtful
    before = dataset.pictures().set_index("path")
    pictures = sorted((dataset.folder / "pictures").iterdir())
    contents = [file.read_bytes() for file in pictures]
    app = runs_page()
    assert "Probably mislabelled" in shown(app)
    suspects = Advice.from_json((find_run("run-0").folder / ADVICE).read_text()).suspects
    assert {one.path for one in suspects} == {kept, relabelled, dropped}
    again = "Correct these, and train again"
    for number, one in enumerate(suspects):
        choice = {kept: "The label is right", relabelled: "B", dropped: "Leave it out"}[one.path]
        app.selectbox(key=f"suspect-run-0-{number}").set_value(choice)
    app = button(app, again).click().run()
    assert not app.exception
    # The corrections are kept, and everything else is as it was.
    table = dataset.pictures().set_index("path")
    base = dataset.folder.resolve()
    name = {path: str(Path(path).relative_to(base)) for path in (kept, relabelled, dropped)}
    same = table.eq(before) | (table.isna() & before.isna())
    same = same.drop(columns="confirmed")
    assert set(table.index[~same.all(axis=1)]) == {name[relabelled], name[dropped]}
    assert table["confirmed"].dropna().to_dict() == {name[kept]: "A", name[relabelled]: "B"}
    assert table.loc[name[relabelled], ["label", "state"]].tolist() == ["B", "used"]
    assert table.loc[name[dropped], ["label", "state"]].tolist() == ["B", "left out"]
    assert [file.read_bytes() for file in pictures] == contents
    # A new training is opened, with the settings of the other; it sees what was corrected.
    new, old = list_runs()
    assert new.title == "Letters, corrected" and new.dataset_id == dataset.id
    assert app.selectbox(key="run").value == new.id
    assert new.config == {**old.config, "name": new.id}
    config = TrainConfig.from_dict(new.config)
    examples = load(config, asl_home / "cache", 1, lambda progress: None).own.examples
    seen = dict(zip(examples.paths.tolist(), examples.labels.tolist(), strict=True))
    assert len(seen) == 79 and dropped not in seen
    assert (seen[kept], seen[relabelled]) == ("A", "B")
    # The old report asks no more, since all of it is settled.
    app = app.selectbox(key="run").set_value(old.id).run()
    assert "right on" in shown(app) and "Probably mislabelled" not in shown(app)
    # All of it can be taken back, and then it is asked about again.
    dataset.take_back([name[dropped]])
    dataset.relabel([name[relabelled]], "A")
    now = dataset.pictures().set_index("path").drop(columns="confirmed")
    assert now.equals(before.drop(columns="confirmed"))
    asked = [one.label for one in app.run().selectbox if one.label.startswith("What to do with")]
    assert set(asked) == {
        f"What to do with picture {Path(path).name}" for path in (relabelled, dropped)
    }


def test_labels_that_are_right_change_nothing_and_are_not_asked_about_again(runs_page, doubtful):
    dataset, _ = doubtful
    before = dataset.pictures().drop(columns="confirmed")
    app = button(runs_page(), "Correct these, and train again").click().run()
    assert "nothing to train again" in app.info[0].value and len(list_runs()) == 1
    assert dataset.pictures().drop(columns="confirmed").equals(before)
    assert "Probably mislabelled" not in shown(app.run())


def test_a_table_from_before_there_were_confirmations_is_read(doubtful):
    dataset, (path, *_) = doubtful
    old = dataset.pictures().drop(columns="confirmed")
    old.to_parquet(dataset.folder / "pictures.parquet", index=False)
    assert dataset.pictures()["confirmed"].isna().all()
    name = str(Path(path).relative_to(dataset.folder.resolve()))
    dataset.confirm([name])
    assert dataset.pictures()["confirmed"].dropna().tolist() == ["A"]


def test_without_room_for_a_run_the_corrections_are_kept_and_it_is_said(
    runs_page, doubtful, monkeypatch
):
    dataset, (path, *_) = doubtful
    no_room = QuotaError("quota: there are 10 runs")
    refuse = create_autospec(require_run, side_effect=no_room)
    monkeypatch.setattr("asl.runs.control.require_run", refuse)
    app = runs_page()
    suspects = Advice.from_json((find_run("run-0").folder / ADVICE).read_text()).suspects
    number = [one.path for one in suspects].index(path)
    app.selectbox(key=f"suspect-run-0-{number}").set_value("Leave it out")
    app = button(app, "Correct these, and train again").click().run()
    assert "there are 10 runs" in app.error[0].value
    assert (dataset.pictures()["state"] == "left out").sum() == 1 and len(list_runs()) == 1


class TestTakenAway:
    @pytest.fixture
    def run_with_pictures(self, make_run, tmp_path, make_picture):
        files = [tmp_path / f"{number}.png" for number in range(3)]
        for number, file in enumerate(files):
            make_picture(number).save(file)
        run = make_run()
        paths = pd.DataFrame({"path": [str(file) for file in files]})
        paths.to_parquet(run.folder / "tested.parquet", index=False)
        return run

    def test_as_tflite_too_and_both_are_compared(self, runs_page, run_with_pictures):
        run = run_with_pictures
        app = runs_page()
        app = app.checkbox(key=f"tflite-{run.id}").check().run()
        app = button(app, "Prepare the download").click().run()
        assert not app.exception
        packed, tflite = (one.value for one in app.success)
        assert packed.startswith("3 pictures were read by this download and by the app")
        assert tflite.startswith("3 pictures were read by model.tflite and by model.onnx")
        with zipfile.ZipFile(run.folder / "download.zip") as archive:
            [name] = [one for one in archive.namelist() if one.endswith("model.tflite")]
            assert read_labels(archive.read(name)) == ("A", "B", "C")
        # Another choice needs another file.
        app = app.checkbox(key=f"tflite-{run.id}").uncheck().run()
        assert not app.success

    def test_without_litert_the_choice_is_grey_and_says_why(
        self, runs_page, run_with_pictures, monkeypatch
    ):
        monkeypatch.setattr("asl.tflite.find_spec", lambda name: None)
        box = runs_page().checkbox(key=f"tflite-{run_with_pictures.id}")
        assert box.disabled and "`pip install ai-edge-litert` installs it" in box.help

    def test_a_network_that_cannot_be_translated_is_said(
        self, runs_page, run_with_pictures, monkeypatch
    ):
        monkeypatch.setattr("asl.tflite.convert._OPERATORS", {})
        run = run_with_pictures
        app = runs_page().checkbox(key=f"tflite-{run.id}").check().run()
        app = button(app, "Prepare the download").click().run()
        assert not app.exception and not app.success
        assert "this operator is not translated to TFLite" in shown(app)
        assert not (run.folder / "download.zip").exists()
