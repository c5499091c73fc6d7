"""Try a model on a folder of labelled pictures."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from asl.evaluation.metrics import Scores, forgive_look_alikes, measure_answers
from asl.images import PictureError, load_rgb
from asl.inference.decision import restrict
from asl.inference.predictor import Predictor
from asl.labels import candidates

#: Prefix of the columns that hold the score of every class.
SCORE = "score_"


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a model made of a folder of pictures.

    Attributes:
        wanted: candidate set.
        scores: how good the answers are, abstained or not.
        rows: one row a picture: path, label, person, predicted, correct (look-alikes forgiven),
            confidence, abstained, found, agreement, and `SCORE` + label for every candidate.
        errors: path and reason of the pictures that could not be read; they are not counted.
    """

    wanted: str
    scores: Scores
    rows: pd.DataFrame
    errors: tuple[tuple[str, str], ...] = ()

    @property
    def accuracy_when_answered(self) -> float | None:
        """Share of the answered pictures that are right, None where none is answered."""
        answered = self.rows[~self.rows["abstained"]]
        return None if answered.empty else float(answered["correct"].mean())

    def to_json(self) -> dict[str, Any]:
        """Return the figures that `asl evaluate --json` prints."""
        return {
            "images": self.scores.pictures,
            "accuracy": self.scores.accuracy,
            "interval": list(self.scores.interval),
            "people": self.scores.people,
            "accuracy_strict": self.scores.accuracy_strict,
            "macro_f1": self.scores.macro_f1,
            "hand_found": float(self.rows["found"].mean()),
            "answered": float(1 - self.rows["abstained"].mean()),
            "accuracy_when_answered": self.accuracy_when_answered,
            "per_class": {label: asdict(one) for label, one in self.scores.per_class.items()},
            "errors": [{"path": path, "error": reason} for path, reason in self.errors],
        }

    def to_row(self) -> dict[str, Any]:
        """Return the headline figures as a row of a results file."""
        low, high = self.scores.interval
        figures = self.to_json()
        return {
            "pictures": figures["images"],
            "people": figures["people"],
            "accuracy": figures["accuracy"],
            "low": low,
            "high": high,
            **{
                key: figures[key]
                for key in ("macro_f1", "hand_found", "answered", "accuracy_when_answered")
            },
        }


def evaluate_folder(
    predictor: Predictor,
    table: pd.DataFrame,
    wanted: str = "all",
    progress: Callable[[int, int], None] = lambda done, total: None,
    controls: bool = False,
) -> Evaluation:
    """Predict every picture of `table` and compare the answers with its labels.

    Args:
        predictor: the model.
        table: columns path, label, person ("" or missing where unknown).
        wanted: candidate set.
        progress: called with pictures done and pictures in all.
        controls: "del", "nothing" and "space" are possible, too.

    Raises:
        ValueError: the candidate set is unknown, a label is none of its signs, or there is no
            picture that can be read.
    """
    labels = candidates(predictor.card.labels, wanted, controls)
    _check_labels(table["label"], labels, predictor.card.labels, wanted)
    rows, scores, errors = [], [], []
    for done, picture in enumerate(table.itertuples(), start=1):
        start = time.perf_counter()
        try:
            look = predictor.look(load_rgb(picture.path, name=str(picture.path)))
        except PictureError as error:
            errors.append((error.name, error.reason))
        else:
            answer = predictor.answer(look, wanted, start, controls)
            rows.append(
                {
                    "path": str(picture.path),
                    "label": picture.label,
                    "person": picture.person,
                    "predicted": answer.label,
                    "confidence": answer.confidence,
                    "abstained": answer.abstained,
                    "found": answer.hand is not None,
                    "agreement": answer.agreement,
                }
            )
            logits = np.asarray(look.logits, np.float64)
            scores.append(restrict(logits, predictor.card.labels, labels))
        progress(done, len(table))
    if not rows:
        raise ValueError("data: there is no picture that can be read")
    frame = pd.DataFrame(rows)
    frame["person"] = frame["person"].fillna("")
    figures = measure_answers(frame["label"], frame["predicted"], labels, frame["person"])
    forgiven = forgive_look_alikes(frame["label"].to_numpy(str), frame["predicted"].to_numpy(str))
    frame["correct"] = forgiven == frame["label"]
    columns = [f"{SCORE}{label}" for label in labels]
    frame = pd.concat([frame, pd.DataFrame(np.stack(scores), columns=columns)], axis=1)
    return Evaluation(wanted, figures, frame, tuple(errors))


def _check_labels(
    truth: pd.Series, labels: tuple[str, ...], known: tuple[str, ...], wanted: str
) -> None:
    for label in truth.unique():
        if label in known and label not in labels:
            raise ValueError(
                f"label: {label!r} is none of the {wanted}; choose --labels all, or leave its "
                "folder out"
            )
        if label not in known:
            raise ValueError(
                f"label: the model does not know {label!r}; it knows {', '.join(known)}. Rename "
                "its folder or leave it out"
            )
