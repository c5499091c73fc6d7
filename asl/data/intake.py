"""Have pictures taken into a data set by a process outside the app's server, and watch it.

    request.json    what to do
    upload          the user's file, deleted once it has been unpacked
    progress.json   the step that is being done
    failure.json    why it ended, in words

`asl.data.intake_work` is the process. A data set is there once its ``about.json`` is.
"""

import json
import os
import shutil
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO

import asl
from asl import processes
from asl.data.archive import Limits
from asl.data.datasets import ABOUT, Dataset, create, discard, pictures_kept, write_whole
from asl.workspace import QuotaError, environment, quota, require_room, workspace

REQUEST = "request.json"
UPLOAD = "upload"
PROGRESS = "progress.json"
FAILURE = "failure.json"

#: "waiting" is for others to be done; the last four are the work itself.
STEPS = ("starting", "waiting", "unpacking", "reading", "hands", "comparing")


@dataclass(frozen=True)
class Step:
    """Where an intake stands.

    Attributes:
        name: one of `STEPS`.
        done: of the pictures (or bytes), in this step.
        total: of the same, 0 where not known yet.
        seconds: since this step began.
    """

    name: str
    done: int = 0
    total: int = 0
    seconds: float = 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds that this step will still take, None where that cannot be told yet."""
        if self.seconds < 1 or not 0 < self.done <= self.total:
            return None
        return self.seconds / self.done * (self.total - self.done)


def take_upload(file: BinaryIO, name: str, kind: str) -> Dataset:
    """Write an upload to disk and start to make a data set of it.

    Args:
        file: read from its start, a piece at a time.
        name: of the data set.
        kind: "zip" or "table".

    Raises:
        QuotaError, ValueError: there is no room for it, or its name cannot be used.
        OSError: it cannot be written.
    """
    size = file.seek(0, os.SEEK_END)
    require_room(3 * size, "the upload")
    limits = limits_now()
    dataset = create(name, kind)
    try:
        file.seek(0)
        with (dataset.folder / UPLOAD).open("xb") as copy:
            shutil.copyfileobj(file, copy, 1 << 20)
    except OSError:
        shutil.rmtree(dataset.folder, ignore_errors=True)
        raise
    _start(dataset, {"limits": asdict(limits)})
    return dataset


def take_folder(folder: Path, name: str) -> Dataset:
    """Start to make a data set of a folder on the computer that the app runs on.

    Raises:
        QuotaError, ValueError: there is no room for it, or its name cannot be used.
        OSError: nothing can be written.
    """
    if not folder.is_dir():
        raise ValueError(f"folder: {str(folder)!r} is no folder on the computer of the app")
    dataset = create(name, "folder")
    _start(dataset, {"from": str(folder.resolve()), "limits": asdict(limits_now())})
    return dataset


def check_again(dataset: Dataset) -> None:
    """Start to look for hands and copies in a data set that has changed."""
    _start(dataset, {})


def step(folder: Path) -> Step | None:
    """Return where the intake in `folder` stands, None where none is going on."""
    if not processes.is_alive(folder):
        return None
    try:
        noted = json.loads((folder / PROGRESS).read_text())
        return Step(noted["name"], noted["done"], noted["total"], time.time() - noted["began"])
    except (OSError, ValueError, KeyError):
        return Step("starting")


def intakes() -> list[Path]:
    """Return the folders of data sets that are being read, or could not be."""
    return [
        file.parent
        for file in sorted((workspace() / "datasets").glob(f"*/{REQUEST}"))
        if processes.is_alive(file.parent) or not (file.parent / ABOUT).is_file()
    ]


def intended_name(folder: Path) -> str:
    """Return the name that the data set of an intake will have."""
    try:
        return str(json.loads((folder / REQUEST).read_text())["name"])
    except (OSError, ValueError, KeyError):
        return "data set"


def failure(folder: Path) -> str:
    """Return why the last intake in `folder` came to nothing, "" where it goes on or is done."""
    try:
        return str(json.loads((folder / FAILURE).read_text())["reason"])
    except (OSError, ValueError, KeyError):
        pass
    if processes.is_alive(folder) or (folder / ABOUT).is_file():
        return ""
    return "it was interrupted; try again"


def cancel(folder: Path) -> None:
    """End an intake; of a data set that was not ready, nothing is kept."""
    processes.end(folder)
    if not (folder / ABOUT).is_file():
        with suppress(OSError):
            discard(folder)


def limits_now() -> Limits:
    """Return how much one more data set may hold.

    Raises:
        QuotaError: nothing more.
    """
    limit, limits = quota(), Limits()
    if limit is None:
        return limits
    pictures = limit.pictures - pictures_kept()
    if pictures <= 0:
        raise QuotaError(
            f"quota: a visitor may keep {limit.pictures:,} pictures, and there are as many; "
            "delete a data set first"
        )
    return replace(
        limits,
        pictures=min(limits.pictures, pictures),
        members=min(limits.members, 4 * limit.pictures + 1000),
        total=min(limits.total, limit.bytes),
    )


def _start(dataset: Dataset, request: dict[str, object]) -> None:
    folder = dataset.folder.resolve()
    for name in (PROGRESS, FAILURE):
        (folder / name).unlink(missing_ok=True)
    about = {"name": dataset.name, "source": dataset.source, "created": dataset.created}
    write_whole(folder / REQUEST, json.dumps({**about, **request}).encode())
    own = environment()
    root = str(Path(asl.__file__).parents[1])
    own["PYTHONPATH"] = os.pathsep.join(filter(None, (root, own.get("PYTHONPATH"))))
    own["OMP_NUM_THREADS"] = "1"
    processes.start([sys.executable, "-m", "asl.data.intake_work", str(folder)], folder, own)
