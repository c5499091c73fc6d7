"""Who is taught what, and how mistakes are counted."""

import numpy as np
import pandas as pd
import pytest

from asl.labels import LETTERS
from benchmarks.shown_hands import BUNDLED, LEFT_OUT, Signer, train_without
from benchmarks.teach import _LOT, Taught, Way, divide, groups_of, row, rows, teach

LABELS = ("A", "B", "J", "K", "0")


def signer(name="1", source=BUNDLED, wrong=("B",), each=6) -> Signer:
    """A signer whose hands differ by letter; the model takes the `wrong` letters for K."""
    random = np.random.default_rng(0)
    truth = np.repeat(["A", "B", "J"], each)
    hands = {letter: random.normal(size=(21, 3)) for letter in "ABJ"}
    points = np.stack([hands[letter] + 0.02 * random.normal(size=(21, 3)) for letter in truth])
    logits = np.zeros((len(truth), len(LABELS)))
    for place, letter in enumerate(truth):
        logits[place, LABELS.index("K" if letter in wrong else letter)] = 3
    return Signer(name, source, LABELS, truth, points.astype(np.float32), logits)


def test_samples_are_the_first_or_drawn_and_never_tested():
    first, tested = divide(signer(), Way(), 0)
    assert first.tolist() == [0, 1, 2, 6, 7, 8, 12, 13, 14]
    drawn, others = divide(signer(), Way(_LOT), 0)
    assert len(drawn) == 9 and not set(drawn) & set(others) and drawn.tolist() != first.tolist()
    assert set(first) | set(tested) == set(range(18))


def test_letters_of_a_few_recordings_are_tested_and_not_taught():
    samples, tested = divide(signer(each=3), Way(), 0)
    assert not len(samples) and len(tested) == 9
    assert teach(signer(each=3), Way()).after == 3


def test_without_movements_they_are_neither_taught_nor_tested():
    samples, tested = divide(signer(), Way(still=True), 0)
    assert "J" not in signer().truth[samples] and "J" not in signer().truth[tested]


def test_with_few_letters_the_worst_are_taught_and_all_tested(monkeypatch):
    monkeypatch.setattr("benchmarks.teach._FEW", 1)
    samples, tested = divide(signer(), Way(few=True), 0)
    assert set(signer().truth[samples]) == {"B"}
    assert np.array_equal(tested, divide(signer(), Way(), 0)[1])


def test_what_was_read_wrongly_is_read_rightly_once_taught():
    assert teach(signer(), Way()) == Taught("1", 9, 3, 0, "ABJ")
    # Another signer's samples teach nothing about hands unlike them.
    stranger = signer("2")
    stranger.landmarks[:] += np.linspace(-9, 9, 21)[:, None]
    assert teach(signer(), Way(other=True), teacher=stranger).after == 3


def test_a_row_counts_signers_alike():
    found = row("x", [Taught("1", 10, 4, 0), Taught("2", 100, 0, 5)])
    assert found["before"] == pytest.approx(0.8) and found["after"] == pytest.approx(0.975)
    assert found["mistakes gone"] == pytest.approx(0.875)
    assert found["signers read worse"] == 1
    assert found["most that a signer lost"] == pytest.approx(0.05)
    assert row("x", [Taught("1", 10, 0, 0)])["mistakes gone"] is None


def test_signers_stand_by_who_read_them_and_whether_settings_were_chosen_on_them():
    everyone = [signer("104"), signer("102"), signer("131"), signer("5", LEFT_OUT)]
    assert [len(group) for group in groups_of(everyone).values()] == [1, 1, 1, 1]
    names = [one["name"] for one in rows(everyone, 0)]
    assert len(names) == 20 and not any("another signer" in name for name in names)


def test_a_landmark_network_is_trained_without_some_people():
    random = np.random.default_rng(0)
    table = pd.DataFrame({
        "label": list(LETTERS) * 12,
        "person": np.repeat([str(number) for number in range(12)], len(LETTERS)),
        "landmarks": list(random.normal(size=(12 * len(LETTERS), 21, 3)).astype(np.float32)),
    })  # fmt: skip
    net = train_without(table, ["3"], seed=0, epochs=1)
    assert not net.training and len(net.members[0].last.bias) == len(LETTERS)
