"""Which files and folders lie below a folder, without what nobody means to use."""

import os
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from asl.data.problems import Problem

#: Names from the root down; the last one is the file's or folder's own.
Parts = tuple[str, ...]


def scan_folder(
    base: Path, suffixes: Collection[str], not_used: Callable[[str], Problem]
) -> tuple[list[Parts], list[Parts], list[Problem]]:
    """List what lies below a folder; symbolic links are not followed.

    Args:
        base: the folder.
        suffixes: endings of the files that are wanted, in lower case, as in ".jpg".
        not_used: returns why any other file is not used, given its path below `base` with "/"
            between the names.

    Returns:
        The wanted files and all folders, both sorted, as names from `base` down; and what was left
        out.
    """
    files: list[Parts] = []
    folders: list[Parts] = []
    problems: list[Problem] = []
    waiting: list[Parts] = [()]
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
            path = "/".join(parts)
            if problem := _unusable(entry, path):
                problems.append(problem)
            elif entry.is_dir(follow_symlinks=False):
                folders.append(parts)
                waiting.append(parts)
            elif _suffix(entry) in suffixes and entry.is_file(follow_symlinks=False):
                files.append(parts)
            else:
                problems.append(not_used(path))
    return sorted(files), sorted(folders), sorted(problems, key=lambda p: p.path)


def empty_folders(folders: Sequence[Parts], used: Sequence[Parts], message: str) -> list[Problem]:
    """Return the outermost folders without anything that is used, as problems.

    Args:
        folders: as `scan_folder` gives them.
        used: names of files, or of folders that are used as a whole.
    """
    filled = {parts[:depth] for parts in used for depth in range(len(parts) + 1)}
    return [
        Problem("empty", "/".join(parts), message)
        for parts in folders
        if parts not in filled and parts[:-1] in filled
    ]


def _unusable(entry: os.DirEntry[str], path: str) -> Problem | None:
    """Why a file or folder is not used whatever a data set is made of."""
    name = entry.name
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
    return None


def _suffix(entry: os.DirEntry[str]) -> str:
    return os.path.splitext(entry.name)[1].lower()
