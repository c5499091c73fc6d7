"""Test pictures whose label is probably wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from asl.labels import handshape

_MOST_SUSPECTS = 24


@dataclass(frozen=True)
class Suspect:
    """A picture whose label is probably wrong.

    Attributes:
        picture: name of the file.
        path: where it lies, "" where unknown.
        label: what it is said to show.
        looks_like: what the model, which was not trained on it, takes it for.
        confidence: of the model, 0 to 1.
    """

    picture: str
    path: str
    label: str
    looks_like: str
    confidence: float


def find_suspects(
    rows: pd.DataFrame, chances: np.ndarray, labels: Sequence[str], still: bool = True
) -> tuple[Suspect, ...]:
    """Return pictures that are probably mislabelled, the likeliest first, by confident learning.

    Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels",
    2021. Every picture is judged by networks that were not trained on it. Look-alikes count as one.

    Args:
        rows: N pictures, with the columns picture, path and label.
        chances: (N, C) probabilities of the signs.
        labels: the C signs.
        still: as for `asl.evaluation.metrics.measure`.
    """
    from cleanlab.filter import find_label_issues

    shape_of = handshape if still else str
    shapes = np.array([shape_of(label) for label in labels])
    present = np.unique([shape_of(label) for label in rows["label"]])
    if len(present) < 2:
        return ()
    sums = np.stack([chances[:, shapes == shape].sum(1) for shape in present], 1)
    sums /= np.maximum(sums.sum(1, keepdims=True), 1e-12)
    given = np.searchsorted(present, [shape_of(label) for label in rows["label"]])
    ranked = find_label_issues(given, sums, return_indices_ranked_by="self_confidence", n_jobs=1)
    best = sums.argmax(1)
    # Of labels that look alike, the one that the model would answer.
    own = np.where(shapes[None, :] == present[best][:, None], chances, -1).argmax(1)
    return tuple(
        Suspect(
            picture=str(rows["picture"].iloc[i]),
            path=str(rows["path"].iloc[i]),
            label=str(rows["label"].iloc[i]),
            looks_like=labels[own[i]],
            confidence=float(sums[i, best[i]]),
        )
        for i in ranked[:_MOST_SUSPECTS]
        if best[i] != given[i]
    )
