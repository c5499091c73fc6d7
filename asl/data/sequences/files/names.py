"""Which files are sequences, by their names alone, and how a sequence within a file is called."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal

from asl import images, videos
from asl.data.scan import Parts
from asl.data.sequences.asl_signs import TABLE
from asl.data.sequences.limits import NoSequences

Form = Literal["film", "pose", "packed", "parquet", "table", "frame", "picture", "labels", "other"]

FRAME, PACKED, PARQUET, POSE = ".npy", ".npz", ".parquet", ".pose"
#: Endings of the files that may be sequences, or say what they show.
SUFFIXES = frozenset((*videos.SUFFIXES, FRAME, PACKED, PARQUET, POSE))

_FORMS: dict[str, Form] = {POSE: "pose", PACKED: "packed", PARQUET: "parquet"}
_FORMS |= {suffix: "labels" for suffix in (".csv", ".tsv")}
_FORMS |= {suffix: "film" for suffix in videos.SUFFIXES}
_FORMS |= {suffix: "picture" for suffix in images.SUFFIXES}
# A packed file stands for many sequences, a frame for a part of one.
_WEIGHTS: dict[Form, float] = {"film": 1, "pose": 1, "packed": 1000, "parquet": 1, "frame": 1 / 30}
# Fewer than this share of the files are strays, which are listed as such.
_STRAYS = 0.1


@dataclass(frozen=True)
class Sorted:
    """Files by their form.

    Attributes:
        films, poses, packed, parquet, tables, pictures, labels, others: names of files.
        frames: folder → its files that are named as frames.
    """

    films: tuple[Parts, ...]
    poses: tuple[Parts, ...]
    packed: tuple[Parts, ...]
    parquet: tuple[Parts, ...]
    tables: tuple[Parts, ...]
    pictures: tuple[Parts, ...]
    labels: tuple[Parts, ...]
    others: tuple[Parts, ...]
    frames: Mapping[Parts, tuple[Parts, ...]]

    def everything(self) -> list[Parts]:
        """Return the names of all files, sorted."""
        forms = (self.films, self.poses, self.packed, self.parquet, self.tables, self.pictures)
        return sorted(chain(*forms, self.labels, self.others, *self.frames.values()))


def form_of(name: str) -> Form:
    """Return what a file is by its own name."""
    path = Path(name)
    suffix = path.suffix.lower()
    if suffix == FRAME and path.stem.isascii() and path.stem.isdigit():
        return "frame"
    if name == TABLE:
        return "table"
    return _FORMS.get(suffix, "other")


def sort_files(files: Iterable[Parts]) -> Sorted:
    """Tell files apart by their names, each form sorted."""
    by_form: dict[Form, list[Parts]] = defaultdict(list)
    frames: dict[Parts, list[Parts]] = defaultdict(list)
    for parts in sorted(files):
        form = form_of(parts[-1])
        # A frame without a folder belongs to no sequence.
        if form == "frame" and len(parts) > 1:
            frames[parts[:-1]].append(parts)
        else:
            by_form["other" if form == "frame" else form].append(parts)
    return Sorted(
        films=tuple(by_form["film"]),
        poses=tuple(by_form["pose"]),
        packed=tuple(by_form["packed"]),
        parquet=tuple(by_form["parquet"]),
        tables=tuple(by_form["table"]),
        pictures=tuple(by_form["picture"]),
        labels=tuple(by_form["labels"]),
        others=tuple(by_form["other"]),
        frames={folder: tuple(own) for folder, own in frames.items()},
    )


def are_sequences(names: Iterable[str]) -> bool:
    """Return whether files, by their own names, are sequences rather than pictures.

    Raises:
        NoSequences: they are both, so that nobody can say which of them are meant.
    """
    counts: dict[Form, int] = defaultdict(int)
    for name in names:
        counts[form_of(name)] += 1
    pictures = counts["picture"]
    sequences = sum(weight * counts[form] for form, weight in _WEIGHTS.items())
    fewer, more = sorted((pictures, sequences))
    if fewer >= _STRAYS * more and fewer:
        films = counts["film"]
        what = f"{films} films" if films else "files of landmarks"
        raise NoSequences(
            f"{pictures} pictures and {what} lie together, and one model learns from one kind "
            "only. Put pictures and films into folders or zips of their own"
        )
    return sequences > pictures


def sequence_name(file: str | Path, number: int) -> str:
    """Return what a sequence in a file of many is called."""
    return f"{file}#{number}"


def in_packed(path: str) -> tuple[str, int] | None:
    """Return file and number of a sequence in a packed file, None for a path of its own."""
    file, mark, number = path.rpartition("#")
    is_one = mark and number.isascii() and number.isdigit() and file.lower().endswith(PACKED)
    return (file, int(number)) if is_one else None
