"""Frames that are there come first; means and lasts are of them alone."""

import torch

from asl.nets.sequences.frames import last, masked_mean, present_first


def test_frames_that_are_there_come_first_in_their_order():
    sequences = torch.tensor(
        [[[9.0], [1.0], [9.0], [2.0], [3.0]], [[4.0], [9.0], [9.0], [9.0], [9.0]]]
    )
    mask = torch.tensor([[0, 1, 0, 1, 1], [1, 0, 0, 0, 0]])
    frames, there = present_first(sequences, mask.float())
    assert frames[..., 0].tolist() == [[1, 2, 3, 0, 0], [4, 0, 0, 0, 0]]
    assert there.tolist() == [[True, True, True, False, False], [True] + [False] * 4]


def test_without_any_frame_one_of_zeros_is_there():
    frames, there = present_first(torch.full((1, 3, 2), torch.nan), torch.zeros(1, 3).bool())
    assert torch.equal(frames, torch.zeros(1, 3, 2))
    assert there.tolist() == [[True, False, False]]


def test_many_frames_keep_their_order():
    torch.manual_seed(0)
    sequences, mask = torch.arange(2000.0).view(1, -1, 1), torch.rand(1, 2000) > 0.5
    frames, there = present_first(sequences, mask)
    assert torch.equal(frames[there], sequences[mask])


def test_mean_and_last_are_of_the_frames_that_are_there():
    frames = torch.tensor([[[1.0], [3.0], [100.0]], [[5.0], [6.0], [7.0]]])
    there = torch.tensor([[True, True, False], [True, True, True]])
    assert masked_mean(frames, there).tolist() == [[2.0], [6.0]]
    assert last(frames, there).tolist() == [[3.0], [7.0]]
