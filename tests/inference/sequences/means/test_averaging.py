"""The mean of people frame by frame."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asl.data.sequences.layout import LEFT_HAND, LEFT_SHOULDER, RIGHT_HAND
from asl.hands.landmarks import PALM
from asl.inference.sequences.means.averaging import ASPECT, average, steady_mean

RIGHT = list(RIGHT_HAND)


def hand(points: np.ndarray) -> np.ndarray:
    """Its joints as they are seen, (…, 21, 2) with both directions alike."""
    return points[..., RIGHT, :2] * (ASPECT, 1)


def palm_size(points: np.ndarray) -> np.ndarray:
    palm = hand(points)[..., PALM, :]
    return np.sqrt(((palm - palm.mean(-2, keepdims=True)) ** 2).sum(-1).mean(-1))


def moved(points: np.ndarray, angle=0.0, size=1.0, by=(0.0, 0.0)) -> np.ndarray:
    """A right hand that is turned about its own middle, and lies elsewhere."""
    cos, sin = np.cos(angle), np.sin(angle)
    found = points[..., :2].copy()
    own = hand(found)
    middle = own[..., PALM, :].mean(-2, keepdims=True)
    turned = (own - middle) @ np.array([[cos, sin], [-sin, cos]]) * size + middle + np.array(by)
    found[..., RIGHT, :] = turned / (ASPECT, 1)
    return found


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 50), st.integers(1, 4), st.booleans())
def test_of_the_same_recording_it_is_the_recording(recording, seed, count, both):
    one = recording(seed, both=both)[..., :2]
    np.testing.assert_allclose(average(np.stack([one] * count)), one, atol=1e-5)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 50), st.floats(0.1, 1.2), st.floats(0.5, 2))
def test_hands_that_are_turned_keep_their_shape_and_mean_size(recording, seed, angle, size):
    one = recording(seed)[..., :2]
    mean = average(np.stack([moved(one, angle, size), moved(one, -angle, 1 / size)]))
    np.testing.assert_allclose(mean, one, atol=1e-4)


def test_a_hand_lies_and_points_where_they_do_on_average(recording):
    one = recording(3)[..., :2]
    mean = average(np.stack([one, moved(one, 0.6, 1, (0.1, 0.2))]))
    np.testing.assert_allclose(mean, moved(one, 0.3, 1, (0.05, 0.1)), atol=1e-4)


def test_hands_of_other_shapes_do_not_shrink(recording):
    clips = np.stack([recording(seed)[..., :2] for seed in range(5)])
    mean = average(clips)
    expected = np.exp(np.log(palm_size(clips)).mean(0))
    np.testing.assert_allclose(palm_size(mean), expected, rtol=1e-3)


def test_a_bent_finger_and_a_straight_one_make_one_of_full_length():
    straight = np.full((1, 543, 2), np.nan)
    joints = np.random.default_rng(0).uniform(-0.05, 0.05, (21, 2)) + 0.5
    joints[5:9] = 0.5, 0.4
    joints[5:9, 0] += np.arange(4) * 0.03
    straight[0, RIGHT] = joints / (ASPECT, 1)
    bent = straight.copy()
    joints[6:9] = joints[5] + np.arange(1, 4)[:, None] * (0, 0.03)
    bent[0, RIGHT] = joints / (ASPECT, 1)
    mean = hand(average(np.stack([straight, bent])))[0]
    lengths = np.linalg.norm(np.diff(mean[5:9], axis=0), axis=1)
    # A mean of joints would leave 0.021.
    assert (lengths > 0.025).all()


@pytest.mark.parametrize(("lacking", "shown"), [(1, True), (2, False)])
def test_what_most_do_not_show_is_not_shown(recording, lacking, shown):
    clips = np.stack([recording(seed, both=True)[..., :2] for seed in (1, 1, 1)])
    clips[:lacking, :, list(LEFT_HAND)] = np.nan
    clips[:lacking, :, LEFT_SHOULDER] = np.nan
    mean = average(clips)
    for row in (*LEFT_HAND, LEFT_SHOULDER):
        assert np.isfinite(mean[:, row]).all() == shown
    assert np.isfinite(mean[:, RIGHT]).all()


def test_a_hand_that_some_lose_does_not_jump(recording):
    one = recording(1)[..., :2]
    clips = np.stack([moved(one, by=(0, y)) for y in (-0.1, 0, 0.1, 0, 0)])
    clips[0, 20:, RIGHT] = np.nan
    np.testing.assert_allclose(average(clips), one, atol=1e-4)


def test_means_of_what_is_known_and_of_what_never_is():
    values = np.array([[1.0, 2.0, np.nan, 4.0], [3.0, 4.0, 5.0, np.nan], [np.nan] * 4])
    np.testing.assert_allclose(steady_mean(values), [2, 3, 4, 5], atol=1e-2)
    assert np.isnan(steady_mean(np.full((2, 3), np.nan))).all()
