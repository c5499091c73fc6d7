"""Limbs keep their lengths when they are turned in their joints."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.data.sequences.layout import HANDS, LEFT_HAND, LIPS, RIGHT_HAND, SOURCE, Selection
from asl.hands.landmarks import FINGERS
from asl.training.sequences.joints import ARMS, FINGER_JOINTS, Joint, turn_joints

seeds = st.integers(0, 10_000)


def clip(seed, selection=SOURCE):
    return np.random.default_rng(seed).uniform(0, 1, (4, len(selection), 3)).astype(np.float32)


def length(points, one, other):
    places = SOURCE.column_of[[one, other]]
    return np.linalg.norm(points[:, places[0], :2] - points[:, places[1], :2], axis=-1)


def test_joints_are_those_of_the_body():
    assert len(ARMS) == 4 and len(FINGER_JOINTS) == 30
    left_shoulder, left_elbow, right_shoulder, right_elbow = ARMS
    assert (left_shoulder.pivot, left_elbow.pivot) == (500, 502)
    assert (right_shoulder.pivot, right_elbow.pivot) == (501, 503)
    assert left_shoulder.beyond == (502, 504, 506, 508, 510, *LEFT_HAND)
    assert right_elbow.beyond == (505, 507, 509, 511, *RIGHT_HAND)
    assert FINGER_JOINTS[0] == Joint(469, (470, 471, 472))
    assert FINGER_JOINTS[-1] == Joint(541, (542,))


@given(seeds)
def test_bones_keep_their_lengths(seed):
    random = np.random.default_rng(seed)
    points = clip(seed)
    turned = turn_joints(points, SOURCE, ARMS, random.uniform(-1, 1, 4))
    for shoulder in (500, 501):
        bones = (shoulder, shoulder + 2), (shoulder + 2, shoulder + 4)
        for bone in bones:
            np.testing.assert_allclose(length(turned, *bone), length(points, *bone), atol=1e-5)
    hand = SOURCE.part("left_hand")
    for one, other in ((0, 4), (4, 20)):
        before, after = (p[:, hand[one], :2] - p[:, hand[other], :2] for p in (points, turned))
        sizes = (np.linalg.norm(difference, axis=-1) for difference in (before, after))
        np.testing.assert_allclose(*sizes, atol=1e-5)
    fingers = turn_joints(points, SOURCE, FINGER_JOINTS, random.uniform(-1, 1, 30))
    for first in (468, 522):
        for finger in FINGERS.values():
            for joint, outer in pairwise(finger):
                bone = first + joint, first + outer
                np.testing.assert_allclose(length(fingers, *bone), length(points, *bone), atol=1e-5)


@given(seeds)
def test_what_is_not_beyond_a_joint_stays(seed):
    points = clip(seed)
    joint = FINGER_JOINTS[0]
    turned = turn_joints(points, SOURCE, (joint,), np.array([0.5]))
    moved = SOURCE.column_of[list(joint.beyond)]
    assert not np.allclose(turned[:, moved], points[:, moved])
    np.testing.assert_array_equal(np.delete(turned, moved, 1), np.delete(points, moved, 1))
    np.testing.assert_array_equal(turned[..., 2], points[..., 2])


def test_no_angle_is_no_change():
    points = clip(0)
    np.testing.assert_allclose(turn_joints(points, SOURCE, ARMS, np.zeros(4)), points, atol=1e-6)


def test_an_unseen_joint_turns_nothing():
    points = clip(0)
    points[1, SOURCE.column_of[500]] = np.nan
    turned = turn_joints(points, SOURCE, ARMS[:1], np.array([0.5]))
    np.testing.assert_array_equal(turned[1], points[1])
    assert np.isnan(turned).sum() == np.isnan(points).sum()
    assert not np.allclose(turned[0], points[0])


@pytest.mark.parametrize("selection", [HANDS, Selection(LIPS)])
def test_joints_that_are_not_chosen_turn_nothing(selection):
    points = clip(0, selection)
    np.testing.assert_array_equal(turn_joints(points, selection, ARMS, np.ones(4)), points)


def test_each_joint_needs_an_angle():
    with pytest.raises(ValueError, match="3 for 4 joints"):
        turn_joints(clip(0), SOURCE, ARMS, np.zeros(3))
