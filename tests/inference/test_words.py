"""The word list, and what it suggests."""

import pytest

from asl.inference.words import common_words, suggest

WORDS = ("hand", "handle", "hands", "happy", "hello", "help")


def test_the_list_is_in_order_and_of_plain_letters():
    words = common_words()
    assert len(words) > 3000 and list(words) == sorted(set(words))
    assert all(word.isascii() and word.isalpha() and word.islower() for word in words)


@pytest.mark.parametrize(
    ("spelled", "words"),
    [
        ("HE", ("HELP", "HELLO")),
        ("HAND", ("HANDS", "HANDLE")),
        ("HELO", ("HELLO", "HELP")),
        ("HXPPY", ("HAPPY",)),
        ("XYZ", ()),
        ("", ()),
        ("4", ()),
        ("<b>", ()),
        ("É", ()),
    ],
)
def test_suggestions(spelled, words):
    assert suggest(spelled, words=WORDS) == words


def test_no_more_than_wanted():
    assert len(suggest("S", most=3)) == 3
