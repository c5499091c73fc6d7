"""Where the models, runs and data of a user live, and how much of them there may be.

On one's own computer there is one workspace, shared by whoever opens the app. Where the app is
hosted for strangers (`ASL_HOSTED=1`), every visitor has a workspace of their own below the
server's. Whoever knows the visitors (the app) says so through `serve_visitors`; all others just
ask `workspace()`. A process started for a visitor gets `environment()` and needs to know nothing.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

#: Kept free on the disk, for checkpoints and for everybody else on the computer.
RESERVE = 500 << 20

_find_visitor: Callable[[], Path] | None = None


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


def hosted() -> bool:
    """Return whether the app serves strangers, each on their own (`ASL_HOSTED`)."""
    return os.environ.get("ASL_HOSTED", "").strip().lower() not in ("", "0", "no", "false")


def server_home() -> Path:
    """Return the folder that all visitors of a server share, for locks and queues.

    It is `ASL_SERVER_HOME` in processes started for a visitor, elsewhere `ASL_HOME` or
    ./workspace. Nothing of a visitor's own belongs there.
    """
    return Path(os.environ.get("ASL_SERVER_HOME") or _own_home())


def workspace() -> Path:
    """Return the folder of the user's own models, runs and data.

    Raises:
        RuntimeError: strangers are served, and it is not known for whom this is asked.
    """
    # A process that was started for a visitor has a server's home beside its own.
    if not hosted() or "ASL_SERVER_HOME" in os.environ:
        return _own_home()
    if _find_visitor is None:
        raise RuntimeError("ASL_HOSTED is set, and it is not known who is being served")
    return _find_visitor()


def serve_visitors(find: Callable[[], Path]) -> None:
    """From now on, `workspace()` is what `find` returns, as far as this app is hosted.

    Args:
        find: returns the workspace of the visitor who is being served, and raises RuntimeError
            where there is none, so that nothing ever falls back to a folder that others see.
    """
    global _find_visitor
    _find_visitor = find


def environment() -> dict[str, str]:
    """Return the environment for a process that works for whoever is being served now."""
    own = {"ASL_HOME": workspace().resolve(), "ASL_SERVER_HOME": server_home().resolve()}
    if hosted():  # what a process that is killed leaves behind goes with the visitor
        own["TMPDIR"] = own["ASL_HOME"] / "tmp"
        own["TMPDIR"].mkdir(parents=True, exist_ok=True)
    return {**os.environ, **{name: str(path) for name, path in own.items()}}


def quota() -> Quota | None:
    """Return what a visitor may keep, None where everything on the disk may be used.

    `ASL_QUOTA_MB`, `ASL_QUOTA_PICTURES` and `ASL_QUOTA_RUNS` change it.

    Raises:
        ValueError: one of them is no whole number.
    """
    if not hosted():
        return None
    return Quota(
        bytes=_number("ASL_QUOTA_MB", 2000) << 20,
        pictures=_number("ASL_QUOTA_PICTURES", 10_000),
        runs=_number("ASL_QUOTA_RUNS", 10),
    )


def require_room(needed: int, what: str) -> None:
    """Check that `needed` more bytes may be kept.

    Args:
        what: they are for, as in "the data set".

    Raises:
        QuotaError: the disk is too full, or a visitor's quota would be exceeded.
    """
    free = shutil.disk_usage(_existing(workspace())).free - RESERVE
    if needed > free:
        raise QuotaError(
            f"disk: {what} needs {megabytes(needed)}, but only {megabytes(max(free, 0))} can be "
            "used; delete data sets or runs that are no longer needed, or make room on the disk"
        )
    limit = quota()
    if limit is not None and (used := bytes_used(workspace())) + needed > limit.bytes:
        raise QuotaError(
            f"quota: {what} needs {megabytes(needed)}, and {megabytes(used)} of the "
            f"{megabytes(limit.bytes)} that a visitor may keep are in use; delete data sets or "
            "runs, or run the app on your own computer, where there is no such limit"
        )


def require_run() -> None:
    """Check that one more run may be started.

    Raises:
        QuotaError: a visitor has as many as are allowed.
    """
    limit, runs = quota(), workspace() / "runs"
    count = sum(entry.is_dir() for entry in runs.iterdir()) if runs.is_dir() else 0
    if limit is not None and count >= limit.runs:
        raise QuotaError(
            f"quota: there are {count} runs, and a visitor may keep {limit.runs}; delete one first"
        )


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


def megabytes(count: int) -> str:
    """Return a number of bytes as people read it, as in "12 MB"."""
    return f"{count / (1 << 20):,.0f} MB" if count >= 10 << 20 else f"{count / (1 << 20):,.1f} MB"


def _own_home() -> Path:
    return Path(os.environ.get("ASL_HOME") or "workspace")


def _existing(folder: Path) -> Path:
    folder = folder.resolve()
    return next(place for place in (folder, *folder.parents) if place.exists())


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, "").strip() or str(default)
    if not text.isdecimal():
        raise ValueError(f"{name}: {text!r} is no whole number")
    return int(text)
