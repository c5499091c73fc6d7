"""What stays as it is of a trunk is run once over every picture, on any number of threads."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from asl.data.pictures.examples import Examples
from asl.nets.pictures.fused import FusedNetwork
from asl.nets.pictures.trunk import TrunkNetwork
from asl.training.pictures.features import center_crop, frozen_features, frozen_part
from asl.training.settings import AugmentSettings

COUNT, SIZE = 150, 16


def fused(head: str = "linear") -> FusedNetwork:
    """A trunk of two convolutions, and a head."""
    torch.manual_seed(0)
    stages = torch.nn.Sequential(
        torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, 2), torch.nn.ReLU6()),
        torch.nn.Sequential(torch.nn.Conv2d(4, 6, 3, 2), torch.nn.ReLU6()),
    )
    return FusedNetwork(TrunkNetwork(stages, 6, 3, head, 0.0), None)


@pytest.fixture
def examples() -> Examples:
    """More of them than are changed at once."""
    crops = np.random.default_rng(0).integers(0, 256, (COUNT, 20, 20, 3), np.uint8)
    names = np.arange(COUNT).astype(str)
    return Examples(
        crops, crops[::-1], np.zeros((COUNT, 21, 3), np.float32), np.zeros(COUNT, bool),
        names, names, names, names,
    )  # fmt: skip


@pytest.fixture(params=[1, 3])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def features(examples: Examples, networks: FusedNetwork, stages: int, cache: Path, told=None):
    return frozen_features(
        examples, networks, stages, SIZE, 2, AugmentSettings(), 5, cache,
        *([told] if told else []),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("head", "stages", "shape"),
    [("linear", 1, (4, 7, 7)), ("linear", 2, (6, 1, 1)), ("conv", 2, (6, 3, 3))],
)
def test_they_are_what_prediction_sees(examples, threads, tmp_path, head, stages, shape):
    networks, done = fused(head), []
    found = features(examples, networks, stages, tmp_path, lambda *step: done.append(step))
    assert torch.get_num_threads() == threads
    assert done[-1] == (3 * COUNT, 3 * COUNT) and done == sorted(done)
    assert found.clean.shape == (COUNT, *shape)
    assert found.augmented.shape == (2, COUNT, *shape)
    pictures = networks.normalise(torch.from_numpy(center_crop(examples.crops, SIZE)))
    trunk, head_net = networks.picture_net.trunk, networks.picture_net.classifier
    with torch.no_grad():
        expected = frozen_part(networks.picture_net, stages)(pictures)
        said = head_net(trunk[stages:](torch.tensor(found.clean).float()))
        wanted = networks.picture_net.eval()(pictures)
    np.testing.assert_allclose(found.clean, expected, rtol=2e-3, atol=2e-3)
    torch.testing.assert_close(said, wanted, rtol=5e-3, atol=5e-3)


def test_they_are_the_same_on_any_number_of_threads(examples, tmp_path):
    before, found = torch.get_num_threads(), []
    for count in (1, 4):
        torch.set_num_threads(count)
        found.append(features(examples, fused(), 2, tmp_path / str(count)))
    torch.set_num_threads(before)
    np.testing.assert_array_equal(found[0].augmented, found[1].augmented)
    np.testing.assert_array_equal(found[0].clean, found[1].clean)


def test_nothing_is_left_of_those_that_were_stopped(examples, tmp_path, threads):
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        features(examples, fused(), 2, tmp_path, stop)
    assert torch.get_num_threads() == threads
    assert not list(tmp_path.iterdir())


def test_each_set_of_pictures_has_its_own_and_is_read_for_them_once(examples, tmp_path):
    first = features(examples, fused(), 2, tmp_path)
    changed = examples.crops.copy()
    changed[-1, 0, 0, 0] ^= 255
    other = features(replace(examples, crops=changed), fused(), 2, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    np.testing.assert_array_equal(other.clean[:-1], first.clean[:-1])
    examples.crops.fill(0)  # what they held is known by now
    again = features(examples, fused(), 2, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    np.testing.assert_array_equal(again.clean, first.clean)
