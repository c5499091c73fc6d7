"""The Compare page as Streamlit runs it."""

import re

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from asl.bundle import EVALUATION, HISTORY, WEIGHTS
from tests.app.visiting import seconds_to_draw, text

TABS = ("Accuracy and cost", "Signs", "Where they disagree", "Learning curves")


@pytest.fixture
def open_compare(open_page):
    return lambda tab=TABS[0]: open_page("compare", {"compare-tab": tab})


@pytest.fixture
def make_model(tiny_bundle, make_evaluation, make_history):
    """``make_model("sharp", sharpness=4.0)``: a bundle with everything, tested on 200 pictures."""

    def make(name: str, labels=("A", "B", "C"), pictures=200, **answers):
        bundle = tiny_bundle(name, labels)
        make_evaluation(labels, pictures, **answers).to_parquet(bundle.folder / EVALUATION)
        make_history().to_parquet(bundle.folder / HISTORY)
        tensors = {"net.weight": np.zeros((3, 4)), "net.running_mean": np.zeros(4)}
        save_file(tensors, bundle.folder / WEIGHTS)
        return bundle

    return make


def test_one_model_cannot_be_compared(open_compare, tiny_bundle):
    tiny_bundle()
    assert "fewer than two models" in text(open_compare())


def test_the_table_has_every_figure(open_compare, make_model):
    make_model("blunt", sharpness=1.0)
    make_model("sharp", sharpness=4.0)
    blunt, sharp = open_compare().dataframe[0].value.to_dict("records")
    assert (blunt["model"], sharp["model"]) == ("blunt", "sharp")
    assert blunt["low"] <= blunt["accuracy"] <= blunt["high"] < sharp["accuracy"]
    assert blunt["people"] == sharp["people"] > 1
    assert sharp["parameters"] == 12 and sharp["MB"] > 0 and sharp["ms a picture"] > 0
    assert sharp["best validation"] == pytest.approx(0.875)
    assert sharp["training loss"] == pytest.approx(0.5)
    assert sharp["s an epoch"] == pytest.approx(2.5)


@pytest.mark.parametrize("tab", [TABS[0], TABS[1], TABS[3]])
def test_every_tab_draws_its_figure(open_compare, make_model, tab):
    make_model("blunt", sharpness=1.0)
    make_model("sharp", sharpness=4.0)
    (chart,) = open_compare(tab).get("plotly_chart")
    assert chart.proto.alt


def test_the_better_model_is_named_and_chance_ruled_out(open_compare, make_model):
    make_model("blunt", sharpness=1.0)
    make_model("sharp", sharpness=4.0)
    app = open_compare("Where they disagree")
    (pair,) = app.dataframe[1].value.to_dict("records")
    assert pair["p"] < 1e-6 and pair["verdict"].startswith("sharp is better")
    assert sum(pair[k] for k in ("both right", "only first", "only second", "both wrong")) == 200
    pictures = app.dataframe[2].value
    assert len(pictures) == pair["only first"] + pair["only second"]


def test_equal_models_may_differ_by_chance(open_compare, make_model):
    make_model("one")
    make_model("same")
    app = open_compare("Where they disagree")
    (pair,) = app.dataframe[1].value.to_dict("records")
    assert (pair["p"], pair["verdict"]) == (1.0, "may be chance")
    assert "There is none." in text(app)


def test_models_tested_on_other_pictures_are_said_to_be(open_compare, make_model):
    make_model("one")
    other = make_model("other")
    table = pd.read_parquet(other.folder / EVALUATION).assign(source="elsewhere")
    table.to_parquet(other.folder / EVALUATION)
    app = open_compare("Where they disagree")
    assert "not tested on the same pictures" in text(app)
    assert "share no test pictures" in text(app)


def test_two_of_three_that_share_pictures_are_still_compared(open_compare, make_model):
    for name in ("one", "other", "third"):
        model = make_model(name, sharpness=2.0 if name == "one" else 4.0)
        if name == "third":
            table = pd.read_parquet(model.folder / EVALUATION).assign(source="elsewhere")
            table.to_parquet(model.folder / EVALUATION)
    app = open_compare("Where they disagree")
    app.multiselect(key="compared").set_value(["one", "other", "third"]).run()
    (pair,) = app.dataframe[1].value.to_dict("records")
    assert (pair["first"], pair["second"], pair["pictures"]) == ("one", "other", 200)
    assert "not tested on the same pictures" in text(app)


def test_a_picture_network_trained_as_a_whole_is_drawn_over_one_with_frozen_stages(
    open_compare, make_model
):
    make_model("frozen")
    whole = make_model("whole")
    history = pd.read_parquet(whole.folder / HISTORY)
    history["task"] += history["task"].map({"picture network": ", all stages"}).fillna("")
    history.to_parquet(whole.folder / HISTORY)
    app = open_compare("Learning curves")
    (chart,) = app.get("plotly_chart")
    assert re.match(r"frozen: [\d.]+, whole: [\d.]+$", chart.proto.alt)


def test_trainings_that_kept_nothing_aside_have_the_loss_of_the_training(open_compare, make_model):
    for name in ("one", "other"):
        file = make_model(name).folder / HISTORY
        nothing = dict.fromkeys(("valid_loss", "accuracy", "macro_f1"), np.nan)
        pd.read_parquet(file).assign(**nothing).to_parquet(file)
    app = open_compare("Learning curves")
    assert "None of these models kept pictures aside in its training" in text(app)
    app.segmented_control(key="curves-what").set_value("train_loss").run()
    (chart,) = app.get("plotly_chart")
    assert re.match(r"one: [\d.]+, other: [\d.]+$", chart.proto.alt)
    row = open_compare().dataframe[0].value.to_dict("records")[0]
    assert row["best validation"] is None and row["training loss"] > 0


def test_only_signs_that_all_know_are_compared(open_compare, make_model):
    make_model("few", labels=("A", "B"))
    make_model("many", labels=("A", "B", "C"))
    few, many = open_compare().dataframe[0].value.to_dict("records")
    assert few["pictures"] == many["pictures"] < 200


def test_a_model_without_scores_is_still_counted(open_compare, make_model, tiny_bundle):
    make_model("whole")
    tiny_bundle("bare")
    app = open_compare()
    rows = {row["model"]: row for row in app.dataframe[0].value.to_dict("records")}
    assert rows["bare"]["MB"] > 0 and not rows["bare"]["accuracy"] > 0
    assert "bare has no scores here: evaluation.parquet is missing" in text(app)


@pytest.mark.parametrize("tab", TABS)
def test_a_broken_model_breaks_nothing_else(open_compare, make_model, tab):
    make_model("one")
    broken = make_model("broken")
    for name in ("model.onnx", EVALUATION, HISTORY, WEIGHTS):
        (broken.folder / name).write_bytes(b"broken")
    app = open_compare(tab)
    assert "broken" in text(app)


@pytest.mark.parametrize("tab", TABS)
def test_forty_signs_and_ten_thousand_pictures_are_drawn_in_time(open_app, make_model, tab):
    labels = tuple(f"sign {number:02d}" for number in range(40))
    for number in range(2):
        make_model(f"model-{number}", labels, 10_000, seed=number)
    app = open_app()
    app.session_state["compare-tab"] = tab
    import asl.ui.compare.sections  # noqa: F401 - what a server loads once

    spent = seconds_to_draw(app, "compare")
    assert spent < 2, f"{tab} took {spent:.1f} s"


@pytest.mark.parametrize("tab", TABS)
def test_a_sign_that_one_model_never_learnt_counts_against_it(open_compare, make_model, tab):
    """Both were tested on A, B and C, and one has learnt nothing of C."""
    make_model("all-three", sharpness=4.0)
    narrow = make_model("narrow", ("A", "B"), sharpness=4.0)
    table = pd.read_parquet(make_model("source", sharpness=4.0).folder / EVALUATION)
    table.drop(columns="score_C").to_parquet(narrow.folder / EVALUATION)
    app = open_compare(tab)
    app.multiselect(key="compared").set_value(["all-three", "narrow"]).run()
    assert not app.exception
    wide, less = app.dataframe[0].value.to_dict("records")
    assert wide["pictures"] == less["pictures"] == 200
    assert wide["accuracy"] > 0.9 and less["accuracy"] < 0.7
    assert "narrow: C was never trained" in text(app)
