"""Arrays of numbers and words from `.npy` and `.npz` files that strangers made.

Nothing is unpickled, and what a header promises is compared with the bytes that there are before
any memory is asked for.
"""

import math
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

from asl.data.sequences.limits import Limits, SequenceError

_ADVICE = "Save it again with numpy.savez_compressed or numpy.save, without objects"
_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_npy(path: Path, limits: Limits) -> np.ndarray:
    """Return the array in a `.npy` file.

    Raises:
        SequenceError: not such a file, damaged, too large, or with objects in it.
    """
    limits.check_file(path)
    try:
        with path.open("rb") as file:
            return _read(path, file, path.stat().st_size, limits)
    except (OSError, ValueError, EOFError) as error:
        raise _damaged(path, error) from error


def read_npz(path: Path, names: tuple[str, ...], limits: Limits) -> dict[str, np.ndarray]:
    """Return these arrays of a `.npz` file; others in it are not read.

    Raises:
        SequenceError: not such a file, damaged, too large, an array missing, or objects in one.
    """
    arrays = {}
    with _opened(path, names, limits) as archive:
        for name in names:
            with _member(archive, name) as (file, size):
                arrays[name] = _read(path, file, size, limits)
    return arrays


def npz_shape(path: Path, name: str, limits: Limits) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return shape and type of one array of a `.npz` file, which is not read.

    Raises:
        SequenceError: as `read_npz`.
    """
    with _opened(path, (name,), limits) as archive, _member(archive, name) as (file, size):
        shape, _, kind = _header(path, file, size, limits)
        return shape, kind


def npz_rows(path: Path, name: str, limits: Limits, at_once: int) -> Iterator[np.ndarray]:
    """Yield one array of a `.npz` file in pieces of so many rows, in a memory that stays small.

    Raises:
        SequenceError: as `read_npz`.
    """
    with _opened(path, (name,), limits) as archive, _member(archive, name) as (file, size):
        shape, by_column, kind = _header(path, file, size, limits)
        if by_column or not shape:
            # Its rows lie apart, so that none can be had before all are there.
            whole = _filled(path, file, shape, by_column, kind)
            for start in range(0, len(whole), at_once):
                yield whole[start : start + at_once]
            return
        for start in range(0, shape[0], at_once):
            piece = (min(at_once, shape[0] - start), *shape[1:])
            yield _filled(path, file, piece, by_column, kind)


@contextmanager
def _opened(path: Path, names: tuple[str, ...], limits: Limits) -> Iterator[zipfile.ZipFile]:
    """Open a `.npz` file that has these arrays; what its bytes lead to is said in plain words."""
    limits.check_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            there = set(archive.namelist())
            missing = [name for name in names if f"{name}.npy" not in there]
            if missing:
                raise SequenceError(
                    path, f"the array {missing[0]!r} is missing", f"It needs {', '.join(names)}"
                )
            yield archive
    except (
        OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError,
        RuntimeError,
    ) as error:  # fmt: skip
        raise _damaged(path, error) from error


@contextmanager
def _member(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[BinaryIO, int]]:
    """Open an array, and tell its bytes: a reader of members never gives more than promised."""
    info = archive.getinfo(f"{name}.npy")
    with archive.open(info) as file:
        yield cast(BinaryIO, file), info.file_size


def _read(path: Path, file: BinaryIO, size: int, limits: Limits) -> np.ndarray:
    shape, by_column, kind = _header(path, file, size, limits)
    return _filled(path, file, shape, by_column, kind)


def _header(
    path: Path, file: BinaryIO, size: int, limits: Limits
) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return shape, whether columns lie together, and type."""
    version = np.lib.format.read_magic(file)
    reader = _READERS.get(version)
    if reader is None:
        raise SequenceError(path, f"its format {version} is not known", _ADVICE)
    shape, by_column, kind = reader(file)
    if kind.hasobject or kind.names is not None or kind.kind not in "biufU":
        raise SequenceError(path, "it holds other things than numbers and words", _ADVICE)
    needed = math.prod(shape) * kind.itemsize
    if needed > limits.array_bytes:
        raise SequenceError(
            path,
            f"an array in it has {needed:,} bytes, at most {limits.array_bytes:,} are read",
            "Divide it",
        )
    if needed > size:
        raise SequenceError(path, "it is shorter than its header says", _ADVICE)
    return shape, by_column, kind


def _filled(
    path: Path, file: BinaryIO, shape: tuple[int, ...], by_column: bool, kind: np.dtype[Any]
) -> np.ndarray:
    needed = math.prod(shape) * kind.itemsize
    flat = bytearray(needed)
    room, at = memoryview(flat), 0
    while at < needed:
        part = file.read(min(needed - at, 1 << 24))
        if not part:
            raise SequenceError(path, "it ends too early", _ADVICE)
        room[at : at + len(part)] = part
        at += len(part)
    return np.frombuffer(flat, kind).reshape(shape, order="F" if by_column else "C")


def _damaged(path: Path, error: Exception) -> SequenceError:
    if isinstance(error, SequenceError):
        return error
    return SequenceError(path, f"it is damaged or no such file ({error})", _ADVICE)
