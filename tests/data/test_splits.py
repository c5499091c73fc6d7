"""What every split must keep to, whatever the table."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from asl.data.splits import Split, group_k_fold, leave_one_person_out, person_split, random_split

counts_of_labels = st.lists(st.integers(2, 30), min_size=1, max_size=6)
fractions = st.floats(0.05, 0.95)
seeds = st.integers(0, 2**32 - 1)
people = st.lists(st.sampled_from(["ann", "bo", "cy", "di", "eve"]), min_size=2, max_size=40)


def labels_of(counts, seed=0):
    labels = np.repeat([chr(ord("A") + number) for number in range(len(counts))], counts)
    return np.random.default_rng(seed).permutation(labels).tolist()


def assert_covers_every_row_once(split, rows):
    assert sorted([*split.train, *split.test]) == list(range(rows))
    assert len(split.train) and len(split.test)
    assert (np.diff(split.train) > 0).all() and (np.diff(split.test) > 0).all()


def who_is_on(side, people):
    return {people[row] for row in side}


@given(counts_of_labels, fractions, seeds)
def test_random_split_keeps_the_share_of_every_label(counts, fraction, seed):
    labels = labels_of(counts)
    test_rows = int(np.ceil(fraction * len(labels)))
    assume(min(test_rows, len(labels) - test_rows) >= len(counts))

    split = random_split(labels, fraction, seed)

    assert_covers_every_row_once(split, len(labels))
    assert split.kind == "random"
    assert len(split.test) == test_rows
    tested = Counter(labels[row] for row in split.test)
    for label, count in Counter(labels).items():
        assert abs(tested[label] - count * test_rows / len(labels)) < 1


@given(st.integers(0, 1000))
def test_random_split_depends_on_the_seed_alone(seed):
    labels = labels_of([20, 20])
    first, second = (random_split(labels, seed=seed) for _ in range(2))
    np.testing.assert_array_equal(first.test, second.test)
    other = random_split(labels, seed=seed + 1)
    assert not np.array_equal(first.test, other.test)


@pytest.mark.parametrize(
    ("labels", "fraction", "words"),
    [
        pytest.param(list("AABB"), 0, "test_fraction: 0 is not between", id="nothing"),
        pytest.param(list("AABB"), 1.0, "test_fraction: 1.0 is not between", id="everything"),
        pytest.param(list("AABB"), float("nan"), "test_fraction: nan is not", id="no number"),
        pytest.param(list("AAAB"), 0.5, "labels: 'B' has only one row", id="one row of a label"),
        pytest.param(list("AABBCC"), 0.2, "fewer rows than the 3 labels", id="small test"),
        pytest.param(list("AABBCC"), 0.8, "fewer rows than the 3 labels", id="small training"),
        pytest.param([], 0.2, "0.2 of 0 rows", id="empty"),
    ],
)
def test_random_split_refuses(labels, fraction, words):
    with pytest.raises(ValueError, match=words):
        random_split(labels, fraction)


@given(people, fractions, seeds)
def test_drawn_people_are_on_one_side_only(people, fraction, seed):
    assume(1 < len(set(people)) > np.ceil(fraction * len(set(people))))
    labels = labels_of([len(people)])

    split = person_split(labels, people, test_fraction=fraction, seed=seed)

    assert_covers_every_row_once(split, len(people))
    assert split.kind == "new-person"
    assert not who_is_on(split.train, people) & who_is_on(split.test, people)
    again = person_split(labels, people, test_fraction=fraction, seed=seed)
    np.testing.assert_array_equal(split.test, again.test)


@given(people, st.data())
def test_held_out_people_are_the_test(people, data):
    everyone = sorted(set(people))
    assume(len(everyone) > 1)
    held_out = data.draw(st.sets(st.sampled_from(everyone), min_size=1, max_size=len(everyone) - 1))

    split = person_split(labels_of([len(people)]), people, held_out=held_out)

    assert_covers_every_row_once(split, len(people))
    assert who_is_on(split.test, people) == held_out
    assert split.name == f"new person: {', '.join(sorted(held_out))}"


def test_one_held_out_person_may_be_given_as_text():
    split = person_split(list("AABB"), ["bo", "ann", "bo", "ann"], held_out="ann")
    assert split.test.tolist() == [1, 3]


def test_drawn_people_leave_every_label_to_learn_where_they_can():
    people = ["ann"] * 2 + ["bo"] * 2 + ["cy"] * 2
    labels = list("ABABAC")
    for seed in range(20):
        split = person_split(labels, people, test_fraction=0.3, seed=seed)
        assert who_is_on(split.test, people) < {"ann", "bo"}


def test_drawn_people_come_near_to_the_share_of_rows():
    people = ["ann"] * 70 + ["bo"] * 20 + ["cy"] * 10
    split = person_split(["A"] * 100, people, test_fraction=0.2)
    assert who_is_on(split.test, people) == {"bo"}


@given(people)
def test_leave_one_person_out_tests_each_person_once(people):
    everyone = sorted(set(people))
    assume(len(everyone) > 1)

    splits = leave_one_person_out(people)

    assert [split.name for split in splits] == [f"new person: {person}" for person in everyone]
    for person, split in zip(everyone, splits, strict=True):
        assert_covers_every_row_once(split, len(people))
        assert split.kind == "new-person"
        assert who_is_on(split.test, people) == {person}


@given(
    st.lists(st.sampled_from([f"p{number:02d}" for number in range(14)]), min_size=2, max_size=80),
    st.integers(2, 8),
    seeds,
)
def test_groups_test_each_person_once(people, folds, seed):
    everyone = set(people)
    assume(len(everyone) > 1)
    labels = labels_of([len(people)])

    splits = group_k_fold(people, labels, folds, seed)

    assert len(splits) == min(folds, len(everyone))
    assert len({split.name for split in splits}) == len(splits)
    for split in splits:
        assert_covers_every_row_once(split, len(people))
        assert split.kind == "new-person"
        assert not who_is_on(split.train, people) & who_is_on(split.test, people)
    tested = [who for split in splits for who in who_is_on(split.test, people)]
    assert sorted(tested) == sorted(everyone)
    again = group_k_fold(people, labels, folds, seed)
    for split, same in zip(splits, again, strict=True):
        np.testing.assert_array_equal(split.test, same.test)


def test_groups_have_about_as_many_rows():
    rows = {"ann": 60, "bo": 50, "cy": 40, "di": 30, "eve": 20, "flo": 10, "gil": 10}
    people = [person for person, count in rows.items() for _ in range(count)]
    tested = [len(split.test) for split in group_k_fold(people, ["A"] * len(people), 4)]
    assert max(tested) - min(tested) <= 10 and sum(tested) == len(people)


def test_groups_leave_every_label_to_learn_where_they_can():
    # Only the first and the last show "B", and by their sizes they would be one group.
    rows = {"ann": 40, "bo": 30, "cy": 30, "di": 20}
    people = [person for person, count in rows.items() for _ in range(count)]
    labels = ["B" if person in ("ann", "di") else "A" for person in people]
    for seed in range(5):
        for split in group_k_fold(people, labels, 2, seed):
            assert {labels[row] for row in split.train} == {"A", "B"}


def test_a_group_is_named_by_its_people_shortly_where_they_are_many():
    people = [f"p{number:02d}" for number in range(12)]
    names = [split.name for split in group_k_fold(people, ["A"] * 12, 2)]
    assert all(name.startswith("new person: p") and "and 3 more" in name for name in names)
    few = [split.name for split in group_k_fold(people[:4], ["A"] * 4, 2)]
    assert few == ["new person: p00, p02", "new person: p01, p03"]


@pytest.mark.parametrize(
    ("people", "labels", "folds", "words"),
    [
        pytest.param(["ann", None], "AB", 2, "unknown for 1 of 2", id="one unknown"),
        pytest.param(["ann", "ann"], "AB", 2, "only 'ann'", id="one person"),
        pytest.param(["ann", "bo"], "A", 2, "labels: 1 labels", id="lengths differ"),
        pytest.param(["ann", "bo"], "AB", 1, "folds: 1 is fewer", id="one fold"),
    ],
)
def test_groups_refuse(people, labels, folds, words):
    with pytest.raises(ValueError, match=words):
        group_k_fold(people, list(labels), folds)


def test_columns_of_a_filtered_table_are_taken_by_position():
    table = pd.DataFrame(
        {"label": list("ABAB"), "person": ["ann", "ann", "bo", "bo"]}, index=[7] * 4
    )
    assert leave_one_person_out(table["person"])[0].test.tolist() == [0, 1]
    split = person_split(table["label"], table["person"], held_out="bo")
    assert split.test.tolist() == [2, 3]
    assert len(random_split(table["label"], 0.5).test) == 2


@pytest.mark.parametrize(
    ("people", "words"),
    [
        pytest.param(["ann", None, "bo"], "unknown for 1 of 3 rows", id="one unknown"),
        pytest.param([None] * 3, "unknown for 3 of 3 rows", id="all unknown"),
        pytest.param(["ann", float("nan"), "bo"], "unknown for 1 of 3", id="missing value"),
        pytest.param(["ann"] * 3, "only 'ann' is in the table", id="one person"),
    ],
)
def test_splits_by_person_need_people(people, words):
    with pytest.raises(ValueError, match=f"^people: .*{words}"):
        leave_one_person_out(people)
    with pytest.raises(ValueError, match=f"^people: .*{words}"):
        person_split(["A"] * 3, people, held_out="ann")


def test_leave_one_person_out_of_an_empty_table():
    with pytest.raises(ValueError, match="nobody is in the table"):
        leave_one_person_out([])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param({}, "held_out: give either", id="neither"),
        pytest.param({"held_out": "ann", "test_fraction": 0.5}, "held_out: give either", id="both"),
        pytest.param({"held_out": "cy"}, "held_out: 'cy' is none of the people ann, bo", id="who"),
        pytest.param({"held_out": ["ann", "bo"]}, "held_out: 2 of 2 people", id="everybody"),
        pytest.param({"held_out": []}, "held_out: 0 of 2 people", id="nobody"),
        pytest.param({"test_fraction": 1.5}, "test_fraction: 1.5 is not", id="above one"),
        pytest.param({"test_fraction": 0.6}, "leaves nobody to train on", id="all drawn"),
    ],
)
def test_person_split_refuses(arguments, words):
    with pytest.raises(ValueError, match=words):
        person_split(list("AB"), ["ann", "bo"], **arguments)


def test_person_split_refuses_columns_of_different_length():
    with pytest.raises(ValueError, match="labels: 1 labels, but 2 people"):
        person_split(["A"], ["ann", "bo"], held_out="ann")


@pytest.mark.parametrize(
    ("train", "test", "words"),
    [
        pytest.param([0, 1], [1, 2], "test: row 1 of the split 'mine' is in train too", id="both"),
        pytest.param([], [1], "train: no row", id="no training"),
        pytest.param([1], [], "test: no row", id="no test"),
    ],
)
def test_split_checks_itself(train, test, words):
    with pytest.raises(ValueError, match=words):
        Split("mine", "random", np.array(train, dtype=int), np.array(test, dtype=int))
