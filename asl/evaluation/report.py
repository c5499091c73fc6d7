"""Try a model on a folder of labelled pictures."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from asl.decoding import decode
from asl.evaluation.metrics import Scores, forgive_look_alikes, measure_answers
from asl.images import PictureError
from asl.inference.decision import restrict
from asl.inference.network import NoAnswer
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
        errors: path and reason of the pictures that could not be read, or for which the model gave
            no usable numbers; they are not counted.
        unknown: label → pictures of signs that the model does not know; they are not counted.
        not_candidates: label → pictures of signs that it knows and that were not among the
            candidates; they are not counted.
    """

    wanted: str
    scores: Scores
    rows: pd.DataFrame
    errors: tuple[tuple[str, str], ...] = ()
    unknown: dict[str, int] = field(default_factory=dict)
    not_candidates: dict[str, int] = field(default_factory=dict)

    @property
    def accuracy_when_answered(self) -> float | None:
        """Share of the answered pictures that are right, None where none is answered."""
        answered = self.rows[~self.rows["abstained"]]
        return None if answered.empty else float(answered["correct"].mean())

    def to_json(self) -> dict[str, Any]:
        """Return the figures that `asl evaluate --json` prints."""
        return {
            "images": self.scores.pictures,
            "people": self.scores.people,
            "accuracy": self.scores.accuracy,
            "interval": list(self.scores.interval),
            "accuracy_strict": self.scores.accuracy_strict,
            "macro_f1": self.scores.macro_f1,
            "hand_found": float(self.rows["found"].mean()),
            "answered": float(1 - self.rows["abstained"].mean()),
            "accuracy_when_answered": self.accuracy_when_answered,
            "per_class": {label: asdict(one) for label, one in self.scores.per_class.items()},
            "errors": [{"path": path, "error": reason} for path, reason in self.errors],
            "unknown": self.unknown,
            "not_among_candidates": self.not_candidates,
        }

    def to_row(self) -> dict[str, Any]:
        """Return the headline figures as a row of a results file."""
        low, high = self.scores.interval
        figures = self.to_json()
        left_out = sum([*self.unknown.values(), *self.not_candidates.values()])
        return {
            "pictures": figures["images"],
            "people": figures["people"],
            **({"left_out": left_out} if left_out else {}),
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

    Labels are matched with the model's whatever their case. Pictures of signs that the model does
    not know, or that are none of the candidates, are left out and counted.

    Args:
        predictor: the model.
        table: columns path, label, person ("" or missing where unknown), and perhaps name: what
            errors call the picture, its path by default.
        wanted: candidate set.
        progress: called with pictures done and pictures in all.
        controls: "del", "nothing" and "space" are possible, too.

    Raises:
        ValueError: the candidate set is unknown, there is no picture of its signs, or none that
            can be read.
    """
    known = predictor.card.labels
    labels = candidates(known, wanted, controls)
    table = table.assign(label=_as_the_model_spells(table["label"], known))
    counts = {str(label): int(count) for label, count in table["label"].value_counts().items()}
    unknown = {label: count for label, count in counts.items() if label not in known}
    others = {k: n for k, n in counts.items() if k not in labels and k not in unknown}
    table = table[table["label"].isin(labels)]
    if table.empty:
        raise ValueError(_nothing_left(unknown, others, known, wanted))
    rows, scores, errors = [], [], []
    for done, picture in enumerate(table.itertuples(), start=1):
        start = time.perf_counter()
        try:
            name = str(getattr(picture, "name", picture.path))
            look = predictor.look(decode(picture.path, name=name))
        except PictureError as error:
            errors.append((error.name, error.reason))
        except NoAnswer as error:
            errors.append((name, f"the model gave no answer: {error}"))
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
        raise ValueError(f"data: there is no picture that can be read and answered; {errors[0][1]}")
    frame = pd.DataFrame(rows)
    frame["person"] = frame["person"].fillna("")
    figures = measure_answers(frame["label"], frame["predicted"], labels, frame["person"])
    forgiven = forgive_look_alikes(frame["label"].to_numpy(str), frame["predicted"].to_numpy(str))
    frame["correct"] = forgiven == frame["label"]
    columns = [f"{SCORE}{label}" for label in labels]
    frame = pd.concat([frame, pd.DataFrame(np.stack(scores), columns=columns)], axis=1)
    return Evaluation(wanted, figures, frame, tuple(errors), unknown, others)


def _as_the_model_spells(labels: pd.Series, known: Sequence[str]) -> list[str]:
    """Return the labels, those that differ from one of `known` only in case as that one."""
    spelling = {label.casefold(): label for label in reversed(known)}
    return [
        label if label in known else spelling.get(label.casefold(), label)
        for label in labels.tolist()
    ]


def _nothing_left(
    unknown: Mapping[str, int], others: Mapping[str, int], known: Sequence[str], wanted: str
) -> str:
    if others:
        verb = "is" if len(others) == 1 else "are"
        return (
            f"labels: {_some([*others])} {verb} none of the {wanted}; choose other possible signs"
        )
    if unknown:
        return (
            f"labels: the model does not know {_some([*unknown])}; it knows {', '.join(known)}. "
            "Name each sign's folder as the model does"
        )
    return "data: there is no picture"


def _some(labels: Sequence[str], most: int = 10) -> str:
    return ", ".join([*map(repr, labels[:most]), *(["…"] if len(labels) > most else [])])
