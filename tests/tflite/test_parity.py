"""What is handed out answers like ONNX, on examples that the model knows something about."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from ai_edge_litert.interpreter import Interpreter
from onnx import TensorProto, helper

from asl.bundle import BUNDLED_MODELS, ONNX, ModelBundle
from asl.downloads import pack_model
from asl.inference.decision import softmax
from asl.inference.runner import ModelRunner, noise
from asl.inference.sequences.lexicon import write_lexicon
from asl.tflite import parity
from asl.tflite.convert import to_tflite
from asl.tflite.parity import checked_tflite, largest_difference
from asl.tflite.translation import TFLiteError

BUNDLED = [
    "asl-hands", "asl-words", "channel-attention", "channel-attention-new-hand", "gesture-cnn",
    "efficientnet-b0", "sequential", "sign-convnet",
]  # fmt: skip


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_models(name):
    bundle = ModelBundle.read(BUNDLED_MODELS / name)
    checked = checked_tflite(bundle)
    assert checked.examples == parity.EXAMPLES and checked.largest_difference < 1e-4
    ask = Interpreter(model_content=checked.content).get_signature_runner()
    feed = noise(bundle.card)
    assert {one: (tuple(about["shape"]), about["dtype"]) for one, about in
            ask.get_input_details().items()} == {
        one: (rows.shape, rows.dtype.type) for one, rows in feed.items()
    }  # fmt: skip
    said, expected = ask(**feed), ModelRunner(bundle).run(feed)
    assert said.keys() == expected.keys()
    for output in expected:
        np.testing.assert_allclose(said[output], expected[output], atol=2e-3, rtol=1e-4)


def test_pictures_are_read_as_the_app_reads_them(tiny_bundle, tmp_path, make_picture):
    files = [tmp_path / f"{number}.png" for number in range(3)]
    for number, file in enumerate(files):
        make_picture(number).save(file)
    checked = checked_tflite(tiny_bundle(), files)
    assert checked.in_words.startswith("3 pictures were read by model.tflite and by model.onnx")


def test_examples_of_words_are_taken_where_there_are_some(words_bundle):
    bundle = words_bundle()
    assert checked_tflite(bundle).shown == "examples of noise"
    points = np.random.default_rng(0).uniform(0, 1, (20, 543, 3)).astype(np.float32)
    write_lexicon(bundle.folder, {"left": points, "up": points})
    checked = checked_tflite(bundle)
    assert (checked.examples, checked.shown) == (2, "examples of words")


def test_typical_hands_are_taken_where_there_are_some(tiny_bundle):
    hands = {"A": np.random.default_rng(0).normal(size=(21, 3)).tolist()}
    assert checked_tflite(tiny_bundle(handshapes=hands)).shown == "typical hands on noise"


def test_a_file_that_answers_otherwise_is_not_handed_out(tiny_bundle, monkeypatch):
    bundle, other = tiny_bundle(), to_tflite(tiny_bundle("other", bias=np.array([3.0, 0, 0])))
    assert largest_difference(bundle, other, noise(bundle.card, 4)) > 0.1
    monkeypatch.setattr(parity, "to_tflite", lambda bundle: other)
    with pytest.raises(TFLiteError, match=r"model\.tflite: probabilities differ from ONNX's by"):
        checked_tflite(bundle)


def test_sizes_that_depend_on_the_numbers_are_refused(tiny_bundle):
    bundle = tiny_bundle()
    model = onnx.load(bundle.folder / ONNX)
    model.graph.node[-1].output[0] = "former"
    axes = helper.make_tensor("axes", TensorProto.INT64, [1], [0])
    model.graph.initializer.append(axes)
    model.graph.node.extend([
        helper.make_node("Greater", ["former", "bias"], ["above"]),
        helper.make_node("NonZero", ["above"], ["places"]),
        helper.make_node("Cast", ["places"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMax", ["numbers"], ["last"], keepdims=0),
        helper.make_node("Add", ["former", "last"], ["logits"]),
    ])  # fmt: skip
    onnx.save(model, bundle.folder / ONNX)
    with pytest.raises(TFLiteError, match="NonZero: this operator is not translated to TFLite"):
        to_tflite(bundle)


@pytest.mark.parametrize("kind", ["pictures", "words"])
def test_what_the_zip_says_of_it_works(kind, tiny_bundle, words_bundle, tmp_path, monkeypatch):
    bundle = tiny_bundle("mine") if kind == "pictures" else words_bundle("mine")
    file = pack_model(bundle, tmp_path / "mine.zip", checked_tflite(bundle))
    with zipfile.ZipFile(file) as archive:
        for name in ("model.tflite", "TFLITE.txt"):
            (tmp_path / name).write_bytes(archive.read(f"mine/{name}"))
    about = (tmp_path / "TFLITE.txt").read_text()
    assert ("Every sequence has 16 frames" in about) == (kind == "words")
    lines = [line[4:] for line in about.splitlines() if line.startswith("    ")]
    script = "\n".join(lines[lines.index("import zipfile") :])
    monkeypatch.chdir(tmp_path)
    feed = noise(bundle.card)
    known = dict(feed)
    exec(script, known)
    expected = ModelRunner(bundle).run(feed)["logits"][0]
    assert Path("model.tflite").is_file() and known["signs"] == list(bundle.card.labels)
    np.testing.assert_allclose(softmax(known["logits"]), softmax(expected), atol=1e-5)
