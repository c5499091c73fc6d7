"""Suggest English words for what has been spelled so far; the list is short, and only a help.

words.txt holds some 4,000 of the commonest English words, from SCOWL (see words-licence.txt).
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("words.txt")

#: From how many letters on a word is looked for that differs by one letter.
_LEAST_TO_CORRECT = 4


@cache
def common_words() -> tuple[str, ...]:
    """Return the words, in lower case and in order."""
    return tuple(_FILE.read_text(encoding="ascii").split())


def suggest(spelled: str, most: int = 4, words: Sequence[str] | None = None) -> tuple[str, ...]:
    """Return words that begin with `spelled`, then those that it misses by one letter, upper case.

    The nearest in length come first. Anything that is not a word of letters has no suggestions.

    Args:
        spelled: the beginning of a word.
        most: how many are wanted.
        words: to choose from, in lower case and in order; by default the common ones.
    """
    words = common_words() if words is None else words
    start = spelled.lower()
    if not start.isascii() or not start.isalpha():
        return ()
    found = sorted(_beginning_with(start, words), key=lambda word: (len(word), word))
    if len(start) >= _LEAST_TO_CORRECT:
        near = (word for word in words if _differs_by_one_letter(start, word))
        found += [word for word in near if word not in found]
    return tuple(word.upper() for word in found[:most])


def _beginning_with(start: str, words: Sequence[str]) -> Iterator[str]:
    for number in range(bisect_left(words, start), len(words)):
        if not words[number].startswith(start):
            return
        if words[number] != start:
            yield words[number]


def _differs_by_one_letter(one: str, other: str) -> bool:
    """Return whether one letter was replaced, left out, or taken too many."""
    if len(one) == len(other):
        return sum(a != b for a, b in zip(one, other, strict=True)) == 1
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) != 1:
        return False
    return any(short == long[:place] + long[place + 1 :] for place in range(len(long)))
