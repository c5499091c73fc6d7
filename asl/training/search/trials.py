"""Run a search: train again and again, each time with other settings.

The study lies in the run's folder, that of a search from the command line in the workspace under
``searches``, and can be continued at any time, by one worker or several. Every trial trains on the
training part of the first fold; what counts is its macro F1 on validation examples. The test part
is never looked at. The first trial has the settings that were there before, so that it can be seen
whether the search was worth it.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from optuna import Study, Trial, TrialPruned
from optuna.trial import FrozenTrial

from asl.bundle import check_name
from asl.data.splits import BY_PERSON
from asl.figures.search import importance_bars, parallel_coordinates, search_course
from asl.training.config import TrainConfig
from asl.training.data import TrainingData
from asl.training.fitting.distributed import run_in_parallel
from asl.training.folds import splits, validation_rows
from asl.training.kind import kind_of
from asl.training.progress import Progress, Report, Task, ignore
from asl.training.search.found import Found, read_search
from asl.training.search.space import VARIED, apply, require_possible, suggest, usual
from asl.training.search.study import USUAL, check_study, ended, note_found, open_study
from asl.training.tracking import Tracker
from asl.workspace import workspace


def run_search(
    config: TrainConfig,
    trials: int,
    workers: int = 1,
    vary: Sequence[str] = VARIED,
    most_epochs: int = 20,
    report: Report = ignore,
    home: Path | None = None,
) -> Found:
    """Search until there are `trials` trials in all, earlier ones included.

    Args:
        config: what is varied around; its name is the search's.
        workers: trials at a time, each in a process of its own.
        vary: settings to try, of `VARIED`; those that the network does not have are left out.
        most_epochs: of a trial; where epochs are varied, a quarter of that or what `config` has,
            whichever is less, are the fewest.
        report: is given the trials done ("trials"), and the epochs done of each ("trial 3").
        home: where the study lies; by default under ``searches``, by the name.

    Raises:
        ValueError: an unknown setting, nothing to vary, a name that is none for a folder, or a
            search of that name for other settings or pictures.
    """
    check_name(config.name)
    vary = require_possible(config, vary)
    by_name = home is None
    home = home or workspace() / "searches" / config.name
    home.mkdir(parents=True, exist_ok=True)
    kind = kind_of(config)
    data = kind.load(config, workspace() / "cache", os.cpu_count() or 1, report)
    study = open_study(home, config.seed)
    check_study(study, config, data, vary, most_epochs, by_name)
    if not study.trials:
        study.enqueue_trial(usual(config, vary, most_epochs), user_attrs={USUAL: True})
    kind.share(config.alone(), data, report)

    def watch(progress: Progress) -> None:
        if progress.task is Task.TRIALS:  # one has ended
            note_found(study, home)
            progress = replace(progress, done=len(ended(study)), total=trials)
        report(progress)

    with Tracker(f"{config.name} search", folder=home) as tracker:
        tracker.log_params({"network": config.network, "vary": ", ".join(vary)})
        missing = max(0, trials - len(ended(study)))
        shares = [missing // workers + (n < missing % workers) for n in range(workers)]
        task = (home, config, vary, most_epochs, tracker.run_id)
        if workers == 1:
            _do_trials(*task, missing, 0, watch)
        else:
            calls = [(*task, share, n) for n, share in enumerate(shares) if share]
            run_in_parallel(workers, _do_trials, calls, watch)
        note_found(study, home)
        found = read_search(home)
        best = {f"best/{name}": value for name, value in found.best.items()}
        tracker.log_metrics({"macro_f1": found.macro_f1, **best}, step=len(found.table))
        _log_figures(tracker, found)
    return found


def _do_trials(
    home: Path,
    config: TrainConfig,
    vary: Sequence[str],
    most_epochs: int,
    parent: str | None,
    trials: int,
    worker: int,
    report: Report,
) -> None:
    """Do some trials of a study, in this process."""
    data = kind_of(config).load(config, workspace() / "cache", 1, ignore)
    rows = splits(config, data.rows)[0].train
    validation = validation_rows(data.rows, rows, config.split in BY_PERSON, config.seed)
    study = open_study(home, config.seed + 1000 * worker)

    def objective(trial: Trial) -> float:
        tried = apply(config, suggest(trial, config, vary, most_epochs))
        return _score(tried, trial, home, data, rows, validation, parent, report)

    def tell(study: Study, trial: FrozenTrial) -> None:
        report(Progress(Task.TRIALS, 0, 1, None, {}))

    study.optimize(objective, n_trials=trials, callbacks=[tell])


def _score(
    config: TrainConfig,
    trial: Trial,
    home: Path,
    data: TrainingData[Any],
    rows: np.ndarray,
    validation: np.ndarray,
    parent: str | None,
    report: Report,
) -> float:
    """Return the best macro F1 of a trial; it is given up when it lags behind the others."""
    scores: list[float] = []
    number, epochs = str(trial.number + 1), config.recipe.epochs

    def watch(progress: Progress) -> None:
        done = progress.done * epochs // progress.total
        report(replace(progress, task=Task.TRIAL, of=number, done=done, total=epochs))
        if progress.ends_epoch:
            scores.append(progress.figures.get("macro_f1", 0.0))
            trial.report(max(scores), len(scores))
            figures = {k: v for k, v in progress.figures.items() if k != "epoch"}
            tracker.log_metrics(figures, len(scores))
            if trial.should_prune():
                raise TrialPruned

    # Outside of the tracker, for which being given up is no failure.
    with Tracker(f"trial {number}", parent=parent) as tracker:
        tracker.log_params(trial.params)
        try:
            # Beside the study: what a trial keeps for itself counts for the one who started it.
            with TemporaryDirectory(dir=home) as folder:
                kind_of(config).fit(config.alone(), data, rows, validation, Path(folder), watch)
        except TrialPruned:
            pruned = True
        else:
            pruned = False
        tracker.log_params({"pruned": pruned})
    if pruned:
        raise TrialPruned
    return max(scores)


def _log_figures(tracker: Tracker, found: Found) -> None:
    tracker.log_figure(search_course(found.table), "search-course")
    tracker.log_figure(parallel_coordinates(found.table, list(found.best)), "settings")
    if found.importance:
        tracker.log_figure(importance_bars(found.importance), "importance")
