"""Every registered network: its shapes, its start weights, and that it can learn."""

import pytest
import torch
import torch.nn.functional as F

from asl.nets.pictures.build import build_networks
from asl.nets.pictures.channel_attention import ChannelAttention
from asl.nets.pictures.fused import FusedNetwork
from asl.nets.registry import network, networks
from asl.nets.weights import take_weights


def example(name: str, count: int) -> torch.Tensor:
    spec = network(name)
    if spec.picture_size is None:
        return torch.randn(count, 21, 3)
    size = 64 if spec.any_size else spec.picture_size
    return torch.randn(count, len(spec.mean), size, size)


def parameters(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize("name", sorted(networks("pictures")))
def test_logits_have_one_column_a_class(name):
    built = network(name).build(7).eval()
    assert built(example(name, 3)).shape == (3, 7)


SETTINGS = {name: {} for name in networks("pictures")} | {
    "channel_attention by channel": {"attend": "channel"},
    "efficientnet_lite0 with AlexNet's head": {"head": "conv"},
}


@pytest.mark.parametrize(("case", "settings"), SETTINGS.items(), ids=SETTINGS)
def test_overfits_one_small_batch(case, settings):
    torch.manual_seed(0)
    spec = network(case.split()[0])
    if "dropout" in spec.settings():
        settings = {"dropout": 0.0, **settings}
    # Without norms, a network that starts from nothing learns by luck, and not on every processor.
    start, rate = ("hands", 3e-4) if "hands" in spec.starts else ("none", 1e-3)
    built = spec.build(4, start, **settings)
    if case.startswith("alexnet"):  # its convolutions stay as they start; these are no trained ones
        built.trunk[0].requires_grad_(False)
    inputs, target = example(spec.name, 8), torch.arange(8) % 4
    optimizer = torch.optim.Adam(built.parameters(), rate)
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
    assert parameters(network("efficientnet_b0").build(2).trunk) == 4_007_548
    assert parameters(network("efficientnet_lite0").build(2).trunk) == 3_371_008


@pytest.mark.parametrize(
    ("name", "classes", "expected"),
    [("sign_convnet", 26, 105_082), ("gesture_cnn", 9, 7_533)],
)
def test_parameter_counts_are_those_of_the_sources(name, classes, expected):
    assert parameters(network(name).build(classes)) == expected


def test_alexnet_features_are_256_by_6_by_6_and_its_head_has_607113_parameters():
    built = network("alexnet_features").build(9).eval()
    assert built.trunk(torch.zeros(1, 3, 224, 224)).shape == (1, 256, 6, 6)
    assert parameters(built.classifier) == 607_113


def test_every_head_stands_on_every_trunk():
    for name, spec in networks("pictures").items():
        if "head" in spec.settings():
            for head in ("linear", "conv"):
                assert spec.build(5, head=head).eval()(example(name, 2)).shape == (2, 5)
    with pytest.raises(ValueError, match="head: 'round' is none of linear, conv"):
        network("efficientnet_lite0").build(5, head="round")


def test_channels_are_settings_of_gesture_cnn():
    best = network("gesture_cnn").build(9, channels=(12, 24, 24))
    assert [p.shape[0] for p in best.parameters() if p.ndim == 4] == [12, 24, 24]


def test_settings_that_a_network_does_not_have_are_named():
    with pytest.raises(ValueError, match=r"'depth'; it has: channels, hidden"):
        network("gesture_cnn").check({"depth": 3})
    for spec in networks("pictures").values():
        assert spec.own == tuple(spec.settings()), spec.name


class TestChannelAttention:
    @pytest.mark.parametrize("attend", ["mean", "channel"])
    def test_shows_a_weight_for_each_colour(self, attend):
        torch.manual_seed(0)
        built = ChannelAttention(5, attend=attend).eval()
        pictures = example("channel_attention", 4)
        logits, weights = built.explain(pictures)
        assert torch.equal(logits, built(pictures))
        assert weights.shape == (4, 3)
        assert ((weights > 0) & (weights < 1)).all()

    def test_a_colour_without_weight_is_not_seen(self):
        torch.manual_seed(0)
        built = ChannelAttention(5, attend="channel").eval()
        with torch.no_grad():  # red closed, green and blue open, whatever is seen
            built.attention.weight.zero_()
            built.attention.bias.copy_(torch.tensor([-100.0, 100.0, 100.0]))
            pictures = example("channel_attention", 2)
            other = pictures.clone()
            other[:, 0] += 1
            assert torch.allclose(built(pictures), built(other))
            other[:, 1] += 1
            assert not torch.allclose(built(pictures), built(other))

    def test_an_unknown_way_is_named(self):
        with pytest.raises(ValueError, match="attend: 'sideways'"):
            ChannelAttention(5, attend="sideways")


def test_sign_convnet_does_not_mind_how_bright_a_picture_is():
    torch.manual_seed(0)
    built = network("sign_convnet").build(5).eval()
    pictures = example("sign_convnet", 3)
    assert torch.allclose(built(pictures), built(0.3 * pictures + 0.2), atol=1e-4)
    assert built(torch.zeros(1, 1, 28, 28)).isfinite().all()


def test_imagenet_weights_fill_every_layer_of_lite0():
    fresh, started = (network("efficientnet_lite0").build(2, start=s) for s in ("none", "imagenet"))
    for (name, before), after in zip(
        fresh.trunk.named_parameters(), started.trunk.parameters(), strict=True
    ):
        assert not torch.equal(before, after), name


def test_b0_starts_from_lite0_without_a_download(monkeypatch):
    def refuse(*_, **__):
        raise OSError("no network here")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", refuse)
    lite = network("efficientnet_lite0").build(2, start="imagenet").trunk.state_dict()
    b0 = network("efficientnet_b0").build(2, start="lite0").trunk.state_dict()
    assert lite.keys() < b0.keys()
    assert all(torch.equal(b0[name], tensor) for name, tensor in lite.items())
    added = b0.keys() - lite.keys()
    assert added
    assert all(".fc1." in name or ".fc2." in name for name in added)


def test_b0_takes_over_the_convolutions_of_lite0(tmp_path):
    from safetensors.torch import save_file

    lite = build_networks("efficientnet_lite0", 5, "imagenet")
    save_file(lite.state_dict(), tmp_path / "weights.safetensors")
    b0 = build_networks("efficientnet_b0", 5, tmp_path / "weights.safetensors")
    stem = "picture_net.trunk.0.0.weight"
    assert torch.equal(b0.state_dict()[stem], lite.state_dict()[stem])


def test_weights_that_do_not_fit_are_refused(tmp_path):
    from safetensors.torch import save_file

    save_file({"other": torch.zeros(2, 2)}, tmp_path / "weights.safetensors")
    with pytest.raises(ValueError, match="nothing in"):
        take_weights(build_networks("hand_landmarks", 3), tmp_path / "weights.safetensors")
    with pytest.raises(ValueError, match="missing"):
        take_weights(build_networks("hand_landmarks", 3), tmp_path / "none.safetensors")


def test_start_weights_that_are_broken_or_no_numbers_are_refused(tmp_path):
    from safetensors.torch import save_file

    file = tmp_path / "weights.safetensors"
    file.write_bytes(b"\xff" * 64)
    with pytest.raises(ValueError, match="cannot be read"):
        take_weights(build_networks("hand_landmarks", 3), file)
    state = build_networks("hand_landmarks", 3).state_dict()
    name = next(name for name, tensor in state.items() if tensor.ndim > 1)
    save_file({name: torch.full_like(state[name], float("nan"))}, file)
    with pytest.raises(ValueError, match="no numbers"):
        take_weights(build_networks("hand_landmarks", 3), file)


def test_unknown_network_names_those_that_there_are():
    with pytest.raises(ValueError, match=r"'resnet' is none of .*efficientnet_b0"):
        network("resnet")


def test_a_network_cannot_start_from_weights_it_does_not_have():
    with pytest.raises(ValueError, match="init"):
        build_networks("efficientnet_lite0", 3, "elsewhere")


class TestFusedNetwork:
    def test_without_a_hand_the_landmarks_do_not_matter(self):
        torch.manual_seed(0)
        networks = build_networks("efficientnet_lite0", 4).eval()
        picture = torch.randint(0, 256, (2, 64, 64, 3), dtype=torch.uint8)
        nothing, hand = torch.zeros(2), torch.ones(2)
        joints = torch.randn(2, 21, 3)
        with torch.no_grad():
            blind = networks(picture, joints, nothing)[0]
            assert torch.equal(blind, networks(picture, -joints, nothing)[0])
            assert not torch.equal(blind, networks(picture, joints, hand)[0])

    def test_pictures_are_normalised_as_imagenet_networks_expect(self):
        networks = FusedNetwork(torch.nn.Identity(), None)
        white = networks.normalise(torch.full((1, 2, 2, 3), 255, dtype=torch.uint8))
        assert white[0, :, 0, 0].tolist() == pytest.approx([2.2489, 2.4286, 2.64], abs=1e-3)

    def test_grey_networks_see_the_luminance(self):
        networks = build_networks("sign_convnet", 4, landmarks=False)
        picture = torch.zeros(1, 28, 28, 3, dtype=torch.uint8)
        picture[..., 1] = 255
        assert networks.normalise(picture).shape == (1, 1, 28, 28)
        assert networks.normalise(picture)[0, 0, 0, 0].item() == pytest.approx((0.587 - 0.5) / 0.25)

    def test_shows_what_its_picture_network_shows(self):
        networks = build_networks("channel_attention", 4).eval()
        assert networks.output_names == (
            "logits", "picture_logits", "landmark_logits", "channel_attention",
        )  # fmt: skip
        picture = torch.randint(0, 256, (2, 28, 28, 3), dtype=torch.uint8)
        with torch.no_grad():
            outputs = networks(picture, torch.zeros(2, 21, 3), torch.zeros(2))
        assert [one.shape[1] for one in outputs] == [4, 4, 4, 3]

    def test_needs_a_network(self):
        with pytest.raises(ValueError, match="neither"):
            FusedNetwork(None, None)
