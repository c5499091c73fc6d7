"""The Scores page as Streamlit runs it."""

import io
import json
import re
import zipfile
from functools import partial

import numpy as np
import pandas as pd
import pytest

from asl.bundle import EVALUATION, HISTORY
from asl.evaluation.metrics import measure
from tests.app.visiting import charts, metrics, seconds_to_draw, text

LABELS = ("A", "B", "C")
TABS = ("Confusions", "Signs", "Curves", "Confidence", "Mistakes", "Training")


@pytest.fixture
def open_scores(open_page):
    return partial(open_page, "scores")


@pytest.fixture
def model(tiny_bundle, make_evaluation, make_history):
    """A bundle with 300 test pictures and two trainings."""
    bundle = tiny_bundle(
        labels=LABELS,
        training={"split": "random", "split_means": "a fifth, drawn at random"},
        calibration={"weights": {"picture": 1.0, "landmarks": 1.0, "picture_alone": 2.0}},
    )
    make_evaluation(LABELS, 300).to_parquet(bundle.folder / EVALUATION)
    make_history().to_parquet(bundle.folder / HISTORY)
    return bundle


@pytest.mark.parametrize(
    ("people", "split", "said", "about"),
    [
        pytest.param(
            ["ann", "bo", "cy"], "leave-one-person-out", "300 pictures, 3 people, 3 signs",
            "for people like these", id="people left out",
        ),
        pytest.param(
            ["ann", "bo", "cy"], "random", "300 pictures, 3 people, 3 signs",
            "it says nothing about other people", id="people learned from",
        ),
        pytest.param(
            ["ann"], "new-person", "300 pictures, 1 person, 3 signs",
            "it says nothing about other people", id="one person",
        ),
        pytest.param(
            [""], "own", "300 pictures, people unknown, 3 signs",
            "it says nothing about other people", id="nobody known",
        ),
        pytest.param(
            ["ann", "bo", ""], "own", "300 pictures, 2 people known, the others not, 3 signs",
            "for people like these", id="some known",
        ),
    ],
)  # fmt: skip
def test_it_says_how_many_people_the_score_rests_on(
    open_scores, tiny_bundle, make_evaluation, people, split, said, about
):
    folder = tiny_bundle(labels=LABELS, training={"split": split}).folder
    table = make_evaluation(LABELS, 300)
    table["person"] = [people[row % len(people)] for row in range(300)]
    table.to_parquet(folder / EVALUATION)
    app = open_scores()
    assert said in text(app)
    accuracy = next(metric for metric in app.metric if metric.label == "Accuracy")
    assert about in accuracy.proto.help
    low, high = accuracy.delta.rstrip("%").split("–")
    assert float(low) < float(high)


def test_a_test_part_of_new_people_is_called_so(open_scores, tiny_bundle, make_evaluation):
    training = {"split": "own", "new_people": True}
    folder = tiny_bundle(labels=LABELS, training=training).folder
    make_evaluation(LABELS, 300).to_parquet(folder / EVALUATION)
    assert "what to expect for new people" in text(open_scores())


def test_the_headline_is_that_of_the_stored_scores(open_scores, model):
    table = pd.read_parquet(model.folder / EVALUATION)
    scores = measure(table["label"], table[[f"score_{label}" for label in LABELS]], LABELS)
    app = open_scores()
    assert metrics(app)["Accuracy"] == f"{scores.accuracy:.1%}"
    assert metrics(app)["Macro F1"] == f"{scores.macro_f1:.1%}"
    assert metrics(app)["Hand found"] == f"{table['found'].mean():.1%}"
    assert "300 pictures" in text(app)
    assert "Split: random (a fifth, drawn at random)" in text(app)
    assert "flatters" in text(app)


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_explains_its_figures(open_scores, model, tab):
    app = open_scores({"scores-tab": tab})
    drawn = {
        "Confusions": 1,
        "Signs": 2,
        "Curves": 2,
        "Confidence": 3,
        "Mistakes": 0,
        "Training": 2,
    }
    assert len(charts(app)) == drawn[tab]
    assert all(charts(app))


def test_a_cell_leads_to_the_scores_behind_it(open_scores, model):
    app = open_scores()
    app.selectbox(key="cell-truth").set_value("B").run()
    answers = app.selectbox(key="cell-answer").options
    answer = next(answer for answer in answers if answer not in ("any other", "B"))
    app.selectbox(key="cell-answer").set_value(answer).run()
    rows = app.dataframe[-1].value
    assert set(rows["meant"]) == {"B"} and set(rows["answered"]) == {answer}
    assert "keeps only the scores" in text(app)


def test_pictures_are_shown_where_the_run_knows_them(
    open_scores, model, asl_home, tmp_path, coloured_file
):
    data = tmp_path / "drawn"
    table = pd.read_parquet(model.folder / EVALUATION)
    for row in table.itertuples():
        (data / row.label).mkdir(parents=True, exist_ok=True)
        (data / row.label / row.picture).write_bytes(coloured_file())
    run = asl_home / "runs" / model.card.name
    run.mkdir(parents=True)
    config = {"config": {"data": [{"name": "drawn", "folder": str(data)}]}}
    (run / "run.json").write_text(json.dumps(config))
    app = open_scores()
    alts = [image.proto.imgs[0].alt for image in app.image]
    assert alts and all(re.fullmatch(r"\w+\.png: \w, answered \w, \d+%", alt) for alt in alts)


def test_the_parts_of_the_test_can_be_looked_at_alone(open_scores, model):
    app = open_scores()
    app.selectbox(key="fold").set_value("part 1").run()
    assert "150 pictures" in text(app)


def test_a_set_without_a_picture_says_so(open_scores, tiny_bundle, make_evaluation):
    labels = ("A", "B", "1", "2")
    bundle = tiny_bundle(labels=labels)
    table = make_evaluation(labels, 50)
    table[table["label"].isin(["A", "B"])].to_parquet(bundle.folder / EVALUATION)
    app = open_scores()
    app.segmented_control(key="candidates").set_value("digits").run()
    assert not app.exception
    assert "None of these test pictures shows one of the digits" in text(app)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(None, "evaluation.parquet is missing", id="missing"),
        pytest.param(b"no table", "no readable Parquet file", id="broken"),
    ],
)
def test_a_model_without_test_answers_says_why(open_scores, tiny_bundle, content, reason):
    bundle = tiny_bundle()
    if content:
        (bundle.folder / EVALUATION).write_bytes(content)
    app = open_scores()
    assert reason in text(app)
    assert app.file_uploader(key="own-zip"), "pictures of one's own can still be tried"


def test_a_training_that_kept_nothing_aside_shows_what_there_is(open_scores, model, make_history):
    nothing = dict.fromkeys(("valid_loss", "accuracy", "macro_f1"), np.nan)
    make_history().assign(**nothing).to_parquet(model.folder / HISTORY)
    app = open_scores()
    app.session_state["scores-tab"] = "Training"
    app.run()
    curves, _ = app.get("plotly_chart")
    assert "Nothing was kept aside" in curves.proto.alt


def test_a_model_without_history_says_so(open_scores, model):
    (model.folder / HISTORY).unlink()
    app = open_scores()
    app.session_state["scores-tab"] = "Training"
    app.run()
    assert "course of the training is not known" in text(app)


def archive(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, data in files.items():
            file.writestr(name.replace("__", "/") + ".png", data)
    return packed.getvalue()


def evaluate_zip(app, data: bytes):
    app.file_uploader(key="own-zip").set_value(("mine.zip", data, "application/zip")).run()
    app.button(key="own-start").click().run()
    assert not app.exception
    return app


def test_own_pictures_from_a_zip(open_scores, model, coloured_file):
    red, green = coloured_file("red"), coloured_file("lime")
    data = archive(a__1=red, a__2=green, b__1=green, b__2=b"no picture")
    app = evaluate_zip(open_scores(), data)
    assert metrics(app)["Accuracy"] == "66.7%"
    assert "scores on your own pictures: mine.zip" in text(app).replace("**", "")
    assert "1 files or folders were left out" in [one.label for one in app.expander]
    (wrong,) = app.image
    assert wrong.proto.imgs[0].alt.startswith("a/2.png: A, answered B")
    next(one for one in app.button if one.label.startswith("Back")).click().run()
    assert "300 pictures" in text(app)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"no zip", "zip", id="not a zip"),
        pytest.param(archive(loose=b"x"), "folder", id="no class folders"),
        pytest.param(archive(q__1=b"x"), "does not know", id="unknown sign"),
    ],
)
def test_a_zip_that_cannot_be_used_says_why(open_scores, model, data, reason):
    app = evaluate_zip(open_scores(), data)
    assert reason in app.error[0].value
    assert "300 pictures" in text(app)


def test_own_pictures_from_a_folder(open_scores, model, tmp_path, coloured_file):
    for label, colour in (("A", "red"), ("B", "lime"), ("C", "red")):
        (tmp_path / "mine" / label).mkdir(parents=True)
        (tmp_path / "mine" / label / "x.png").write_bytes(coloured_file(colour))
    app = open_scores()
    app.text_input(key="own-folder").set_value(str(tmp_path / "mine")).run()
    app.button(key="own-start").click().run()
    assert metrics(app)["Accuracy"] == "66.7%"
    app.selectbox(key="cell-truth").set_value("C").run()
    (image,) = app.image
    assert image.proto.imgs[0].alt.startswith("C/x.png: C, answered A")


def test_a_folder_that_is_none_says_so(open_scores, model, tmp_path):
    app = open_scores()
    app.text_input(key="own-folder").set_value(str(tmp_path / "nowhere")).run()
    app.button(key="own-start").click().run()
    assert "is no folder" in app.error[0].value


def test_strangers_cannot_name_folders_of_the_server(open_scores, model, monkeypatch):
    monkeypatch.setattr("asl.ui.scores.own_examples.hosted", lambda: True)
    app = open_scores()
    assert not [one for one in app.text_input if one.key == "own-folder"]


@pytest.fixture
def never_trained(model):
    """The model, of whose test pictures 100 are of D, which it never learnt, and 2 of `<b>`."""
    table = pd.read_parquet(model.folder / EVALUATION)
    table["label"] = table["label"].replace("C", "D")
    table.loc[:1, "label"] = "<b>"
    table.to_parquet(model.folder / EVALUATION)
    return model


@pytest.mark.parametrize("tab", TABS)
def test_signs_that_were_never_trained_count_and_are_named(open_scores, never_trained, tab):
    app = open_scores({"scores-tab": tab})
    assert "<b> and D were never trained" in text(app)
    assert "300 pictures" in text(app) and "4 signs" in text(app)
    assert float(metrics(app)["Accuracy"].rstrip("%")) < 67
    if tab == "Confusions":
        app.selectbox(key="cell-truth").set_value("D").run()
        assert not app.exception
        assert set(app.dataframe[-1].value["meant"]) == {"D"}
        assert len(app.dataframe[-1].value) == 100


def test_own_pictures_of_unknown_signs_are_counted_apart(open_scores, model, coloured_file):
    red = coloured_file("red")
    app = evaluate_zip(open_scores(), archive(a__1=red, b__1=red, q__1=red, q__2=red))
    assert metrics(app)["Accuracy"] == "50.0%"
    assert "2 pictures are not counted" in text(app) and "Q (2)" in text(app)


@pytest.mark.parametrize("tab", TABS)
def test_forty_signs_and_ten_thousand_pictures_are_drawn_in_time(
    open_app, tiny_bundle, make_evaluation, make_history, tab
):
    labels = tuple(f"sign {number:02d}" for number in range(40))
    bundle = tiny_bundle(labels=labels)
    make_evaluation(labels, 10_000).to_parquet(bundle.folder / EVALUATION)
    make_history().to_parquet(bundle.folder / HISTORY)
    app = open_app()
    app.session_state["scores-tab"] = tab
    # What a server loads once, before its first visitor, is not a page's own time.
    import asl.ui.scores.sections  # noqa: F401

    spent = seconds_to_draw(app, "scores")
    assert spent < 2, f"{tab} took {spent:.1f} s"
