"""How likely each letter, or a space, is to come next in English, from the list of common words.

Hands that are hard to tell apart, such as those of M and N, are often told apart by the letters
before them. People who read fingerspelling do so as well.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np

from asl.inference.speller import SPACE
from asl.inference.words import common_words
from asl.labels import LETTERS

#: Letters that are looked back upon.
_ORDER = 5

#: How much the letters before count beside what is seen, as an exponent. Of 120 words made from
#: photographs kept aside of asl_letters/train, 82 were spelled rightly without them, 91 with 0.25,
#: 93 with 0.5; where English is of no help, with words counted backwards, 79 and 62. This was a
#: trial, which no command repeats.
_WEIGHT = 0.25
#: Stands before a word and after it.
_GAP = " "
_SYMBOLS = (*LETTERS, _GAP)


class NextLetter:
    """Letters and word ends that follow letters, counted in a list of words.

    The estimate after few letters is refined by that after more of them (Witten and Bell, "The
    zero-frequency problem", 1991; there as method C), so that everything remains possible.

    Args:
        words: in any case.
    """

    def __init__(self, words: Iterable[str]):
        self._after: dict[str, Counter[str]] = defaultdict(Counter)
        for word in words:
            text = _GAP + word.upper() + _GAP
            for place in range(1, len(text)):
                for start in range(max(0, place - _ORDER), place + 1):
                    self._after[text[start:place]][text[place]] += 1

    def chances(self, begun: str, signs: Sequence[str]) -> np.ndarray:
        """Return (K,) how much each sign's score is to be multiplied by.

        It is 1 for what is neither a letter nor a space.

        Args:
            begun: the unfinished word, "" between words.
            signs: K signs.
        """
        likely = dict.fromkeys(_SYMBOLS, 1 / len(_SYMBOLS))
        begun = (_GAP + begun.upper())[-_ORDER:]
        for start in range(len(begun), -1, -1):
            after = self._after.get(begun[start:])
            if not after:
                break
            seen, kinds = after.total(), len(after)
            likely = {
                symbol: (after[symbol] + kinds * share) / (seen + kinds)
                for symbol, share in likely.items()
            }
        likely[SPACE] = likely[_GAP]
        shares = np.array([likely.get(sign, 1 / len(_SYMBOLS)) for sign in signs])
        return (shares * len(_SYMBOLS)) ** _WEIGHT


@cache
def english() -> NextLetter:
    """Return the one for the common English words."""
    return NextLetter(common_words())
