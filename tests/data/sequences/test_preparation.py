"""From landmarks to what a network of words is shown."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.card_inputs import SequenceInput, input_from
from asl.data.sequences.layout import HANDS, SOURCE
from asl.data.sequences.lengths import Length, fit_length
from asl.data.sequences.normalise import Normalisation
from asl.data.sequences.preparation import SELECTIONS, Preparation, padded

ALL = [
    Preparation(),
    Preparation("source", Length(16, "pad", 2, False), Normalisation("shoulders", "shoulders", 3)),
    Preparation((468, 522, 500), Length(384, "mask"), Normalisation(differences=0)),
    Preparation("winner", Length(32, "pool"), Normalisation(own_boxes=False)),
]


def points(frames: int, rows: int, seed: int = 0) -> np.ndarray:
    x = np.random.default_rng(seed).uniform(0.2, 0.8, (frames, rows, 3)).astype(np.float32)
    x[0] = np.nan
    return x


@pytest.mark.parametrize("preparation", ALL, ids=lambda one: str(one.landmarks)[:8])
def test_a_card_holds_all_of_it(preparation):
    shown = preparation.to_input()
    again = input_from(json.loads(json.dumps({"kind": "sequence", **asdict(shown)})))
    assert isinstance(again, SequenceInput) and again == shown
    back = Preparation.from_input(again)
    assert back.selection == preparation.selection
    assert replace(back, landmarks=preparation.landmarks) == preparation
    x = points(20, len(preparation.selection))
    np.testing.assert_array_equal(back.features(x), preparation.features(x))


@pytest.mark.parametrize("preparation", ALL, ids=lambda one: str(one.landmarks)[:8])
def test_plain_values_hold_all_of_it(preparation):
    assert Preparation.from_dict(json.loads(json.dumps(asdict(preparation)))) == preparation


@given(st.integers(3, 90), st.sampled_from(list(SELECTIONS.values())[:3]))
def test_what_is_shown_has_the_announced_size(frames, selection):
    preparation = Preparation(selection.rows)
    shown = preparation.features(points(frames, len(selection)))
    assert shown.shape == (32, preparation.size) and np.isfinite(shown).all()


@given(st.floats(0.5, 3.0), st.floats(-1, 1))
def test_place_and_size_do_not_matter(size, place):
    preparation, x = Preparation(), points(24, 42)
    np.testing.assert_allclose(
        preparation.features(x * size + place), preparation.features(x), atol=2e-3
    )


def test_the_frame_rate_does_not_matter():
    """The same slow movement at 30 and at 15 frames a second."""
    way = np.sin(np.linspace(0, 3, 61))[:, None, None] * 0.2
    x = (0.5 + way + np.random.default_rng(0).normal(0, 0.05, (1, 42, 3))).astype(np.float32)
    preparation = Preparation(normalisation=Normalisation(differences=1))
    np.testing.assert_allclose(preparation.features(x), preparation.features(x[::2]), atol=0.02)


def test_every_sequence_gets_so_many_frames():
    for frames in (1, 5, 32, 100):
        fitted = fit_length(points(frames + 1, 42), Length(32, "resample"))
        assert fitted.after == 32 and fitted.real.all()


def test_a_third_coordinate_that_is_not_shown_does_not_matter():
    x = points(12, 42)
    blind = x.copy()
    blind[..., 2] = np.nan
    np.testing.assert_array_equal(Preparation().features(x), Preparation().features(blind))


def test_a_card_of_other_numbers_is_refused():
    shown = replace(Preparation().to_input(), features=7)
    with pytest.raises(ValueError, match=r"features: the card says 7, and these are 336"):
        Preparation.from_input(shown)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"landmarks": "feet"}, "landmarks: 'feet' is none of"),
        ({"landmarks": (0, 500)}, "no landmark of a hand"),
        ({"landmarks": (468, 468)}, "rows: 468 is chosen twice"),
        ({"landmarks": ()}, "none are chosen"),
    ],
)
def test_what_cannot_be_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        Preparation(**values)


def test_sequences_are_padded_with_nan():
    whole = padded([np.ones((2, 3), np.float32), np.zeros((4, 3), np.float32)])
    assert whole.shape == (2, 4, 3) and np.isnan(whole[0, 2:]).all() and (whole[1] == 0).all()


def test_known_selections():
    assert SELECTIONS["hands"] == HANDS and SELECTIONS["source"] == SOURCE
