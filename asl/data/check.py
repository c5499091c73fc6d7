"""What there is to know about a zip, folder or table before training, as the Train page sees it.

What is said here is about pictures; about sequences see `asl.data.check_sequences`.
"""

import os
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from asl.data.archives.limits import ArchiveError, Limits
from asl.data.check_sequences import check_sequences, refused
from asl.data.in_words import listed
from asl.data.library.checkup import Checkup, check_up
from asl.data.library.dataset import Dataset
from asl.data.library.intake_worker import compare, search_hands, take_in
from asl.data.library.interpretation import name_people, set_levels
from asl.data.library.table import PICTURES, THUMBS
from asl.data.problems import HOW_NAMED, SETTLED, Question
from asl.data.sequences.limits import NoSequences, SequenceError
from asl.data.sequences.listing import is_sequences
from asl.hands.networks import HandsUnavailable
from asl.quota import bytes_used, require_room
from asl.workspace import workspace


def check(
    source: Path,
    people: str = "",
    levels: str = "",
    encoding: str = "",
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> dict[str, Any]:
    """Check pictures or sequences as the Train page does; nothing of them is kept.

    Args:
        source: folder, zip or table, or a packed file of sequences.
        people: as for `asl.data.folder.read_folder`; a question if empty.
        levels: what the levels of folders mean; found out if empty.
        encoding: of the names in a zip; found out if empty.
        progress: called with pictures done, pictures in all, and what is being done.

    Returns:
        kind ("pictures" or "sequences"), signs (label → pictures), people (name → pictures),
        people_known, parts (name → pictures), left_out, warnings, questions and verdict. Of what
        is refused as a whole there are no signs, and the first warning says why and what to do.

    Raises:
        ValueError: there is no such file, or `people` or `levels` is wrong.
        OSError: it cannot be read, or the disk is full.
    """
    if not source.exists():
        raise ValueError(f"path: there is no file or folder {str(source)!r}")
    folder = workspace() / f"check-{secrets.token_hex(6)}"
    try:
        if is_sequences(source):
            # Only landmarks are written, and a folder of films may be larger than any disk here.
            workers = os.cpu_count() or 1
            return check_sequences(source, folder, people, levels, encoding, workers, progress)
    except (ArchiveError, NoSequences, SequenceError, HandsUnavailable) as error:
        return refused(str(error))
    size = bytes_used(source) if source.is_dir() else 3 * source.stat().st_size
    require_room(size, "looking at the pictures")
    try:
        for inside in (PICTURES, THUMBS):
            (folder / inside).mkdir(parents=True)

        def note(step: str, done: int, total: int) -> None:
            progress(done, total, step)

        dataset = Dataset(folder, source.name[:80], "folder", time.time())
        try:
            dataset = take_in(dataset, source, Limits(), note, encoding)
        except ValueError as error:
            return _in_json(dataset, check_up(dataset.pictures(), dataset.near()), str(error))
        if levels:
            dataset = set_levels(dataset, levels)
        if people:
            dataset = name_people(dataset, people)
        search_hands(dataset, folder / "cache", note)
        compare(dataset, note)
        found = check_up(
            dataset.pictures(),
            dataset.near(),
            dataset.people_from,
            dataset.people_confirmed,
            bool(dataset.level_choices),
        )
        return _in_json(dataset, found)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def questions(dataset: Dataset, found: Checkup) -> list[Question]:
    """Return what somebody has to say before a score on new people, or any, can be trusted."""
    asked = list(dataset.questions())
    if dataset.encoding_choices:
        asked.append(Question("names", HOW_NAMED, dataset.encoding_choices))
    if not dataset.people_confirmed and len(found.people) > 1:
        asked.append(
            Question(
                "people",
                f"Are {listed(found.people['person'].tolist())} people?",
                ((dataset.people_from, "yes"), ("none", "no, or I don't know")),
            )
        )
    return asked


def _in_json(dataset: Dataset, found: Checkup, refusal: str = "") -> dict[str, Any]:
    table = dataset.pictures()
    away = table[table["state"] != "used"]
    left_out = list(zip(away["state"], away["original"], away["reason"], strict=True))
    left_out += [problem for problem in dataset.problems if problem[0] not in SETTLED]
    return {
        "kind": "pictures",
        "signs": _counts(found.classes, "label"),
        "people": _counts(found.people, "person"),
        "people_known": found.people_known,
        "parts": {name: found.parts.get(name, 0) for name in ("train", "valid", "test")},
        "left_out": [
            {"path": path, "reason": reason, "kind": kind} for kind, path, reason in left_out
        ],
        "warnings": [refusal]
        if refusal
        else [
            *(f"{one.title}. {one.advice}" for one in found.findings if one.level != "note"),
            *(reason for kind, _, reason in dataset.problems if kind == "merged"),
        ],
        "questions": [one.to_json() for one in questions(dataset, found)],
        "verdict": found.state,
    }


def _counts(rows: pd.DataFrame, name: str) -> dict[str, int]:
    return dict(zip(rows[name], map(int, rows["pictures"]), strict=True))
