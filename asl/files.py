"""Files: users' own are opened only if they are ordinary, our own are replaced in one step.

A pipe or a device may never end. What a path names can change between a check and its opening, so
the open file is asked what it is, and opening does not wait for a program to write into a pipe.
"""

import errno
import glob
import json
import os
import shutil
import stat
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import Any

# Without it, opening a pipe waits until a program writes into it. Windows has no such pipes.
_DO_NOT_WAIT = getattr(os, "O_NONBLOCK", 0)
#: Seconds after which a new file that has not grown is nobody's any more.
_LONGEST_WRITE = 600
#: Times that a folder is deleted in which something new lies each time.
_MOST_DELETIONS = 10


def open_file(path: str | Path) -> BufferedReader:
    """Open an ordinary file for reading bytes; links are followed.

    Raises:
        OSError: there is none, it may not be read, or it is a folder, pipe, socket or device.
    """
    # Opening some devices does something already.
    _require_ordinary(os.stat(path), path)
    file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | _DO_NOT_WAIT))
    try:
        _require_ordinary(os.fstat(file.fileno()), path)
    except BaseException:
        file.close()
        raise
    return file


class UnusableFile(ValueError):
    """A user's file that cannot be used; `reason` says in plain words why and what to do."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.name = name
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


class FileFault(OSError):
    """A file that cannot be opened; the text says in plain words why, and what to do."""


def open_chosen(path: Path, what: str) -> BufferedReader:
    """Open a file that a user has chosen, as `open_file`.

    Args:
        what: it should be, such as "picture".

    Raises:
        FileFault: it cannot be opened.
    """
    # os.path, unlike Path, answers also for names that are too long or lie in closed folders.
    if os.path.isdir(path):
        raise FileFault(f"this is a folder; choose a {what} inside it")
    if os.path.exists(path) and not os.path.isfile(path):
        raise FileFault(f"this is not an ordinary file; choose a {what}")
    try:
        return open_file(path)
    except PermissionError:
        reason = "the file may not be read; check its permissions and try again"
        raise FileFault(reason) from None
    except (OSError, ValueError):
        raise FileFault("there is no such file; check the path") from None


def read_file(path: str | Path, most: int) -> bytes:
    """Return all bytes of an ordinary file.

    Raises:
        OSError: as `open_file`, or there are more than `most` bytes.
    """
    with open_file(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(f"{path}: larger than {most >> 20} MB")
    return content


@contextmanager
def replacing(file: Path, durable: bool = False) -> Iterator[Path]:
    """Give a new file to write in place of `file`, which it replaces in one step at the end.

    Readers see the old content or the new one, never a part; so they do after an error, when the
    new file is deleted.

    Args:
        durable: have the disk keep it before it replaces the old one, so that a loss of power
            leaves one of the two.

    Raises:
        OSError: it cannot be written or put in its place.
    """
    _clear_leftovers(file)
    # Libraries choose a format, and add an ending, by the name's own end.
    fresh = file.with_name(f".{os.getpid()}-{threading.get_ident()}-{file.name}")
    try:
        yield fresh
        if durable:
            with fresh.open("rb") as written:
                os.fsync(written.fileno())
        os.replace(fresh, file)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _clear_leftovers(file: Path) -> None:
    """Delete new files that were to replace `file`, left behind by processes that were killed."""
    for old in file.parent.glob(f".*-{glob.escape(file.name)}"):
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > _LONGEST_WRITE:
                old.unlink()


def write_json(file: Path, values: Mapping[str, Any], durable: bool = True) -> None:
    """Replace a small JSON file in one step.

    Raises:
        OSError: as `replacing`.
    """
    with replacing(file, durable) as fresh:
        fresh.write_text(json.dumps(values))


def read_json(file: Path) -> dict[str, Any]:
    """Return what a small JSON file of our own holds; nothing where it is missing or damaged."""
    try:
        values = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def _require_ordinary(state: os.stat_result, path: str | Path) -> None:
    if not stat.S_ISREG(state.st_mode):
        raise OSError(f"{path}: this is no ordinary file")


def delete_folder(folder: Path) -> None:
    """Delete a folder into which somebody may be writing this moment.

    Raises:
        OSError: it cannot be deleted, or is written into again and again.
    """
    for left in reversed(range(_MOST_DELETIONS)):
        try:
            shutil.rmtree(folder)
            return
        except OSError as error:
            if error.errno != errno.ENOTEMPTY or not left:
                raise
            time.sleep(0.1)
