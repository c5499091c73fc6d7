"""A folder of class folders as a table of pictures: path, label, person, part."""

import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import pandas as pd

from asl.data.exports import Export, is_annotation, read_export
from asl.data.layout import (
    Layout,
    describe,
    find_layouts,
    parse_layout,
    part_in,
    with_person,
)
from asl.data.people import (
    HAND_PATTERN,
    guess_people,
    people_from_csv,
    people_from_folders,
    people_from_pattern,
)
from asl.images import FORMATS_IN_WORDS, SUFFIXES, PictureError, load_rgb
from asl.labels import class_label

#: Kinds of `Problem` that leave no picture out.
SETTLED = ("empty", "merged", "person")

_LARGEST_ANNOTATION = 64 << 20
HOW_NAMED = "Which of these names are right?"
WHICH_SIGNS = "Which folders are the signs?"

ProblemKind = Literal[
    "hidden",  # a hidden file or folder, or __MACOSX; not used
    "link",  # a symbolic link; not followed
    "not a picture",  # a file with another ending; not used
    "unreadable",  # a picture that cannot be decoded, a folder that cannot be opened; not used
    "outside",  # a picture that lies in no class folder; not used
    "empty",  # a folder that gives no picture
    "merged",  # class folders that differ only in case, used as one class
    "person",  # pictures without a person, where others have one
]


_NO_LEVELS = Layout(())
# Pictures that somebody would miss.
_OTHER_PICTURES = frozenset(
    ".svg .psd .xcf .ai .eps .pdf .jxl .jp2 .j2k .tga .ico .raw .dng .cr2 .cr3 .nef .arw .orf .rw2 "
    ".raf .heics .avifs".split()
)


@dataclass(frozen=True)
class Problem:
    """Something that was left out or settled while reading; `path` is relative to the root."""

    kind: ProblemKind
    path: str
    message: str


@dataclass(frozen=True)
class Question:
    """Something that names alone do not tell, so that somebody has to be asked.

    Attributes:
        about: "levels": which folders are the signs; "people": whether some names are those of
            people; "names": in which encoding the names in a zip are written.
        text: the question, in a sentence.
        options: possible answers and what each means, the likeliest first.
    """

    about: Literal["levels", "people", "names"]
    text: str
    options: tuple[tuple[str, str], ...]


class Unclear(ValueError):
    """Which folders are the signs has to be said first; the message names option and answers."""

    def __init__(self, question: Question) -> None:
        self.question = question
        answers = " or ".join(f"--level {answer} ({means})" for answer, means in question.options)
        super().__init__(
            f"level: it is not clear which folders are the signs; say it with {answers}"
        )


@dataclass(frozen=True, eq=False)
class FolderTable:
    """What a folder holds.

    Attributes:
        table: one row a picture, sorted by path: `path` (absolute), `label`, `person` (None where
            unknown) and `part` ("train", "valid" or "test", None where the folder has no such
            level).
        problems: everything that was not used as it stands.
        layout: what the levels of folders were taken for.
        questions: what has to be asked before the table can be trusted.
    """

    table: pd.DataFrame
    problems: tuple[Problem, ...]
    layout: Layout = _NO_LEVELS
    questions: tuple[Question, ...] = ()


# Names from the root down; the last one is the picture's own.
_Parts = tuple[str, ...]


def read_folder(
    root: str | Path, people: str | Path = "auto", check: bool = False, levels: str = ""
) -> FolderTable:
    """List the pictures of a data set.

    Understands root/class/picture, levels for the parts of a split, for people and for takes, and
    folders that wrap the whole set (`asl.data.layout`). Symbolic links below `root` are not
    followed.

    Args:
        root: the data set's folder.
        people: where the person of a picture comes from: "auto" (file names that start with
            ``hand<N>_``), "folders" (the level of folders that looks most like people), "names"
            (the first or second word of the file names, whichever looks more like people),
            "none", a regular expression with a group ``(?P<person>…)`` searched in the path
            relative to `root`, or the path of a CSV with the columns ``path`` (relative to
            `root`) and ``person``.
        check: whether to decode every picture and leave out those that cannot be.
        levels: what each level of folders means, as in "person/sign"; found out if empty.

    Raises:
        ValueError: `root` is no folder or holds no picture in a class folder, a class has a name
            that a sign cannot have, or `people` or `levels` is wrong or gives no picture a person.
    """
    if not isinstance(people, (str, Path)):
        raise ValueError(f"people: expected a word, a pattern or a path, got {people!r}")
    if not str(root) or not os.path.isdir(root):
        raise ValueError(f"root: {str(root)!r} is no folder")
    base = Path(root).resolve()
    pictures, folders, problems = scan_folder(base)
    export = _export(base, pictures, problems)
    sorting = sort_pictures(
        pictures,
        people,
        lambda parts: _decoding_problem(base, parts) if check else None,
        levels,
        export,
    )
    table = sorting.table
    problems += sorting.problems
    if table.empty:
        raise ValueError(_no_pictures(root, problems))
    problems += _empty_folders(folders, [tuple(path.split("/")) for path in table["path"]])
    table["path"] = [os.path.join(base, path) for path in table["path"]]
    return replace(sorting, table=table, problems=tuple(problems))


def settled(found: FolderTable) -> FolderTable:
    """Return `found` if nothing has to be asked about it.

    Raises:
        Unclear: something has.
    """
    for question in found.questions:
        raise Unclear(question)
    return found


def sort_pictures(
    pictures: Sequence[tuple[str, ...]],
    people: str | Path = "auto",
    reject: Callable[[tuple[str, ...]], Problem | None] = lambda parts: None,
    levels: str = "",
    export: Export | None = None,
) -> FolderTable:
    """Tell label, person and part of pictures by the folders they lie in; see `read_folder`.

    Args:
        pictures: names from the root down, the last one is the picture's own.
        people: as for `read_folder`.
        reject: returns why a picture is not used, None if it is.
        levels: as for `read_folder`.
        export: what another tool says that the pictures show; else their folders say it.

    Returns:
        The pictures in the order given, `path` relative to the root, with "/" between the names;
        an empty table where none lies in a class folder.

    Raises:
        ValueError: `people` is wrong or gives no picture a person.
    """
    problems: list[Problem] = []
    used: list[_Parts] = []
    chains = [parts[:-1] for parts in pictures if len(parts) > 1]
    if export is not None:
        layout, questions = _NO_LEVELS, ()
    else:
        layout, questions = _layout(chains, levels, people == "folders")
    for parts in pictures:
        if problem := _outside(parts, layout, export) or reject(parts):
            problems.append(problem)
        else:
            used.append(parts)
    said = [parts[layout.label] if export is None else export.shown[parts].label for parts in used]
    labels, merged = _labels(said)
    persons, unknown = find_people(used, labels, layout, people) if used else ([], [])
    table = pd.DataFrame(
        {
            "path": ["/".join(parts) for parts in used],
            "label": labels,
            # As text columns, None would become a missing value of pandas' own.
            "person": pd.Series(persons, dtype=object),
            "part": pd.Series([_part(parts, layout, export) for parts in used], dtype=object),
        }
    )
    return FolderTable(table, (*problems, *merged, *unknown), layout, questions)


def _layout(
    chains: Sequence[_Parts], levels: str, with_people: bool
) -> tuple[Layout, tuple[Question, ...]]:
    """What the levels of folders mean, and the question which of several meanings is right."""
    if not chains:
        return _NO_LEVELS, ()
    best, *others = [parse_layout(levels, chains)] if levels else find_layouts(chains)
    questions = []
    if others:
        options = tuple((str(layout), describe(layout, chains)) for layout in (best, *others))
        questions.append(Question("levels", WHICH_SIGNS, options))
    return with_person(best, chains) if with_people else best, tuple(questions)


def _outside(parts: _Parts, layout: Layout, export: Export | None) -> Problem | None:
    path = "/".join(parts)
    if export is not None:
        reason = export.left_out.get(parts, f"{export.tool} does not say what it shows")
        return None if parts in export.shown else Problem("outside", path, reason)
    if layout.label is None or len(parts) <= layout.label + 1:
        return Problem("outside", path, "lies in no class folder")
    if layout.part is not None and part_in(layout, parts[:-1]) is None:
        return Problem("outside", path, "lies beside the folders for training and test")
    return None


def _part(parts: _Parts, layout: Layout, export: Export | None) -> str | None:
    return part_in(layout, parts[:-1]) if export is None else export.shown[parts].part


def _export(base: Path, pictures: list[_Parts], problems: list[Problem]) -> Export | None:
    """What another tool says that the pictures show; the files that say it are no problems."""
    others = [tuple(one.path.split("/")) for one in problems if one.kind == "not a picture"]
    annotations = {
        parts: partial(_content, base.joinpath(*parts)) for parts in others if is_annotation(parts)
    }
    export = read_export(pictures, annotations)
    if export is not None:
        read = {"/".join(parts) for parts in export.read_from}
        problems[:] = [problem for problem in problems if problem.path not in read]
    return export


def _content(file: Path) -> bytes:
    """All of a small file; nothing of one that is large, or no ordinary file."""
    if not file.is_file() or file.stat().st_size > _LARGEST_ANNOTATION:
        return b""
    return file.read_bytes()


def _no_pictures(root: str | Path, problems: list[Problem]) -> str:
    reason = f"root: {str(root)!r} holds no usable picture in a class folder"
    if problems:
        first = problems[0]
        reason += f"; {len(problems)} things were left out, the first: {first.path}: "
        reason += first.message
    return reason


def scan_folder(base: Path) -> tuple[list[_Parts], list[_Parts], list[Problem]]:
    """Return all pictures and folders below `base`, sorted, as names from there down, and what
    was left out."""
    pictures: list[_Parts] = []
    folders: list[_Parts] = []
    problems: list[Problem] = []
    waiting: list[_Parts] = [()]
    while waiting:
        above = waiting.pop()
        try:
            with os.scandir(os.path.join(base, *above)) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            message = f"the folder cannot be opened: {error.strerror}"
            problems.append(Problem("unreadable", "/".join(above), message))
            continue
        for entry in entries:
            parts = (*above, entry.name)
            if problem := _unusable(entry, parts):
                problems.append(problem)
            elif entry.is_dir(follow_symlinks=False):
                folders.append(parts)
                waiting.append(parts)
            else:
                pictures.append(parts)
    return sorted(pictures), sorted(folders), sorted(problems, key=lambda p: p.path)


def _unusable(entry: os.DirEntry, parts: _Parts) -> Problem | None:
    name = entry.name
    path = "/".join(parts)
    if not name.isascii():
        try:
            name.encode()
        except UnicodeEncodeError:
            shown = path.encode(errors="backslashreplace").decode()
            return Problem("unreadable", shown, "its name is not valid UTF-8; rename it")
    if name.startswith(".") or name == "__MACOSX":
        return Problem("hidden", path, "hidden files and folders are not used")
    if entry.is_symlink():
        # One that leads out of the root would give away other files, one that stays within
        # would count a picture twice.
        return Problem("link", path, "links are not followed; copy the pictures instead")
    if entry.is_dir(follow_symlinks=False):
        return None
    suffix = os.path.splitext(name)[1].lower()
    if suffix not in SUFFIXES or not entry.is_file(follow_symlinks=False):
        return not_used(path)
    return None


def not_used(path: str) -> Problem:
    """Return why a file is not used whose ending is none of `asl.images.SUFFIXES`."""
    if os.path.splitext(path)[1].lower() in _OTHER_PICTURES:
        advice = f"pictures of this kind cannot be read; save it as {FORMATS_IN_WORDS}"
        return Problem("unreadable", path, advice)
    return Problem("not a picture", path, f"only {FORMATS_IN_WORDS} files are used")


def _decoding_problem(base: Path, parts: _Parts) -> Problem | None:
    try:
        load_rgb(base.joinpath(*parts))
    except PictureError as error:
        return Problem("unreadable", "/".join(parts), error.reason)
    return None


def _empty_folders(folders: Sequence[_Parts], used: Sequence[_Parts]) -> list[Problem]:
    """The outermost folders without a used picture."""
    filled = {parts[:depth] for parts in used for depth in range(len(parts))}
    return [
        Problem("empty", "/".join(parts), "no usable picture in this folder")
        for parts in folders
        if parts not in filled and parts[:-1] in filled
    ]


def _labels(said: Sequence[str]) -> tuple[list[str], list[Problem]]:
    """The labels that names stand for, and which names differ in case only."""
    spellings = defaultdict(list)
    for name in sorted(set(said)):
        spellings[class_label(name).casefold()].append(name)
    label_of = {}
    problems = []
    for names in spellings.values():
        label = class_label(names[0])
        label_of |= dict.fromkeys(names, label)
        if len(names) > 1:
            message = f"the class folders {', '.join(map(repr, names))} are used as one, {label!r}"
            problems.append(Problem("merged", names[0], message))
    return [label_of[name] for name in said], problems


def find_people(
    used: Sequence[tuple[str, ...]], labels: Sequence[str], layout: Layout, people: str | Path
) -> tuple[list[str | None], list[Problem]]:
    """Return the person of each picture, None where unknown, and whether some are unknown.

    Args:
        used: names from the root down, the last one is the picture's own; at least one.
        labels: of the pictures.
        layout: of the folders above them.
        people: as for `read_folder`.

    Raises:
        ValueError: `people` is wrong or gives no picture a person.
    """
    if people == "none":
        return [None] * len(used), []
    paths = ["/".join(parts) for parts in used]
    if people == "folders":
        persons = people_from_folders(used, layout)
    elif people == "names":
        persons = guess_people(used, labels, _NO_LEVELS).people
    elif people == "auto":
        persons = people_from_pattern(paths, HAND_PATTERN)
    elif isinstance(people, Path) or people.lower().endswith(".csv"):
        persons = people_from_csv(paths, people)
    else:
        persons = people_from_pattern(paths, people)

    unknown = [path for path, person in zip(paths, persons, strict=True) if person is None]
    if len(unknown) == len(paths):
        if people == "auto":
            return list(persons), []
        raise ValueError(
            f"people: {str(people)!r} gives a person to none of the {len(paths)} pictures, "
            f"as to {paths[0]!r}"
        )
    if unknown:
        message = f"no person is known for {len(unknown)} of {len(paths)} pictures"
        return list(persons), [Problem("person", unknown[0], message)]
    return list(persons), []
