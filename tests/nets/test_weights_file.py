"""Each weight of a bundle is stored once, and comes back as it was."""

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, numpy_helper
from safetensors.numpy import load_file, save_file

from asl.bundle import ONNX, WEIGHTS
from asl.nets.registry import network
from asl.nets.weights_file import HALF, read_weights, write_weights
from asl.training.export import compact, halve, to_onnx

WIDE = np.arange(6, dtype=np.float16).reshape(2, 3)
OTHER = np.arange(4, dtype=np.float32)


def graph_of(*tensors):
    return onnx.helper.make_model(onnx.helper.make_graph([], "net", [], [], list(tensors)))


@pytest.fixture
def bundle(tmp_path):
    onnx.save(
        graph_of(
            numpy_helper.from_array(WIDE, "wide" + HALF), numpy_helper.from_array(OTHER, "other")
        ),
        tmp_path / ONNX,
    )
    return tmp_path


def test_what_the_onnx_file_holds_is_not_stored_again(bundle):
    weights = {"wide": WIDE, "other": OTHER + 1, "count": np.array(3), "own": OTHER}
    write_weights(weights, bundle)
    assert set(load_file(bundle / WEIGHTS)) == {"other", "count", "own"}
    read = read_weights(bundle / WEIGHTS)
    assert read.keys() == weights.keys()
    assert all(np.array_equal(read[name], weights[name]) for name in weights)


def test_a_file_of_before_holds_all_by_itself(tmp_path):
    save_file({"wide": WIDE}, tmp_path / WEIGHTS)
    assert np.array_equal(read_weights(tmp_path / WEIGHTS)["wide"], WIDE)


@pytest.mark.parametrize("name", ["efficientnet_lite0", "channel_attention", "sign_convnet"])
def test_of_a_real_network_nearly_nothing_is_stored_twice(name, tmp_path):
    spec = network(name)
    made = halve(spec.build(5).eval())
    side = spec.picture_size
    to_onnx(
        made, (torch.rand(2, len(spec.mean), side, side),), tmp_path / ONNX, ("picture",),
        ("logits",),
    )  # fmt: skip
    compact(tmp_path / ONNX)
    weights = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).numpy()
        for name, tensor in made.state_dict().items()
    }
    write_weights(weights, tmp_path)
    assert (tmp_path / WEIGHTS).stat().st_size < 0.1 * (tmp_path / ONNX).stat().st_size
    read = read_weights(tmp_path / WEIGHTS)
    made.load_state_dict({name: torch.tensor(array) for name, array in read.items()})
    assert all(np.array_equal(read[name], weights[name]) for name in weights)


@pytest.mark.parametrize(
    "metadata", ["{", "3", '{"wide": 1}', '["nothing"]', "[1]", "null", '[["wide"]]']
)
def test_a_list_of_names_that_is_none(bundle, metadata):
    save_file({"own": OTHER}, bundle / WEIGHTS, {"in_onnx": metadata})
    try:
        assert set(read_weights(bundle / WEIGHTS)) <= {"own", "wide"}
    except ValueError as error:
        assert WEIGHTS in str(error)


def test_an_onnx_file_without_them_is_named(bundle):
    write_weights({"wide": WIDE}, bundle)
    onnx.save(graph_of(), bundle / ONNX)
    with pytest.raises(ValueError, match=f"'wide' are missing in {ONNX}"):
        read_weights(bundle / WEIGHTS)
    (bundle / ONNX).write_bytes(b"\xff" * 20)
    with pytest.raises(ValueError, match=f"{WEIGHTS} cannot be read .{ONNX} is damaged"):
        read_weights(bundle / WEIGHTS)
    (bundle / ONNX).unlink()
    with pytest.raises(ValueError, match=f"{WEIGHTS} cannot be read"):
        read_weights(bundle / WEIGHTS)


def test_no_other_file_is_opened_for_an_onnx_file(bundle, tmp_path):
    """Neither one that the file names, nor so much memory as it claims to need."""
    secret = tmp_path / "secret"
    secret.write_bytes(OTHER.tobytes())
    outside = numpy_helper.from_array(OTHER, "other")
    outside.ClearField("raw_data")
    outside.data_location = TensorProto.EXTERNAL
    outside.external_data.add(key="location", value=secret.name)
    huge = TensorProto(name="huge", data_type=TensorProto.FLOAT, dims=[1 << 40])
    for tensor, name in ((outside, "other"), (huge, "huge")):
        save_file({"own": OTHER}, bundle / WEIGHTS, {"in_onnx": f'["{name}"]'})
        (bundle / ONNX).write_bytes(graph_of(tensor).SerializeToString())
        with pytest.raises(ValueError, match=WEIGHTS):
            read_weights(bundle / WEIGHTS)
