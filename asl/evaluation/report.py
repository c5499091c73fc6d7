"""Try a model on a folder of labelled examples."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np
import pandas as pd

from asl.card import ModelCard
from asl.decoding import decode
from asl.evaluation.metrics import Scores, forgive_look_alikes, measure_answers
from asl.images import PictureError
from asl.inference.decision import restrict
from asl.inference.pictures.predictor import Predictor
from asl.inference.runner import NoAnswer
from asl.labels import BEST, as_spelled, candidates

#: Prefix of the columns that hold the score of every class.
SCORE = "score_"

Example = TypeVar("Example", contravariant=True)
AnyOutputs = TypeVar("AnyOutputs", bound="Outputs")


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
        of_sequences: whether the model reads sequences, in all of which a hand was found.
    """

    wanted: str
    scores: Scores
    rows: pd.DataFrame
    errors: tuple[tuple[str, str], ...] = ()
    unknown: dict[str, int] = field(default_factory=dict)
    not_candidates: dict[str, int] = field(default_factory=dict)
    of_sequences: bool = False

    @property
    def within_five(self) -> float:
        """Share of the examples whose sign is among the best five."""
        columns = [name for name in self.rows if name.startswith(SCORE)]
        best = np.argsort(-self.rows[columns].to_numpy(), 1)[:, :BEST]
        named = np.array([name.removeprefix(SCORE) for name in columns])[best]
        return float((named == self.rows["label"].to_numpy(str)[:, None]).any(1).mean())

    @property
    def among_these(self) -> float:
        """Accuracy where only the signs of these examples are possible, the mean of the people."""
        signs = np.unique(self.rows["label"].to_numpy(str))
        best = self.rows[[f"{SCORE}{sign}" for sign in signs]].to_numpy().argmax(1)
        right = pd.Series(signs[best] == self.rows["label"].to_numpy(str))
        return float(right.groupby(self.rows["person"].to_numpy()).mean().mean())

    @property
    def _own(self) -> dict[str, float]:
        """What is said of this kind of example alone."""
        if self.of_sequences:
            return {"within_five": self.within_five, "among_these_words": self.among_these}
        return {"hand_found": float(self.rows["found"].mean())}

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
            **self._own,
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
            "clips" if self.of_sequences else "pictures": figures["images"],
            "people": figures["people"],
            **({"left_out": left_out} if left_out else {}),
            "accuracy": figures["accuracy"],
            "low": low,
            "high": high,
            **{
                key: figures[key]
                for key in ("macro_f1", *self._own, "answered", "accuracy_when_answered")
            },
        }


#: Called with what is done, and how much there is in all.
Progress = Callable[[int, int], None]


def silent(done: int, total: int) -> None:
    """Tell nobody how far it has come."""


class UnreadableExample(ValueError):
    """A file that cannot be used as an example.

    Attributes:
        name: what it is called.
        reason: why it cannot be used.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name, self.reason = name, reason


class Outputs(Protocol):
    """What networks make of one example, such as `NetworkOutputs`."""

    @property
    def logits(self) -> np.ndarray:
        """(C,) calibrated."""


class Answer(Protocol):
    """The answer for one example, such as `Prediction`."""

    @property
    def label(self) -> str:
        """The likeliest sign, also where the model abstains."""

    @property
    def confidence(self) -> float:
        """Calibrated probability of it, 0–1."""

    @property
    def abstained(self) -> bool:
        """Whether the model rather gives no answer."""

    @property
    def found(self) -> bool:
        """Whether a hand was found."""

    @property
    def agreement(self) -> bool | None:
        """Whether the networks agree; None where only one answered."""


class ExamplePredictor(Protocol[Example, AnyOutputs]):
    """A loaded model of whatever kind of example, such as `Predictor`."""

    card: ModelCard

    def outputs_of(self, example: Example, /) -> AnyOutputs:
        """Run the networks on an example; raises `NoAnswer`."""

    def answer(self, outputs: AnyOutputs, wanted: str, start: float, controls: bool) -> Answer:
        """Turn outputs into an answer; `start` is the `time.perf_counter` when work began."""


def evaluate_folder(
    predictor: Predictor,
    table: pd.DataFrame,
    wanted: str = "all",
    progress: Progress = silent,
    controls: bool = False,
) -> Evaluation:
    """Predict every picture of `table` and compare the answers with its labels.

    Arguments and errors as in `evaluate`.
    """
    return evaluate(predictor, _decode, table, wanted, progress, controls)


def evaluate(
    predictor: ExamplePredictor[Example, AnyOutputs],
    load: Callable[[str, str], Example],
    table: pd.DataFrame,
    wanted: str = "all",
    progress: Progress = silent,
    controls: bool = False,
) -> Evaluation:
    """Predict every example of `table` and compare the answers with its labels.

    Labels are matched with the model's (`as_spelled`). Examples of signs that the model does not
    know, or that are none of the candidates, are left out and counted.

    Args:
        predictor: the model.
        load: reads an example, given its path and its name; raises `UnreadableExample`.
        table: columns path, label, person ("" or missing where unknown), and perhaps name: what
            errors call the example, its path by default.
        wanted: candidate set.
        progress: see `Progress`.
        controls: "del", "nothing" and "space" are possible, too.

    Raises:
        ValueError: the candidate set is unknown, there is no example of its signs, or none that
            can be read.
    """
    known = predictor.card.labels
    labels = candidates(known, wanted, controls)
    table = table.assign(label=as_spelled(table["label"], known))
    counts = {str(label): int(count) for label, count in table["label"].value_counts().items()}
    unknown = {label: count for label, count in counts.items() if label not in known}
    others = {k: n for k, n in counts.items() if k not in labels and k not in unknown}
    table = table[table["label"].isin(labels)]
    if table.empty:
        raise ValueError(_nothing_left(unknown, others, known, wanted))
    rows: list[dict[str, object]] = []
    scores: list[np.ndarray] = []
    errors: list[tuple[str, str]] = []
    for done, example in enumerate(table.itertuples(), start=1):
        path, start = str(example.path), time.perf_counter()
        name = str(getattr(example, "name", path))
        try:
            outputs = predictor.outputs_of(load(path, name))
        except UnreadableExample as error:
            errors.append((error.name, error.reason))
        except NoAnswer as error:
            errors.append((name, f"the model gave no answer: {error}"))
        else:
            answer = predictor.answer(outputs, wanted, start, controls)
            about = {"path": path, "label": example.label, "person": example.person}
            rows.append(about | _row(answer))
            scores.append(restrict(np.asarray(outputs.logits, np.float64), known, labels))
        progress(done, len(table))
    if not rows:
        raise ValueError(f"data: there is no picture that can be read and answered; {errors[0][1]}")
    frame = _frame(rows, np.stack(scores), labels, predictor.card.still)
    figures = measure_answers(
        frame["label"], frame["predicted"], labels, frame["person"], still=predictor.card.still
    )
    of_sequences = not predictor.card.still
    return Evaluation(wanted, figures, frame, tuple(errors), unknown, others, of_sequences)


def _decode(path: str, name: str) -> np.ndarray:
    try:
        return decode(path, name=name)
    except PictureError as error:
        raise UnreadableExample(error.name, error.reason) from error


def _row(answer: Answer) -> dict[str, object]:
    return {
        "predicted": answer.label,
        "confidence": answer.confidence,
        "abstained": answer.abstained,
        "found": answer.found,
        "agreement": answer.agreement,
    }


def _frame(
    rows: Sequence[Mapping[str, object]], scores: np.ndarray, labels: Sequence[str], still: bool
) -> pd.DataFrame:
    """Return `Evaluation.rows`.

    Args:
        scores: (N, C) probabilities among the candidates.
        labels: the C candidates.
        still: as for `asl.evaluation.metrics.measure`.
    """
    frame = pd.DataFrame(rows)
    frame["person"] = frame["person"].fillna("")
    truth, predicted = frame["label"].to_numpy(str), frame["predicted"].to_numpy(str)
    frame["correct"] = forgive_look_alikes(truth, predicted, still) == truth
    columns = [f"{SCORE}{label}" for label in labels]
    return pd.concat([frame, pd.DataFrame(scores, columns=columns)], axis=1)


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
