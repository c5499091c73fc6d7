"""Take pictures into a data set and look at each of them, in a process outside the app's server.

    request.json    what to do
    upload          the user's file, deleted once it has been unpacked
    progress.json   the step that is being done
    failure.json    why it ended, in words

Pictures are unpacked (`asl.data.archive`), decoded, rid of metadata, made smaller where they are
far larger than anything looks at, compared with each other, and searched for hands; training
finds these hands again in the cache. A data set is there once its ``about.json`` is.

Run as ``python -m asl.data.intake FOLDER``.
"""

import errno
import fcntl
import hashlib
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
from PIL import Image

import asl
from asl import processes
from asl.data.archive import ArchiveError, Limits, Unpacked, copy_folder, unpack
from asl.data.datasets import (
    COLUMNS,
    NEAR,
    PICTURES,
    TABLE,
    Dataset,
    class_label,
    create,
    hashes,
    person_name,
    pictures_kept,
    write_whole,
)
from asl.data.examples import ExampleSettings, prepare
from asl.data.folder import Problem, sort_pictures
from asl.data.health import near_pairs, perceptual_hash
from asl.data.people import guess_people
from asl.hands.detector import HandsUnavailable
from asl.images import FORMATS, PictureError, load_rgb
from asl.workspace import QuotaError, environment, quota, require_room, server_home, workspace

REQUEST = "request.json"
UPLOAD = "upload"
PROGRESS = "progress.json"
FAILURE = "failure.json"

STEPS = ("waiting", "unpacking", "reading", "comparing", "hands")

#: Longest side kept, in pixels: hands are searched for at 640, and cut out smaller still.
LONGEST_SIDE = 1600
THUMB_SIDE = 160

# Marks of a JPEG's segments that say nothing but how to decode it.
_HARMLESS_SEGMENTS = {"APP0", "APP14"}
_PRIVATE_INFO = {"exif", "xmp", "XML:com.adobe.xmp", "comment", "photoshop", "mp", "Raw profile"}

_NOTE_EVERY = 0.2


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
    limits = _limits()
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
    _start(dataset, {"from": str(folder.resolve()), "limits": asdict(_limits())})
    return dataset


def check_again(dataset: Dataset) -> None:
    """Start to look for hands and copies in a data set that has changed."""
    _start(dataset, {})


def add_picture(dataset: Dataset, content: bytes, label: str, person: str | None) -> None:
    """Put one picture, as from the camera, into a data set.

    Raises:
        PictureError: it cannot be read.
        QuotaError, ValueError: there is no room for it, or class or person have no usable name.
    """
    label, person = class_label(label), person_name(person)
    require_room(len(content), "the picture")
    _limits()
    number = len(list((dataset.folder / PICTURES).iterdir()))
    file = dataset.folder / PICTURES / f"{number:06d}.jpg"
    load_rgb(content)
    file.write_bytes(content)
    row = look_at(str(file))
    known = {name.casefold(): name for name in dataset.pictures()["label"].unique()}
    row |= {
        "label": known.get(label.casefold(), label),
        "person": person,
        "original": f"{label}/camera {number + 1}.jpg",
    }
    dataset.add(pd.DataFrame([row], columns=list(COLUMNS)))
    replace(dataset, people_from="table" if person else dataset.people_from).save()


def step(folder: Path) -> Step | None:
    """Return where the intake in `folder` stands, None where none is going on."""
    if not processes.is_alive(folder):
        return None
    try:
        noted = json.loads((folder / PROGRESS).read_text())
        return Step(noted["name"], noted["done"], noted["total"], time.time() - noted["began"])
    except (OSError, ValueError, KeyError):
        return Step("waiting")


def failure(folder: Path) -> str:
    """Return why the last intake in `folder` came to nothing, "" where it did not."""
    try:
        return str(json.loads((folder / FAILURE).read_text())["reason"])
    except (OSError, ValueError, KeyError):
        return ""


def cancel(folder: Path) -> None:
    """End an intake; of a data set that was not ready, nothing is kept."""
    processes.end(folder)
    if not (folder / "about.json").is_file():
        shutil.rmtree(folder, ignore_errors=True)


def look_at(path: str) -> dict[str, object]:
    """Decode one picture of a data set, write its thumbnail, and return what the table says of it.

    A picture with metadata, or far larger than needed, is written anew without. The result has
    `state` "unreadable" and a `reason` where it cannot be decoded.
    """
    file = Path(path)
    row = dict.fromkeys(COLUMNS) | {"path": f"{PICTURES}/{file.name}", "state": "used"}
    row |= {"reason": "", "original": "", "label": ""}
    try:
        rgb = load_rgb(file)
    except PictureError as error:
        file.unlink()
        return row | {"state": "unreadable", "reason": error.reason}
    picture = Image.fromarray(rgb)
    if max(picture.size) > LONGEST_SIDE or _says_more_than_pixels(file):
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=3)
        is_jpeg = file.suffix not in (".png", ".bmp", ".webp")
        picture.save(file, **({"format": "JPEG", "quality": 95} if is_jpeg else {"format": "PNG"}))
        rgb = np.asarray(picture)
    thumb = file.parents[1] / "thumbs" / f"{file.stem}.jpg"
    small = picture.copy()
    small.thumbnail((THUMB_SIDE, THUMB_SIDE))
    small.save(thumb, "JPEG", quality=80)
    return row | {
        "width": rgb.shape[1],
        "height": rgb.shape[0],
        "content": hashlib.sha256(file.read_bytes()).hexdigest(),
        "hash": perceptual_hash(rgb).tobytes().hex(),
    }


def _says_more_than_pixels(file: Path) -> bool:
    """Whether a picture holds place, time, device, words or anything else beside its pixels."""
    with Image.open(file, formats=FORMATS) as picture:
        segments = {
            mark
            for mark, content in getattr(picture, "applist", ())
            if not (mark == "APP2" and content.startswith(b"ICC_PROFILE"))
        }
        return bool(
            segments - _HARMLESS_SEGMENTS
            or _PRIVATE_INFO & set(picture.info)
            or getattr(picture, "text", None)
            or getattr(picture, "private_chunks", None)
            or len(picture.getexif())
        )


def _limits() -> Limits:
    """How much one more data set may hold.

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
    processes.start([sys.executable, "-m", "asl.data.intake", str(folder)], folder, own)


def work(folder: Path) -> None:
    """Do what `request.json` asks for, and note how far it is.

    Raises:
        ArchiveError, QuotaError, ValueError: the pictures cannot be taken.
        OSError: the disk is full, or a file cannot be read.
    """
    request = json.loads((folder / REQUEST).read_text())
    note = _Notes(folder / PROGRESS)
    with _turn(lambda: note("waiting", 0, 0)):
        if (folder / "about.json").is_file():
            dataset = Dataset.open(folder)
        else:
            dataset = _take_in(folder, request, note)
        _search_hands(dataset, note)
        table = dataset.pictures()
        used = table[table["state"] == "used"].reset_index(drop=True)
        pairs = near_pairs(
            hashes(used), used["label"], progress=lambda *done: note("comparing", *done)
        )
        paths = used["path"].to_numpy()
        near = pd.DataFrame({"a": paths[pairs[:, 0]], "b": paths[pairs[:, 1]], "bits": pairs[:, 2]})
        near.to_parquet(folder / f"{NEAR}.new", index=False)
        os.replace(folder / f"{NEAR}.new", folder / NEAR)
        dataset.save()


def _take_in(folder: Path, request: dict, note: "_Notes") -> Dataset:
    """Unpack and decode the pictures, and write their table."""
    limits = Limits(**request["limits"])
    if "from" in request:
        source = Path(request["from"])
        taken = copy_folder(
            source, folder / PICTURES, limits, lambda *done: note("unpacking", *done)
        )
    else:
        upload = folder / UPLOAD
        taken = unpack(upload, folder / PICTURES, limits, lambda *done: note("unpacking", *done))
        upload.unlink()
    sorting = sort_pictures(list(taken.files.values()), people="none")
    if sorting.table.empty:
        raise ArchiveError(
            "no picture lies in a folder. Put the pictures of each sign into a folder with the "
            "sign's name, and zip these folders"
        )
    table = _look_at_all(taken, sorting.table, note)
    guess = guess_people([tuple(name.split("/")) for name in table["original"]], table["label"])
    table["person"] = pd.Series([person_name(p) for p in guess.people], dtype=object)
    dataset = Dataset(
        folder,
        request["name"],
        request["source"],
        request["created"],
        people_from=guess.where,
        problems=tuple(
            (problem.kind, problem.path[:200], problem.message)
            for problem in _most_telling((*taken.problems, *sorting.problems))
        ),
    )
    table.astype(COLUMNS).to_parquet(folder / TABLE, index=False)
    return dataset


def _look_at_all(taken: Unpacked, sorted_table: pd.DataFrame, note: "_Notes") -> pd.DataFrame:
    # Two members may have the same name, and mean two pictures.
    by_name: dict[str, list[Path]] = {}
    for file, parts in taken.files.items():
        by_name.setdefault("/".join(parts), []).append(file)
    files = [by_name[name].pop(0) for name in sorted_table["path"]]
    for outside in (file for rest in by_name.values() for file in rest):
        outside.unlink()
    rows = []
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        looks = pool.map(look_at, [str(file) for file in files], chunksize=16)
        for row, name, label, part in zip(
            looks, *(sorted_table[column] for column in ("path", "label", "part")), strict=True
        ):
            rows.append(row | {"label": class_label(label), "original": name, "part": part})
            note("reading", len(rows), len(files))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _search_hands(dataset: Dataset, note: "_Notes") -> None:
    """Note for every picture in use whether a hand was found; where none can be, nothing."""
    table = dataset.read().table
    if table.empty:
        return
    side = ExampleSettings().kept
    require_room(2 * len(table) * side * side * 3, "what is cut out of the pictures")
    try:
        examples = prepare(
            table, workspace() / "cache", dataset.name, progress=lambda *done: note("hands", *done)
        )
    except HandsUnavailable:
        return
    found = dict(zip([Path(path).name for path in examples.paths], examples.found, strict=True))
    with dataset.editing() as whole:
        known = [found.get(Path(path).name) for path in whole["path"]]
        whole["found"] = pd.array(known, dtype="boolean")


def _most_telling(problems: Sequence[Problem], most: int = 500) -> Sequence[Problem]:
    """Some of the problems: of each kind there may be thousands."""
    return sorted(problems, key=lambda problem: problem.kind == "hidden")[:most]


class _Notes:
    """Writes where the work stands, a few times a second."""

    def __init__(self, file: Path):
        self._file, self._name, self._began, self._noted = file, "", 0.0, 0.0

    def __call__(self, name: str, done: int, total: int) -> None:
        now = time.time()
        if name != self._name:
            self._name, self._began, self._noted = name, now, 0.0
        if now - self._noted < _NOTE_EVERY and done < total:
            return
        self._noted = now
        step = {"name": name, "done": int(done), "total": int(total), "began": self._began}
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(step))
        os.replace(fresh, self._file)


@contextmanager
def _turn(waiting: Callable[[], None]) -> Iterator[None]:
    """One intake at a time on a computer, so that the visitors of a page keep a processor."""
    server_home().mkdir(parents=True, exist_ok=True)
    with (server_home() / "intake.lock").open("a") as lock:
        waiting()
        fcntl.flock(lock, fcntl.LOCK_EX)  # given back by the system, however this process ends
        yield


def main(folder: Path) -> int:
    """Work, and note in plain words why it came to nothing; return the exit status."""
    # As if by an error, so that what was begun is cleared up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    processes.note(folder, os.getpid())
    try:
        work(folder)
    except (ArchiveError, QuotaError, PictureError, ValueError) as error:
        reason = str(error)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = "the disk is full; nothing was kept. Make room and try again" if full else ""
        reason = reason or f"a file cannot be read or written: {error.strerror}"
    else:
        return 0
    if not (folder / "about.json").is_file():
        for leftover in (PICTURES, "thumbs"):
            shutil.rmtree(folder / leftover, ignore_errors=True)
        for leftover in (UPLOAD, TABLE):
            (folder / leftover).unlink(missing_ok=True)
    (folder / FAILURE).write_text(json.dumps({"reason": reason}))
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
