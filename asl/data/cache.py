"""What is worked out from the files of a data set, and kept on disk.

It is kept by the content of the files and by how it was made, not by their names. So the same file
is never worked on twice, whatever its table says about labels and people, and whatever other files
it comes with.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import numpy as np
import pandas as pd

# Of a folder: the SHA-256 of the files it was made of, one a line; and a note written last, which
# says what made it, and the row and reason of every file that cannot be read.
_CONTENTS = "contents.txt"
_DONE = "done.json"
_UNREADABLE = "unreadable"

#: Told path and reason of a file that cannot be read.
Reject = Callable[[str, str], None]


class Rows(Protocol):
    """Examples of any kind, one row a file."""

    @property
    def paths(self) -> np.ndarray: ...

    def __len__(self) -> int: ...

    def rows(self, index: np.ndarray) -> Self:
        """Return the rows at `index`."""


Kept = TypeVar("Kept", bound=Rows)


def with_contents(table: pd.DataFrame, reject: Reject) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of `table` whose files can be opened, and the SHA-256 of each.

    Raises:
        ValueError: the table is empty, or no file can be opened.
    """
    if table.empty:
        raise ValueError("table: no pictures to prepare")
    contents: dict[str, str] = {}
    for path in table["path"]:
        try:
            contents[path] = content_of(path)
        except OSError as error:
            reject(path, f"the file cannot be opened: {error.strerror}")
    table = table[table["path"].isin(list(contents))]
    if table.empty:
        raise ValueError("table: none of the pictures can be opened")
    return table, [contents[path] for path in table["path"]]


def content_of(path: str) -> str:
    """Return the SHA-256 of a file's bytes."""
    with open(path, "rb") as file:  # a packed file of sequences is large
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(paths: Sequence[str]) -> str:
    """Return a SHA-256 over the bytes of files, in order."""
    return joint_fingerprint([content_of(path) for path in paths])


def joint_fingerprint(contents: Sequence[str], more: str = "") -> str:
    """Return a SHA-256 over those of several files, in order, and over what else is to count."""
    digest = hashlib.sha256()
    for content in contents:
        digest.update(bytes.fromhex(content))
    digest.update(more.encode())
    return digest.hexdigest()


def is_filled(folder: Path) -> bool:
    """Return whether what is kept in `folder` is complete."""
    return (folder / _DONE).is_file()


@contextmanager
def filling(
    folder: Path, contents: Sequence[str], about: Mapping[str, Any]
) -> Iterator[dict[int, str]]:
    """Fill a folder of the cache within a block; it is deleted if the block fails.

    Args:
        folder: made if needed.
        contents: SHA-256 of the files that its rows are made of.
        about: what is noted of it, "made_with" among it: what else decides on the result.

    Yields:
        Row and reason of every file that cannot be read, to be filled in.
    """
    unreadable: dict[int, str] = {}
    try:
        note_contents(folder, contents)
        yield unreadable
        note = {"pictures": len(contents), **about, _UNREADABLE: unreadable}
        (folder / _DONE).write_text(json.dumps(note))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)  # large, and of no use half filled
        raise


def without_unreadable(examples: Kept, folder: Path, reject: Reject) -> Kept:
    """Return the examples without those rows that could not be read when `folder` was filled."""
    unreadable = unreadable_rows(folder)
    for row, reason in unreadable.items():
        reject(str(examples.paths[row]), reason)
    if not unreadable:
        return examples
    return examples.rows(np.delete(np.arange(len(examples)), list(unreadable)))


def unreadable_rows(folder: Path) -> dict[int, str]:
    """Return row and reason of what could not be read when `folder` was filled."""
    note = json.loads((folder / _DONE).read_text())
    return {int(row): reason for row, reason in note.get(_UNREADABLE, {}).items()}


def known_rows(cache: Path, contents: Iterable[str], made_with: str) -> dict[str, tuple[Path, int]]:
    """Return which of these files have examples already, and where: SHA-256 → folder and row.

    Args:
        cache: where all examples are kept.
        contents: SHA-256 of the files.
        made_with: as noted while `filling`.
    """
    wanted = set(contents)
    found: dict[str, tuple[Path, int]] = {}
    for file in cache.glob(f"examples-*/{_CONTENTS}"):
        done = file.parent / _DONE
        note = json.loads(done.read_text()) if done.is_file() else {}
        if note.get("made_with") == made_with:
            for row, content in enumerate(file.read_text().split()):
                if content in wanted and str(row) not in note.get(_UNREADABLE, {}):
                    found[content] = file.parent, row
    return found


def lend(cache: Path, other: Path) -> None:
    """Let the cache `other`, which is made if needed, have all examples that `cache` has."""
    other.mkdir(parents=True, exist_ok=True)
    for folder in cache.glob("examples-*"):
        if is_filled(folder):  # nothing is ever written there again
            (other / folder.name).symlink_to(folder.resolve())


def note_contents(folder: Path, contents: Sequence[str]) -> None:
    """Write down which files, by their SHA-256, what is kept in `folder` was made of."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _CONTENTS).write_text("\n".join(contents))


def new_array(file: Path, kind: type, shape: tuple[int, ...]) -> np.memmap:
    """Make a file for an array, with all the room that it needs, to be filled through the disk.

    Raises:
        OSError: the disk is full. Without room of its own the process would be killed in the
            midst of filling it.
    """
    array = np.lib.format.open_memmap(file, "w+", kind, shape)
    if hasattr(os, "posix_fallocate"):  # macOS has none
        with file.open("r+b") as made:
            os.posix_fallocate(made.fileno(), 0, file.stat().st_size)
    return array


def forget(cache: Path, contents: Iterable[str]) -> None:
    """Delete all that was made of sets that have one of these files, by their SHA-256."""
    forgotten = set(contents)
    for file in cache.glob(f"*/{_CONTENTS}"):
        if not forgotten.isdisjoint(file.read_text().split()):
            shutil.rmtree(file.parent, ignore_errors=True)
