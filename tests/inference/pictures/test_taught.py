"""A taught hand: what is learned from samples, and what stays as it was."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.inference.decision import softmax
from asl.inference.pictures.taught import (
    KeptAside,
    Sample,
    TaughtHand,
    TeachSettings,
    keep_aside,
)
from asl.inference.pictures.taught_file import (
    Lessons,
    forget_lessons,
    keep_lessons,
    lessons_file,
    parse,
    read_lessons,
    to_bytes,
)

LABELS = ("A", "V", "2", "K")


def hand(seed: int, near: float = 0.0) -> np.ndarray:
    """A made-up hand; `near` moves its joints by so much."""
    points = np.random.default_rng(seed).normal(size=(21, 3))
    return (points + near * np.random.default_rng(99).normal(size=(21, 3))).astype(np.float32)


def logits(*likely: float) -> np.ndarray:
    return np.log(np.array(likely, np.float32))


def shown(label: str, seed: int, said=(0.1, 0.1, 0.1, 0.7)) -> Sample:
    return Sample(label, hand(seed), logits(*said))


def test_what_was_shown_is_read_as_it_was_meant():
    samples = [Sample("A", hand(1, near), logits(0.2, 0.1, 0.1, 0.6)) for near in (0, 0.05, -0.05)]
    taught = TaughtHand(LABELS, samples)
    likely = softmax(taught.corrected(logits(0.2, 0.1, 0.1, 0.6), hand(1, 0.02)))
    assert likely.argmax() == 0 and likely[0] > 0.8


def test_hands_unlike_any_sample_are_read_as_before():
    taught = TaughtHand(LABELS, [shown("A", 1)])
    said = logits(0.1, 0.2, 0.3, 0.4)
    assert np.allclose(taught.corrected(said, hand(2)), said, atol=1e-3)
    assert taught.corrected(said, None) is said


@given(st.floats(0, 3))
def test_the_further_a_hand_is_from_the_sample_the_less_it_is_changed(apart):
    taught, said = TaughtHand(LABELS, [shown("A", 1)]), logits(0.1, 0.1, 0.1, 0.7)
    move = np.zeros((21, 3), np.float32)
    move[:, 0] = apart
    changed = [
        np.abs(taught.corrected(said, hand(1) + one * move) - said).max() for one in (0.5, 1.0)
    ]
    assert changed[1] <= changed[0] + 1e-6


def test_many_hands_at_once_are_read_as_one_by_one():
    taught = TaughtHand(LABELS, [shown("A", 1), shown("K", 2)])
    said, points = np.stack([logits(0.1, 0.2, 0.3, 0.4)] * 2), np.stack([hand(1), hand(2)])
    each = [taught.corrected(*one) for one in zip(said, points, strict=True)]
    assert np.allclose(taught.corrected(said, points), each, atol=1e-6)


def test_a_look_alike_is_not_unlearned():
    said = (0.05, 0.3, 0.3, 0.35)
    taught = TaughtHand(LABELS, [shown("V", 1, said)])
    after = taught.corrected(logits(*said), hand(1)) - logits(*said)
    assert after[1] > 0 and after[2] == pytest.approx(0, abs=1e-9) and after[3] < 0


def test_the_order_of_samples_does_not_matter():
    samples = [shown("A", 1), shown("V", 2), shown("K", 1)]
    said = logits(0.1, 0.2, 0.3, 0.4)
    one, other = (
        TaughtHand(LABELS, order).corrected(said, hand(1)) for order in (samples, samples[::-1])
    )
    assert np.allclose(one, other, atol=1e-6)


def test_samples_kept_aside_are_told_before_and_after():
    wrong = (0.1, 0.1, 0.1, 0.7)
    samples = [Sample("A", hand(1, near), logits(*wrong)) for near in (0, 0.02, 0.04)]
    assert keep_aside(LABELS, [*samples, shown("V", 2)]) == KeptAside(3, 0, 3)
    assert keep_aside(LABELS, samples[:1]) == KeptAside(0, 0, 0)
    # A look-alike is as right as the sign itself.
    alike = [Sample("V", hand(1, near), logits(0.1, 0.1, 0.7, 0.1)) for near in (0, 0.02)]
    assert keep_aside(LABELS, alike) == KeptAside(2, 2, 2)


@pytest.mark.parametrize(
    "sample, said",
    [
        (Sample("Q", hand(1), logits(1, 1, 1, 1)), "no sign 'Q'"),
        (Sample("A", hand(1)[:20], logits(1, 1, 1, 1)), r"landmarks of shape \(20, 3\)"),
        (Sample("A", hand(1), logits(1, 1)), r"logits of shape \(2,\)"),
        (Sample("A", hand(1) * np.nan, logits(1, 1, 1, 1)), "landmarks with values"),
    ],
)
def test_samples_that_do_not_fit_are_refused(sample, said):
    with pytest.raises(ValueError, match=said):
        TaughtHand(LABELS, [shown("A", 1), sample])


def test_no_sample_and_settings_out_of_range_are_refused():
    with pytest.raises(ValueError, match="at least one"):
        TaughtHand(LABELS, [])
    for wrong in ({"reach": 0}, {"doubt": -1}, {"depth": 2}):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))}: "):
            TeachSettings(**wrong)


def test_lessons_are_kept_read_and_deleted(tiny_bundle):
    card = tiny_bundle(labels=LABELS).card
    assert read_lessons(card) == Lessons()
    keep_lessons(card, Lessons((shown("A", 1), shown("V", 2)), on=False))
    read = read_lessons(card)
    assert [one.label for one in read.samples] == ["A", "V"] and not read.on
    assert np.allclose(read.samples[1].landmarks, hand(2), atol=1e-3)
    assert np.allclose(read.samples[1].logits, shown("V", 2).logits, atol=1e-2)
    assert read_lessons(replace(card, name="another")) == Lessons()
    assert parse(to_bytes(card, read), card).count("V") == 1
    forget_lessons(card)
    forget_lessons(card)
    assert read_lessons(card) == Lessons()


def test_the_last_samples_of_a_sign_are_kept_and_the_same_hand_once():
    lessons = Lessons().with_samples([shown("A", seed) for seed in range(7)])
    assert [int(one.landmarks[0, 0] == hand(seed)[0, 0]) for one, seed in zip(
        lessons.samples, range(2, 7), strict=True)] == [1] * 5  # fmt: skip
    corrected = lessons.with_samples([shown("V", 6)])
    assert corrected.count("A") == 4 and corrected.count("V") == 1
    assert corrected.without("A").samples == corrected.samples[-1:]


@pytest.mark.parametrize(
    "change, said",
    [
        ({"schema": 2}, "later version"),
        ({"labels": ["A"]}, "not those of"),
        ({"samples": {}}, "no list"),
        ({"samples": [{}] * 201}, "no list"),
        ({"samples": ["A"]}, r"samples\[0\]: no sample"),
        ({"samples": [{"label": "A"}]}, "landmarks"),
        ({"samples": [{"label": "A", "landmarks": [["x"]], "logits": []}]}, "no number"),
        ({"samples": [{"label": "A", "landmarks": [[1e9] * 3] * 21}]}, "beyond 100"),
        ({"samples": [{"label": "A", "landmarks": [[0] * 3] * 21, "logits": [1]}]}, "logits of"),
    ],
)
def test_a_file_that_is_damaged_or_of_another_model_says_why(tiny_bundle, change, said):
    card = tiny_bundle(labels=LABELS).card
    raw = json.loads(to_bytes(card, Lessons((shown("A", 1),)))) | change
    with pytest.raises(ValueError, match=said):
        parse(json.dumps(raw).encode(), card)


def test_what_is_no_json_is_refused_and_a_damaged_file_named(tiny_bundle):
    card = tiny_bundle(labels=LABELS).card
    for content in (b"\xff", b"[" * 100_000, b"[]", b"null"):
        with pytest.raises(ValueError, match="taught hand"):
            parse(content, card)
    keep_lessons(card, Lessons((shown("A", 1),)))
    lessons_file(card).write_bytes(b"{")
    with pytest.raises(ValueError, match="taught hand"):
        read_lessons(card)
