"""Gaps, resampling, pooling, and sequences brought to one length."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.data.sequences.layout import seen
from asl.data.sequences.lengths import (
    RATE,
    Length,
    at_moments,
    evenly,
    fill_gaps,
    fit_length,
    pool,
    resample,
)

NAN = np.nan


def path(*x):
    """One landmark whose x is given and whose y is ten times that."""
    return np.array([[[one, 10 * one]] for one in x], np.float32)


@pytest.mark.parametrize(
    ("before", "longest", "after"),
    [
        ((0, NAN, 2), 3, (0, 1, 2)),
        ((0, NAN, NAN, NAN, 4), 3, (0, 1, 2, 3, 4)),
        ((0, NAN, NAN, NAN, NAN, 5), 3, (0, NAN, NAN, NAN, NAN, 5)),
        ((NAN, 1, NAN, 3, NAN), 3, (NAN, 1, 2, 3, NAN)),
        ((0, NAN, 2), 0, (0, NAN, 2)),
        ((NAN, NAN), 3, (NAN, NAN)),
    ],
    ids=["one", "as long as allowed", "too long", "at the ends", "none allowed", "never seen"],
)
def test_short_gaps_between_are_filled(before, longest, after):
    np.testing.assert_allclose(fill_gaps(path(*before), longest), path(*after))


@given(st.integers(0, 10_000), st.integers(0, 5))
def test_filling_is_what_interpolating_each_landmark_gives(seed, longest):
    random = np.random.default_rng(seed)
    points = random.normal(size=(14, 4, 3)).astype(np.float32)
    points[random.random((14, 4)) < 0.5] = NAN
    before = points.copy()
    filled = fill_gaps(points, longest)
    np.testing.assert_array_equal(points, before)
    known = seen(points)
    for row in range(4):
        at = np.flatnonzero(known[:, row])
        for start, end in pairwise(at):
            between = np.arange(start + 1, end)
            if len(between) and end - start - 1 <= longest:
                for axis in range(3):
                    line = np.interp(between, [start, end], points[[start, end], row, axis])
                    np.testing.assert_allclose(filled[between, row, axis], line, atol=1e-5)
            else:
                assert np.isnan(filled[between, row]).all()


@pytest.mark.parametrize(
    ("filling", "frames", "expected", "real"),
    [
        ("pad", 4, (0, 1, NAN, NAN), (1, 1, 0, 0)),
        ("repeat", 4, (0, 1, 1, 1), (1, 1, 1, 1)),
        ("pool", 4, (0, 0, 1, 1), (1, 1, 1, 1)),
        ("mask", 4, (0, 1), (1, 1)),
        ("pad", 1, (0.5,), (1,)),
        ("repeat", 1, (0.5,), (1,)),
        ("pool", 1, (0.5,), (1,)),
        ("mask", 1, (0.5,), (1,)),
    ],
)
def test_every_way_to_one_length(filling, frames, expected, real):
    fitted = fit_length(path(0, 1), Length(frames, filling))
    np.testing.assert_allclose(fitted.points, path(*expected))
    assert fitted.real.tolist() == [bool(one) for one in real]
    assert (fitted.before, fitted.empty, fitted.after) == (2, 0, len(expected))


def test_empty_frames_go_and_are_counted():
    points = path(NAN, NAN, 0, NAN, 2, NAN)
    fitted = fit_length(points, Length(8, "mask"))
    np.testing.assert_allclose(fitted.points, path(0, 1, 2))
    assert (fitted.before, fitted.empty, fitted.after) == (6, 3, 3)
    kept = fit_length(points, Length(8, "mask", drop_empty=False))
    assert (kept.before, kept.empty, kept.after) == (6, 0, 6)


def test_long_ones_are_resampled_or_averaged():
    long = path(*range(9))
    np.testing.assert_allclose(fit_length(long, Length(5, "mask")).points, path(0, 2, 4, 6, 8))
    np.testing.assert_allclose(fit_length(long, Length(3, "pad")).points, path(1, 4, 7))


@given(st.integers(1, 40), st.integers(1, 40))
def test_pooling_divides_as_adaptive_average_pooling_does(count, frames):
    torch = pytest.importorskip("torch")
    points = np.random.default_rng(count).normal(size=(count, 2, 2)).astype(np.float32)
    flat = torch.from_numpy(points.reshape(count, 4)).T[None]
    expected = torch.nn.functional.adaptive_avg_pool1d(flat, frames)[0].T.reshape(frames, 2, 2)
    np.testing.assert_allclose(pool(points, frames), expected.numpy(), atol=1e-5)


def test_pooling_counts_only_what_was_seen():
    np.testing.assert_allclose(pool(path(1, NAN, NAN, NAN), 2), path(1, NAN))


@given(st.integers(1, 30), st.integers(1, 60))
def test_resampling_a_straight_movement_keeps_it_straight(count, frames):
    moved = resample(path(*range(count)), frames)
    expected = np.linspace(0, count - 1, frames) if frames > 1 else [(count - 1) / 2]
    np.testing.assert_allclose(moved[:, 0, 0], expected, atol=1e-4)


def test_any_moments_can_be_looked_at():
    points = np.array([0.0, 1.0, 4.0], np.float32)[:, None, None] * np.ones((1, 1, 2), np.float32)
    found = at_moments(points, np.array([2.0, 1.5, 0.25, 0.0]))
    np.testing.assert_allclose(found[:, 0, 0], [4, 2.5, 0.25, 0])


def test_resampling_takes_the_nearer_frame_where_one_is_unseen():
    moved = resample(path(0, NAN, 4), 5)[:, 0, 0]
    np.testing.assert_allclose(moved, (0, NAN, NAN, 4, 4))
    np.testing.assert_array_equal(resample(path(0, NAN, 4), 3), path(0, NAN, 4))


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"frames": 0}, "frames: 0"),
        ({"frames": 2.0}, "frames: 2.0"),
        ({"filling": "stretch"}, "'stretch'"),
        ({"gap": -1}, "gap: -1"),
    ],
)
def test_settings_check_themselves(settings, named):
    with pytest.raises(ValueError, match=named):
        Length(**settings)


def test_what_is_no_sequence_is_refused():
    with pytest.raises(ValueError, match="nothing is seen"):
        fit_length(path(NAN, NAN), Length())
    for shape in ((0, 3, 2), (3, 2), (3, 3, 1)):
        with pytest.raises(ValueError, match="shape"):
            fill_gaps(np.zeros(shape), 3)
    for change in (pool, resample):
        with pytest.raises(ValueError, match="frames: 0"):
            change(path(1), 0)


@given(
    st.lists(st.floats(0.01, 0.4), min_size=0, max_size=20),
    st.floats(0, 100),
    st.floats(-5, 5),
)
def test_what_moves_evenly_does_so_at_any_pace(steps, start, speed):
    seconds = start + np.cumsum([0.0, *steps])
    points = (speed * (seconds - start))[:, None, None].repeat(2, 2).astype(np.float32)
    found, even = evenly(points, seconds)
    assert even[0] == seconds[0] and abs(even[-1] - seconds[-1]) <= 0.5 / RATE + 1e-6
    np.testing.assert_allclose(np.diff(even), 1 / RATE)
    inside = even <= seconds[-1]
    np.testing.assert_allclose(
        found[inside, 0, 0], speed * (even - start)[inside], atol=1e-4 * (1 + abs(speed))
    )


def test_nothing_is_known_where_frames_lie_far_apart():
    found, even = evenly(path(0, 1, 2, 3), np.array([0.0, 0.4, 1.2, 1.24]))
    between = (even > 0.401) & (even < 1.199)
    assert np.isnan(found[between]).all() and np.isfinite(found[~between]).all()
