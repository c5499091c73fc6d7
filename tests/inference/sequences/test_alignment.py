"""Sequences laid over each other in time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.inference.sequences.alignment import align, distances


def between(one, other):
    return np.abs(np.subtract.outer(np.asarray(one, float), np.asarray(other, float)))


@pytest.mark.parametrize(
    ("one", "other", "path"),
    [
        pytest.param([1, 2, 3], [1, 2, 3], [(0, 0), (1, 1), (2, 2)], id="the same"),
        pytest.param([1, 1, 2], [1, 2], [(0, 0), (1, 0), (2, 1)], id="slower"),
        pytest.param([1, 2], [1, 2, 2], [(0, 0), (1, 1), (1, 2)], id="faster"),
        pytest.param([5], [1, 2, 3], [(0, 0), (0, 1), (0, 2)], id="one frame"),
    ],
)
def test_paths(one, other, path):
    assert align(between(one, other)).tolist() == [list(pair) for pair in path]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=8), st.integers(1, 4))
def test_a_slower_copy_lies_on_its_original(values, times):
    cost = between(np.repeat(values, times), values)
    path = align(cost)
    assert cost[tuple(path.T)].sum() == 0


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 1000))
def test_a_path_leads_from_end_to_end_in_small_steps(rows, columns, seed):
    cost = np.random.default_rng(seed).random((rows, columns))
    path = align(cost)
    assert path[0].tolist() == [0, 0] and path[-1].tolist() == [rows - 1, columns - 1]
    steps = np.diff(path, axis=0)
    assert ((steps >= 0) & (steps <= 1)).all() and (steps.sum(1) >= 1).all()
    # No cheaper than any other way: than all down and then all across, say.
    assert weighed(cost, path) <= cost[:, 0].sum() + cost[0, 0] + cost[-1, 1:].sum() + 1e-9


def weighed(cost, path):
    steps = np.vstack([[1, 1], np.diff(path, axis=0)]).sum(1)
    return (cost[tuple(path.T)] * steps).sum()


@given(st.integers(1, 7), st.integers(1, 7), st.integers(0, 1000))
def test_distances_are_what_the_cheapest_way_costs(rows, columns, seed):
    costs = np.random.default_rng(seed).random((rows, columns, 2, 3))
    found = distances(costs)
    assert found.shape == (2, 3)
    for place in np.ndindex(2, 3):
        cost = costs[(..., *place)]
        assert found[place] * (rows + columns) == pytest.approx(weighed(cost, align(cost)))


@pytest.mark.parametrize(
    "cost",
    [
        np.zeros((0, 3)),
        np.zeros(3),
        np.full((2, 2), np.nan),
        -np.ones((2, 2)),
        np.zeros((3000, 3000)),
    ],
)
def test_costs_that_are_none(cost):
    with pytest.raises(ValueError, match="cost: "):
        align(cost)
