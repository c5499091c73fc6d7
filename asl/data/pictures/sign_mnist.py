"""Sign Language MNIST in its own CSV format, and as other programs write it.

Source: Kaggle ``datamunge/sign-language-mnist``. A row is one grey picture of 28 x 28 pixels;
labels are positions in the alphabet, without J (9) and Z (25), which are signed with a movement.
Read as well: letters as labels, the label last, a column that numbers the rows, other separators,
quotes, other or no names of columns, UTF-16.
"""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from asl.data.pictures.sign_mnist_columns import COLUMNS, PIXELS, SIDE, Columns, find_columns
from asl.files import open_file
from asl.labels import LETTERS

__all__ = [
    "COLUMNS",
    "GZIP_START",
    "MAX_LINE",
    "SIDE",
    "check_start",
    "is_sign_mnist",
    "read_sign_mnist",
]

LABELS = [number for number in range(25) if LETTERS[number] != "J"]

# The official files have 34,627 rows together; a small gzip file can claim to hold any number.
MAX_ROWS = 200_000
ROWS_AT_ONCE = 2_000
#: Bytes that the first line may take; a line of the official files takes at most 8 kB.
MAX_LINE = 1 << 16

_MOST_BYTES = MAX_ROWS * 8_000

_POSITIONS = {letter: float(number) for number, letter in enumerate(LETTERS)}
_PIXEL_EXPECTED = "a whole number from 0 to 255"
_LABEL_EXPECTED = (
    "a whole number from 0 to 24 without 9, or a letter from A to Y without J (J and Z are not in "
    "this data set)"
)
_LABEL_ADVICE = "; where the signs are numbered in another way, write their letters instead"

GZIP_START = b"\x1f\x8b"
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def read_sign_mnist(file: str | Path, name: str | None = None) -> tuple[np.ndarray, list[str]]:
    """Read a Sign Language MNIST CSV, plain or packed with gzip (told apart by content).

    Args:
        name: what errors call the file, if not by its own name.

    Returns:
        The pictures, uint8 of shape (N, 28, 28), grey, 0 is black; and their N labels, "A" to "Y"
        without "J".

    Raises:
        ValueError: naming the file, and the row (counted from 1 below the header) and column
            where a value is wrong.
    """
    path = Path(file)
    name = name or path.name
    try:
        with open_file(path) as start:
            packed = start.read(2) == GZIP_START
        with open_file(path) as opened:
            source: _Bytes = gzip.open(opened) if packed else opened
            pixels, labels = zip(*_blocks(_Text(source)), strict=True)
    except FileNotFoundError:
        raise ValueError(f"{name}: there is no such file") from None
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{name}: the file cannot be read: {error}") from None
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    pictures = np.concatenate(pixels).reshape(-1, SIDE, SIDE)
    return pictures, [LETTERS[number] for number in np.concatenate(labels)]


def is_sign_mnist(file: str | Path) -> bool:
    """Whether a CSV, plain or packed with gzip, has the columns of Sign Language MNIST."""
    try:
        with open_file(file) as opened:
            check_start(opened.read(MAX_LINE))
    except (OSError, ValueError):
        return False
    return True


def check_start(start: bytes) -> None:
    """Check the first `MAX_LINE` bytes of a file, for whether it is a Sign Language MNIST CSV.

    Raises:
        ValueError: it is none, and why.
    """
    if start.startswith(GZIP_START):
        try:
            start = zlib.decompressobj(wbits=31).decompress(start, MAX_LINE)
        except zlib.error as error:
            raise ValueError(f"gzip: the file is damaged: {error}") from None
    line = _Text(io.BytesIO(start)).first_line()
    if not find_columns(line).named:
        # Any table of 785 numbers has such a line.
        next(_blocks(_Text(io.BytesIO(line.encode()))))


class _Bytes(Protocol):
    """What bytes can be read from."""

    def read(self, size: int, /) -> bytes: ...


class _Text(io.TextIOBase):
    """A table for pandas: text without quotes and without endless lines.

    Raises:
        ValueError: in each method, where a line or the table never ends.
    """

    def __init__(self, opened: _Bytes):
        self._opened = opened
        self._decoder: io.IncrementalNewlineDecoder | None = None
        self._ahead = ""
        self._bytes = self._in_line = 0

    def first_line(self) -> str:
        """Return the first line that is not empty, which is still to be read."""
        while "\n" not in (ahead := self._ahead.lstrip("\n")) and (piece := self._piece()):
            self._ahead = ahead + piece
        self._ahead = ahead
        return ahead.partition("\n")[0]

    def skip_first_line(self) -> None:
        self._ahead = self._ahead.partition("\n")[2]

    def read(self, size: int | None = -1) -> str:
        """Return what comes next, of any length, as pandas takes it; "" at the end."""
        ahead, self._ahead = self._ahead, ""
        return ahead or self._piece()

    def _piece(self) -> str:
        text = ""
        while not text and (data := self._opened.read(MAX_LINE)):
            if self._decoder is None:
                encoding = next(
                    (name for mark, name in _BYTE_ORDER_MARKS.items() if data.startswith(mark)),
                    "utf-8",
                )
                decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
                self._decoder = io.IncrementalNewlineDecoder(decoder, translate=True)
            self._bytes += len(data)
            if self._bytes > _MOST_BYTES:
                raise ValueError(f"more than the {MAX_ROWS:,} rows allowed")
            # No value of this table needs quotes; within them, a line might never end.
            text = self._decoder.decode(data).replace('"', "")
        first, last = text.find("\n"), text.rfind("\n")
        if self._in_line + (len(text) if first < 0 else first) > MAX_LINE:
            raise ValueError(
                f"no Sign Language MNIST CSV: a line has more than {MAX_LINE:,} letters, and one "
                "of this table has fewer than 8,000"
            )
        self._in_line = len(text) - last - 1 + (self._in_line if last < 0 else 0)
        return text


def _blocks(text: _Text) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pixels as uint8 of shape (rows, 784) and labels as int64 of shape (rows,), block by block."""
    columns = find_columns(text.first_line())
    if columns.named:
        text.skip_first_line()
    if not text.first_line():
        raise ValueError("the file has a header but no rows")
    rows = 0
    try:
        with pd.read_csv(
            text,
            sep=columns.separator,
            header=None,
            names=range(len(columns.names)),
            quoting=csv.QUOTE_NONE,
            chunksize=ROWS_AT_ONCE,
            low_memory=False,
        ) as chunks:
            for chunk in chunks:
                # pandas takes surplus values at the start of the rows for row names.
                if not isinstance(chunk.index, pd.RangeIndex):
                    raise ValueError(f"row 1 has more values than the {len(columns.names)} columns")
                if columns.label is None:
                    columns = _with_label(columns, chunk)
                yield _checked_values(columns, chunk, first_row=rows + 1)
                rows += len(chunk)
                if rows > MAX_ROWS:
                    raise ValueError(f"more than the {MAX_ROWS:,} rows allowed")
    except pd.errors.ParserError as error:
        counts = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error))
        if counts is None:
            raise ValueError(f"no Sign Language MNIST CSV: {error}") from None
        expected, row, found = counts.groups()
        raise ValueError(f"row {row}: expected {expected} values, saw {found}") from None


def _with_label(columns: Columns, chunk: pd.DataFrame) -> Columns:
    """Tell by the values whether the labels come first or last; first if both may be."""
    if columns.index and not columns.named:
        numbers = _numbers(chunk[0])
        if numbers[0] not in (0, 1) or (np.diff(numbers) != 1).any():
            raise ValueError(f"column {len(columns.names)} is one too many")
    first, last = columns.index, columns.index + PIXELS
    kinds = {}
    for position in (first, last):
        found = set(_label_numbers(chunk[position]))
        # A dark corner may hold numbers as small as labels are, but fewer different ones.
        kinds[position] = len(found) if found <= set(LABELS) else 0
    if kinds[last] <= kinds[first]:
        return replace(columns, label=first)
    names = (*columns.names[:first], *columns.names[first + 1 :], columns.names[first])
    return replace(columns, label=last, names=names)


def _checked_values(
    columns: Columns, chunk: pd.DataFrame, first_row: int
) -> tuple[np.ndarray, np.ndarray]:
    pixels = chunk.drop(columns=[*range(columns.index), columns.label])
    positions = [*pixels.columns, columns.label]
    numbers = pixels.to_numpy()
    if numbers.dtype.kind not in "iu":
        numbers = pixels.apply(pd.to_numeric, errors="coerce").to_numpy()
    labels = _label_numbers(chunk[columns.label])
    # Written so that a missing value (nan) counts as wrong.
    right = (numbers >= 0) & (numbers <= 255) & (numbers == np.floor(numbers))
    right = np.column_stack([right, np.isin(labels, LABELS)])
    if not right.all():
        row = int(np.argmin(right.all(axis=1)))
        column = min(
            position for position, fine in zip(positions, right[row], strict=True) if not fine
        )
        raise ValueError(
            f"row {first_row + row}, column {columns.names[column]!r}: expected "
            f"{_LABEL_EXPECTED if column == columns.label else _PIXEL_EXPECTED}, got "
            f"{_short(chunk.iat[row, column])}" + (_LABEL_ADVICE if column == columns.label else "")
        )
    return numbers.astype(np.uint8), labels.astype(np.int64)


def _label_numbers(column: pd.Series) -> np.ndarray:
    """Labels, numbers or letters, as positions in the alphabet; nan for anything else."""
    numbers = _numbers(column)
    if np.isnan(numbers).any():
        letters = column.astype(str).str.strip().str.upper().map(_POSITIONS).to_numpy(float)
        numbers = np.where(np.isnan(numbers), letters, numbers)
    return numbers


def _numbers(column: pd.Series) -> np.ndarray:
    numbers: np.ndarray = pd.to_numeric(column, errors="coerce").to_numpy(float)
    return numbers


def _short(value: object) -> str:
    text = str(value)
    text = text if len(text) <= 40 else f"{text[:40]}…"
    return text if text.isprintable() else repr(text)
