"""A range of accuracy holds what it says it holds, with few people and without mistakes too."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.evaluation.intervals import accuracy_interval


def answers(right, pictures):
    """Who is in each picture, and whether it is answered right; a number of both a person."""
    people = np.repeat([f"p{number}" for number in range(len(pictures))], pictures)
    correct = np.concatenate([np.arange(n) < k for k, n in zip(right, pictures, strict=True)])
    return correct, people


def coverage(people, pictures, mean, likeness, draws=150):
    """How often the range holds the mean over people whose accuracies follow a beta law."""
    random, spread, held = np.random.default_rng(1), 1 / likeness - 1, 0
    for _ in range(draws):
        own = random.beta(mean * spread, (1 - mean) * spread, people)
        sizes = random.integers(*pictures, people, endpoint=True)
        low, high = accuracy_interval(*answers(random.binomial(sizes, own), sizes), alike=True)
        held += low <= mean <= high
    return held / draws


@pytest.mark.parametrize("people", [2, 3, 5, 12])
@pytest.mark.parametrize(("mean", "likeness"), [(0.8, 0.3), (0.9, 0.1), (0.97, 0.3), (0.995, 0.1)])
@pytest.mark.parametrize("pictures", [(20, 20), (20, 500)], ids=["few", "unequal"])
def test_it_holds_the_mean_over_people(people, pictures, mean, likeness):
    # 95 % are promised; of 150 draws that is at least 90 % in all but one case of a hundred.
    assert coverage(people, pictures, mean, likeness) >= 0.9


@pytest.mark.parametrize("mean", [0.8, 0.97, 0.995])
@pytest.mark.parametrize("pictures", [20, 45, 500])
def test_it_holds_the_accuracy_on_pictures(pictures, mean):
    drawn = np.random.default_rng(0).binomial(pictures, mean, 2000)
    ends = [accuracy_interval(np.arange(pictures) < right) for right in range(pictures + 1)]
    assert np.mean([ends[right][0] <= mean <= ends[right][1] for right in drawn]) >= 0.94


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=8),
    st.booleans(),
    st.integers(0, 5),
)
def test_it_has_a_width_and_the_accuracy_in_it(people, alike, unknown):
    people = [(right, wrong) for right, wrong in people if right + wrong] or [(1, 0)]
    pictures = [right + wrong for right, wrong in people]
    correct, who = answers([right for right, _ in people], pictures)
    correct, who = np.r_[correct, np.ones(unknown, bool)], np.r_[who, [""] * unknown]
    low, high = accuracy_interval(correct, who, alike=alike)
    assert 0 <= low < high <= 1
    assert low == 0 or correct.any()
    if not alike or (len(people) > 1 and not unknown):
        shares = [right / n for (right, _), n in zip(people, pictures, strict=True)]
        accuracy = np.mean(shares) if alike else correct.mean()
        assert low - 1e-9 <= accuracy <= high + 1e-9
    assert accuracy_interval(correct, who, alike=alike) == (low, high)


@pytest.mark.parametrize(
    ("right", "pictures", "low", "high"),
    [
        pytest.param([23, 22], [23, 22], (0.3, 0.6), (1, 1), id="two people, all right"),
        pytest.param([500] * 5, [500] * 5, (0.6, 0.8), (1, 1), id="five people, all right"),
        pytest.param([490] * 5, [500] * 5, (0.9, 0.97), (0.985, 1), id="five people, all alike"),
        pytest.param([450, 495, 500, 500, 500], [500] * 5, (0.6, 0.8), (0.99, 1), id="one worse"),
        pytest.param([95] * 30, [100] * 30, (0.93, 0.95), (0.95, 0.97), id="thirty people"),
        pytest.param([0, 0], [40, 40], (0, 0), (0.3, 0.7), id="all wrong"),
    ],
)
def test_it_is_as_wide_as_the_people_are_few(right, pictures, low, high):
    found = accuracy_interval(*answers(right, pictures), alike=True)
    assert low[0] <= found[0] <= low[1] and high[0] <= found[1] <= high[1]


def test_it_is_about_the_accuracy_that_is_asked_for():
    correct, people = answers([80, 20], [100, 20])
    pictures, alike = (accuracy_interval(correct, people, alike=alike) for alike in (False, True))
    assert pictures[0] < 100 / 120 < pictures[1] and alike[0] < 0.9 < alike[1]
    assert pictures[1] - pictures[0] > alike[1] - alike[0]  # most of it rests on one person


@pytest.mark.parametrize("people", [None, [""] * 50, ["one"] * 50, ["one"] * 20 + [""] * 30])
def test_fewer_than_two_people_leave_the_range_of_pictures(people):
    # Clopper and Pearson's: of 40 right out of 50.
    low, high = accuracy_interval(np.arange(50) < 40, people)
    assert (low, high) == (pytest.approx(0.6628, abs=1e-4), pytest.approx(0.8997, abs=1e-4))


def test_pictures_of_nobody_known_are_those_of_one_more_person():
    correct, people = answers([9, 8], [10, 10])
    alone = np.arange(20) < 17
    unknown = accuracy_interval(np.r_[correct, alone], [*people, *[""] * 20])
    each = accuracy_interval(np.r_[correct, alone], [*people, *map(str, range(20))])
    one = accuracy_interval(np.r_[correct, alone], [*people, *["another"] * 20])
    assert unknown == one
    # As if each were of somebody else, they would say more than is known.
    assert unknown[1] - unknown[0] > each[1] - each[0]


@pytest.mark.parametrize("people", [2, 30, 10_000])
def test_it_is_quick(people):
    correct, names = np.arange(10_000) % 20 > 0, [str(row % people) for row in range(10_000)]
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        accuracy_interval(correct, names)
        taken.append(time.perf_counter() - start)
    assert min(taken) < 0.1  # a fifth of that on a computer with nothing else to do


@pytest.mark.parametrize(
    ("correct", "people", "words"),
    [
        pytest.param([], None, "correct: no pictures", id="no pictures"),
        pytest.param([True, False], ["a"], "people: 1 names for 2 pictures", id="a name short"),
    ],
)
def test_unusable_input_is_named(correct, people, words):
    with pytest.raises(ValueError, match=words):
        accuracy_interval(np.array(correct, bool), people)
