"""Sequences as Kaggle's asl-signs publishes them: a table of files, a map of signs, Parquet.

`train.csv` has path, participant_id, sequence_id and sign; `sign_to_prediction_index_map.json`
gives each sign its number; a `.parquet` file has a row for each frame and landmark.
"""

import csv
import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from asl.data.sequences.layout import PARTS, ROWS, Selection
from asl.data.sequences.limits import Limits, SequenceError, checked

TABLE = "train.csv"
SIGN_MAP = "sign_to_prediction_index_map.json"
_FIELDS = ("path", "participant_id", "sequence_id", "sign")
_WHICH = ("frame", "type", "landmark_index")
_MAP_BYTES = 10 * 1024**2


@dataclass(frozen=True)
class SequenceFile:
    """One sequence of a set of files.

    Attributes:
        path: of its file or folder.
        sign: as the set spells it.
        person: who signs, or "" where the set does not say.
        name: of the sequence, once in the set.
    """

    path: Path
    sign: str
    person: str
    name: str


def read_table(folder: Path, limits: Limits | None = None) -> list[SequenceFile]:
    """Return the sequences that `train.csv` names, whether or not their files are there.

    Raises:
        SequenceError: no such table, columns missing, no rows, or a path that leaves the folder.
    """
    limits = limits or Limits()
    table = folder / TABLE
    limits.check_file(table)
    found: list[SequenceFile] = []
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            missing = [name for name in _FIELDS if name not in (rows.fieldnames or ())]
            if missing:
                raise SequenceError(
                    table, f"the column {missing[0]!r} is missing", f"It needs {', '.join(_FIELDS)}"
                )
            for row in rows:
                found.append(_entry(table, folder, row, rows.line_num))
                if len(found) > limits.sequences:
                    raise SequenceError(
                        table, f"it names more than {limits.sequences:,} sequences", "Divide it"
                    )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SequenceError(
            table, f"it is no table ({error})", "Save it as CSV in UTF-8"
        ) from error
    if not found:
        raise SequenceError(table, "it names no sequences", "Add a line for each file")
    return found


def read_sign_map(path: Path) -> dict[str, int]:
    """Return sign → number, 0 to the number of signs less one.

    Raises:
        SequenceError: not such a file, or numbers that are missing or given twice.
    """
    Limits(file_bytes=_MAP_BYTES).check_file(path)
    advice = 'Write it as {"sign": 0, "another": 1}'
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise SequenceError(path, f"it is no JSON ({error})", advice) from error
    if not isinstance(found, dict) or not found:
        raise SequenceError(path, "it is no map of signs", advice)
    if not all(type(number) is int for number in found.values()):
        raise SequenceError(path, "a sign's number is no whole number", advice)
    if sorted(found.values()) != list(range(len(found))):
        raise SequenceError(path, "its numbers are not 0, 1, 2 … each once", advice)
    return found


def read_parquet(
    path: Path, selection: Selection, limits: Limits | None = None, depth: bool = True
) -> np.ndarray:
    """Return the chosen landmarks of one file; no other columns are read.

    Frames are those in the file, in the order of their numbers; numbers that are missing leave no
    gap, as in the published files, whose numbers begin anywhere.

    Args:
        depth: whether z is read; without it z is 0 where a point was seen.

    Returns:
        (T, rows, 3) float32, x and y in shares of the frame, NaN where nothing was seen.

    Raises:
        SequenceError: not such a file, a column missing or of another type, a landmark that is
            none or is there twice, too large, or nothing seen at all.
    """
    limits = limits or Limits()
    limits.check_file(path)
    wanted = ("x", "y", "z") if depth else ("x", "y")
    table = _columns(path, (*_WHICH, *wanted), limits)
    rows = _rows_of(path, table)
    numbers, frame = np.unique(_numbers(path, table, "frame"), return_inverse=True)
    limits.check_frames(path, len(numbers))
    column = selection.column_of[rows]
    kept = column >= 0
    points = np.full((len(numbers), len(selection), 3), np.nan, np.float32)
    at = frame[kept], column[kept]
    filled = np.zeros(points.shape[:2], bool)
    filled[at] = True
    if np.count_nonzero(filled) < np.count_nonzero(kept):
        raise SequenceError(path, "a frame has a landmark twice", "Write each landmark once")
    for axis, name in enumerate(wanted):
        points[(*at, axis)] = _values(path, table, name)[kept]
    if not depth:
        points[..., 2] = np.where(np.isfinite(points[..., 0]), 0, np.nan)
    return checked(path, points)


def _entry(table: Path, folder: Path, row: dict[str, str | None], line: int) -> SequenceFile:
    values = {name: (row[name] or "").strip() for name in _FIELDS}
    empty = [name for name, value in values.items() if not value]
    if empty:
        raise SequenceError(table, f"line {line} has no {empty[0]}", "Fill it in")
    inside = PurePosixPath(values["path"])
    if inside.is_absolute() or ".." in inside.parts or "\\" in values["path"]:
        raise SequenceError(
            table, f"line {line} names a file outside the folder", "Give paths within it"
        )
    return SequenceFile(
        folder / inside, values["sign"], values["participant_id"], values["sequence_id"]
    )


def _columns(path: Path, names: tuple[str, ...], limits: Limits) -> pa.Table:
    advice = f"It needs the columns {', '.join(names)}, as Kaggle's asl-signs has them"
    try:
        with pq.ParquetFile(path, read_dictionary=["type"]) as file:
            missing = [name for name in names if name not in file.schema_arrow.names]
            if missing:
                raise SequenceError(path, f"the column {missing[0]!r} is missing", advice)
            limits.check_frames(path, -(-file.metadata.num_rows // ROWS))
            groups = (file.metadata.row_group(n) for n in range(file.num_row_groups))
            size = sum(group.total_byte_size for group in groups)
            if size > limits.array_bytes:
                raise SequenceError(path, f"it unpacks to {size:,} bytes", "Divide it")
            return file.read(columns=list(names), use_threads=False)
    except KeyError as error:
        # Which columns are to come as dictionaries is looked up before any can be asked for.
        raise SequenceError(path, "the column 'type' is missing", advice) from error
    except (pa.ArrowException, OSError) as error:
        raise SequenceError(path, f"it is damaged or no Parquet ({error})", advice) from error


def _rows_of(path: Path, table: pa.Table) -> np.ndarray:
    """Return the row among the 543 that each line of the table is about."""
    kinds = table["type"].combine_chunks()
    if not pa.types.is_dictionary(kinds.type):
        kinds = pc.dictionary_encode(kinds)
    names = kinds.dictionary.to_pylist()
    if kinds.null_count or not set(names) <= PARTS.keys():
        strange = next((name for name in names if name not in PARTS), None)
        raise SequenceError(
            path, f"the type {strange!r} is no part of the body", f"Use {', '.join(PARTS)}"
        )
    code = kinds.indices.to_numpy(zero_copy_only=False)
    first = np.array([PARTS[name][0] for name in names], np.int64)[code]
    count = np.array([PARTS[name][1] for name in names], np.int64)[code]
    index = _numbers(path, table, "landmark_index")
    if ((index < 0) | (index >= count)).any():
        raise SequenceError(
            path, "a landmark_index is too large for its type", "Use Holistic's 543 landmarks"
        )
    rows: np.ndarray = first + index
    return rows


def _numbers(path: Path, table: pa.Table, name: str) -> np.ndarray:
    column = table[name]
    if not pa.types.is_integer(column.type) or column.null_count:
        raise SequenceError(
            path, f"the column {name!r} has other things than whole numbers", "Write it again"
        )
    return np.asarray(column.to_numpy()).astype(np.int64)


def _values(path: Path, table: pa.Table, name: str) -> np.ndarray:
    column = table[name]
    if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
        raise SequenceError(path, f"the column {name!r} has no numbers", "Write it again")
    return np.asarray(column.to_numpy())
