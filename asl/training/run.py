"""From a configuration to a model bundle: prepare, train, test, fuse, export.

Every way of dividing the data, and the final training on all of it, is a job of its own that
leaves its results in the run's folder; a resumed run does only what is missing.
"""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors.torch import save_file

from asl.bundle import EVALUATION, HISTORY, WEIGHTS, ModelBundle, check_place, workspace
from asl.data.folder import Problem
from asl.evaluation.metrics import measure
from asl.evaluation.report import SCORE
from asl.nets.load import build_eyes
from asl.nets.two_eyes import TwoEyes
from asl.training.assemble import EYES, SHOWN, assemble
from asl.training.config import TrainConfig
from asl.training.courses import FrozenPictures, Landmarks, LivePictures, Tail
from asl.training.engine import Progress, Report, fit
from asl.training.export import halve
from asl.training.features import Features, frozen_features, middle
from asl.training.fusion import Answers
from asl.training.job import read_note, write_note
from asl.training.material import Material, gather, splits, validation_rows
from asl.training.together import (
    first_here,
    is_alone,
    is_first,
    run_side_by_side,
    run_together,
    wait_for_all,
)
from asl.training.tracking import Tracker
from asl.ui.curves import confusion_matrix, learning_curves

FINAL = "final"
_ANSWERS = "answers.npz"
_RUN = "run.json"
_CHANGED = (
    "resume: {} have changed since the run {!r} was started; train under another name instead"
)


def train(
    config: TrainConfig,
    out: Path,
    resume: bool = False,
    side_by_side: int = 1,
    report: Report = lambda progress: None,
    processes: int = 1,
    tell_left_out: Callable[[Sequence[Problem]], None] = lambda problems: None,
) -> ModelBundle:
    """Train, test and export a model.

    Args:
        out: folder of the bundle. The jobs' own files lie in the workspace under `runs`.
        resume: go on with an interrupted run; changed settings or pictures are refused. Where the
            data lie, and what they are called after, may have changed.
        side_by_side: how many jobs to do at a time, each in one process.
        processes: how many processes of this machine share the work of each job. Where
            ``torchrun`` started this process, those that it started share it instead.
        tell_left_out: told once, before the training begins, what of the data sets is not used
            and why, pictures that cannot be read among it.

    Raises:
        ValueError: a setting that cannot be met, a run that cannot be resumed, or a place where
            no model can be written.
        HandsUnavailable: hand detection cannot run here.
    """
    if side_by_side > 1 and (processes > 1 or not is_alone()):
        raise ValueError("processes: share the work of one job, or do several side by side")
    jobs = workspace() / "runs" / config.name
    if is_first():
        check_resume(config, resume)
        check_place(out)
    with first_here():
        material = gather(config, workspace() / "cache", os.cpu_count() or 1, report)
    if is_first():
        tell_left_out(material.left_out)
    divisions = splits(config, material)
    if is_first():
        _note_run(jobs / _RUN, config, material)
    # Numbered, since people's names are no file names.
    names = [f"{number:02d}" for number in range(len(divisions))]
    if config.final and len(divisions) > 1:
        names.append(FINAL)
    if not is_first():
        _do_all(config, jobs, names, material, 1, 1, report)
        wait_for_all()
        return ModelBundle.read(out)
    with Tracker(config.name, folder=jobs) as tracker:
        tracker.log_params(_parameters(config))

        def watch(progress: Progress) -> None:
            report(progress)
            if progress.ends_epoch:
                _log_epoch(tracker, progress)

        _do_all(config, jobs, names, material, side_by_side, processes, watch)
        history = pd.concat([pd.read_parquet(jobs / name / HISTORY) for name in names])
        report(Progress("exporting", 0, 1, None, {}))
        out.mkdir(exist_ok=True)
        bundle = assemble(config, out, jobs, material, divisions, names, history)
        report(Progress("exporting", 1, 1, 0.0, {}))
        accuracy = pd.DataFrame(bundle.card.scores).groupby("candidates")["accuracy"].mean()
        tracker.log_metrics({f"accuracy/{kind}": value for kind, value in accuracy.items()}, 0)
        tracker.log_figure(learning_curves(history), "learning-curves")
        tracker.log_figure(confusion_matrix(*_confusion(out)), "confusion")
        tracker.log_folder(out, "bundle")
        sources = re.sub(r"[^A-Za-z0-9]+", "-", " ".join(entry.name for entry in config.data))
        tracker.register("bundle", f"asl-{sources.strip('-')}"[:64])
    wait_for_all()
    return bundle


def _confusion(folder: Path) -> tuple[np.ndarray, list[str]]:
    """Return the test pictures' confusion matrix and its labels."""
    rows = pd.read_parquet(folder / EVALUATION)
    columns = [name for name in rows if name.startswith(SCORE)]
    labels = [name.removeprefix(SCORE) for name in columns]
    scores = measure(rows["label"], rows[columns], labels)
    return scores.confusion, list(scores.labels)


def _parameters(config: TrainConfig) -> dict[str, Any]:
    """Return the settings by which people compare runs."""
    chosen = {name: getattr(config, name) for name in ("network", "start", "split", "seed")}
    recipes = {"picture": config.picture, "landmarks": config.landmarks}
    return chosen | {
        f"{network}_{name}": value
        for network, recipe in recipes.items()
        for name, value in asdict(recipe).items()
    }


def _log_epoch(tracker: Tracker, progress: Progress) -> None:
    figures = dict(progress.figures)
    step = int(figures.pop("epoch"))
    where = f"{progress.job}/{progress.task}".replace(",", "")  # MLflow's names have no commas
    tracker.log_metrics({f"{where}/{name}": value for name, value in figures.items()}, step)


def check_resume(config: TrainConfig, resume: bool) -> None:
    """Refuse a name that a run has already, unless that run is to go on as it began.

    Raises:
        ValueError: saying what to do instead.
    """
    file = workspace() / "runs" / config.name / _RUN
    if not file.is_file():
        return
    if not resume:
        raise ValueError(
            f"name: a run {config.name!r} is there already; resume it, or train under another name"
        )
    try:  # settings that came later have the values that they had before
        noted = TrainConfig.from_dict(read_note(file).get("config"))
    except (TypeError, ValueError):
        noted = None
    if noted is None or noted.wherever() != config.wherever():
        raise ValueError(_CHANGED.format("settings", config.name))


def _note_run(file: Path, config: TrainConfig, material: Material) -> None:
    """Write down what is trained on what; a run that goes on must go on with the same."""
    noted = read_note(file)
    content = {"data": material.about, **material.content}
    if file.is_file() and not _same_content(content, noted):
        raise ValueError(_CHANGED.format("pictures", config.name))
    file.parent.mkdir(parents=True, exist_ok=True)
    write_note(file, {"config": asdict(config), **content})


def _same_content(content: dict[str, Any], noted: dict[str, Any]) -> bool:
    """Tell whether a run was begun with this content, whatever the data sets were called then."""
    try:
        ours, theirs = (
            [[entry[name] for name in ("kind", "rows", "fingerprint")] for entry in said["data"]]
            for said in (content, noted)
        )
    except (KeyError, TypeError):  # a note that is damaged
        return False
    # Older notes have not all of it.
    return ours == theirs and all(
        noted.get(name, content[name]) == content[name] for name in content if name != "data"
    )


def _do_all(
    config: TrainConfig,
    jobs: Path,
    names: list[str],
    material: Material,
    side_by_side: int,
    processes: int,
    report: Report,
) -> None:
    """Do the jobs that are not done yet."""
    waiting = []
    for name in names:
        if (jobs / name / _ANSWERS).is_file():
            _report_done(jobs / name / HISTORY, name, report)
        else:
            waiting.append(name)
    if side_by_side > 1 and len(waiting) > 1:
        work_out_shared(config, material, report)
        calls = [(config, jobs, name) for name in waiting]
        run_side_by_side(side_by_side, _do_gathered, calls, report)
        return
    for name in waiting:
        if processes > 1:
            run_together(processes, _do_gathered, (config, jobs, name), report)
        else:
            _do(config, jobs / name, name, material, report)


def work_out_shared(config: TrainConfig, material: Material, report: Report) -> None:
    """Do once, before several processes would do it at a time, what all trainings share."""
    eyes = _build(config, material)
    if eyes.picture_net is not None and config.frozen_stages:
        _features(config, material, eyes, report)


def _report_done(file: Path, name: str, report: Report) -> None:
    """Report the epochs of a job that was done before."""
    for row in pd.read_parquet(file).to_dict("records"):
        figures = {k: v for k, v in row.items() if not isinstance(v, str) and np.isfinite(v)}
        report(Progress(row["task"], 1, 1, 0.0, figures, name))


def _do_gathered(config: TrainConfig, jobs: Path, name: str, report: Report) -> None:
    """Do a job in a process that has not read the data yet; its progress is reported alone."""

    def watch(progress: Progress) -> None:
        if progress.job:
            report(progress)

    with first_here():
        material = gather(config, workspace() / "cache", 1, lambda progress: None)
    _do(config, jobs / name, name, material, watch)


def _do(config: TrainConfig, home: Path, name: str, material: Material, report: Report) -> None:
    """Train on one division of the data, or on all of it, and keep the answers on the rest."""
    everything = np.arange(len(material.examples))

    def watch(progress: Progress) -> None:
        report(replace(progress, job=name))

    if name == FINAL:
        train_rows, held_out = everything, everything[:0]
    else:
        split = splits(config, material)[int(name)]
        train_rows, held_out = split.train, split.test
    by_person = config.split == "new-person"
    validation = validation_rows(material, train_rows, by_person, config.seed)
    eyes, history, features = train_eyes(config, material, train_rows, validation, home, watch)
    if not is_first():
        return
    halve(eyes)
    save_file(eyes.state_dict(), home / WEIGHTS)
    pd.DataFrame(history).assign(job=name).to_parquet(home / HISTORY, index=False)
    known = np.unique(material.classes(material.examples.labels[train_rows]))
    results = {"known": known}
    for kind, rows in (("test", held_out), ("validation", validation)):
        answers = answer(eyes, config, material, rows, features)
        results |= {f"{kind}_rows": rows, f"{kind}_found": answers.found}
        results |= {
            f"{kind}_{eye}": getattr(answers, eye)
            for eye in EYES
            if getattr(answers, eye) is not None
        }
        results |= {f"{kind}_{SHOWN}{name}": value for name, value in answers.shown.items()}
    fresh = home / f"new-{_ANSWERS}"
    np.savez(fresh, **results)
    os.replace(fresh, home / _ANSWERS)


def train_eyes(
    config: TrainConfig,
    material: Material,
    rows: np.ndarray,
    validation: np.ndarray,
    home: Path,
    report: Report = lambda progress: None,
) -> tuple[TwoEyes, list[dict[str, Any]], Features | None]:
    """Train the networks of `config` on the examples `rows`, watching those of `validation`.

    Returns:
        The networks; one entry an epoch; and what the stages that stayed as they were say of all
        pictures, None where there are none.
    """
    # What lies above is not made: it would come back where somebody deleted the run.
    home.mkdir(exist_ok=True)
    eyes = _build(config, material)
    classes = material.classes(material.examples.labels)[rows]
    aside = np.flatnonzero(np.isin(rows, validation))
    history, features = [], None
    if eyes.picture_net is not None:
        net, stages = eyes.picture_net, config.frozen_stages
        common = {
            "classes": classes,
            "sources": material.examples.sources[rows],
            "weights": material.weights[rows],
            "validation": aside,
        }
        if stages:
            features = _features(config, material, eyes, report)
            course = FrozenPictures(features, rows, **common)
            tail = Tail(net, stages)
            history += fit(
                tail, course, config.picture, config.seed, home / "picture",
                "picture network", report,
            )  # fmt: skip
        recipe = config.unfrozen if stages else config.picture
        if recipe is not None:
            live = LivePictures(
                material.examples.rows(rows), config.size, config.augment, eyes.normalise, **common
            )
            history += fit(
                net, live, recipe, config.seed + 1, home / "unfrozen",
                "picture network, all stages", report,
            )  # fmt: skip
    if eyes.landmark_net is not None:
        course = _landmark_course(config, material, rows, aside)
        history += fit(
            eyes.landmark_net, course, config.landmarks, config.seed, home / "landmarks",
            "landmark network", report,
        )  # fmt: skip
    return eyes, history, None if config.unfrozen else features


def answer(
    eyes: TwoEyes,
    config: TrainConfig,
    material: Material,
    rows: np.ndarray,
    features: Features | None = None,
) -> Answers:
    """Return what each network says about the pictures `rows`, as prediction would see them.

    Args:
        features: what the first stages of the picture network say of all pictures, if known.
    """
    examples, picture, landmarks, anew, shown = material.examples, None, None, None, {}
    eyes.eval()
    with torch.no_grad():
        if eyes.picture_net is not None:
            blocks = np.array_split(rows, -(-len(rows) // 64) or 1)
            if features is None:
                cut = (middle(examples.crops[block], config.size) for block in blocks)
                parts = [eyes.see(torch.from_numpy(pictures)) for pictures in cut]
            else:
                tail = Tail(eyes.picture_net, config.frozen_stages)
                found = (torch.from_numpy(features.plain[block]).float() for block in blocks)
                parts = [(tail(block).log_softmax(-1),) for block in found]
            picture, *values = (torch.cat(part).numpy() for part in zip(*parts, strict=True))
            shown = dict(zip(eyes.explains, values, strict=True))
        if eyes.landmark_net is not None:
            own = examples.landmarks[rows][None]
            readings = [*own, *material.readings[rows].swapaxes(0, 1)]
            felt = [eyes.landmark_net(torch.from_numpy(one)).log_softmax(-1) for one in readings]
            landmarks = felt[0].numpy()
            anew = torch.stack(felt).mean(0).numpy() if len(felt) > 1 else None
    truth = material.classes(examples.labels[rows])
    found = examples.found[rows]
    return Answers(material.labels, rows, truth, found, picture, landmarks, anew, shown)


def _build(config: TrainConfig, material: Material) -> TwoEyes:
    torch.manual_seed(config.seed)
    return build_eyes(
        config.network,
        len(material.labels),
        config.start_weights,
        landmarks=config.eyes and material.shows_hands,
        settings=config.settings,
    )


def _features(config: TrainConfig, material: Material, eyes: TwoEyes, report: Report) -> Features:
    with first_here():
        found = [
            frozen_features(
                part, eyes, config.frozen_stages, config.size, config.copies, config.augment,
                config.seed, workspace() / "cache",
                lambda done, total: report(Progress("frozen stages", done, total, None, {})),
            )
            for part in material.parts
        ]  # fmt: skip
    return Features(
        np.concatenate([features.plain for features in found]),
        np.concatenate([features.changed for features in found], axis=1),
    )


def _landmark_course(config, material, rows, aside) -> Landmarks:
    examples, count = material.examples, material.readings.shape[1]
    found = examples.found[rows]
    # Validation positions move when rows without a hand drop out.
    position = np.cumsum(found) - 1
    course = Landmarks(
        landmarks=np.concatenate([examples.landmarks[rows][found], material.joints]),
        readings=np.concatenate(
            [material.readings[rows][found], np.repeat(material.joints[:, None], count, axis=1)]
        ),
        settings=config.augment,
        classes=np.concatenate(
            [
                material.classes(examples.labels[rows][found]),
                material.classes(material.joint_labels),
            ]
        ),
        sources=np.concatenate([examples.sources[rows][found], material.joint_sources]),
        weights=np.concatenate([material.weights[rows][found], material.joint_weights]),
        validation=position[aside[found[aside]]],
    )
    random = np.random.default_rng(config.seed)
    return course.with_movements(config.movements, material.labels, random)
