"""Which column of a Sign Language MNIST table holds what, from its first line alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

SIDE = 28
PIXELS = SIDE * SIDE
COLUMNS = ["label", *(f"pixel{number}" for number in range(1, PIXELS + 1))]

# What programs write above the numbers of the rows, at most twice (pandas, saved and read again).
_INDEX = re.compile(r"|unnamed: 0(\.\d+)?|index|id|#|row")
_MOST_INDEX = 2
_LABELS = frozenset({"label", "labels", "class", "letter", "sign", "target", "category", "y"})
# The first pixel: 0 or 1, with or without zeros before it.
_PIXEL = re.compile(r"(.*?)(0*[01])", re.DOTALL | re.ASCII)
_MOST_LETTERS = 40
_MOST_COLUMNS = 1_000


@dataclass(frozen=True)
class Columns:
    """The columns of a table.

    Attributes:
        separator: between values.
        names: of the columns, as they stand in the file; as they ought to be if it names none.
        named: whether the first line holds names and no values.
        index: how many columns at the start only number the rows.
        label: position of the column of labels; None if only the values tell whether it is the
            first one or the last one.
    """

    separator: str
    names: tuple[str, ...]
    named: bool
    index: int
    label: int | None


def find_columns(line: str) -> Columns:
    """Find out from the first line of a table, without quotes, what its columns are.

    The label may have any name, and the pixels any that counts them from 0 or 1.

    Raises:
        ValueError: it is no Sign Language MNIST table; naming the column.
    """
    separator = max(",;\t|", key=line.count)
    count = line.count(separator) + 1
    # Before they are taken apart: there may be very many.
    if count > _MOST_COLUMNS:
        raise ValueError(f"its first line has {count:,} columns; expected {len(COLUMNS)}")
    fields = [field.strip() for field in line.split(separator)]
    if len(fields) < 2:
        raise ValueError(f"no Sign Language MNIST CSV: its first line is {_short(line)}")
    index = 0
    while index < min(_MOST_INDEX, len(fields) - 1) and _INDEX.fullmatch(fields[index].casefold()):
        index += 1
    if _counted(fields[index:]) == len(COLUMNS) == len(fields) - index:
        names = (*fields[:index], *COLUMNS)
        return Columns(separator, names, named=True, index=index, label=None)
    if _holds_values(fields):
        index = len(fields) - len(COLUMNS)
        if index not in (0, 1):
            raise ValueError(
                f"its first line has {len(fields)} columns and no names; expected {len(COLUMNS)}, "
                f"a label and {PIXELS} pixels"
            )
        names = (*["row"] * index, *COLUMNS)
        return Columns(separator, names, named=False, index=index, label=None)
    label = index + PIXELS if _counted(fields[index:]) > 1 else index
    _check_names(fields, index, label)
    return Columns(separator, tuple(fields), named=True, index=index, label=label)


def _counted(fields: Sequence[str]) -> int:
    """How many of these names, from the first one on, count pixels."""
    first = _first_pixel(fields, 0)
    if first is None:
        return 0
    stem, number = first
    count = 0
    while count < len(fields) and fields[count].casefold() == _pixel(stem, number, count):
        count += 1
    return count


def _first_pixel(fields: Sequence[str], at: int) -> tuple[str, str] | None:
    """The name there, if it may be that of the first pixel, before its number and this."""
    if at >= len(fields) or len(fields[at]) > _MOST_LETTERS:
        return None
    found = _PIXEL.fullmatch(fields[at])
    return (found[1], found[2]) if found else None


def _pixel(stem: str, first: str, position: int) -> str:
    return f"{stem}{int(first) + position:0{len(first)}d}".casefold()


def _holds_values(fields: Sequence[str]) -> bool:
    """Whether these are values: numbers, but for a label at the start or the end."""
    within = fields[1:-1]
    return len(within) > 1 and all(map(_is_number, within)) and _counted(within) < len(within)


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _check_names(fields: Sequence[str], index: int, label: int) -> None:
    first = index + 1 if label == index else index
    start = _first_pixel(fields, first)
    if start is None and fields[index].casefold() not in _LABELS:
        raise ValueError(_expected("label", fields, index))
    stem, number = start or ("pixel", "1")
    for position in range(PIXELS):
        expected = _pixel(stem, number, position)
        at = first + position
        if at >= len(fields) or fields[at].casefold() != expected:
            raise ValueError(_expected(expected, fields, at))
    if label >= len(fields):
        raise ValueError(_expected("label", fields, label))
    surplus = index + len(COLUMNS)
    if surplus < len(fields):
        raise ValueError(f"column {surplus + 1} ({_short(fields[surplus])}) is one too many")


def _expected(name: str, fields: Sequence[str], at: int) -> str:
    found = _short(fields[at]) if at < len(fields) else "no more columns"
    return f"column {at + 1} must be {name!r}, but there is {found}"


def _short(text: str) -> str:
    return repr(text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}…")
