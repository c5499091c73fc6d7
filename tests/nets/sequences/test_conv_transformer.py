"""The default network: as large as its source, causal, and dropping as it says."""

import pytest
import torch
import torch.nn.functional as F
from torchvision.ops import StochasticDepth

from asl.nets.sequences.conv_transformer import (
    AttentionBlock,
    ConvBlock,
    ConvTransformer,
    ConvTransformerSettings,
)


def conv_block(kernel: int, expansion: int, drop_path: float) -> ConvBlock:
    settings = ConvTransformerSettings(
        width=4, kernel=kernel, expansion=expansion, drop_path=drop_path
    )
    return ConvBlock(settings)


def test_counts_as_many_numbers_as_the_winner_of_asl_signs():
    network = ConvTransformer(250, 708)
    parameters = sum(p.numel() for p in network.parameters())
    # Keras counts running means and variances, and the step counter of the late dropout, too;
    # PyTorch's norms also count their batches, which Keras' do not.
    kept = {name: one.numel() for name, one in network.named_buffers()}
    statistics = sum(n for name, n in kept.items() if name.endswith(("_mean", "_var")))
    assert (parameters, statistics, kept["dropout.steps"]) == (1_830_040, 6_528, 1)
    assert parameters + statistics + kept["dropout.steps"] == 1_836_569


def test_is_three_convolutions_and_attention_twice():
    network = ConvTransformer(250, 708)
    assert [type(block) for block in network.blocks] == [*[ConvBlock] * 3, AttentionBlock] * 2
    assert {one.convolution.kernel_size for one in network.blocks[:3]} == {(17,)}
    assert {one.p for one in network.modules() if isinstance(one, StochasticDepth)} == {0.2}
    assert (network.dropout.p, network.dropout.begin) == (0.8, 0)


def test_settings_change_its_size():
    small = ConvTransformerSettings(width=16, depth=1, convolutions=2, kernel=5, dropout_begin=9)
    network = ConvTransformer(3, 4, small)
    assert [type(block) for block in network.blocks] == [ConvBlock, ConvBlock, AttentionBlock]
    assert network.blocks[0].convolution.weight.shape == (32, 1, 5)
    assert network.dropout.begin == 9


@pytest.mark.parametrize("changed", [3, 7, 19])
def test_convolutions_look_back_only_and_no_further_than_their_kernel(changed):
    torch.manual_seed(0)
    block = conv_block(kernel=5, expansion=2, drop_path=0.0).eval()
    with torch.no_grad():
        block.neighbours.weight.zero_()  # else channel attention sees all frames
        frames, there = torch.randn(1, 20, 4), torch.ones(1, 20, dtype=torch.bool)
        other = frames.clone()
        other[:, changed] += 1
        differs = (block(frames, there) != block(other, there)).any(2)[0]
    assert differs.nonzero().flatten().tolist() == [*range(changed, min(changed + 5, 20))]


def test_channel_attention_weighs_channels_by_the_means_of_their_neighbours():
    torch.manual_seed(0)
    block = conv_block(kernel=3, expansion=4, drop_path=0.0).eval()
    frames, there = torch.randn(1, 6, 4), torch.tensor([[True] * 5 + [False]])
    seen = {}
    block.norm.register_forward_hook(lambda _module, _inputs, out: seen.update(before=out))
    block.narrow.register_forward_hook(lambda _module, inputs, _out: seen.update(after=inputs[0]))
    with torch.no_grad():
        block(frames, there)
        means = F.pad(seen["before"][0, :5].mean(0), (2, 2)).unfold(0, 5, 1)
        weights = (means @ block.neighbours.weight.flatten()).sigmoid()
    assert torch.allclose(seen["after"], seen["before"] * weights, atol=1e-6)


def test_passing_blocks_by_leaves_frames_as_they_are():
    torch.manual_seed(0)
    there = torch.ones(200, 3, dtype=torch.bool)
    frames = torch.randn(200, 3, 4)
    block = conv_block(kernel=3, expansion=2, drop_path=0.5)
    same = (block(frames, there) == frames).all(2).all(1)
    assert 60 < same.sum() < 140
    assert not (block.eval()(frames, there) == frames).all(2).all(1).any()
