"""Geometry: what each change keeps, and what it does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.training.sequences import in_space

seeds = st.integers(0, 10_000)
angles = st.floats(-3, 3)


def clip(seed, axes=3):
    random = np.random.default_rng(seed)
    points = random.uniform(0, 1, (5, 8, axes)).astype(np.float32)
    points[random.random((5, 8)) < 0.2] = np.nan
    return points


def distances(points):
    flat = points[np.isfinite(points).all(-1)].astype(np.float64)
    return np.linalg.norm(flat[:, None] - flat[None], axis=-1)


def middle(points):
    return np.nanmean(points.astype(np.float64), (0, 1))


@given(seeds, angles, angles)
def test_tilting_keeps_all_distances_and_the_middle(seed, about_x, about_y):
    points = clip(seed)
    turned = in_space.tilt(points, about_x, about_y)
    np.testing.assert_allclose(distances(turned), distances(points), atol=1e-5)
    np.testing.assert_allclose(middle(turned), middle(points), atol=1e-5)
    np.testing.assert_array_equal(np.isnan(turned), np.isnan(points))


@given(seeds, st.floats(-1, 1))
def test_tilting_a_flat_sequence_flattens_one_direction(seed, angle):
    points = clip(seed, axes=2)
    turned = in_space.tilt(points, angle, 0)
    assert turned.shape == points.shape
    np.testing.assert_allclose(turned[..., 0], points[..., 0], atol=1e-6)
    centred, before = (one[..., 1] - middle(one)[1] for one in (turned, points))
    np.testing.assert_allclose(centred, before * np.cos(angle), atol=1e-5)


@given(seeds, st.floats(0.1, 3), st.sampled_from([2, 3]))
def test_scaling_multiplies_all_distances(seed, factor, axes):
    points = clip(seed, axes)
    scaled = in_space.scale(points, factor)
    np.testing.assert_allclose(distances(scaled), distances(points) * factor, atol=1e-4)
    np.testing.assert_allclose(middle(scaled), middle(points), atol=1e-5)


@given(seeds, st.tuples(*[st.floats(-1, 1)] * 2))
def test_shifting_moves_x_and_y_alone(seed, by):
    points = clip(seed)
    moved = in_space.shift(points, by) - points
    known = moved[np.isfinite(moved).all(-1)]
    np.testing.assert_allclose(known, np.broadcast_to((*by, 0), known.shape), atol=1e-6)


@given(seeds, st.floats(0.5, 2), angles, st.sampled_from([2, 3]))
def test_an_affine_map_without_shear_turns_and_scales(seed, factor, angle, axes):
    points = clip(seed, axes)
    changed = in_space.affine(points, factor, (0, 0), angle)
    np.testing.assert_allclose(distances(changed), distances(points) * factor, atol=1e-4)


def test_shear_moves_x_by_y():
    points = np.array([[[0, 0], [0, 1], [1, 0], [1, 1]]], np.float32)
    sheared = in_space.affine(points, 1, (0.5, 0), 0)[0]
    np.testing.assert_allclose(sheared[1] - sheared[0], (0.5, 1), atol=1e-6)
    np.testing.assert_allclose(sheared[2] - sheared[0], (1, 0), atol=1e-6)
    # Clockwise on a screen, where y points down: x becomes y.
    turned = in_space.affine(points, 1, (0, 0), np.pi / 2)[0]
    np.testing.assert_allclose(turned[2] - turned[0], (0, 1), atol=1e-6)


def test_a_square_hides_what_lies_in_it_alone():
    points = np.array([[[0.1, 0.1, 0], [0.3, 0.3, 0], [0.3, 0.9, 0], [np.nan] * 3]], np.float32)
    hidden = in_space.mask_square(points, (0.2, 0.2), 0.3)
    np.testing.assert_array_equal(np.isnan(hidden[0]).all(-1), [False, True, False, True])
    np.testing.assert_array_equal(hidden[0, [0, 2]], points[0, [0, 2]])


@given(seeds)
def test_standardised_is_of_mean_0_and_deviation_1(seed):
    found = in_space.standardise(clip(seed))
    np.testing.assert_allclose(middle(found), 0, atol=1e-5)
    np.testing.assert_allclose(np.nanstd(found.astype(np.float64), (0, 1)), 1, atol=1e-4)


def test_all_in_one_place_is_standardised_to_0():
    assert not in_space.standardise(np.full((2, 3, 3), 0.5, np.float32)).any()


def test_given_statistics_may_be_of_each_landmark():
    points = clip(0)
    mean, deviation = np.nanmean(points, 0), np.full(3, 2.0)
    found = in_space.by_statistics(points, mean, deviation)
    np.testing.assert_allclose(found, (points - mean) / 2, atol=1e-6)
    with pytest.raises(ValueError, match="deviation"):
        in_space.by_statistics(points, mean, np.array([1, 0, 1]))


@given(seeds)
def test_nothing_changes_what_it_is_given(seed):
    points = clip(seed)
    before = points.copy()
    in_space.tilt(points, 1, 1)
    in_space.shift(points, (1, 1))
    in_space.affine(points, 2, (0.1, 0), 1)
    in_space.mask_square(points, (0, 0), 1)
    in_space.standardise(points)
    np.testing.assert_array_equal(points, before)


def test_nothing_seen_stays_so():
    empty = np.full((2, 3, 3), np.nan, np.float32)
    for changed in (in_space.tilt(empty, 1, 1), in_space.standardise(empty)):
        assert np.isnan(changed).all()
