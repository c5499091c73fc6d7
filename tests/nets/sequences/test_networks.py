"""What all networks of words must do: read any length, not see padding, learn, be exported."""

import copy
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from onnxscript.optimizer import fold_constants, remove_unused_nodes

from asl.nets.sequences.attention_transformer import AttentionSettings, AttentionTransformer
from asl.nets.sequences.conv_transformer import ConvTransformer, ConvTransformerSettings
from asl.nets.sequences.ensemble import JoinedEnsemble, build_ensemble
from asl.nets.sequences.frames import SequenceNetwork
from asl.nets.sequences.hybrid import HybridClassifier
from asl.nets.sequences.lstm import LSTMClassifier
from asl.nets.sequences.sequence_as_picture import PictureSettings, SequenceAsPicture
from asl.nets.sequences.settings import EncoderSettings, StackSettings
from asl.nets.sequences.transformer import TransformerClassifier

CLASSES, FEATURES = 5, 12


def pair_of(network: type[SequenceNetwork]) -> Callable[..., SequenceNetwork]:
    return partial(build_ensemble, network, members=2)


#: Name → what builds it, its settings, and values that make it small.
NETWORKS: dict[str, tuple[Callable[..., SequenceNetwork], type, dict[str, Any]]] = {
    "lstm": (LSTMClassifier, StackSettings, {"width": 32}),
    "transformer": (TransformerClassifier, EncoderSettings, {"width": 32}),
    "hybrid": (HybridClassifier, EncoderSettings, {"width": 32}),
    "transformer_ensemble": (pair_of(TransformerClassifier), EncoderSettings, {"width": 32}),
    "hybrid_ensemble": (pair_of(HybridClassifier), EncoderSettings, {"width": 32}),
    "attention_transformer": (AttentionTransformer, AttentionSettings, {"width": 32}),
    "attention_transformer, causal": (
        AttentionTransformer,
        AttentionSettings,
        {"width": 32, "causal": True},
    ),
    "attention_ensemble": (pair_of(AttentionTransformer), AttentionSettings, {"width": 32}),
    "sequence_as_picture": (SequenceAsPicture, PictureSettings, {"side": 32}),
    "conv_transformer": (ConvTransformer, ConvTransformerSettings, {"width": 32}),
}
every_network = pytest.mark.parametrize("name", NETWORKS)


def build(
    name: str, classes: int = CLASSES, features: int = FEATURES, **others: Any
) -> SequenceNetwork:
    torch.manual_seed(0)
    maker, kind, small = NETWORKS[name]
    return maker(classes, features, kind(**{**small, **others}))


@pytest.fixture(scope="module")
def trained() -> Callable[[str], SequenceNetwork]:
    """Networks whose norms have seen frames, as those of a trained one have."""
    built: dict[str, SequenceNetwork] = {}

    def get(name: str) -> SequenceNetwork:
        if name not in built:
            network = build(name)
            with torch.no_grad():
                network(torch.randn(6, 9, FEATURES), torch.ones(6, 9, dtype=torch.bool))
            built[name] = network.eval()
        return built[name]

    return get


@every_network
@pytest.mark.parametrize(("count", "length"), [(1, 1), (1, 9), (3, 2), (2, 70)])
def test_logits_have_one_row_a_sequence_and_one_column_a_class(name, count, length, trained):
    with torch.no_grad():
        logits = trained(name)(torch.randn(count, length, FEATURES), torch.ones(count, length))
    assert logits.shape == (count, CLASSES)
    assert logits.isfinite().all()


@every_network
@settings(max_examples=8, deadline=None)
@given(
    length=st.integers(1, 12),
    padding=st.lists(st.integers(0, 12), max_size=20),
    filled=st.sampled_from([0.0, 1.0, -1e6, float("nan"), float("inf")]),
    seed=st.integers(0, 1000),
)
def test_frames_that_are_not_there_do_not_matter(name, length, padding, filled, seed, trained):
    """Whether they stand before, between or behind the others, and whatever is in them."""
    network = trained(name)
    random = torch.Generator().manual_seed(seed)
    frames = [torch.randn(FEATURES, generator=random) for _ in range(length)]
    padded = [(frame, True) for frame in frames]
    for place in padding:
        padded.insert(min(place, len(padded)), (torch.full((FEATURES,), filled), False))
    mask = torch.tensor([[there for _, there in padded]])
    with torch.no_grad():
        alone = network(torch.stack(frames)[None], torch.ones(1, length, dtype=torch.bool))
        together = network(torch.stack([frame for frame, _ in padded])[None], mask)
        as_numbers = network(torch.stack([frame for frame, _ in padded])[None], mask.float())
    # Pre-trained image networks give large logits.
    bound = 1e-5 * max(1.0, alone.abs().max().item())
    assert (alone - together).abs().max() <= bound
    assert torch.equal(together, as_numbers)


@every_network
def test_sequences_of_a_batch_do_not_see_each_other(name, trained):
    frames, lengths = torch.randn(3, 8, FEATURES), torch.tensor([8, 3, 1])
    mask = torch.arange(8) < lengths[:, None]
    with torch.no_grad():
        together = trained(name)(frames, mask)
        alone = [
            trained(name)(frames[i, None, :n], mask[i, None, :n]) for i, n in enumerate(lengths)
        ]
    assert torch.allclose(together, torch.cat(alone), atol=1e-4, rtol=1e-4)


@every_network
def test_a_sequence_without_a_frame_is_read_as_one_of_zeros(name, trained):
    with torch.no_grad():
        empty = trained(name)(torch.full((2, 4, FEATURES), torch.nan), torch.zeros(2, 4))
        zeros = trained(name)(torch.zeros(2, 1, FEATURES), torch.ones(2, 1))
    assert empty.isfinite().all()
    assert torch.allclose(empty, zeros, atol=1e-4)


@every_network
def test_says_the_same_twice_in_evaluation(name, trained):
    frames, mask = torch.randn(2, 6, FEATURES), torch.ones(2, 6)
    with torch.no_grad():
        assert torch.equal(trained(name)(frames, mask), trained(name)(frames, mask))


@every_network
def test_overfits_one_small_batch(name):
    network = build(name)
    for layer in network.modules():
        if isinstance(layer, torch.nn.Dropout):
            layer.p = 0.0
        elif type(layer).__name__ == "StochasticDepth":
            layer.p = 0.0
    frames, target = torch.randn(8, 10, FEATURES), torch.arange(8) % CLASSES
    mask = torch.arange(10) < torch.arange(3, 11)[:, None]
    optimizer = torch.optim.AdamW(network.parameters(), 3e-3)
    for _step in range(200):
        loss = F.cross_entropy(network(frames, mask), target)
        if loss < 0.1:
            return
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    pytest.fail(f"the loss is still {loss.item():.2f} after 200 steps")


@every_network
def test_gradients_are_numbers_and_reach_every_weight(name):
    network = build(name)
    frames = torch.randn(6, 8, FEATURES)
    mask = torch.arange(8) < torch.tensor([8, 5, 3, 2, 1, 0])[:, None]
    frames[~mask] = torch.nan
    F.cross_entropy(network(frames, mask), torch.arange(6) % CLASSES).backward()
    for weight, tensor in network.named_parameters():
        assert tensor.grad is not None, weight
        assert tensor.grad.isfinite().all(), weight


@every_network
def test_its_weights_say_all_there_is_to_say(name, trained):
    other = build(name).eval()
    other.load_state_dict(trained(name).state_dict())
    frames, mask = torch.randn(2, 6, FEATURES), torch.ones(2, 6)
    with torch.no_grad():
        assert torch.equal(other(frames, mask), copy.deepcopy(trained(name))(frames, mask))


EXPORTED = ("conv_transformer", "lstm", "transformer")


@pytest.mark.parametrize("name", EXPORTED)
@pytest.mark.filterwarnings("ignore")
def test_exported_it_says_the_same_at_any_length(name, trained, tmp_path):
    network = trained(name)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    axes = {0: torch.export.Dim("sequences", max=4096), 1: torch.export.Dim("frames", max=4096)}
    example = (torch.randn(3, 7, FEATURES), torch.rand(3, 7) > 0.3)
    program = torch.onnx.export(
        network, example, dynamo=True, dynamic_shapes=[dict(axes), dict(axes)],
        input_names=["sequences", "mask"], output_names=["logits"],
        verbose=False, optimize=False,
    )  # fmt: skip
    fold_constants(program.model)
    remove_unused_nodes(program.model)
    program.save(str(tmp_path / "model.onnx"))
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    for count, length in ((1, 1), (2, 5), (4, 33)):
        frames, mask = torch.randn(count, length, FEATURES), torch.rand(count, length) > 0.3
        mask[0] = length > 5  # a sequence without a frame, and one with all of them
        with torch.no_grad():
            own = network(frames, mask).numpy()
        (other,) = session.run(["logits"], {"sequences": frames.numpy(), "mask": mask.numpy()})
        assert np.abs(own - other).max() <= 1e-4


@every_network
def test_sequences_of_another_shape_are_refused(name, trained):
    network = trained(name)
    with pytest.raises(ValueError, match=r"sequences: shape \(2, 4, 11\) is not \(N, T, 12\)"):
        network(torch.zeros(2, 4, FEATURES - 1), torch.ones(2, 4))
    with pytest.raises(ValueError, match="sequences: shape"):
        network(torch.zeros(4, FEATURES), torch.ones(4))
    with pytest.raises(ValueError, match=r"mask: shape \(2, 1\) is not"):
        network(torch.zeros(2, 4, FEATURES), torch.ones(2, 1))


TRANSFORMERS = [name for name in NETWORKS if "transformer" in name or "hybrid" in name]
BAD = [
    *[(name, {"dropout": value}, "dropout: ") for name in NETWORKS for value in (-0.1, 1.0, True)],
    *[(name, {"width": 0}, "width: 0") for name in NETWORKS if name != "sequence_as_picture"],
    *[(name, {"depth": 0}, "depth: 0") for name in NETWORKS if name != "sequence_as_picture"],
    *[(name, {"heads": 5}, "heads: 5 do not divide a width of 32") for name in TRANSFORMERS],
    *[(name, {"expansion": 1.5}, "expansion: 1.5") for name in TRANSFORMERS],
    *[(name, {"causal": 1}, "causal: 1") for name in NETWORKS if "attention" in name],
    ("transformer", {"width": 33, "heads": 3}, "width: 33 is odd"),
    ("attention_transformer", {"width": 33, "heads": 3}, "width: 33 is odd"),
    ("attention_transformer", {"attention_dropout": 2}, "attention_dropout: 2"),
    ("conv_transformer", {"kernel": 0}, "kernel: 0"),
    ("conv_transformer", {"convolutions": -1}, "convolutions: -1"),
    ("conv_transformer", {"drop_path": 1}, "drop_path: 1"),
    ("conv_transformer", {"dropout_begin": -1}, "dropout_begin: -1"),
    ("sequence_as_picture", {"coordinates": 4}, "coordinates: 4"),
    ("sequence_as_picture", {"start": "bundled"}, "start: 'bundled' is none of imagenet, none"),
    ("sequence_as_picture", {"frozen": 99}, "frozen: 99 is not 0 to 9 stages"),
    ("sequence_as_picture", {"side": 8}, "side: 8"),
    ("sequence_as_picture", {"image_network": "hand_landmarks"}, "image_network: 'hand_landmarks'"),
    ("sequence_as_picture", {"image_network": "sign_convnet"}, "image_network: 'sign_convnet'"),
    ("sequence_as_picture", {"image_network": "gesture_cnn", "start": "none"}, "side: 32 is not"),
    ("sequence_as_picture", {"image_network": "nothing"}, "image_network: 'nothing' is none of"),
    ("sequence_as_picture", {"features": 13}, "features: 13 is no multiple of 2"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "bad", "message"), BAD, ids=[f"{n} {b}" for n, b, _ in BAD])
def test_a_setting_that_cannot_be_is_named(name, bad, message):
    with pytest.raises(ValueError, match=message):
        build(name, **bad)


@every_network
@pytest.mark.parametrize(("classes", "features"), [(0, 12), (5, 0), (True, 12)])
def test_classes_and_features_are_whole_numbers(name, classes, features):
    with pytest.raises(ValueError, match=r"classes: |features: "):
        build(name, classes, features)


def test_an_ensemble_starts_as_the_mean_of_its_members(trained):
    ensemble = build("transformer_ensemble").eval()
    frames, mask = torch.randn(2, 6, FEATURES), torch.ones(2, 6)
    with torch.no_grad():
        each = torch.stack([member(frames, mask) for member in ensemble.members])
        assert torch.allclose(ensemble(frames, mask), each.mean(0), atol=1e-6)
    assert not torch.allclose(each[0], each[1])


@pytest.mark.parametrize("members", [0, 1.5, True])
def test_members_of_an_ensemble_are_a_whole_number(members):
    with pytest.raises(ValueError, match=f"members: {members}"):
        build_ensemble(LSTMClassifier, 3, 4, StackSettings(8), members)


def test_members_of_an_ensemble_read_the_same_frames():
    members = [LSTMClassifier(3, features, StackSettings(8)) for features in (4, 6)]
    with pytest.raises(
        ValueError, match=r"members: they must read the same features, not \[4, 6\]"
    ):
        JoinedEnsemble(members, 3)
    with pytest.raises(ValueError, match="members"):
        JoinedEnsemble([], 3)


def lstm_parameters(features: int, width: int) -> int:
    first, second = 4 * width * (features + width + 2), 4 * width * (2 * width + 2)
    return first + second


def transformer_parameters(features: int, width: int) -> int:
    attention = 4 * width * width + 4 * width
    perceptron = 8 * width * width + 5 * width
    return features * width + width + 2 * (attention + perceptron + 4 * width)


def attention_parameters(features: int, width: int) -> int:
    attention = 4 * width * width
    perceptron = 8 * width * width + 5 * width
    return features * width + width + 2 * (attention + perceptron + 4 * width) + 2 * width


def linear(inputs: int, outputs: int) -> int:
    return inputs * outputs + outputs


# 96 landmarks in x and y and 250 signs, as in the source.
COUNTS = {
    "lstm": (LSTMClassifier, lstm_parameters(192, 128) + linear(128, 250)),
    "transformer": (TransformerClassifier, transformer_parameters(192, 128) + linear(128, 250)),
    "hybrid": (
        HybridClassifier,
        lstm_parameters(192, 128) + transformer_parameters(192, 128) + linear(256, 250),
    ),
    "attention_transformer": (
        AttentionTransformer,
        attention_parameters(192, 192) + linear(192, 250),
    ),
}


@pytest.mark.parametrize("name", COUNTS)
def test_parameters_are_as_many_as_the_layers_say(name):
    maker, expected = COUNTS[name]
    assert parameters(maker(250, 192)) == expected


@pytest.mark.parametrize(
    ("member", "values"),
    [
        ("transformer", EncoderSettings()),
        ("hybrid", EncoderSettings()),
        ("attention_transformer", AttentionSettings()),
    ],
)
def test_an_ensemble_adds_one_linear_layer_to_its_members(member, values):
    maker, expected = COUNTS[member]
    ensemble = build_ensemble(maker, 250, 192, values)
    assert parameters(ensemble) == 3 * expected + linear(750, 250)


def parameters(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())
