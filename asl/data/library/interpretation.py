"""What the names in an upload mean, said by its user: which folders are what, and who is where.

Labels, parts and people are then read from the names again.
"""

import unicodedata
from dataclasses import replace
from pathlib import Path

import pandas as pd

from asl.data.layout import with_person
from asl.data.library.dataset import Dataset
from asl.data.library.naming import person_name
from asl.data.people import PeopleFrom, find_people, guess_people
from asl.data.table import tabulate_files

_NO_SIGN = "lies in no class folder"
_FROM_CAMERA = r"[^/]+/camera \d+\.\w+"


def name_people(dataset: Dataset, people: str | Path) -> Dataset:
    """Say where the people's names stand in the upload; return the data set that knows it.

    Args:
        dataset: as it is known so far.
        people: as for `asl.data.folder.read_folder`.

    Raises:
        ValueError: it cannot be, or it names nobody.
    """
    table = dataset.pictures()
    names = [tuple(name.split("/")) for name in table["original"]]
    layout = dataset.layout
    if people == "folders":
        layout = with_person(layout, [name[:-1] for name in names if len(name) > 1])
    persons, _ = find_people(names, table["label"].tolist(), layout, people)
    source: PeopleFrom = "table"
    if people == "folders":
        source = "folders"
    elif people == "names":
        source = "names"
    return dataset.set_people(dict(zip(table["path"], persons, strict=True)), source)


def set_levels(dataset: Dataset, levels: str) -> Dataset:
    """Say what the levels of the upload's folders mean; return the data set that knows it.

    What was corrected by hand is lost, and who is in the pictures is a guess again.

    Args:
        dataset: as it is known so far.
        levels: such as "person/sign"; see `asl.data.layout.parse_layout`. Found out again, or
            asked again, if empty.

    Raises:
        ValueError: it cannot be, or no picture would lie in the folder of a sign.
    """
    with dataset.editing() as table:
        # Pictures from the camera came later, and are labelled already.
        uploaded = ~table["original"].str.fullmatch(_FROM_CAMERA)
        names = [tuple(name.split("/")) for name in table.loc[uploaded, "original"]]
        found = tabulate_files(names, "none", levels=levels)
        if found.table.empty:
            raise ValueError(f"level: with {levels!r} no picture lies in the folder of a sign")
        guess = guess_people(
            [tuple(name.split("/")) for name in found.table["path"]],
            found.table["label"],
            found.layout,
        )
        people = [person_name(person) for person in guess.people]
        _apply(table, found.table.assign(person=pd.Series(people, dtype=object)), uploaded)
    return replace(
        dataset,
        people_from=guess.where,
        people_confirmed=False,
        levels=str(found.layout),
        level_choices=tuple(one for asked in found.questions for one in asked.options),
    ).save()


def _apply(table: pd.DataFrame, read: pd.DataFrame, uploaded: pd.Series) -> None:
    """Write into a data set's table what was read from the names again.

    Args:
        table: of the data set; changed in place.
        read: columns path (the `original` of the other table), label, part and person.
        uploaded: which rows of `table` came with the upload.
    """
    about = read.drop_duplicates("path").set_index("path").reindex(table["original"])
    inside = about["label"].notna().to_numpy()
    for column in ("label", "part", "person"):
        new = pd.Series(about[column].to_numpy(object), table.index)
        table.loc[inside, column] = new.where(new.notna(), None)[inside]
    # What now lies in no sign's folder, and what did so before.
    readable = uploaded & (table["state"] != "unreadable")
    table.loc[readable & ~inside, ["state", "reason"]] = ["left out", _NO_SIGN]
    back = readable & inside & (table["reason"] == _NO_SIGN)
    table.loc[back, ["state", "reason"]] = ["used", ""]
    table["confirmed"] = None


def set_encoding(dataset: Dataset, encoding: str) -> Dataset:
    """Say in which encoding the names in the upload are written; return the data set that knows it.

    Raises:
        ValueError: it is none of `encoding_choices`, or no picture lies in a sign's folder.
    """
    if encoding not in dict(dataset.encoding_choices):
        names = ", ".join(dict(dataset.encoding_choices)) or "none"
        raise ValueError(f"encoding: {encoding!r} is none that these names may be in: {names}")
    known = replace(dataset, encoding=encoding, encoding_choices=())
    if encoding == dataset.encoding:
        return known.save()
    with dataset.editing() as table:
        uploaded = ~table["original"].str.fullmatch(_FROM_CAMERA)
        table.loc[uploaded, "original"] = [
            _reread(name, dataset.encoding, encoding) for name in table.loc[uploaded, "original"]
        ]
        if not dataset.levels:  # another tool's labels are in its own files, which say theirs
            return known.save()
    # What nobody has said yet is still to be asked.
    return set_levels(known, "" if dataset.level_choices else dataset.levels)


def _reread(name: str, before: str, encoding: str) -> str:
    """A name that was read in the encoding `before`; as it is if that is impossible."""
    try:
        return unicodedata.normalize("NFC", name.encode(before).decode(encoding))
    except UnicodeError:
        return name
