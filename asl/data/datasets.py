"""The data sets that users made: pictures under names of our own, and a table that says what
they are.

    datasets/<id>/
      about.json         name, where it comes from, how the people are known
      pictures.parquet   the table, one row a picture
      near.parquet       pairs of pictures that look alike
      pictures/          000000.jpg and so on
      thumbs/            the same pictures, small
    and while they are being read (see `asl.data.intake`): request.json, progress.json, …

Names of classes, people and files that users gave are text in the table and never a path.
"""

import fcntl
import json
import os
import re
import secrets
import shutil
import time
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, Self

import numpy as np
import pandas as pd

from asl.data.examples import content_of, forget
from asl.data.folder import (
    WHICH_SIGNS,
    FolderTable,
    Problem,
    Question,
    find_people,
    read_folder,
    settled,
    sort_pictures,
)
from asl.data.layout import Layout, with_person
from asl.data.people import guess_people
from asl.labels import LONGEST_LABEL, class_label, visible
from asl.processes import end
from asl.workspace import workspace

ABOUT = "about.json"
TABLE = "pictures.parquet"
NEAR = "near.parquet"
PICTURES = "pictures"
THUMBS = "thumbs"

#: Columns of the table.
COLUMNS = {
    "path": "object",  # of the picture, relative to the data set's folder
    "label": "object",
    "person": "object",  # None where unknown
    "part": "object",  # "train", "valid", "test", or None
    "original": "object",  # name that the user's file had, from the root of the upload down
    "state": "object",  # "used", "unreadable" or "left out"
    "reason": "object",  # why it is not used
    "width": "Int64",
    "height": "Int64",
    "content": "object",  # SHA-256 of the file
    "hash": "object",  # 256-bit perceptual hash, hexadecimal
    "found": "boolean",  # whether a hand was found; missing where it was not searched for
    "checked": "boolean",  # whether it was compared with the others, and searched if possible
    "confirmed": "object",  # the label that somebody who was asked said is right, None before
}

LONGEST_NAME = 80

_NO_SIGN = "lies in no class folder"
_FROM_CAMERA = r"[^/]+/camera \d+\.jpg"
_ID = re.compile(r"[0-9a-f]{12}")

PeopleFrom = Literal["folders", "names", "table", "one", "unknown"]


@dataclass(frozen=True)
class Dataset:
    """One data set on disk.

    Attributes:
        folder: where it lies.
        name: for people.
        source: "zip", "table", "folder" or "camera".
        created: seconds since 1970.
        people_from: how it is known who is in the pictures: "folders" or "names" of the files,
            a "table" that the user filled in, "one" person in all, or "unknown".
        people_confirmed: whether the user has said that this is right.
        levels: what the levels of the upload's folders were taken for, as in "person/sign"; ""
            where the labels do not come from folders.
        level_choices: what else they may mean, each with an example, as long as nobody has said;
            see `asl.data.folder.Question`.
        encoding: what the names in the upload were read in, where they did not say it.
        encoding_choices: in what else they may be, each with examples, as long as nobody has said.
        problems: what was left out when the pictures were taken in: kind, path and message.
        taken_from: by what it is found again where the command line takes the same file twice.
    """

    folder: Path
    name: str
    source: str
    created: float
    people_from: PeopleFrom = "unknown"
    people_confirmed: bool = False
    levels: str = ""
    level_choices: tuple[tuple[str, str], ...] = ()
    encoding: str = ""
    encoding_choices: tuple[tuple[str, str], ...] = ()
    problems: tuple[tuple[str, str, str], ...] = ()
    taken_from: str = ""

    @property
    def id(self) -> str:
        """Name of the folder; it never changes."""
        return self.folder.name

    @property
    def layout(self) -> Layout:
        """What the levels of the upload's folders were taken for."""
        return Layout(tuple(self.levels.split("/")) if self.levels else ())

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read what is said about the data set in `folder`.

        Raises:
            ValueError: there is none, or it is damaged.
        """
        try:
            about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
            pairs = ("problems", "level_choices", "encoding_choices")
            lists = {name: tuple(map(tuple, about.pop(name, ()))) for name in pairs}
            return cls(folder=folder, **lists, **about)
        except FileNotFoundError:
            raise ValueError(f"data set: there is none {folder.name!r}") from None
        except (ValueError, TypeError, AttributeError) as error:
            raise ValueError(f"data set: {folder.name!r} is damaged ({error})") from error

    def save(self) -> Self:
        """Write what is said about the data set, in one step."""
        about = asdict(self)
        del about["folder"]
        write_whole(self.folder / ABOUT, json.dumps(about, indent=1).encode())
        return self

    def pictures(self) -> pd.DataFrame:
        """Return the whole table, see `COLUMNS`, pictures that are not used among them."""
        file = self.folder / TABLE
        if not file.is_file():
            return empty_table()
        table = pd.read_parquet(file)
        # Tables that were written before there were confirmations have none.
        return table if "confirmed" in table else table.assign(confirmed=None)

    def read(self) -> FolderTable:
        """Return the pictures in use as `read_folder` returns those of a folder.

        People are in it once the user has confirmed them: on a guess no score may rest.
        """
        table = self.pictures()
        if not self.people_confirmed:
            table["person"] = None
        used = table[table["state"] == "used"].reset_index(drop=True)
        paths = [os.path.join(self.folder.resolve(), path) for path in used["path"]]
        problems = [
            Problem("unreadable", row.original, row.reason)
            for row in table[table["state"] == "unreadable"].itertuples()
        ]
        # As text columns, None would become a missing value of pandas' own.
        people = used["person"] if self.people_confirmed else [None] * len(used)
        texts = {
            name: pd.Series(none_where_missing(column), dtype=object)
            for name, column in (("person", people), ("part", used["part"]))
        }
        return FolderTable(
            pd.DataFrame({"path": paths, "label": used["label"].tolist(), **texts}),
            tuple(problems),
            questions=self.questions(),
        )

    def questions(self) -> tuple[Question, ...]:
        """Return what has to be said before the labels can be trusted."""
        if not self.level_choices:
            return ()
        return (Question("levels", WHICH_SIGNS, self.level_choices),)

    def near(self) -> pd.DataFrame:
        """Return pairs of pictures that look alike: columns a, b (paths) and bits that differ."""
        file = self.folder / NEAR
        if not file.is_file():
            return pd.DataFrame({"a": [], "b": [], "bits": []})
        return pd.read_parquet(file)

    def thumbnail(self, path: str) -> Path:
        """Return the small JPEG, without metadata, of a picture in the table."""
        return self.folder / THUMBS / f"{Path(path).stem}.jpg"

    def relabel(self, paths: Sequence[str], label: str) -> None:
        """Say that these pictures show another sign, and use them.

        Raises:
            ValueError: `label` cannot be the name of a class.
        """
        label = class_label(label)
        with self.editing() as table:
            label = _spelt_as(label, table["label"])
            rows = table["path"].isin(list(paths)) & (table["state"] != "unreadable")
            table.loc[rows, ["label", "state", "reason"]] = [label, "used", ""]

    def confirm(self, paths: Sequence[str]) -> None:
        """Note that the labels of these pictures are right, whatever a model takes them for."""
        with self.editing() as table:
            rows = table["path"].isin(list(paths))
            table.loc[rows, "confirmed"] = table.loc[rows, "label"]

    def leave_out(self, paths: Sequence[str], reason: str = "left out by you") -> None:
        """Keep these pictures, but do not use them."""
        with self.editing() as table:
            rows = table["path"].isin(list(paths)) & (table["state"] == "used")
            table.loc[rows, ["state", "reason"]] = ["left out", reason]

    def take_back(self, paths: Sequence[str]) -> None:
        """Use pictures again that were left out."""
        with self.editing() as table:
            rows = table["path"].isin(list(paths)) & (table["state"] == "left out")
            table.loc[rows, ["state", "reason"]] = ["used", ""]

    def set_people(self, people: Mapping[str, str | None], people_from: PeopleFrom) -> Self:
        """Say who is in the pictures; return the data set that knows it, confirmed.

        Args:
            people: path → person, None where unknown; pictures that are not named are unknown.

        Raises:
            ValueError: a person's name is too long or cannot be shown.
        """
        named = {path: person_name(person) for path, person in people.items()}
        with self.editing() as table:
            table["person"] = pd.Series([named.get(path) for path in table["path"]], dtype=object)
        return replace(self, people_from=people_from, people_confirmed=True).save()

    def name_people(self, people: str | Path) -> Self:
        """Say where the people's names stand in the upload; return the data set that knows it.

        Args:
            people: as for `asl.data.folder.read_folder`.

        Raises:
            ValueError: it cannot be, or it names nobody.
        """
        table = self.pictures()
        names = [tuple(name.split("/")) for name in table["original"]]
        layout = self.layout
        if people == "folders":
            layout = with_person(layout, [name[:-1] for name in names if len(name) > 1])
        persons, _ = find_people(names, table["label"].tolist(), layout, people)
        source: PeopleFrom = people if people in ("folders", "names") else "table"
        return self.set_people(dict(zip(table["path"], persons, strict=True)), source)

    def set_levels(self, levels: str) -> Self:
        """Say what the levels of the upload's folders mean; return the data set that knows it.

        Labels, parts and people are read from the folders again; what was corrected by hand is
        lost, and who is in the pictures is a guess again.

        Args:
            levels: such as "person/sign"; see `asl.data.layout.parse_layout`. Found out again, or
                asked again, if empty.

        Raises:
            ValueError: it cannot be, or no picture would lie in the folder of a sign.
        """
        with self.editing() as table:
            # Pictures from the camera came later, and say themselves what they are.
            uploaded = ~table["original"].str.fullmatch(_FROM_CAMERA)
            names = [tuple(name.split("/")) for name in table.loc[uploaded, "original"]]
            sorting = sort_pictures(names, "none", levels=levels)
            if sorting.table.empty:
                raise ValueError(f"level: with {levels!r} no picture lies in the folder of a sign")
            guess = guess_people(
                [tuple(name.split("/")) for name in sorting.table["path"]],
                sorting.table["label"],
                sorting.layout,
            )
            people = pd.Series([person_name(person) for person in guess.people], dtype=object)
            about = sorting.table.assign(person=people)
            about = about.drop_duplicates("path").set_index("path").reindex(table["original"])
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
        return replace(
            self,
            people_from=guess.where,
            people_confirmed=False,
            levels=str(sorting.layout),
            level_choices=tuple(one for asked in sorting.questions for one in asked.options),
        ).save()

    def set_encoding(self, encoding: str) -> Self:
        """Say in which encoding the names in the upload are written; return the data set that
        knows it. Labels, parts and people are read from them again.

        Raises:
            ValueError: it is none of `encoding_choices`, or no picture lies in a sign's folder.
        """
        if encoding not in dict(self.encoding_choices):
            names = ", ".join(dict(self.encoding_choices)) or "none"
            raise ValueError(f"encoding: {encoding!r} is none that these names may be in: {names}")
        known = replace(self, encoding=encoding, encoding_choices=())
        if encoding == self.encoding:
            return known.save()
        with self.editing() as table:
            uploaded = ~table["original"].str.fullmatch(_FROM_CAMERA)
            table.loc[uploaded, "original"] = [
                _reread(name, self.encoding, encoding) for name in table.loc[uploaded, "original"]
            ]
            if not self.levels:  # another tool's labels are in its own files, which say theirs
                return known.save()
        # What nobody has said yet is still to be asked.
        return known.set_levels("" if self.level_choices else self.levels)

    def add(self, rows: pd.DataFrame) -> None:
        """Append rows to the table; columns as in `COLUMNS`."""
        with self.editing() as table:
            grown = rows if table.empty else pd.concat([table, rows], ignore_index=True)
            self._write(grown.astype(COLUMNS))

    def rename(self, name: str) -> Self:
        """Give the data set another name for people.

        Raises:
            ValueError: it is empty or too long.
        """
        return replace(self, name=dataset_name(name)).save()

    def delete(self) -> None:
        """Delete the pictures, what is known of them, and what was cut out of them.

        Trainings on them should have ended before; see `asl.training.jobs.delete_dataset`.
        """
        discard(self.folder)

    @contextmanager
    def editing(self) -> Iterator[pd.DataFrame]:
        """Give the table to change in place; it is written when the block ends without error.

        Another page or process that wants to change it waits.
        """
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            table = self.pictures()
            before = table.copy()
            yield table
            if not table.equals(before):
                self._write(table)

    def _write(self, table: pd.DataFrame) -> None:
        fresh = self.folder / f"{TABLE}.new"
        table.to_parquet(fresh, index=False)
        _settle(fresh, self.folder / TABLE)


def create(name: str, source: str) -> Dataset:
    """Make an empty data set; `save` it once there is something in it.

    Raises:
        ValueError: the name is empty or too long.
        OSError: the folder cannot be made.
    """
    folder = workspace() / "datasets" / secrets.token_hex(6)
    dataset = Dataset(folder, dataset_name(name), source, time.time())
    try:
        (folder / PICTURES).mkdir(parents=True)
        (folder / THUMBS).mkdir()
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return dataset


def discard(folder: Path) -> None:
    """Delete the folder of a data set, ready or not, and all that was made of its pictures.

    What works on it is ended first.

    Raises:
        OSError: it cannot be deleted.
    """
    end(folder)
    with forgetting(folder):
        shutil.rmtree(folder)


@contextmanager
def forgetting(folder: Path) -> Iterator[None]:
    """At the end, delete what was made of the pictures that only the data set in `folder` had.

    By then they must have been deleted, so that nothing can be made of them again.
    """
    gone, here = _contents(folder), folder.resolve()
    try:
        yield
    finally:
        for file in (workspace() / "datasets").resolve().glob(f"*/{TABLE}"):
            if file.parent != here:
                gone -= _contents(file.parent)
        forget(workspace() / "cache", gone)


def list_datasets() -> list[Dataset]:
    """Return all data sets that are ready for use, the newest first."""
    found = []
    for file in (workspace() / "datasets").glob(f"*/{ABOUT}"):
        try:
            found.append(Dataset.open(file.parent))
        except ValueError:
            continue
    return sorted(found, key=lambda dataset: -dataset.created)


def find_dataset(name: str) -> Dataset:
    """Return the data set with that `id`.

    Raises:
        ValueError: there is none.
    """
    if not _ID.fullmatch(name):
        raise ValueError(f"data set: there is none {name!r}")
    return Dataset.open(workspace() / "datasets" / name)


def read_pictures(root: Path, people: str | Path = "auto", levels: str = "") -> FolderTable:
    """Read a folder of pictures, be it a data set made here or any other; see `read_folder`.

    Raises:
        ValueError: as `read_folder`; or the data set is damaged or has no pictures left.
        Unclear: it has to be said which folders are the signs.
    """
    if not (Path(root) / ABOUT).is_file():
        return settled(read_folder(root, people, levels=levels))
    found = settled(Dataset.open(Path(root)).read())
    if found.table.empty:
        raise ValueError(f"data: no picture of the data set in {str(root)!r} is in use")
    return found


def empty_table() -> pd.DataFrame:
    """Return a table without rows."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})


def person_name(name: str | None) -> str | None:
    """Return a person's name fit to be shown, None for nothing.

    Raises:
        ValueError: it is too long.
    """
    name = visible(name or "") or None
    if name and len(name) > LONGEST_LABEL:
        raise ValueError(
            f"person: the name {name[:20]!r}… has {len(name)} letters, and {LONGEST_LABEL} are "
            "the most"
        )
    return name


def dataset_name(name: str) -> str:
    """Return a name fit to be shown, in one line.

    Raises:
        ValueError: it is empty or too long.
    """
    name = visible(name)
    if not 0 < len(name) <= LONGEST_NAME:
        raise ValueError(f"name: {len(name)} letters; it must have 1 to {LONGEST_NAME}")
    return name


def none_where_missing(column: pd.Series) -> list:
    """Return the values of a column, None for pandas' own missing values."""
    return [None if pd.isna(value) else value for value in column]


def hashes(table: pd.DataFrame) -> np.ndarray:
    """Return the perceptual hashes of a table's rows, uint64 of shape (N, 4)."""
    packed = bytes.fromhex("".join(table["hash"]))
    return np.frombuffer(packed, np.uint64).reshape(len(table), -1)


def write_whole(file: Path, content: bytes) -> None:
    """Write a file so that it is there whole, or as it was before."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.write_bytes(content)
    _settle(fresh, file)


def _contents(folder: Path) -> set[str]:
    """SHA-256 of every picture of the data set in `folder`."""
    try:
        known = pd.read_parquet(folder / TABLE, columns=["content"])
        return set(known["content"].dropna())
    except (OSError, ValueError):  # there is no table yet, or it is damaged
        return {content_of(str(file)) for file in (folder / PICTURES).glob("*")}


def _settle(fresh: Path, file: Path) -> None:
    with fresh.open("rb") as written:
        os.fsync(written.fileno())
    os.replace(fresh, file)


def _reread(name: str, before: str, encoding: str) -> str:
    """A name that was read in the encoding `before`; as it is where that cannot be."""
    try:
        return unicodedata.normalize("NFC", name.encode(before).decode(encoding))
    except UnicodeError:
        return name


def _spelt_as(label: str, known: pd.Series) -> str:
    """The class of that name that there is already, whatever its case, or `label` itself."""
    same = {name.casefold(): name for name in known.unique()}
    return same.get(label.casefold(), label)
