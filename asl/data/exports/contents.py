"""Contents of annotation files as data, from bytes of which nothing is believed."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree

import yaml

_LARGEST = 64 << 20
# A file of one picture's boxes, or of class names, is far smaller. YAML is read slowly.
_LARGEST_SMALL = 1 << 20
_LARGEST_YAML = 1 << 16
_MOST_ROWS = 300_000
# Letters of a row, its header included; one with a column for each of 1,000 signs takes 20,000.
_LONGEST_ROW = 1 << 16
# Values of a JSON file take far more memory than its text: lists and objects most of all.
_MOST_LISTS = 2_000_000
_MOST_VALUES = 10_000_000


class UnreadableError(Exception):
    """A file is not of the form that its name says; the message says why."""


def content_of_small(file: Path) -> bytes:
    """Return all of a small file; nothing of one that is large, or no ordinary file."""
    if not file.is_file() or file.stat().st_size > _LARGEST:
        return b""
    return file.read_bytes()


def text_of(data: bytes) -> str:
    """Return the text of a file in UTF-8, UTF-16 or, as older programs write, Windows-1252."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def small_text(data: bytes) -> str:
    """Return the text of a file that belongs to one picture, or lists classes.

    Raises:
        UnreadableError: it is larger than any such file.
    """
    if len(data) > _LARGEST_SMALL:
        raise UnreadableError("is too large")
    return text_of(data)


def json_of(data: bytes) -> object:
    """Return what a JSON file holds.

    Raises:
        UnreadableError: it is no JSON, holds too many values, or is nested without an end.
    """
    if data.count(b"[") + data.count(b"{") > _MOST_LISTS or data.count(b",") > _MOST_VALUES:
        raise UnreadableError("holds too many values")
    try:
        return json.loads(text_of(data))
    except (ValueError, RecursionError):
        raise UnreadableError("is no readable JSON") from None


def xml_of(data: bytes) -> ElementTree.Element:
    """Return the root of a small XML file.

    Raises:
        UnreadableError: it is no XML, or declares a document type: entities could make a few
            bytes fill the memory.
    """
    text = small_text(data)
    if "<!doctype" in text.lower():
        raise UnreadableError("declares a document type, which is not read")
    try:
        # The parser gets text, not bytes, and so reads the very signs that were looked at.
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, RecursionError):
        raise UnreadableError("is no readable XML") from None


def yaml_of(data: bytes) -> object:
    """Return what a small YAML file holds; every value is text, so that signs "no" and 0 are too.

    Raises:
        UnreadableError: it is no YAML, or larger than one of class names.
    """
    if len(data) > _LARGEST_YAML:
        raise UnreadableError("is too large")
    try:
        # The base loader makes text, lists and mappings, and nothing else.
        return yaml.load(text_of(data), Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        raise UnreadableError("is no readable YAML") from None


def rows_of(data: bytes, has_files: Callable[[list[str]], bool]) -> Iterator[list[str]]:
    """Yield the rows of a table, header first, without spaces around values.

    Args:
        has_files: whether a header is one of a table that is wanted. Of comma, semicolon and tab
            the first to give such a header parts the values.

    Raises:
        UnreadableError: there is no such header, a row is far too long, or the rows break off or do
            not end.
    """
    if data.count(b"\n") > 2 * _MOST_ROWS:  # before the first of them are read
        raise UnreadableError(f"has more than {_MOST_ROWS:,} rows")
    lines = _Lines(text_of(data).lstrip())
    try:
        for comma in ",;\t":
            lines.go_back()
            rows = lines.rows(comma)
            header = [value.strip() for value in next(rows, ())]
            if has_files(header):
                break
        else:
            raise UnreadableError("has no column of file names beside one of labels")
        yield header
        for row in islice(rows, _MOST_ROWS):
            yield [value.strip() for value in row]
        if next(rows, None):
            raise UnreadableError(f"has more than {_MOST_ROWS:,} rows")
    except csv.Error:
        raise UnreadableError("is no readable table") from None


class _Lines:
    """The lines of a table, none of whose rows is endless; a quoted value may hold many lines."""

    def __init__(self, text: str):
        self._text = io.StringIO(text, newline="")
        self._in_row = 0

    def go_back(self) -> None:
        self._text.seek(0)
        self._in_row = 0

    def rows(self, comma: str) -> Iterator[list[str]]:
        for row in csv.reader(self, delimiter=comma):
            self._in_row = 0
            yield row

    def __iter__(self) -> Iterator[str]:
        while line := self._text.readline(_LONGEST_ROW + 1):
            self._in_row += len(line)
            if self._in_row > _LONGEST_ROW:
                raise UnreadableError(f"has a row of more than {_LONGEST_ROW:,} letters")
            yield line
