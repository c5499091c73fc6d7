"""Gather what a configuration names: examples with and without pictures, and the signs in them."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from asl.data.examples import Examples, ExampleSettings, fingerprint, prepare
from asl.data.folder import read_folder
from asl.data.landmark_table import read_landmarks
from asl.data.splits import Split, leave_one_person_out, person_split, random_split
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
        weights: (N,) float, how much each row counts.
        joints: (M, 21, 3) float32 landmarks without pictures.
        joint_labels, joint_sources: (M,) str.
        joint_weights: (M,) float.
        about: one entry a data set, for the model card.
    """

    labels: tuple[str, ...]
    parts: tuple[Examples, ...]
    examples: Examples
    tested: np.ndarray
    weights: np.ndarray
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
        ValueError: a folder is missing or holds no pictures, or there are fewer than two signs.
        PictureError: a picture cannot be read.
    """
    pictures = [entry for entry in config.data if not entry.is_landmarks]
    tables = [
        (entry, read_landmarks(_locate(entry))) for entry in config.data if entry.is_landmarks
    ]
    if not pictures:
        raise ValueError("data: at least one folder of pictures is needed")
    parts, about = [], []
    for entry in pictures:
        table = read_folder(_locate(entry), people=entry.people).table
        parts.append(_prepare(entry, table, config, cache, workers, report))
        about.append(_about(entry, parts[-1].people, len(table), fingerprint(parts[-1].paths)))
    for entry, table in tables:
        about.append(_about(entry, table["person"].to_numpy(str), len(table), ""))
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
    return Material(
        labels=tuple(labels),
        parts=tuple(parts),
        examples=examples,
        tested=np.concatenate(
            [np.full(len(part), entry.tested) for entry, part in zip(pictures, parts, strict=True)]
        ),
        weights=np.concatenate(
            [np.full(len(part), entry.weight) for entry, part in zip(pictures, parts, strict=True)]
        ),
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
    elif config.split == "leave-one-person-out":
        found = leave_one_person_out(people)
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


def _locate(entry: DataSet) -> Path:
    path = Path(entry.folder)
    if not path.is_absolute() and not path.exists():
        path = Path(os.environ.get("ASL_DATA", ".")) / entry.folder
    if not path.exists():
        raise ValueError(
            f"data: {entry.folder} is neither in the working folder nor under ASL_DATA"
        )
    return path


def _prepare(
    entry: DataSet,
    table: pd.DataFrame,
    config: TrainConfig,
    cache: Path,
    workers: int,
    report: Report,
) -> Examples:
    task = f"finding hands in {entry.name}"
    return prepare(
        table,
        cache,
        entry.name,
        ExampleSettings(size=config.size),
        workers,
        lambda done, total: report(Progress(task, done, total, None, {})),
    )


def _about(entry: DataSet, people: np.ndarray, rows: int, content: str) -> dict[str, Any]:
    return {
        "name": entry.name,
        "kind": "landmarks" if entry.is_landmarks else "pictures",
        "licence": entry.licence,
        "about": entry.about,
        "rows": rows,
        "people": len({person for person in people.tolist() if person}) or None,
        "fingerprint": content[:16],
    }


def _weights(entry: DataSet, table: pd.DataFrame) -> np.ndarray:
    return entry.weight * np.where(table["label"].isin(MOTION_SIGNS), entry.still_motion, 1.0)
