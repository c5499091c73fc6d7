"""The runs page for a model of words: its report, clips to look at again, and where to try it."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from unittest.mock import create_autospec

import numpy as np
import pytest

from asl import processes
from asl.data.library import intake
from asl.data.library.dataset import Dataset
from asl.evaluation.advice import Advice, advise
from asl.runs.control import list_runs
from asl.runs.files import ADVICE, BUNDLE
from asl.tflite.labels import read_labels
from asl.training.config import WORD_NETWORK, TrainConfig
from asl.training.examples.data_sets import DataSet

LABELS = ("hello", "no", "please", "yes")


@pytest.fixture
def runs_page(open_page):
    return partial(open_page, "runs")


def shown(app) -> str:
    """The page's words as people see them."""
    parts = (*app.markdown, *app.header, *app.subheader, *app.caption, *app.warning, *app.error)
    said = [one.value for one in parts] + [bar.proto.text for bar in app.get("progress")]
    return "\n".join(said).replace("\\", "").replace("\u2060", "").replace("*", "")


@pytest.fixture
def of_words(make_run, words_bundle, intake_here, packed_words, monkeypatch):
    """A data set of clips and a run on it, whose model takes two clips of hello for no.

    Trainings that are started from here are only handed in.
    """
    packed = packed_words(LABELS, ("anna", "ben", "cleo"), each=4)
    dataset = Dataset.open(intake.take_upload(io.BytesIO(packed), "mine", "zip").folder)
    monkeypatch.setattr(
        "asl.runs.control.processes.start", create_autospec(processes.start, return_value=0)
    )
    run = make_run("Words", dataset_id=dataset.id)
    config = TrainConfig(run.id, (DataSet(str(dataset.folder)),), network=WORD_NETWORK)
    replace(run, config=json.loads(json.dumps(asdict(config)))).write()
    shutil.rmtree(run.folder / BUNDLE)
    training = {"split": "leave-one-person-out"}
    words_bundle("of-run", LABELS, training=training).folder.rename(run.folder / BUNDLE)
    rows = dataset.read().table
    rows["picture"] = [Path(path).name for path in rows["path"]]
    wrong = rows.index[(rows["label"] == "hello") & (rows["person"] == "ben")][:2]
    answers = rows["label"].where(~rows.index.isin(wrong), "no")
    for label in LABELS:
        rows[f"score_{label}"] = np.where(answers == label, 0.97, 0.01)
    rows = rows.assign(source="mine", fold=rows["person"])
    rows.drop(columns=["path", "part"]).to_parquet(run.home / "evaluation.parquet", index=False)
    rows[["path"]].to_parquet(run.folder / "tested.parquet", index=False)
    (run.folder / ADVICE).write_text(advise(run.bundle, rows["path"]).to_json())
    return run, dataset, rows.loc[wrong, "path"].tolist()


def test_the_report_speaks_of_clips_and_of_whom_to_record(runs_page, of_words):
    app = runs_page()
    said = shown(app)
    assert "96% right on a new person" in said and "3 people, 48 clips" in said
    assert "What and whom to record next" in said and "taken for no in 2 of 12 clips" in said
    assert "Record hello and no one after the other" in said and "picture" not in said.lower()
    weakest = next(one.value for one in app.dataframe if "taken for" in one.value)
    assert weakest["sign"].tolist() == ["hello"]
    assert weakest["taken for"].tolist() == ["no (2 of 12)"]


def test_clips_that_are_probably_mislabelled_are_shown_moving_and_corrected(runs_page, of_words):
    run, dataset, wrong = of_words
    app = runs_page()
    assert "Probably mislabelled" in shown(app)
    suspects = Advice.from_json((run.folder / ADVICE).read_text()).suspects
    assert {one.path for one in suspects} == set(wrong)
    assert len(app.get("video")) == 2
    for number, choice in enumerate(("no", "Leave it out")):
        app.selectbox(key=f"suspect-{run.id}-{number}").set_value(choice)
    again = "Correct these, and train again"
    next(one for one in app.button if one.label == again).click().run()
    assert not app.exception
    table = dataset.read().table
    assert table["label"].tolist().count("no") == 13 and len(table) == 47
    assert list_runs()[0].title == "Words, corrected"


def test_the_model_is_used_and_taken_away(runs_page, of_words):
    run, _, _ = of_words
    app = runs_page()
    assert "a zip with the model's folder" in shown(app)
    next(one for one in app.button if one.label == "Use this model").click().run()
    assert "In use as words on every page." in shown(app)
    zipped = run.bundle.export(run.folder / "out.zip")
    assert "of-run/model.onnx" in zipfile.ZipFile(zipped).namelist()


def test_the_model_is_taken_away_as_tflite_too(runs_page, of_words):
    run, _, _ = of_words
    app = runs_page()
    app = app.checkbox(key=f"tflite-{run.id}").check().run()
    next(one for one in app.button if one.label == "Prepare the download").click().run()
    assert not app.exception
    [said] = [one.value for one in app.success]
    assert said.startswith("128 examples of noise were read by model.tflite and by model.onnx")
    with zipfile.ZipFile(run.folder / "download.zip") as archive:
        [name] = [one for one in archive.namelist() if one.endswith("model.tflite")]
        assert read_labels(archive.read(name)) == LABELS
