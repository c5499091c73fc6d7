"""Sequences of any form as one table: path, label, person and part of each.

The forms are told apart by what is there: a packed file; `train.csv` with the files that it names,
as asl-signs has them; films, `.pose` files, and folders of a file a frame, in the folders of their
words. A table of file names and words may stand beside them.
"""

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from asl.data.archives.limits import ArchiveError
from asl.data.archives.sequences import LIMITS
from asl.data.archives.zip_reading import open_zip
from asl.data.exports import Export, Shown
from asl.data.library.dataset import ABOUT, Dataset
from asl.data.problems import Problem
from asl.data.scan import Parts, empty_folders, scan_folder
from asl.data.sequences.asl_signs import SequenceFile, read_table
from asl.data.sequences.files.labels import names_files, own_places, people_said, read_labels
from asl.data.sequences.files.names import (
    SUFFIXES,
    Sorted,
    are_sequences,
    sequence_name,
    sort_files,
)
from asl.data.sequences.limits import NoSequences, SequenceError
from asl.data.sequences.packed import ARRAYS, read_index
from asl.data.table import FolderTable, tabulate_files
from asl.labels import class_label

_KEPT = ["path", "label", "person", "part"]
_ARRANGE = (
    "Put the films, or files of landmarks, of each word into a folder of its name; or bring a "
    "packed .npz file, or a folder with train.csv as asl-signs has it"
)
#: People as the files themselves name them.
_AS_NAMED = ("", "auto", "folders", "names")


def is_sequences(path: Path) -> bool:
    """Return whether a file or folder holds sequences or films rather than pictures.

    Only names are looked at, and of a zip its list of files.

    Raises:
        NoSequences: pictures and sequences lie together.
        OSError: it cannot be read.
    """
    if (path / ABOUT).is_file():
        return Dataset.open(path).kind == "sequences"
    if path.is_dir():
        return are_sequences(parts[-1] for parts in files_below(path)[0])
    if not path.is_file() or not zipfile.is_zipfile(path):  # a pipe would be waited for
        return are_sequences([path.name])
    if is_packed(path):
        return True
    try:
        with open_zip(path, LIMITS) as (found, _):
            return are_sequences(member.parts[-1] for member in (*found.pictures, *found.others))
    except ArchiveError:
        return False  # and whoever opens it says what is wrong with it


def is_packed(path: Path) -> bool:
    """Return whether a zip is a packed file of sequences, by the names of its arrays."""
    if not path.is_file():
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            # Of a zip without its end, the last packed file in it would be found.
            begins = min((one.header_offset for one in archive.infolist()), default=0)
            return begins == 0 and {f"{name}.npy" for name in ARRAYS} <= set(archive.namelist())
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile):
        return False


def is_zip(path: Path) -> bool:
    """Return whether a file is a zip of files, perhaps a damaged one, and no packed file."""
    if not path.is_file() or is_packed(path):
        return False
    return zipfile.is_zipfile(path) or path.suffix.lower() == ".zip"


def names_people(path: Path) -> bool:
    """Return whether sequences lie in a form that says itself who made them."""
    if not path.is_dir():
        return is_packed(path)
    files = {parts: path.joinpath(*parts) for parts in files_below(path)[0]}
    by_form = sort_files(files)
    if names_files(by_form) or by_form.packed:
        return True
    return bool(people_said(read_labels(files, by_form, own_places(files, by_form))))


def list_sequences(path: Path, people: str = "auto", levels: str = "") -> FolderTable:
    """List the sequences of a folder, or of a packed file.

    Args:
        path: told apart by content. Links in a folder are not followed. Of a data set made here,
            its table says all else.
        people: as for `asl.data.folder.read_folder`; with "auto", "folders" and "names", those
            who are named in the files themselves count where there are such.
        levels: what each level of folders means; found out if empty.

    Returns:
        The table; a sequence in a file of many has the path ``FILE#NUMBER``, one of a file a frame
        that of its folder. Every file that is not used is among the problems.

    Raises:
        NoSequences: there is no usable sequence.
        SequenceError: the table of asl-signs is none.
        ValueError: there is no such file, or `people` or `levels` is wrong.
    """
    if (path / ABOUT).is_file():
        found = Dataset.open(path).read()
        if found.table.empty:
            raise NoSequences(f"data: no clip of the data set in {str(path)!r} is in use")
    elif path.is_dir():
        base = path.resolve()
        files, folders, hidden = files_below(base)
        places = {parts: base.joinpath(*parts) for parts in files}
        found = tabulate_sequences(places, people, levels)
        empty: list[Problem] = []
        if found.layout.label is not None:
            used = [tuple(name.split("/")) for name in found.table["name"]]
            empty = empty_folders(folders, used, "no film and no sequence in this folder")
        found = replace(found, problems=(*hidden, *found.problems, *empty))
    elif path.is_file():
        file = path.resolve()
        found = tabulate_sequences({(file.name,): file}, people, levels)
    else:
        raise ValueError(f"path: there is no file or folder {str(path)!r}")
    return replace(found, table=found.table[_KEPT])


def tabulate_sequences(
    files: Mapping[Parts, Path],
    people: str = "auto",
    levels: str = "",
    others: Sequence[Parts] = (),
    before: Sequence[Problem] = (),
) -> FolderTable:
    """Tell sequences, their label, person and part by names and by what packed files say.

    Args:
        files: names from the root down → where the file lies, perhaps under another name. The
            files of a frame each lie together in one folder, with numbers as names; a table is
            called `train.csv` there too.
        others: files that lie nowhere any more, as they are not used.
        before: what was left out before, which is told with the rest.

    Returns:
        As `list_sequences`, with one more column, `name`: of the sequence, from the root down.

    Raises:
        ValueError: as `list_sequences`.
    """
    by_form = sort_files((*files, *others))
    problems = list(before)
    if names_files(by_form):
        found = _named_by_table(files, by_form, people, problems)
    elif by_form.packed:
        found = _packed(files, by_form, people, problems)
    else:
        found = _in_folders(files, by_form, people, levels, problems)
    problems += found.problems
    if found.table.empty:
        raise NoSequences(_nothing(problems))
    return replace(found, problems=tuple(problems))


def _named_by_table(
    files: Mapping[Parts, Path], by_form: Sorted, people: str, problems: list[Problem]
) -> FolderTable:
    """The files that `train.csv` names."""
    table = min(by_form.tables, key=lambda parts: (len(parts), parts))
    entries: dict[Parts, tuple[SequenceFile, Path]] = {}
    folder = files[table].parent
    for entry in read_table(folder):
        parts = (*table[:-1], *entry.path.relative_to(folder).parts)
        place = files.get(parts)
        if place is None:
            missing = "train.csv names it, and it is not there"
            problems.append(Problem("unreadable", "/".join(parts), missing))
        elif parts in entries:
            problems.append(Problem("outside", "/".join(parts), "train.csv names it twice"))
        else:
            entries[parts] = entry, place
    problems += [
        _left_out(parts, "train.csv does not name it")
        for parts in by_form.everything()
        if parts not in entries and parts != table
    ]
    said = {parts: (entry.sign, entry.person) for parts, (entry, _) in entries.items()}
    return _as_said("train.csv", said, {p: str(place) for p, (_, place) in entries.items()}, people)


def _packed(
    files: Mapping[Parts, Path], by_form: Sorted, people: str, problems: list[Problem]
) -> FolderTable:
    """The sequences of packed files."""
    said: dict[Parts, tuple[str, str]] = {}
    places: dict[Parts, str] = {}
    for file in by_form.packed:
        try:
            index = read_index(files[file])
        except SequenceError as error:
            why = f"{error.reason}. {error.advice}"
            problems.append(Problem("unreadable", "/".join(file), why))
            continue
        for number, (sign, person) in enumerate(zip(index.signs, index.people, strict=True)):
            parts = (*file[:-1], sequence_name(file[-1], number))
            said[parts] = sign, person
            places[parts] = sequence_name(files[file], number)
    problems += [
        _left_out(parts, "it lies beside packed sequences, which are used")
        for parts in by_form.everything()
        if parts not in by_form.packed
    ]
    return _as_said("the packed file", said, places, people)


def _as_said(
    tool: str, said: Mapping[Parts, tuple[str, str]], places: Mapping[Parts, str], people: str
) -> FolderTable:
    """Sequences of which a file says sign and person."""
    shown: dict[Parts, Shown] = {}
    left_out: dict[Parts, str] = {}
    for parts, (sign, _) in said.items():
        try:
            class_label(sign)
        except ValueError as error:
            left_out[parts] = str(error)
        else:
            shown[parts] = Shown(sign, None)
    named = people in _AS_NAMED
    export = Export(tool, shown, left_out, ())
    found = tabulate_files(list(said), "none" if named else people, export=export)
    table = found.table
    if named:
        persons = {"/".join(parts): person.strip() or None for parts, (_, person) in said.items()}
        table["person"] = pd.Series([persons[name] for name in table["path"]], dtype=object)
    return replace(found, table=_placed(table, places))


def _in_folders(
    files: Mapping[Parts, Path],
    by_form: Sorted,
    people: str,
    levels: str,
    problems: list[Problem],
) -> FolderTable:
    """Films, `.pose` files and folders of frames, by the folders that they lie in, or by what a
    table says of them."""
    places = own_places(files, by_form)
    export = read_labels(files, by_form, places)
    read_from = export.read_from if export else ()
    problems += [
        _left_out(parts, "it names no film here beside its word")
        for parts in (*by_form.labels, *by_form.tables)
        if parts not in read_from
    ]
    problems += [
        _left_out(parts, "Parquet files are used where a train.csv names their signs")
        for parts in by_form.parquet
    ]
    problems += [
        _left_out(parts, "it is no film and no file of landmarks") for parts in by_form.others
    ]
    problems += [
        _left_out(parts, "a picture among films; bring pictures by themselves")
        for parts in by_form.pictures
    ]
    persons = people_said(export) if people in _AS_NAMED else {}
    people = "none" if persons else people or "auto"
    found = tabulate_files(sorted(places), people, levels=levels, export=export)
    table = found.table
    if persons:
        table["person"] = pd.Series([persons[name] for name in table["path"]], dtype=object)
    return replace(found, table=_placed(table, places))


def _placed(table: pd.DataFrame, places: Mapping[Parts, str]) -> pd.DataFrame:
    path_of = {"/".join(parts): place for parts, place in places.items()}
    names = table["path"]
    return table.assign(path=names.map(path_of), name=names)


def _left_out(parts: Parts, reason: str) -> Problem:
    return Problem("not a sequence", "/".join(parts), reason)


def files_below(base: Path) -> tuple[list[Parts], list[Parts], list[Problem]]:
    """Return all visible files, all folders, and what is not even looked at."""
    files, folders, problems = scan_folder(base, SUFFIXES, lambda path: _left_out((path,), ""))
    files += [tuple(one.path.split("/")) for one in problems if one.kind == "not a sequence"]
    return files, folders, [one for one in problems if one.kind != "not a sequence"]


def _nothing(problems: Sequence[Problem]) -> str:
    reason = "path: there is no usable sequence"
    if not problems:
        return f"{reason}. {_ARRANGE}"
    # What is damaged would have been used, and says itself what to do.
    first = min(problems, key=lambda one: one.kind != "unreadable")
    count = f"{len(problems)} things were" if len(problems) > 1 else "1 thing was"
    reason += f"; {count} left out, the first: {first.path}: {first.message}"
    return reason if first.kind == "unreadable" else f"{reason}. {_ARRANGE}"
