"""Delete data sets, and all that was made of their pictures."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from asl.data.cache import content_of, forget
from asl.data.library.table import CLIPS, PICTURES, TABLE
from asl.files import delete_folder
from asl.processes import end
from asl.workspace import workspace


def discard(folder: Path) -> None:
    """Delete the folder of a data set, ready or not, and all that was made of its pictures.

    What works on it is ended first.

    Raises:
        OSError: it cannot be deleted.
    """
    end(folder)
    with forgetting(folder):
        delete_folder(folder)


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


def _contents(folder: Path) -> set[str]:
    """SHA-256 of every picture of the data set in `folder`."""
    try:
        known = pd.read_parquet(folder / TABLE, columns=["content"])
        return set(known["content"].dropna())
    except (OSError, ValueError):  # there is no table yet, or it is damaged
        files = (*(folder / PICTURES).glob("*"), *(folder / CLIPS).glob("*"))
        return {content_of(str(file)) for file in files}
