"""How much of the disk, how many pictures and runs there may be, counted and reserved in one place.

Before something is kept, what is there is counted under the lock of the workspace (`counting`), and
the new files are written or reserved before the lock is given back: of five tabs that ask at once,
the fifth sees what the others got. What is reserved is written into the folder of the work, as
``reserved.json``, and holds as long as the process of that folder lives.
"""

import fcntl
import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from asl.files import write_json
from asl.processes import is_alive
from asl.workspace import hosted, megabytes, workspace

#: Kept free on the disk, for checkpoints and for everybody else on the computer.
RESERVE = 500 << 20

RESERVED = "reserved.json"

# Work asks for more in such steps, so that it seldom counts.
_STEP_BYTES = 16 << 20
_STEP_PICTURES = 100

_held = threading.local()


class QuotaError(ValueError):
    """There is no room for something; the message says how much there is and what to do."""


@dataclass(frozen=True)
class Quota:
    """What one visitor may keep.

    Attributes:
        bytes: of everything in the workspace, caches included.
        pictures: of all data sets together.
        runs: finished, running and waiting.
    """

    bytes: int
    pictures: int
    runs: int


def quota() -> Quota | None:
    """Return what a visitor may keep, None if everything on the disk may be used.

    `ASL_QUOTA_MB`, `ASL_QUOTA_PICTURES` and `ASL_QUOTA_RUNS` change it.

    Raises:
        ValueError: one of them is no whole number.
    """
    if not hosted():
        return None
    return Quota(
        bytes=number_from("ASL_QUOTA_MB", 2000) << 20,
        pictures=number_from("ASL_QUOTA_PICTURES", 10_000),
        runs=number_from("ASL_QUOTA_RUNS", 10),
    )


@contextmanager
def counting() -> Iterator[None]:
    """Let nobody else count in this workspace, in any process, until the block has ended.

    Raises:
        OSError: nothing can be written there.
    """
    if getattr(_held, "now", False):
        yield
        return
    home = workspace()
    # The workspace of a visitor who left must not come back with a process that still runs.
    if "ASL_SERVER_HOME" not in os.environ:
        home.mkdir(parents=True, exist_ok=True)
    # The folder itself is locked; the system gives it back, however its owner ends.
    folder = os.open(home, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        _held.now = True
        yield
    finally:
        _held.now = False
        os.close(folder)


def require_room(needed: int, what: str, beside: Path | None = None) -> None:
    """Check that `needed` more bytes may be kept; to be reserved or written while `counting`.

    Args:
        what: they are for, as in "the data set".
        beside: folder whose own reservation does not count.

    Raises:
        QuotaError: the disk is too full, or a visitor's quota would be exceeded.
    """
    reserved = _bytes_reserved(beside)
    free = _free(workspace()) - reserved
    if needed > free:
        raise QuotaError(
            f"disk: {what} needs {megabytes(needed)}, but only {megabytes(max(free, 0))} can be "
            "used; delete data sets or runs that are no longer needed, or make room on the disk"
        )
    limit = quota()
    if limit is not None and (used := bytes_used(workspace()) + reserved) + needed > limit.bytes:
        raise QuotaError(
            f"quota: {what} needs {megabytes(needed)}, and {megabytes(used)} of the "
            f"{megabytes(limit.bytes)} that a visitor may keep are in use; delete data sets or "
            "runs, or run the app on your own computer, where there is no such limit"
        )


def require_disk(folder: Path, size: int = 0) -> None:
    """Check that `size` more bytes can be written below `folder` without touching the reserve.

    To be asked again and again while something is written: others write as well.

    Raises:
        QuotaError: they cannot.
    """
    if _free(folder) < size:
        raise QuotaError(
            f"disk: it is full but for the {megabytes(RESERVE)} that are kept free; nothing was "
            "kept. Delete data sets or runs that are no longer needed, or make room on the disk"
        )


def require_run() -> None:
    """Check that one more run may be started; its folder is to be made while `counting`.

    Raises:
        QuotaError: a visitor has as many as are allowed.
    """
    limit, runs = quota(), workspace() / "runs"
    count = sum(entry.is_dir() for entry in runs.iterdir()) if runs.is_dir() else 0
    if limit is not None and count >= limit.runs:
        raise QuotaError(
            f"quota: there are {count} runs, and a visitor may keep {limit.runs}; delete one first"
        )


def pictures_left(beside: Path | None = None) -> int | None:
    """Return how many more pictures a visitor may keep, None if there is no limit.

    Args:
        beside: folder of a data set that does not count.

    Raises:
        QuotaError: no more.
    """
    limit = quota()
    return None if limit is None else _pictures_left(limit, beside)


def reserve(folder: Path, size: int, pictures: int = 0) -> None:
    """Reserve for the process of `folder` what its files may take; to be done while `counting`.

    Args:
        size: bytes, of which those that lie in `folder` are no longer reserved.
        pictures: likewise.
    """
    write_json(folder / RESERVED, {"bytes": size, "pictures": pictures}, durable=False)


class Room:
    """What a piece of work may write into a folder, taken step by step as it is written.

    Neither the disk's reserve nor a visitor's quota is passed, whatever others write meanwhile.
    """

    def __init__(self, folder: Path, what: str = "the data set"):
        """Begin with what is reserved for `folder`, and what already lies there.

        Args:
            folder: that of the data set.
            what: is written, for messages.
        """
        self.folder, self._what, self._quota = folder, what, quota()
        if self._quota is not None:
            self._bytes, self._pictures = bytes_used(folder), 0
            self._granted, self._granted_pictures = _reserved(folder)

    def take(self, size: int, pictures: int = 0) -> None:
        """Take room for what is about to be written.

        Raises:
            QuotaError: there is none left.
        """
        require_disk(self.folder, size)
        if self._quota is None:
            return
        self._bytes += size
        self._pictures += pictures
        if self._bytes > self._granted or self._pictures > self._granted_pictures:
            with counting():
                self._ask_for_more(self._quota)

    def _ask_for_more(self, limit: Quota) -> None:
        if self._bytes > self._granted:
            missing = self._bytes - bytes_used(self.folder)
            try:
                require_room(missing + _STEP_BYTES, self._what, self.folder)
                self._granted = self._bytes + _STEP_BYTES
            except QuotaError:
                require_room(missing, self._what, self.folder)
                self._granted = self._bytes
        if self._pictures > self._granted_pictures:
            left = _pictures_left(limit, self.folder)
            if self._pictures > left:
                raise QuotaError(
                    f"quota: a visitor may keep {limit.pictures:,} pictures, and these are more "
                    "than are left; nothing was kept. Delete a data set first"
                )
            self._granted_pictures = min(left, self._pictures + _STEP_PICTURES)
        reserve(self.folder, self._granted, self._granted_pictures)


def bytes_used(folder: Path) -> int:
    """Return how much of the disk the files below `folder` take; sparse ones count as written."""
    used = 0
    for above, _, names in os.walk(folder):
        for name in names:
            try:
                used += os.lstat(os.path.join(above, name)).st_blocks * 512
            except FileNotFoundError:  # deleted meanwhile
                continue
    return used


def number_from(name: str, default: int) -> int:
    """Return the whole number that a variable of the environment holds.

    Raises:
        ValueError: it holds none.
    """
    text = os.environ.get(name, "").strip() or str(default)
    if not text.isdecimal():
        raise ValueError(f"{name}: {text!r} is no whole number")
    return int(text)


def _free(folder: Path) -> int:
    """Bytes of the disk below `folder` that may still be written."""
    folder = folder.resolve()
    place = next(place for place in (folder, *folder.parents) if place.exists())
    return shutil.disk_usage(place).free - RESERVE


def _bytes_reserved(beside: Path | None) -> int:
    """What is reserved for work going on, and not written yet."""
    folders = (file.parent for file in workspace().glob(f"*/*/{RESERVED}"))
    return sum(
        max(0, _reserved(folder)[0] - bytes_used(folder))
        for folder in folders
        if (beside is None or folder.resolve() != beside.resolve()) and is_alive(folder)
    )


def _pictures_left(limit: Quota, beside: Path | None) -> int:
    """How many more pictures a visitor may keep; see `pictures_left`."""
    left = limit.pictures - sum(
        _pictures(folder)
        for folder in (workspace() / "datasets").glob("*")
        if beside is None or folder.resolve() != beside.resolve()
    )
    if left <= 0:
        raise QuotaError(
            f"quota: a visitor may keep {limit.pictures:,} pictures, and there are as many; "
            "delete a data set first"
        )
    return left


def _pictures(folder: Path) -> int:
    """How many pictures or clips there are in a data set's folder, or are reserved for it."""
    there = 0
    for place in ("pictures", "clips"):
        with suppress(FileNotFoundError):
            there += sum(entry.stem.isdecimal() for entry in (folder / place).iterdir())
    return max(there, _reserved(folder)[1] if is_alive(folder) else 0)


def _reserved(folder: Path) -> tuple[int, int]:
    """Bytes and pictures that are reserved for the process of a folder."""
    try:
        noted = json.loads((folder / RESERVED).read_text())
        return int(noted["bytes"]), int(noted["pictures"])
    except (OSError, ValueError, KeyError):
        return 0, 0
