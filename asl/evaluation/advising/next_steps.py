"""What to collect next after a training: of which signs, of whom, and how."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
import pandas as pd

from asl.data.in_words import listed
from asl.evaluation.advising.words import ExampleWords
from asl.evaluation.metrics import Scores
from asl.labels import MOTION_SIGNS, display_name

#: Fewer people than these are few, for learning and for testing.
FEW_PEOPLE = 5

#: Signs recognised less often than this are called weak, at most so many of them.
_WEAK_BELOW = 0.9
_MOST_WEAK = 6
_MOST_PAIRS = 3
#: A sign with less than this share of the others' examples has few.
_FEW = 0.5
_HANDS_FOUND = 0.8
#: A person is read much worse than the others from this difference on.
_MUCH_WORSE = 0.15
_MOST_NAMED = 6
#: The label of a person's sign is doubted where this share of at least so many examples is read as
#: one other sign, and the sign is read rightly in at least this share of the others' examples.
_THROUGHOUT, _FEWEST_READ, _KNOWN = 0.9, 4, 0.7
_MOST_DOUBTED = 3


@dataclass(frozen=True)
class WeakSign:
    """A sign that is often taken for others.

    Attributes:
        label: the sign.
        pictures: how many examples were tested.
        recognised: share of them, 0 to 1.
        taken_for: other signs and how often each was answered, most often first.
    """

    label: str
    pictures: int
    recognised: float
    taken_for: tuple[tuple[str, int], ...]


def weak_signs(scores: Scores) -> tuple[WeakSign, ...]:
    """Return the signs to work on, the weakest first."""
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


def what_next(
    rows: pd.DataFrame,
    scores: Scores,
    people: Sequence[tuple[str, float]],
    new_person: bool,
    unlearnt: Set[str],
    words: ExampleWords,
) -> list[str]:
    """Return what to collect next, in sentences.

    Args:
        rows: the tested examples, with the columns label, person and answer, and found where hands
            were searched for in pictures.
        people: (name, share right) of each person tested, the worst first; empty where unknown.
        new_person: whether the test was on people whom the model had not seen.
        unlearnt: signs that the networks which answered had not learnt.
        words: for the examples.
    """
    said = []
    if unlearnt:
        said.append(
            f"Add {words.examples} of {_named(sorted(unlearnt))} to learn from, of other people "
            "than those tested."
        )
    said += _whom_to_ask(scores, new_person, words)
    read_as = _read_as_another(rows) if new_person else {}
    said += _whose_labels(read_as, words)
    if not words.still:  # of pictures it is said under the data set's check
        # Whose labels are doubted is not asked to sign otherwise.
        doubted = {who for who, _ in read_as}
        others = [one for one in people if one[0] not in doubted]
        said += [*_who_lags(others, words), *_what_is_missing(rows, people, words)]
    said += _which_pairs(weak_signs(scores), unlearnt, words)
    counts = rows["label"].value_counts()
    few = counts[counts < _FEW * counts.median()].sort_values()
    if len(few):
        said.append(
            f"There are few {words.examples} of {_named([str(label) for label in few.index])}; "
            "bring them up to those of the others."
        )
    return [*said, *_hidden_hands(rows, words)]


def _named(labels: Sequence[str]) -> str:
    return ", ".join(display_name(label) for label in labels[:_MOST_NAMED])


def _whom_to_ask(scores: Scores, new_person: bool, words: ExampleWords) -> list[str]:
    if not new_person and scores.people:
        return [
            "Train again, tested on people it has not seen: only then is the score on a new "
            "person measured."
        ]
    if not new_person:
        return [
            f"Put each person's {words.examples} into a folder of their own, or say who is in "
            "them, and train again: only then can the score on a new person be measured."
        ]
    if scores.people and scores.people < FEW_PEOPLE:
        return [
            f"Ask more people. {words.examples.capitalize()} of one more person help more than "
            f"many more {words.examples} of the same ones."
        ]
    return []


def _whose_labels(read_as: Mapping[tuple[str, str], str], words: ExampleWords) -> list[str]:
    """Say whose examples of a sign are read as one other sign throughout.

    Folders that were exchanged look like that, and people who sign it otherwise.

    Args:
        read_as: as `_read_as_another` finds it.
    """
    exchanged, doubted = [], []
    for (who, label), other in read_as.items():
        one, two = display_name(label), display_name(other)
        if read_as.get((who, other)) != label:
            doubted.append(
                f"Look at the {words.examples} of {one} by {who}: nearly all are read as {two}. "
                "Correct the label if it is wrong; if it is right, "
                f"{words.collect} more people who sign it that way."
            )
        elif label < other:
            exchanged.append(
                f"Look at the {words.examples} of {one} and {two} by {who}: each sign is read as "
                "the other. If their labels were exchanged, correct them and train again."
            )
    return [*exchanged, *doubted][:_MOST_DOUBTED]


def _read_as_another(rows: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Return person and sign → the other sign as which nearly all of its examples are read."""
    known = rows[rows["person"].fillna("") != ""]
    right = known["answer"] == known["label"]
    found = {}
    for (who, label), own in known.groupby(["person", "label"]):
        others = right[(known["label"] == label) & (known["person"] != who)]
        share = own["answer"].value_counts(normalize=True)
        if (
            len(own) >= _FEWEST_READ
            and share.index[0] != label
            and share.iloc[0] >= _THROUGHOUT
            and len(others)
            and others.mean() >= _KNOWN
        ):
            found[str(who), str(label)] = str(share.index[0])
    return found


def _who_lags(people: Sequence[tuple[str, float]], words: ExampleWords) -> list[str]:
    """Say who is read much worse than the others."""
    if len(people) < 3:
        return []
    (who, share), others = people[0], float(np.mean([share for _, share in people[1:]]))
    if others - share < _MUCH_WORSE:
        return []
    return [
        f"{who} is read worst: {share:.0%} right, the others {others:.0%}. Look whether the hands "
        f"are seen in the {words.examples} of {who}; if they are, {words.collect} more people who "
        "sign that way."
    ]


def _what_is_missing(
    rows: pd.DataFrame, people: Sequence[tuple[str, float]], words: ExampleWords
) -> list[str]:
    """Say whom to ask for signs that the others have made, where everybody was tested."""
    if len(people) < 2:
        return []
    made = pd.crosstab(rows["person"], rows["label"]) > 0
    # A sign of a single person is no gap of the others.
    shared = made.loc[:, made.sum() > 1]
    gaps = {str(who): [str(label) for label in own.index[~own]] for who, own in shared.iterrows()}
    gaps = {who: labels for who, labels in gaps.items() if labels}
    if not gaps:
        return []
    said = [
        f"{listed([display_name(label) for label in labels])} by {who}"
        for who, labels in list(gaps.items())[:_MOST_PAIRS]
    ]
    return [f"{words.collect.capitalize()} what is missing: {'; '.join(said)}."]


def _which_pairs(weak: Sequence[WeakSign], unlearnt: Set[str], words: ExampleWords) -> list[str]:
    said: list[str] = []
    pairs: set[frozenset[str]] = set()
    collect = words.collect.capitalize()
    for sign in weak:
        name = display_name(sign.label)
        pair = frozenset([sign.label, *(other for other, _ in sign.taken_for[:1])])
        if sign.label in unlearnt or pair in pairs or len(pairs) == _MOST_PAIRS:
            continue
        pairs.add(pair)
        if words.still and sign.label in MOTION_SIGNS:
            said.append(
                f"{name} is a movement, of which a still {words.example} holds only a part: "
                f"{words.collect} it at the same moment of the movement each time."
            )
        elif sign.taken_for:
            other = display_name(sign.taken_for[0][0])
            said.append(
                f"{collect} {name} and {other} one after the other, {words.apart}: {name} was "
                f"taken for {other} in {sign.taken_for[0][1]} of {sign.pictures} {words.examples}."
            )
    return said


def _hidden_hands(rows: pd.DataFrame, words: ExampleWords) -> list[str]:
    if "found" not in rows:  # the model reads whole pictures, or sequences
        return []
    found = rows.groupby("label")["found"].mean()
    hidden = found[(found < _HANDS_FOUND) & (found.index != "nothing")].sort_values()
    if not len(hidden):
        return []
    names = ", ".join(
        f"{display_name(str(label))} ({share:.0%})"
        for label, share in hidden.head(_MOST_NAMED).items()
    )
    return [
        f"A hand is found too seldom in the {words.examples} of {names}. Show the whole hand with "
        "some room around it, in good light."
    ]
