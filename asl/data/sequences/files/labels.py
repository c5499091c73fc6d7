"""What tables beside films say of them: the word of each, and perhaps who signs it."""

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from asl.data.exports import Export, read_tables
from asl.data.exports.contents import content_of_small
from asl.data.scan import Parts
from asl.data.sequences.files.names import Sorted


def names_files(by_form: Sorted) -> bool:
    """Return whether a `train.csv` says which Parquet files are meant, as in asl-signs.

    Where there are films and no such files, it is a table like any other.
    """
    others = by_form.films or by_form.poses or by_form.frames
    return bool(by_form.tables and (by_form.parquet or not others))


def own_places(files: Mapping[Parts, Path], by_form: Sorted) -> dict[Parts, str]:
    """Return where each film, each `.pose` file and each folder of frames lies."""
    places = {parts: str(files[parts]) for parts in (*by_form.films, *by_form.poses)}
    for folder, frames in by_form.frames.items():
        places[folder] = str(files[frames[0]].parent)
    return places


def read_labels(
    files: Mapping[Parts, Path], by_form: Sorted, names: Iterable[Parts]
) -> Export | None:
    """Return what tables of file names and words say, None where the folders say it.

    Args:
        files: names from the root down → where the file lies.
        names: of the films, `.pose` files and folders of frames.
    """
    there = [parts for parts in (*by_form.labels, *by_form.tables) if parts in files]
    tables = {parts: partial(content_of_small, files[parts]) for parts in there}
    return read_tables(sorted(names), tables) if tables else None


def people_said(export: Export | None) -> dict[str, str | None]:
    """Return name of a file → its person, for each that a table tells of; empty if it names none.

    The parts of a name are joined by "/".
    """
    shown = export.shown if export else {}
    people = {"/".join(parts): one.person for parts, one in shown.items()}
    return people if any(people.values()) else {}
