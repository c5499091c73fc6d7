"""What a trained model's test means for the person who trained it, and what to do next."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from asl.bundle import EVALUATION, ModelBundle
from asl.data.splits import BY_PERSON
from asl.evaluation.advising.next_steps import FEW_PEOPLE, WeakSign, weak_signs, what_next
from asl.evaluation.advising.words import ExampleWords, kind_of_card, words_for
from asl.evaluation.intervals import accuracy_interval
from asl.evaluation.metrics import forgive_look_alikes, measure, top_labels
from asl.evaluation.report import SCORE
from asl.evaluation.results.result import people_in_words
from asl.evaluation.suspects import Suspect, find_suspects
from asl.evaluation.untrained import left_out_in_words, untrained, untrained_in_words

_MANY_COPIES = 0.1
_WHERE = {
    "random": "on {} drawn at random",
    "own": "on the test part that came with the data",
    "leave-one-set-out": "on data sets it had not seen",
}


@dataclass(frozen=True)
class Advice:
    """One page about a training's result.

    Attributes:
        new_person: whether the score is that on people the model has not seen.
        accuracy: share answered right; with people, the mean of their shares.
        low, high: 95 % range of it.
        pictures: how many examples were tested, of whatever kind.
        people: (name, accuracy) of each person tested, the worst first; empty where unknown.
        warnings: what makes the score worth less than it looks.
        weak: signs to work on, the weakest first.
        next_pictures: what to collect next, in sentences.
        suspects: examples to look at again.
        split: how the test was set aside; a key of `asl.training.config.SPLITS`.
        tested: how many people are in the test; None where that is not known.
        kind: of the examples; see `asl.training.kind`.
    """

    new_person: bool
    accuracy: float
    low: float
    high: float
    pictures: int
    people: tuple[tuple[str, float], ...]
    warnings: tuple[str, ...]
    weak: tuple[WeakSign, ...]
    next_pictures: tuple[str, ...]
    suspects: tuple[Suspect, ...]
    split: str = "random"
    tested: int | None = None
    kind: str = "pictures"

    @property
    def where(self) -> str:
        """On what the accuracy was measured, in words."""
        if self.new_person:
            return "on a new person"
        return _WHERE.get(self.split, "on {} set aside").format(words_for(self.kind).examples)

    @property
    def rests_on(self) -> str:
        """How many examples and people the accuracy rests on, in words."""
        # Reports that were written before they counted people have them by name.
        count = self.tested or len(self.people) or None
        said = [people_in_words(count), f"{self.pictures:,} {words_for(self.kind).examples}"]
        return ", ".join(said if count else reversed(said))

    @property
    def about_others(self) -> bool:
        """Whether the range is about people that were not tested as well."""
        return (self.tested or len(self.people)) > 1 and self.split != "random"

    def to_json(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises:
            ValueError: it is none.
        """
        try:
            raw: dict[str, Any] = json.loads(text)
            weak = [
                WeakSign(**sign | {"taken_for": tuple(map(tuple, sign["taken_for"]))})
                for sign in raw["weak"]
            ]
            lists = {
                "people": tuple(map(tuple, raw["people"])),
                "warnings": tuple(raw["warnings"]),
                "weak": tuple(weak),
                "next_pictures": tuple(raw["next_pictures"]),
                "suspects": tuple(Suspect(**suspect) for suspect in raw["suspects"]),
            }
            return cls(**raw | lists)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"advice: not readable ({error})") from error


def advise(bundle: ModelBundle, paths: Sequence[str] | None = None) -> Advice:
    """Read a bundle's test and say what it means.

    Args:
        paths: of the tested examples, row for row those of its evaluation; None where unknown.
    """
    kind = kind_of_card(bundle.card)
    words = words_for(kind)
    rows = pd.read_parquet(bundle.folder / EVALUATION)
    rows["path"] = "" if paths is None else list(paths)
    labels = [name.removeprefix(SCORE) for name in rows if name.startswith(SCORE)]
    chances = rows[[SCORE + label for label in labels]].to_numpy(np.float64)
    names = rows["person"].fillna("") if "person" in rows else None
    split = str(bundle.card.training.get("split", "random"))
    still = bundle.card.still
    scores = measure(rows["label"], chances, labels, names, split == "random", still)
    new_person = bool(bundle.card.training.get("new_people", split in BY_PERSON))
    learnt = ~untrained(bundle.card, rows)
    rows["answer"] = _answers(rows, chances, labels, still)
    correct = (rows["answer"] == rows["label"]).to_numpy(bool)
    people = _by_person(rows["person"].fillna("").to_numpy(str), correct) if new_person else ()
    accuracy, (low, high) = scores.accuracy, scores.interval
    if len(people) > 1:  # each counts alike, however much there is of them
        accuracy = float(np.mean([share for _, share in people]))
        low, high = accuracy_interval(correct, names, alike=True)
    return Advice(
        new_person=new_person,
        accuracy=accuracy,
        low=low,
        high=high,
        pictures=len(rows),
        people=people,
        warnings=(
            *_warnings(bundle, new_person, scores.people, words),
            *untrained_in_words(bundle.card, rows, words),
            *left_out_in_words(bundle.card, words),
        ),
        weak=weak_signs(scores),
        next_pictures=tuple(
            what_next(rows, scores, people, new_person, set(rows["label"][~learnt]), words)
        ),
        # Networks that never learnt a sign cannot tell that an example of it is mislabelled.
        suspects=find_suspects(rows[learnt], chances[learnt], labels, still),
        split=split,
        tested=scores.people,
        kind=kind,
    )


def _answers(
    rows: pd.DataFrame, chances: np.ndarray, labels: Sequence[str], still: bool
) -> np.ndarray:
    """Return (N,) str, look-alikes forgiven in still pictures."""
    answers = top_labels(chances, labels, still)
    return forgive_look_alikes(rows["label"].to_numpy(str), answers, still)


def _by_person(who: np.ndarray, correct: np.ndarray) -> tuple[tuple[str, float], ...]:
    shares = pd.Series(correct).groupby(who).mean().sort_values()
    return tuple((str(person), float(share)) for person, share in shares.items())


def _warnings(
    bundle: ModelBundle, new_person: bool, tested: int | None, words: ExampleWords
) -> list[str]:
    training = bundle.card.training
    said: list[str] = []
    if training.get("split") == "random":
        start = "The model"
        if not tested:
            start = f"It is not known who is in the {words.examples}, so the model"
        are = "are" if tested else "are probably"
        said.append(
            f"{start} was tested on {words.examples} drawn at random. The same people {are} among "
            "those it learned from, and on other people it will do worse, often much worse."
        )
        copies = training.get("near_copies") or 0
        if copies > _MANY_COPIES:
            said.append(
                f"{copies:.0%} of the tested {words.examples} have a near-copy among those it "
                "learned from, so this score says little."
            )
    elif not new_person and training.get("split") == "own":
        said.append(
            "People of the test part may be among those it learned from. Where they are, the score "
            "flatters."
        )
    elif new_person and tested == 1:
        said.append("Only one person was tested, so the range says nothing about others.")
    elif new_person and tested and tested < FEW_PEOPLE:
        said.append(
            f"Only {tested} people were tested, so the range is rough: the next person may "
            "well fall outside of it."
        )
    unused = sum(entry.get("left_out") or 0 for entry in bundle.card.data)
    if unused:
        said.append(
            f"{unused:,} files of the data were left out, most likely since they cannot be read; "
            "the log of the run names them."
        )
    if training.get("start_saw"):
        said.append(
            f"The start weights had learned from {', '.join(training['start_saw'])} already, so "
            f"the score flatters. Start from {words.honest_start} for an honest one."
        )
    return said
