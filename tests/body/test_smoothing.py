"""Points without trembling that still arrive where they go."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.body.smoothing import OneEuro


def smoothed(path, cutoff=0.05, beta=80.0, size=100.0):
    steady = OneEuro(cutoff, beta)
    return np.array([steady.smooth(np.asarray(point, float), size) for point in path])


def test_what_trembles_becomes_quiet():
    path = 50 + 0.03 * np.random.default_rng(0).standard_normal((200, 4))
    assert smoothed(path)[20:].std() < path[20:].std() / 3


def test_what_moves_fast_does_not_lag():
    path = np.linspace(0, 300, 30)[:, None]
    behind = path - smoothed(path)
    assert (behind >= 0).all() and behind[-1] < 2


@given(st.floats(-500, 500), st.floats(0.001, 5), st.floats(0, 90))
def test_what_rests_stays(value, cutoff, beta):
    np.testing.assert_allclose(smoothed([[value]] * 4, cutoff, beta), value)


@given(st.lists(st.floats(-500, 500), min_size=1, max_size=8), st.floats(0.5, 20))
def test_a_larger_picture_changes_nothing(path, scale):
    path = np.array(path)[:, None]
    larger = smoothed(path * scale, size=100 * scale)
    np.testing.assert_allclose(larger, smoothed(path) * scale, atol=1e-6)


def test_after_a_reset_nothing_is_remembered():
    steady = OneEuro(0.05, 80.0)
    steady.smooth(np.zeros(2), 100.0)
    steady.reset()
    assert (steady.smooth(np.full(2, 9.0), 100.0) == 9.0).all()


def test_an_object_without_a_size_keeps_its_last_place():
    assert (smoothed([[1.0], [5.0]], size=0.0) == 1.0).all()


@pytest.mark.parametrize(
    ("cutoff", "beta", "named"),
    [(0.0, 1.0, "cutoff"), (float("nan"), 1.0, "cutoff"), (1.0, -1, "beta")],
)
def test_bad_settings_are_named(cutoff, beta, named):
    with pytest.raises(ValueError, match=f"{named}: expected"):
        OneEuro(cutoff, beta)
