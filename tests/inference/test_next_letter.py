"""What comes next in a word."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.inference.next_letter import NextLetter, english
from asl.labels import LETTERS


@pytest.mark.parametrize(
    ("begun", "likely", "unlikely"),
    [("", "S", "X"), ("q", "U", "I"), ("DES", "I", "D"), ("COMPILE", "R", "K"), ("XQXQ", "U", "Q")],
)
def test_english_letters(begun, likely, unlikely):
    more, less = english().chances(begun, (likely, unlikely))
    assert more > 1 > less


@given(st.text("ABQXZ0 é", max_size=12))
def test_every_letter_and_a_space_stay_possible(begun):
    chances = english().chances(begun, (*LETTERS, "space"))
    assert chances.shape == (27,) and (chances > 0).all()
    assert chances.min() <= 1 <= chances.max()


def test_what_is_neither_letter_nor_space_is_as_likely_as_ever():
    chances = english().chances("TH", ("4", "del", "E", "nothing"))
    np.testing.assert_array_equal(chances[[0, 1, 3]], 1)


@pytest.mark.parametrize(
    ("begun", "likely"),
    [("BECAUSE", True), ("NEEDED", True), ("PRO", False), ("CA", False), ("", False)],
)
def test_a_space_is_likely_where_words_end(begun, likely):
    [chance] = english().chances(begun, ("space",))
    assert (chance > 1.2) if likely else (chance < 0.9)


def test_letters_unlike_english_ones_say_less_and_less_of_the_next():
    [after_nothing] = english().chances("", ("S",))
    [english_word] = english().chances("COMPILE", ("R",))
    [name] = english().chances("XQCOMPILE", ("R",))
    [odd_name] = english().chances("XQZVCOMPILE", ("R",))
    assert english_word > after_nothing > 1
    assert english_word > name > odd_name > 1


def test_it_takes_no_longer_for_a_long_text_without_spaces():
    start = time.perf_counter()
    english().chances("A" * 100_000, LETTERS)
    assert time.perf_counter() - start < 0.5


def test_other_words():
    model = NextLetter(["abc", "ABD"])
    c, d, e = model.chances("AB", ("C", "D", "E"))
    assert c == pytest.approx(d) and c > e > 0


def test_no_words():
    np.testing.assert_allclose(NextLetter([]).chances("A", LETTERS), 1)
