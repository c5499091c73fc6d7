"""Every registered network: its shapes, its start weights, and that it can learn."""

import pytest
import torch
import torch.nn.functional as F

from asl.nets.load import build_eyes, take_weights
from asl.nets.registry import network, networks
from asl.nets.two_eyes import TwoEyes

PICTURE_NETWORKS = sorted(name for name, spec in networks().items() if spec.picture_size)


def example(name: str, count: int) -> torch.Tensor:
    size = network(name).picture_size
    return torch.randn(count, 3, 64, 64) if size else torch.randn(count, 21, 3)


@pytest.mark.parametrize("name", sorted(networks()))
def test_logits_have_one_column_a_class(name):
    built = network(name).build(7).eval()
    assert built(example(name, 3)).shape == (3, 7)


@pytest.mark.parametrize("name", sorted(networks()))
def test_overfits_one_small_batch(name):
    torch.manual_seed(0)
    built = network(name).build(4, dropout=0.0)
    inputs, target = example(name, 8), torch.arange(8) % 4
    optimizer = torch.optim.Adam(built.parameters(), 1e-3)
    for _step in range(200):
        logits = built(inputs)
        if (logits.argmax(1) == target).all():
            return
        optimizer.zero_grad()
        F.cross_entropy(logits, target).backward()
        optimizer.step()
    pytest.fail("200 steps were not enough for 8 examples")


def test_parameter_counts_are_those_of_the_published_networks():
    # Without classifiers: B0 5,288,548 and Lite0 4,652,008 less 1,281,000 each.
    counts = {
        name: sum(p.numel() for p in network(name).build(2).trunk.parameters())
        for name in PICTURE_NETWORKS
    }
    assert counts["efficientnet_b0"] == 4_007_548
    assert counts["efficientnet_lite0"] == 3_371_008


def test_imagenet_weights_fill_every_layer_of_lite0():
    fresh, started = (network("efficientnet_lite0").build(2, start=s) for s in ("none", "imagenet"))
    for (name, before), after in zip(
        fresh.trunk.named_parameters(), started.trunk.parameters(), strict=True
    ):
        assert not torch.equal(before, after), name


def test_b0_takes_over_the_convolutions_of_lite0(tmp_path):
    from safetensors.torch import save_file

    lite = build_eyes("efficientnet_lite0", 5, "imagenet")
    save_file(lite.state_dict(), tmp_path / "weights.safetensors")
    b0 = build_eyes("efficientnet_b0", 5, tmp_path / "weights.safetensors")
    stem = "picture_net.trunk.0.0.weight"
    assert torch.equal(b0.state_dict()[stem], lite.state_dict()[stem])


def test_weights_that_do_not_fit_are_refused(tmp_path):
    from safetensors.torch import save_file

    save_file({"other": torch.zeros(2, 2)}, tmp_path / "weights.safetensors")
    with pytest.raises(ValueError, match="nothing in"):
        take_weights(build_eyes("hand_landmarks", 3), tmp_path / "weights.safetensors")
    with pytest.raises(ValueError, match="missing"):
        take_weights(build_eyes("hand_landmarks", 3), tmp_path / "none.safetensors")


def test_unknown_network_names_those_that_there_are():
    with pytest.raises(ValueError, match=r"'resnet' is none of .*efficientnet_b0"):
        network("resnet")


def test_a_network_cannot_start_from_weights_it_does_not_have():
    with pytest.raises(ValueError, match="init"):
        build_eyes("efficientnet_lite0", 3, "elsewhere")


class TestTwoEyes:
    def test_without_a_hand_the_landmarks_do_not_matter(self):
        torch.manual_seed(0)
        eyes = build_eyes("efficientnet_lite0", 4).eval()
        picture = torch.randint(0, 256, (2, 64, 64, 3), dtype=torch.uint8)
        nothing, hand = torch.zeros(2), torch.ones(2)
        joints = torch.randn(2, 21, 3)
        with torch.no_grad():
            blind = eyes(picture, joints, nothing)[0]
            assert torch.equal(blind, eyes(picture, -joints, nothing)[0])
            assert not torch.equal(blind, eyes(picture, joints, hand)[0])

    def test_pictures_are_normalised_as_imagenet_networks_expect(self):
        eyes = TwoEyes(torch.nn.Identity(), None)
        white = eyes.normalise(torch.full((1, 2, 2, 3), 255, dtype=torch.uint8))
        assert white[0, :, 0, 0].tolist() == pytest.approx([2.2489, 2.4286, 2.64], abs=1e-3)

    def test_needs_a_network(self):
        with pytest.raises(ValueError, match="neither"):
            TwoEyes(None, None)
