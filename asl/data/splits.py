"""Which rows to train on and which to test on: at random, or on people never seen.

Scores of a random split are optimistic if one person gives many examples: near-copies of the
training examples are then in the test.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from asl.data.in_words import listed

# How many random groups of people to choose the most fitting from.
PERSON_DRAWS = 64
#: Groups that people are left out in if they are too many to be left out one by one.
FOLDS = 5
#: Ways to test a model in which nobody is on both sides; keys of `asl.training.config.SPLITS`.
BY_PERSON = ("new-person", "leave-one-person-out", "group-k-fold")
# People whom the name of a split lists: all of so many, or the first of more.
_MOST_NAMED, _FIRST_NAMED = 4, 3


@dataclass(frozen=True, eq=False)
class Split:
    """Rows of a table on two sides.

    Attributes:
        name: for people, as in "new person: hand1".
        kind: how the sides were chosen.
        train: positions of the training rows, ascending.
        test: positions of the test rows, ascending.
    """

    name: str
    kind: Literal["random", "new-person", "own"]
    train: np.ndarray
    test: np.ndarray

    def __post_init__(self) -> None:
        for side in ("train", "test"):
            if not len(getattr(self, side)):
                raise ValueError(f"{side}: no row of the split {self.name!r} is on this side")
        both = np.intersect1d(self.train, self.test)
        if both.size:
            raise ValueError(f"test: row {both[0]} of the split {self.name!r} is in train too")


def random_split(labels: Sequence[str], test_fraction: float = 0.2, seed: int = 0) -> Split:
    """Split at random, with every label's share the same on both sides.

    Raises:
        ValueError: `test_fraction` is not between 0 and 1, a label has only one row, or a side
            would have fewer rows than there are labels.
    """
    _check_fraction(test_fraction)
    counts = Counter(labels)
    rare = sorted(label for label, count in counts.items() if count < 2)
    if rare:
        raise ValueError(
            f"labels: {rare[0]!r} has only one row, so it cannot be on both sides; "
            "add pictures or leave it out"
        )
    test_rows = int(np.ceil(test_fraction * len(labels)))
    if min(test_rows, len(labels) - test_rows) < max(len(counts), 1):
        raise ValueError(
            f"test_fraction: {test_fraction} of {len(labels)} rows leaves a side with fewer rows "
            f"than the {len(counts)} labels"
        )
    train, test = train_test_split(
        np.arange(len(labels)), test_size=test_rows, stratify=list(labels), random_state=seed
    )
    name = f"random: {test_fraction:.0%} for the test, seed {seed}"
    return Split(name, "random", np.sort(train), np.sort(test))


def person_split(
    labels: Sequence[str],
    people: Sequence[str | None],
    held_out: str | Collection[str] | None = None,
    test_fraction: float | None = None,
    seed: int = 0,
) -> Split:
    """Split so that nobody is on both sides.

    Args:
        labels: label of every row.
        people: person of every row.
        held_out: the person or people to test on; or
        test_fraction: the share of people to test on, drawn at random: of several draws the one
            in which training misses the fewest labels, then the one whose share of rows is
            nearest to `test_fraction`.
        seed: of the draw.

    Raises:
        ValueError: a person is unknown, there is only one, nobody is left to train on, or not
            exactly one of `held_out` and `test_fraction` is given.
    """
    who = _known_people(people)
    if len(labels) != len(who):
        raise ValueError(f"labels: {len(labels)} labels, but {len(who)} people")
    if held_out is not None and test_fraction is None:
        chosen = {held_out} if isinstance(held_out, str) else set(held_out)
    elif held_out is None and test_fraction is not None:
        _check_fraction(test_fraction)
        chosen = _draw_people(np.asarray(labels), who, test_fraction, seed)
    else:
        raise ValueError("held_out: give either held_out or test_fraction")
    return _without(chosen, who)


def leave_one_person_out(people: Sequence[str | None]) -> list[Split]:
    """One split a person, in the order of their names: that person is tested, the others train.

    Raises:
        ValueError: a person is unknown or there is only one.
    """
    who = _known_people(people)
    return [_without({person}, who) for person in np.unique(who)]


def group_k_fold(
    people: Sequence[str | None], labels: Sequence[str], folds: int = FOLDS, seed: int = 0
) -> list[Split]:
    """One split a group of people: that group is tested, the others train; nobody is in two.

    Of several ways to deal people out, each to the group with the fewest rows so far, the one in
    which trainings miss the fewest labels is taken, then the one whose largest group is smallest.

    Args:
        people: person of every row.
        labels: label of every row.
        folds: number of groups; there are never more than people.
        seed: of the dealing.

    Raises:
        ValueError: a person is unknown, there is only one, or fewer than two groups are asked for.
    """
    who = _known_people(people)
    if len(labels) != len(who):
        raise ValueError(f"labels: {len(labels)} labels, but {len(who)} people")
    if folds < 2:
        raise ValueError(f"folds: {folds} is fewer than the two that it takes")
    everyone, person, rows = np.unique(who, return_inverse=True, return_counts=True)
    signs, sign = np.unique(np.asarray(labels, str), return_inverse=True)
    shows = np.zeros((len(everyone), len(signs)), bool)
    shows[person, sign] = True
    folds, random = min(folds, len(everyone)), np.random.default_rng(seed)

    def deal(order: np.ndarray) -> tuple[tuple[int, int], np.ndarray]:
        group, size = np.zeros(len(everyone), int), np.zeros(folds, int)
        for one in order:
            group[one] = size.argmin()
            size[group[one]] += rows[one]
        unlearnt = sum(int((~shows[group != fold].any(0)).sum()) for fold in range(folds))
        return (unlearnt, int(size.max())), group

    orders = [random.permutation(len(everyone)) for _ in range(PERSON_DRAWS)]
    deals = map(deal, [np.argsort(-rows, kind="stable"), *orders])
    _, group = min(deals, key=lambda dealt: dealt[0])
    return [_without(set(everyone[group == fold].tolist()), who) for fold in range(folds)]


def _without(chosen: set[str], who: np.ndarray) -> Split:
    everyone = set(who.tolist())
    unknown = sorted(chosen - everyone)
    if unknown:
        raise ValueError(
            f"held_out: {unknown[0]!r} is none of the people {', '.join(sorted(everyone))}"
        )
    if not chosen or chosen == everyone:
        raise ValueError(
            f"held_out: {len(chosen)} of {len(everyone)} people; at least one must be held out "
            "and one left to train on"
        )
    tested = np.isin(who, sorted(chosen))
    name = f"new person: {listed(sorted(chosen), _MOST_NAMED, _FIRST_NAMED, last=', ')}"
    return Split(name, "new-person", np.flatnonzero(~tested), np.flatnonzero(tested))


def _draw_people(labels: np.ndarray, who: np.ndarray, test_fraction: float, seed: int) -> set[str]:
    if not 1 <= np.ceil(test_fraction * len(np.unique(who))) < len(np.unique(who)):
        raise ValueError(
            f"test_fraction: {test_fraction} of {len(np.unique(who))} people leaves nobody to "
            "train on"
        )

    def unfitness(draw: tuple[np.ndarray, np.ndarray]) -> tuple[int, float]:
        train, test = draw
        unlearnt = np.setdiff1d(labels, labels[train]).size
        return unlearnt, abs(len(test) / len(who) - test_fraction)

    draws = GroupShuffleSplit(PERSON_DRAWS, test_size=test_fraction, random_state=seed)
    _, test = min(draws.split(who, groups=who), key=unfitness)
    return set(who[test].tolist())


def _known_people(people: Sequence[str | None]) -> np.ndarray:
    # Missing values of pandas are no text either.
    people = list(people)
    unknown = sum(not isinstance(person, str) for person in people)
    if unknown:
        raise ValueError(
            f"people: the person is unknown for {unknown} of {len(people)} rows, so a split by "
            "person is not possible; say who is in the pictures or split at random"
        )
    if len(set(people)) < 2:
        who = f"only {people[0]!r}" if len(people) else "nobody"
        raise ValueError(f"people: {who} is in the table; a split by person needs at least two")
    return np.array(people, dtype=str)


def _check_fraction(test_fraction: float) -> None:
    if not 0 < test_fraction < 1:
        raise ValueError(f"test_fraction: {test_fraction} is not between 0 and 1")
