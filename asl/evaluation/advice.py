"""What a trained model's test means for the person who trained it, and what to do next."""

import json
from collections.abc import Sequence, Set
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from asl.bundle import EVALUATION, ModelBundle
from asl.data.splits import BY_PERSON
from asl.evaluation.intervals import accuracy_interval
from asl.evaluation.metrics import Scores, measure
from asl.evaluation.report import SCORE
from asl.evaluation.results import people_in_words
from asl.evaluation.untrained import left_out_in_words, untrained, untrained_in_words
from asl.labels import MOTION_SIGNS, display_name, handshape

#: Signs recognised less often than this are called weak, at most so many of them.
_WEAK_BELOW = 0.9
_MOST_WEAK = 6
_MOST_SUSPECTS = 24
_MOST_PAIRS = 3
#: A sign with less than this share of the others' pictures has few.
_FEW = 0.5
_HANDS_SEEN = 0.8
_FEW_PEOPLE = 5
_MANY_COPIES = 0.1
_WHERE = {
    "random": "on pictures drawn at random",
    "own": "on the test part that came with the data",
    "leave-one-set-out": "on data sets it had not seen",
}


@dataclass(frozen=True)
class WeakSign:
    """A sign that is often taken for others.

    Attributes:
        label: the sign.
        pictures: tested.
        recognised: share of them, 0 to 1.
        taken_for: other signs and how often each was answered, most often first.
    """

    label: str
    pictures: int
    recognised: float
    taken_for: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Suspect:
    """A picture whose label is probably wrong.

    Attributes:
        picture: name of the file.
        path: where it lies, "" where unknown.
        label: what it is said to show.
        looks_like: what the model, which never saw it, takes it for.
        confidence: of the model, 0 to 1.
    """

    picture: str
    path: str
    label: str
    looks_like: str
    confidence: float


@dataclass(frozen=True)
class Advice:
    """One page about a training's result.

    Attributes:
        new_person: whether the score is that on people the model has not seen.
        accuracy: share answered right; with people, the mean of their shares.
        low, high: 95 % range of it.
        pictures: tested.
        people: (name, accuracy) of each person tested, the worst first; empty where unknown.
        warnings: what makes the score worth less than it looks.
        weak: signs to work on, the weakest first.
        next_pictures: what to photograph next, in sentences.
        suspects: pictures to look at again.
        split: how the test pictures were set aside; a key of `asl.training.config.SPLITS`.
        tested: how many people are in the test pictures; None where that is not known.
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

    @property
    def where(self) -> str:
        """On what the accuracy was measured, in words."""
        if self.new_person:
            return "on a new person"
        return _WHERE.get(self.split, "on pictures set aside")

    @property
    def rests_on(self) -> str:
        """How many pictures and people the accuracy rests on, in words."""
        # Reports that were written before they counted people have them by name.
        count = self.tested or len(self.people) or None
        said = [people_in_words(count), f"{self.pictures:,} pictures"]
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
        paths: of the test pictures, row for row those of its evaluation; None where unknown.
    """
    rows = pd.read_parquet(bundle.folder / EVALUATION)
    rows["path"] = "" if paths is None else list(paths)
    labels = [name.removeprefix(SCORE) for name in rows if name.startswith(SCORE)]
    chances = rows[[SCORE + label for label in labels]].to_numpy(np.float64)
    names = rows["person"].fillna("") if "person" in rows else None
    split = str(bundle.card.training.get("split", "random"))
    scores = measure(rows["label"], chances, labels, names, learned_from=split == "random")
    new_person = bool(bundle.card.training.get("new_people", split in BY_PERSON))
    learnt = ~untrained(bundle.card, rows)
    correct = _right(rows, chances, labels)
    people = _by_person(rows["person"].fillna("").to_numpy(str), correct) if new_person else ()
    accuracy, (low, high) = scores.accuracy, scores.interval
    if len(people) > 1:  # each counts alike, however many pictures there are of them
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
            *_warnings(bundle, new_person, scores.people),
            *untrained_in_words(bundle.card, rows),
            *left_out_in_words(bundle.card),
        ),
        weak=_weak(scores),
        next_pictures=tuple(_next_pictures(rows, scores, new_person, set(rows["label"][~learnt]))),
        # Whoever never learnt a sign cannot know that a picture of it is mislabelled.
        suspects=_suspects(rows[learnt], chances[learnt], labels),
        split=split,
        tested=scores.people,
    )


def _right(rows: pd.DataFrame, chances: np.ndarray, labels: Sequence[str]) -> np.ndarray:
    """Return (N,) bool, look-alikes forgiven."""
    shapes = np.array([handshape(label) for label in labels])
    sums = np.stack([chances[:, shapes == shape].sum(1) for shape in np.unique(shapes)], 1)
    return np.unique(shapes)[sums.argmax(1)] == [handshape(label) for label in rows["label"]]


def _by_person(who: np.ndarray, correct: np.ndarray) -> tuple[tuple[str, float], ...]:
    shares = pd.Series(correct).groupby(who).mean().sort_values()
    return tuple((str(person), float(share)) for person, share in shares.items())


def _warnings(bundle: ModelBundle, new_person: bool, tested: int | None) -> list[str]:
    training, said = bundle.card.training, []
    if training.get("split") == "random":
        start = "The model" if tested else "It is not known who is in the pictures, so the model"
        are = "are" if tested else "are probably"
        said.append(
            f"{start} was tested on pictures drawn at random. The same people {are} among those it "
            "learned from, and on other people it will do worse, often much worse."
        )
        copies = training.get("near_copies") or 0
        if copies > _MANY_COPIES:
            said.append(
                f"{copies:.0%} of the tested pictures have a near-copy among those it learned "
                "from, so this score says little."
            )
    elif not new_person and training.get("split") == "own":
        said.append(
            "People of the test part may be among those it learned from. Where they are, the score "
            "flatters."
        )
    elif new_person and tested == 1:
        said.append("Only one person was tested, so the range says nothing about others.")
    elif new_person and tested and tested < _FEW_PEOPLE:
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
            "the score flatters. Start from ImageNet for an honest one."
        )
    return said


def _weak(scores: Scores) -> tuple[WeakSign, ...]:
    weak = []
    for label, score in scores.per_class.items():
        if score.recall >= _WEAK_BELOW:
            continue
        counts = scores.confusion[scores.labels.index(label)]
        order = np.argsort(-counts, kind="stable")
        taken = [(scores.labels[i], int(counts[i])) for i in order if counts[i]]
        taken = [pair for pair in taken if pair[0] != label][:3]
        weak.append(WeakSign(label, score.support, score.recall, tuple(taken)))
    return tuple(sorted(weak, key=lambda sign: sign.recognised)[:_MOST_WEAK])


def _next_pictures(
    rows: pd.DataFrame, scores: Scores, new_person: bool, unlearnt: Set[str]
) -> list[str]:
    said = []
    if unlearnt:
        names = ", ".join(display_name(label) for label in sorted(unlearnt)[:6])
        said.append(f"Add pictures of {names} to learn from, of other people than those tested.")
    if not new_person and scores.people:
        said.append(
            "Train again, tested on people it has not seen: only then is the score on a new "
            "person measured."
        )
    elif not new_person:
        said.append(
            "Put each person's pictures into a folder of their own, or say who is in them, and "
            "train again: only then can the score on a new person be measured."
        )
    elif scores.people and scores.people < _FEW_PEOPLE:
        said.append(
            "Ask more people. Pictures of one more person help more than many more pictures of "
            "the same ones."
        )
    pairs: set[frozenset[str]] = set()
    for sign in _weak(scores):
        name = display_name(sign.label)
        pair = frozenset([sign.label, *(other for other, _ in sign.taken_for[:1])])
        if sign.label in unlearnt or pair in pairs or len(pairs) == _MOST_PAIRS:
            continue
        pairs.add(pair)
        if sign.label in MOTION_SIGNS:
            said.append(
                f"{name} is a movement, of which a still picture holds only a part: photograph it "
                "at the same moment of the movement each time."
            )
        elif sign.taken_for:
            other = display_name(sign.taken_for[0][0])
            said.append(
                f"Photograph {name} and {other} one after the other, from several sides and in "
                f"other rooms: {name} was taken for {other} in {sign.taken_for[0][1]} of "
                f"{sign.pictures} pictures."
            )
    counts = rows["label"].value_counts()
    few = counts[counts < _FEW * counts.median()].sort_values()
    if len(few):
        names = ", ".join(display_name(str(label)) for label in few.index[:6])
        said.append(f"There are few pictures of {names}; bring them up to those of the others.")
    if "found" not in rows:  # the model looks at whole pictures
        return said
    seen = rows.groupby("label")["found"].mean()
    unseen = seen[(seen < _HANDS_SEEN) & (seen.index != "nothing")].sort_values()
    if len(unseen):
        names = ", ".join(
            f"{display_name(str(label))} ({share:.0%})" for label, share in unseen.head(6).items()
        )
        said.append(
            f"A hand is found too seldom in the pictures of {names}. Show the whole hand with "
            "some room around it, in good light."
        )
    return said


def _suspects(
    rows: pd.DataFrame, chances: np.ndarray, labels: Sequence[str]
) -> tuple[Suspect, ...]:
    """Return pictures that are probably mislabelled, by confident learning.

    Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels",
    2021. Every picture is judged by networks that never saw it. Look-alikes count as one.
    """
    from cleanlab.filter import find_label_issues

    shapes = np.array([handshape(label) for label in labels])
    present = np.unique([handshape(label) for label in rows["label"]])
    if len(present) < 2:
        return ()
    sums = np.stack([chances[:, shapes == shape].sum(1) for shape in present], 1)
    sums /= np.maximum(sums.sum(1, keepdims=True), 1e-12)
    given = np.searchsorted(present, [handshape(label) for label in rows["label"]])
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
