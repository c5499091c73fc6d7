"""Which rows each fold trains on, validates on and tests."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from asl.data.splits import (
    BY_PERSON,
    Split,
    group_k_fold,
    leave_one_person_out,
    person_split,
    random_split,
)
from asl.training.config import TrainConfig
from asl.training.data import Rows, TrainingData

#: The training on all data, after those that leave a part of it out.
FINAL = "final"
#: From so many people on, one of them with few rows is enough to validate on.
_MANY_PEOPLE = 20


def fold_names(config: TrainConfig, folds: Sequence[Split]) -> list[str]:
    """Return the names of what is trained: one a fold, then perhaps `FINAL`.

    They are numbers, since people's names are no file names.
    """
    names = [f"{number:02d}" for number in range(len(folds))]
    return [*names, FINAL] if config.final and len(folds) > 1 else names


def splits(config: TrainConfig, rows: Rows) -> list[Split]:
    """Return the ways in which `config` divides the tested rows from those trained on.

    Raises:
        ValueError: people or several data sets are asked for and not known, or no sign that is
            tested is trained.
    """
    tested = np.flatnonzero(rows.tested)
    if not len(tested):
        raise ValueError("data: no data set takes part in the split")
    always = np.flatnonzero(~rows.tested)
    folds = [
        Split(
            split.name.removeprefix("new person: "),
            split.kind,
            np.sort(np.concatenate([tested[split.train], always])),
            tested[split.test],
        )
        for split in _divide(config, rows.take(tested) if len(always) else rows)
    ]
    if not any(np.isin(rows.labels[one.test], rows.labels[one.train]).any() for one in folds):
        raise ValueError(
            "split: whichever part is left out, none of its signs is among those learnt from; "
            "choose another split, or add pictures"
        )
    return folds


def _divide(config: TrainConfig, rows: Rows) -> list[Split]:
    labels, people = rows.labels, [person or None for person in rows.people.tolist()]
    if config.split == "random":
        split = random_split(labels.tolist(), seed=config.seed)
        return [replace(split, name=" + ".join(dict.fromkeys(rows.sources.tolist())))]
    if config.split == "new-person":
        return [person_split(labels.tolist(), people, test_fraction=0.2, seed=config.seed)]
    if config.split == "own":
        return [_own_split(rows)]
    if config.split == "leave-one-person-out":
        return leave_one_person_out(people)
    if config.split == "group-k-fold":
        return group_k_fold(people, labels.tolist(), seed=config.seed)
    return leave_one_person_out(rows.sources.tolist())


def _own_split(rows: Rows) -> Split:
    tested = rows.test_part
    if not tested.any() or tested.all():
        raise ValueError(
            "split: the data has no part for testing beside one for training; name folders above "
            "the signs 'train' and 'test', or choose another split"
        )
    name = " + ".join(dict.fromkeys(rows.sources[tested].tolist()))
    return Split(name, "own", np.flatnonzero(~tested), np.flatnonzero(tested))


def only_new_people(config: TrainConfig, data: TrainingData, folds: Sequence[Split]) -> bool:
    """Return whether nobody who is tested was learned from, as far as people have said.

    Of the test part that came with the data that holds if every person is known, from more than a
    guess, and none is on both sides.
    """
    if config.split in BY_PERSON:
        return True
    guessed = any(entry.people == "auto" for entry in config.data)
    people = data.rows.people
    if config.split != "own" or guessed or len(data.extra_labels) or not people.all():
        return False
    return all(not np.isin(people[one.test], people[one.train]).any() for one in folds)


def validation_rows(rows: Rows, train: np.ndarray, by_person: bool, seed: int) -> np.ndarray:
    """Return a few of the rows `train`, or one person of them, to validate on.

    Of no sign are all rows returned: what is validated on is not learnt.
    """
    labels, people = rows.labels[train], rows.people[train]
    names, counts = np.unique(people[people != ""], return_counts=True)
    if by_person and len(names) >= 3:
        wanted = len(train) / (8 if len(names) < _MANY_PEOPLE else 20)
        theirs = people == names[np.argmin(np.abs(counts - wanted))]
        theirs &= np.isin(labels, labels[~theirs])
        if theirs.any():
            return train[theirs]
    share = 0.1 if len(train) < 5000 else 0.05
    try:
        return train[random_split(labels.tolist(), share, seed).test]
    except ValueError:  # too few of a sign to have it on both sides
        order = np.random.default_rng(seed).permutation(len(train))
        count = max(1, int(len(train) * share))
        drawn, others = order[:count], order[count:]
        return train[drawn[np.isin(labels[drawn], labels[others])]]
