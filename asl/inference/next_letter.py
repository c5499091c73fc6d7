"""How likely each letter, or a space, is to come next in English, from the list of common words.

Hands that are hard to tell apart, such as those of M and N, are often told apart by the letters
before them. People who read fingerspelling do so as well.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np

from asl.inference.words import common_words
from asl.labels import LETTERS, SPACE

#: Letters that are looked back upon.
_ORDER = 5

#: How much the letters before count beside what is seen, as an exponent: frames show the same hand
#: again and again, and English counted in full outweighs even a clear one.
_WEIGHT = 0.5
#: How likely a word is an English one before any letter of it is known.
_ENGLISH = 0.8
#: Letters by which that is told once they are known, the last ones.
_TELLING = 12
#: Stands before a word and after it.
_GAP = " "
_SYMBOLS = (*LETTERS, _GAP)
_BY_CHANCE = 1 / len(_SYMBOLS)


class NextLetter:
    """Letters and word ends that follow letters, counted in a list of words.

    The estimate after few letters is refined by that after more of them (Witten and Bell, "The
    zero-frequency problem", 1991; there as method C), so that everything remains possible.

    Args:
        words: in any case.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._after: dict[str, Counter[str]] = defaultdict(Counter)
        for word in words:
            text = _GAP + word.upper() + _GAP
            for place in range(1, len(text)):
                for start in range(max(0, place - _ORDER), place + 1):
                    self._after[text[start:place]][text[place]] += 1

    def chances(self, begun: str, signs: Sequence[str]) -> np.ndarray:
        """Return (K,) how much each sign's score is to be multiplied by.

        The letters so far also tell how likely the word is like those that were counted: in a name,
        what comes next is soon nearly as open as by chance. It is 1 for what is neither a letter
        nor a space.

        Args:
            begun: the unfinished word, "" between words.
            signs: K signs.
        """
        begun = begun.upper()
        likely = self._after_letters(begun)
        likely[SPACE] = likely[_GAP]
        shares = np.array([likely.get(sign, _BY_CHANCE) for sign in signs])
        english = self._chance_of_english(begun)
        return (english * shares / _BY_CHANCE + 1 - english) ** _WEIGHT

    def _chance_of_english(self, begun: str) -> float:
        """Return how likely a word is like those that were counted, by Bayes' rule."""
        odds = _ENGLISH / (1 - _ENGLISH)
        for place in range(max(0, len(begun) - _TELLING), len(begun)):
            likely = self._after_letters(begun[:place])
            odds *= likely.get(begun[place], _BY_CHANCE) / _BY_CHANCE
        return odds / (1 + odds)

    def _after_letters(self, begun: str) -> dict[str, float]:
        """Return how likely each letter, or the word's end, is after the beginning of a word."""
        likely = dict.fromkeys(_SYMBOLS, _BY_CHANCE)
        begun = (_GAP + begun)[-_ORDER:]
        for start in range(len(begun), -1, -1):
            after = self._after.get(begun[start:])
            if not after:
                break
            seen, kinds = after.total(), len(after)
            likely = {
                symbol: (after[symbol] + kinds * share) / (seen + kinds)
                for symbol, share in likely.items()
            }
        return likely


@cache
def english() -> NextLetter:
    """Return the one for the common English words."""
    return NextLetter(common_words())
