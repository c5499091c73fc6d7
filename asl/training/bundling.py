"""Turn a run's folds into a bundle: calibrate on unseen people, score, export."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from asl.bundle import EVALUATION, HISTORY, WEIGHTS, ModelBundle, find_bundle
from asl.card import Calibration, ModelCard, TrainingNotes
from asl.data.splits import Split
from asl.evaluation.calibration import expected_calibration_error
from asl.files import replacing
from asl.nets.frameworks import versions
from asl.training.config import SPLITS, TrainConfig
from asl.training.data import TrainingData
from asl.training.folds import only_new_people
from asl.training.kind import Answers, Kind
from asl.training.progress import Report
from asl.training.scoring import (
    FoldAnswers,
    among_own_set,
    count_labels,
    evaluation_rows,
    score_folds,
    store_rows,
    thresholds,
)

#: Paths of the test pictures, row for row those of `EVALUATION`.
TESTED = "tested.parquet"
#: A fold's answers on its test rows and on its validation rows; it is there once the fold is done.
ANSWERS = "answers.npz"
_PACKAGES = ("torch", "torchvision", "onnxruntime", "ai-edge-litert")


def write_answers(home: Path, known: np.ndarray, parts: Mapping[str, Answers]) -> None:
    """Store a fold's answers in its folder.

    Args:
        known: classes that the fold's model learnt.
        parts: "test" and "validation" → answers.
    """
    arrays = {"known": known}
    for name, answers in parts.items():
        own = {"rows": answers.rows, **answers.arrays()}
        arrays |= {f"{name}_{key}": value for key, value in own.items()}
    with replacing(home / ANSWERS) as fresh:
        np.savez(fresh, **arrays)  # type: ignore[arg-type]  # its stub takes one for allow_pickle


def bundle(
    kind: Kind,
    config: TrainConfig,
    data: TrainingData[Any],
    folds: Sequence[Split],
    homes: Sequence[Path],
    folder: Path,
    report: Report,
) -> ModelBundle:
    """Write the bundle of a run whose folds are done.

    Args:
        homes: a folder each for the folds, and perhaps one for the training on all data. The last
            one's weights go into the bundle.
        folder: becomes the bundle.

    Raises:
        RuntimeError: the exported file does not answer like the network.
    """
    tests, left_out = _tests(kind, config, data, homes[: len(folds)])
    if len(folds) > 1:
        # Each fold's own scores use a calibration fitted on the other folds.
        own = [kind.fit_calibration(tests[:i] + tests[i + 1 :]) for i in range(len(tests))]
        unseen = tests
        who = f"{len(tests)} folds of the data, each answered by a model that never saw it"
    else:
        unseen = [_read_answers(kind, data, homes[0], "validation")]
        own = [kind.fit_calibration(unseen)]
        who = f"validation {kind.name}, kept aside from training"
    calibration, everyone = kind.fit_calibration(unseen), kind.join(unseen)
    everyone = everyone.take(everyone.learnt)
    fields = kind.export(config, data, homes[-1] / WEIGHTS, calibration, folder, report)
    answered = [
        FoldAnswers(split, answers, answers.logits(weights), missing)
        for split, answers, weights, missing in zip(folds, tests, own, left_out, strict=True)
    ]
    store_rows(evaluation_rows(data, answered), folder / EVALUATION)
    # Where the tested pictures lie helps their owner, and is nobody else's business: not for the
    # bundle.
    tested = np.concatenate([answers.rows for answers in tests])
    paths = pd.DataFrame({"path": data.paths[tested]})
    paths.to_parquet(homes[0].parent / TESTED, index=False)
    # Folds that were trained with version 0.1 have the column's old name.
    epochs = [pd.read_parquet(home / HISTORY).rename(columns={"job": "fold"}) for home in homes]
    history = pd.concat(epochs)
    history.to_parquet(folder / HISTORY, index=False)
    confidence, correct = among_own_set(
        everyone, everyone.logits(calibration), data.sets, data.still
    )
    calibrated: Calibration = {
        **fields.pop("calibration"),
        "fitted_on": who,
        "pictures": len(everyone.truth),
        "expected_calibration_error": expected_calibration_error(confidence, correct),
    }
    trust = config.wanted_trust(len(data.labels))
    card = ModelCard(
        name=config.name,
        labels=data.labels,
        network=config.network,
        settings=config.settings,
        abstain_below=thresholds(everyone, calibration, trust, data.sets, data.still),
        description=config.description,
        training=_training(kind, config, data, folds, history),
        data=data.about,
        scores=tuple(score_folds(config.split, data, answered)),
        calibration=calibrated,
        versions={name: version(name) for name in _PACKAGES} | versions(config.framework),
        **fields,
    )
    return ModelBundle(folder, card).write_card(card)


def _tests(
    kind: Kind, config: TrainConfig, data: TrainingData[Any], homes: Sequence[Path]
) -> tuple[list[Answers], list[dict[str, int]]]:
    """Return the answers on each fold's test rows, and the labels of those that do not count."""
    tests = [_read_answers(kind, data, home, "test") for home in homes]
    if config.split != "leave-one-set-out":
        return tests, [{} for _ in tests]
    # Data sets need not have the same signs.
    left_out = [count_labels(data, answers, ~answers.learnt) for answers in tests]
    return [answers.take(answers.learnt) for answers in tests], left_out


def _read_answers(kind: Kind, data: TrainingData[Any], home: Path, part: str) -> Answers:
    start = f"{part}_"
    with np.load(home / ANSWERS) as stored:
        arrays = {
            name.removeprefix(start): stored[name] for name in stored if name.startswith(start)
        }
        known = stored["known"]
    rows = arrays.pop("rows")
    truth = data.classes(data.rows.labels[rows])
    truth[~np.isin(truth, known)] = -1
    return kind.read_answers(data, rows, truth, arrays)


def _training(
    kind: Kind,
    config: TrainConfig,
    data: TrainingData[Any],
    folds: Sequence[Split],
    history: pd.DataFrame,
) -> TrainingNotes:
    """Return the card's field of that name."""
    return {
        "split": config.split,
        "split_means": SPLITS[config.split],
        "new_people": only_new_people(config, data, folds),
        "seconds": round(float(history["seconds"].sum())),
        "near_copies": kind.near_share(data, folds[0]) if config.split == "random" else None,
        "start_saw": _start_saw(config, data),
        # Folders are left out: cards are handed on, and paths tell of their owners.
        "config": asdict(config)
        | {
            "data": [entry.name for entry in config.data],
            "trust": config.wanted_trust(len(data.labels)),
        },
    }


def _start_saw(config: TrainConfig, data: TrainingData[Any]) -> list[str]:
    """Return the data sets here that the start weights had learned from already."""
    if config.start != "bundled":
        return []
    learned = {
        entry["fingerprint"]
        for entry in find_bundle(config.start_model).card.data
        if entry["fingerprint"]
    }
    return [entry["name"] for entry in data.about if entry["fingerprint"] in learned]
