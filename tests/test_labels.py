"""Labels as they arrive, candidate sets and look-alikes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.labels import (
    CANDIDATE_SETS,
    DIGITS,
    LETTERS,
    LOOK_ALIKES,
    as_spelled,
    candidates,
    canonical,
    display_name,
    handshape,
    look_alikes,
)

ALL = CANDIDATE_SETS["all"]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("a", "A"),
        ("A", "A"),
        (" z ", "Z"),
        ("7", "7"),
        ("DEL", "del"),
        ("Nothing", "nothing"),
        ("Space", "space"),
        ("Hello", "Hello"),
        ("e\u0301", "\u00e9"),
    ],
)
def test_canonical(name, label):
    assert canonical(name) == label


@given(st.text())
def test_canonical_is_settled_after_once(name):
    assert canonical(canonical(name)) == canonical(name)


def test_the_39_signs_are_different():
    assert len(set(ALL)) == len(ALL) == 26 + 10 + 3


@pytest.mark.parametrize(("letter", "digit"), LOOK_ALIKES)
def test_look_alikes_know_each_other(letter, digit):
    assert look_alikes(letter) == (digit,)
    assert look_alikes(digit) == (letter,)
    assert handshape(letter) == handshape(digit) == letter


@pytest.mark.parametrize("label", ["A", "5", "space", "Hello"])
def test_other_signs_have_no_look_alikes(label):
    assert look_alikes(label) == ()
    assert handshape(label) == label


def test_display_names_are_words():
    assert display_name("del") == "delete"
    assert display_name("A") == "A"


class TestCandidates:
    @pytest.mark.parametrize(
        ("wanted", "expected"), [("letters", LETTERS), ("digits", DIGITS), ("all", ALL)]
    )
    def test_of_a_model_that_knows_all(self, wanted, expected):
        assert candidates(ALL, wanted) == expected

    def test_keep_the_order_of_the_model(self):
        assert candidates(("C", "1", "A"), "letters") == ("C", "A")

    def test_controls_come_last(self):
        assert candidates(("space", "A", "del"), "letters", controls=True) == ("A", "del", "space")
        assert candidates(("space", "A"), "all", controls=True) == ("space", "A")

    def test_all_holds_signs_of_the_users_making(self):
        assert candidates(("Hello", "A"), "all") == ("Hello", "A")

    @pytest.mark.parametrize(
        ("labels", "wanted", "message"),
        [
            (("A", "B"), "digits", "knows no digits; it knows A, B"),
            (("A", "B"), "words", "'words' is none of letters, digits, all"),
        ],
    )
    def test_an_empty_choice_is_named(self, labels, wanted, message):
        with pytest.raises(ValueError, match=message):
            candidates(labels, wanted)


def test_labels_are_spelled_as_the_known_ones_are():
    known = ("thank you", "ICE CREAM", "b", "B")
    asked = ["THANKYOU", "thank-you", "Ice_cream", "B", "b", "thanks", "…"]
    assert as_spelled(asked, known) == [
        "thank you", "thank you", "ICE CREAM", "B", "b", "thanks", "…",
    ]  # fmt: skip
