"""What the name of a folder may mean: a sign, a person, a part of a split, a recording, …

A name alone proves nothing, since people may be called "A" and signs "train"; `asl.data.layout`
weighs the names of a whole level against those of the others.
"""

import itertools
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any, Literal

from asl.labels import CONTROLS, DIGITS, LETTERS, canonical

Kind = Literal[
    "letter",  # or one of the signs that come with letters: del, nothing, space
    "digit",
    "sign",  # a word that is often signed, or one such as "gesture 3"
    "word",  # any other word
    "number",  # that is no digit, or has zeros in front
    "condition",  # how or where it was taken: left, dark, flipped, …
    "group",  # of signs: letters, numbers, greetings, …
    "recording",  # a date, a session, a clip, a code, or a folder that only says "images"
    "person",  # "signer 3"
    "given name",
]
Part = Literal["train", "valid", "test"]

_WORDS = Path(__file__).with_name("words")

_PEOPLE_LETTERS = frozenset("psu")

_DATE = re.compile(
    r"(?:19|20)\d\d[-_. ]?[01]\d[-_. ]?[0-3]\d(?:\D?.*)?"  # 2024-05-31, 20240531_101500
    r"|[0-3]?\d[-_. ][0-3]?\d[-_. ](?:19|20)?\d\d(?:\D.*)?"  # 31.05.24
    r"|[0-2]?\d(?:[:h][0-5]\d|[-_.:h][0-5]\d[-_.:m][0-5]\ds?)"  # 10:15, 10-15-00
    r"|1[5-9]\d{8}(?:\d{3})?"  # seconds or milliseconds since 1970
)
_HEXADECIMAL = re.compile(r"[0-9a-f]{8,}")
_LETTERS_ALONE = re.compile(r"[^\W\d_]+")
_HUMPS = re.compile(r"(?<=[a-zß-ÿ])(?=[A-Z])")


def part_of(name: str) -> tuple[Part, str] | None:
    """Return the part of a split that a folder is named after, and what else its name says.

    None if it is named after none. What else it says is "" for words such as in "train_set";
    "mysigns-train" leaves "mysigns", and only beside "mysigns-test" does that name a part.
    """
    found, rest = None, []
    for word in _words(name):
        part, left = _part_in(word)
        if part and found is None:
            found = part
            word = left
        if word and word not in _listed("fillers"):
            rest.append(word)
    return None if found is None else (found, " ".join(rest))


def kind_of_name(name: str) -> Kind:
    """Return what a folder's name most resembles."""
    label = canonical(name)
    if label in LETTERS or label in CONTROLS:
        return "letter"
    if label in DIGITS:
        return "digit"
    plain, words = _plain(name).strip(), _words(name)
    numbered = any(char.isdigit() for char in plain)
    if plain.isdecimal() and not _DATE.fullmatch(plain):
        return "number"
    if _DATE.fullmatch(plain) or _is_code(plain) or not words:
        return "recording"
    first, others = words[0], words[1:]
    if first in _listed("people") | _PEOPLE_LETTERS and numbered and not others:
        return "person"
    if first in _listed("people") and others and all(len(word) == 1 for word in others):
        return "person"
    if first in _listed("numbered_signs") and numbered:
        return "sign"
    recordings = _listed("recordings")
    if numbered:
        recordings |= _listed("numbered_recordings") | _listed("months_and_days")
    if all(word in recordings for word in words):
        return "recording"
    if all(word in _listed("groups") for word in words):
        return "group"
    if is_condition(name):
        return "condition"
    # As in "Gesture Image Data".
    saying_nothing = recordings | _listed("fillers") | _listed("conditions")
    if len(words) > 1 and all(word in saying_nothing for word in words):
        return "recording"
    if "".join(words) in _sign_words() or all(word in _sign_words() for word in words):
        return "sign"
    if any(word in _given_names() for word in words):
        return "given name"
    return "word"


def is_condition(name: str) -> bool:
    """Return whether a name says how or where something was taken, or how it was changed."""
    words = [word for word in _words(name) if word not in _listed("beside_conditions")]
    return bool(words) and all(word in _listed("conditions") for word in words)


def kind_of_level(names: Collection[str]) -> Kind:
    """Return what the names of one level of folders are, most of them at least.

    Raises:
        ValueError: there are none.
    """
    if not names:
        raise ValueError("names: there are none")
    counts = Counter(kind_of_name(name) for name in names)
    share = {kind: count / len(names) for kind, count in counts.items()}

    def of(*kinds: Kind) -> float:
        return sum(share.get(kind, 0.0) for kind in kinds)

    if of("digit", "number") == 1:
        return "digit" if not counts["number"] else "number"
    if of("letter") >= 0.5 and of("letter", "digit") >= 0.6:
        return "letter"
    if of("condition") >= 0.9:
        return "condition"
    if of("group") >= 0.9:
        return "group"
    if of("recording") >= 0.6:
        return "recording"
    if of("person", "given name") >= 0.5 and of("person", "given name") > of("sign"):
        return "person" if counts["person"] >= counts["given name"] else "given name"
    if of("digit", "number") >= 0.6:
        return "number"
    if of("sign", "condition", "letter") >= 0.4:
        return "sign"
    return "word"


def _is_code(plain: str) -> bool:
    """Whether letters and digits change as they do in names made by programs."""
    if len(plain) < 8 or not re.fullmatch(r"[0-9a-z_-]+", plain):
        return False
    digits = [char.isdigit() for char in plain if char.isalnum()]
    changes = sum(a != b for a, b in itertools.pairwise(digits))
    return changes > 2 or (any(digits) and bool(_HEXADECIMAL.fullmatch(plain)))


def _words(name: str) -> list[str]:
    """Runs of letters, in lower case, without accents if that leaves letters of the alphabet."""
    return _LETTERS_ALONE.findall(_plain(_HUMPS.sub(" ", unicodedata.normalize("NFC", name))))


def _plain(text: str) -> str:
    """Case folded and without accents; other scripts stay as they are."""
    apart = unicodedata.normalize("NFD", text.casefold())
    plain = "".join(
        char
        for before, char in zip(" " + apart, apart, strict=False)
        if not (unicodedata.combining(char) and before.isascii())
    )
    return unicodedata.normalize("NFC", plain)


def _part_in(word: str) -> tuple[Part | None, str]:
    if word in _parts():
        return _parts()[word], ""
    for start, part in _parts().items():
        # As in "trainset" and "训练集".
        if word.startswith(start) and word[len(start) :] in _listed("fillers"):
            return part, ""
    return None, word


@cache
def _lists() -> dict[str, Any]:
    return tomllib.loads((_WORDS / "folder_names.toml").read_text(encoding="utf-8"))


@cache
def _listed(name: str) -> frozenset[str]:
    return frozenset(_lists()[name].split())


@cache
def _parts() -> dict[str, Part]:
    return {word: part for part, words in _lists()["parts"].items() for word in words.split()}


@cache
def _sign_words() -> frozenset[str]:
    return _read("sign_words.txt")


@cache
def _given_names() -> frozenset[str]:
    return _read("given_names.txt")


def _read(file: str) -> frozenset[str]:
    lines = (_WORDS / file).read_text(encoding="utf-8").splitlines()
    return frozenset(_plain(line) for line in lines)
