"""Attention, batch norm and dropout that know which frames are there."""

import pytest
import torch
import torch.nn.functional as F

from asl.nets.sequences.attention_transformer import (
    AttentionSettings,
    AttentionTransformer,
    TransformerBlock,
)
from asl.nets.sequences.blocks import LateDropout, MaskedBatchNorm, SelfAttention, positions

ALL = torch.ones(2, 6, dtype=torch.bool)


class TestSelfAttention:
    def test_is_a_mean_of_values_weighed_by_how_well_keys_fit(self):
        torch.manual_seed(0)
        layer, frames = SelfAttention(8, heads=2).eval(), torch.randn(1, 4, 8)
        query, key, value = layer.joint(frames)[0].split(8, 1)
        heads = []
        for head in (slice(0, 4), slice(4, 8)):
            weights = (query[:, head] @ key[:, head].T / 4**0.5).softmax(1)
            heads.append(weights @ value[:, head])
        expected = layer.out(torch.cat(heads, 1))
        assert torch.allclose(layer(frames, ALL[:1, :4])[0], expected, atol=1e-6)

    def test_scale_is_a_choice(self):
        torch.manual_seed(0)
        layer, frames = SelfAttention(8, heads=2, scale=0.0).eval(), torch.randn(1, 4, 8)
        value = layer.joint(frames)[..., 16:].mean(1, keepdim=True)
        assert torch.allclose(
            layer(frames, ALL[:1, :4]), layer.out(value).expand(1, 4, 8), atol=1e-6
        )

    def test_has_8_heads_and_dropout_of_a_tenth_as_in_the_source(self):
        layer = SelfAttention(192)
        assert (layer.heads, layer.dropout.p) == (8, 0.1)

    def test_overlooks_frames_in_training_alone(self):
        torch.manual_seed(0)
        layer, frames = SelfAttention(8, heads=2, dropout=0.5), torch.randn(2, 6, 8)
        assert not torch.equal(layer(frames, ALL), layer(frames, ALL))
        layer.eval()
        assert torch.equal(layer(frames, ALL), layer(frames, ALL))

    def test_heads_must_divide_the_width(self):
        with pytest.raises(ValueError, match="heads: 3 do not divide a width of 8"):
            SelfAttention(8, heads=3)


class TestCausalMask:
    @pytest.mark.parametrize("causal", [True, False])
    def test_later_frames_change_earlier_ones_only_without_it(self, causal):
        torch.manual_seed(0)
        settings = AttentionSettings(width=16, depth=3, causal=causal)
        network = AttentionTransformer(3, 4, settings).eval()
        frames = torch.randn(2, 6, 4)
        other = frames.clone()
        other[:, 4:] += 1
        with torch.no_grad():
            before, after = network.encode(frames, ALL), network.encode(other, ALL)
        assert torch.equal(before[:, :4], after[:, :4]) == causal
        assert not torch.allclose(before[:, 4:], after[:, 4:])

    def test_earlier_frames_change_later_ones(self):
        torch.manual_seed(0)
        layer, frames = SelfAttention(8, heads=2, causal=True).eval(), torch.randn(2, 6, 8)
        other = frames.clone()
        other[:, 0] += 1
        assert not torch.allclose(layer(frames, ALL)[:, 5], layer(other, ALL)[:, 5])


def test_transformer_block_is_192_wide_with_4_heads_and_expands_4_times():
    block = TransformerBlock()
    assert block.attention.heads == 4
    assert [tuple(p.shape) for p in block.perceptron.parameters() if p.ndim == 2] == [
        (768, 192),
        (192, 768),
    ]
    assert {one.p for one in block.modules() if isinstance(one, torch.nn.Dropout)} == {0.2}


class TestMaskedBatchNorm:
    def test_padding_does_not_enter_its_statistics(self):
        torch.manual_seed(0)
        frames = torch.randn(2, 6, 3) * 4 + 7
        there = torch.arange(6) < torch.tensor([6, 2])[:, None]
        masked, plain = MaskedBatchNorm(3), torch.nn.BatchNorm1d(3)
        expected = plain(frames[there])
        frames[~there] = 1e6
        normed = masked(frames, there)
        assert torch.equal(normed[there], expected)
        assert not normed[~there].any()
        assert torch.equal(masked.norm.running_mean, plain.running_mean)
        masked.eval(), plain.eval()
        assert torch.allclose(masked(frames, there)[there], plain(frames[there]))


class TestLateDropout:
    def test_begins_after_some_steps(self):
        layer, ones = LateDropout(0.5, begin=2), torch.ones(1000)
        assert torch.equal(layer(ones), ones)
        assert torch.equal(layer.eval()(ones), ones)  # evaluation is no step
        assert torch.equal(layer.train()(ones), ones)
        assert 300 < (layer(ones) == 0).sum() < 700
        assert torch.equal(layer.eval()(ones), ones)

    def test_a_training_that_is_resumed_counts_on(self):
        first, second = LateDropout(0.5, begin=2), LateDropout(0.5, begin=2)
        first(torch.ones(1)), first(torch.ones(1))
        second.load_state_dict(first.state_dict())
        assert (second(torch.ones(1000)) == 0).any()


def test_positions_differ_and_do_not_depend_on_the_length():
    long = positions(torch.zeros(1, 400, 64))
    assert torch.equal(positions(torch.zeros(3, 7, 64)), long[:7])
    nearest = F.normalize(long, dim=1) @ F.normalize(long, dim=1).T - 2 * torch.eye(400)
    assert nearest.max() < 0.9999
    assert long[0, :32].eq(0).all() and long[0, 32:].eq(1).all()
