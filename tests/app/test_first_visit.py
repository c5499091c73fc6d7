"""What somebody sees who has brought nothing yet: examples to click, and what each page is for."""

from __future__ import annotations

import re
import shutil
from functools import partial
from pathlib import Path

import pytest

import asl.examples
from asl.bundle import CARD
from asl.data.library.dataset import list_datasets
from asl.evaluation.advice import Advice
from asl.inference.sequences.lexicon import write_lexicon
from asl.runs import examples
from asl.runs.files import ADVICE, REQUEST
from asl.runs.run import RunError
from asl.ui.shell.tour import TOURS

PAGES = Path(__file__).parents[2] / "pages"


def text(app) -> str:
    """What is written on the page, as it reads."""
    kinds = (*app.header, *app.subheader, *app.markdown, *app.caption, *app.info, *app.warning)
    parts = [part.value for part in (*kinds, *app.error, *app.success)]
    return re.sub(r"\\(.)", r"\1", "\n".join(parts)).replace("\u2060", "")


def click(app, key: str):
    app.button(key=key).click().run()
    assert not app.exception
    return app


def tour(page: str) -> str:
    return re.sub(r"\\(.)", r"\1", TOURS[page])


@pytest.mark.parametrize("page", TOURS)
def test_a_tour_has_four_sentences_and_a_page(page):
    assert (PAGES / f"{page}.py").is_file()
    assert len(re.findall(r"[.?!](?= [A-Z]|$)", TOURS[page])) == 4


@pytest.mark.parametrize("page", ["photo", "attention", "train", "runs", "compare", "scores"])
def test_a_page_with_nothing_to_show_says_what_it_is_for(page, open_page, tiny_bundle, intake_here):
    tiny_bundle()
    assert tour(page) in text(open_page(page))


def test_the_words_page_says_what_it_is_for(open_page, words_bundle):
    words_bundle()
    app = open_page("words")
    assert tour("words") in text(app)
    assert "No film at hand?" not in text(app), "this model brings no examples"


def test_an_example_picture_is_read_and_gives_way_to_the_visitor_s_own(
    open_page, model_with_hands, upload, coloured_file
):
    model_with_hands(("A", "B", "C"))
    app = open_page("photo")
    pictures = asl.examples.example_pictures()
    assert len(app.image) == len(pictures) == 12
    app = click(app, "example-K 1")
    assert "Example K 1" in text(app) and tour("photo") not in text(app)
    app = click(app, "example-V 4")
    assert "Example V 4" in text(app) and "Example K 1" not in text(app)
    app = upload(app, ("a.png", coloured_file("red")))
    assert "a.png" in text(app) and "Example V 4" not in text(app)
    app = click(app, "clear")
    assert "Example V 4" not in text(app) and tour("photo") in text(app)


def test_an_example_picture_is_explained(open_page, model_with_hands):
    model_with_hands(("A", "B", "C"))
    app = click(open_page("attention"), "example-K 1")
    assert "Places" in text(app) and tour("attention") not in text(app)


def test_a_drawn_word_is_read(open_page, words_bundle, hand_at_light):
    moving = _moving_right()
    bundle = words_bundle()
    write_lexicon(bundle.folder, {"right": moving}, people={"right": 4})
    app = open_page("words")
    assert "each the mean of several people" in text(app)
    app = click(app, "example-right")
    assert "Example: right" in text(app) and "The sign: " in text(app)
    assert tour("words") not in text(app)
    app = click(app, "example-left")
    assert "the model brings no example of this word" in text(app)


def _moving_right():
    import numpy as np

    from asl.data.sequences.layout import RIGHT_HAND, ROWS

    points = np.full((30, ROWS, 2), np.nan)
    hand = np.random.default_rng(0).uniform(-0.05, 0.05, (21, 2))
    for frame, x in enumerate(np.linspace(0.2, 0.8, 30)):
        points[frame, list(RIGHT_HAND)] = hand + np.array([x, 0.5])
    return points


def test_the_example_data_set_is_taken_in_with_its_people(open_train):
    app = click(open_train(), "dataset-example")
    (dataset,) = list_datasets()
    table = dataset.pictures()
    assert set(table.groupby(["label", "person"]).size()) == {5}
    assert sorted(set(table["label"])) == ["K", "U", "V"] and len(set(table["person"])) == 5
    assert "75 pictures of 3 signs, 5 people (a guess)" in text(app).replace("*", "")


@pytest.fixture
def example_run(make_run, tmp_path, monkeypatch) -> Path:
    """A finished run, kept as the example of a bundled model; returns the folder of examples."""
    run = make_run()
    kept = tmp_path / "examples"
    monkeypatch.setattr(examples, "EXAMPLES", kept)
    # The app knows no bundled models here but this one.
    shutil.copytree(run.home, tmp_path / "no-models" / run.id)
    examples.keep_example(run.id)
    shutil.rmtree(run.folder)
    return kept


def test_example_trainings_are_looked_at_and_not_changed(open_page, example_run):
    app = open_page("runs")
    said = text(app)
    assert "Example trainings" in said and "right on a new person" in said
    assert "It comes with the app" in said
    assert [one.proto.alt[:13] for one in app.get("plotly_chart")] == [
        "Loss by epoch", "Accuracy by e", "Macro F1 by e",
    ]  # fmt: skip
    labels = {button.label for button in app.button}
    assert not labels & {"Rename", "Delete for good", "Use this model", "Prepare the download"}


def test_an_example_keeps_nothing_of_pictures_and_of_where_they_lay(example_run):
    (run,) = [file.parent for file in example_run.glob(f"*/{REQUEST}")]
    assert Advice.from_json((run / ADVICE).read_text()).suspects == ()
    for file in run.iterdir():
        assert "/tmp" not in file.read_text() and file.stat().st_size < 50_000


def test_a_run_that_has_not_ended_is_no_example(make_run, tmp_path, monkeypatch):
    monkeypatch.setattr(examples, "EXAMPLES", tmp_path / "examples")
    run = make_run(state="cancelled")
    with pytest.raises(RunError, match="only finished ones"):
        examples.keep_example(run.id)
    assert not (tmp_path / "examples").exists()


def test_a_model_is_brought_in_and_deleted_again(
    open_page, tiny_bundle, zip_of, asl_home, monkeypatch
):
    monkeypatch.setattr("asl.bringing.require_answer", lambda bundle: None)
    bundle = tiny_bundle("pupils")
    made = zip_of({f"pupils/{file.name}": file.read_bytes() for file in bundle.folder.iterdir()})
    shutil.rmtree(bundle.folder)
    bring = partial(_bring, open_page("runs"))
    app = bring(b"no zip")
    assert "The model was not taken." in text(app) and not list(asl_home.glob("models/*"))
    app = bring(made)
    assert "pupils is in the list of models now" in text(app).replace("*", "")
    assert (asl_home / "models" / "pupils" / CARD).is_file()
    click(app, "delete-model")
    assert not list(asl_home.glob("models/*"))


def test_where_strangers_are_served_no_model_is_brought_in(open_page, tiny_bundle, monkeypatch):
    monkeypatch.setattr("asl.ui.runs.bring_model.hosted", lambda: True)
    tiny_bundle()
    assert not open_page("runs").file_uploader


def _bring(app, content: bytes):
    app.file_uploader[0].set_value(("model.zip", content, "application/zip")).run()
    assert not app.exception
    return app
