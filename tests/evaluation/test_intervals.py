"""Ranges of accuracy hold what they promise, above all with few people and without a mistake."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from asl.evaluation.intervals import accuracy_interval, count_people


def of_people(*right_and_pictures: tuple[int, int]) -> tuple[np.ndarray, list[str]]:
    """Pictures of people, of whom so many are right."""
    correct = [n < right for right, pictures in right_and_pictures for n in range(pictures)]
    names = [f"p{who}" for who, (_, count) in enumerate(right_and_pictures) for _ in range(count)]
    return np.array(correct), names


@pytest.mark.parametrize("people", [None, [""] * 50, ["one"] * 50], ids=["none", "unknown", "one"])
def test_fewer_than_two_people_give_wilsons_range_of_pictures(people):
    correct = np.arange(50) < 40
    expected = binomtest(40, 50).proportion_ci(method="wilson")
    assert accuracy_interval(correct, people) == pytest.approx((expected.low, expected.high))


def test_two_people_without_a_mistake_are_two_people():
    low, high = accuracy_interval(*of_people((22, 22), (23, 23)))
    # Clopper and Pearson's lower bound for two of two.
    assert (low, high) == (pytest.approx(0.025**0.5, abs=0.01), 1.0)


@pytest.mark.parametrize(("people", "at_least"), [(3, 0.4), (5, 0.75), (8, 0.85), (12, 0.9)])
def test_more_people_without_a_mistake_say_more(people, at_least):
    low, high = accuracy_interval(*of_people(*[(50, 50)] * people))
    fewer, _ = accuracy_interval(*of_people(*[(50, 50)] * (people - 1)))
    assert at_least < low < 1 and high == 1.0 and fewer < low


def test_people_who_lie_apart_widen_the_range():
    alike = accuracy_interval(*of_people(*[(90, 100)] * 6))
    apart = accuracy_interval(*of_people((100, 100), (100, 100), (99, 100), (98, 100), (75, 100),
                                         (68, 100)))  # fmt: skip
    assert apart[0] < alike[0] and apart[1] > alike[1]


def test_more_pictures_of_the_same_people_say_little_more():
    few = accuracy_interval(*of_people(*[(45, 50)] * 4))
    many = accuracy_interval(*of_people(*[(4500, 5000)] * 4))
    assert few[0] < many[0] < few[0] + 0.1


def test_people_may_count_alike():
    correct, names = of_people((95, 100), (6, 10), (7, 10), (6, 10), (7, 10))
    by_picture, by_person = (accuracy_interval(correct, names, alike) for alike in (False, True))
    assert np.mean(by_person) < np.mean(by_picture)


def test_pictures_of_nobody_known_are_those_of_one_more_person():
    correct, names = of_people((10, 10), (8, 10), (7, 10))
    unknown = [name if name != "p2" else "" for name in names]
    assert accuracy_interval(correct, unknown) == accuracy_interval(correct, names)
    assert count_people(unknown) == 2 and count_people(None) == 0


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), min_size=1, max_size=12),
    st.booleans(),
)
def test_every_range_has_a_width_and_holds_the_accuracy(people, by_person):
    correct, names = of_people(*[(min(right, count), count) for right, count in people])
    low, high = accuracy_interval(correct, names, by_person)
    shares = [correct[np.array(names) == name].mean() for name in set(names)]
    accuracy = np.mean(shares) if by_person and len(shares) > 1 else correct.mean()
    assert 0 <= low < high <= 1
    assert low - 1e-9 <= accuracy <= high + 1e-9


@pytest.mark.parametrize("accuracy", [0.8, 0.9, 0.97, 0.995])
@pytest.mark.parametrize("correlation", [0.02, 0.1, 0.2])
@pytest.mark.parametrize("count", [2, 3, 5, 8, 12])
def test_new_people_lie_inside_as_often_as_promised(accuracy, correlation, count):
    random = np.random.default_rng(count)
    alike = (1 - correlation) / correlation
    inside, draws = 0, 80
    for _ in range(draws):
        shares = random.beta(accuracy * alike, (1 - accuracy) * alike, count)
        pictures = random.integers(20, 200, count)
        right = random.binomial(pictures, shares)
        low, high = accuracy_interval(*of_people(*zip(right, pictures, strict=True)))
        inside += low <= accuracy <= high
    # 95 %, less three standard errors of 80 draws.
    assert inside / draws >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / draws)


def test_it_takes_no_time():
    correct, names = of_people(*[(900, 1000)] * 10)
    start = time.perf_counter()
    for _ in range(5):
        accuracy_interval(correct, names)
    assert (time.perf_counter() - start) / 5 < 0.1


@pytest.mark.parametrize(
    ("correct", "people", "message"),
    [([], None, "no pictures"), ([True, False], ["a"], "1 names for 2 pictures")],
)
def test_unusable_input_is_named(correct, people, message):
    with pytest.raises(ValueError, match=message):
        accuracy_interval(np.array(correct, bool), people)
