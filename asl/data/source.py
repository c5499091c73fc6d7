"""Labelled pictures or sequences from wherever somebody has them: a folder, a zip, a table, or a
data set."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from asl.data.archives.limits import Limits
from asl.data.archives.sequences import LIMITS
from asl.data.archives.unpack import unpack
from asl.data.archives.zip_reading import open_zip
from asl.data.folder import read_folder
from asl.data.library.dataset import ABOUT, Dataset, create, list_datasets, read_pictures
from asl.data.library.intake import limits_now
from asl.data.library.intake_worker import take_in
from asl.data.library.interpretation import name_people, set_levels
from asl.data.library.naming import dataset_name
from asl.data.library.table import none_where_missing
from asl.data.people import Guess, guess_people
from asl.data.sequences.listing import is_sequences, is_zip
from asl.data.sequences.opening import open_sequences
from asl.data.table import FolderTable, settled, tabulate_files
from asl.files import open_file
from asl.quota import require_room

Progress = Callable[[int, int], None]

_ANY = Limits()
_CALLED = {"pictures": "pictures", "sequences": "films or sequences of landmarks"}


@contextmanager
def open_source(
    source: Path,
    people: str = "auto",
    levels: str = "",
    encoding: str = "",
    limits: Limits = _ANY,
    progress: Progress = lambda done, total: None,
    kind: str = "",
) -> Iterator[FolderTable]:
    """Give the pictures or sequences of a folder, a zip, a table or a data set.

    What was unpacked is deleted.

    Args:
        source: told apart by content.
        people, levels: as for `asl.data.folder.read_folder`; of sequences, as for
            `asl.data.sequences.listing.list_sequences`.
        encoding: of the names in a zip; found out if empty.
        limits: of what is unpacked.
        kind: "pictures" or "sequences" if only these can be used; "" for either.
        progress: called with bytes unpacked, done and in total.

    Yields:
        The table with one more column, `name`: of the file in the source, from its root down.

    Raises:
        ArchiveError, ValueError: it cannot be read, or it is not clear which folders are signs.
        OSError: a file cannot be read, or the disk is full.
    """
    require_whole(source)
    found_kind = "sequences" if is_sequences(source) else "pictures"
    if kind and kind != found_kind:
        raise ValueError(
            f"data: {source.name!r} holds {_CALLED[found_kind]}, and {_CALLED[kind]} are needed"
        )
    if found_kind == "sequences":
        with open_sequences(source, people, levels, encoding, progress) as opened:
            yield settled(opened.found)
        return
    if not source.is_file():
        found = read_pictures(source, people, levels)
        base = source.resolve()
        names = [str(Path(path).relative_to(base)) for path in found.table["path"]]
        yield replace(found, table=found.table.assign(name=names))
        return
    with tempfile.TemporaryDirectory(prefix="asl-") as place:
        unpacked = unpack(source, Path(place) / "pictures", limits, progress, encoding or None)
        pictures = list(unpacked.files.values())
        found = settled(tabulate_files(pictures, people, levels=levels, export=unpacked.export))
        if found.table.empty:
            raise ValueError(
                "zip: no picture lies in the folder of a sign; put the pictures of each sign into "
                "a folder of its name and pack them again"
            )
        path_of = {"/".join(parts): str(path) for path, parts in unpacked.files.items()}
        names = found.table["path"]
        table = found.table.assign(path=names.map(path_of), name=names)
        yield replace(found, table=table, problems=(*unpacked.problems, *found.problems))


def require_whole(source: Path) -> None:
    """Refuse a zip that cannot be opened, before it is said what kind of examples it holds.

    Raises:
        ArchiveError: it is damaged, or made as no ordinary program makes one.
        OSError: it cannot be read.
    """
    if is_zip(source):
        with open_zip(source, LIMITS):
            pass


def take_packed(
    source: Path, people: str, levels: str, encoding: str, progress: Progress
) -> Dataset:
    """Make a data set of a zip, to train on; the same zip, read in the same way, is taken once.

    Args:
        people: as for `asl.data.folder.read_folder`; "" if nobody has said.
        levels: what the levels of its folders mean; found out if empty.
        encoding: of its names; found out if empty.

    Raises:
        ArchiveError, ValueError: it cannot be taken, or it is not clear which folders are signs.
        OSError: it cannot be read, or the disk is full.
    """
    with open_file(source) as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    taken_from = f"{content} {people} {levels} {encoding}".strip()
    for known in list_datasets():
        if known.taken_from == taken_from:
            return known
    require_room(3 * source.stat().st_size, "the pictures")
    dataset = create(dataset_name(source.stem[:80]), "zip")
    try:
        dataset = take_in(
            replace(dataset, taken_from=taken_from),
            source,
            limits_now(),
            lambda step, done, total: progress(done, total),
            encoding,
        )
        if levels:
            dataset = set_levels(dataset, levels)
        if people:
            dataset = name_people(dataset, people)
        settled(dataset.read())
        return dataset.save()
    except BaseException:
        shutil.rmtree(dataset.folder, ignore_errors=True)
        raise


def guessed_people(source: Path, levels: str = "") -> Guess:
    """Guess who is in the pictures of a folder or of a data set made here.

    Raises:
        ValueError: as `asl.data.library.dataset.read_pictures`.
    """
    if (source / ABOUT).is_file():
        dataset = Dataset.open(source)
        people = none_where_missing(dataset.pictures()["person"])
        return Guess(dataset.people_from, tuple(people))
    found = settled(read_folder(source, "none", levels=levels))
    names = [Path(path).relative_to(source.resolve()).parts for path in found.table["path"]]
    return guess_people(names, found.table["label"], found.layout)
