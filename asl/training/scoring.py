"""Score each fold's answers, among the signs that their users would choose from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from asl.card import ScoreEntry
from asl.data.splits import Split
from asl.evaluation.calibration import abstain_threshold
from asl.evaluation.metrics import Scores, answerable, measure
from asl.evaluation.report import SCORE
from asl.evaluation.untrained import LEFT_OUT, NEVER_TRAINED
from asl.inference.decision import restrict, softmax
from asl.labels import CANDIDATE_SETS, candidates, own_set
from asl.training.data import TrainingData
from asl.training.kind import Answers

#: Of each score that is stored.
_BITS = 12


@dataclass(frozen=True)
class FoldAnswers:
    """What a fold's model says about what was left out of its training.

    Attributes:
        split: the fold.
        answers: N of them.
        logits: (N, C) of the answers, calibrated.
        left_out: label → tested examples that do not count, since their sign was not learnt.
    """

    split: Split
    answers: Answers
    logits: np.ndarray
    left_out: dict[str, int]


def score_folds(
    config_split: str, data: TrainingData[Any], folds: Sequence[FoldAnswers]
) -> list[ScoreEntry]:
    """Return one entry for each fold and each candidate set that its examples allow.

    Signs that were not trained count, and are named with the number of their examples.

    Args:
        config_split: how the folds were made, a key of `asl.training.config.SPLITS`.
    """
    scores = []
    for fold in folds:
        truth = data.rows.labels[fold.answers.rows].tolist()
        sets = _by_own_set(truth, data.sets)
        sets = {"all": np.arange(len(truth)), **{k: sets[k] for k in sets if k != "all"}}
        for name, rows in sets.items():
            if name == "all" or set(CANDIDATE_SETS[name]) & set(data.labels):
                scores.append(_score(config_split, data, fold, name, rows))
    return scores


def _score(
    config_split: str, data: TrainingData[Any], fold: FoldAnswers, name: str, rows: np.ndarray
) -> ScoreEntry:
    """Return the score of the answers at `rows` among the candidate set `name`."""
    answers = fold.answers.take(rows)
    whole = _measure(data, answers, fold.logits[rows], name, config_split == "random")
    entry: ScoreEntry = {
        "data": fold.split.name,
        "split": config_split,
        "candidates": name,
        "pictures": whole.pictures,
        "people": whole.people,
        "accuracy": whole.accuracy,
        "low": whole.interval[0],
        "high": whole.interval[1],
        "accuracy_strict": whole.accuracy_strict,
        "macro_f1": whole.macro_f1,
    }
    # Examples that are never tested may have taught what no other did.
    untaught = ~answers.learnt & ~np.isin(data.rows.labels[answers.rows], data.extra_labels)
    if untaught.any():
        entry[NEVER_TRAINED] = count_labels(data, answers, untaught)
    if name == "all" and fold.left_out:
        entry[LEFT_OUT] = fold.left_out
    own = answers.scores(lambda part, logits: _measure(data, part, logits, name))
    return cast(ScoreEntry, {**entry, **own})


def _measure(
    data: TrainingData[Any],
    answers: Answers,
    logits: np.ndarray,
    candidate_set: str,
    learned_from: bool = False,
) -> Scores:
    chosen = candidates(data.labels, candidate_set)
    rows = data.rows.take(answers.rows)
    chances = restrict(logits, data.labels, chosen)
    truth, people = rows.labels.tolist(), rows.people.tolist()
    return measure(truth, chances, chosen, people, learned_from, data.still)


def count_labels(data: TrainingData[Any], answers: Answers, chosen: np.ndarray) -> dict[str, int]:
    """Return label → number of the answers `chosen`, an (N,) mask."""
    labels, counts = np.unique(data.rows.labels[answers.rows[chosen]], return_counts=True)
    return dict(zip(labels.tolist(), counts.tolist(), strict=True))


def among_own_set(
    answers: Answers, logits: np.ndarray, sets: Sequence[str], still: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Return (N,) confidence and correctness, each answer among its truth's own candidate set.

    Args:
        sets, still: see `asl.training.data.TrainingData`.
    """
    confidence, correct = np.zeros(len(logits)), np.zeros(len(logits), bool)
    truth = [answers.labels[i] for i in answers.truth]
    for name, rows in _by_own_set(truth, sets).items():
        chosen = candidates(answers.labels, name)
        chances = answerable(restrict(logits[rows], answers.labels, chosen), chosen, still)
        best = np.array([answers.labels.index(label) for label in chosen])[chances.argmax(1)]
        confidence[rows], correct[rows] = chances.max(1), best == answers.truth[rows]
    return confidence, correct


def thresholds(
    answers: Answers,
    calibration: np.ndarray,
    trust: float,
    sets: Sequence[str],
    still: bool = True,
) -> dict[str, float]:
    """Return the confidences below which to say "can't tell"; see `Answers.thresholds`.

    Args:
        trust: accuracy that the answers above a threshold should have, 0–1.
        sets, still: see `asl.training.data.TrainingData`.
    """

    def fit(part: Answers, logits: np.ndarray, rows: np.ndarray) -> float:
        confidence, correct = among_own_set(part, logits, sets, still)
        return round(abstain_threshold(confidence[rows], correct[rows], trust), 4)

    return answers.thresholds(calibration, fit)


def evaluation_rows(data: TrainingData[Any], folds: Sequence[FoldAnswers]) -> pd.DataFrame:
    """Return one row a tested example: file name, truth, person, fold, score of every sign.

    What else the model shows stands in columns of its own; see `Answers.columns`.
    """
    parts = []
    for fold in folds:
        at = fold.answers.rows
        rows, own = data.rows.take(at), fold.answers.columns()
        about = {
            "picture": [Path(path).name for path in data.paths[at].tolist()],
            "label": rows.labels,
            "person": rows.people,
            "source": rows.sources,
            "fold": fold.split.name,
        }
        if "found" in own:
            about["found"] = own.pop("found")
        chances = pd.DataFrame(_rounded(softmax(fold.logits))).set_axis(
            [SCORE + label for label in data.labels], axis=1
        )
        parts.append(pd.concat([pd.DataFrame(about), chances, pd.DataFrame(own)], axis=1))
    return pd.concat(parts, ignore_index=True)


def store_rows(rows: pd.DataFrame, file: Path) -> None:
    """Store what `evaluation_rows` returns; with hundreds of signs it is most of a bundle."""
    scores = [name for name in rows if str(name).startswith(SCORE)]
    rows.to_parquet(
        file,
        index=False,
        compression="zstd",
        use_dictionary=[name for name in rows if name not in scores],
        column_encoding=dict.fromkeys(scores, "BYTE_STREAM_SPLIT"),
    )


def _rounded(scores: np.ndarray) -> np.ndarray:
    """Return scores as float32 of which four digits are kept, so that they take less space.

    Small ones too: they decide where the likelier signs are not possible.
    """
    mantissa, exponent = np.frexp(scores)
    return np.ldexp(np.round(mantissa * 2**_BITS) / 2**_BITS, exponent).astype(np.float32)


def _by_own_set(truth: Sequence[str], sets: Sequence[str]) -> dict[str, np.ndarray]:
    """Return candidate set → positions of the signs that belong to it first."""
    own = [own_set(label) for label in truth]
    names = np.array([name if name in sets else "all" for name in own], str)
    return {name: np.flatnonzero(names == name) for name in sorted(set(names.tolist()))}
