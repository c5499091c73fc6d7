"""Search for better training settings with Optuna.

The study lies in the run's folder, that of a search from the command line in the workspace under
``searches``, and can be gone on with at any time, by one worker or several. Every trial trains one
network on the training part of the first division of the data; what counts is its macro F1 on
validation pictures. The test part is never looked at. The first trial has the settings that were
there before, so that it can be seen whether the search was worth it.

PyTorch, Optuna and pandas are loaded by what needs them, so that a page may import this.
"""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Self

from asl.bundle import check_name
from asl.nets.registry import network
from asl.training.config import TrainConfig
from asl.training.job import FOUND, write_note
from asl.training.settings import Growth, Recipe
from asl.workspace import workspace

if TYPE_CHECKING:
    import pandas as pd
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

    from asl.training.engine import Progress, Report
    from asl.training.material import Material

VARIED = ("learning_rate", "epochs", "batch", "dropout", "augment", "width")
_BATCHES = (16, 32, 64, 128, 256)
_WIDTHS = (0.5, 1.0, 1.5, 2.0)
_MOST_DROPOUT = 0.6
#: Trials before any is given up early, and epochs that each gets at least.
_UNPRUNED, _FEWEST_EPOCHS = 5, 2
#: A worker that was killed is noticed by its silence, and its trial is done again.
_HEARTBEAT, _SILENCE, _TRIES = 20, 90, 2
#: Fewer trials say nothing about which setting matters.
_FEWEST_FOR_IMPORTANCE = 4


@dataclass(frozen=True)
class Found:
    """What a search has found so far.

    Attributes:
        table: one row a trial that was finished or given up: trial, macro_f1 (its best), state
            ("complete" or "pruned"), seconds, and a column for every setting that was varied.
        best: settings of the best trial.
        macro_f1: of the best trial.
        usual: number of the trial with the settings that were there before; None while it is not
            done.
        importance: setting → share of the differences between trials that it explains; empty
            while there are too few.
        config: the best settings, to train with.
    """

    table: pd.DataFrame
    best: dict[str, float]
    macro_f1: float
    usual: int | None
    importance: dict[str, float]
    config: TrainConfig

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Build from plain values, with the table as a list of its rows."""
        import pandas as pd

        table, config = pd.DataFrame(raw["table"]), TrainConfig.from_dict(raw["config"])
        return cls(**{**raw, "table": table, "config": config})


def run_search(
    config: TrainConfig,
    trials: int,
    workers: int = 1,
    vary: Sequence[str] = VARIED,
    most_epochs: int = 20,
    report: Report = lambda progress: None,
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
    from asl.training.material import gather
    from asl.training.run import work_out_shared
    from asl.training.together import run_side_by_side
    from asl.training.tracking import Tracker

    check_name(config.name)
    vary = _possible(config, vary)
    by_name = home is None
    home = home or workspace() / "searches" / config.name
    home.mkdir(parents=True, exist_ok=True)
    material = gather(config, workspace() / "cache", os.cpu_count() or 1, report)
    study = _open_study(home, config.seed)
    _check(study, config, material, vary, most_epochs, by_name)
    if not study.trials:
        study.enqueue_trial(_usual(config, vary, most_epochs), user_attrs={_USUAL: True})
    work_out_shared(alone(config), material, report)

    def watch(progress: Progress) -> None:
        if progress.task == _TRIAL_ENDS:
            _note(study, home)
            progress = replace(progress, task="trials", done=len(_ended(study)), total=trials)
        report(progress)

    with Tracker(f"{config.name} search", folder=home) as tracker:
        tracker.log_params({"network": config.network, "vary": ", ".join(vary)})
        missing = max(0, trials - len(_ended(study)))
        shares = [missing // workers + (n < missing % workers) for n in range(workers)]
        task = (home, config, vary, most_epochs, tracker.run_id)
        if workers == 1:
            _work(*task, missing, 0, watch)
        else:
            calls = [(*task, share, n) for n, share in enumerate(shares) if share]
            run_side_by_side(workers, _work, calls, watch)
        _note(study, home)
        found = read_search(home)
        best = {f"best/{name}": value for name, value in found.best.items()}
        tracker.log_metrics({"macro_f1": found.macro_f1, **best}, step=len(found.table))
        _log_figures(tracker, found)
    return found


def read_search(home: Path) -> Found:
    """Return what the search whose study lies in `home` has found so far.

    Raises:
        ValueError: none of its trials is done, or its notes are damaged.
    """
    try:
        return Found.from_dict(json.loads((home / FOUND).read_text()))
    except FileNotFoundError:
        raise ValueError(f"search: no trial of {home.name!r} is done") from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ValueError(f"search: the notes of {home.name!r} cannot be read ({error})") from error


def search_json(found: Found) -> dict[str, Any]:
    """Return what `asl search --json` prints."""
    return {
        "trials": len(found.table),
        "pruned": int((found.table["state"] == "pruned").sum()),
        "macro_f1": found.macro_f1,
        "best": found.best,
        "importance": found.importance,
        "config": asdict(found.config),
    }


def apply(config: TrainConfig, values: Mapping[str, float]) -> TrainConfig:
    """Return `config` with the settings of a trial."""
    which, recipe = recipe_of(config)
    settings = dict(config.settings)
    for name in ("learning_rate", "epochs", "batch"):
        if name in values:
            recipe = replace(recipe, **{name: values[name]})
    if "augment" in values:
        # The share of changed examples: pictures that went through a frozen trunk can be used
        # by all trials.
        share = values["augment"]
        others = tuple(growth for growth in recipe.grow if growth.what != "augment")
        growth = Growth("augment", rate=0.0, limit=share, start=share)
        recipe = replace(recipe, grow=(*others, growth))
    if "dropout" in values:
        settings["dropout"] = values["dropout"]
    if "width" in values:
        name, usual = _widths(config)
        settings[name] = [max(1, round(width * values["width"])) for width in usual]
    return replace(config, settings=settings, **{which: recipe})


def possible(config: TrainConfig) -> tuple[str, ...]:
    """Return those of `VARIED` that the network of `config` has."""
    spec, missing = network(config.network), set()
    if "dropout" not in spec.own:
        missing.add("dropout")
    if not spec.widths:
        missing.add("width")
    if config.augment.changes_nothing:
        missing.add("augment")
    return tuple(name for name in VARIED if name not in missing)


def recipe_of(config: TrainConfig) -> tuple[str, Recipe]:
    """Return the recipe that is varied, and which of the settings it is."""
    which = "picture" if network(config.network).picture_size else "landmarks"
    return which, getattr(config, which)


def middling(config: TrainConfig, vary: Sequence[str], most_epochs: int) -> TrainConfig:
    """Return the settings of a trial of middling length, with all that takes most memory."""
    values = {
        "epochs": sum(_epochs(config, most_epochs)) // 2,
        "batch": max(_batches(config)),
        "width": max(_WIDTHS),
    }
    return alone(apply(config, {name: values[name] for name in vary if name in values}))


def alone(config: TrainConfig) -> TrainConfig:
    """Return the settings without all that a trial leaves out: it trains one network, once."""
    return replace(config, eyes=False, unfrozen=None)


_STUDY = "study.db"
_USUAL = "with the settings that were there before"
_TRIAL_ENDS = "a trial has ended"


def _work(
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
    from asl.data.splits import BY_PERSON
    from asl.training.engine import Progress
    from asl.training.material import gather, splits, validation_rows

    material = gather(config, workspace() / "cache", 1, lambda progress: None)
    rows = splits(config, material)[0].train
    by_person = config.split in BY_PERSON
    validation = validation_rows(material, rows, by_person, config.seed)
    study = _open_study(home, config.seed + 1000 * worker)

    def try_out(trial: Trial) -> float:
        tried = apply(config, _suggest(trial, config, vary, most_epochs))
        return _score(tried, trial, home, material, rows, validation, parent, report)

    def tell(study: Study, trial: FrozenTrial) -> None:
        report(Progress(_TRIAL_ENDS, 0, 1, None, {}))

    study.optimize(try_out, n_trials=trials, callbacks=[tell])


def _score(
    config: TrainConfig,
    trial: Trial,
    home: Path,
    material: Material,
    rows,
    validation,
    parent: str | None,
    report: Report,
) -> float:
    """Return the best macro F1 of a trial; it is given up when it lags behind the others."""
    from optuna import TrialPruned

    from asl.training.run import train_eyes
    from asl.training.tracking import Tracker

    scores: list[float] = []
    name, epochs = f"trial {trial.number + 1}", recipe_of(config)[1].epochs

    def watch(progress: Progress) -> None:
        done = progress.done * epochs // progress.total
        report(replace(progress, task=name, done=done, total=epochs))
        if progress.ends_epoch:
            scores.append(progress.figures.get("macro_f1", 0.0))
            trial.report(max(scores), len(scores))
            figures = {k: v for k, v in progress.figures.items() if k != "epoch"}
            tracker.log_metrics(figures, len(scores))
            if trial.should_prune():
                raise TrialPruned

    # Outside of the tracker, for which being given up is no failure.
    with Tracker(name, parent=parent) as tracker:
        tracker.log_params(trial.params)
        try:
            # Beside the study: what a trial keeps for itself counts for whoever started it.
            with TemporaryDirectory(dir=home) as folder:
                train_eyes(alone(config), material, rows, validation, Path(folder), watch)
        except TrialPruned:
            pruned = True
        else:
            pruned = False
        tracker.log_params({"pruned": pruned})
    if pruned:
        raise TrialPruned
    return max(scores)


def _suggest(
    trial: Trial, config: TrainConfig, vary: Sequence[str], most_epochs: int
) -> dict[str, float]:
    usual = recipe_of(config)[1].learning_rate
    ways: dict[str, Callable[[], float]] = {
        "learning_rate": lambda: trial.suggest_float(
            "learning_rate", usual / 10, min(usual * 10, 1.0), log=True
        ),
        "epochs": lambda: trial.suggest_int("epochs", *_epochs(config, most_epochs)),
        "batch": lambda: trial.suggest_categorical("batch", _batches(config)),
        "dropout": lambda: trial.suggest_float("dropout", 0.0, _MOST_DROPOUT),
        "augment": lambda: trial.suggest_float("augment", 0.0, 1.0),
        "width": lambda: trial.suggest_categorical("width", _WIDTHS),
    }
    return {name: ways[name]() for name in vary}


def _usual(config: TrainConfig, vary: Sequence[str], most_epochs: int) -> dict[str, float]:
    """Return what `config` itself has for the settings that are varied, within their limits."""
    spec, recipe = network(config.network), recipe_of(config)[1]
    dropout = config.settings.get("dropout", spec.settings().get("dropout", 0.0))
    values = {
        "learning_rate": recipe.learning_rate,
        "epochs": min(recipe.epochs, most_epochs),
        "batch": recipe.batch,
        "dropout": min(dropout, _MOST_DROPOUT),
        "augment": next((one.limit for one in recipe.grow if one.what == "augment"), 1.0),
        "width": 1.0,
    }
    return {name: values[name] for name in vary}


def _possible(config: TrainConfig, vary: Sequence[str]) -> tuple[str, ...]:
    """Return those of `vary` that the network has."""
    for name in vary:
        if name not in VARIED:
            raise ValueError(f"vary: {name!r} is none of {', '.join(VARIED)}")
    left = tuple(name for name in possible(config) if name in vary)
    if not left:
        raise ValueError(f"vary: {config.network} has none of {', '.join(vary) or 'these'}")
    return left


def _batches(config: TrainConfig) -> list[int]:
    return sorted({*_BATCHES, recipe_of(config)[1].batch})


def _epochs(config: TrainConfig, most: int) -> tuple[int, int]:
    """Return the fewest and the most epochs of a trial."""
    return max(1, min(most // 4, recipe_of(config)[1].epochs)), most


def _widths(config: TrainConfig) -> tuple[str, list[int]]:
    spec = network(config.network)
    return spec.widths, list(config.settings.get(spec.widths, spec.settings()[spec.widths]))


def _open_study(home: Path, seed: int) -> Study:
    import optuna
    from optuna.exceptions import ExperimentalWarning
    from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings(action="ignore", category=ExperimentalWarning):
        storage = RDBStorage(
            f"sqlite:///{(home / _STUDY).resolve()}",
            engine_kwargs={"connect_args": {"timeout": 60}},
            heartbeat_interval=_HEARTBEAT,
            grace_period=_SILENCE,
            heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(max_retry=_TRIES),
        )
    pruner = optuna.pruners.MedianPruner(_UNPRUNED, _FEWEST_EPOCHS)
    known = optuna.get_all_study_names(storage)
    count = len(optuna.load_study(study_name="search", storage=storage).trials) if known else 0
    # A sampler that begins again with the same seed would suggest again what it began with.
    sampler = optuna.samplers.TPESampler(seed=seed + count, constant_liar=True)
    return optuna.create_study(
        study_name="search", storage=storage, sampler=sampler, pruner=pruner,
        direction="maximize", load_if_exists=True,
    )  # fmt: skip


def _check(
    study: Study,
    config: TrainConfig,
    material: Material,
    vary: Sequence[str],
    most_epochs: int,
    by_name: bool,
) -> None:
    """Note what is searched, and refuse to go on with something else, wherever it lies now.

    Args:
        by_name: the search was found by the name of its settings, as from the command line.
    """
    data = [[entry[name] for name in ("kind", "rows", "fingerprint")] for entry in material.about]
    about = json.dumps([data, material.content, vary, most_epochs])
    asked = {
        "config": json.dumps(asdict(config)),
        "about": hashlib.sha256(about.encode()).hexdigest(),
    }
    before = study.user_attrs.get("asked", asked)
    noted = TrainConfig.from_dict(json.loads(before["config"]))
    if before["about"] != asked["about"] or noted.wherever() != config.wherever():
        raise ValueError(
            f"search: {config.name!r} was begun with other settings or pictures; start another "
            f"search instead{', under another name (in its --config)' if by_name else ''}"
        )
    study.set_user_attr("asked", asked)


def _note(study: Study, home: Path) -> None:
    """Write down what has been found, for whoever watches: a page needs no Optuna to read it."""
    ended = _ended(study)
    if not any(trial.state.name == "COMPLETE" for trial in ended):
        return
    rows = [
        {
            "trial": trial.number,
            "macro_f1": max(trial.intermediate_values.values(), default=trial.value),
            "state": trial.state.name.lower(),
            "seconds": trial.duration.total_seconds(),
            **trial.params,
        }
        for trial in ended
    ]
    asked = TrainConfig.from_dict(json.loads(study.user_attrs["asked"]["config"]))
    found = {
        "table": rows,
        "best": study.best_params,
        "macro_f1": study.best_value,
        "usual": next((trial.number for trial in ended if _USUAL in trial.user_attrs), None),
        "importance": _importance(study),
        "config": asdict(apply(asked, study.best_params)),
    }
    write_note(home / FOUND, found)


def _ended(study: Study) -> list:
    return [trial for trial in study.trials if trial.state.name in ("COMPLETE", "PRUNED")]


def _importance(study: Study) -> dict[str, float]:
    from optuna.importance import get_param_importances

    complete = [trial for trial in study.trials if trial.state.name == "COMPLETE"]
    if len(complete) < _FEWEST_FOR_IMPORTANCE or len({trial.value for trial in complete}) < 2:
        return {}
    return {name: float(share) for name, share in get_param_importances(study).items()}


def _log_figures(tracker, found: Found) -> None:
    from asl.ui.search_figures import importance_bars, parallel_coordinates, search_course

    tracker.log_figure(search_course(found.table), "search-course")
    tracker.log_figure(parallel_coordinates(found.table, list(found.best)), "settings")
    if found.importance:
        tracker.log_figure(importance_bars(found.importance), "importance")
