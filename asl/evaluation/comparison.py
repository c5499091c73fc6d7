"""Models side by side: on the same pictures, in size and in speed."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from asl.bundle import ONNX, WEIGHTS, BundleError, ModelBundle
from asl.inference.first_answer import require_answer
from asl.inference.runner import ModelRunner, noise
from asl.nets.weights_file import read_weights

#: What tells a test picture from all others, as far as bundles keep it.
_PICTURE = ["source", "picture", "label"]

#: Tensors that are stored with the weights but are not trained.
_NOT_TRAINED = (
    "running_mean",
    "running_var",
    "num_batches_tracked",
    "pixel_mean",
    "pixel_std",
    "fusion",
)

_WARM_UP, _REPEATS, _LONGEST = 3, 15, 2.0


@dataclass(frozen=True)
class Disagreement:
    """Where two models answer the same pictures differently.

    Attributes:
        both_right: pictures that both answer right.
        first_only: pictures that only the first answers right.
        second_only: pictures that only the second answers right.
        both_wrong: pictures that both answer wrong.
        p: how often chance alone would tell two equally good models at least this far apart
            (McNemar's exact test, two-sided).
    """

    both_right: int
    first_only: int
    second_only: int
    both_wrong: int
    p: float


def disagreement(first: np.ndarray, second: np.ndarray) -> Disagreement:
    """Compare two models by whether they are right about the same pictures.

    Only pictures that just one of them answers right tell the two apart: were both equally good,
    each would be a coin's throw (McNemar 1947; the exact form takes the binomial distribution).

    Args:
        first: (N,) bool.
        second: (N,) bool, of the same pictures.

    Raises:
        ValueError: lengths that differ, or no pictures.
    """
    first, second = np.asarray(first, bool), np.asarray(second, bool)
    if not len(first) or first.shape != second.shape:
        raise ValueError(f"pictures: {len(first)} answers of one model, {len(second)} of the other")
    ours, theirs = int((first & ~second).sum()), int((~first & second).sum())
    p = binomtest(ours, ours + theirs).pvalue if ours + theirs else 1.0
    return Disagreement(
        int((first & second).sum()), ours, theirs, int((~first & ~second).sum()), float(p)
    )


def same_pictures(tables: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Return each table's rows of the pictures that all were tested on, in one order.

    A picture is known by its data set, file name and label; where these do not tell two pictures
    of a table apart, both are left out.

    Args:
        tables: from `asl.evaluation.recorded.read_evaluation`.
    """
    single = [table.drop_duplicates(_PICTURE, keep=False).set_index(_PICTURE) for table in tables]
    shared = reduce(lambda one, other: one.intersection(other), (table.index for table in single))
    shared = shared.sort_values()
    return [table.loc[shared].reset_index() for table in single]


def common_labels(labels: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the signs that all models know, in the order of the first."""
    return tuple(label for label in labels[0] if all(label in other for other in labels[1:]))


def final_figures(history: pd.DataFrame) -> dict[str, float]:
    """Return how training went in the end: the mean over its folds, of the network trained first.

    Args:
        history: from `asl.evaluation.recorded.read_history`, at least one row.

    Returns:
        best_accuracy, train_loss and valid_loss of the last epoch, seconds_an_epoch, epochs; NaN
        where nothing was kept aside.
    """
    rows = history[history["task"] == history["task"].iloc[0]]
    folds = [fold.sort_values("epoch") for _, fold in rows.groupby("fold")]
    last = [fold.iloc[-1] for fold in folds]
    return {
        "best_accuracy": float(np.mean([fold["accuracy"].max() for fold in folds])),
        "train_loss": float(np.mean([row["train_loss"] for row in last])),
        "valid_loss": float(np.mean([row["valid_loss"] for row in last])),
        "seconds_an_epoch": float(rows["seconds"].mean()),
        "epochs": float(np.mean([row["epoch"] for row in last])),
    }


def parameters(folder: Path) -> int | None:
    """Return how many numbers training has found; None where the bundle has no weights to count.

    Statistics of batch norms, and what was fitted after training, are not counted.

    Raises:
        BundleError: the file of weights is broken.
    """
    if not (folder / WEIGHTS).is_file():
        return None
    try:
        weights = read_weights(folder / WEIGHTS)
    except ValueError as error:
        raise BundleError(f"{folder}: {error}") from error
    return sum(
        array.size for name, array in weights.items() if name.rpartition(".")[2] not in _NOT_TRAINED
    )


def milliseconds(bundle: ModelBundle) -> float:
    """Return how long the network takes for one picture here, on one thread; the median of some.

    Decoding the picture and finding the hand, which cost the same for every model, are not in it.

    Raises:
        BundleError: the network cannot be run, or gives no answer.
    """
    require_answer(bundle)
    runner, feed = ModelRunner(bundle), noise(bundle.card)
    for _ in range(_WARM_UP):
        runner.run(feed)
    taken: list[float] = []
    begun = time.perf_counter()
    while len(taken) < _REPEATS and time.perf_counter() - begun < _LONGEST:
        start = time.perf_counter()
        runner.run(feed)
        taken.append(1000 * (time.perf_counter() - start))
    return median(taken)


def costs(bundle: ModelBundle) -> dict[str, Any]:
    """Return what a model costs: parameters, megabytes of its ONNX file, milliseconds a picture.

    Raises:
        BundleError: a file of the bundle is broken.
    """
    return {
        "parameters": parameters(bundle.folder),
        "megabytes": (bundle.folder / ONNX).stat().st_size / 1e6,
        "milliseconds": milliseconds(bundle),
    }
