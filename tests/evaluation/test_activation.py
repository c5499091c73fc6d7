"""Networks opened up: on small ones whose inner values are known, and on the bundled model."""

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from asl.bundle import (
    BUNDLED_MODELS,
    CARD,
    DEFAULT_MODEL,
    ONNX,
    BundleError,
    ModelBundle,
)
from asl.card import ModelCard
from asl.card_inputs import LandmarksInput, PictureInput
from asl.evaluation.activation import OpenNetwork, finger_shares
from asl.hands.landmarks import FINGERS

LABELS = ("A", "B", "C")
SIZE = 16


def write(folder, name, nodes, outputs, constants, inputs=("picture",)) -> ModelBundle:
    """Write a bundle with this graph."""
    typed = {"picture": PictureInput(SIZE, (0,) * 3, (1,) * 3, 1.5), "landmarks": LandmarksInput()}
    folder.mkdir()
    known = {
        "picture": (TensorProto.UINT8, ["N", SIZE, SIZE, 3]),
        "landmarks": (TensorProto.FLOAT, ["N", 21, 3]),
    }
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(entry, *known[entry]) for entry in inputs],
        [helper.make_tensor_value_info(o, TensorProto.FLOAT, None) for o in outputs],
        [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, folder / ONNX)
    card = ModelCard(
        name=name,
        labels=LABELS,
        network=name,
        inputs=tuple(typed[entry] for entry in inputs),
        abstain_below={},
    )
    return ModelBundle(folder, card).write_card(card)


@pytest.fixture
def pooled(tmp_path):
    """Mean of red, green and blue at every place, times a matrix: a known class activation map."""
    nodes = [
        helper.make_node("Cast", ["picture"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["float"], ["pixels"], perm=[0, 3, 1, 2]),
        helper.make_node("AveragePool", ["pixels"], ["map"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("ReduceMean", ["map", "places"], ["mean"], keepdims=0),
        helper.make_node("Gemm", ["mean", "weights"], ["scores"]),
        helper.make_node("LogSoftmax", ["scores"], ["logits"]),
    ]
    weights = np.array([[0.02, 0, 0], [0, 0.02, 0], [-0.01, 0, 0.02]], np.float32)
    constants = {"weights": weights, "places": np.array([2, 3])}
    return write(tmp_path / "pooled", "pooled", nodes, ["logits"], constants), weights


def picture(seed: int = 0) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {"picture": random.integers(0, 256, (1, SIZE, SIZE, 3), np.uint8)}


@pytest.mark.parametrize("label", LABELS)
def test_the_class_activation_map_is_the_weighted_sum_of_features(pooled, label):
    bundle, weights = pooled
    network, feed = OpenNetwork(bundle), picture()
    assert network.pools
    features = feed["picture"][0].astype(float).reshape(4, 4, 4, 4, 3).mean((1, 3))
    expected = np.maximum(features @ weights[:, LABELS.index(label)], 0)
    np.testing.assert_allclose(network.class_map(feed, label), expected, rtol=2e-2, atol=2e-2)


def test_covering_the_only_colour_hurts_most_where_it_is(pooled):
    bundle, _ = pooled
    feed = {"picture": np.zeros((1, SIZE, SIZE, 3), np.uint8)}
    feed["picture"][0, 4:8, 10:14, 0] = 255
    drop = OpenNetwork(bundle).covered(feed, "A")
    assert drop.shape == (8, 8)
    y, x = np.unravel_index(drop.argmax(), drop.shape)
    assert 2 <= y <= 3 and 5 <= x <= 6
    assert drop[7, 0] == pytest.approx(0, abs=0.02)


@pytest.fixture
def joints(tmp_path):
    """Logits of the tip of the index finger alone, its x twice as much."""
    matrix = np.zeros((63, 3), np.float32)
    tip = FINGERS["index"][-1]
    matrix[3 * tip, 0], matrix[3 * tip + 1, 0] = 2.0, 1.0
    nodes = [
        helper.make_node("Flatten", ["landmarks"], ["flat"]),
        helper.make_node("Gemm", ["flat", "matrix"], ["logits"]),
    ]
    return write(tmp_path / "j", "joints", nodes, ["logits"], {"matrix": matrix}, ("landmarks",))


@settings(max_examples=10)
@given(st.integers(0, 1000))
def test_joints_that_are_not_looked_at_weigh_nothing(tmp_path_factory, seed):
    matrix = np.zeros((63, 3), np.float32)
    random = np.random.default_rng(seed)
    joint = int(random.integers(21))
    matrix[3 * joint : 3 * joint + 3, 0] = 1 + random.random(3)
    nodes = [
        helper.make_node("Flatten", ["landmarks"], ["flat"]),
        helper.make_node("Gemm", ["flat", "matrix"], ["logits"]),
    ]
    folder = tmp_path_factory.mktemp("j") / "j"
    bundle = write(folder, "joints", nodes, ["logits"], {"matrix": matrix}, ("landmarks",))
    weights = OpenNetwork(bundle).joint_weights(random.normal(size=(21, 3)), "A")
    assert weights[joint] > 0
    np.testing.assert_allclose(np.delete(weights, joint), 0, atol=1e-6)


def test_joint_weights_worked_out_by_hand(joints):
    weights = OpenNetwork(joints).joint_weights(np.zeros((21, 3)), "A")
    tip = FINGERS["index"][-1]
    # Log-odds are linear in the logit here: 0.1 × (2, 1, 0), root mean square.
    assert weights[tip] == pytest.approx(0.1 * np.sqrt((4 + 1 + 0) / 3), rel=1e-3)
    assert finger_shares(weights)["index"] == pytest.approx(1)


def branches(fused: bool):
    """Nodes of three colours' own networks, each a pooling, or of all three in one."""
    nodes = [
        helper.make_node("Cast", ["picture"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["float"], ["pixels"], perm=[0, 3, 1, 2]),
    ]
    pool = {"kernel_shape": [2, 2], "strides": [2, 2]}
    if fused:
        nodes += [
            helper.make_node("MaxPool", ["pixels"], ["once"], **pool),
            helper.make_node("MaxPool", ["once"], ["twice"], **pool),
            helper.make_node("Flatten", ["twice"], ["all"]),
        ]
    else:
        nodes += [helper.make_node("Split", ["pixels"], ["r", "g", "b"], axis=1, num_outputs=3)]
        for c in "rgb":
            nodes += [
                helper.make_node("MaxPool", [c], [f"{c}1"], **pool),
                helper.make_node("MaxPool", [f"{c}1"], [f"{c}2"], **pool),
                helper.make_node("Flatten", [f"{c}2"], [f"{c}3"]),
            ]
        nodes += [helper.make_node("Concat", ["r3", "g3", "b3"], ["all"], axis=1)]
    return [
        *nodes,
        helper.make_node("MatMul", ["all", "to_weights"], ["channel_attention"]),
        helper.make_node("MatMul", ["all", "to_logits"], ["logits"]),
    ]


@pytest.mark.parametrize("fused", [False, True], ids=["three branches", "one for all"])
def test_each_colours_own_maps(tmp_path, fused):
    matrix = np.zeros((3 * 4 * 4, 3), np.float32)
    constants = {"to_weights": matrix, "to_logits": matrix}
    outputs = ["logits", "channel_attention"]
    bundle = write(tmp_path / "c", "colours", branches(fused), outputs, constants)
    network, feed = OpenNetwork(bundle), picture()
    maps = network.channel_maps(feed)
    assert maps.shape == (3, 1, 4, 4)
    expected = feed["picture"][0].reshape(4, 4, 4, 4, 3).max((1, 3)).transpose(2, 0, 1)
    np.testing.assert_array_equal(maps[:, 0], expected)
    assert not network.pools


def test_what_a_network_does_not_have_is_said(tiny_bundle, joints):
    network = OpenNetwork(tiny_bundle())
    assert not network.pools and network.channel_maps(picture()) is None
    with pytest.raises(ValueError, match="averages no feature map"):
        network.class_map(picture(), "A")
    assert not OpenNetwork(joints).sees_pictures


def test_a_broken_file_is_named(tiny_bundle):
    bundle = tiny_bundle()
    (bundle.folder / ONNX).write_bytes(b"broken")
    with pytest.raises(BundleError, match=r"model\.onnx cannot be loaded"):
        OpenNetwork(bundle)


@pytest.fixture(scope="module")
def bundled() -> OpenNetwork:
    if not (BUNDLED_MODELS / DEFAULT_MODEL / CARD).is_file():
        pytest.skip("needs the bundled model")
    return OpenNetwork(ModelBundle.read(BUNDLED_MODELS / DEFAULT_MODEL))


def test_the_bundled_models_map_equals_that_of_its_classifiers_weights(bundled):
    size = bundled.card.picture.size
    pixels = np.random.default_rng(0).integers(0, 256, (1, size, size, 3), np.uint8)
    graph = onnx.load(BUNDLED_MODELS / DEFAULT_MODEL / ONNX).graph
    (weights,) = (
        numpy_helper.to_array(tensor).astype(float)
        for tensor in graph.initializer
        if tensor.name.startswith("picture_net.classifier.1.weight")
    )
    (pool,) = (n for n in graph.node if n.op_type == "ReduceMean" and n.output[0] == "mean")
    exposed = onnx.load(BUNDLED_MODELS / DEFAULT_MODEL / ONNX)
    exposed.graph.output.append(
        helper.make_tensor_value_info(pool.input[0], TensorProto.FLOAT, None)
    )
    session = onnxruntime.InferenceSession(exposed.SerializeToString())
    feed = {
        "picture": pixels,
        "landmarks": np.zeros((1, 21, 3), np.float32),
        "found": np.zeros(1, np.float32),
    }
    features = session.run([pool.input[0]], feed)[0][0]
    expected = np.maximum(np.tensordot(weights[bundled.card.labels.index("L")], features, 1), 0)
    np.testing.assert_allclose(bundled.class_map(feed, "L"), expected, atol=0.01)


def test_the_bundled_model_leans_on_the_fingers_that_make_a_sign(bundled):
    shape = np.array(bundled.card.handshapes["Y"])
    shares = finger_shares(bundled.joint_weights(shape, "Y"))
    assert sum(shares.values()) == pytest.approx(1)
    assert all(share > 0 for share in shares.values())
