"""What is asked for, counted, and asked again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.inference.practice import Practice


def test_a_hit_counts_with_its_time_and_leads_on():
    practice = Practice(["A", "B"], now=10.0, seed=0)
    first = practice.task
    assert practice.take([first], now=12.5)
    assert practice.score.hits == 1 and practice.score.seconds == 2.5
    assert practice.task != first and practice.seconds(13.0) == 0.5


def test_a_word_is_signed_letter_by_letter():
    practice = Practice(["CAT"], now=0.0)
    assert [practice.take([letter], 1.0) for letter in "CA"] == [True, True]
    assert practice.wanted == "T" and practice.score.hits == 0
    practice.take(["T"], 3.0)
    assert practice.score.hits == 1 and practice.done == 0


def test_a_look_alike_is_as_good():
    assert Practice(["O"], 0.0).take(["0", "O"], 1.0)


def test_a_wrong_sign_counts_once_a_task_and_may_be_put_right():
    practice = Practice(["A"], 0.0)
    assert not practice.take(["B"], 1.0)
    assert not practice.take(["C"], 2.0)
    assert practice.take(["A"], 3.0)
    score = practice.score
    assert (score.hits, score.misses, score.weak) == (1, 1, ("A",))


def test_what_was_missed_comes_back_after_a_few_others():
    practice = Practice("ABCDEFGHIJKL", 0.0, seed=3)
    missed = practice.task
    practice.skip(1.0)
    asked = []
    for number in range(5):
        asked.append(practice.task)
        practice.take([practice.task], 2.0 + number)
    assert missed in asked[1:] and asked[0] != missed


@given(st.integers(2, 10), st.integers(0, 99), st.lists(st.booleans(), max_size=40))
def test_never_the_same_twice_in_a_row_and_all_are_asked(count, seed, hits):
    tasks = "ABCDEFGHIJ"[:count]
    practice = Practice(tasks, 0.0, seed)
    for number, hit in enumerate(hits):
        before = practice.task
        if hit:
            practice.take([before], number)
        else:
            practice.skip(number)
        assert practice.task != before and practice.task in tasks
    assert practice.score.hits == sum(hits)


def test_every_task_is_asked_in_each_round():
    practice = Practice("ABCDEF", 0.0, seed=1)
    asked = []
    for number in range(12):
        asked.append(practice.task)
        practice.take([practice.task], number)
    assert set(asked[:6]) == set("ABCDEF")


@pytest.mark.parametrize("tasks", [[], [""]], ids=["none", "an empty one"])
def test_nothing_to_practise_is_refused(tasks):
    with pytest.raises(ValueError, match="tasks: name at least one"):
        Practice(tasks, 0.0)
