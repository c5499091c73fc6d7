"""Sign Language MNIST in its own CSV format.

Source: Kaggle ``datamunge/sign-language-mnist``. A row is one grey picture of 28 x 28 pixels;
labels are positions in the alphabet, without J (9) and Z (25), which are signed with a movement.
"""

import gzip
import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from asl.labels import LETTERS

SIDE = 28
COLUMNS = ["label", *(f"pixel{number}" for number in range(1, SIDE * SIDE + 1))]
LABELS = [number for number in range(25) if LETTERS[number] != "J"]

# The official files have 34,627 rows together; a small gzip file can claim to hold any number.
MAX_ROWS = 200_000
ROWS_AT_ONCE = 2_000

_GZIP_START = b"\x1f\x8b"


def read_sign_mnist(file: str | Path) -> tuple[np.ndarray, list[str]]:
    """Read a Sign Language MNIST CSV, plain or packed with gzip (told apart by content).

    Returns:
        The pictures, uint8 of shape (N, 28, 28), grey, 0 is black; and their N labels, "A" to "Y"
        without "J".

    Raises:
        ValueError: naming the file, and the row (counted from 1 below the header) and column
            where a value is wrong.
    """
    path = Path(file)
    blocks = []
    rows = 0
    try:
        with path.open("rb") as start:
            packed = start.read(2) == _GZIP_START
        with pd.read_csv(
            path,
            compression="gzip" if packed else None,
            chunksize=ROWS_AT_ONCE,
            encoding="utf-8-sig",
            low_memory=False,
        ) as chunks:
            for chunk in chunks:
                _check_columns(path, chunk)
                blocks.append(_checked_values(path, chunk, first_row=rows + 1))
                rows += len(chunk)
                if rows > MAX_ROWS:
                    raise ValueError(f"{path.name}: more than the {MAX_ROWS:,} rows allowed")
    except FileNotFoundError:
        raise ValueError(f"{path.name}: there is no such file") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name}: no Sign Language MNIST CSV: {error}") from None
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path.name}: the file cannot be read: {error}") from None
    if not rows:
        raise ValueError(f"{path.name}: the file has a header but no rows")
    values = np.concatenate(blocks)
    return values[:, 1:].reshape(-1, SIDE, SIDE), [LETTERS[number] for number in values[:, 0]]


def is_sign_mnist(file: str | Path) -> bool:
    """Whether a CSV, plain or packed with gzip, has the columns of Sign Language MNIST."""
    path = Path(file)
    try:
        with path.open("rb") as start:
            packed = start.read(2) == _GZIP_START
        with gzip.open(path) if packed else path.open("rb") as lines:
            header = lines.readline(len(",".join(COLUMNS)) + 8)
    except (OSError, EOFError, zlib.error):
        return False
    return header.decode("utf-8-sig", errors="replace").startswith(",".join(COLUMNS[:2]))


def _check_columns(path: Path, chunk: pd.DataFrame) -> None:
    found = list(chunk.columns)
    for position, expected in enumerate(COLUMNS):
        if found[position : position + 1] != [expected]:
            got = repr(found[position]) if position < len(found) else "no more columns"
            raise ValueError(
                f"{path.name}: column {position + 1} must be {expected!r}, but there is {got}"
            )
    if len(found) > len(COLUMNS):
        raise ValueError(
            f"{path.name}: column {len(COLUMNS) + 1} ({found[len(COLUMNS)]!r}) is one too many"
        )
    # pandas takes surplus values at the start of the rows for row names.
    if not isinstance(chunk.index, pd.RangeIndex):
        raise ValueError(f"{path.name}: row 1 has more values than the {len(COLUMNS)} columns")


def _checked_values(path: Path, chunk: pd.DataFrame, first_row: int) -> np.ndarray:
    """Values as uint8 of shape (rows, 785)."""
    numbers = chunk.apply(pd.to_numeric, errors="coerce").to_numpy()
    # Written so that a missing value (nan) counts as wrong.
    right = (numbers >= 0) & (numbers <= 255) & (numbers == np.floor(numbers))
    right[:, 0] &= np.isin(numbers[:, 0], LABELS)
    if not right.all():
        row, column = np.argwhere(~right)[0]
        allowed = "a whole number from 0 to 255"
        if column == 0:
            allowed = "a whole number from 0 to 24 without 9 (J and Z are not in this data set)"
        raise ValueError(
            f"{path.name}: row {first_row + row}, column {COLUMNS[column]!r}: "
            f"expected {allowed}, got {chunk.iat[row, column]!s}"
        )
    return numbers.astype(np.uint8)
