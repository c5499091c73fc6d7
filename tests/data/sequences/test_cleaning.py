"""What is left out, and why."""

from __future__ import annotations

import numpy as np
import pytest

from asl.data.sequences.cleaning import LENIENT, Cleaning, Measured, clean, clean_examples, measure
from asl.data.sequences.cleaning import SOURCE as CLEANING_OF_SOURCE
from asl.data.sequences.examples import SequenceExamples
from asl.data.sequences.layout import HANDS, LIPS, SOURCE, Selection
from asl.data.sequences.listing import list_sequences
from asl.data.sequences.prepare import prepare_sequences


def clip(hands):
    """A sequence with a face in every frame and a left hand where `hands` has a 1."""
    points = np.full((len(hands), len(SOURCE), 3), np.nan, np.float32)
    points[:, SOURCE.part("face")] = 0.5
    for frame, hand in enumerate(hands):
        if hand == "1":
            points[frame, SOURCE.part("left_hand")] = frame
    return points


@pytest.mark.parametrize(
    ("hands", "usable", "missing", "missing_between"),
    [
        ("1111111111", 10, 0, 0),
        ("1110001111", 10, 0, 0),  # a gap of three is filled
        ("1100001111", 6, 4, 4),
        ("0000011111", 5, 5, 0),
        ("0111111000", 6, 3, 0),
        ("0000000000", 0, 10, 10),
    ],
)
def test_frames_with_hands_are_counted(hands, usable, missing, missing_between):
    measured = measure(clip(hands), SOURCE, Cleaning())
    assert measured == Measured(10, usable, missing)
    inner = measure(clip(hands), SOURCE, Cleaning(edges_count=False))
    assert inner == Measured(10, usable, missing_between)


def one(usable, without_hands=0):
    return Measured(usable + without_hands, usable, without_hands)


@pytest.mark.parametrize(
    ("strange", "reason"),
    [
        (None, "unreadable"),
        (one(7), "few frames"),
        (one(30, 5), "hands missing"),
        (one(9), "short for its sign"),
        (one(60), "outlier"),
    ],
)
def test_each_rule_leaves_one_out_and_says_why(strange, reason):
    others = [one(30 + place % 3) for place in range(9)]
    cleaned = clean([*others, strange], ["a"] * 10, [f"n{n}" for n in range(10)], Cleaning())
    assert cleaned.kept.tolist() == [True] * 9 + [False]
    [left_out] = cleaned.excluded
    assert (left_out.name, left_out.reason) == ("n9", reason)
    assert left_out.message.endswith(".")


@pytest.mark.parametrize(
    ("kept", "settings"),
    [
        (one(8), {}),
        (one(30, 4), {}),
        (one(30, 50), {"most_without_hands": None}),
        (one(3), {"fewest_frames": 1, "share_of_median": 0, "deviations": None}),
    ],
)
def test_just_enough_is_enough(kept, settings):
    cleaned = clean([kept], ["a"], ["n"], Cleaning(**settings))
    assert cleaned.kept.all() and not cleaned.excluded


def test_signs_are_judged_by_themselves_and_by_sound_recordings():
    measured = [one(10)] * 5 + [one(100)] * 5 + [one(1)] * 20
    signs = ["short"] * 5 + ["long"] * 5 + ["long"] * 20
    cleaned = clean(measured, signs, [str(n) for n in range(30)], Cleaning())
    assert cleaned.kept[:10].all() and not cleaned.kept[10:].any()
    assert {left_out.reason for left_out in cleaned.excluded} == {"few frames"}


def test_nothing_to_clean_is_nothing():
    cleaned = clean([], [], [], Cleaning())
    assert not len(cleaned.kept) and not cleaned.excluded


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"fewest_frames": 0}, "fewest_frames: 0"),
        ({"fewest_frames": None}, "fewest_frames: None"),
        ({"gap": -1}, "gap: -1"),
        ({"most_without_hands": -1}, "most_without_hands: -1"),
        ({"share_of_median": 1.5}, "share_of_median: 1.5"),
        ({"deviations": 0}, "deviations: 0"),
        ({"deviations": float("nan")}, "deviations: nan"),
    ],
)
def test_settings_check_themselves(settings, named):
    with pytest.raises(ValueError, match=named):
        Cleaning(**settings)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="1 and 1 names for 2"):
        clean([one(9), one(9)], ["a"], ["n"], Cleaning())
    with pytest.raises(ValueError, match="no landmark of a hand"):
        measure(np.zeros((3, 40, 3)), Selection(LIPS), Cleaning())
    with pytest.raises(ValueError, match="shape"):
        measure(np.zeros((3, 40, 3)), SOURCE, Cleaning())


def test_most_real_sequences_are_kept(asl_data):
    from asl.data.sequences.packed import read_packed

    packed = read_packed(asl_data / "words/sequences.npz")
    numbers = range(0, len(packed), 8)
    measured = [measure(packed.read(n, SOURCE), SOURCE, Cleaning()) for n in numbers]
    signs = [packed.signs[n] for n in numbers]
    cleaned = clean(measured, signs, [packed.names[n] for n in numbers], Cleaning())
    assert cleaned.kept.mean() > 0.5
    assert len(cleaned.excluded) == (~cleaned.kept).sum()


def examples_of(*shown):
    """Sequences in which a hand is seen, or not, in each frame: "110" is one of three frames."""
    arrays, length = [], []
    for marks in shown:
        points = np.full((len(marks), len(HANDS), 2), 0.5, np.float32)
        points[[mark == "0" for mark in marks]] = np.nan
        arrays.append(points)
        length.append(len(marks))
    count, ends = len(shown), np.cumsum(length)
    return SequenceExamples(
        HANDS, (np.concatenate(arrays),), np.zeros(count, int), ends - length, np.array(length),
        np.full(count, "yes"), np.full(count, ""), np.array([f"s#{n}" for n in range(count)]),
    )  # fmt: skip


def test_prepared_sequences_are_judged_one_by_one_and_the_reason_is_told():
    examples = examples_of("1111", "0" * 30 + "111" + "0" * 30, "11", "1" * 200, "0100")
    kept, problems = clean_examples(examples, LENIENT)
    assert kept.tolist() == [True, True, False, True, False]
    assert [(one.kind, one.path) for one in problems] == [("cleaned", "s#2"), ("cleaned", "s#4")]
    assert problems[0].message.startswith("A hand is seen in 2 of 2 frames")
    kept, problems = clean_examples(examples, CLEANING_OF_SOURCE)
    assert kept.tolist() == [False, False, False, True, False]


@pytest.mark.parametrize(
    ("name", "of_source", "lenient"),
    [("islr/all_sequences.npz", (0.3, 0.4), (0.9, 0.97)), ("words", (0.7, 0.8), (0.99, 1.0))],
)
def test_what_the_presets_keep_of_real_recordings(asl_data, tmp_path, name, of_source, lenient):
    table = list_sequences(asl_data / name).table
    examples = prepare_sequences(table, tmp_path, name, HANDS, 1, lambda *_: None, lambda *_: None)
    for cleaning, (low, high) in ((CLEANING_OF_SOURCE, of_source), (LENIENT, lenient)):
        kept, problems = clean_examples(examples, cleaning)
        assert low <= kept.mean() <= high
        assert len(problems) == (~kept).sum()
