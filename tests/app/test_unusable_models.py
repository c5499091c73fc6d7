"""Every page while there are models that cannot be used: it works, and says which and why."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import create_autospec

import numpy as np
import onnx
import pandas as pd
import pytest
import streamlit_webrtc
from onnx import helper, numpy_helper
from safetensors.numpy import save_file
from streamlit_webrtc.component import WebRtcStreamerState

from asl.bundle import CARD, EVALUATION, HISTORY, ONNX, WEIGHTS
from tests.app.visiting import text

LABELS = ("A", "B", "C")
MODEL_PAGES = ("photo", "live", "scores", "compare", "attention", "about")
PAGES = (*MODEL_PAGES, "train", "runs")

#: What is broken → what is said of it.
BROKEN = {
    "card": "no valid JSON",
    "field": "scores: 1: accuracy nan",
    "pipe": f"{CARD} is no ordinary file",
    "onnx": f"{ONNX} is missing",
    "link": f"{EVALUATION} is a link",
}


@pytest.fixture
def open_page(open_page, monkeypatch):
    """``open_page("live")``: a page as a new visitor finds it; no camera is connected."""
    off = SimpleNamespace(state=WebRtcStreamerState(playing=False, signalling=False))
    streamer = create_autospec(streamlit_webrtc.webrtc_streamer, return_value=off)
    monkeypatch.setattr(streamlit_webrtc, "webrtc_streamer", streamer)
    return open_page


@pytest.fixture
def broken(tiny_bundle, tmp_path) -> None:
    folders = {name: tiny_bundle(f"bad-{name}").folder for name in BROKEN}
    (folders["card"] / CARD).write_text("{")
    card = json.loads((folders["field"] / CARD).read_text())
    (folders["field"] / CARD).write_text(
        json.dumps(card | {"scores": [{"accuracy": float("nan")}]})
    )
    (folders["pipe"] / CARD).unlink()
    os.mkfifo(folders["pipe"] / CARD)
    (folders["onnx"] / ONNX).unlink()
    (tmp_path / "private.parquet").write_bytes(b"not for others")
    (folders["link"] / EVALUATION).symlink_to(tmp_path / "private.parquet")


@pytest.fixture
def make_model(tiny_bundle, make_evaluation, make_history):
    def make(name: str, **card):
        bundle = tiny_bundle(name, LABELS, **card)
        make_evaluation(LABELS, 60).to_parquet(bundle.folder / EVALUATION)
        make_history().to_parquet(bundle.folder / HISTORY)
        save_file({"net.weight": np.zeros((3, 4))}, bundle.folder / WEIGHTS)
        return bundle

    return make


def spoil(folder: Path, value: float = np.nan) -> None:
    """Let the network's logits be no numbers."""
    model = onnx.load(folder / ONNX)
    model.graph.node[-1].output[0] = "former"
    model.graph.initializer.append(numpy_helper.from_array(np.float32(value), "value"))
    model.graph.node.append(helper.make_node("Add", ["former", "value"], ["logits"]))
    onnx.save(model, folder / ONNX)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_works_beside_them_and_says_why_they_do_not(page, open_page, broken, make_model):
    make_model("good")
    make_model("other")
    app = open_page(page)
    if page in MODEL_PAGES:
        said = text(app)
        for name, reason in BROKEN.items():
            assert f"bad-{name}" in said and reason in said
        chosen = app.multiselect(key="compared") if page == "compare" else app.selectbox("model")
        assert list(chosen.options) == ["good", "other"]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_gives_advice_where_there_are_no_others(page, open_page, broken):
    app = open_page(page)
    if page in MODEL_PAGES:
        assert "Train" in text(app) and "no valid JSON" in text(app)


@pytest.mark.parametrize("page", [page for page in MODEL_PAGES if page != "compare"])
def test_a_model_that_gives_no_answer_is_left_for_the_next(page, open_page, make_model):
    spoil(make_model("a-bad").folder)
    make_model("good")
    app = open_page(page)
    assert "a-bad" in text(app) and "no usable numbers" in text(app)
    assert list(app.selectbox("model").options) == ["good"]
    app.run()
    assert not app.exception and app.selectbox("model").value.endswith("good")


def test_compare_says_of_which_model_nothing_can_be_measured(open_page, make_model):
    spoil(make_model("a-bad").folder)
    make_model("good")
    said = text(open_page("compare"))
    assert "**a-bad**: model.onnx" in said and "no usable numbers" in said


@pytest.mark.parametrize("page", ["scores", "compare", "attention"])
@pytest.mark.parametrize(
    "name", [EVALUATION, HISTORY, WEIGHTS], ids=["evaluation", "history", "weights"]
)
def test_a_broken_table_is_named(page, name, open_page, make_model):
    bundle = make_model("a", network="channel_attention")
    make_model("good")
    (bundle.folder / name).write_bytes(b"PAR1 or not")
    app = open_page(page)
    shown = {"scores": [EVALUATION], "compare": [EVALUATION, WEIGHTS], "attention": [EVALUATION]}
    if name in shown[page]:
        assert name in text(app)


@pytest.mark.parametrize("tab", ["Training", "Confidence"])
def test_scores_of_a_history_without_numbers(tab, open_page, make_model, make_history):
    bundle = make_model("a", calibration={"weights": {"picture": 0, "picture_alone": 0}})
    make_history().assign(macro_f1=np.nan).to_parquet(bundle.folder / HISTORY)
    app = open_page("scores", {"scores-tab": tab})
    if tab == "Training":
        assert "'macro_f1' is no number" in text(app)


def test_two_of_one_name_can_be_chosen(open_page, make_model, monkeypatch, tmp_path):
    home = tmp_path / "bundled"
    home.mkdir()
    make_model("twin", description="came along").folder.rename(home / "twin")
    make_model("twin", description="my own")
    app = open_page("about")
    monkeypatch.setattr("asl.bundle.BUNDLED_MODELS", home)
    app.run()
    box = app.selectbox("model")
    assert list(box.options) == ["twin (bundled)", "twin (yours)"]
    box.set_value(str(home / "twin")).run()
    assert "came along" in text(app)
    app.switch_page("pages/compare.py").run()
    assert not app.exception
    assert list(app.dataframe[0].value["model"]) == ["twin (bundled)", "twin (yours)"]


def test_a_picture_without_an_answer_says_so(open_app, upload, blind_bundle, coloured_file):
    app = upload(open_app(), ("red.png", coloured_file("red")), ("lime.png", coloured_file("lime")))
    assert [part.value for part in app.header][:2] == ["A", "No answer"]
    assert "The model gave no answer" in text(app) and "nan" not in text(app).lower()


def test_the_report_of_a_run_whose_model_is_broken(open_page, make_run):
    run = make_run()
    (run.home / CARD).write_text("{")
    said = text(open_page("runs"))
    assert "The model cannot be used" in said and "no valid JSON" in said


def test_headers_are_no_formulas(open_page, tiny_bundle):
    tiny_bundle(scores=({"=HYPERLINK(1)": 1, "data": "@x"},), training={"+1": {"-2": 3}})
    for frame in open_page("about").dataframe:
        table: pd.DataFrame = frame.value
        for cell in (*table.columns, *table.to_numpy().ravel()):
            assert not str(cell).startswith(("=", "+", "-", "@"))
