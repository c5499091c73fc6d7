"""Load what a configuration names: sequences of landmarks, cleaned, and their signs."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from asl.data.problems import SETTLED, Problem
from asl.data.sequences.cleaning import clean_examples
from asl.data.sequences.examples import SequenceExamples
from asl.data.sequences.listing import list_sequences
from asl.data.sequences.prepare import prepare_sequences
from asl.labels import NONE
from asl.training.config import TrainConfig
from asl.training.data import Rows
from asl.training.examples import loading
from asl.training.examples.loading import Source, labels_of, locate, rows_of
from asl.training.progress import Progress, Report, Task
from asl.training.sequences.arrays import SequenceArrays, SequenceData, fingerprint


def load(
    config: TrainConfig,
    cache: Path,
    workers: int,
    report: Report,
    sample: int | None = None,
) -> SequenceData:
    """Read, prepare and clean all data sets of `config`; see `asl.training.kind.Kind.load`.

    What cannot be read, and what cleaning leaves out, is named in the result.

    Raises:
        ValueError: a place is missing or holds no sequences, a sign's name is none that a model
            can have, there are fewer than two signs, or the data cannot be divided as asked for.
    """
    sources = _list(config)
    if sample is not None:
        loading.choose_sample(sources, sample)
    parts = [_prepare(source, config, cache, workers, report) for source in sources]
    rows = Rows.concatenate(
        [
            rows_of(
                source.entry, one.labels, one.people, loading.of_test_part(source.table, one.paths)
            )
            for source, one in zip(sources, parts, strict=True)
        ]
    )
    listed = rows
    if sample is not None:
        listed = Rows.concatenate([loading.rows_of_table(source) for source in sources])
    examples = SequenceExamples.concatenate(parts)
    made = np.array([NONE] if config.negatives else [], str)
    left_out = loading.all_unused(sources)
    return SequenceData(
        labels_of(config, listed, made, left_out),
        rows,
        examples.paths,
        made,
        listed,
        tuple(
            loading.about_data(source.entry, "sequences", own.people, len(own), fingerprint(own))
            | {"left_out": loading.unused_count(source)}
            for source, own in zip(sources, parts, strict=True)
        ),
        left_out,
        SequenceArrays(examples),
        sets=("all",),
        still=False,
    )


def _list(config: TrainConfig) -> list[Source]:
    sources = []
    for entry in config.data:
        path = locate(entry)
        found = list_sequences(path, entry.people, entry.levels)
        table = loading.wanted_of(entry, found.table, config)
        loading.check_names(entry, table)
        unused = [one for one in found.problems if one.kind not in SETTLED]
        sources.append(Source(entry, path, table, np.arange(len(table)), unused))
    return sources


def _prepare(
    source: Source, config: TrainConfig, cache: Path, workers: int, report: Report
) -> SequenceExamples:
    """Return the sequences of one data set that can be read and that cleaning keeps."""
    entry, root = source.entry, source.path.resolve()

    def step(done: int, total: int) -> None:
        report(Progress(Task.READING_SEQUENCES, done, total, None, {}, of=entry.name))

    def reject(path: str, reason: str) -> None:
        source.unused.append(Problem("unreadable", _inside(path, root), reason))

    table = source.table.iloc[source.chosen]
    selection = config.preparation.selection
    examples = prepare_sequences(table, cache, entry.name, selection, workers, step, reject)
    kept, problems = clean_examples(examples, config.cleaning)
    source.unused += [replace(one, path=_inside(one.path, root)) for one in problems]
    if not kept.any():
        raise ValueError(
            f"cleaning: of the {len(examples)} sequences of {entry.name} none is kept; the first: "
            f"{problems[0].message}"
        )
    return examples if kept.all() else examples.rows(kept)


def _inside(path: str, root: Path) -> str:
    """Return the path of a sequence from its data set down."""
    return os.path.relpath(path, root if root.is_dir() else root.parent)
