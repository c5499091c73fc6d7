"""What each level of a data set's folders means: part of a split, person, sign, or nothing.

This is the one place that decides it, for uploads, training, evaluation and checks alike. It looks
at the names of each level (`asl.data.names`), at how many there are, and at known signs. Where two
readings remain, it says both, and somebody has to be asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from asl.data.names import Kind, Part, kind_of_level, part_of

#: What a level means; "take" is a recording, a side, a light or anything else that says neither
#: which sign it is nor who makes it.
Role = Literal["part", "person", "sign", "take"]
ROLES: tuple[Role, ...] = ("part", "person", "sign", "take")

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
# How likely the others hold the people. Conditions, recordings and groups are nobody.
_PERSON_RANK: dict[Kind, int] = {
    "person": 5,
    "given name": 4,
    "letter": 3,
    "word": 3,
    "sign": 2,
    "number": 2,
    "digit": 2,
}
#: From this many letters on, or digits, they are the alphabet and the numerals, not people's names.
_ALPHABET, _NUMERALS = 10, 9
_SHOWN = 4


@dataclass(frozen=True)
class Layout:
    """What the levels of folders mean, the outermost first.

    Attributes:
        roles: of the levels; folders further in are takes.
    """

    roles: tuple[Role, ...]

    @property
    def label(self) -> int | None:
        """Level of the signs' folders, None where there is none."""
        return self._level("sign")

    @property
    def part(self) -> int | None:
        """Level of the folders for training and test, None where there is none."""
        return self._level("part")

    @property
    def person(self) -> int | None:
        """Level of folders that may be people, None where there is none."""
        return self._level("person")

    def __str__(self) -> str:
        return "/".join(self.roles)

    def _level(self, role: Role) -> int | None:
        return self.roles.index(role) if role in self.roles else None


@dataclass(frozen=True)
class _Level:
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
    def is_short_alphabet(self) -> bool:
        """Whether these are the first letters, as people are called who shall not be named."""
        letters = sorted(name.casefold() for name in self.names)
        return len(letters) < _ALPHABET and letters == list("abcdefghi"[: len(letters)])


def find_layouts(chains: Sequence[tuple[str, ...]]) -> list[Layout]:
    """Find out what each folder level means.

    Args:
        chains: for every picture the names of the folders above it, outermost first, at least one.

    Returns:
        The likeliest layout first; more than one where it has to be asked which one is right. No
        layout has a level of signs where all folders are parts of a split.
    """
    levels = _levels(chains)
    part = _part_level(levels, chains)
    wraps = {part} if part is not None else set()
    wraps |= {
        level.number
        for level in levels
        # As in train/train/A: a second level of parts says nothing.
        if part is not None and level.number != part and all(map(part_of, level.names))
    }
    rest = [level for level in levels if level.number not in wraps]
    several = [level for level in rest if len(level.names) > 1 and _RANK[level.kind] >= _EITHER]
    if several:
        rest = [level for level in rest if len(level.names) > 1]
    best, others = _sign_levels(rest)
    layouts = [
        _layout(len(levels), part, sign, _person_level(rest, sign))
        for sign in filter(None, (best, *others))
    ]
    if best is not None and len(rest) == 1 and _RANK[best.kind] <= 0:
        # As with anna/1.png: are these the signs, or are the signs' folders missing?
        nobody = best.kind not in _PERSON_RANK
        layouts.append(_layout(len(levels), part, None, None if nobody else best))
    return layouts or [_layout(len(levels), part, None, None)]


def with_person(layout: Layout, chains: Sequence[tuple[str, ...]]) -> Layout:
    """Return the layout of folders of which somebody says that they name people.

    Where none looks like people, it is the level next to the signs, rather above than below them
    and rather one with several folders.

    Args:
        chains: as for `find_layouts`, or none.
    """
    takes = [
        level
        for level in _levels(chains)
        if level.number < len(layout.roles) and layout.roles[level.number] == "take"
    ]
    if layout.person is not None or layout.label is None or not takes:
        return layout
    sign = layout.label
    nearest = min(
        takes,
        key=lambda level: (
            len(level.names) == 1, abs(level.number - sign), level.number > sign,
        ),
    )  # fmt: skip
    roles = list(layout.roles)
    roles[nearest.number] = "person"
    return Layout(tuple(roles))


def parse_layout(text: str, chains: Sequence[tuple[str, ...]]) -> Layout:
    """Return the layout that somebody gave as words such as "person/sign", the outermost first.

    Levels that hold one folder alone, around or between the others, may be left out.

    Args:
        chains: as for `find_layouts`.

    Raises:
        ValueError: an unknown word, not one level of signs, or not as many words as levels.
    """
    roles = [word.strip().lower() for word in text.strip("/ ").split("/")]
    for role in roles:
        if role not in ROLES:
            raise ValueError(
                f"level: {role!r} is none of {', '.join(ROLES)}; give what each level of folders "
                "means, the outermost first, as in person/sign"
            )
    for role in ("sign", "part", "person"):
        if roles.count(role) > 1 or (role == "sign" and role not in roles):
            often = "at most one level" if role != "sign" else "exactly one level"
            raise ValueError(f"level: {text!r} must have {often} that is {role!r}")
    levels = _levels(chains)
    several = [level.number for level in levels if len(level.names) > 1]
    if len(roles) == len(levels):
        places = list(range(len(levels)))
    elif len(roles) == len(several):
        places = several
    else:
        raise ValueError(
            f"level: {text!r} says what {len(roles)} levels of folders mean, and there are "
            f"{len(levels)}, as in {'/'.join(_typical(chains))!r}"
        )
    given: list[Role] = ["take"] * len(levels)
    for place, role in zip(places, roles, strict=True):
        given[place] = role
    return Layout(tuple(given))


def describe(layout: Layout, chains: Sequence[tuple[str, ...]]) -> str:
    """Return in words what a layout makes of the folders, with examples of their names."""

    part = layout.part
    inside = [chain for chain in chains if part is None or part_in(layout, chain)]

    def names(level: int) -> str:
        return describe_names(sorted({chain[level] for chain in inside if len(chain) > level}))

    said = f"signs {names(layout.label)}" if layout.label is not None else "no signs"
    if layout.person is not None:
        said += f"; people {names(layout.person)}"
    return said


def describe_names(names: Sequence[str]) -> str:
    """Return some of the names, and how many more there are."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _levels(chains: Sequence[tuple[str, ...]]) -> list[_Level]:
    """The levels that most pictures reach; a few strays must not decide."""
    levels: list[_Level] = []
    while True:
        number = len(levels)
        reaching = [chain for chain in chains if len(chain) > number]
        if not reaching or 2 * len(reaching) <= len(chains):
            break
        names = tuple(sorted({chain[number] for chain in reaching}))
        levels.append(_Level(number, names, kind_of_level(names)))
    # What lies beside the sets' folders is no reason to take these for more than a wrapping.
    depth = len(levels)
    deep = [chain for chain in chains if len(chain) >= depth]
    return [
        _Level(level.number, names, kind_of_level(names))
        for level in levels
        for names in [tuple(sorted({chain[level.number] for chain in deep}))]
    ]


def _part_level(levels: Sequence[_Level], chains: Sequence[tuple[str, ...]]) -> int | None:
    """The level whose folders are named after the parts of a split, None where there is none."""
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


def _share_folders(level: int, named: set[str], chains: Sequence[tuple[str, ...]]) -> bool:
    """Whether folders of the same names, and no mere numbers, lie in several of those named."""
    below: dict[str, set[str]] = {name: set() for name in named}
    for chain in chains:
        if len(chain) > level + 1 and chain[level] in named:
            below[chain[level]].add(chain[level + 1])
    shared = set.intersection(*below.values())
    return bool(shared) and kind_of_level(shared) not in ("number", "digit", "recording")


def _sign_levels(levels: Sequence[_Level]) -> tuple[_Level | None, list[_Level]]:
    """The level that holds the signs, and others that may as well."""
    if not levels:
        return None, []
    best = levels[0]
    for level in levels[1:]:
        best = _likelier(best, level)[0]
    doubtful = [
        level for level in levels if level is not best and not _likelier(*_ordered(best, level))[1]
    ]
    return best, doubtful


def _ordered(a: _Level, b: _Level) -> tuple[_Level, _Level]:
    return (a, b) if a.number < b.number else (b, a)


def _likelier(outer: _Level, inner: _Level) -> tuple[_Level, bool]:
    """Which of two levels holds the signs, and whether that is beyond doubt."""
    high, low = sorted((inner, outer), key=lambda level: -_RANK[level.kind])
    kinds = (high.kind, low.kind)
    if len(outer.names) == len(inner.names) == 1:
        # A single sign can be trained on by nobody, so it is not worth a question.
        return (outer if _RANK[outer.kind] >= _RANK[inner.kind] > _RANK["word"] else inner), True
    if _RANK[low.kind] < _EITHER:
        # Where neither has names of signs, as with anna/session 2, somebody has to be asked.
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


def _person_level(levels: Sequence[_Level], sign: _Level) -> _Level | None:
    """The level of several folders that most look like people; the nearest to the signs of equals,
    and above them."""
    found = [level for level in levels if level is not sign and level.kind in _PERSON_RANK]
    return max(
        found,
        key=lambda level: (
            _PERSON_RANK[level.kind],
            -abs(level.number - sign.number),
            level.number < sign.number,
        ),
        default=None,
    )


def _layout(depth: int, part: int | None, sign: _Level | None, person: _Level | None) -> Layout:
    roles: list[Role] = ["take"] * depth
    if part is not None:
        roles[part] = "part"
    if sign is not None:
        roles[sign.number] = "sign"
    if person is not None:
        roles[person.number] = "person"
    return Layout(tuple(roles))


def _typical(chains: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    depth = len(_levels(chains))
    return next(chain for chain in chains if len(chain) >= depth)


def part_in(layout: Layout, folders: Sequence[str]) -> Part | None:
    """Return the part that a picture is of, by the folders above it; None where they say none."""
    if layout.part is None or len(folders) <= layout.part:
        return None
    found = part_of(folders[layout.part])
    return found[0] if found else None
