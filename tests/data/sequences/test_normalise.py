"""Normalising forgets place, size and side, and nothing else."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.data.sequences import normalise as module
from asl.data.sequences.layout import HANDS, LIPS, SOURCE, Selection, mirror
from asl.data.sequences.layout import WINNER as ROWS_118
from asl.data.sequences.normalise import (
    WINNER,
    Normalisation,
    blocks,
    features,
    in_own_boxes,
    normalise,
)

WAYS = [
    Normalisation(centre, scale, coordinates)
    for centre, scale, coordinates in product(
        ("lip", "shoulders", "points", "signer"), ("deviation", "shoulders", "signer"), (2, 3)
    )
]
ways = st.sampled_from(WAYS)
seeds = st.integers(0, 10_000)


def clip(seed, frames=6, selection=SOURCE):
    random = np.random.default_rng(seed)
    points = random.uniform(0, 1, (frames, len(selection), 3))
    points[random.random(points.shape[:2]) < 0.2] = np.nan
    # A hand out of sight, which is no rare thing.
    points[frames // 2, selection.part("left_hand")] = np.nan
    return points


@given(seeds, ways, st.floats(0.1, 5), st.tuples(*[st.floats(-3, 3)] * 3))
def test_unchanged_by_shift_and_scale(seed, way, size, by):
    points = clip(seed)
    before, after = features(points, SOURCE, way), features(points * size + by, SOURCE, way)
    np.testing.assert_allclose(after, before, atol=2e-4)


@given(seeds, ways, st.floats(-1, 2))
def test_mirrored_with_parts_swapped_x_is_negated_and_parts_are_swapped(seed, way, about):
    points = clip(seed)
    straight = blocks(points, SOURCE, way)
    turned = blocks(mirror(points, SOURCE, about), SOURCE, way)
    assert straight.keys() == turned.keys()
    for name, block in straight.items():
        selection = HANDS if name == "own_boxes" else SOURCE
        np.testing.assert_allclose(turned[name], mirror(block, selection, 0), atol=2e-4)


@given(seeds, st.floats(0.2, 3))
def test_the_deviation_forgets_the_shape_of_the_frame(seed, stretch):
    """A film of 16:9 and one of 4:3 differ in what a share of the frame is."""
    points = clip(seed)
    way = Normalisation()
    np.testing.assert_allclose(
        normalise(points * (stretch, 1, 1), SOURCE, way), normalise(points, SOURCE, way), atol=2e-4
    )


@given(seeds)
def test_hands_in_their_boxes_forget_where_each_hand_is(seed):
    points = clip(seed)
    moved = points.copy()
    frames = np.random.default_rng(seed).uniform(-1, 1, (6, 1, 3))
    moved[:, SOURCE.part("right_hand")] = moved[:, SOURCE.part("right_hand")] * 0.5 + frames
    before, after = in_own_boxes(points, SOURCE), in_own_boxes(moved, SOURCE)
    assert before.shape == (6, 42, 3)
    np.testing.assert_allclose(after, before, atol=1e-4)
    assert np.nanmax(np.abs(before[..., :2])) == pytest.approx(0.5)


def test_movement_is_kept():
    points = np.tile(clip(1, 1), (5, 1, 1))
    points[:, SOURCE.part("right_hand"), 0] += np.arange(5)[:, None]
    found = blocks(points, SOURCE, Normalisation())
    moved = found["differences_1"][:, SOURCE.part("right_hand"), 0]
    step = moved[0, ~np.isnan(moved[0])]
    assert (step > 0.01).all()
    np.testing.assert_allclose(moved[1, ~np.isnan(moved[1])], step, rtol=1e-4)
    assert np.isnan(found["differences_1"][-1]).all()
    assert np.isnan(found["differences_2"][-2:]).all()
    twice = found["differences_2"][0, SOURCE.part("right_hand"), 0]
    np.testing.assert_allclose(twice[~np.isnan(twice)], 2 * step, rtol=1e-4)


def test_the_winners_way_is_as_its_code_has_it():
    points = clip(3, 8, ROWS_118)
    x = points[..., :2]
    centre = np.nanmean(x[:, ROWS_118.column_of[17]], 0)
    deviation = np.sqrt(np.nanmean((x - centre) ** 2, (0, 1)))
    places = (x - centre) / deviation
    one, two = np.zeros_like(places), np.zeros_like(places)
    one[:-1], two[:-2] = places[1:] - places[:-1], places[2:] - places[:-2]
    expected = np.nan_to_num(np.concatenate([p.reshape(8, -1) for p in (places, one, two)], 1))
    found = features(points, ROWS_118, WINNER)
    assert found.shape == (8, 708) and WINNER.size(ROWS_118) == 708
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("way", WAYS, ids=lambda w: f"{w.centre}-{w.scale}-{w.coordinates}")
@pytest.mark.parametrize("selection", [HANDS, SOURCE, ROWS_118, Selection(LIPS)])
def test_sizes_are_told_and_features_are_numbers(way, selection):
    found = features(clip(2, 3, selection), selection, way)
    assert found.shape == (3, way.size(selection)) and found.dtype == np.float32
    assert np.isfinite(found).all()


def test_a_reference_that_is_never_seen_gives_way_to_all_points():
    points = clip(4)
    points[:, SOURCE.part("face")] = np.nan
    points[:, SOURCE.part("pose")] = np.nan
    expected = normalise(points, SOURCE, Normalisation("points", "deviation"))
    for way in (Normalisation("lip"), Normalisation("shoulders", "shoulders")):
        np.testing.assert_array_equal(normalise(points, SOURCE, way), expected)


def test_one_frame_and_one_place_are_no_trouble():
    alone = np.full((1, 96, 3), np.nan)
    alone[0, 40:61] = 0.5
    for way in WAYS:
        found = features(alone, SOURCE, way)
        assert np.isfinite(found).all()
        assert not found.any() or way.centre == "signer"  # whose middle is not in this place


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"centre": "nose"}, "centre: 'nose'"),
        ({"scale": "height"}, "scale: 'height'"),
        ({"coordinates": 4}, "coordinates: 4"),
        ({"differences": 3}, "differences: 3"),
        ({"places": False, "own_boxes": False, "differences": 0}, "shown nothing"),
    ],
)
def test_settings_check_themselves(settings, named):
    with pytest.raises(ValueError, match=named):
        Normalisation(**settings)


def test_what_is_no_sequence_is_refused():
    with pytest.raises(ValueError, match="shape"):
        normalise(np.zeros((2, 95, 3)), SOURCE, Normalisation())
    with pytest.raises(ValueError, match="shape"):
        normalise(np.zeros((2, 96, 2)), SOURCE, Normalisation(coordinates=3))
    with pytest.raises(ValueError, match="nothing is seen"):
        normalise(np.full((2, 96, 3), np.nan), SOURCE, Normalisation())


def test_real_sequences_come_to_the_same_order_of_size(asl_data):
    from asl.data.sequences.packed import read_packed

    for name in ("words/sequences", "wlasl/sequences", "islr/all_sequences"):
        packed = read_packed(asl_data / f"{name}.npz")
        for number in range(0, len(packed), len(packed) // 10):
            found = normalise(packed.read(number, SOURCE), SOURCE, module.Normalisation())
            assert np.nanmean(found**2) == pytest.approx(1, abs=0.01)


def test_without_shoulders_hands_keep_their_place_in_the_frame():
    """So they agree with those of somebody whose shoulders are where a dictionary's are."""
    way = Normalisation("signer", "signer")
    hands = clip(1, selection=HANDS)
    with_body = Selection((*HANDS.rows, 500, 501))
    shoulders = np.zeros((6, 2, 3))
    shoulders[:, :, :2] = (0.51 + 0.12, 0.51), (0.51 - 0.12, 0.51)
    points = np.concatenate([hands, shoulders], 1)
    alone = features(hands, HANDS, way)
    np.testing.assert_allclose(features(points, with_body, way, HANDS), alone, atol=1e-4)
    assert np.abs(features(hands + np.array([0.2, 0, 0]), HANDS, way) - alone).max() > 0.5
    nearer = points * (2, 2, 1) - np.array([0.3, 0.4, 0])
    np.testing.assert_allclose(features(nearer, with_body, way, HANDS), alone, atol=1e-4)
    assert way.reference == (500, 501) and Normalisation().reference == ()
