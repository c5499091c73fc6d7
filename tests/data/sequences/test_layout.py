"""Rows of the layout, their mirror partners, and selections of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.data.sequences import layout
from asl.data.sequences.layout import (
    HANDS,
    HOLISTIC,
    PARTNERS,
    SOURCE,
    WINNER,
    Selection,
    in_common_frame,
)


@pytest.mark.parametrize(
    ("selection", "count"), [(HOLISTIC, 543), (HANDS, 42), (SOURCE, 96), (WINNER, 118)]
)
def test_selections_have_as_many_landmarks_as_their_sources(selection, count):
    assert len(selection) == count
    np.testing.assert_array_equal(selection.partners[selection.partners], np.arange(count))


@pytest.mark.parametrize(
    ("row", "partner"),
    [
        (17, 17),  # the lower lip's middle
        (61, 291),  # corners of the mouth
        (33, 263),  # outer corners of the eyes
        (234, 454),  # cheeks
        (84, 314),
        (98, 327),  # wings of the nose
        (468, 522),  # wrists of the hands
        (488, 542),
        (489, 489),  # nose of pose
        (490, 493),  # inner corners of the eyes
        (500, 501),  # shoulders
        (504, 505),  # wrists of pose
        (520, 521),  # feet
    ],
)
def test_partners_are_left_and_right_of_each_other(row, partner):
    assert PARTNERS[row] == partner
    assert PARTNERS[partner] == row


def test_a_mirror_is_its_own_inverse_for_every_row():
    np.testing.assert_array_equal(PARTNERS[PARTNERS], np.arange(layout.ROWS))
    assert len(layout.LIPS) == 40


def test_mirroring_real_faces_swaps_their_sides(asl_data):
    from asl.data.sequences.asl_signs import read_parquet, read_table

    for entry in read_table(asl_data / "islr")[:5]:
        points = read_parquet(entry.path, HOLISTIC)
        face = np.nanmean(points[:, :468, 0], 0)
        middle = face[list(layout.FACE_MIDDLE)].mean()
        mirrored = 2 * middle - face[PARTNERS[:468]]
        # Faces look aside and are not quite even; a wrong partner is half a face away.
        assert np.abs(mirrored - face).max() < 0.5 * np.ptp(face)
        assert np.corrcoef(mirrored, face)[0, 1] > 0.9


@pytest.mark.parametrize(
    ("rows", "named"),
    [((), "none are chosen"), ((543,), "543"), ((-1,), "-1"), ((3, 4, 3), "3 is chosen twice")],
)
def test_rows_that_are_none_are_refused(rows, named):
    with pytest.raises(ValueError, match=f"rows: .*{named}"):
        Selection(rows)


def test_a_row_without_its_partner_cannot_be_mirrored():
    with pytest.raises(ValueError, match="468 is chosen without 522"):
        _ = Selection((468,)).partners


def test_parts_and_places_follow_the_order_of_the_selection():
    selection = Selection((522, 17, 470, 468))
    assert selection.part("left_hand").tolist() == [3, 2]
    assert selection.part("right_hand").tolist() == [0]
    assert selection.part("pose").tolist() == []
    assert selection.places((17, 18, 522)).tolist() == [1, 0]
    with pytest.raises(ValueError, match="'foot'"):
        selection.part("foot")


def test_taking_leaves_what_is_lacking_unseen():
    points = np.arange(12, dtype=np.float16).reshape(2, 2, 3)
    taken = Selection((17, 500, 468)).take(points, (468, 17))
    assert taken.dtype == np.float32
    np.testing.assert_array_equal(taken[:, 0], points[:, 1])
    np.testing.assert_array_equal(taken[:, 2], points[:, 0])
    assert np.isnan(taken[:, 1]).all()
    with pytest.raises(ValueError, match="shape"):
        HANDS.take(points, (468, 17, 3))


@given(seed=st.integers(0, 10_000), about=st.floats(-2, 2))
def test_mirroring_twice_changes_nothing(seed, about):
    points = np.random.default_rng(seed).normal(size=(3, len(SOURCE), 3))
    once = layout.mirror(points, SOURCE, about)
    assert not np.allclose(once, points)
    np.testing.assert_allclose(layout.mirror(once, SOURCE, about), points, atol=1e-9)


@given(st.integers(0, 1000), st.tuples(*[st.integers(50, 4000)] * 2))
def test_distances_along_both_sides_count_alike(seed, size):
    width, height = size
    pixels = np.random.default_rng(seed).uniform(-0.5, 1.5, (4, 5, 3)) * (width, height, width)
    found = in_common_frame(pixels / (width, height, width), width, height)
    np.testing.assert_allclose(found[..., 0] - 0.5, (pixels[..., 0] - width / 2) / (1.5 * height))
    np.testing.assert_allclose(found[..., 1], pixels[..., 1] / height)
    np.testing.assert_allclose(found[..., 2], pixels[..., 2] / (1.5 * height))


def test_a_frame_of_its_shape_stays_and_nothing_is_seen_anew():
    points = np.full((2, 3, 2), 0.25, np.float32)
    points[1] = np.nan
    found = in_common_frame(points, 300, 200)
    np.testing.assert_array_equal(found, points)
    assert found.dtype == np.float32 and found is not points
    assert in_common_frame(points, 200, 300)[0, 0, 0] == pytest.approx(0.5 - 0.25 / 2.25)
