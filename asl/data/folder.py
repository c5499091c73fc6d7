"""A folder of class folders as a table of pictures: path, label, person, part."""

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

from asl.data.exports import Export, is_annotation, read_export
from asl.data.exports.contents import content_of_small
from asl.data.pictures.files import decoding_problem, list_pictures
from asl.data.problems import Problem
from asl.data.scan import Parts, empty_folders
from asl.data.table import FolderTable, tabulate_files


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
    pictures, folders, problems = list_pictures(base)
    export = _export(base, pictures, problems)
    found = tabulate_files(
        pictures,
        people,
        lambda parts: decoding_problem(base, parts) if check else None,
        levels,
        export,
    )
    table = found.table
    problems += found.problems
    if table.empty:
        raise ValueError(_no_pictures(root, problems))
    used = [tuple(path.split("/")) for path in table["path"]]
    problems += empty_folders(folders, used, "no usable picture in this folder")
    table["path"] = [os.path.join(base, path) for path in table["path"]]
    return replace(found, table=table, problems=tuple(problems))


def _export(base: Path, pictures: list[Parts], problems: list[Problem]) -> Export | None:
    """What another tool says that the pictures show; the files that say it are no problems."""
    others = [tuple(one.path.split("/")) for one in problems if one.kind == "not a picture"]
    annotations = {
        parts: partial(content_of_small, base.joinpath(*parts))
        for parts in others
        if is_annotation(parts)
    }
    export = read_export(pictures, annotations)
    if export is not None:
        read = {"/".join(parts) for parts in export.read_from}
        problems[:] = [problem for problem in problems if problem.path not in read]
    return export


def _no_pictures(root: str | Path, problems: list[Problem]) -> str:
    reason = f"root: {str(root)!r} holds no usable picture in a class folder"
    if problems:
        first = problems[0]
        reason += f"; {len(problems)} things were left out, the first: {first.path}: "
        reason += first.message
    return reason
