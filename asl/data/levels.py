"""The levels of a data set's folders, and which of them most look like parts, signs and people."""

from collections.abc import Sequence
from dataclasses import dataclass

from asl.data.names import Kind, kind_of_level, part_of
from asl.data.scan import Parts

# How likely a level holds the signs, by what its names are. A level of a higher rank wins; from
# `_EITHER` on, two levels have to be told apart by more.
_RANK: dict[Kind, int] = {
    "letter": 6,
    "sign": 6,
    "word": 4,
    "digit": 3,
    "condition": 2,
    "number": 1,
    "given name": 0,
    "person": -1,
    "group": -1,
    "recording": -2,
}
_EITHER = 3
# How likely the other levels hold the people. Conditions, recordings and groups are nobody.
_PERSON_RANK: dict[Kind, int] = {
    "person": 5,
    "given name": 4,
    "letter": 3,
    "word": 3,
    "sign": 2,
    "number": 2,
    "digit": 2,
}
# From this many letters on, or digits, they are the alphabet and the numerals, not people's names.
_ALPHABET, _NUMERALS = 10, 9


@dataclass(frozen=True)
class Level:
    """One level of folders.

    Attributes:
        number: position from the outermost, 0.
        names: of the folders at this level, each once.
        kind: what most of the names are.
    """

    number: int
    names: tuple[str, ...]
    kind: Kind

    @property
    def may_be_signs(self) -> bool:
        """Whether the names look like those of signs."""
        return _RANK[self.kind] >= _EITHER

    @property
    def is_unlike_signs(self) -> bool:
        """Whether the names look more like something else than like signs."""
        return _RANK[self.kind] <= 0

    @property
    def may_be_people(self) -> bool:
        """Whether the names look like those of people."""
        return self.kind in _PERSON_RANK

    @property
    def is_short_alphabet(self) -> bool:
        """Whether these are the first letters, which often stand for people who stay unnamed."""
        letters = sorted(name.casefold() for name in self.names)
        return len(letters) < _ALPHABET and letters == list("abcdefghi"[: len(letters)])


def levels_of(chains: Sequence[Parts]) -> list[Level]:
    """Return the levels that most files reach; a few strays must not decide.

    Args:
        chains: for every file the names of the folders above it, outermost first.
    """
    depth = 0
    while 2 * sum(len(chain) > depth for chain in chains) > len(chains):
        depth += 1
    # What lies beside the folders of a whole set is no reason to take these for more than a
    # wrapping.
    deep = [chain for chain in chains if len(chain) >= depth]
    levels = []
    for number in range(depth):
        names = tuple(sorted({chain[number] for chain in deep}))
        levels.append(Level(number, names, kind_of_level(names)))
    return levels


def find_part_level(levels: Sequence[Level], chains: Sequence[Parts]) -> int | None:
    """Return the number of the level that is named after the parts of a split, None if none is."""
    for level in levels:
        named = {name: found for name in level.names if (found := part_of(name))}
        parts = {part for part, _ in named.values()}
        rests = {rest for _, rest in named.values()}
        if not named or (rests != {""} and not (len(rests) == 1 and len(parts) > 1)):
            continue
        if len(named) == len(level.names):
            return level.number
        # A stray folder beside train and test: these hold the same signs, and it does not.
        if len(parts) > 1 and _share_folders(level.number, set(named), chains):
            return level.number
    return None


def _share_folders(level: int, named: set[str], chains: Sequence[Parts]) -> bool:
    """Whether folders of the same names, and no mere numbers, lie in several of those named."""
    below: dict[str, set[str]] = {name: set() for name in named}
    for chain in chains:
        if len(chain) > level + 1 and chain[level] in named:
            below[chain[level]].add(chain[level + 1])
    shared = set.intersection(*below.values())
    return bool(shared) and kind_of_level(shared) not in ("number", "digit", "recording")


def find_sign_levels(levels: Sequence[Level]) -> tuple[Level | None, list[Level]]:
    """Return the level that holds the signs, and others that may hold them as well."""
    if not levels:
        return None, []
    best = levels[0]
    for level in levels[1:]:
        best = _likelier(best, level)[0]
    doubtful = [
        level for level in levels if level is not best and not _likelier(*_ordered(best, level))[1]
    ]
    return best, doubtful


def _ordered(a: Level, b: Level) -> tuple[Level, Level]:
    return (a, b) if a.number < b.number else (b, a)


def _likelier(outer: Level, inner: Level) -> tuple[Level, bool]:
    """Which of two levels holds the signs, and whether that is beyond doubt."""
    high, low = sorted((inner, outer), key=lambda level: -_RANK[level.kind])
    kinds = (high.kind, low.kind)
    if len(outer.names) == len(inner.names) == 1:
        # Nobody can train on a single sign, so it is not worth a question.
        return (outer if _RANK[outer.kind] >= _RANK[inner.kind] > _RANK["word"] else inner), True
    if _RANK[low.kind] < _EITHER:
        # If neither has names of signs, as with anna/session 2, somebody has to be asked.
        return high, _RANK[high.kind] > 0 and _RANK[high.kind] > _RANK[low.kind]
    if kinds[0] == kinds[1] and kinds[0] in ("letter", "digit"):
        more, fewer = sorted((inner, outer), key=lambda level: -len(level.names))
        return more, len(more.names) >= 2 * len(fewer.names)
    if set(kinds) == {"letter", "sign"}:
        letters, words = (high, low) if high.kind == "letter" else (low, high)
        if len(letters.names) >= _ALPHABET:
            return letters, True
        return (words if letters.is_short_alphabet else letters), False
    if kinds == ("letter", "digit"):
        if len(high.names) >= _ALPHABET or not high.is_short_alphabet:
            return high, True
        return (low if len(low.names) >= _NUMERALS else high), False
    if kinds == ("letter", "word"):
        return high, not high.is_short_alphabet
    if kinds == ("word", "digit") and len(low.names) >= _NUMERALS:
        return low, False
    if kinds[0] == kinds[1]:
        return inner, False
    return high, True


def find_person_level(levels: Sequence[Level], sign: Level) -> Level | None:
    """Return the level that looks most like people, None if none does.

    Of equals it is the one nearest to the signs, and above them rather than below.
    """
    found = [level for level in levels if level is not sign and level.may_be_people]
    return max(
        found,
        key=lambda level: (
            _PERSON_RANK[level.kind],
            -abs(level.number - sign.number),
            level.number < sign.number,
        ),
        default=None,
    )
