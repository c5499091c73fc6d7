"""The process that takes pictures into a data set; see `asl.data.intake`.

Pictures are unpacked (`asl.data.archive`), decoded and rid of metadata (`asl.data.look`),
searched for hands, and compared with each other; training finds the hands again in the cache.

Run as ``python -m asl.data.intake_work FOLDER``.
"""

import errno
import fcntl
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pandas as pd

from asl import processes
from asl.data.archive import ArchiveError, Limits, Unpacked, copy_folder, unpack
from asl.data.datasets import (
    ABOUT,
    COLUMNS,
    NEAR,
    PICTURES,
    TABLE,
    THUMBS,
    Dataset,
    hashes,
    person_name,
)
from asl.data.examples import ExampleSettings, prepare
from asl.data.folder import Problem, sort_pictures
from asl.data.health import near_pairs
from asl.data.intake import FAILURE, PROGRESS, REQUEST, UPLOAD
from asl.data.look import look_at
from asl.data.people import guess_people
from asl.data.verdict import listed
from asl.hands.networks import HandsUnavailable
from asl.images import PictureError
from asl.workspace import QuotaError, require_room, server_home, workspace

#: Called with a step of `asl.data.intake.STEPS`, and how much of it is done and to do.
Note = Callable[[str, int, int], None]

_NOTE_EVERY = 0.2


def work(folder: Path) -> None:
    """Do what `request.json` asks for, and note how far it is.

    Raises:
        ArchiveError, QuotaError, ValueError: the pictures cannot be taken.
        OSError: the disk is full, or a file cannot be read.
    """
    request = json.loads((folder / REQUEST).read_text())
    note = _Notes(folder / PROGRESS)
    with _turn(lambda: note("waiting", 0, 0)):
        if (folder / ABOUT).is_file():
            dataset = Dataset.open(folder)
        else:
            empty = Dataset(folder, request["name"], request["source"], request["created"])
            upload = folder / UPLOAD
            source = Path(request.get("from", upload))
            dataset = take_in(empty, source, Limits(**request["limits"]), note)
            upload.unlink(missing_ok=True)
        search_hands(dataset, workspace() / "cache", note)
        compare(dataset, note)
        dataset.save()


def take_in(
    dataset: Dataset, source: Path, limits: Limits, note: Note, encoding: str = ""
) -> Dataset:
    """Unpack and decode pictures, and write their table.

    Args:
        dataset: an empty one, which need not be saved.
        source: folder, zip or table.
        encoding: of the names in a zip, found out if empty; see `asl.data.archive.unpack`.

    Returns:
        The data set that knows what was left out and what has to be asked; not saved.

    Raises:
        ArchiveError, ValueError: the pictures cannot be taken.
        OSError: the disk is full, or a file cannot be read.
    """
    folder = dataset.folder

    def unpacking(done: int, total: int) -> None:
        note("unpacking", done, total)

    if source.is_dir():
        taken = copy_folder(source, folder / PICTURES, limits, unpacking)
    else:
        taken = unpack(source, folder / PICTURES, limits, unpacking, encoding or None)
    sorting = sort_pictures(list(taken.files.values()), people="none", export=taken.export)
    if sorting.table.empty:
        raise ArchiveError(
            "no picture lies in a folder. Put the pictures of each sign into a folder with the "
            "sign's name, and zip these folders"
        )
    table = _look_at_all(taken, sorting.table, note)
    names = [tuple(name.split("/")) for name in table["original"]]
    guess = guess_people(names, table["label"], sorting.layout)
    table["person"] = pd.Series([person_name(p) for p in guess.people], dtype=object)
    table.astype(COLUMNS).to_parquet(folder / TABLE, index=False)
    readings = tuple((name, listed(examples)) for name, examples in taken.encodings)
    return replace(
        dataset,
        people_from=guess.where,
        levels=str(sorting.layout),
        encoding=taken.encoding,
        encoding_choices=readings if len(readings) > 1 and not encoding else (),
        level_choices=tuple(option for asked in sorting.questions for option in asked.options),
        problems=tuple(
            (problem.kind, problem.path[:200], problem.message)
            for problem in _most_telling((*taken.problems, *sorting.problems))
        ),
    )


def _look_at_all(taken: Unpacked, sorted_table: pd.DataFrame, note: Note) -> pd.DataFrame:
    # Two members may have the same name, and mean two pictures.
    by_name: dict[str, list[Path]] = {}
    for file, parts in taken.files.items():
        by_name.setdefault("/".join(parts), []).append(file)
    files = [by_name[name].pop(0) for name in sorted_table["path"]]
    for outside in (file for rest in by_name.values() for file in rest):
        outside.unlink()
    rows = []
    # Threads are enough: the work is done by the processes that decode, and by Pillow.
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        looks = pool.map(look_at, [str(file) for file in files])
        for row, name, label, part in zip(
            looks, *(sorted_table[column] for column in ("path", "label", "part")), strict=True
        ):
            rows.append(row | {"label": label, "original": name, "part": part})
            note("reading", len(rows), len(files))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def search_hands(dataset: Dataset, cache: Path, note: Note) -> None:
    """Note for every picture in use whether a hand was found; where none can be, nothing."""
    table = dataset.read().table
    if table.empty:
        return
    side = ExampleSettings().kept
    require_room(2 * len(table) * side * side * 3, "what is cut out of the pictures")
    try:
        examples = prepare(table, cache, dataset.name, progress=lambda *done: note("hands", *done))
    except HandsUnavailable:
        return
    found = dict(zip([Path(path).name for path in examples.paths], examples.found, strict=True))
    with dataset.editing() as whole:
        known = [found.get(Path(path).name) for path in whole["path"]]
        # What was left out meanwhile keeps what is known of it.
        whole["found"] = pd.array(known, dtype="boolean").fillna(whole["found"])


def compare(dataset: Dataset, note: Note) -> None:
    """Note which pictures look alike, and that all that are in use have been looked at."""
    table = dataset.pictures()
    used = table[table["state"] != "unreadable"].reset_index(drop=True)
    pairs = near_pairs(hashes(used), used["label"], progress=lambda *done: note("comparing", *done))
    paths = used["path"].to_numpy()
    near = pd.DataFrame({"a": paths[pairs[:, 0]], "b": paths[pairs[:, 1]], "bits": pairs[:, 2]})
    near.to_parquet(dataset.folder / f"{NEAR}.new", index=False)
    os.replace(dataset.folder / f"{NEAR}.new", dataset.folder / NEAR)
    with dataset.editing() as whole:
        whole.loc[whole["path"].isin(list(paths)), "checked"] = True


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
        # Given back by the system, however this process ends.
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(folder: Path) -> int:
    """Work, and note in plain words why it came to nothing; return the exit status."""
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
    if not (folder / ABOUT).is_file():
        for leftover in (PICTURES, THUMBS):
            shutil.rmtree(folder / leftover, ignore_errors=True)
        for leftover in (UPLOAD, TABLE):
            (folder / leftover).unlink(missing_ok=True)
    (folder / FAILURE).write_text(json.dumps({"reason": reason}))
    return 1


if __name__ == "__main__":
    # As if by an error, so that what was begun is cleared up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    processes.note(Path(sys.argv[1]), os.getpid())
    sys.exit(main(Path(sys.argv[1])))
