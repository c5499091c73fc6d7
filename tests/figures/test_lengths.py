"""Clips by sign: how many, and how long."""

import pytest

from asl.data.sequences.statistics import length_statistics
from asl.figures.sequences.lengths import lengths_by_sign

EVIL = "<a href='javascript:alert(1)'>x</a>"


def test_signs_with_fewest_clips_are_on_top_with_their_mean_length():
    found = length_statistics([10, 20, 30, 44], [EVIL, EVIL, EVIL, "no"])
    explained = lengths_by_sign(found)
    clips, lengths = explained.figure.data
    assert list(clips.x) == [1, 3] and list(lengths.x) == [44, 20]
    assert list(clips.y) == list(lengths.y) and clips.y[0] == "no"
    assert "<a" not in clips.y[1]
    assert list(lengths.error_x.array) == pytest.approx([0, 8.165], abs=1e-3)
    assert [row["sign"] for row in explained.rows] == ["no", EVIL]
    assert "1 of no at least, 3 of" in explained.alt and "longest, 44" in explained.alt


def test_without_a_sign_there_is_nothing_to_draw():
    with pytest.raises(ValueError, match="found: there is no sign"):
        lengths_by_sign([])
