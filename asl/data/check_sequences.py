"""What there is to know about films and other sequences before training."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from asl.data.in_words import listed
from asl.data.library.clip_findings import FEW_CLIPS, FEWEST_CLIPS, mean_lengths
from asl.data.library.findings import (
    Finding,
    judge_levels,
    judge_numbers,
    judge_people,
    judge_test_part,
)
from asl.data.library.table import none_where_missing
from asl.data.people import guess_people
from asl.data.problems import HOW_NAMED, SETTLED, Problem, Question
from asl.data.sequences.cleaning import LENIENT, clean_examples
from asl.data.sequences.files.names import form_of
from asl.data.sequences.layout import SOURCE
from asl.data.sequences.opening import OpenedSequences, open_sequences
from asl.data.sequences.prepare import prepare_sequences

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class _Looked:
    """What was found.

    Attributes:
        table: the sequences that are learned from: label, person, part.
        lengths: frames of each.
        problems: everything else.
        people_from, confirmed: who makes the signs, and whether that is certain.
        questions: what has to be said.
        what: the sequences are called.
        refusal: why there are none.
    """

    table: pd.DataFrame
    lengths: np.ndarray
    problems: tuple[Problem, ...] = ()
    people_from: str = "unknown"
    confirmed: bool = False
    questions: tuple[Question, ...] = ()
    what: str = "sequences"
    refusal: str = ""


def check_sequences(
    source: Path,
    folder: Path,
    people: str = "",
    levels: str = "",
    encoding: str = "",
    workers: int = 1,
    progress: Progress = lambda done, total, what: None,
) -> dict[str, Any]:
    """Check sequences; all of them are read.

    Args:
        source: folder, zip or packed file.
        folder: for what is written meanwhile; deleted afterwards.
        people, levels, encoding, progress: as for `asl.data.check.check`.
        workers: processes that read files and films.

    Returns:
        As `asl.data.check.check`, with sequences instead of pictures.

    Raises:
        ValueError: `people` or `levels` is wrong.
        OSError: it cannot be read, or the disk is full.
    """

    def unpacking(done: int, total: int) -> None:
        progress(done, total, "unpacking")

    try:
        with open_sequences(source, people or "auto", levels, encoding, unpacking) as opened:
            looked = _look(opened, folder, source.name, people, workers, progress)
            if encoding:
                return _in_json(looked)
            choices = tuple((name, listed(shown)) for name, shown in opened.encodings)
            if len(choices) > 1:
                asked = (*looked.questions, Question("names", HOW_NAMED, choices))
                looked = replace(looked, questions=asked)
            return _in_json(looked)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def refused(reason: str) -> dict[str, Any]:
    """Return what is said of a source without a usable sequence."""
    nothing = pd.DataFrame({"label": [], "person": [], "part": []})
    return _in_json(_Looked(nothing, np.zeros(0, int), refusal=reason))


def _look(
    opened: OpenedSequences,
    folder: Path,
    name: str,
    people: str,
    workers: int,
    progress: Progress,
) -> _Looked:
    table = opened.found.table
    films = all(form_of(path) == "film" for path in table["path"])
    name_of = dict(zip(table["path"], table["name"], strict=True))
    problems = list(opened.found.problems)

    def reading(done: int, total: int) -> None:
        progress(done, total, "landmarks" if films else "reading")

    def reject(path: str, reason: str) -> None:
        problems.append(Problem("unreadable", name_of[path], reason))

    examples = prepare_sequences(table, folder, name, SOURCE, workers, reading, reject)
    kept, cleaned = clean_examples(examples, LENIENT)
    problems += [replace(one, path=name_of[one.path]) for one in cleaned]
    used = table[table["path"].isin(examples.paths[kept].tolist())].reset_index(drop=True)
    asked = list(opened.found.questions)
    known = used["person"].notna().any()
    people_from, confirmed = ("table", True) if known else ("unknown", False)
    if not people and not known:
        guess = guess_people(
            [tuple(one.split("/")) for one in used["name"]], used["label"], opened.found.layout
        )
        used["person"] = pd.Series(guess.people, dtype=object)
        people_from = guess.where
        named = sorted({person for person in guess.people if person})
        if len(named) > 1:
            options = ((guess.where, "yes"), ("none", "no, or I don't know"))
            asked.append(Question("people", f"Are {listed(named)} people?", options))
    return _Looked(
        used, examples.length[kept], tuple(problems), people_from, confirmed, tuple(asked),
        "films" if films else "sequences",
    )  # fmt: skip


def _in_json(looked: _Looked) -> dict[str, Any]:
    table, problems = looked.table, looked.problems
    persons = none_where_missing(table["person"])
    known = [person for person in persons if person]
    parts = table["part"].value_counts()
    findings = [] if looked.refusal else _judge(looked, persons)
    levels = {one.level for one in findings}
    verdict = "ready with warnings" if "warning" in levels else "ready"
    warnings = [f"{one.title}. {one.advice}" for one in findings if one.level != "note"]
    if len(table):
        warnings += _cleaning_report(looked)
        warnings += [one.message for one in problems if one.kind == "merged"]
        warnings += [f"{one.path}: {one.message}" for one in problems if one.kind == "empty"]
    return {
        "kind": "sequences",
        "signs": _counts(table["label"]),
        "people": _counts(known),
        "people_known": looked.confirmed and len(known) == len(table) and len(set(known)) > 1,
        "parts": {name: int(parts.get(name, 0)) for name in ("train", "valid", "test")},
        "left_out": [
            {"path": one.path, "reason": one.message, "kind": one.kind}
            for one in problems
            if one.kind not in SETTLED
        ],
        "warnings": [looked.refusal] if looked.refusal else warnings,
        "questions": [one.to_json() for one in looked.questions],
        "verdict": "not trainable" if "stop" in levels or looked.refusal else verdict,
    }


def _judge(looked: _Looked, persons: Sequence[str | None]) -> list[Finding]:
    table, what = looked.table, looked.what
    learnt = table[table["part"] != "test"] if (table["part"] != "test").any() else table
    parts = {str(part): int(count) for part, count in table["part"].value_counts().items()}
    untrained = tuple(sorted(set(table["label"]) - set(learnt["label"])))
    unsure = any(one.about == "levels" for one in looked.questions)
    known = sorted({person for person in persons if person})
    who = judge_people(
        pd.DataFrame({"person": known}),
        sum(person is None for person in persons),
        len(table),
        looked.people_from,
        looked.confirmed,
        parts,
        what,
    )
    return [
        *judge_levels(unsure),
        *judge_numbers(learnt["label"].value_counts().sort_index(), what, FEWEST_CLIPS, FEW_CLIPS),
        *judge_test_part(parts, untrained, len(learnt), what),
        *([] if unsure else who),
    ]


def _cleaning_report(looked: _Looked) -> list[str]:
    """How long the sequences are, and how many are left out because too little is seen."""
    said = mean_lengths(looked.lengths.tolist(), looked.table["label"].tolist())
    report = [f"{said}."]
    cleaned = sum(one.kind == "cleaned" for one in looked.problems)
    if cleaned:
        total = len(looked.table) + cleaned
        report.append(
            f"In {cleaned} of {total} {looked.what} too little of a hand is seen to learn from; "
            "they are left out, and nothing is deleted."
        )
    return report


def _counts(names: Sequence[str] | pd.Series) -> dict[str, int]:
    found = pd.Series(names, dtype=object).value_counts().sort_index()
    return {str(name): int(count) for name, count in found.items()}
