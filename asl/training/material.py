"""Gather what a configuration names: examples with and without pictures, and the signs in them."""

import hashlib
import os
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from asl.bundle import check_labels, label_fault
from asl.data.datasets import read_pictures
from asl.data.examples import Examples, ExampleSettings, fingerprint, prepare
from asl.data.folder import SETTLED, FolderTable, Problem
from asl.data.landmark_table import read_landmarks
from asl.data.readings import read_anew
from asl.data.sign_mnist import is_sign_mnist
from asl.data.splits import (
    BY_PERSON,
    Split,
    group_k_fold,
    leave_one_person_out,
    person_split,
    random_split,
)
from asl.data.wholes import prepare_sign_mnist, prepare_wholes
from asl.labels import CANDIDATE_SETS, MOTION_SIGNS
from asl.training.config import DataSet, TrainConfig
from asl.training.engine import Progress, Report

#: Letters of a name that is too long which a message shows.
_SHOWN = 20


@dataclass(frozen=True)
class Material:
    """Everything there is to learn from.

    Attributes:
        labels: C signs that are trained on, the order of the logits: known signs first, then the
            user's own. Examples that are only tested may show others.
        parts: one set of examples a folder of pictures.
        examples: all of them together, N rows.
        tested: (N,) bool, rows that take part in the split.
        test_part: (N,) bool, rows of the test part that their data set came with.
        weights: (N,) float, how much each row counts.
        readings: (N, K, 21, 3) float32, the landmarks of each hand read anew K times.
        joints: (M, 21, 3) float32 landmarks without pictures.
        joint_labels, joint_sources: (M,) str.
        joint_weights: (M,) float.
        about: one entry a data set, for the model card.
        left_out: what of the data sets was not used, and why; paths from the data set's folder
            down, below its name where there are several.
    """

    labels: tuple[str, ...]
    parts: tuple[Examples, ...]
    examples: Examples
    tested: np.ndarray
    test_part: np.ndarray
    weights: np.ndarray
    readings: np.ndarray
    joints: np.ndarray
    joint_labels: np.ndarray
    joint_sources: np.ndarray
    joint_weights: np.ndarray
    about: tuple[dict[str, Any], ...]
    left_out: tuple[Problem, ...]

    @property
    def shows_hands(self) -> bool:
        """Whether hands are found often enough for a landmark network to have a say."""
        return len(self.joints) > 0 or float(self.examples.found.mean()) > 0.1

    @property
    def content(self) -> dict[str, str]:
        """What tells these examples from others, besides the fingerprints in `about`.

        Neither places nor names are in it, but the order of the sets by name.
        """
        examples = self.examples
        said = "\n".join([*examples.labels.tolist(), *examples.people.tolist()])
        tables = "\n".join(self.joint_labels.tolist()).encode() + self.joints.tobytes()
        content = {
            "labels and people": said.encode(),
            "test part and tables": self.test_part.tobytes() + tables,
            # Sets that are left out in turn are numbered in the order of their names.
            "sets": np.unique(examples.sources, return_inverse=True)[1].tobytes(),
        }
        return {name: hashlib.sha256(one).hexdigest()[:16] for name, one in content.items()}

    def classes(self, labels: np.ndarray) -> np.ndarray:
        """Return the position in `labels` of each name, (N,) int64; -1 where it is none of them."""
        position = {label: i for i, label in enumerate(self.labels)}
        return np.array([position.get(label, -1) for label in labels.tolist()], np.int64)


def gather(config: TrainConfig, cache: Path, workers: int, report: Report) -> Material:
    """Read and prepare all data sets of `config`.

    Pictures that cannot be read are left out, and named in the result.

    Raises:
        ValueError: a folder is missing or holds no pictures, a sign's name is none that a model
            can have, there are fewer than two signs, a movement is of another one, or the data
            cannot be divided as asked for.
    """
    located = [(entry, locate(entry)) for entry in config.data]
    tables = [
        (entry, _wanted(read_landmarks(path), config))
        for entry, path in located
        if entry.is_landmarks and not is_sign_mnist(path)
    ]
    with_landmarks = {entry for entry, _ in tables}
    pictures = [(entry, path) for entry, path in located if entry not in with_landmarks]
    if not pictures:
        raise ValueError("data: at least one folder of pictures is needed")
    listed = {entry: _listed(entry, path, config) for entry, path in pictures}
    for entry, table in (*tables, *((entry, one.table) for entry, one in listed.items())):
        _check_labels(entry, table)
    parts, test_parts, about, left_out = [], [], [], []
    for entry, path in pictures:
        unused = _unused(listed[entry].problems)
        part, tested = _prepare(
            entry, path, listed[entry].table, config, cache, workers, report, unused
        )
        parts.append(part)
        test_parts.append(tested)
        content = _fingerprint(entry, path, part)
        said = _about(entry, "pictures", part.people, len(part), content)
        # Files that systems leave in every folder are no loss.
        about.append(said | {"left_out": sum(problem.kind != "hidden" for problem in unused)})
        inside = f"{entry.name}/" if len(pictures) > 1 else ""
        left_out += [replace(problem, path=f"{inside}{problem.path}") for problem in unused]
    for entry, table in tables:
        people = table["person"].to_numpy(str)
        about.append(_about(entry, "landmarks", people, len(table), ""))
    material = Material(
        labels=(),
        parts=tuple(parts),
        examples=Examples.concatenate(parts),
        tested=np.concatenate(
            [
                np.full(len(part), entry.tested)
                for (entry, _), part in zip(pictures, parts, strict=True)
            ]
        ),
        test_part=np.concatenate(test_parts),
        weights=np.concatenate(
            [
                np.full(len(part), entry.weight)
                for (entry, _), part in zip(pictures, parts, strict=True)
            ]
        ),
        readings=np.zeros((0, config.readings, 21, 3), np.float32),
        joints=np.concatenate(
            [np.zeros((0, 21, 3), np.float32), *(np.stack(t["landmarks"]) for _, t in tables)]
        ),
        joint_labels=np.concatenate(
            [np.array([], str), *(t["label"].to_numpy(str) for _, t in tables)]
        ),
        joint_sources=np.concatenate(
            [np.array([], str), *(np.full(len(t), e.name) for e, t in tables)]
        ),
        joint_weights=np.concatenate([np.zeros(0), *(_weights(e, t) for e, t in tables)]),
        about=tuple(about),
        left_out=tuple(left_out),
    )
    material = replace(material, labels=_labels(config, material))

    def step(done: int, total: int) -> None:
        report(Progress("reading hands anew", done, total, None, {}))

    readings = read_anew(material.examples, config.readings, cache, workers, step)
    return replace(material, readings=readings)


def _labels(config: TrainConfig, material: Material) -> tuple[str, ...]:
    """Return the signs that there is something to learn of: known ones first, in their order."""
    _check_count({*material.examples.labels.tolist(), *material.joint_labels.tolist()}, material)
    rows = np.unique(np.concatenate([split.train for split in splits(config, material)]))
    learnt = {*material.examples.labels[rows].tolist(), *material.joint_labels.tolist()}
    _check_count(learnt, material)
    for movement in config.movements:
        for name in (movement.sign, movement.hand):
            if name not in learnt:
                raise ValueError(f"movements: {name!r} is none of the signs that the data has")
    known = CANDIDATE_SETS["all"]
    return (*(label for label in known if label in learnt), *sorted(learnt - set(known)))


def _check_count(labels: Set[str], material: Material) -> None:
    if len(labels) < 2:
        reason = f"data: only {sorted(labels)} found; a model needs at least two signs"
        if material.left_out:
            first, count = material.left_out[0], len(material.left_out)
            reason += f"; {count} files were left out, the first: {first.path}: {first.message}"
        raise ValueError(reason)
    check_labels(sorted(labels), "data")


def _check_labels(entry: DataSet, table: pd.DataFrame) -> None:
    """Refuse names of signs that a model cannot have, before hands are searched for."""
    for label in table["label"].unique():
        if fault := label_fault(label):
            shown = label if len(label) <= _SHOWN else f"{label[:_SHOWN]}…"
            what = "its folder" if "path" in table else "it in the table"
            raise ValueError(
                f"data: the name {shown!r} of a sign in {entry.name} {fault}; rename {what}"
            )


def splits(config: TrainConfig, material: Material) -> list[Split]:
    """Return the ways in which `config` divides the tested rows from those trained on.

    Raises:
        ValueError: people or several data sets are asked for and not known, or no sign that is
            tested is trained.
    """
    rows = np.flatnonzero(material.tested)
    if not len(rows):
        raise ValueError("data: no data set takes part in the split")
    always = np.flatnonzero(~material.tested)
    examples = material.examples.rows(rows) if len(always) else material.examples
    people = [person or None for person in examples.people.tolist()]
    if config.split == "random":
        split = random_split(examples.labels.tolist(), seed=config.seed)
        found = [replace(split, name=" + ".join(dict.fromkeys(examples.sources.tolist())))]
    elif config.split == "new-person":
        found = [person_split(examples.labels, people, test_fraction=0.2, seed=config.seed)]
    elif config.split == "own":
        found = [_own_split(examples, material.test_part[rows])]
    elif config.split == "leave-one-person-out":
        found = leave_one_person_out(people)
    elif config.split == "group-k-fold":
        found = group_k_fold(people, examples.labels, seed=config.seed)
    else:
        found = leave_one_person_out(examples.sources.tolist())
    divisions = [
        Split(
            split.name.removeprefix("new person: "),
            split.kind,
            np.sort(np.concatenate([rows[split.train], always])),
            rows[split.test],
        )
        for split in found
    ]
    labels = material.examples.labels
    if not any(np.isin(labels[one.test], labels[one.train]).any() for one in divisions):
        raise ValueError(
            "split: whichever part is left out, none of its signs is among those learnt from; "
            "choose another split, or add pictures"
        )
    return divisions


def only_new_people(config: TrainConfig, material: Material, divisions: list[Split]) -> bool:
    """Return whether nobody who is tested was learned from, as far as people have said.

    Of the test part that came with the data that holds if every person is known, from more than a
    guess, and none is on both sides.
    """
    if config.split in BY_PERSON:
        return True
    guessed = any(entry.people == "auto" for entry in config.data)
    people = material.examples.people
    if config.split != "own" or guessed or len(material.joints) or not people.all():
        return False
    return all(not np.isin(people[one.test], people[one.train]).any() for one in divisions)


def validation_rows(
    material: Material, train: np.ndarray, by_person: bool, seed: int
) -> np.ndarray:
    """Return a few of the rows `train`, or one person of them, to validate on.

    Of no sign are all rows returned: what is validated on is not learnt.
    """
    labels, people = material.examples.labels[train], material.examples.people[train]
    names, counts = np.unique(people[people != ""], return_counts=True)
    if by_person and len(names) >= 3:
        wanted = len(train) / 8
        theirs = people == names[np.argmin(np.abs(counts - wanted))]
        theirs &= np.isin(labels, labels[~theirs])
        if theirs.any():
            return train[theirs]
    share = 0.1 if len(train) < 5000 else 0.05
    try:
        return train[random_split(labels.tolist(), share, seed).test]
    except ValueError:  # too few of a sign to have it on both sides
        order = np.random.default_rng(seed).permutation(len(train))
        count = max(1, int(len(train) * share))
        drawn, others = order[:count], order[count:]
        return train[drawn[np.isin(labels[drawn], labels[others])]]


def locate(entry: DataSet) -> Path:
    """Return where a data set lies.

    Raises:
        ValueError: neither in the working folder nor under `ASL_DATA`.
    """
    path = Path(entry.folder)
    if not path.is_absolute() and not path.exists():
        path = Path(os.environ.get("ASL_DATA", ".")) / entry.folder
    if not path.exists():
        raise ValueError(
            f"data: {entry.folder} is neither in the working folder nor under ASL_DATA"
        )
    return path


def _own_split(examples: Examples, tested: np.ndarray) -> Split:
    if not tested.any() or tested.all():
        raise ValueError(
            "split: the data has no part for testing beside one for training; name folders above "
            "the signs 'train' and 'test', or choose another split"
        )
    name = " + ".join(dict.fromkeys(examples.sources[tested].tolist()))
    return Split(name, "own", np.flatnonzero(~tested), np.flatnonzero(tested))


def _wanted(table: pd.DataFrame, config: TrainConfig) -> pd.DataFrame:
    """Return the rows of the signs that are to be learnt."""
    return table[table["label"].isin(config.signs)] if config.signs else table


def _listed(entry: DataSet, path: Path, config: TrainConfig) -> FolderTable:
    """Return the pictures of one data set; nothing for a table of pictures, read when prepared."""
    if entry.is_landmarks:  # by its ending; the columns say that it holds pictures
        return FolderTable(pd.DataFrame({"path": [], "label": []}), ())
    listed = read_pictures(path, entry.people, entry.levels)
    table = _wanted(listed.table, config).reset_index(drop=True)
    if table.empty:
        raise ValueError(f"signs: {entry.name} has none of {', '.join(config.signs)}")
    return replace(listed, table=table)


def _unused(problems: Sequence[Problem]) -> list[Problem]:
    """Return what was left out, without what was only settled."""
    return [problem for problem in problems if problem.kind not in SETTLED]


def _prepare(
    entry: DataSet,
    path: Path,
    table: pd.DataFrame,
    config: TrainConfig,
    cache: Path,
    workers: int,
    report: Report,
    unused: list[Problem],
) -> tuple[Examples, np.ndarray]:
    """Return the examples of one data set, and which of them are of its own test part.

    Args:
        unused: grows by the pictures that cannot be read.
    """
    doing = "finding hands in" if config.searches_hands else "reading pictures in"

    def step(done: int, total: int) -> None:
        report(Progress(f"{doing} {entry.name}", done, total, None, {}))

    def reject(picture: str, reason: str) -> None:
        unused.append(Problem("unreadable", os.path.relpath(picture, path.resolve()), reason))

    if entry.is_landmarks:
        examples = prepare_sign_mnist(path, cache, entry.name, config.size, step)
        tested = np.full(len(examples), "test" in path.name)
        if config.signs:
            wanted = np.isin(examples.labels, config.signs)
            examples, tested = examples.rows(wanted), tested[wanted]
        return examples, tested
    if config.searches_hands:
        settings = ExampleSettings(size=config.size)
        examples = prepare(table, cache, entry.name, settings, workers, step, reject)
    else:
        examples = prepare_wholes(table, cache, entry.name, config.size, step, reject)
    of_test = set(table.loc[table["part"] == "test", "path"])
    return examples, np.array([one in of_test for one in examples.paths.tolist()], bool)


def _fingerprint(entry: DataSet, path: Path, part: Examples) -> str:
    return fingerprint([str(path)] if entry.is_landmarks else part.paths.tolist())


def _about(
    entry: DataSet, kind: str, people: np.ndarray, rows: int, content: str
) -> dict[str, Any]:
    return {
        "name": entry.name,
        "kind": kind,
        "licence": entry.licence,
        "about": entry.about,
        "rows": rows,
        "people": len({person for person in people.tolist() if person}) or None,
        "fingerprint": content[:16],
    }


def _weights(entry: DataSet, table: pd.DataFrame) -> np.ndarray:
    return entry.weight * np.where(table["label"].isin(MOTION_SIGNS), entry.still_motion, 1.0)
