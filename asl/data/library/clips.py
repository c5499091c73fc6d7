"""Clips of a user's data set: sequences of landmarks, found in films or read from files.

Of films only landmarks are kept, unless the user has asked to keep the films as well.
"""

import shutil
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from asl.codecs.film import START_LENGTH, kind
from asl.data.archives.limits import Limits, beyond
from asl.data.archives.sequences import LIMITS
from asl.data.cache import content_of
from asl.data.in_words import listed
from asl.data.library.dataset import Dataset
from asl.data.library.intake import limits_now
from asl.data.library.naming import person_name
from asl.data.library.picture import add_recorded
from asl.data.library.table import CLIPS, COLUMNS, FILMS, PICTURES, TABLE, THUMBS
from asl.data.people import guess_people
from asl.data.problems import most_telling
from asl.data.sequences.arrays import read_npz
from asl.data.sequences.cleaning import LENIENT, clean, measure
from asl.data.sequences.files.films import follow_film
from asl.data.sequences.files.names import form_of, in_packed
from asl.data.sequences.files.read import read_sequence
from asl.data.sequences.files.readers import open_readers
from asl.data.sequences.layout import HOLISTIC
from asl.data.sequences.lengths import RATE
from asl.data.sequences.limits import Limits as FileLimits
from asl.data.sequences.limits import SequenceError, checked
from asl.data.sequences.opening import OpenedSequences, open_sequences
from asl.data.sequences.packed import read_index, read_packed, read_sequences, write_packed
from asl.labels import class_label
from asl.processes import map_ahead
from asl.quota import Room, counting, require_room

#: Called with a step of `asl.data.library.intake.STEPS`, and how much of it is done and to do.
Note = Callable[[str, int, int], None]
_Row = dict[str, Any]

_ENDINGS = {"mov": ".mp4", "matroska": ".webm", "avi": ".avi"}


@dataclass(frozen=True)
class _Job:
    """One sequence to be taken in.

    Attributes:
        source: file, folder of frames, or ``FILE#NUMBER``.
        clip: the file to write.
        film: where the film is kept, None if it is not.
    """

    source: str
    clip: Path
    film: Path | None


def take_in_clips(
    dataset: Dataset,
    source: Path,
    limits: Limits,
    note: Note,
    encoding: str = "",
    keep_films: bool = False,
    workers: int = 1,
) -> Dataset:
    """Read sequences, find landmarks in films, and write their table.

    Args:
        dataset: an empty one, which need not be saved.
        source: folder, zip or packed file.
        limits: of what is unpacked, as they are for pictures.
        encoding: of the names in a zip, found out if empty.
        keep_films: whether films are kept beside their landmarks.
        workers: processes that follow films and read files.

    Returns:
        The data set that knows what was left out and what has to be asked; not saved.

    Raises:
        ArchiveError, NoSequences, ValueError: the sequences cannot be taken.
        HandsUnavailable: there are films, and what finds landmarks is missing.
        OSError: the disk is full, or a file cannot be read.
    """
    folder = dataset.folder
    for emptied in (PICTURES, THUMBS):
        shutil.rmtree(folder / emptied, ignore_errors=True)
    for made in (CLIPS, FILMS) if keep_films else (CLIPS,):
        (folder / made).mkdir()
    room = Room(folder)
    # A visitor's quota counts files; for others many small ones, a frame each, are let through.
    members = LIMITS.members if limits.members == Limits().members else limits.members
    limits = replace(limits, members=members)

    def unpacking(done: int, total: int) -> None:
        note("unpacking", done, total)

    with open_sequences(source, "auto", "", encoding, unpacking, limits, room) as opened:
        table = opened.found.table
        if len(table) > limits.pictures:
            raise beyond("sequences", len(table), limits.pictures)
        rows = _take_all(_jobs(table["path"].tolist(), folder, keep_films), note, workers, room)
        about = table.reset_index(drop=True)
        known = pd.DataFrame(rows, columns=list(COLUMNS)).assign(
            label=about["label"], original=about["name"], part=about["part"]
        )
        dataset, people = _with_people(dataset, opened)
        known["person"] = pd.Series([person_name(one) for one in people], dtype=object)
    known.astype(COLUMNS).to_parquet(folder / TABLE, index=False)
    choices = tuple((name, listed(examples)) for name, examples in opened.encodings)
    found = opened.found
    return replace(
        dataset,
        kind="sequences",
        levels=str(found.layout),
        encoding=opened.encoding,
        encoding_choices=choices if len(choices) > 1 and not encoding else (),
        level_choices=tuple(option for asked in found.questions for option in asked.options),
        problems=most_telling(found.problems),
    )


def add_clip(
    dataset: Dataset, film: bytes, label: str, person: str | None, keep_film: bool = False
) -> _Row:
    """Put one film, as from the camera, into a data set of sequences.

    Args:
        keep_film: whether the film is kept beside its landmarks.

    Returns:
        What the table says of it; where too little is seen, its `state` is "left out", and
        `reason` says why.

    Raises:
        SequenceError: it cannot be read, or nothing of a person is seen in it.
        HandsUnavailable: what finds landmarks is missing.
        QuotaError, ValueError: there is no room for it, class or person have no usable name, or
            the data set is one of pictures.
    """
    if dataset.kind != "sequences":
        raise ValueError(f"data set: {dataset.name!r} holds pictures; make another one for clips")
    label, person = class_label(label), person_name(person)
    frames = checked("the film", follow_film(film, "the film")[0])
    with counting():
        require_room(frames.nbytes + len(film), "the clip")
        limits_now()
        clips = dataset.folder / CLIPS
        clips.mkdir(exist_ok=True)
        number = 1 + max((int(file.stem) for file in clips.glob("[0-9]*.npz")), default=-1)
        row = _kept(frames, clips / f"{number:06d}.npz")
        if keep_film:
            (dataset.folder / FILMS).mkdir(exist_ok=True)
            ending = _ENDINGS.get(kind(film[:START_LENGTH]) or "", "")
            (dataset.folder / FILMS / f"{number:06d}{ending}").write_bytes(film)
        row["original"] = f"{label}/camera {number + 1}.film"
        return add_recorded(dataset, row, label, person)


def read_clip(dataset: Dataset, path: str) -> tuple[np.ndarray, float]:
    """Return the landmarks of a clip of the table, and the seconds from frame to frame.

    Returns:
        (T, 543, 3) float32, NaN where nothing was seen.

    Raises:
        SequenceError: it is gone, or damaged.
    """
    file = dataset.folder / CLIPS / Path(path).name
    points = read_packed(file).read(0, HOLISTIC)
    return points, float(read_npz(file, ("every",), FileLimits())["every"])


def _with_people(
    dataset: Dataset, opened: OpenedSequences
) -> tuple[Dataset, tuple[str | None, ...]]:
    """Who makes the signs: said by the files themselves, or guessed from names."""
    table = opened.found.table
    if table["person"].notna().any():
        people = tuple(table["person"].where(table["person"].notna(), None))
        return replace(dataset, people_from="table", people_confirmed=True), people
    names = [tuple(name.split("/")) for name in table["name"]]
    guess = guess_people(names, table["label"], opened.found.layout)
    return replace(dataset, people_from=guess.where), guess.people


def _jobs(paths: list[str], folder: Path, keep_films: bool) -> list[_Job]:
    jobs = []
    for number, path in enumerate(paths):
        kept = None
        if keep_films and form_of(path) == "film":
            kept = folder.resolve() / FILMS / f"{number:06d}{Path(path).suffix.lower()}"
        jobs.append(_Job(path, folder.resolve() / CLIPS / f"{number:06d}.npz", kept))
    return jobs


def _take_all(jobs: list[_Job], note: Note, workers: int, room: Room) -> list[_Row]:
    films = any(form_of(job.source) == "film" for job in jobs)
    rows: list[_Row] = []
    with closing(_taken(jobs, workers)) as taken:
        for job, row in zip(jobs, taken, strict=True):
            rows.append(row)
            written = [one for one in (job.clip, job.film) if one is not None and one.is_file()]
            room.take(sum(one.stat().st_size for one in written), pictures=1)
            note("landmarks" if films else "reading", len(rows), len(jobs))
    return rows


def _taken(jobs: list[_Job], workers: int) -> Generator[_Row, None, None]:
    """What the table says of each, in order."""
    if in_packed(jobs[0].source):
        yield from _packed(jobs)
        return
    with open_readers(workers) as (pool, count):
        yield from map_ahead(pool, _take, jobs, 2 * count, 1)


def _packed(jobs: list[_Job]) -> Generator[_Row, None, None]:
    """The sequences of packed files, each read once from its begin to its end."""
    inside = [(in_packed(job.source) or ("", 0), job) for job in jobs]
    for file, own in groupby(inside, lambda one: one[0][0]):
        index = read_index(Path(file))
        wanted = {number: job.clip for (_, number), job in own}
        for number, points in enumerate(read_sequences(index)):
            clip = wanted.get(number)
            if clip is None:
                continue
            try:
                whole = checked(Path(file).name, HOLISTIC.take(points, index.rows))
                yield _kept(whole, clip)
            except SequenceError as error:
                yield _unreadable(clip, error)


def _take(job: _Job) -> _Row:
    """Write one clip; runs in another process, perhaps on another machine."""
    source = Path(job.source)
    try:
        if form_of(source.name) == "film" and not source.is_dir():
            points = checked(source.name, follow_film(source, source.name)[0])
        else:
            points = read_sequence(source, HOLISTIC, job.clip.parent)
        row = _kept(points, job.clip)
    except SequenceError as error:
        return _unreadable(job.clip, error)
    if job.film is not None:
        shutil.copyfile(source, job.film)
    return row


def _kept(points: np.ndarray, clip: Path) -> _Row:
    """Write landmarks as a clip, and say what the table says of it."""
    write_packed(clip, points, 1 / RATE)
    measured = measure(points, HOLISTIC, LENIENT)
    excluded = clean([measured], [""], [""], LENIENT).excluded
    return dict.fromkeys(COLUMNS) | {
        "path": f"{CLIPS}/{clip.name}",
        "label": "",
        "original": "",
        "state": "left out" if excluded else "used",
        "reason": excluded[0].message if excluded else "",
        "content": content_of(str(clip)),
        "frames": len(points),
        "found": measured.usable > 0,
        "checked": True,
    }


def _unreadable(clip: Path, error: SequenceError) -> _Row:
    return dict.fromkeys(COLUMNS) | {
        "path": f"{CLIPS}/{clip.name}",
        "label": "",
        "original": "",
        "state": "unreadable",
        "reason": f"{error.reason}. {error.advice}",
        "checked": True,
    }
