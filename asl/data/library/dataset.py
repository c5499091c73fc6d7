"""The data sets that users made: pictures under names of our own, and a table that says what
they are.

    datasets/<id>/
      about.json         name, where it comes from, how the people are known
      pictures.parquet   the table, one row a picture
      near.parquet       pairs of pictures that look alike
      pictures/          000000.jpg and so on
      thumbs/            the same pictures, small
      clips/             000000.npz and so on: landmarks, in a data set of sequences
      films/             what they were found in, if the user asked to keep it
    and while they are being read (see `asl.data.library.intake`): request.json, progress.json, …

Names of classes, people and files that users gave are text in the table and never a path.
"""

import fcntl
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self

import pandas as pd

from asl.data.folder import read_folder
from asl.data.layout import NO_LEVELS, Layout, roles_in
from asl.data.library.deletion import discard
from asl.data.library.naming import dataset_name, person_name, spelt_as
from asl.data.library.table import (
    COLUMNS,
    NEAR,
    PICTURES,
    TABLE,
    THUMBS,
    none_where_missing,
    read_table,
)
from asl.data.people import PeopleFrom
from asl.data.problems import WHICH_SIGNS, Problem, Question
from asl.data.table import FolderTable, settled
from asl.files import replacing, write_json
from asl.labels import class_label
from asl.workspace import workspace

ABOUT = "about.json"

_ID = re.compile(r"[0-9a-f]{12}")


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
            if the labels do not come from folders.
        level_choices: what else they may mean, each with an example, as long as nobody has said;
            see `asl.data.problems.Question`.
        encoding: what the names in the upload were read in, if they did not say it.
        encoding_choices: in what else they may be, each with examples, as long as nobody has said.
        problems: what was left out when the pictures were taken in: kind, path and message.
        kind: of its examples: "pictures", or "sequences" of landmarks.
        taken_from: by what it is found again if the command line takes the same file twice.
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
    kind: Literal["pictures", "sequences"] = "pictures"

    @property
    def id(self) -> str:
        """Name of the folder; it never changes."""
        return self.folder.name

    @property
    def layout(self) -> Layout:
        """What the levels of the upload's folders were taken for."""
        return Layout(roles_in(self.levels)) if self.levels else NO_LEVELS

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read what is said about the data set in `folder`.

        Raises:
            ValueError: there is none, or it is damaged.
        """
        try:
            about: dict[str, Any] = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
            for name in ("problems", "level_choices", "encoding_choices"):
                about[name] = tuple(map(tuple, about.get(name, ())))
            dataset = cls(folder=folder, **about)
            if dataset.kind not in ("pictures", "sequences"):
                raise ValueError(f"kind: {dataset.kind!r} is not known")
            return dataset
        except FileNotFoundError:
            raise ValueError(f"data set: there is none {folder.name!r}") from None
        except (ValueError, TypeError, AttributeError) as error:
            raise ValueError(f"data set: {folder.name!r} is damaged ({error})") from error

    def save(self) -> Self:
        """Write what is said about the data set, in one step."""
        about = asdict(self)
        del about["folder"]
        write_json(self.folder / ABOUT, about)
        return self

    def pictures(self) -> pd.DataFrame:
        """Return the whole table, see `COLUMNS`, pictures that are not used among them."""
        return read_table(self.folder / TABLE)

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
            label = spelt_as(label, table["label"])
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
            people: path → person, None if unknown; pictures that are not named are unknown.
            people_from: how this is known.

        Raises:
            ValueError: a person's name is too long or cannot be shown.
        """
        named = {path: person_name(person) for path, person in people.items()}
        with self.editing() as table:
            table["person"] = pd.Series([named.get(path) for path in table["path"]], dtype=object)
        return replace(self, people_from=people_from, people_confirmed=True).save()

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

        Trainings on them should have ended before; see `asl.runs.control.delete_dataset`.
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
        with replacing(self.folder / TABLE, durable=True) as fresh:
            table.to_parquet(fresh, index=False)


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
