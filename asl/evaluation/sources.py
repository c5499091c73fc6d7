"""Where the files of a bundle's test examples lie, for models that were trained here."""

import json
from pathlib import Path

import pandas as pd

from asl.bundle import ModelBundle
from asl.data.folder import read_folder
from asl.data.sequences.listing import list_sequences
from asl.workspace import hosted, workspace


def find_examples(bundle: ModelBundle, rows: pd.DataFrame) -> list[str | None]:
    """Return the path of each test example, None where it cannot be told.

    A sequence in a file of many has the path ``FILE#NUMBER``.

    Only models in the user's own workspace have examples: their run remembers the folders that
    they learned from. A bundle itself keeps file names alone. A name that stands twice under one
    label of a data set leads nowhere, rather than to the wrong picture.

    Args:
        rows: with the columns source, label and picture.
    """
    if bundle.folder.resolve().parent != (workspace() / "models").resolve():
        return [None] * len(rows)
    folders = _folders(workspace() / "runs" / bundle.card.name / "run.json")
    known = set(rows["source"]) & set(folders)
    files = {source: _files(folders[source], bundle.card.still) for source in known}
    keys = zip(rows["source"], rows["label"], rows["picture"], strict=True)
    return [files.get(source, {}).get((label, picture)) for source, label, picture in keys]


def _folders(file: Path) -> dict[str, Path]:
    """Return data set → folder, as the run's own file says."""
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))["config"]["data"]
        folders = {str(entry["name"]): Path(entry["folder"]) for entry in entries}
    except (OSError, ValueError, TypeError, KeyError):
        return {}
    if hosted():  # strangers are shown nothing outside of their own workspace
        home = workspace().resolve()
        folders = {n: f for n, f in folders.items() if f.resolve().is_relative_to(home)}
    return folders


def _files(folder: Path, still: bool) -> dict[tuple[str, str], str]:
    """Return (label, file name) → path, for names that stand once under a label."""
    try:
        table = (read_folder if still else list_sequences)(folder, people="none").table
    except (ValueError, OSError):
        return {}
    names = table["path"].map(lambda path: Path(path).name)
    single = table.assign(name=names).drop_duplicates(["label", "name"], keep=False)
    return {(row.label, row.name): row.path for row in single.itertuples(index=False)}
