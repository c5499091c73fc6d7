"""Networks of words in Keras and in PyTorch give the same logits with the same weights."""

import numpy as np
import pytest
import torch
from torch import nn

from asl.nets.frameworks import installed
from asl.nets.registry import names, network
from asl.nets.sequences.masked import NaNPadded

if not installed("tensorflow"):
    pytest.skip("needs TensorFlow: make tensorflow", allow_module_level=True)

from asl.nets.keras.twin import Twin

FEATURES, CLASSES = 12, 5
NETWORKS = [
    pytest.param("lstm", {"width": 16}, id="lstm"),
    pytest.param("transformer", {"width": 16, "heads": 2, "depth": 1}, id="transformer"),
    pytest.param("hybrid", {"width": 16, "heads": 4}, id="hybrid"),
    *(
        pytest.param("sequence_as_picture", {"side": 32, "image_network": name}, id=name)
        for name in ("efficientnet_lite0", "efficientnet_b0", "efficientnet_hands")
    ),
]


def sequences(count: int = 64) -> np.ndarray:
    """Sequences of 1 to 15 frames, with joints and frames that were not seen."""
    random = np.random.default_rng(0)
    made = random.normal(size=(count, 15, FEATURES)).astype(np.float32)
    made[random.random(made.shape) < 0.1] = np.nan
    for row, length in enumerate(random.integers(1, 16, count)):
        made[row, length:] = np.nan
    made[3, 1] = np.nan
    made[4] = np.nan
    return made


def in_pytorch(name: str, settings: dict) -> NaNPadded:
    """A network whose weights and statistics are none of those with which networks begin."""
    torch.manual_seed(1)
    made = NaNPadded(network(name).build(CLASSES, features=FEATURES, **settings))
    for key, tensor in made.state_dict().items():
        if key.endswith("running_var") or (tensor.ndim == 1 and key.endswith("weight")):
            tensor.uniform_(0.5, 1.5)
        elif tensor.ndim == 1 and tensor.is_floating_point():
            tensor.normal_(0, 0.1)
    return made.eval()


def logits(made: NaNPadded) -> np.ndarray:
    with torch.no_grad():
        return made(torch.from_numpy(sequences())).numpy()


@pytest.mark.parametrize(("name", "settings"), NETWORKS)
def test_weights_go_both_ways_and_give_the_same_logits(name, settings):
    made, twin = in_pytorch(name, settings), Twin(name, CLASSES, FEATURES, settings)
    state = made.state_dict()
    twin.load_state_dict(state)
    expected = logits(made)
    assert expected.std() > 1e-3
    np.testing.assert_allclose(twin.answer(sequences()), expected, atol=1e-4)
    returned = twin.state_dict()
    assert returned.keys() == state.keys()
    assert all(torch.equal(returned[key], tensor) for key, tensor in state.items())

    for variable in twin.learned.values():  # as training changes them
        variable.assign(variable * 1.01)
    made.load_state_dict(twin.state_dict())
    again = logits(made)
    assert np.abs(again - expected).max() > 1e-4
    np.testing.assert_allclose(twin.answer(sequences()), again, atol=1e-4)


@pytest.mark.parametrize(("name", "settings"), NETWORKS[:3])
def test_what_grows_and_what_learns_is_the_same(name, settings):
    made, twin = in_pytorch(name, settings), Twin(name, CLASSES, FEATURES, settings)
    dropouts = [one.p for one in made.modules() if isinstance(one, nn.Dropout)]
    assert sorted(one.p for one in twin.dropouts()) == pytest.approx(sorted(dropouts))
    assert twin.learned.keys() == dict(made.named_parameters()).keys()


def test_frozen_stages_stay_as_they_start():
    settings = {"side": 32, "frozen": 2}
    made = in_pytorch("sequence_as_picture", settings)
    twin = Twin("sequence_as_picture", CLASSES, FEATURES, settings)
    learns = {name for name, tensor in made.named_parameters() if tensor.requires_grad}
    assert twin.learned.keys() == learns
    twin.load_state_dict(made.state_dict())
    twin(sequences(8), training=True)
    now = twin.state_dict()
    moved = [
        name for name, tensor in made.state_dict().items() if not torch.equal(tensor, now[name])
    ]
    assert moved and not [name for name in moved if "trunk.0." in name or "trunk.1." in name]


def test_dropout_draws_from_the_number_of_its_step():
    settings = {"width": 16, "dropout": 0.5}
    twin = Twin("lstm", CLASSES, FEATURES, settings)
    twin.load_state_dict(in_pytorch("lstm", settings).state_dict())

    def drawn(number: int) -> np.ndarray:
        twin.start_step(number)
        return twin(sequences(), training=True).numpy()

    assert np.array_equal(drawn(7), drawn(7))
    assert not np.array_equal(drawn(7), drawn(8))
    for layer in twin.dropouts():
        layer.p = 0.0
    np.testing.assert_allclose(drawn(9), twin.answer(sequences()), atol=1e-6)


def test_what_cannot_be_is_named():
    with pytest.raises(ValueError, match="net: 'conv_transformer' is none of hybrid, lstm"):
        Twin("conv_transformer", CLASSES, FEATURES, {})
    with pytest.raises(ValueError, match="image_network: 'sequential' is none of efficientnet_b0"):
        Twin("sequence_as_picture", CLASSES, FEATURES, {"image_network": "sequential"})
    with pytest.raises(ValueError, match=r"network\.encoder.*no such weight"):
        Twin("lstm", CLASSES, FEATURES, {}).load_state_dict({})


def test_the_registry_says_which_there_are():
    for name in names("sequences"):
        there = name in ("lstm", "transformer", "hybrid", "sequence_as_picture")
        assert ("tensorflow" in network(name).frameworks) == there
