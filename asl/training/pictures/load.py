"""Load what a configuration names: pictures, landmarks without pictures, and their signs."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from asl.card import DataEntry
from asl.data.cache import fingerprint
from asl.data.library.dataset import read_pictures
from asl.data.pictures.cropped import prepare
from asl.data.pictures.examples import Examples, ExampleSettings
from asl.data.pictures.landmark_table import read_landmarks
from asl.data.pictures.rereads import reread
from asl.data.pictures.sign_mnist import is_sign_mnist
from asl.data.pictures.uncropped import prepare_sign_mnist, prepare_uncropped
from asl.data.problems import SETTLED, Problem
from asl.data.table import FolderTable
from asl.labels import MOTION_SIGNS
from asl.training.config import TrainConfig
from asl.training.data import Rows
from asl.training.examples import loading
from asl.training.examples.data_sets import DataSet
from asl.training.examples.loading import Source, labels_of, locate, rows_of
from asl.training.pictures.arrays import PictureArrays, PictureData
from asl.training.progress import Progress, Report, Task


def load(
    config: TrainConfig,
    cache: Path,
    workers: int,
    report: Report,
    sample: int | None = None,
) -> PictureData:
    """Read and prepare all data sets of `config`; see `asl.training.kind.Kind.load`.

    Pictures that cannot be read are left out, and named in the result.

    Raises:
        ValueError: a folder is missing or holds no pictures, a sign's name is none that a model
            can have, there are fewer than two signs, a movement is of another one, or the data
            cannot be divided as asked for.
    """
    sources, tables = _list(config)
    if sample is not None:
        loading.choose_sample(sources, sample)
    prepared = [_prepare(source, config, cache, workers, report) for source in sources]
    parts = [examples for examples, _ in prepared]
    rows = Rows.concatenate(
        [
            rows_of(source.entry, examples.labels, examples.people, of_test)
            for source, (examples, of_test) in zip(sources, prepared, strict=True)
        ]
    )
    listed = rows if sample is None else _listed_rows(sources, prepared)
    if sample is not None and not len(rows):
        tried = sum(len(source.chosen) for source in sources)
        raise ValueError(f"data: none of {tried} pictures that were tried can be read")
    extra_labels = _column(tables, "label")
    left_out = loading.all_unused(sources)
    labels = _labels(config, listed, extra_labels, left_out)
    about = [_about_pictures(*pair) for pair in zip(sources, parts, strict=True)]
    for entry, table in tables:
        people = table["person"].to_numpy(str)
        about.append(loading.about_data(entry, "landmarks", people, len(table), ""))
    examples = Examples.concatenate(parts)
    joints = [np.stack(table["landmarks"].tolist()) for _, table in tables]
    rereads = _reread(examples, config, cache, workers, report)
    own = PictureArrays(
        parts=tuple(parts),
        examples=examples,
        hands_searched=config.searches_hands,
        cache=cache,
        rereads=rereads[:, : config.rereads],
        small_rereads=rereads[:, config.rereads :],
        joints=np.concatenate([np.zeros((0, 21, 3), np.float32), *joints]),
        joint_labels=extra_labels,
        joint_people=_column(tables, "person"),
        joint_sources=np.concatenate(
            [np.array([], str), *(np.full(len(t), e.name) for e, t in tables)]
        ),
        joint_weights=np.concatenate([np.zeros(0), *(_weights(e, t) for e, t in tables)]),
    )
    return PictureData(
        labels, rows, examples.paths, extra_labels, listed, tuple(about), left_out, own
    )


def _list(config: TrainConfig) -> tuple[list[Source], list[tuple[DataSet, pd.DataFrame]]]:
    """Return the data sets of pictures, and those of landmarks alone with their tables."""
    located = [(entry, locate(entry)) for entry in config.data]
    tables = [
        (entry, loading.wanted(read_landmarks(path), config))
        for entry, path in located
        if entry.is_landmarks and not is_sign_mnist(path)
    ]
    with_landmarks = {entry for entry, _ in tables}
    sources = []
    for entry, path in located:
        if entry not in with_landmarks:
            listed = _listed(entry, path, config)
            unused = [one for one in listed.problems if one.kind not in SETTLED]
            everything = np.arange(len(listed.table))
            sources.append(Source(entry, path, listed.table, everything, unused))
    if not sources:
        raise ValueError("data: at least one folder of pictures is needed")
    for entry, table in (*tables, *((one.entry, one.table) for one in sources)):
        loading.check_names(entry, table)
    return sources, tables


def _listed(entry: DataSet, path: Path, config: TrainConfig) -> FolderTable:
    """Return the pictures of one data set; nothing for a table of pictures, read when prepared."""
    if entry.is_landmarks:  # by its ending; the columns say that it holds pictures
        return FolderTable(pd.DataFrame({"path": [], "label": []}), ())
    listed = read_pictures(path, entry.people, entry.levels)
    return replace(listed, table=loading.wanted_of(entry, listed.table, config))


def _prepare(
    source: Source, config: TrainConfig, cache: Path, workers: int, report: Report
) -> tuple[Examples, np.ndarray]:
    """Return the examples of one data set, and which of them are of its own test part."""
    entry = source.entry
    task = Task.FINDING_HANDS if config.searches_hands else Task.READING_PICTURES

    def step(done: int, total: int) -> None:
        report(Progress(task, done, total, None, {}, of=entry.name))

    def reject(picture: str, reason: str) -> None:
        inside = os.path.relpath(picture, source.path.resolve())
        source.unused.append(Problem("unreadable", inside, reason))

    if entry.is_landmarks:
        examples = prepare_sign_mnist(source.path, cache, entry.name, config.size, step)
        tested = np.full(len(examples), "test" in source.path.name)
        if config.signs:
            wanted = np.isin(examples.labels, config.signs)
            examples, tested = examples.rows(wanted), tested[wanted]
        return examples, tested
    table = source.table.iloc[source.chosen]
    if config.searches_hands:
        settings = ExampleSettings(size=config.size)
        examples = prepare(table, cache, entry.name, settings, workers, step, reject)
    else:
        examples = prepare_uncropped(table, cache, entry.name, config.size, step, reject)
    return examples, loading.of_test_part(table, examples.paths)


def _listed_rows(
    sources: Sequence[Source], prepared: Sequence[tuple[Examples, np.ndarray]]
) -> Rows:
    """Return the rows of all pictures, also of those that are not in the sample."""
    rows = []
    for source, (examples, of_test) in zip(sources, prepared, strict=True):
        if source.entry.is_landmarks:  # always read whole
            rows.append(rows_of(source.entry, examples.labels, examples.people, of_test))
        else:
            rows.append(loading.rows_of_table(source))
    return Rows.concatenate(rows)


def _reread(
    examples: Examples, config: TrainConfig, cache: Path, workers: int, report: Report
) -> np.ndarray:
    def step(done: int, total: int) -> None:
        report(Progress(Task.REREADING_HANDS, done, total, None, {}))

    return reread(examples, config.rereads, cache, workers, step, config.small_rereads)


def _labels(
    config: TrainConfig, rows: Rows, extra_labels: np.ndarray, left_out: Sequence[Problem]
) -> tuple[str, ...]:
    """Return the signs that there is something to learn of; see `labels_of`."""
    labels = labels_of(config, rows, extra_labels, left_out)
    for movement in config.movements:
        for name in (movement.sign, movement.hand):
            if name not in labels:
                raise ValueError(f"movements: {name!r} is none of the signs that the data has")
    return labels


def _about_pictures(source: Source, examples: Examples) -> DataEntry:
    entry, paths = source.entry, examples.paths.tolist()
    content = fingerprint([str(source.path)] if entry.is_landmarks else paths)
    said = loading.about_data(entry, "pictures", examples.people, len(examples), content)
    return said | {"left_out": loading.unused_count(source)}


def _column(tables: Sequence[tuple[DataSet, pd.DataFrame]], name: str) -> np.ndarray:
    return np.concatenate([np.array([], str), *(t[name].to_numpy(str) for _, t in tables)])


def _weights(entry: DataSet, table: pd.DataFrame) -> np.ndarray:
    return entry.weight * np.where(table["label"].isin(MOTION_SIGNS), entry.still_motion, 1.0)
