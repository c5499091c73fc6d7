"""Every network of words is exported for sequences of any length, and answers alike."""

import numpy as np
import pytest
import torch

from asl.bundle import ONNX, WEIGHTS
from asl.nets.registry import names, network
from asl.nets.sequences.masked import NaNPadded
from asl.training.export import EXAMPLES, FRAMES, compact, halve, largest_difference, store, to_onnx

FEATURES = 24
OWN = {
    "sequence_as_picture": {"image_network": "sequential"},
    "conv_transformer": {"width": 16, "convolutions": 1},
}


def made(name: str) -> NaNPadded:
    torch.manual_seed(0)
    own = OWN.get(name, {"width": 16})
    return NaNPadded(network(name).build(5, "none", features=FEATURES, **own)).eval()


@pytest.mark.parametrize("name", names("sequences"))
def test_one_file_takes_batches_and_sequences_of_any_size(name, tmp_path):
    net, file = halve(made(name)), tmp_path / "model.onnx"
    net.sharpness.fill_(1.5)
    example = torch.randn(3, 11, FEATURES)
    example[0, 7:] = torch.nan
    to_onnx(net, (example,), file, ("sequence",), ("logits",), {0: EXAMPLES, 1: FRAMES})
    compact(file)
    random = np.random.default_rng(0)
    for count, frames in ((1, 1), (1, 2), (4, 32), (2, 65)):
        shown = random.normal(size=(count, frames, FEATURES)).astype(np.float32)
        shown[0, frames // 2 + 1 :] = np.nan
        assert largest_difference(net, file, {"sequence": shown}) < 1e-4, (count, frames)


def test_a_file_that_answers_otherwise_is_not_taken(tmp_path):
    net, example = halve(made("lstm")), torch.randn(3, 11, FEATURES)
    sizes = {0: EXAMPLES, 1: FRAMES}
    to_onnx(net, (example,), tmp_path / ONNX, ("sequence",), ("logits",), sizes)
    shown = {"sequence": example.numpy()}
    assert store(net, tmp_path, shown)["pictures"] == 3
    assert (tmp_path / WEIGHTS).stat().st_size > 0
    net.sharpness.fill_(0.0)
    with pytest.raises(RuntimeError, match="probabilities differ"):
        store(net, tmp_path, shown)


@pytest.mark.parametrize("weight", [3.0, np.nan])
def test_one_different_answer_among_many_is_found(weight, tmp_path):
    net, file = torch.nn.Linear(4, 2), tmp_path / ONNX
    to_onnx(net, (torch.randn(2, 4),), file, ("numbers",), ("logits",))
    shown = np.zeros((19, 4), np.float32)
    with torch.no_grad():
        net.weight[0, 0] += weight
    for row in (0, 7, 8, 18):
        only = shown.copy()
        only[row, 0] = 1.0
        assert not largest_difference(net, file, {"numbers": only}) < 0.1, row
    if weight == 3.0:
        assert largest_difference(net, file, {"numbers": shown}) < 1e-6


@pytest.mark.parametrize("name", names("sequences"))
def test_padding_does_not_matter_and_no_number_is_unknown(name):
    net, shown = made(name), torch.randn(2, 9, FEATURES)
    longer = torch.cat([shown, torch.full((2, 4, FEATURES), torch.nan)], 1)
    with torch.no_grad():
        np.testing.assert_allclose(net(longer).numpy(), net(shown).numpy(), atol=1e-4)
        shown[0, :, 3] = torch.nan  # unknown here and there is no padding
        assert net(shown).isfinite().all()
        zeros = shown.nan_to_num(0.0)
        np.testing.assert_allclose(net(shown).numpy(), net(zeros).numpy(), atol=1e-5)


def test_logits_are_sharpened():
    net, shown = made("lstm"), torch.randn(2, 9, FEATURES)
    with torch.no_grad():
        before = net(shown)
        net.sharpness.fill_(0.5)
        np.testing.assert_allclose(net(shown).numpy(), before.numpy() / 2, rtol=1e-6)


def test_networks_are_listed_by_kind():
    assert "conv_transformer" in names("sequences") and "conv_transformer" not in names("pictures")
    assert sorted([*names("pictures"), *names("sequences")]) == names()
