"""Batches of sequences: augmented anew each time, the same whoever makes them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from asl.data.sequences.examples import SequenceExamples
from asl.data.sequences.layout import HANDS
from asl.data.sequences.lengths import Length
from asl.data.sequences.normalise import Normalisation
from asl.data.sequences.preparation import Preparation
from asl.training.fitting.batches import batches
from asl.training.sequences.augment_settings import NONE, SOURCE, WINNER, SequenceAugment
from asl.training.sequences.datasets import Sequences, statistics_of

LENGTHS = (8, 12, 20, 9)


def examples() -> SequenceExamples:
    random = np.random.default_rng(0)
    points = random.uniform(0.2, 0.8, (sum(LENGTHS), 42, 3)).astype(np.float32)
    points[:, :21] = np.nan
    count = len(LENGTHS)
    return SequenceExamples(
        HANDS, (points,), np.zeros(count, int), np.cumsum((0, *LENGTHS[:-1])), np.array(LENGTHS),
        np.array(["a", "b", "a", "b"]), np.array([""] * count), np.array(list("wxyz")),
    )  # fmt: skip


def made(augment=NONE, length=None, **changes) -> Sequences:
    preparation = Preparation(length=length or Length(8, "resample"))
    own = {
        "classes": np.array([0, 1, 0, 1]), "sources": np.array(["s"] * 4), "weights": np.ones(4),
        "validation": np.array([3]),
    }  # fmt: skip
    return Sequences(examples(), preparation, augment, **own | changes)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_without_changes_both_are_what_prediction_shows():
    shown, rows = made(), np.array([2, 0])
    clean = shown.clean(rows)
    assert clean.shape == (2, 8, shown.preparation.size)
    assert torch.equal(shown.augmented(rows, generator()), clean)
    own = shown.preparation.features(examples().sequence(2))
    np.testing.assert_array_equal(clean[0].numpy(), own)


def test_sequences_of_their_own_length_are_padded_with_nan():
    shown = made(length=Length(64, "mask"))
    batch = shown.clean(np.array([0, 1]))
    assert batch.shape[1] == 12
    assert batch[0, 8:].isnan().all() and not batch[0, :8].isnan().any()


def test_frames_that_only_fill_up_are_padding():
    batch = made(length=Length(16, "pad")).clean(np.array([0]))
    assert batch[0, 8:].isnan().all() and not batch[0, :8].isnan().any()


def test_the_same_numbers_give_the_same_batch_and_others_another():
    shown, rows = made(WINNER), np.arange(4)
    first = shown.augmented(rows, generator(1))
    assert torch.equal(shown.augmented(rows, generator(1)), first)
    assert not torch.equal(shown.augmented(rows, generator(2)), first)


def test_nothing_is_changed_while_the_share_is_none():
    shown, rows = made(WINNER), np.arange(4)
    shown.grow(0.0)
    assert torch.equal(shown.augmented(rows, generator()), shown.clean(rows))


def test_parts_are_exchanged_with_others_who_sign_the_word_and_are_learned_from():
    shown = made(SequenceAugment(exchanged=1.0))
    people = np.array(["p", "p", "q", "q"])
    shown.examples = replace(shown.examples, people=people)
    clean = shown.clean(np.arange(4))
    changed = shown.augmented(np.arange(4), generator())
    # Of b there is nobody else: whoever else signs it is validated on.
    assert [torch.equal(*pair) for pair in zip(changed, clean, strict=True)] == [
        False, True, False, False,
    ]  # fmt: skip


def test_statistics_leave_out_what_is_never_seen():
    mean, deviation = statistics_of(examples())
    assert (mean[:21] == 0).all() and (deviation[:21] == 1).all()
    np.testing.assert_allclose(mean[21:], 0.5, atol=0.15)
    shown = made(SOURCE, statistics=(mean, deviation))
    assert shown.augmented(np.arange(4), generator()).isfinite().all()


def test_negatives_are_rows_of_their_own_on_both_sides():
    shown = made().with_negatives(0.5, 2)
    assert shown.classes.tolist() == [0, 1, 0, 1, 2, 2, 2, 2]
    assert sorted(shown.validation.tolist()) == [3, 7]
    rows = np.arange(8)
    assert not torch.equal(shown.augmented(rows, generator(1))[4:], shown.clean(rows)[4:])
    assert torch.equal(shown.clean(rows), shown.clean(rows))


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_are_the_same_however_many_processes_make_them(workers):
    shown = made(WINNER)
    steps = [(np.array([number % 4, 1]), number) for number in range(6)]

    def make(step):
        return shown.augmented(step[0], generator(step[1]))

    found = list(batches(make, steps, workers))
    assert all(torch.equal(one, make(step)) for one, step in zip(found, steps, strict=True))


def test_what_goes_wrong_in_another_process_is_said_here():
    def make(step):
        raise ValueError("no such sequence")

    with pytest.raises(ValueError, match="no such sequence"):
        list(batches(make, [(np.arange(1), 0), (np.arange(1), 1)], 1))


def test_of_somebody_whose_hands_are_out_of_sight_at_first_hands_are_shown_all_the_same():
    """A body is seen in every frame, a hand in the last three: no piece of it may be without."""
    preparation = Preparation(
        length=Length(8, "resample"), normalisation=Normalisation(centre="signer", scale="signer")
    )
    selection = preparation.selection
    points = np.random.default_rng(0).uniform(0.2, 0.8, (60, len(selection), 3)).astype(np.float32)
    shown = selection.places(HANDS.rows)
    points[:, shown] = np.where(np.arange(60)[:, None, None] % 20 > 16, points[:, shown], np.nan)
    people = SequenceExamples(
        selection, (points,), np.zeros(3, int), np.array([0, 20, 40]), np.full(3, 20),
        np.array(["a", "b", "a"]), np.array([""] * 3), np.array(list("xyz")),
    )  # fmt: skip
    own = Sequences(
        people, preparation, SequenceAugment(resampled=1.0, time_masked=1.0, pace=(0.1, 0.3)),
        classes=np.array([0, 1, 0]), sources=np.array(["s"] * 3), weights=np.ones(3),
        validation=np.array([], int),
    ).with_negatives(0.5, 2)  # fmt: skip
    for seed in range(40):
        batch = own.augmented(np.arange(6), generator(seed))
        assert batch.shape == (6, 8, preparation.size) and (batch != 0).any(2).any(1).all()
