"""Words from landmarks: a made-up network whose answers can be worked out by hand."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper, numpy_helper

from asl.bundle import ONNX, BundleError, ModelBundle
from asl.card import ModelCard
from asl.card_inputs import SequenceInput
from asl.data.sequences.lengths import Length
from asl.data.sequences.normalise import Normalisation
from asl.data.sequences.preparation import Preparation
from asl.evaluation.report import evaluate
from asl.inference.decision import softmax
from asl.inference.first_answer import require_answer
from asl.inference.sequences.predictor import NoHand, WordPredictor

LABELS = ("bye", "hello", "none", "one", "two", "three", "thanks")
PREPARED = Preparation(
    "hands", Length(8, "resample"), Normalisation("points", differences=0, own_boxes=False)
)


@pytest.fixture
def words(tmp_path: Path) -> Callable[..., ModelBundle]:
    """``words(biases, labels=…, shown=…)``: logits are the biases, whatever is shown."""

    def make(
        biases: list[float],
        labels: tuple[str, ...] = LABELS,
        shown: SequenceInput | None = None,
        frames: int | str = "T",
        abstain_below: float = 0.0,
    ) -> ModelBundle:
        shown = shown or PREPARED.to_input()
        nodes = [
            helper.make_node("ReduceMean", ["sequence", "axes"], ["mean"], keepdims=0),
            helper.make_node("MatMul", ["mean", "weights"], ["nothing"]),
            helper.make_node("Add", ["nothing", "biases"], ["logits"]),
        ]
        constants = [
            numpy_helper.from_array(np.array([1]), "axes"),
            numpy_helper.from_array(np.zeros((shown.features, len(labels)), np.float32), "weights"),
            numpy_helper.from_array(np.array(biases, np.float32), "biases"),
        ]
        shape = ["N", frames, shown.features]
        graph = helper.make_graph(
            nodes, "words",
            [helper.make_tensor_value_info("sequence", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", len(labels)])],
            constants,
        )  # fmt: skip
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
        folder = tmp_path / "words"
        folder.mkdir(exist_ok=True)
        onnx.save(model, folder / ONNX)
        card = ModelCard("words", labels, "lstm", (shown,), {"sequence": abstain_below})
        return ModelBundle(folder, card).write_card(card)

    return make


def hand(frames: int = 20) -> np.ndarray:
    """A left hand that is seen from the third frame on."""
    points = np.full((frames, 543, 3), np.nan, np.float32)
    points[2:, 468:489] = np.random.default_rng(0).uniform(0.3, 0.6, (frames - 2, 21, 3))
    return points


BIASES = [3.0, 5.0, 1.0, 0.0, -1.0, 4.0, 2.0]


def test_the_best_five_words_are_named_and_none_is_no_word(words):
    predictor = WordPredictor(words(BIASES))
    answer = predictor.predict(hand())
    assert [one.label for one in answer.top] == ["hello", "three", "bye", "thanks", "one"]
    assert answer.label == "hello" and not answer.abstained and answer.milliseconds > 0
    chances = softmax(np.array(BIASES))
    assert answer.confidence == pytest.approx(chances[1]) and answer.none == pytest.approx(
        chances[2]
    )
    assert predictor.words == ("bye", "hello", "one", "two", "three", "thanks")
    np.testing.assert_allclose(predictor.logits(hand()), BIASES)


def test_it_abstains_where_none_of_them_is_likeliest(words):
    answer = WordPredictor(words([0.0, 1.0, 2.0, 0, 0, 0, 0])).predict(hand())
    assert answer.label == "hello" and answer.abstained and answer.none > answer.confidence


def test_it_abstains_below_its_threshold(words):
    assert WordPredictor(words(BIASES, abstain_below=0.9)).predict(hand()).abstained
    assert not WordPredictor(words(BIASES, abstain_below=0.3)).predict(hand()).abstained


def test_a_model_that_knows_no_none_answers_all_the_same(words):
    predictor = WordPredictor(words([1.0, 0.0], ("a word", "another")))
    answer = predictor.predict(hand())
    assert (answer.label, answer.none, len(answer.top)) == ("a word", 0.0, 2)


@pytest.mark.parametrize(
    ("landmarks", "parts"),
    [
        ("hands", {"hands"}),
        ("source", {"hands", "pose", "face"}),
        ("winner", {"hands", "face"}),
        ((468, 522, 500), {"hands", "pose"}),
    ],
)
def test_what_has_to_be_found_follows_from_its_landmarks(words, landmarks, parts):
    bundle = words([0.0] * 7, shown=replace(PREPARED, landmarks=landmarks).to_input())
    assert WordPredictor(bundle).parts == parts


def test_sequences_of_any_length_without_a_largest_are_shown_as_they_are(words):
    shown = replace(PREPARED, length=Length(100, "mask")).to_input()
    predictor = WordPredictor(words(BIASES, shown=shown))
    assert len(predictor.feed(hand(20))) == 18 and len(predictor.feed(hand(300))) == 100


def test_what_is_not_finite_was_not_seen(words):
    points = hand()
    points[5, 470] = np.inf
    assert np.isfinite(WordPredictor(words(BIASES)).feed(points)).all()


BAD = {
    "no hand": (np.full((9, 543, 3), np.nan), "no hand was seen"),
    "a body without hands": (
        np.where((np.arange(543) < 468)[None, :, None], 0.5, np.nan) * np.ones((9, 1, 3)),
        "no hand was seen",
    ),
    "no frames": (np.zeros((0, 543, 3)), "there are no frames"),
    "other landmarks": (np.zeros((9, 42, 3)), r"shape \(9, 42, 3\) is not"),
    "one coordinate": (np.zeros((9, 543, 1)), r"shape \(9, 543, 1\) is not"),
    "no sequence": (np.zeros((543, 3)), r"shape \(543, 3\) is not"),
}


@pytest.mark.parametrize(("points", "message"), BAD.values(), ids=BAD)
def test_what_cannot_be_read_is_refused_in_words(words, points, message):
    with pytest.raises(ValueError, match=message):
        WordPredictor(words(BIASES)).predict(points)


def test_no_hand_is_told_apart_from_the_rest(words):
    with pytest.raises(NoHand):
        WordPredictor(words(BIASES)).predict(np.full((9, 543, 3), np.nan))


def test_a_model_of_pictures_is_refused(tiny_bundle):
    with pytest.raises(BundleError, match="reads pictures, and no sequences"):
        WordPredictor(tiny_bundle())


def test_a_card_that_does_not_fit_what_it_says_is_refused(words):
    bundle = words(BIASES, shown=replace(PREPARED.to_input(), features=50))
    with pytest.raises(BundleError, match="the card says 50, and these are 84"):
        WordPredictor(bundle)
    bundle = words(BIASES, frames=9)
    with pytest.raises(BundleError, match=r"input 'sequence' is .* of shape \['N', 8, 84\]"):
        WordPredictor(bundle)


def test_an_unknown_model_is_tried_apart_first(words):
    require_answer(words(BIASES))
    bundle = words([float("nan")] * 7)
    with pytest.raises(BundleError, match="no usable numbers"):
        require_answer(bundle)


def test_evaluation_takes_it_like_any_other(words):
    table = pd.DataFrame(
        {"path": list("abc"), "label": ["hello", "two", "hugs"], "person": ["x", "y", "y"]}
    )
    found = evaluate(WordPredictor(words(BIASES)), lambda path, name: hand(), table)
    figures = found.to_json()
    assert (figures["accuracy"], figures["within_five"]) == (0.5, 0.5)
    # Of the two people one is read rightly, and another word is possible for neither.
    assert figures["among_these_words"] == 0.5
    assert figures["unknown"] == {"hugs": 1} and "hand_found" not in figures
    assert "within_five" in found.to_row()


def test_no_pytorch_is_loaded():
    code = (
        "import sys; import asl.inference.sequences.predictor; "
        "sys.exit(any(name.split('.')[0] == 'torch' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
