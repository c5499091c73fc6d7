"""ONNX files run by the names of their inputs, whole and in parts."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from asl.bundle import ONNX, BundleError, ModelBundle
from asl.card import ModelCard
from asl.card_inputs import SequenceInput
from asl.inference.graph import cut, load_graph
from asl.inference.runner import GraphRunner, ModelRunner, NoAnswer, noise


def test_parts_say_what_they_say_in_the_whole(tiny_bundle):
    random = np.random.default_rng(0)
    bundle = tiny_bundle(joint=random.normal(size=(63, 3)), landmark_bias=np.arange(3.0))
    feed = noise(bundle.card, 2)
    whole = ModelRunner(bundle).run(feed)
    for name in ("picture_logits", "landmark_logits", "logits"):
        part = cut(load_graph(bundle), bundle.card.input_names, [name])
        assert part.output_names == (name,)
        np.testing.assert_array_equal(part.run(feed)[name], whole[name])


def test_a_part_takes_in_what_it_needs_and_may_begin_inside(tiny_bundle):
    bundle = tiny_bundle()
    model = load_graph(bundle)
    assert cut(model, bundle.card.input_names, ["landmark_logits"]).input_names == ("landmarks",)
    inside = cut(model, ["mean", *bundle.card.input_names], ["picture_logits"])
    assert inside.input_names == ("mean",)
    red = np.array([[255, 0, 0]], np.float32)
    assert inside.run({"mean": red})["picture_logits"].argmax() == 0


def test_a_part_that_is_not_there_is_refused(tiny_bundle):
    bundle = tiny_bundle()
    with pytest.raises(BundleError, match=r"a part of model\.onnx cannot be loaded"):
        cut(load_graph(bundle), bundle.card.input_names, ["elsewhere"])


def test_only_what_is_asked_for_is_given(tiny_bundle):
    bundle = tiny_bundle()
    runner = ModelRunner(bundle)
    assert set(runner.run(noise(bundle.card), ["logits"])) == {"logits"}
    assert set(runner.run(noise(bundle.card))) == set(runner.output_names)


def test_a_missing_input_is_no_answer(tiny_bundle):
    bundle = tiny_bundle()
    runner = GraphRunner(bundle.folder / ONNX, name="it")
    with pytest.raises(NoAnswer, match="it cannot be run"):
        runner.run({"found": np.ones(1, np.float32)})


@pytest.fixture
def words(tmp_path) -> ModelBundle:
    """A model that adds up the coordinates of 4 frames of 5 joints."""
    nodes = [
        helper.make_node("Flatten", ["sequence"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
    ]
    weights = numpy_helper.from_array(np.ones((60, 2), np.float32), "weights")
    graph = helper.make_graph(
        nodes,
        "words",
        [helper.make_tensor_value_info("sequence", TensorProto.FLOAT, ["N", 4, 15])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 2])],
        [weights],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    folder = tmp_path / "words"
    folder.mkdir()
    onnx.save(model, folder / ONNX)
    inputs = (SequenceInput((468, 522), 15, 4, "repeat"),)
    return ModelBundle(folder, ModelCard("words", ("hello", "thanks"), "gru", inputs, {}))


def test_a_model_of_sequences_is_run_like_any_other(words):
    feed = noise(words.card, 2)
    assert feed["sequence"].shape == (2, 4, 15)
    logits = ModelRunner(words).run(feed)["logits"]
    np.testing.assert_allclose(logits[:, 0], feed["sequence"].sum((1, 2)), rtol=1e-4)


def test_a_model_of_other_sequences_than_its_card_says_is_refused(words):
    inputs = (SequenceInput((468, 522), 15, 8, "repeat"),)
    card = ModelCard("words", words.card.labels, "gru", inputs, {})
    with pytest.raises(BundleError, match=r"input 'sequence' is .* of shape \['N', 8, 15\]"):
        ModelRunner(ModelBundle(words.folder, card))
