"""Presets, growth and checks of the settings."""

from __future__ import annotations

import math

import pytest

from asl.training.sequences.augment_settings import (
    CHANGES,
    NONE,
    PRESETS,
    SOURCE,
    WINNER,
    SequenceAugment,
)


def likely(settings):
    return {name: getattr(settings, name) for name in CHANGES if getattr(settings, name)}


def test_the_source_has_seven_changes_of_the_same_probability():
    assert likely(SOURCE) == dict.fromkeys(
        ("mirrored", "tilted", "scaled", "shifted", "frames_lost", "by_statistics", "standardised"),
        0.1,
    )
    assert (SOURCE.lost, SOURCE.tilt_degrees, SOURCE.size, SOURCE.shift) == (
        0.05, 10.0, (0.9, 1.1), 0.01,
    )  # fmt: skip


def test_the_winner_has_five():
    assert likely(WINNER) == {
        "resampled": 0.8, "mirrored": 0.5, "affine": 0.75, "time_masked": 0.5, "space_masked": 0.5,
    }  # fmt: skip
    assert (WINNER.pace, WINNER.affine_size, WINNER.affine_degrees) == ((0.5, 1.5), (0.8, 1.2), 30)
    assert PRESETS == {"source": SOURCE, "winner": WINNER, "none": NONE}


@pytest.mark.parametrize(
    ("epoch", "expected"),
    [(0, 0.1), (4, 0.1), (5, 0.15), (10, 0.225), (15, 0.3375), (20, 0.35), (10**6, 0.35)],
)
def test_the_source_s_probabilities_grow_to_their_limit(epoch, expected):
    grown = SOURCE.at(epoch)
    assert grown.tilted == pytest.approx(expected)
    assert likely(grown).keys() == likely(SOURCE).keys()


def test_what_begins_above_the_limit_stays():
    grown = SequenceAugment(mirrored=0.5, scaled=0.2, most=0.3).grown(2)
    assert (grown.mirrored, grown.scaled) == (0.5, 0.3)
    assert SOURCE.grown(0) == SequenceAugment(most=0.35)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"mirrored": 1.1}, "mirrored: 1.1"),
        ({"tilted": -0.1}, "tilted: -0.1"),
        ({"joints": math.nan}, "joints: nan"),
        ({"scaled": True}, "scaled: True"),
        ({"most": 2}, "most: 2"),
        ({"pace": (0.0, 1.0)}, "pace: 0.0"),
        ({"pace": (1.5, 0.5)}, "pace: .* lowest above"),
        ({"size": 1.1}, "size: 1.1"),
        ({"affine_size": (1, 2, 3)}, "affine_size"),
        ({"time_mask": (0.2, 1.0)}, "time_mask: 1.0"),
        ({"lost": 1}, "lost: 1"),
        ({"tilt_degrees": 90}, "tilt_degrees: 90"),
        ({"arm_degrees": "4"}, "arm_degrees: '4'"),
    ],
)
def test_settings_check_themselves(settings, named):
    with pytest.raises(ValueError, match=named):
        SequenceAugment(**settings)


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: SOURCE.at(-1), "epoch: -1"),
        (lambda: SOURCE.at(1, interval=0), "interval: 0"),
        (lambda: SOURCE.grown(-1), "factor: -1"),
        (lambda: SOURCE.grown(math.inf), "factor: inf"),
    ],
)
def test_growth_checks_what_it_is_given(call, named):
    with pytest.raises(ValueError, match=named):
        call()
