"""What each level of a data set's folders means: part of a split, person, sign, or nothing.

This is the one place that decides it, for uploads, training, evaluation and checks alike, whatever
the files are. It looks at the names of each level (`asl.data.levels`, `asl.data.names`), at how
many there are, and at known signs. If two answers remain, it gives both, and somebody has to be
asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from asl.data.in_words import listed
from asl.data.levels import (
    Level,
    find_part_level,
    find_person_level,
    find_sign_levels,
    levels_of,
)
from asl.data.names import Part, part_of
from asl.data.scan import Parts

#: What a level means; "take" is a recording, a side, a light or anything else that says neither
#: which sign it is nor who makes it.
Role = Literal["part", "person", "sign", "take"]
ROLES: tuple[Role, ...] = ("part", "person", "sign", "take")
_ROLE_OF: dict[str, Role] = {role: role for role in ROLES}

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
        """Level of the signs' folders, None if there is none."""
        return self._level("sign")

    @property
    def part(self) -> int | None:
        """Level of the folders for training and test, None if there is none."""
        return self._level("part")

    @property
    def person(self) -> int | None:
        """Level of folders that may be people, None if there is none."""
        return self._level("person")

    def __str__(self) -> str:
        return "/".join(self.roles)

    def _level(self, role: Role) -> int | None:
        return self.roles.index(role) if role in self.roles else None


NO_LEVELS = Layout(())


def find_layouts(chains: Sequence[Parts]) -> list[Layout]:
    """Find out what each folder level means.

    Args:
        chains: for every file the names of the folders above it, outermost first, at least one.

    Returns:
        The likeliest layout first; more than one if it has to be asked which one is right. No
        layout has a level of signs if all folders are parts of a split.
    """
    levels = levels_of(chains)
    part = find_part_level(levels, chains)
    wraps = {part} if part is not None else set()
    wraps |= {
        level.number
        for level in levels
        # As in train/train/A: a second level of parts says nothing.
        if part is not None and level.number != part and all(map(part_of, level.names))
    }
    rest = [level for level in levels if level.number not in wraps]
    several = [level for level in rest if len(level.names) > 1 and level.may_be_signs]
    if several:
        rest = [level for level in rest if len(level.names) > 1]
    best, others = find_sign_levels(rest)
    layouts = [
        _layout(len(levels), part, sign, find_person_level(rest, sign))
        for sign in filter(None, (best, *others))
    ]
    if best is not None and len(rest) == 1 and best.is_unlike_signs:
        # As with anna/1.png: are these the signs, or are the signs' folders missing?
        layouts.append(_layout(len(levels), part, None, best if best.may_be_people else None))
    return layouts or [_layout(len(levels), part, None, None)]


def with_person(layout: Layout, chains: Sequence[Parts]) -> Layout:
    """Return the layout of folders of which somebody says that they name people.

    If no level looks like people, it is the level next to the signs, preferably one with several
    folders, and above the signs rather than below.

    Args:
        layout: as found without that word.
        chains: as for `find_layouts`, or none.
    """
    takes = [
        level
        for level in levels_of(chains)
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


def roles_in(text: str) -> tuple[Role, ...]:
    """Return the roles that words such as "person/sign" name.

    Raises:
        ValueError: an unknown word.
    """
    words = [word.strip().lower() for word in text.strip("/ ").split("/")]
    for word in words:
        if word not in _ROLE_OF:
            raise ValueError(
                f"level: {word!r} is none of {', '.join(ROLES)}; give what each level of folders "
                "means, the outermost first, as in person/sign"
            )
    return tuple(_ROLE_OF[word] for word in words)


def parse_layout(text: str, chains: Sequence[Parts]) -> Layout:
    """Return the layout that somebody gave as words such as "person/sign", the outermost first.

    Levels that hold one folder alone, around or between the others, may be left out.

    Args:
        text: the words, with "/" between them.
        chains: as for `find_layouts`.

    Raises:
        ValueError: an unknown word, not one level of signs, or not as many words as levels.
    """
    roles = roles_in(text)
    for role in ("sign", "part", "person"):
        if roles.count(role) > 1 or (role == "sign" and role not in roles):
            often = "at most one level" if role != "sign" else "exactly one level"
            raise ValueError(f"level: {text!r} must have {often} that is {role!r}")
    levels = levels_of(chains)
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


def describe(layout: Layout, chains: Sequence[Parts]) -> str:
    """Return in words what a layout makes of the folders, with examples of their names."""
    part = layout.part
    inside = [chain for chain in chains if part is None or part_in(layout, chain)]

    def names(level: int) -> str:
        found = sorted({chain[level] for chain in inside if len(chain) > level})
        return listed(found, _SHOWN, last=", ")

    said = f"signs {names(layout.label)}" if layout.label is not None else "no signs"
    if layout.person is not None:
        said += f"; people {names(layout.person)}"
    return said


def part_in(layout: Layout, folders: Sequence[str]) -> Part | None:
    """Return the part that a file belongs to by the folders above it, None if they say none."""
    if layout.part is None or len(folders) <= layout.part:
        return None
    found = part_of(folders[layout.part])
    return found[0] if found else None


def _layout(depth: int, part: int | None, sign: Level | None, person: Level | None) -> Layout:
    roles: list[Role] = ["take"] * depth
    if part is not None:
        roles[part] = "part"
    if sign is not None:
        roles[sign.number] = "sign"
    if person is not None:
        roles[person.number] = "person"
    return Layout(tuple(roles))


def _typical(chains: Sequence[Parts]) -> Parts:
    depth = len(levels_of(chains))
    return next(chain for chain in chains if len(chain) >= depth)
