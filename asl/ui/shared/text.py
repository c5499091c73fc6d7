"""Text of users, shown as they wrote it: in a page, in Markdown and in a spreadsheet."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import overload

from asl.figures.text import shorten

_LONGEST_NAME = 60

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# Streamlit replaces these even where they are escaped: ":" starts the names of its icons, and
# "->", "<=", "--" and the like become symbols.
_STREAMLIT_MARKS = re.compile(r"(?<=:)|(?<=[<>~-])(?=[<>=-])")
_WORD_JOINER = "\u2060"

# The wide ones are formulas to a spreadsheet in Japanese.
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def shown_name(name: str) -> str:
    """Return a file name in plain text, one line of bearable length.

    Characters that cannot be seen are replaced, such as those that turn the reading direction
    so that "gnp.exe" looks like "exe.png".
    """
    return shorten(printable(name), _LONGEST_NAME)


def printable(text: str) -> str:
    """Return `text` with characters that cannot be seen or sent replaced."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def escape_markdown(text: str) -> str:
    """Return Markdown that Streamlit shows as `text`, character by character.

    >>> escape_markdown("**x**")
    '\\\\*\\\\*x\\\\*\\\\*'
    """
    text = " ".join(text.split())
    return _PUNCTUATION.sub(r"\\\1", _STREAMLIT_MARKS.sub(_WORD_JOINER, text))


@overload
def safe_cell(value: str) -> str: ...


@overload
def safe_cell(value: object) -> object: ...


def safe_cell(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula: an apostrophe in front keeps it text.

    For every table, its headers included, since Streamlit's own tables can be copied and saved by
    everybody who sees them.
    """
    if isinstance(value, str) and value.startswith(_STARTS_FORMULA):
        return f"'{value}"
    return value


def to_csv(rows: Sequence[Mapping[str, object]]) -> bytes:
    """Return rows as a CSV file, cells and headers of which no spreadsheet takes for a formula.

    UTF-8 with a byte order mark, without which Excel takes it for another encoding.
    """
    columns = list(dict.fromkeys(column for row in rows for column in row))
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(map(safe_cell, columns))
    writer.writerows([safe_cell(row.get(column)) for column in columns] for row in rows)
    return file.getvalue().encode("utf-8-sig", errors="replace")
