"""Changed sequences are still sequences of the same sign."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.data.sequences.layout import HANDS, PARTS, SOURCE, Selection, mirror, seen
from asl.data.sequences.lengths import resample
from asl.training.sequences import augment_settings
from asl.training.sequences.augment import augment_sequence
from asl.training.sequences.augment_settings import CHANGES, NONE, SequenceAugment

PARTS_OF_SOURCE = [part for part in map(SOURCE.part, PARTS) if len(part)]
STATISTICS = np.full(3, 0.5), np.full(3, 0.2)
seeds = st.integers(0, 10_000)


def clip(seed=0, frames=20, axes=3, selection=SOURCE):
    random = np.random.default_rng(seed)
    points = random.uniform(0, 1, (frames, len(selection), axes)).astype(np.float32)
    points[random.random(points.shape[:2]) < 0.1] = np.nan
    return points


def changed(points, settings, seed=0, selection=SOURCE, statistics=STATISTICS):
    other = clip(99, 15, points.shape[-1], selection)
    random = np.random.default_rng(seed)
    return augment_sequence(points, selection, settings, random, statistics, other)


def only(name, **amounts):
    return replace(NONE, **{name: 1.0}, **amounts)


def test_without_changes_nothing_changes():
    points = clip()
    found = changed(points, NONE)
    np.testing.assert_array_equal(found, points)
    assert found is not points


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("axes", [2, 3])
def test_each_change_changes_and_leaves_the_original(name, axes):
    points = clip(axes=axes)
    before = points.copy()
    statistics = STATISTICS[0][:axes], STATISTICS[1][:axes]
    results = [changed(points, only(name), seed, SOURCE, statistics) for seed in range(5)]
    np.testing.assert_array_equal(points, before)
    differing = [r for r in results if r.shape != points.shape or not np.array_equal(
        r, points, equal_nan=True)]  # fmt: skip
    assert differing
    for result in results:
        assert result.dtype == np.float32 and result.shape[1:] == points.shape[1:]
        assert seen(result).any()


@given(seeds)
def test_one_part_is_somebody_elses_and_the_others_stay(seed):
    points = np.full((12, len(SOURCE), 3), np.nan, np.float32)
    points[2:9] = clip(seed, 7)
    found = changed(points, only("exchanged"), seed)
    theirs = resample(clip(99, 15), 7)
    same = [np.array_equal(found[:, p], points[:, p], equal_nan=True) for p in PARTS_OF_SOURCE]
    [part] = [p for p, kept in zip(PARTS_OF_SOURCE, same, strict=True) if not kept]
    np.testing.assert_allclose(found[2:9, part], theirs[:, part], atol=1e-6)
    assert not seen(found[[0, 1, 9, 10, 11]]).any()


def test_a_hand_is_not_exchanged_for_none():
    points, other = (np.full((5, len(HANDS), 2), np.nan, np.float32) for _ in range(2))
    points[:, HANDS.part("left_hand")], other[:, HANDS.part("right_hand")] = 0.5, 0.6
    for seed in range(5):
        random = np.random.default_rng(seed)
        found = augment_sequence(points, HANDS, only("exchanged"), random, other=other)
        assert seen(found).any()
    unseen = np.full_like(other, np.nan)
    random = np.random.default_rng(0)
    found = augment_sequence(points, HANDS, only("exchanged"), random, other=unseen)
    np.testing.assert_array_equal(found, points)


def test_hands_that_rest_stay_where_they_begin_and_end():
    points = clip(frames=10)
    found = changed(points, only("held", hold=(0.5, 0.5)))
    assert len(found) == 20
    np.testing.assert_array_equal(found[:6], np.repeat(points[:1], 6, 0))
    np.testing.assert_array_equal(found[5:15], points)


def test_frames_of_other_shapes_change_x_alone():
    points = clip()
    found = changed(points, only("stretched", width=(0.5, 0.5)))
    np.testing.assert_allclose(found[..., 1:], points[..., 1:], atol=1e-5)
    assert np.nanstd(found[..., 0]) == pytest.approx(np.nanstd(points[..., 0]) / 2, rel=1e-4)


@given(seeds, st.integers(1, 40))
def test_what_is_cut_off_is_at_the_ends(seed, frames):
    points = clip(seed, frames)
    found = changed(points, only("trimmed", trim=0.2), seed)
    assert len(found) >= frames - 2 * int(0.2 * frames)
    begin = next(n for n in range(frames) if np.array_equal(points[n], found[0], equal_nan=True))
    np.testing.assert_array_equal(found, points[begin : begin + len(found)])


@given(seeds, st.integers(2, 40))
def test_a_sign_of_other_paces_has_the_same_way_begin_and_end(seed, frames):
    line = np.linspace(0.1, 0.9, frames, dtype=np.float32)
    points = np.broadcast_to(line[:, None, None], (frames, len(SOURCE), 3))
    found = changed(points, only("warped"), seed)
    assert found.shape == points.shape
    np.testing.assert_allclose(found[[0, -1], 0, 0], [0.1, 0.9], atol=1e-6)
    assert (np.diff(found[:, 0, 0]) >= 0).all()
    np.testing.assert_allclose(changed(points, only("warped", warp=0.0), seed), points, atol=1e-5)


@given(seeds, st.sampled_from([2, 3]))
def test_each_hand_is_moved_by_itself_and_keeps_its_shape(seed, axes):
    points = clip(seed, 12, axes)
    found = changed(points, only("hands_moved"), seed)
    hands = [SOURCE.part("left_hand"), SOURCE.part("right_hand")]
    others = np.setdiff1d(np.arange(len(SOURCE)), np.concatenate(hands))
    np.testing.assert_array_equal(found[:, others], points[:, others])
    factors = []
    for hand in hands:
        before, after = (
            np.linalg.norm(one[:, hand[1:], :2] - one[:, hand[:1], :2], axis=-1)
            for one in (points, found)
        )
        ratio = (after / before)[np.isfinite(before)]
        np.testing.assert_allclose(ratio, ratio[0], rtol=1e-2)
        factors.append(ratio[0])
    assert factors[0] != factors[1] and all(0.87 < factor < 1.15 for factor in factors)


@given(seeds)
def test_a_way_that_bends_is_the_same_for_all_joints_of_a_hand(seed):
    points = clip(seed, 12)
    moved = changed(points, only("bent"), seed) - points
    for part in ("left_hand", "right_hand"):
        of_hand = moved[:, SOURCE.part(part)]
        np.testing.assert_allclose(
            of_hand[..., :2], np.nanmean(of_hand[..., :2], 1, keepdims=True) + 0 * of_hand[..., :2],
            atol=1e-5,
        )  # fmt: skip
        assert np.nanmax(np.abs(of_hand[..., 2])) == 0
    assert np.nanmax(np.abs(moved)) < 0.2


@given(seeds, st.integers(1, 40), st.sampled_from(["source", "winner"]), st.sampled_from([2, 3]))
def test_presets_keep_a_sequence_one(seed, frames, preset, axes):
    points = clip(seed, frames, axes)
    settings = augment_settings.PRESETS[preset].grown(10)
    statistics = STATISTICS[0][:axes], STATISTICS[1][:axes]
    found = changed(points, settings, seed, SOURCE, statistics)
    assert len(found) >= 1 and found.shape[1:] == points.shape[1:]
    assert not np.isinf(found).any()
    assert seen(found).any() == seen(points).any()


@given(seeds)
def test_the_same_numbers_give_the_same_change(seed):
    points = clip(seed)
    settings = replace(augment_settings.WINNER, joints=0.5)
    one, other = (changed(points, settings, seed) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_probabilities_are_kept():
    points = clip(frames=3, selection=HANDS)
    settings = SequenceAugment(mirrored=0.3)
    random = np.random.default_rng(0)
    mirrored = mirror(points, HANDS)
    count = sum(
        np.array_equal(augment_sequence(points, HANDS, settings, random), mirrored, equal_nan=True)
        for _ in range(1000)
    )
    # Three standard deviations of 1000 draws.
    assert abs(count - 300) < 45


@given(seeds)
def test_resampling_keeps_within_its_ends(seed):
    lengths = len(changed(clip(frames=40), only("resampled"), seed))
    assert 20 <= lengths <= 60
    assert len(changed(clip(frames=40), only("resampled", pace=(0.5, 0.5)), seed)) == 20
    assert len(changed(clip(frames=1), only("resampled", pace=(0.1, 0.1)), seed)) == 1


@given(seeds)
def test_a_stretch_of_time_is_unseen_and_the_rest_as_it_was(seed):
    points = np.full((20, 96, 3), 0.5, np.float32)
    found = changed(points, only("time_masked"), seed)
    hidden = np.flatnonzero(~seen(found).any(1))
    assert 4 <= len(hidden) <= 8
    np.testing.assert_array_equal(hidden, np.arange(hidden[0], hidden[0] + len(hidden)))
    np.testing.assert_array_equal(np.delete(found, hidden, 0), np.delete(points, hidden, 0))


def test_frames_are_lost_as_often_as_said():
    points = np.full((200, 96, 3), 0.5, np.float32)
    lost = [~seen(changed(points, only("frames_lost"), seed)).any(1) for seed in range(50)]
    assert np.mean(lost) == pytest.approx(0.05, abs=0.01)


def test_a_single_frame_is_never_hidden():
    points = np.full((1, 96, 3), 0.5, np.float32)
    settings = replace(
        NONE, frames_lost=1, time_masked=1, space_masked=1, lost=0.9, time_mask=(0.9, 0.9),
        space_mask=(1.0, 1.0),
    )  # fmt: skip
    for seed in range(50):
        assert seen(changed(points, settings, seed)).any()


def test_statistics_are_asked_for_where_they_are_needed():
    with pytest.raises(ValueError, match="statistics"):
        changed(clip(), augment_settings.SOURCE, statistics=None)
    found = changed(clip(), only("by_statistics"))
    np.testing.assert_allclose(found, (clip() - 0.5) / 0.2, atol=1e-5)


@pytest.mark.parametrize("shape", [(3, 95, 3), (3, 96), (0, 96, 3), (3, 96, 4), (3, 96, 1)])
def test_what_is_no_sequence_is_refused(shape):
    with pytest.raises(ValueError, match="points"):
        changed(np.zeros(shape, np.float32), NONE)


def test_landmarks_without_partners_are_not_mirrored():
    selection = Selection((468, 469))
    with pytest.raises(ValueError, match="its mirror"):
        changed(clip(selection=selection), only("mirrored"), selection=selection)


def test_workers_need_no_pytorch(modules_of):
    loaded = modules_of("import asl.training.sequences.augment")
    assert not {"torch", "pandas", "streamlit"} & set(loaded)
