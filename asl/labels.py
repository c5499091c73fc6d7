"""The signs: label sets, their order, look-alikes and signs that need motion.

A label is the upper-case letter, the digit, or one of ``del``, ``nothing`` and ``space``.
Class folders may spell it in any case; `canonical` maps them here.
"""

import unicodedata
from collections.abc import Iterable, Sequence

LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
DIGITS = tuple("0123456789")
#: What control signs do to a text: take a letter away, nothing (no sign is shown), end a word.
CONTROLS = DELETE, NOTHING, SPACE = ("del", "nothing", "space")

#: What a model of words answers to movements that are none of its signs.
NONE = "none"

#: What the user says is being signed. A picture of one handshape can only be told apart
#: from its look-alikes by this choice.
CANDIDATE_SETS = {
    "letters": LETTERS,
    "digits": DIGITS,
    "all": LETTERS + DIGITS + CONTROLS,
}

#: Candidates that an answer names, and that are looked at for "within five".
BEST = 5

#: Letter and digit made with the same handshape in a still picture.
LOOK_ALIKES = (("O", "0"), ("V", "2"), ("W", "6"), ("F", "9"))

#: Signs made with a movement: a still picture shows a part of them only.
MOTION_SIGNS = frozenset("JZ")

#: Characters that the name of a sign, or of a person, may have.
LONGEST_LABEL = 64
#: Signs that a model may know.
_MOST_LABELS = 2000

_CANONICAL = {label.casefold(): label for label in CANDIDATE_SETS["all"]}
_GROUP = {label: pair for pair in LOOK_ALIKES for label in pair}
_DISPLAY = {"del": "delete", "nothing": "nothing (no sign)", NONE: "none of these"}


def canonical(name: str) -> str:
    """Return the label that a class folder or column `name` stands for.

    Known signs match whatever their case ("a" → "A", "DEL" → "del"). Any other name stays as
    it is, stripped and in Unicode normal form C, so that users may train on signs of their own.
    """
    name = unicodedata.normalize("NFC", name).strip()
    return _CANONICAL.get(name.casefold(), name)


def as_spelled(labels: Iterable[str], known: Sequence[str]) -> list[str]:
    """Return labels, each as one of `known` where they differ in case, spaces and marks alone.

    "THANKYOU" and "thank-you" are "thank you", where that is known.
    """
    spelling = {_letters(label): label for label in reversed(known) if _letters(label)}
    exact = set(known)
    return [label if label in exact else spelling.get(_letters(label), label) for label in labels]


def _letters(label: str) -> str:
    return "".join(filter(str.isalnum, label.casefold()))


def class_label(name: str) -> str:
    """Return the label of the class that a user calls `name`.

    Known signs get their own label; other names one form of Unicode, without invisible characters.

    Raises:
        ValueError: nothing is left of it, or it is too long.
    """
    label = canonical(visible(name))
    if not label:
        raise ValueError(f"class: the name {name!r} has nothing that can be read; rename it")
    if len(label) > LONGEST_LABEL:
        raise ValueError(
            f"class: the name {label[:20]!r}… has {len(label)} letters, and {LONGEST_LABEL} are "
            "the most; rename it"
        )
    return label


def label_fault(label: object) -> str:
    """Return why a model cannot have the label, "" where it can."""
    if not isinstance(label, str) or not 0 < len(label) <= LONGEST_LABEL:
        return f"is not 1 to {LONGEST_LABEL} characters"
    if not label.isprintable():
        return "has characters that cannot be shown"
    return "" if canonical(label) == label else "is not in its plain form"


def labels_fault(labels: Sequence[object]) -> str:
    """Return why a model cannot have these labels, "" where it can."""
    if not 2 <= len(labels) <= _MOST_LABELS:
        return f"{len(labels)} labels; 2 to {_MOST_LABELS} can be used"
    for label in labels:
        if fault := label_fault(label):
            return f"label {label!r} {fault}"
    return "a label stands twice" if len(set(labels)) != len(labels) else ""


def visible(name: str) -> str:
    """Return one line in Unicode normal form C, without characters that are not shown."""
    name = unicodedata.normalize("NFC", str(name))
    return " ".join("".join(c for c in name if c.isprintable() or c.isspace()).split())


def display_name(label: str) -> str:
    """Return the words that a page shows for `label`."""
    return _DISPLAY.get(label, label)


def look_alikes(label: str) -> tuple[str, ...]:
    """Return the other labels made with the same handshape as `label`, usually none."""
    return tuple(other for other in _GROUP.get(label, ()) if other != label)


def handshape(label: str) -> str:
    """Return one name for all the labels that share `label`'s handshape (the letter's)."""
    return _GROUP.get(label, (label,))[0]


def own_set(label: str) -> str:
    """Return the smallest candidate set that holds `label`: "letters", "digits" or "all"."""
    return min(
        (name for name, signs in CANDIDATE_SETS.items() if label in signs),
        key=lambda name: len(CANDIDATE_SETS[name]),
        default="all",
    )


def candidates(labels: Sequence[str], wanted: str, controls: bool = False) -> tuple[str, ...]:
    """Return those of a model's `labels` that belong to the candidate set `wanted`.

    "all" means every label of the model, also those of the user's own making.

    Args:
        controls: also those of "del", "nothing" and "space" that the model knows, at the end.

    Raises:
        ValueError: `wanted` is no candidate set, or the model knows no sign of it.
    """
    if wanted not in CANDIDATE_SETS:
        raise ValueError(f"labels: {wanted!r} is none of {', '.join(CANDIDATE_SETS)}")
    if wanted == "all":
        return tuple(labels)
    chosen = tuple(label for label in labels if label in CANDIDATE_SETS[wanted])
    if not chosen:
        raise ValueError(f"labels: the model knows no {wanted}; it knows {', '.join(labels)}")
    return (*chosen, *(label for label in CONTROLS if controls and label in labels))
