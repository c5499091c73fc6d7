"""The table of a user's data set, one row a picture, and the names of its files."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

TABLE = "pictures.parquet"
NEAR = "near.parquet"
PICTURES = "pictures"
THUMBS = "thumbs"
CLIPS = "clips"
FILMS = "films"

#: Columns of the table.
COLUMNS = {
    "path": "object",  # of the picture, relative to the data set's folder
    "label": "object",
    "person": "object",  # None if unknown
    "part": "object",  # "train", "valid", "test", or None
    "original": "object",  # name that the user's file had, from the root of the upload down
    "state": "object",  # "used", "unreadable" or "left out"
    "reason": "object",  # why it is not used
    "width": "Int64",
    "height": "Int64",
    "content": "object",  # SHA-256 of the file
    "hash": "object",  # 256-bit perceptual hash, hexadecimal
    "found": "boolean",  # whether a hand was found; missing if it was not searched for
    "checked": "boolean",  # whether it was compared with the others, and searched if possible
    "frames": "Int64",  # of a clip
    "confirmed": "object",  # the label that somebody who was asked said is right, None before
}


def empty_table() -> pd.DataFrame:
    """Return a table without rows."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})


def read_table(file: Path) -> pd.DataFrame:
    """Return a table, without rows if there is none yet.

    Tables that were written before there were confirmations, or clips, have no such columns; here
    they are empty.
    """
    if not file.is_file():
        return empty_table()
    table = pd.read_parquet(file)
    missing = {name: kind for name, kind in COLUMNS.items() if name not in table}
    empty = {name: pd.Series([None] * len(table), dtype=kind) for name, kind in missing.items()}
    return table.assign(**empty)[list(COLUMNS)]


def none_where_missing(column: pd.Series) -> list[Any]:
    """Return the values of a column, with None instead of pandas' own missing values."""
    return [None if pd.isna(value) else value for value in column]


def hashes(table: pd.DataFrame) -> np.ndarray:
    """Return the perceptual hashes of a table's rows, uint64 of shape (N, 4)."""
    packed = bytes.fromhex("".join(table["hash"]))
    return np.frombuffer(packed, np.uint64).reshape(len(table), -1)
