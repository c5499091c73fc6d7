"""From a configuration to a model bundle: set up, train each fold, bundle.

Every fold, and the final training on all data, leaves its results in a folder of its own in the
run's folder; a resumed run does only what is missing.
"""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors.torch import save_file

from asl.bundle import EVALUATION, HISTORY, WEIGHTS, ModelBundle, check_place
from asl.data.problems import Problem
from asl.evaluation.metrics import measure
from asl.evaluation.report import SCORE
from asl.figures.confusions import confusion_matrix
from asl.figures.training import learning_curves
from asl.nets.frameworks import FRAMEWORKS, require
from asl.training.bundling import ANSWERS, bundle, write_answers
from asl.training.config import TrainConfig
from asl.training.data import TrainingData
from asl.training.export import halve
from asl.training.fitting.distributed import (
    first_here,
    is_alone,
    is_first,
    run_data_parallel,
    run_in_parallel,
    wait_for_all,
)
from asl.training.folds import FINAL, fold_names, splits, validation_rows
from asl.training.kind import kind_of
from asl.training.progress import Progress, Report, Task, ignore
from asl.training.resume import check_resume, note_run, run_folder
from asl.training.settings import Recipe
from asl.training.tracking import Tracker
from asl.workspace import workspace


def train(
    config: TrainConfig,
    out: Path,
    resume: bool = False,
    side_by_side: int = 1,
    report: Report = ignore,
    processes: int = 1,
    tell_left_out: Callable[[Sequence[Problem]], None] = lambda problems: None,
) -> ModelBundle:
    """Train, test and export a model.

    Args:
        out: folder of the bundle. The folds' own files lie in the workspace under `runs`.
        resume: continue an interrupted run; changed settings or pictures are refused. Where the
            data lie, and what they are called after, may have changed.
        side_by_side: how many folds to train at a time, each in one process.
        processes: how many processes of this machine share the work of each fold. Where
            ``torchrun`` started this process, those that it started share it instead.
        tell_left_out: told once, before the training begins, what of the data sets is not used
            and why, pictures that cannot be read among it.

    Raises:
        ValueError: a setting that cannot be met, a run that cannot be resumed, or a place where
            no model can be written.
        HandsUnavailable: hand detection cannot run here.
    """
    if side_by_side > 1 and (processes > 1 or not is_alone()):
        raise ValueError("processes: share the work of one fold, or do several side by side")
    require(config.framework)
    if config.framework != "pytorch" and (processes > 1 or not is_alone()):
        raise ValueError(
            f"processes: {FRAMEWORKS[config.framework]} trains each fold in one process; do "
            "several side by side instead"
        )
    if is_first():
        check_resume(config, resume)
        check_place(out)
    kind, home = kind_of(config), run_folder(config)
    with first_here():
        data = kind.load(config, workspace() / "cache", os.cpu_count() or 1, report)
    folds = splits(config, data.rows)
    names = fold_names(config, folds)
    if not is_first():
        _train_folds(config, home, names, data, 1, 1, report)
        wait_for_all()
        return ModelBundle.read(out)
    tell_left_out(data.left_out)
    note_run(config, data)
    with Tracker(config.name, folder=home) as tracker:
        tracker.log_params(_parameters(config))

        def watch(progress: Progress) -> None:
            report(progress)
            if progress.ends_epoch:
                _log_epoch(tracker, progress)

        _train_folds(config, home, names, data, side_by_side, processes, watch)
        report(Progress(Task.EXPORTING, 0, 1, None, {}))
        out.mkdir(exist_ok=True)
        made = bundle(kind, config, data, folds, [home / name for name in names], out, report)
        report(Progress(Task.EXPORTING, 1, 1, 0.0, {}))
        _log_bundle(tracker, config, made)
    wait_for_all()
    return made


def _train_folds(
    config: TrainConfig,
    home: Path,
    names: Sequence[str],
    data: TrainingData[Any],
    side_by_side: int,
    processes: int,
    report: Report,
) -> None:
    """Train the folds that are not done yet, each in a folder of its own in `home`."""
    waiting = [name for name in names if not (home / name / ANSWERS).is_file()]
    for name in names:
        if name not in waiting:
            _report_done(home / name / HISTORY, name, report)
    if side_by_side > 1 and len(waiting) > 1:
        kind_of(config).share(config, data, report)
        calls = [(config, home, name) for name in waiting]
        run_in_parallel(side_by_side, _load_and_train_fold, calls, report)
        return
    for name in waiting:
        if processes > 1:
            run_data_parallel(processes, _load_and_train_fold, (config, home, name), report)
        else:
            train_fold(config, home, name, data, report)


def _load_and_train_fold(config: TrainConfig, home: Path, name: str, report: Report) -> None:
    """Train a fold in a process that has not read the data yet."""
    with first_here():
        data = kind_of(config).load(config, workspace() / "cache", 1, ignore)
    train_fold(config, home, name, data, report)


def train_fold(
    config: TrainConfig, home: Path, name: str, data: TrainingData[Any], report: Report
) -> None:
    """Train on one fold, or on all of the data, and keep the answers on the rest.

    Args:
        home: the run's folder.
        name: of the fold; see `asl.training.folds.fold_names`.
    """
    kind, everything = kind_of(config), np.arange(len(data.rows))
    if name == FINAL:
        trained, tested = everything, everything[:0]
    else:
        split = splits(config, data.rows)[int(name)]
        trained, tested = split.train, split.test
    validation = everything[:0]
    if config.validation:
        by_person = config.split == "new-person"
        validation = validation_rows(data.rows, trained, by_person, config.seed)
    folder = home / name
    # What lies above is not made: it would come back where somebody deleted the run.
    folder.mkdir(exist_ok=True)
    fitted = kind.fit(
        config, data, trained, validation, folder,
        lambda progress: report(replace(progress, fold=name)),
    )  # fmt: skip
    if not is_first():
        return
    halve(fitted.network)
    save_file(fitted.network.state_dict(), folder / WEIGHTS)
    history = pd.DataFrame(fitted.history).assign(fold=name)
    history.to_parquet(folder / HISTORY, index=False)
    known = np.unique(data.classes(data.rows.labels[trained]))
    parts = {"test": tested, "validation": validation}
    write_answers(folder, known, {part: fitted.predict(rows) for part, rows in parts.items()})


def _report_done(file: Path, name: str, report: Report) -> None:
    """Report the epochs of a fold that was done before."""
    for row in pd.read_parquet(file).to_dict("records"):
        figures = {k: v for k, v in row.items() if not isinstance(v, str) and np.isfinite(v)}
        report(Progress(Task(row["task"]), 1, 1, 0.0, figures, name))


def _parameters(config: TrainConfig) -> dict[str, Any]:
    """Return the settings by which people compare runs."""
    names = ("network", "framework", "start", "split", "seed")
    chosen = {name: getattr(config, name) for name in names}
    settings = {one.name: getattr(config, one.name) for one in fields(config)}
    return chosen | {
        f"{network}_{name}": value
        for network, recipe in settings.items()
        if isinstance(recipe, Recipe)
        for name, value in asdict(recipe).items()
    }


def _log_epoch(tracker: Tracker, progress: Progress) -> None:
    figures = dict(progress.figures)
    step = int(figures.pop("epoch"))
    where = f"{progress.fold}/{progress.task}".replace(",", "")  # MLflow's names have no commas
    tracker.log_metrics({f"{where}/{name}": value for name, value in figures.items()}, step)


def _log_bundle(tracker: Tracker, config: TrainConfig, made: ModelBundle) -> None:
    """Log what came out: scores, figures, and the bundle itself."""
    accuracy = pd.DataFrame(made.card.scores).groupby("candidates")["accuracy"].mean()
    tracker.log_metrics({f"accuracy/{name}": value for name, value in accuracy.items()}, 0)
    history = pd.read_parquet(made.folder / HISTORY)
    tracker.log_figure(learning_curves(history), "learning-curves")
    rows = pd.read_parquet(made.folder / EVALUATION)
    columns = [name for name in rows if name.startswith(SCORE)]
    labels = [name.removeprefix(SCORE) for name in columns]
    scores = measure(rows["label"], rows[columns], labels, still=made.card.still)
    tracker.log_figure(confusion_matrix(scores), "confusion")
    tracker.log_folder(made.folder, "bundle")
    sources = re.sub(r"[^A-Za-z0-9]+", "-", " ".join(entry.name for entry in config.data))
    tracker.register("bundle", f"asl-{sources.strip('-')}"[:64])
