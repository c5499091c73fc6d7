"""What an answer rests on is what it falls without."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asl.data.sequences.layout import ARMS, FACE, LEFT_HAND, RIGHT_HAND, ROWS
from asl.inference.sequences import occlusion

FRAMES = 36


def looks_at(rows: Sequence[int], frames: slice = slice(None)):
    """A network that is the surer of its first sign, the more of these joints it sees."""
    asked = []

    def scores(sequences: Sequence[np.ndarray]) -> np.ndarray:
        asked.append(len(sequences))
        seen = [np.isfinite(one[frames][:, list(rows), 0]).mean() for one in sequences]
        return np.array([[3 * share, 0.0] for share in seen])

    scores.asked = asked
    return scores


def points(frames: int = FRAMES, rows: Sequence[int] = range(ROWS)) -> np.ndarray:
    made = np.full((frames, ROWS, 3), np.nan, np.float32)
    made[:, list(rows)] = np.random.default_rng(0).random((frames, len(rows), 3))
    return made


@settings(max_examples=25)
@given(start=st.integers(0, FRAMES - 6), length=st.integers(3, 6))
def test_the_moments_that_decide_are_found(start, length):
    falls = occlusion.moments(points(), looks_at(RIGHT_HAND, slice(start, start + length)), 0)
    assert falls.shape == (FRAMES,)
    assert start - 3 <= falls.argmax() < start + length + 3
    decided = occlusion.deciding(falls)
    assert decided[falls.argmax()]
    assert not decided[: max(0, start - 3)].any() and not decided[start + length + 3 :].any()


@pytest.mark.parametrize(
    ("rows", "group"), [(RIGHT_HAND, "right hand"), (LEFT_HAND, "left hand"), (FACE, "face")]
)
def test_the_joints_that_decide_come_first(rows, group):
    falls = occlusion.joints(points(), looks_at(rows), 0)
    assert next(iter(falls)) == group and falls[group] > 0.5
    assert list(falls.values()) == sorted(falls.values(), reverse=True)


def test_a_finger_is_that_of_both_hands():
    tips = (LEFT_HAND[8], RIGHT_HAND[8])
    falls = occlusion.joints(points(), looks_at(tips), 0)
    assert falls["index finger"] == pytest.approx(max(falls.values()))
    assert falls["index finger"] > falls["right hand"] > falls["middle finger"] == 0


def test_what_was_not_seen_is_left_out_and_what_leaves_nothing_tells_nothing():
    falls = occlusion.joints(points(rows=RIGHT_HAND), looks_at(RIGHT_HAND), 0)
    assert "left hand" not in falls and "face" not in falls
    # Of two signs each is then as likely as the other.
    assert falls["right hand"] == pytest.approx(np.log(2) - np.log1p(np.exp(-3)))


def test_one_frame_is_enough_and_it_decides():
    falls = occlusion.moments(points(1, RIGHT_HAND), looks_at(RIGHT_HAND), 0)
    assert occlusion.deciding(falls).tolist() == [True]


@settings(max_examples=25)
@given(
    start=st.integers(0, FRAMES - 6),
    group=st.sampled_from(["right hand", "left hand", "face", "arms"]),
)
def test_the_joints_are_found_at_the_moment_at_which_they_decide(start, group):
    rows = {"right hand": RIGHT_HAND, "left hand": LEFT_HAND, "face": FACE, "arms": ARMS}[group]
    looking = slice(start, start + 3)
    grid = occlusion.moments_and_joints(points(), looks_at(rows, looking), 0)
    assert grid.falls.shape == (len(grid.edges) - 1, len(grid.groups))
    when, which = np.unravel_index(grid.falls.argmax(), grid.falls.shape)
    assert grid.groups[which] == group
    assert grid.edges[when] < looking.stop and grid.edges[when + 1] > looking.start
    # Where the network looks at nothing, nothing is lost.
    unseen = (grid.edges[1:] <= looking.start) | (grid.edges[:-1] >= looking.stop)
    assert np.allclose(grid.falls[unseen], 0)


def test_hiding_what_was_not_seen_changes_nothing():
    made = points()
    made[:12] = np.nan
    falls = occlusion.moments(made, looks_at(RIGHT_HAND), 0)
    assert np.allclose(falls[:10], 0) and falls[14:].min() > 0
    grid = occlusion.moments_and_joints(made, looks_at(RIGHT_HAND), 0)
    assert np.allclose(grid.falls[grid.edges[1:] <= 12], 0)


def test_a_clip_of_few_frames_has_as_many_stretches_of_time():
    grid = occlusion.moments_and_joints(points(3, RIGHT_HAND), looks_at(RIGHT_HAND), 0)
    assert grid.edges.tolist() == [0, 1, 2, 3]
    assert "left hand" not in grid.groups and "face" not in grid.groups


@pytest.mark.parametrize("frames", [3, 20, 100])
def test_more_is_hidden_than_is_filled_again(frames):
    """A network that fills gaps of up to three frames, as preparation does, still misses them."""

    def fills(sequences):
        kept = []
        for one in sequences:
            missing = ~np.isfinite(one[:, RIGHT_HAND[0], 0])
            edges = np.flatnonzero(np.diff(np.concatenate([[0], missing, [0]])))
            gaps = (edges[1::2] - edges[::2])[edges[::2] > 0]
            kept.append(-float(sum(gap for gap in gaps if gap > 3)))
        return np.array([[share, 0.0] for share in kept])

    made = points(frames, RIGHT_HAND)
    if frames > 5:
        assert occlusion.moments(made, fills, 0, gap=3)[5:-5].min() > 0
        grid = occlusion.moments_and_joints(made, fills, 0, gap=3)
        assert grid.falls[1:-1].max(1).min() > 0
    else:
        assert len(occlusion.moments_and_joints(made, fills, 0, gap=3).edges) == 2


def test_long_films_are_asked_about_a_few_at_a_time():
    scores = looks_at(RIGHT_HAND)
    occlusion.joints(points(3000, (*RIGHT_HAND, *LEFT_HAND)), scores, 0)
    assert max(scores.asked) <= 2


def test_where_nothing_matters_nothing_decides():
    falls = occlusion.moments(points(), lambda given: np.zeros((len(given), 2)), 0)
    assert not occlusion.deciding(falls).any()


def test_the_network_is_asked_in_batches():
    scores = looks_at(RIGHT_HAND)
    occlusion.moments(points(400), scores, 0)
    assert len(scores.asked) <= 3 and max(scores.asked) > 8


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (np.zeros((4, 21, 3)), r"shape \(4, 21, 3\)"),
        (np.zeros((0, ROWS, 3)), "shape"),
        (np.full((4, ROWS, 3), np.nan), "no hand is seen"),
    ],
)
def test_what_is_no_sequence_is_refused(given, reason):
    for ask in (occlusion.moments, occlusion.joints, occlusion.moments_and_joints):
        with pytest.raises(ValueError, match=reason):
            ask(given, looks_at(RIGHT_HAND), 0)


def test_stretches_are_those_that_are_marked():
    marked = np.array([1, 1, 0, 0, 1, 0, 1], bool)
    assert occlusion.stretches(marked) == [(0, 2), (4, 5), (6, 7)]
    assert occlusion.stretches(np.zeros(3, bool)) == []
