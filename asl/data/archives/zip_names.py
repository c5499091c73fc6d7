"""What the names in a zip say, whatever computer wrote them.

A zip says of a name that it is UTF-8 (a flag, or the Unicode Path field of Info-ZIP), or says
nothing: then it is written as the computer wrote names that packed it. Finder writes UTF-8 all
the same, Windows the code page of its language. One encoding is found for the whole archive, by
what its names would say in each: a word is made of letters of one script, not of box-drawing
signs, and no capital stands within it. If two encodings both make words, it is a question.
"""

import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

_UTF8_FLAG = 0x800
_UNICODE_PATH = 0x7075

#: What names may be written in → what it counts against an encoding that it is rarely met.
#: If two say the same, the first one is named.
_CANDIDATES = {
    "cp850": 0.0,  # Western Europe: Windows, where it packs itself
    "cp437": 0.5,
    "cp1252": 0.5,  # Western Europe: older programs
    "cp932": 1.0,  # Japanese
    "gbk": 3.0,  # Chinese, simplified
    "cp949": 3.0,  # Korean
    "cp950": 4.0,  # Chinese, traditional
    "cp866": 4.0,  # Cyrillic: Windows, where it packs itself
    "cp1251": 4.0,  # Cyrillic: older programs
}
ENCODINGS = ("utf-8", *_CANDIDATES)

# Where each encoding keeps its everyday characters; the rarer ones lie outside.
_EVERYDAY = {
    "cp932": (b"\x88\x9f", b"\x98\x72"),
    "gbk": (b"\xb0\xa1", b"\xd7\xf9"),
    "cp949": (b"\xa4\xa1", b"\xc8\xfe"),
    "cp950": (b"\xa4\x40", b"\xc6\x7e"),
}
_LATIN = frozenset("äöüßñáéíóúàâçèêëîïôùûÄÖÜÑÁÉÍÓÚÀÂÇÈÊÎÔ")
_LATIN_RARER = frozenset("ãõåøæœìòÿÃÕÅØÆŒÌÒËÏÙÛŸ")
_VOWELS = frozenset("aeiouäöüyAEIOUÄÖÜY")
# Small and long kana, and marks, of half width.
_NEVER_FIRST = frozenset("ｧｨｩｪｫｬｭｮｯｰﾞﾟ")
_ODD = 6.0

# As many different names are enough to tell, and are read in no time.
_MOST_NAMES = 500
_MOST_SIGNS = 100
_MOST_EXAMPLES = 3


@dataclass(frozen=True)
class Names:
    """What the names in an archive say.

    Attributes:
        names: of each member, with "/" between folders, and at the end of a folder's own.
        encoding: what they were read in; "" if none had to be found.
        encodings: each plausible encoding, the best one first, with examples of what names say
            in it; more than one if only a person can tell.
    """

    names: tuple[str, ...]
    encoding: str
    encodings: tuple[tuple[str, tuple[str, ...]], ...]


def read_names(members: Sequence[zipfile.ZipInfo], encoding: str | None = None) -> Names:
    """Read the names of an archive's members, as they stand in its list of files.

    A backslash is read as a separator, as Windows means it.

    Args:
        encoding: of the names that say nothing about theirs; None to find it out.

    Raises:
        ValueError: `encoding` is none of `ENCODINGS`, or cannot be that of these names.
    """
    known = [_declared(member) for member in members]
    raw = [
        b"" if name is not None else member.orig_filename.encode("cp437")
        for member, name in zip(members, known, strict=True)
    ]
    unclear = list({part: None for name in raw for part in name.split(b"/") if not part.isascii()})
    possible = [one for one in ENCODINGS if _can_say(one, unclear)]
    if encoding is not None and encoding not in possible:
        raise ValueError(
            f"encoding: {encoding!r} cannot be that of the names in this zip; possible are "
            f"{', '.join(possible)}"
        )
    chosen = ""
    encodings: tuple[tuple[str, tuple[str, ...]], ...] = ()
    if unclear:
        said = {
            one: [part.decode(one)[:_MOST_SIGNS] for part in unclear[:_MOST_NAMES]]
            for one in ([encoding] if encoding is not None else possible)
        }
        plausible = _plausible(said, slashes=any(b"/" in name for name in raw))
        chosen = plausible[0]
        encodings = _with_examples({one: said[one] for one in plausible})
    names = (
        there.decode(chosen or "ascii") if name is None else name
        for there, name in zip(raw, known, strict=True)
    )
    return Names(tuple(name.replace("\\", "/") for name in names), chosen, encodings)


def _declared(member: zipfile.ZipInfo) -> str | None:
    """The name of a member that says how it is written, None if it does not."""
    if member.flag_bits & _UTF8_FLAG:
        return member.orig_filename
    at = 0
    while at + 4 <= len(member.extra):
        kind, size = struct.unpack_from("<HH", member.extra, at)
        field = member.extra[at + 4 : at + 4 + size]
        at += 4 + size
        # A version, and the checksum of the name that it belongs to: programs that do not know
        # the field leave it as it is when they rename a member.
        if kind == _UNICODE_PATH and len(field) > 5 and field[0] == 1:
            (checksum,) = struct.unpack_from("<L", field, 1)
            if checksum == zlib.crc32(member.orig_filename.encode("cp437")):
                try:
                    return field[5:].decode()
                except UnicodeDecodeError:
                    return None
    return None


def _can_say(encoding: str, names: Iterable[bytes]) -> bool:
    try:
        for name in names:
            name.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _plausible(said: dict[str, list[str]], slashes: bool) -> list[str]:
    """Encodings that make words of the names, the best one first.

    Args:
        said: encoding → what the same names say in it.
        slashes: whether slashes separate the names; then a backslash is most likely the second
            byte of a character, such as 表 in cp932.
    """
    # Other encodings hardly ever make valid UTF-8.
    if "utf-8" in said:
        return ["utf-8"]
    costs = {
        encoding: _CANDIDATES[encoding]
        + sum(_cost(name, encoding) + _ODD * slashes * name.count("\\") for name in names)
        for encoding, names in said.items()
    }
    best, *others = sorted(costs, key=lambda encoding: costs[encoding])
    plausible = [best]
    for other in others:
        near = costs[other] <= 1.3 * costs[best] + 1.5
        if near and all(said[other] != said[better] for better in plausible):
            plausible.append(other)
    return plausible


def _with_examples(said: dict[str, list[str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each encoding with a few names, the same ones for each; folders and differences first."""
    together = sorted(
        zip(*said.values(), strict=True),
        key=lambda names: (len(set(names)) < len(names), "." in names[0]),
    )[:_MOST_EXAMPLES]
    return tuple(zip(said, (tuple(names) for names in zip(*together, strict=True)), strict=True))


def _cost(name: str, encoding: str) -> float:
    """How little a name looks as if a person had written it: about 1 a common letter, 6 a sign
    that names do not have; found by trying the signs of eight languages."""
    cost = sum(_sign_cost(sign, encoding) for sign in name if not sign.isascii())
    return cost + sum(_word_cost(word) for word in _words(name) if not word.isascii())


def _words(name: str) -> list[str]:
    return "".join(sign if sign.isalpha() else " " for sign in name).split()


@lru_cache(1 << 14)
def _script(sign: str) -> str:
    """The script of a letter; "" of anything else."""
    if "\uff66" <= sign <= "\uff9f":
        return "half-width"
    first = unicodedata.name(sign, "").split(" ")[0].split("-")[0]
    kinds = {"HIRAGANA": "Japanese", "KATAKANA": "Japanese", "CJK": "Han", "HANGUL": "Hangul"}
    kinds |= {"LATIN": "Latin", "CYRILLIC": "Cyrillic", "FULLWIDTH": "Latin"}
    return kinds.get(first, "")


@lru_cache(1 << 14)
def _sign_cost(sign: str, encoding: str) -> float:
    script = _script(sign)
    if sign in _LATIN:
        return 1.0
    if sign in _LATIN_RARER or sign == "’":
        return 2.0
    if sign in "ー々、。「」・（）":
        return 0.5 if encoding in _EVERYDAY else _ODD
    if script in ("Han", "Hangul"):
        first, last = _EVERYDAY.get(encoding, (b"", b""))
        written = sign.encode(encoding)
        everyday = first <= written <= last and (encoding in ("cp932", "cp950") or written[1] > 160)
        return 1.5 if everyday else 4.0
    if script == "Japanese":
        return 0.5 if encoding == "cp932" else 3.0
    if script == "Cyrillic" and encoding in ("cp866", "cp1251"):
        return 1.0 if "А" <= sign <= "я" or sign in "ёЁ" else 3.0
    if script == "half-width":
        return 1.3
    if script == "Latin" and sign.isalpha():
        return 3.0 if sign in "šžŠŽ" else 1.5 if "Ａ" <= sign <= "ｚ" else 4.0
    return _ODD


def _word_cost(word: str) -> float:
    scripts = {_script(sign) for sign in word}
    cost = 0.0
    if len(scripts - {"Japanese", "Han"}) + bool(scripts & {"Japanese", "Han"}) > 1:
        cost += 4.0
    if "half-width" in scripts and len(scripts) > 1:
        cost += 4.0
    if word[0] in _NEVER_FIRST or (len(word) == 1 and "half-width" in scripts):
        cost += 1.5
    accented = [not sign.isascii() and _script(sign) == "Latin" for sign in word]
    if len(word) > 1 and all(accented):
        cost += 1.5
    for at, (before, sign) in enumerate(pairwise(word)):
        if before.isascii() and sign.isascii():
            continue
        if before.islower() and sign.isupper():
            cost += 3.0
        if before.isupper() and sign.islower() and word[at + 2 : at + 3].isupper():
            cost += 3.0
        if accented[at] and accented[at + 1] and "ß" not in before + sign:
            cost += 1.5
        if sign == "ß" and before not in _VOWELS:
            cost += 3.0
    return cost + 3.0 * (word[0] == "ß")
