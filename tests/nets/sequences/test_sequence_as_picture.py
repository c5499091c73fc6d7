"""A sequence drawn as a picture: what stands where, and what stays as it started."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from asl.nets.registry import network
from asl.nets.sequences.sequence_as_picture import PictureSettings, SequenceAsPicture, stretch


def whole(frames: torch.Tensor) -> torch.Tensor:
    return torch.ones(frames.shape[:2], dtype=torch.bool)


@settings(max_examples=60, deadline=None)
@given(length=st.integers(1, 100), count=st.integers(1, 64), seed=st.integers(0, 1000))
def test_stretching_is_that_of_pytorch(length, count, seed):
    frames = torch.randn(2, length, 3, generator=torch.Generator().manual_seed(seed))
    expected = F.interpolate(frames.transpose(1, 2), count, mode="linear").transpose(1, 2)
    assert torch.allclose(stretch(frames, whole(frames), count), expected, atol=1e-4)


def test_each_sequence_is_stretched_by_itself():
    frames = torch.arange(8.0).view(1, 8, 1).repeat(2, 1, 1)
    there = torch.arange(8) < torch.tensor([8, 2])[:, None]
    assert stretch(frames, there, 4)[..., 0].tolist() == [[0.5, 2.5, 4.5, 6.5], [0, 0.25, 0.75, 1]]


@pytest.mark.parametrize("coordinates", [2, 3])
def test_coordinates_are_channels_joints_rows_and_frames_columns(coordinates):
    built = SequenceAsPicture(
        2, 4 * coordinates, PictureSettings(coordinates, start="none", side=32)
    )
    joints = torch.zeros(1, 8, 4, coordinates)
    joints[0, :, :, 0] = torch.arange(4.0)  # x tells the joint
    joints[0, :, :, 1] = torch.arange(8.0)[:, None]  # y tells the frame
    if coordinates == 3:
        joints[..., 2] = 5
    frames = joints.flatten(2)
    picture = built.picture(frames, whole(frames))
    assert picture.shape == (1, 3, 32, 32)
    # A joint is 8 rows high and a frame 4 columns wide; their middles hold what they hold.
    x, y, z = picture[0]
    assert x[[0, -1], 5].tolist() == [0, 3] and torch.equal(x, x[:, :1].expand(32, 32))
    assert y[5, [0, -1]].tolist() == [0, 7] and torch.equal(y, y[:1].expand(32, 32))
    assert (z == (5 if coordinates == 3 else 0)).all()


def test_starts_from_weights_trained_on_pictures():
    built = SequenceAsPicture(7, 12)
    trained = network("efficientnet_lite0").build(7, "imagenet")
    assert built.side == network("efficientnet_lite0").picture_size
    for own, other in zip(
        built.network.trunk.parameters(), trained.trunk.parameters(), strict=True
    ):
        assert torch.equal(own, other)


def test_frozen_stages_stay_as_they_start():
    torch.manual_seed(0)
    built = SequenceAsPicture(3, 12, PictureSettings(side=32, frozen=2)).train()
    before = {name: one.clone() for name, one in built.network.trunk.state_dict().items()}
    learning = [one for one in built.parameters() if one.requires_grad]
    optimizer = torch.optim.SGD(learning, 0.1)
    frames = torch.randn(4, 6, 12)
    F.cross_entropy(built(frames, whole(frames)), torch.tensor([0, 1, 2, 0])).backward()
    optimizer.step()
    for name, one in built.network.trunk.state_dict().items():
        stays = name.startswith(("0.", "1."))
        assert torch.equal(one, before[name]) == stays, name


def test_any_image_network_in_colour_will_do():
    chosen = PictureSettings(image_network="channel_attention", start="none", side=None)
    built = SequenceAsPicture(3, 12, chosen)
    frames = torch.randn(2, 6, 12)
    assert built.eval()(frames, whole(frames)).shape == (2, 3)
    assert built.side == 28
