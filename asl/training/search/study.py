"""The study of a search: Optuna's database in its folder, and what is noted of it."""

import hashlib
import json
import sqlite3
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import optuna
from optuna import Study
from optuna.exceptions import ExperimentalWarning
from optuna.importance import get_param_importances
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.trial import FrozenTrial
from sqlalchemy import Connection, event

from asl.files import write_json
from asl.training.config import TrainConfig
from asl.training.data import TrainingData
from asl.training.search.found import FOUND
from asl.training.search.space import apply

#: Attribute of the trial with the settings that were there before.
USUAL = "with the settings that were there before"
_STUDY = "study.db"
#: Trials before any is given up early, and epochs that each gets at least.
_UNPRUNED, _FEWEST_EPOCHS = 5, 2
#: A worker that was killed is noticed by its silence, and its trial is done again.
_HEARTBEAT, _SILENCE, _TRIES = 20, 90, 2
#: Fewer trials say nothing about which setting matters.
_FEWEST_FOR_IMPORTANCE = 4


def open_study(home: Path, seed: int) -> Study:
    """Open the study in `home`, which is made where there is none.

    Args:
        seed: of the sampler.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings(action="ignore", category=ExperimentalWarning):
        storage = RDBStorage(
            f"sqlite:///{(home / _STUDY).resolve()}",
            engine_kwargs={"connect_args": {"timeout": 60}},
            heartbeat_interval=_HEARTBEAT,
            grace_period=_SILENCE,
            heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(max_retry=_TRIES),
        )
    # As SQLite begins transactions, two processes could both take the same waiting trial: what is
    # read in one is locked only when it writes.
    event.listen(storage.engine, "connect", _leave_begin_to_us)
    event.listen(storage.engine, "begin", _begin_locked)
    storage.engine.dispose()  # connections that are open already
    pruner = optuna.pruners.MedianPruner(_UNPRUNED, _FEWEST_EPOCHS)
    known = optuna.get_all_study_names(storage)
    count = len(optuna.load_study(study_name="search", storage=storage).trials) if known else 0
    # A sampler that begins again with the same seed would suggest again what it began with.
    sampler = optuna.samplers.TPESampler(seed=seed + count, constant_liar=True)
    return optuna.create_study(
        study_name="search", storage=storage, sampler=sampler, pruner=pruner,
        direction="maximize", load_if_exists=True,
    )  # fmt: skip


def _leave_begin_to_us(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None


def _begin_locked(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def check_study(
    study: Study,
    config: TrainConfig,
    data: TrainingData[Any],
    vary: Sequence[str],
    most_epochs: int,
    by_name: bool,
) -> None:
    """Note what is searched, and refuse to continue with something else, wherever it lies now.

    Args:
        by_name: the search was found by the name of its settings, as from the command line.
    """
    sources = [[entry[name] for name in ("kind", "rows", "fingerprint")] for entry in data.about]
    about = json.dumps([sources, data.content, vary, most_epochs])
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


def note_found(study: Study, home: Path) -> None:
    """Write down what has been found, for those who watch: a page needs no Optuna to read it."""
    trials = ended(study)
    if not any(trial.state.name == "COMPLETE" for trial in trials):
        return
    rows = [
        {
            "trial": trial.number,
            "macro_f1": max(trial.intermediate_values.values(), default=trial.value),
            "state": trial.state.name.lower(),
            "seconds": trial.duration.total_seconds() if trial.duration else 0.0,
            **trial.params,
        }
        for trial in trials
    ]
    asked = TrainConfig.from_dict(json.loads(study.user_attrs["asked"]["config"]))
    found = {
        "table": rows,
        "best": study.best_params,
        "macro_f1": study.best_value,
        "usual": next((trial.number for trial in trials if USUAL in trial.user_attrs), None),
        "importance": _importance(study),
        "config": asdict(apply(asked, study.best_params)),
    }
    write_json(home / FOUND, found)


def ended(study: Study) -> list[FrozenTrial]:
    """Return the trials that were finished or given up early."""
    return [trial for trial in study.trials if trial.state.name in ("COMPLETE", "PRUNED")]


def _importance(study: Study) -> dict[str, float]:
    complete = [trial for trial in study.trials if trial.state.name == "COMPLETE"]
    if len(complete) < _FEWEST_FOR_IMPORTANCE or len({trial.value for trial in complete}) < 2:
        return {}
    return {name: float(share) for name, share in get_param_importances(study).items()}
