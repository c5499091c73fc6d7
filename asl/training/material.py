"""Gather what a configuration names: examples with and without pictures, and the signs in them."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from asl.data.datasets import read_pictures
from asl.data.examples import Examples, ExampleSettings, fingerprint, prepare
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


@dataclass(frozen=True)
class Material:
    """Everything there is to learn from.

    Attributes:
        labels: C signs, the order of the logits: known signs first, then the user's own.
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

    @property
    def shows_hands(self) -> bool:
        """Whether hands are found often enough for a landmark network to have a say."""
        return len(self.joints) > 0 or float(self.examples.found.mean()) > 0.1

    def classes(self, labels: np.ndarray) -> np.ndarray:
        """Return positions in `labels` of each name, (N,) int64."""
        position = {label: i for i, label in enumerate(self.labels)}
        return np.array([position[label] for label in labels], np.int64)


def gather(config: TrainConfig, cache: Path, workers: int, report: Report) -> Material:
    """Read and prepare all data sets of `config`.

    Raises:
        ValueError: a folder is missing or holds no pictures, there are fewer than two signs, or a
            movement is of another one.
        PictureError: a picture cannot be read.
    """
    located = [(entry, locate(entry)) for entry in config.data]
    tables = [
        (entry, read_landmarks(path))
        for entry, path in located
        if entry.is_landmarks and not is_sign_mnist(path)
    ]
    with_landmarks = {entry for entry, _ in tables}
    pictures = [entry for entry in config.data if entry not in with_landmarks]
    if not pictures:
        raise ValueError("data: at least one folder of pictures is needed")
    parts, test_parts, about = [], [], []
    for entry, path in located:
        if entry not in with_landmarks:
            part, tested = _prepare(entry, path, config, cache, workers, report)
            parts.append(part)
            test_parts.append(tested)
            content = _fingerprint(entry, path, part)
            about.append(_about(entry, "pictures", part.people, len(part), content))
    for entry, table in tables:
        if config.signs:
            table.drop(table.index[~table["label"].isin(config.signs)], inplace=True)
        people = table["person"].to_numpy(str)
        about.append(_about(entry, "landmarks", people, len(table), ""))
    examples = Examples.concatenate(parts)
    none = np.array([], str)
    joint_labels = np.concatenate(
        [t["label"].to_numpy(str) for _, t in tables] or [np.array([], str)]
    )
    known = list(CANDIDATE_SETS["all"])
    present = {*examples.labels.tolist(), *joint_labels.tolist()}
    labels = [label for label in known if label in present] + sorted(present - set(known))
    if len(labels) < 2:
        raise ValueError(f"data: only {labels} found; a model needs at least two signs")
    for movement in config.movements:
        for name in (movement.sign, movement.hand):
            if name not in labels:
                raise ValueError(f"movements: {name!r} is none of the signs that the data has")

    def step(done: int, total: int) -> None:
        report(Progress("reading hands anew", done, total, None, {}))

    return Material(
        labels=tuple(labels),
        parts=tuple(parts),
        examples=examples,
        tested=np.concatenate(
            [np.full(len(part), entry.tested) for entry, part in zip(pictures, parts, strict=True)]
        ),
        test_part=np.concatenate(test_parts),
        weights=np.concatenate(
            [np.full(len(part), entry.weight) for entry, part in zip(pictures, parts, strict=True)]
        ),
        readings=read_anew(examples, config.readings, cache, workers, step),
        joints=np.concatenate(
            [np.zeros((0, 21, 3), np.float32), *(np.stack(t["landmarks"]) for _, t in tables)]
        ),
        joint_labels=joint_labels,
        joint_sources=np.concatenate([none, *(np.full(len(t), e.name) for e, t in tables)]),
        joint_weights=np.concatenate([np.zeros(0), *(_weights(e, t) for e, t in tables)]),
        about=tuple(about),
    )


def splits(config: TrainConfig, material: Material) -> list[Split]:
    """Return the ways in which `config` divides the tested rows from those trained on.

    Raises:
        ValueError: people or several data sets are asked for and not known.
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
    return [
        Split(
            split.name.removeprefix("new person: "),
            split.kind,
            np.sort(np.concatenate([rows[split.train], always])),
            rows[split.test],
        )
        for split in found
    ]


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
    """Return a few of the rows `train`, or one person of them, to validate on."""
    labels, people = material.examples.labels[train], material.examples.people[train]
    names, counts = np.unique(people[people != ""], return_counts=True)
    if by_person and len(names) >= 3:
        wanted = len(train) / 8
        return train[people == names[np.argmin(np.abs(counts - wanted))]]
    share = 0.1 if len(train) < 5000 else 0.05
    try:
        return train[random_split(labels.tolist(), share, seed).test]
    except ValueError:  # too few of a sign to have it on both sides
        return np.random.default_rng(seed).permutation(train)[: int(len(train) * share)]


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


def _prepare(
    entry: DataSet,
    path: Path,
    config: TrainConfig,
    cache: Path,
    workers: int,
    report: Report,
) -> tuple[Examples, np.ndarray]:
    """Return the examples of one data set, and which of them are of its own test part."""
    doing = "finding hands in" if config.searches_hands else "reading pictures in"

    def step(done: int, total: int) -> None:
        report(Progress(f"{doing} {entry.name}", done, total, None, {}))

    if entry.is_landmarks:  # by its ending; the columns say that it holds pictures
        examples = prepare_sign_mnist(path, cache, entry.name, config.size, step)
        tested = np.full(len(examples), "test" in path.name)
        if config.signs:
            wanted = np.isin(examples.labels, config.signs)
            examples, tested = examples.rows(wanted), tested[wanted]
        return examples, tested
    table = read_pictures(path, entry.people).table
    if config.signs:
        table = table[table["label"].isin(config.signs)].reset_index(drop=True)
    if table.empty:
        raise ValueError(f"signs: {entry.name} has none of {', '.join(config.signs)}")
    tested = (table["part"] == "test").to_numpy(bool)
    if not config.searches_hands:
        return prepare_wholes(table, cache, entry.name, config.size, step), tested
    settings = ExampleSettings(size=config.size)
    return prepare(table, cache, entry.name, settings, workers, step), tested


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
