"""Lengths and mean positions by sign."""

from __future__ import annotations

import numpy as np
import pytest

from asl.data.sequences.layout import SOURCE
from asl.data.sequences.statistics import LengthStatistics, length_statistics, mean_positions


def test_lengths_of_each_sign():
    found = length_statistics([10, 20, 60, 7], ["b", "b", "b", "a"])
    assert found[0] == LengthStatistics("a", 1, 7, 7, 7.0, 7.0, 0.0)
    assert found[1].sign == "b" and found[1].count == 3
    assert (found[1].shortest, found[1].longest) == (10, 60)
    assert (found[1].mean, found[1].median) == (30.0, 20.0)
    assert found[1].deviation == pytest.approx(np.std([10, 20, 60]))
    assert length_statistics([], []) == []
    with pytest.raises(ValueError, match="1 for 2"):
        length_statistics([1, 2], ["a"])


def test_positions_of_hands_and_face_of_each_sign():
    points = np.full((4, len(SOURCE), 3), np.nan, np.float32)
    points[:, SOURCE.part("face"), :2] = (0.5, 0.2)
    points[0, SOURCE.part("left_hand"), :2] = (0.7, 0.5)
    points[1, SOURCE.part("left_hand")[:7], :2] = (0.9, 0.5)
    alone = np.full_like(points, np.nan)
    alone[2, SOURCE.part("right_hand")[0]] = (0.25, 0.75, 9)
    first, second = mean_positions(iter([("b", points), ("a", alone), ("b", points)]), SOURCE)
    assert (first.sign, first.left_hand, first.right_hand, first.face) == (
        "a", None, (0.25, 0.75), None,
    )  # fmt: skip
    # Each landmark that was seen counts once, not each frame.
    assert second.left_hand == pytest.approx((0.75, 0.5))
    assert second.right_hand is None
    assert second.face == pytest.approx((0.5, 0.2))
    with pytest.raises(ValueError, match="shape"):
        mean_positions([("a", points[:, :5])], SOURCE)


def test_real_positions_are_the_means_of_all_that_was_seen(asl_data):
    from asl.data.sequences.packed import read_packed

    packed = read_packed(asl_data / "islr/all_sequences.npz")
    some = [(packed.signs[n], packed.read(n, SOURCE)) for n in range(0, 747, 15)]
    found = mean_positions(some, SOURCE)
    assert [one.sign for one in found] == ["hello", "thankyou"]
    for one in found:
        together = np.concatenate([points for sign, points in some if sign == one.sign])
        for part in ("left_hand", "right_hand", "face"):
            expected = np.nanmean(together[:, SOURCE.part(part), :2].astype(float), (0, 1))
            assert getattr(one, part) == pytest.approx(expected)
            assert 0 < min(expected) <= max(expected) < 1
