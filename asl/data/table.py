"""A data set as a table: label, person and part of every file, by the folders that it lies in.

It does not matter here what the files hold.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from asl.data.exports import Export, Shown
from asl.data.layout import (
    NO_LEVELS,
    Layout,
    describe,
    find_layouts,
    parse_layout,
    part_in,
    with_person,
)
from asl.data.people import find_people
from asl.data.problems import WHICH_SIGNS, Problem, Question, Unclear
from asl.data.scan import Parts
from asl.labels import class_label


@dataclass(frozen=True, eq=False)
class FolderTable:
    """What a folder holds.

    Attributes:
        table: one row a file, sorted by path: `path` (absolute), `label`, `person` (None if
            unknown) and `part` ("train", "valid" or "test", None if the folder has no such
            level).
        problems: everything that was not used as it stands.
        layout: what the levels of folders were taken for.
        questions: what has to be asked before the table can be trusted.
    """

    table: pd.DataFrame
    problems: tuple[Problem, ...]
    layout: Layout = NO_LEVELS
    questions: tuple[Question, ...] = ()


def settled(found: FolderTable) -> FolderTable:
    """Return `found` if nothing has to be asked about it.

    Raises:
        Unclear: something has to be asked.
    """
    for question in found.questions:
        raise Unclear(question)
    return found


def tabulate_files(
    files: Sequence[Parts],
    people: str | Path = "auto",
    reject: Callable[[Parts], Problem | None] = lambda parts: None,
    levels: str = "",
    export: Export | None = None,
) -> FolderTable:
    """Tell label, person and part of files by the folders they lie in.

    Args:
        files: names from the root down, the last one is the file's own.
        people: as for `asl.data.people.find_people`.
        reject: returns why a file is not used, None if it is.
        levels: what each level of folders means, as in "person/sign"; found out if empty.
        export: what another tool says that the files show; without it, their folders say it.

    Returns:
        The files in the order given, `path` relative to the root, with "/" between the names;
        an empty table if none lies in a class folder.

    Raises:
        ValueError: `people` or `levels` is wrong or gives no file a person.
    """
    problems: list[Problem] = []
    used: list[Parts] = []
    shown: list[Shown] = []
    # An export says itself what its files show, whatever their folders are called.
    chains = [parts[:-1] for parts in files if len(parts) > 1] if export is None else []
    layout, questions = _layout(chains, levels, people == "folders")
    for parts in files:
        what = _shown(parts, layout, export)
        if isinstance(what, Problem):
            problems.append(what)
        elif problem := reject(parts):
            problems.append(problem)
        else:
            used.append(parts)
            shown.append(what)
    labels, merged = _labels([one.label for one in shown])
    persons, unknown = find_people(used, labels, layout, people) if used else ([], [])
    table = pd.DataFrame(
        {
            "path": ["/".join(parts) for parts in used],
            "label": labels,
            # As text columns, None would become a missing value of pandas' own.
            "person": pd.Series(persons, dtype=object),
            "part": pd.Series([one.part for one in shown], dtype=object),
        }
    )
    return FolderTable(table, (*problems, *merged, *unknown), layout, questions)


def _layout(
    chains: Sequence[Parts], levels: str, with_people: bool
) -> tuple[Layout, tuple[Question, ...]]:
    """What the levels of folders mean, and the question which of several meanings is right."""
    if not chains:
        return NO_LEVELS, ()
    best, *others = [parse_layout(levels, chains)] if levels else find_layouts(chains)
    questions = []
    if others:
        options = tuple((str(layout), describe(layout, chains)) for layout in (best, *others))
        questions.append(Question("levels", WHICH_SIGNS, options))
    return with_person(best, chains) if with_people else best, tuple(questions)


def _shown(parts: Parts, layout: Layout, export: Export | None) -> Shown | Problem:
    """What a file shows, or why that is not known."""
    path = "/".join(parts)
    if export is not None:
        reason = export.left_out.get(parts, f"{export.tool} does not say what it shows")
        return export.shown.get(parts, Problem("outside", path, reason))
    if layout.label is None or len(parts) <= layout.label + 1:
        return Problem("outside", path, "lies in no class folder")
    part = part_in(layout, parts[:-1])
    if layout.part is not None and part is None:
        return Problem("outside", path, "lies beside the folders for training and test")
    return Shown(parts[layout.label], part)


def _labels(said: Sequence[str]) -> tuple[list[str], list[Problem]]:
    """The labels that names of classes stand for, and which names differ in case only."""
    spellings = defaultdict(list)
    for name in sorted(set(said)):
        spellings[class_label(name).casefold()].append(name)
    label_of: dict[str, str] = {}
    problems = []
    for names in spellings.values():
        label = class_label(names[0])
        label_of |= dict.fromkeys(names, label)
        if len(names) > 1:
            message = f"the class folders {', '.join(map(repr, names))} are used as one, {label!r}"
            problems.append(Problem("merged", names[0], message))
    return [label_of[name] for name in said], problems
