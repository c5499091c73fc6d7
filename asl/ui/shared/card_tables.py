"""A model card's own fields as tables for people: nothing is typed by hand or left out."""

from collections.abc import Mapping, Sequence

from asl.ui.shared.text import safe_cell


def as_table(entries: Sequence[Mapping[str, object]], shares: bool = False) -> list[dict[str, str]]:
    """Return one row an entry, in words, with a column for every field of any of them.

    Args:
        shares: write fractions between 0 and 1 as per cent.
    """
    columns = list(dict.fromkeys(key for entry in entries for key in entry))
    return [
        {_words(key): _value(entry.get(key, ""), shares) for key in columns} for entry in entries
    ]


def as_list(facts: Mapping[str, object]) -> list[dict[str, str]]:
    """Return one row a field, nested fields with their path ("augmentation: blur")."""
    rows = []
    for key, value in facts.items():
        if isinstance(value, (list, tuple)) and value and isinstance(value[0], Mapping):
            value = {str(number): entry for number, entry in enumerate(value, start=1)}
        if isinstance(value, Mapping):
            rows += [
                {"what": f"{_words(key)}: {row['what']}", "value": row["value"]}
                for row in as_list(value)
            ]
        else:
            rows.append({"what": _words(key), "value": _value(value)})
    return rows


def _words(key: object) -> str:
    return safe_cell(str(key).replace("_", " "))


def _value(value: object, shares: bool = False) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.1%}" if shares and 0 <= value <= 1 else f"{value:.4g}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return "; ".join(f"{_words(key)}: {_value(inner, shares)}" for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        joint = " – " if shares and len(value) == 2 else ", "
        return joint.join(_value(inner, shares) for inner in value)
    return safe_cell(str(value))
