"""What each field of a model card may hold: one check a field.

Cards come from anywhere, and whatever shows a model reads their fields. So each value has a type,
a range and a size that all of that code can rely on.
"""

from collections.abc import Callable, Mapping
from typing import Any


class CardError(ValueError):
    """A card cannot be used; the message names the field and the reason."""


#: Raises `CardError` where a value is not as it should be; the first argument names it.
Check = Callable[[str, Any], None]

_MOST_TEXT = 20_000
#: Values and levels of a field that holds whatever its maker noted.
_MOST_VALUES, _DEEPEST, _MOST_COLUMNS = 10_000, 8, 60
_LARGEST, _LARGEST_COUNT = 1e300, 10**15
_JOINTS = 21


def text(name: str, value: Any, most: int = _MOST_TEXT) -> None:
    """A text that can be shown."""
    if not isinstance(value, str):
        raise CardError(f"{name} {shown(value)} is no text")
    if len(value) > most:
        raise CardError(f"{name} has {len(value):,} characters; {most:,} are the most")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise CardError(f"{name} {shown(value)} has characters that are none") from None


def word(name: str, value: Any) -> None:
    """A short text in one line."""
    text(name, value, 200)
    if not value or not value.isprintable():
        raise CardError(f"{name} {shown(value)} has no or other characters than can be shown")


def flag(name: str, value: Any) -> None:
    """True or false."""
    if not isinstance(value, bool):
        raise CardError(f"{name} {shown(value)} is neither true nor false")


def number(low: float = -_LARGEST, high: float = _LARGEST) -> Check:
    """A finite number from `low` to `high`."""

    def check(name: str, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise CardError(f"{name} {shown(value)} is no number")
        if not low <= value <= high:  # nor is NaN
            raise CardError(f"{name} {shown(value)} is not between {low:g} and {high:g}")

    return check


def count(name: str, value: Any) -> None:
    """A whole number, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST_COUNT:
        raise CardError(f"{name} {shown(value)} is no count")


def optional(check: Check) -> Check:
    """What `check` lets through, or null."""
    return lambda name, value: None if value is None else check(name, value)


def each(check: Check, most: int) -> Check:
    """A list of at most `most` values."""

    def check_all(name: str, values: Any) -> None:
        if not isinstance(values, (list, tuple)):
            raise CardError(f"{name} {shown(values)} is no list")
        if len(values) > most:
            raise CardError(f"{name} has {len(values):,} entries; {most:,} are the most")
        for place, value in enumerate(values, start=1):
            check(f"{name}: {place}", value)

    return check_all


def named(check: Check, most: int = 2000) -> Check:
    """An object of at most `most` values, whatever they are called."""

    def check_all(name: str, values: Any) -> None:
        _require_object(name, values)
        if len(values) > most:
            raise CardError(f"{name} has {len(values):,} entries; {most:,} are the most")
        for key, value in values.items():
            text(f"{name}: the name", key, 300)
            check(f"{name}: {key}", value)

    return check_all


def entries(check: Check, most: int) -> Check:
    """A list of at most `most` objects that make a table of bearable width."""

    def check_all(name: str, values: Any) -> None:
        each(check, most)(name, values)
        if len({key for value in values for key in value}) > _MOST_COLUMNS:
            raise CardError(f"{name} has more than {_MOST_COLUMNS} different fields")

    return check_all


def record(**known: Check) -> Check:
    """An object whose `known` values are checked where they are there; others may be anything."""

    def check_all(name: str, values: Any) -> None:
        _require_object(name, values)
        for key, value in values.items():
            known.get(key, anything)(f"{name}: {key}", value)
        anything(name, values)

    return check_all


def anything(name: str, value: Any) -> None:
    """Whatever JSON can hold, of bearable size, its numbers finite."""
    waiting, values = [(value, 0)], 0
    while waiting:
        one, depth = waiting.pop()
        values += 1
        if values > _MOST_VALUES or depth > _DEEPEST:
            raise CardError(
                f"{name} has more than {_MOST_VALUES:,} values or {_DEEPEST} levels of them"
            )
        if isinstance(one, Mapping):
            for key in one:
                text(f"{name}: the name", key, 300)
            waiting += [(inner, depth + 1) for inner in one.values()]
        elif isinstance(one, (list, tuple)):
            waiting += [(inner, depth + 1) for inner in one]
        elif isinstance(one, str):
            text(name, one)
        elif one is not None and not isinstance(one, bool):
            _any_number(name, one)


_any_number = number()


def joints(name: str, value: Any) -> None:
    """21 joints of a hand, x, y and z."""
    rows = value if isinstance(value, (list, tuple)) else ()
    if len(rows) != _JOINTS or not all(
        isinstance(row, (list, tuple)) and len(row) == 3 for row in rows
    ):
        raise CardError(f"{name} has not {_JOINTS} joints of 3 numbers")
    for row in rows:
        for coordinate in row:
            _coordinate(name, coordinate)


_share, _coordinate = number(0, 1), number(-100, 100)
_DATA = record(
    name=text, kind=text, licence=text, about=text, fingerprint=text,
    rows=count, people=optional(count), left_out=optional(count),
)  # fmt: skip
_SCORE = record(
    data=text, split=text, candidates=text, pictures=count, people=optional(count),
    accuracy=_share, low=_share, high=_share, accuracy_strict=_share, macro_f1=_share,
    hand_found=_share, picture_network=_share, landmark_network=_share,
    never_trained=named(count), left_out=named(count),
)  # fmt: skip

#: Field → check; what only the card as a whole can check is in `asl.card.ModelCard`.
CARD_FIELDS: dict[str, Check] = {
    "network": word,
    "description": text,
    "abstain_below": named(_share, 2),
    "settings": record(),
    "training": record(
        split=text, split_means=text, seconds=number(0), near_copies=optional(_share),
        start_saw=each(text, 1000), new_people=flag, config=record(name=text, start=text),
    ),
    "data": entries(_DATA, 1000),
    "scores": entries(_SCORE, 10_000),
    "calibration": record(
        weights=named(number(0, 1000), 10), fitted_on=text, pictures=count,
        expected_calibration_error=_share,
    ),
    "parity": record(pictures=count, largest_difference=number(0)),
    "versions": named(text, 200),
    "handshapes": named(joints),
}  # fmt: skip


def check_fields(checks: Mapping[str, Check], values: Mapping[str, Any], where: str = "") -> None:
    """Check the values that have a check.

    Args:
        where: they stand, for the message; "" for the card itself.

    Raises:
        CardError: naming the field, the value and what is wrong with it.
    """
    for name, check in checks.items():
        check(f"{where}: {name}" if where else name, values[name])


def _require_object(name: str, values: Any) -> None:
    if not isinstance(values, Mapping):
        raise CardError(f"{name} {shown(values)} is no object with named values")


def shown(value: object) -> str:
    """Return a value as a message quotes it: in ASCII, and no longer than 60 characters."""
    words = ascii(value)
    return words if len(words) <= 60 else f"{words[:59]}…"
