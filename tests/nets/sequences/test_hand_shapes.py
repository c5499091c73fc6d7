"""The perceptron on hands: it reads left as right, and of what is unseen it says nothing."""

import pytest
import torch

from asl.nets.sequences.conv_transformer import ConvTransformer, ConvTransformerSettings
from asl.nets.sequences.hand_shapes import HandShapes

FIRST, JOINTS = 5, 21


def frames_of(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """(N, T, FIRST + both hands' numbers) of hands of (N, T, 21, C), with numbers before them."""
    before = torch.randn(*left.shape[:2], FIRST)
    return torch.cat([before, left.flatten(2), right.flatten(2)], 2)


@pytest.fixture(params=[2, 3])
def shapes(request) -> HandShapes:
    torch.manual_seed(0)
    return HandShapes(8, FIRST, request.param).eval()


@pytest.fixture
def hands(shapes) -> torch.Tensor:
    return torch.randn(2, 6, JOINTS, shapes.coordinates)


def test_left_hands_are_read_as_their_mirror_images(shapes, hands):
    there = torch.ones(2, 6, dtype=torch.bool)
    mirror = hands * torch.tensor([-1.0, 1.0, 1.0][: shapes.coordinates])
    left, right = shapes(frames_of(mirror, hands), there).chunk(2, 2)
    assert left.shape == (2, 6, 8)
    torch.testing.assert_close(left, right)


def test_what_is_not_seen_says_nothing_and_changes_no_statistics(shapes, hands):
    there = torch.tensor([[True] * 6, [True] * 3 + [False] * 3])
    said = shapes(frames_of(torch.zeros_like(hands), hands), there)
    assert not said[..., :8].any() and not said[1, 3:].any() and said[1, :3, 8:].any()
    shapes.train()
    shapes(frames_of(torch.zeros_like(hands), hands), there)
    seen = torch.cat([hands[0], hands[1, :3]])
    torch.testing.assert_close(
        shapes.norms[0].norm.running_mean[: JOINTS * shapes.coordinates],
        0.1 * seen.flatten(1).mean(0),
    )


def test_distances_stay_where_a_hand_is_turned(shapes, hands):
    angle = torch.tensor(0.7)
    turn = torch.eye(shapes.coordinates)
    turn[:2, :2] = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()]).view(2, 2)
    count = JOINTS * (JOINTS - 1) // 2
    before, after = (shapes._described(one)[..., -count:] for one in (hands, hands @ turn))
    torch.testing.assert_close(before, after)


def test_joints_in_one_place_have_a_gradient(shapes):
    hands = torch.ones(1, 2, JOINTS, shapes.coordinates, requires_grad=True)
    shapes(frames_of(hands, hands), torch.ones(1, 2, dtype=torch.bool)).sum().backward()
    assert torch.isfinite(hands.grad).all()


def test_the_default_network_takes_them_in():
    settings = ConvTransformerSettings(width=16, depth=1, shape_width=4, own_boxes_at=FIRST)
    network = ConvTransformer(3, FIRST + 2 * JOINTS * 2, settings)
    assert network.stem.in_features == FIRST + 2 * JOINTS * 2 + 2 * 4
    frames = frames_of(torch.randn(2, 6, JOINTS, 2), torch.randn(2, 6, JOINTS, 2))
    there = torch.ones(2, 6, dtype=torch.bool)
    assert network(frames, there).shape == (2, 3)


@pytest.mark.parametrize("wrong", [{"shape_width": -1}, {"coordinates": 4}, {"own_boxes_at": 1.5}])
def test_settings_that_cannot_be_are_named(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ConvTransformerSettings(**wrong)
