"""Start a process outside the app's server that takes pictures into a data set, and watch it.

    request.json    what to do
    upload          the user's file, deleted once it has been unpacked
    progress.json   the step that is being done
    failure.json    why it ended, in words

`asl.data.library.intake_worker` is the process. A data set is there once its ``about.json`` is.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO, Literal

import asl
from asl import processes
from asl.data.archives.limits import Limits
from asl.data.library.dataset import ABOUT, Dataset, create
from asl.data.library.deletion import discard
from asl.files import write_json
from asl.quota import RESERVED, counting, pictures_left, quota, require_disk, require_room, reserve
from asl.workspace import environment, workspace

REQUEST = "request.json"
UPLOAD = "upload"
PROGRESS = "progress.json"
FAILURE = "failure.json"

#: "waiting" is for others to be done; those after it are the work itself: "landmarks" of films,
#: "hands" and "comparing" of pictures.
STEPS = ("starting", "waiting", "unpacking", "reading", "landmarks", "hands", "comparing")


@dataclass(frozen=True)
class Step:
    """Where an intake stands.

    Attributes:
        name: one of `STEPS`.
        done: of the pictures (or bytes), in this step.
        total: of the same, 0 if not known yet.
        seconds: since this step began, without pauses.
        paused: whether it waits for others.
    """

    name: str
    done: int = 0
    total: int = 0
    seconds: float = 0.0
    paused: bool = False

    @property
    def seconds_left(self) -> float | None:
        """Seconds that this step will still take, None if that cannot be told yet."""
        if self.seconds < 1 or not 0 < self.done <= self.total:
            return None
        return self.seconds / self.done * (self.total - self.done)


def take_upload(file: BinaryIO, name: str, kind: str, keep_films: bool = False) -> Dataset:
    """Write an upload to disk and start to make a data set of it.

    Of pictures, or of films and other sequences: that is told by what is in it.

    Args:
        file: read from its start, a piece at a time.
        name: of the data set.
        kind: "zip" or "table"; a packed file of sequences counts as a zip.
        keep_films: whether films are kept; without it only landmarks are.

    Raises:
        QuotaError, ValueError: there is no room for it, or its name cannot be used.
        OSError: it cannot be written.
    """
    size = file.seek(0, os.SEEK_END)
    with counting():
        require_room(3 * size, "the upload")
        limits = limits_now()
        with _new(name, kind) as dataset:
            reserve(dataset.folder, 3 * size)
            file.seek(0)
            with (dataset.folder / UPLOAD).open("xb") as copy:
                while piece := file.read(1 << 20):
                    require_disk(dataset.folder, len(piece))
                    copy.write(piece)
            _start(dataset, {"limits": asdict(limits), "keep_films": keep_films})
    return dataset


def take_folder(folder: Path, name: str, keep_films: bool = False) -> Dataset:
    """Start to make a data set of a folder on the computer that the app runs on.

    Raises:
        QuotaError, ValueError: there is no room for it, or its name cannot be used.
        OSError: nothing can be written.
    """
    if not folder.is_dir():
        raise ValueError(f"folder: {str(folder)!r} is no folder on the computer of the app")
    limits = limits_now()
    with _new(name, "folder") as dataset:
        asked = {"from": str(folder.resolve()), "limits": asdict(limits)}
        _start(dataset, {**asked, "keep_films": keep_films})
    return dataset


def begin_recording(name: str, kind: Literal["pictures", "sequences"] = "pictures") -> Dataset:
    """Make an empty data set for pictures, or for clips, from the camera.

    Raises:
        ValueError: its name cannot be used.
        OSError: nothing can be written.
    """
    with _new(name, "camera") as dataset:
        return replace(dataset, kind=kind).save()


def check_again(dataset: Dataset) -> None:
    """Start to search a data set that has changed for hands and copies."""
    (dataset.folder / RESERVED).unlink(missing_ok=True)
    _start(dataset, {})


def step(folder: Path) -> Step | None:
    """Return where the intake in `folder` stands, None if none is going on."""
    if not processes.is_alive(folder):
        return None
    try:
        noted = json.loads((folder / PROGRESS).read_text())
        seconds = noted.get("paused", time.time()) - noted["began"]
        return Step(noted["name"], noted["done"], noted["total"], seconds, "paused" in noted)
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
    """Return why the last intake in `folder` came to nothing, "" if it goes on or is done."""
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
    limit, left, limits = quota(), pictures_left(), Limits()
    if limit is None or left is None:
        return limits
    return replace(
        limits,
        pictures=min(limits.pictures, left),
        members=min(limits.members, 4 * limit.pictures + 1000),
        total=min(limits.total, limit.bytes),
    )


@contextmanager
def _new(name: str, source: str) -> Iterator[Dataset]:
    """Make an empty data set; nothing is left of it if there is no room for more."""
    dataset = create(name, source)
    try:
        yield dataset
    except (OSError, ValueError):
        shutil.rmtree(dataset.folder, ignore_errors=True)
        raise


def _start(dataset: Dataset, request: dict[str, object]) -> None:
    folder = dataset.folder.resolve()
    for name in (PROGRESS, FAILURE):
        (folder / name).unlink(missing_ok=True)
    about = {"name": dataset.name, "source": dataset.source, "created": dataset.created}
    write_json(folder / REQUEST, {**about, **request})
    own = environment()
    root = str(Path(asl.__file__).parents[1])
    own["PYTHONPATH"] = os.pathsep.join(filter(None, (root, own.get("PYTHONPATH"))))
    own["OMP_NUM_THREADS"] = "1"
    processes.start(
        [sys.executable, "-m", "asl.data.library.intake_worker", str(folder)], folder, own
    )
