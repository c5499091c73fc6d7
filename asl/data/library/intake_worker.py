"""The process that takes pictures into a data set; see `asl.data.library.intake`.

Pictures are unpacked (`asl.data.archives.unpack`), decoded and rid of metadata
(`asl.data.library.picture`), searched for hands, and compared with each other; training finds
the hands again in the cache.

Run as ``python -m asl.data.library.intake_worker FOLDER``.
"""

import errno
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pandas as pd

from asl import processes
from asl.data.archives.limits import ArchiveError, Limits
from asl.data.archives.unpack import Unpacked, copy_folder, unpack
from asl.data.in_words import listed
from asl.data.library.clips import take_in_clips
from asl.data.library.dataset import ABOUT, Dataset
from asl.data.library.deletion import forgetting
from asl.data.library.intake import FAILURE, PROGRESS, REQUEST, UPLOAD
from asl.data.library.naming import person_name
from asl.data.library.picture import ingest_picture
from asl.data.library.queue import Turn
from asl.data.library.table import (
    CLIPS,
    COLUMNS,
    FILMS,
    NEAR,
    PICTURES,
    TABLE,
    THUMBS,
    hashes,
)
from asl.data.people import guess_people
from asl.data.pictures.cropped import prepare
from asl.data.pictures.duplicates import near_pairs
from asl.data.pictures.examples import ExampleSettings
from asl.data.problems import most_telling
from asl.data.sequences.files.names import PACKED
from asl.data.sequences.listing import is_packed, is_sequences
from asl.data.table import tabulate_files
from asl.files import replacing, write_json
from asl.hands.networks import HandsUnavailable
from asl.images import PictureError
from asl.quota import (
    RESERVED,
    QuotaError,
    Room,
    bytes_used,
    counting,
    require_disk,
    require_room,
    reserve,
)
from asl.workspace import disk_trouble, workspace

#: Called with a step of `asl.data.library.intake.STEPS`, and how much of it is done and to do.
Note = Callable[[str, int, int], None]

_NOTE_EVERY = 0.2


def work(folder: Path) -> None:
    """Do what `request.json` asks for, and note how far it is.

    Raises:
        ArchiveError, QuotaError, ValueError: the pictures cannot be taken.
        OSError: the disk is full, or a file cannot be read.
    """
    request = json.loads((folder / REQUEST).read_text())
    notes = _Notes(folder / PROGRESS)
    with Turn(notes.pause) as turn:

        def note(name: str, done: int, total: int) -> None:
            notes(name, done, total)
            notes.leave_out_pause(turn.give_way())

        if (folder / ABOUT).is_file():
            dataset = Dataset.open(folder)
        else:
            empty = Dataset(folder, request["name"], request["source"], request["created"])
            upload = folder / UPLOAD
            if upload.is_file() and is_packed(upload):
                upload = upload.rename(upload.with_suffix(PACKED))
            source = Path(request.get("from", upload))
            limits = Limits(**request["limits"])
            keep = bool(request.get("keep_films"))
            dataset = take_in(empty, source, limits, note, keep_films=keep)
            upload.unlink(missing_ok=True)
        if dataset.kind == "pictures":
            search_hands(dataset, workspace() / "cache", note)
            compare(dataset, note)
        dataset.save()


def take_in(
    dataset: Dataset,
    source: Path,
    limits: Limits,
    note: Note,
    encoding: str = "",
    keep_films: bool = False,
) -> Dataset:
    """Unpack and decode pictures, or read sequences and films, and write their table.

    Args:
        dataset: an empty one, which need not be saved.
        source: folder, zip or table.
        encoding: of the names in a zip, found out if empty; see `asl.data.archives.unpack.unpack`.
        keep_films: see `asl.data.library.intake.take_upload`.

    Returns:
        The data set that knows what was left out and what has to be asked; not saved.

    Raises:
        ArchiveError, ValueError: the pictures cannot be taken.
        OSError: the disk is full, or a file cannot be read.
    """
    if is_sequences(source):
        workers = os.cpu_count() or 1
        return take_in_clips(dataset, source, limits, note, encoding, keep_films, workers)
    folder = dataset.folder
    room = Room(folder)

    def unpacking(done: int, total: int) -> None:
        note("unpacking", done, total)

    if source.is_dir():
        taken = copy_folder(source, folder / PICTURES, limits, unpacking, room)
    else:
        taken = unpack(source, folder / PICTURES, limits, unpacking, encoding or None, room)
    found = tabulate_files(list(taken.files.values()), people="none", export=taken.export)
    if found.table.empty:
        raise ArchiveError(
            "no picture lies in a folder. Put the pictures of each sign into a folder with the "
            "sign's name, and zip these folders"
        )
    table = _ingest_all(taken, found.table, note, room)
    names = [tuple(name.split("/")) for name in table["original"]]
    guess = guess_people(names, table["label"], found.layout)
    table["person"] = pd.Series([person_name(p) for p in guess.people], dtype=object)
    table.astype(COLUMNS).to_parquet(folder / TABLE, index=False)
    choices = tuple((name, listed(examples)) for name, examples in taken.encodings)
    return replace(
        dataset,
        people_from=guess.where,
        levels=str(found.layout),
        encoding=taken.encoding,
        encoding_choices=choices if len(choices) > 1 and not encoding else (),
        level_choices=tuple(option for asked in found.questions for option in asked.options),
        problems=most_telling((*taken.problems, *found.problems)),
    )


def _ingest_all(
    taken: Unpacked, sorted_table: pd.DataFrame, note: Note, room: Room
) -> pd.DataFrame:
    # Two members may have the same name, and mean two pictures.
    by_name: dict[str, list[Path]] = {}
    for file, parts in taken.files.items():
        by_name.setdefault("/".join(parts), []).append(file)
    files = [by_name[name].pop(0) for name in sorted_table["path"]]
    for outside in (file for rest in by_name.values() for file in rest):
        outside.unlink()
    sizes = [file.stat().st_size for file in files]
    rows = []
    workers = os.cpu_count() or 1
    # Threads are enough: the work is done by the processes that decode, and by Pillow.
    with ThreadPoolExecutor(workers) as pool:
        ingested = processes.map_ahead(
            pool, ingest_picture, [str(file) for file in files], 4 * workers, 1
        )
        for size, row, name, label, part in zip(
            sizes,
            ingested,
            *(sorted_table[column] for column in ("path", "label", "part")),
            strict=True,
        ):
            rows.append(row | {"label": label, "original": name, "part": part})
            room.take(max(0, _kept(room.folder, row["path"]) - size))
            note("reading", len(rows), len(files))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _kept(folder: Path, path: str) -> int:
    """Bytes of a picture that has been taken in, and of its thumbnail."""
    files = (folder / path, (folder / THUMBS / Path(path).name).with_suffix(".jpg"))
    return sum(file.stat().st_size for file in files if file.is_file())


def search_hands(dataset: Dataset, cache: Path, note: Note) -> None:
    """Note for every picture in use whether a hand was found, if hands can be searched for."""
    table = dataset.read().table
    if table.empty:
        return
    side = ExampleSettings().kept
    needed = 2 * len(table) * side * side * 3
    with counting():
        require_room(needed, "what is cut out of the pictures", dataset.folder)
        # As if it lay in the data set's folder, which it does not.
        reserve(dataset.folder, bytes_used(dataset.folder) + needed)

    def cutting(done: int, total: int) -> None:
        require_disk(workspace())
        note("hands", done, total)

    try:
        examples = prepare(table, cache, dataset.name, progress=cutting)
    except HandsUnavailable:
        return
    found = dict(zip([Path(path).name for path in examples.paths], examples.found, strict=True))
    with dataset.editing() as whole:
        known = [found.get(Path(path).name) for path in whole["path"]]
        # What was left out meanwhile keeps what is known of it.
        whole["found"] = pd.array(known, dtype="boolean").fillna(whole["found"])


def compare(dataset: Dataset, note: Note) -> None:
    """Note which pictures look alike, and that all that are in use have been checked."""
    table = dataset.pictures()
    used = table[table["state"] != "unreadable"].reset_index(drop=True)
    pairs = near_pairs(hashes(used), used["label"], progress=lambda *done: note("comparing", *done))
    paths = used["path"].to_numpy()
    near = pd.DataFrame({"a": paths[pairs[:, 0]], "b": paths[pairs[:, 1]], "bits": pairs[:, 2]})
    with replacing(dataset.folder / NEAR) as fresh:
        near.to_parquet(fresh, index=False)
    with dataset.editing() as whole:
        whole.loc[whole["path"].isin(list(paths)), "checked"] = True


class _Notes:
    """Writes how far the work is, a few times a second."""

    def __init__(self, file: Path):
        self._file, self._began, self._noted = file, 0.0, 0.0
        self._step: dict[str, object] = {"name": "waiting", "done": 0, "total": 0}

    def __call__(self, name: str, done: int, total: int) -> None:
        now = time.time()
        if name != self._step["name"]:
            self._began, self._noted = now, 0.0
        self._step = {"name": name, "done": int(done), "total": int(total)}
        if now - self._noted < _NOTE_EVERY and done < total:
            return
        self._noted = now
        self._write()

    def pause(self) -> None:
        """Note that the work waits from now on, until the next call."""
        self._began = self._began or time.time()
        self._write(paused=time.time())
        self._noted = 0.0

    def leave_out_pause(self, seconds: float) -> None:
        """Leave out a pause of so many seconds from the time that the step takes."""
        self._began += seconds

    def _write(self, **paused: float) -> None:
        values = {**self._step, "began": self._began, **paused}
        write_json(self._file, values, durable=False)


def _is_full(folder: Path) -> bool:
    return folder.is_dir() and shutil.disk_usage(folder).free < 1 << 20


def main(folder: Path) -> int:
    """Work, and note in plain words why it came to nothing; return the exit status."""
    try:
        work(folder)
    except (ArchiveError, QuotaError, PictureError, HandsUnavailable, ValueError) as error:
        reason = str(error)
    except OSError as error:
        # Pillow does not say why it could not write.
        full = error.errno in (errno.ENOSPC, errno.EDQUOT) or _is_full(folder)
        reason = "the disk is full; nothing was kept. Make room and try again"
        reason = reason if full else f"a file cannot be read or written: {disk_trouble(error)}"
    else:
        return 0
    finally:
        (folder / RESERVED).unlink(missing_ok=True)
    if not folder.is_dir():
        return 1  # it was deleted, and nobody waits for an answer
    if not (folder / ABOUT).is_file():
        with forgetting(folder):
            for leftover in (PICTURES, THUMBS, CLIPS, FILMS):
                shutil.rmtree(folder / leftover, ignore_errors=True)
            for leftover in (UPLOAD, f"{UPLOAD}{PACKED}", TABLE):
                (folder / leftover).unlink(missing_ok=True)
    (folder / FAILURE).write_text(json.dumps({"reason": reason}))
    return 1


if __name__ == "__main__":
    # As if by an error, so that what was begun is cleared up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    processes.note(Path(sys.argv[1]), os.getpid())
    sys.exit(main(Path(sys.argv[1])))
