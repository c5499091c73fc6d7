"""Operator by operator: as in ONNX Runtime, or refused in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import tflite
from ai_edge_litert.interpreter import Interpreter
from onnx import NodeProto, TensorProto, helper, numpy_helper

from asl.bundle import ONNX, ModelBundle
from asl.card import ModelCard
from asl.card_inputs import LandmarksInput
from asl.inference.runner import noise
from asl.tflite.convert import to_tflite
from asl.tflite.parity import largest_difference
from asl.tflite.translation import TFLiteError

SHOWN = np.random.default_rng(3).normal(size=(1, 21, 3)).astype(np.float32)
node = helper.make_node


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def whole(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


def shaped(*shape: int) -> tuple[NodeProto, dict[str, np.ndarray]]:
    """A node that gives the landmarks another shape, as `x`, and what it needs."""
    return node("Reshape", ["landmarks", "shape"], ["x"]), {"shape": whole(*shape)}


@pytest.fixture
def graph(tmp_path):
    """``graph(nodes, constants, opset)``: a bundle whose network they are, from landmarks to y."""

    def make(
        nodes: list[NodeProto], constants: dict[str, np.ndarray], opset: int = 18
    ) -> ModelBundle:
        model = helper.make_model(
            helper.make_graph(
                nodes,
                "graph",
                [helper.make_tensor_value_info("landmarks", TensorProto.FLOAT, ["N", 21, 3])],
                [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
                [numpy_helper.from_array(values, name) for name, values in constants.items()],
            ),
            opset_imports=[helper.make_opsetid("", opset)],
            ir_version=10,
        )
        onnx.save(model, tmp_path / ONNX)
        return ModelBundle(
            tmp_path, ModelCard("exact", ("A", "B"), "tiny", (LandmarksInput(),), {})
        )

    return make


def of_x(shape: tuple[int, ...], kind: str, inputs: list[str], **attributes: Any):
    """Nodes with one operator of `x`, and constants."""
    before, constants = shaped(*shape)
    return [before, node(kind, inputs, ["y"], **attributes)], constants


PICTURE = (1, 7, 3, 3)
ROOM = (1, 3, 7, 3)
FRAMES = (1, 9, 7)
NORM = {"scale": random(3), "shift": random(3), "mean": random(3), "var": random(3) ** 2}
LSTM = {"w": random(1, 16, 3), "r": random(1, 16, 4), "b": random(1, 32)}

#: What is tried → shape of x, operator, its inputs, attributes and constants.
TRANSLATED = {
    **{
        f"convolution, {name}": (PICTURE, "Conv", ["x", "w"], about, {"w": random(4, 7, *sides)})
        for name, about, sides in (
            ("uneven zeros", {"pads": [1, 0, 0, 2]}, (2, 2)),
            ("zeros behind", {"pads": [0, 0, 1, 1]}, (2, 2)),
            ("steps", {"pads": [1, 1, 1, 1], "strides": [2, 1]}, (3, 3)),
            ("gaps", {"pads": [2, 1, 2, 1], "dilations": [2, 1]}, (3, 3)),
        )
    },
    **{
        f"channel by channel, {name}": (
            PICTURE, "Conv", ["x", "w", "b"], {"group": 7, **about},
            {"w": random(outputs, 1, 3, 3), "b": random(outputs)},
        )
        for name, about, outputs in (
            ("several each", {"pads": [1, 0, 2, 2]}, 14),
            ("steps", {"pads": [1, 1, 1, 1], "strides": [2, 2]}, 7),
            ("gaps", {"pads": [2, 1, 2, 1], "dilations": [2, 1]}, 7),
        )
    },
    **{
        f"over time, {name}": (FRAMES, "Conv", ["x", "w"], about, {"w": random(9, rows, 3)})
        for name, about, rows in (
            ("zeros in front", {"pads": [2, 0]}, 9),
            ("gaps", {"pads": [4, 0], "dilations": [2]}, 9),
            ("steps", {"pads": [1, 2], "strides": [2]}, 9),
            ("each by itself", {"pads": [2, 0], "group": 9}, 1),
        )
    },
    "pool": (ROOM, "MaxPool", ["x"], {"kernel_shape": [3, 2], "strides": [2, 1]}, {}),
    "enlarged": (ROOM, "Resize", ["x", "", "", "n"], {"mode": "linear"}, {"n": whole(1, 3, 11, 5)}),
    "enlarged twice": (
        ROOM, "Resize", ["x", "", "n"], {"mode": "linear"},
        {"n": np.array([1, 1, 2, 2], np.float32)},
    ),
    "norm": (ROOM, "BatchNormalization", ["x", *NORM], {"epsilon": 0.01}, NORM),
    "norm of numbers": ((21, 3), "BatchNormalization", ["x", *NORM], {}, NORM),
    "linear, one bias for all": (
        (9, 7), "Gemm", ["x", "w", "b"], {}, {"w": random(7, 5), "b": np.float32(0.5).reshape(())}
    ),
    "linear, turned": (
        (9, 7), "Gemm", ["x", "w", "b"], {"transB": 1}, {"w": random(5, 7), "b": random(1, 5)}
    ),
    "product, in rows": (ROOM, "MatMul", ["x", "w"], {}, {"w": random(3, 5)}),
    "product, several": (ROOM, "MatMul", ["w", "x"], {}, {"w": random(1, 3, 5, 7)}),
    "sum of all": (ROOM, "ReduceSum", ["x", "axes"], {}, {"axes": whole()}),
    "mean of pixels": (
        ROOM, "ReduceMean", ["x", "axes"], {"keepdims": 0}, {"axes": whole(-1, -2)}
    ),
    "counted from the end": (ROOM, "Gather", ["x", "n"], {"axis": 2}, {"n": whole(-1, 0, -3)}),
    "one from the end": (ROOM, "Gather", ["x", "n"], {"axis": 2}, {"n": np.array(-2)}),
    "numbers from the end": (
        ROOM, "GatherElements", ["x", "n"], {"axis": 2}, {"n": whole(-1, 0, -7).reshape(1, 1, 1, 3)}
    ),
    "places from the end": (
        ROOM, "GatherND", ["x", "n"], {}, {"n": whole(0, -1, 0, 0, 2, -3).reshape(2, 3)}
    ),
    "part": (
        ROOM, "Slice", ["x", "from", "to", "axes", "by"], {},
        {"from": whole(-5, 0), "to": whole(2**62, -1), "axes": whole(2, -1), "by": whole(2, 1)},
    ),
    "zeros around": (
        ROOM, "Pad", ["x", "n", "", "axes"], {}, {"n": whole(1, 2, 3, 4), "axes": whole(-1, 2)}
    ),
    "power": (ROOM, "Pow", ["x", "n"], {}, {"n": np.float32(3).reshape(())}),
    "kept between": (
        ROOM, "Clip", ["x", "least", "most"], {},
        {"least": np.array(-0.2, np.float32), "most": np.array(0.3, np.float32)},
    ),
    "six axes": ((1, 3, 1, 7, 3, 1), "Add", ["x", "n"], {}, {"n": random(3, 1, 7, 1, 1)}),
    "memory": ((7, 3, 3), "LSTM", ["x", "w", "r", "b"], {"hidden_size": 4}, LSTM),
}  # fmt: skip


@pytest.mark.parametrize("case", TRANSLATED)
def test_it_answers_as_in_onnx_runtime(case, graph):
    shape, kind, inputs, attributes, constants = TRANSLATED[case]
    nodes, more = of_x(shape, kind, inputs, **attributes)
    bundle = graph(nodes, {**more, **constants})
    [expected] = onnxruntime.InferenceSession(bundle.folder / ONNX).run(None, {"landmarks": SHOWN})
    said = Interpreter(model_content=to_tflite(bundle)).get_signature_runner()(landmarks=SHOWN)
    assert said["y"].shape == expected.shape
    np.testing.assert_allclose(said["y"], expected, atol=1e-5)


def test_channels_stay_where_they_are_from_operator_to_operator(graph):
    before, constants = shaped(*PICTURE)
    nodes = [
        before,
        node("Conv", ["x", "w"], ["seen"]),
        node("Concat", ["seen", "known"], ["more"], axis=-3),
        node("Add", ["more", "each"], ["added"]),
        node("Slice", ["added", "from", "to", "axes"], ["part"]),
        node("Pad", ["part", "around"], ["larger"]),
        node("Transpose", ["larger"], ["last"], perm=[0, 2, 3, 1]),
        node("ReduceMax", ["last", "rows"], ["most"], keepdims=0),
        node("Softmax", ["most"], ["y"]),
    ]
    constants |= {
        "w": random(4, 7, 1, 1), "known": random(1, 2, 3, 3), "each": random(6, 1, 1),
        "from": whole(1, 0), "to": whole(6, 2), "axes": whole(1, 3),
        "around": whole(0, 1, 0, 0, 0, 0, 2, 1), "rows": whole(1),
    }  # fmt: skip
    bundle = graph(nodes, constants)
    [expected] = onnxruntime.InferenceSession(bundle.folder / ONNX).run(None, {"landmarks": SHOWN})
    said = Interpreter(model_content=to_tflite(bundle)).get_signature_runner()(landmarks=SHOWN)
    np.testing.assert_allclose(said["y"], expected, atol=1e-5)


#: What would be computed otherwise → as in `TRANSLATED`, and what is said.
REFUSED = {
    "three at a time": (
        ROOM, "Max", ["x", "a", "b"], {}, {"a": random(1), "b": random(3)}, "Max: it has 3 inputs"
    ),
    "whole exponents": (ROOM, "Pow", ["x", "n"], {}, {"n": np.array(3)}, "exponent has numbers of"),
    "cut by negative zeros": (
        ROOM, "Pad", ["x", "n"], {}, {"n": whole(0, 0, -1, 0, 0, 0, 0, 0)}, "Pad: it cuts off"
    ),
    "smoothed": (
        ROOM, "Resize", ["x", "", "", "n"], {"mode": "linear", "antialias": 1},
        {"n": whole(1, 3, 4, 2)}, "it smooths",
    ),
    "rounded sizes": (
        ROOM, "Resize", ["x", "", "n"], {"mode": "linear"},
        {"n": np.array([1, 1, 1.5, 1.5], np.float32)}, "its sizes are rounded",
    ),
    "sizes that keep the aspect": (
        ROOM, "Resize", ["x", "", "", "n"],
        {"mode": "linear", "keep_aspect_ratio_policy": "not_larger"}, {"n": whole(1, 3, 9, 4)},
        "its sizes are rounded",
    ),
    "the first row alone": (
        ROOM, "Resize", ["x", "", "", "n"],
        {"mode": "linear", "coordinate_transformation_mode": "pytorch_half_pixel"},
        {"n": whole(1, 3, 1, 5)}, "something else than to enlarge",
    ),
    "a bias for each row": (
        (9, 7), "Gemm", ["x", "w", "b"], {}, {"w": random(7, 9), "b": random(9, 1)}, "Gemm: it is"
    ),
    "a row of numbers": ((63,), "MatMul", ["x", "w"], {}, {"w": random(63, 5)}, "a single row"),
    "no sum": (ROOM, "ReduceSum", ["x"], {"noop_with_empty_axes": 1}, {}, "it has no axes"),
    "sequences of several lengths": (
        (7, 3, 3), "LSTM", ["x", "w", "r", "b", "n"], {"hidden_size": 4},
        LSTM | {"n": np.array([7, 5, 2], np.int32)}, "lengths of their own",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_tflite_would_do_otherwise_is_refused(case, graph):
    shape, kind, inputs, attributes, constants, reason = REFUSED[case]
    nodes, more = of_x(shape, kind, inputs, **attributes)
    with pytest.raises(TFLiteError, match=reason):
        to_tflite(graph(nodes, {**more, **constants}))


def test_a_norm_that_learns_is_refused(graph):
    before, constants = shaped(*ROOM)
    learning = node("BatchNormalization", ["x", *NORM], ["y", "m", "v"], training_mode=1)
    with pytest.raises(TFLiteError, match="the mean of what it is shown"):
        to_tflite(graph([before, learning], constants | NORM))


def test_outputs_that_are_not_written_are_named(graph):
    nodes = [node("LayerNormalization", ["landmarks", "scale"], ["normed", "y"])]
    with pytest.raises(TFLiteError, match="y: this output is not translated"):
        to_tflite(graph(nodes, {"scale": random(3)}))


@pytest.mark.parametrize("kind", ["Clip", "Softmax"])
def test_old_operators_of_the_same_names_are_refused(kind, graph):
    about = {"min": -0.2, "max": 0.3} if kind == "Clip" else {}
    with pytest.raises(TFLiteError, match=r"opset 10: .* export the network again"):
        to_tflite(graph([node(kind, ["landmarks"], ["y"], **about)], {}, opset=10))


def test_numbers_of_8_bits_are_moved_and_not_computed_with(graph):
    nodes = [
        node("Relu", ["landmarks"], ["positive"]),
        node("Cast", ["positive"], ["bytes"], to=TensorProto.UINT8),
        node("Concat", ["bytes", "bytes"], ["twice"], axis=1),
        node("Cast", ["twice"], ["y"], to=TensorProto.FLOAT),
    ]
    run = Interpreter(model_content=to_tflite(graph(nodes, {}))).get_signature_runner()
    said = run(landmarks=9 * SHOWN)["y"]
    np.testing.assert_array_equal(said[:, :21], np.floor((9 * SHOWN).clip(0)))
    nodes[2] = node("Max", ["bytes", "bytes"], ["twice"])
    with pytest.raises(TFLiteError, match="Max: it computes with numbers of 8 bits"):
        to_tflite(graph(nodes, {}))


def test_constants_begin_where_the_format_wants_them(graph):
    shape, kind, inputs, attributes, constants = TRANSLATED["memory"]
    nodes, more = of_x(shape, kind, inputs, **attributes)
    content = to_tflite(graph(nodes, {**more, **constants}))
    read = np.frombuffer(content, np.uint8)
    model = tflite.Model.GetRootAs(content, 0)
    found = [model.Buffers(number).DataAsNumpy() for number in range(model.BuffersLength())]
    starts = [
        one.__array_interface__["data"][0] - read.__array_interface__["data"][0]
        for one in found
        if isinstance(one, np.ndarray)
    ]
    assert len(starts) > 9 and not np.mod(starts, 16).any()


def test_what_litert_cannot_run_is_said_in_words(tiny_bundle):
    bundle = tiny_bundle()
    with pytest.raises(TFLiteError, match=r"model\.tflite: LiteRT cannot run it"):
        largest_difference(bundle, b"nothing of the kind", noise(bundle.card))
