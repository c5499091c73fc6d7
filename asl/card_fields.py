"""What each field of a model card may hold: one check a field.

Cards come from anywhere, and whatever shows a model reads their fields. So each value has a type,
a range and a size that all of that code can rely on.
"""

from collections.abc import Callable, Mapping
from typing import Any

#: Raises ValueError where a value is not as it should be; the first argument names it.
Check = Callable[[str, Any], None]

_MOST_TEXT = 20_000
#: Values and levels of a field that holds whatever its maker noted.
_MOST_VALUES, _DEEPEST, _MOST_COLUMNS = 10_000, 8, 60
_LARGEST, _LARGEST_COUNT = 1e300, 10**15
_JOINTS = 21


def text(name: str, value: Any, most: int = _MOST_TEXT) -> None:
    """A text that can be shown."""
    if not isinstance(value, str):
        raise ValueError(f"{name} {_shown(value)} is no text")
    if len(value) > most:
        raise ValueError(f"{name} has {len(value):,} characters; {most:,} are the most")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name} {_shown(value)} has characters that are none") from None


def word(name: str, value: Any) -> None:
    """A short text in one line."""
    text(name, value, 200)
    if not value or not value.isprintable():
        raise ValueError(f"{name} {_shown(value)} has no or other characters than can be shown")


def flag(name: str, value: Any) -> None:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} {_shown(value)} is neither true nor false")


def number(low: float = -_LARGEST, high: float = _LARGEST) -> Check:
    """A finite number from `low` to `high`."""

    def check(name: str, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError(f"{name} {_shown(value)} is no number")
        if not low <= value <= high:  # nor is NaN
            raise ValueError(f"{name} {_shown(value)} is not between {low:g} and {high:g}")

    return check


def count(name: str, value: Any) -> None:
    """A whole number, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST_COUNT:
        raise ValueError(f"{name} {_shown(value)} is no count")


def optional(check: Check) -> Check:
    """What `check` lets through, or null."""
    return lambda name, value: None if value is None else check(name, value)


def each(check: Check, most: int) -> Check:
    """A list of at most `most` values."""

    def check_all(name: str, values: Any) -> None:
        if not isinstance(values, (list, tuple)):
            raise ValueError(f"{name} {_shown(values)} is no list")
        if len(values) > most:
            raise ValueError(f"{name} has {len(values):,} entries; {most:,} are the most")
        for place, value in enumerate(values, start=1):
            check(f"{name}: {place}", value)

    return check_all


def named(check: Check, most: int = 2000) -> Check:
    """An object of at most `most` values, whatever they are called."""

    def check_all(name: str, values: Any) -> None:
        _require_object(name, values)
        if len(values) > most:
            raise ValueError(f"{name} has {len(values):,} entries; {most:,} are the most")
        for key, value in values.items():
            text(f"{name}: the name", key, 300)
            check(f"{name}: {key}", value)

    return check_all


def entries(check: Check, most: int) -> Check:
    """A list of at most `most` objects that make a table of bearable width."""

    def check_all(name: str, values: Any) -> None:
        each(check, most)(name, values)
        if len({key for value in values for key in value}) > _MOST_COLUMNS:
            raise ValueError(f"{name} has more than {_MOST_COLUMNS} different fields")

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
            raise ValueError(
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
        raise ValueError(f"{name} has not {_JOINTS} joints of 3 numbers")
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

#: Field → check; those that only the card as a whole can check are in `asl.bundle.ModelCard`.
CARD_FIELDS: dict[str, Check] = {
    "network": word,
    "description": text,
    "inputs": each(word, 3),
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

#: The same for the field `picture`; mean and std are on the scale 0–1.
PICTURE_FIELDS: dict[str, Check] = {
    "mean": each(number(-1000, 1000), 3),
    "std": each(number(1e-6, 1000), 3),
    "context": number(1, 10),
    "look": word,
}


def check_fields(checks: Mapping[str, Check], values: Mapping[str, Any], where: str) -> None:
    """Check the values that have a check.

    Args:
        where: they stand, for the message.

    Raises:
        ValueError: naming the field, the value and what is wrong with it.
    """
    for name, check in checks.items():
        check(f"{where}: {name}", values[name])


def _require_object(name: str, values: Any) -> None:
    if not isinstance(values, Mapping):
        raise ValueError(f"{name} {_shown(values)} is no object with named values")


def _shown(value: Any) -> str:
    shown = ascii(value)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"
