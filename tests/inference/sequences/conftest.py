"""Recordings made up for the tests."""

from collections.abc import Callable

import numpy as np
import pytest

from asl.data.sequences.layout import (
    LEFT_HAND,
    LEFT_SHOULDER,
    RIGHT_HAND,
    RIGHT_SHOULDER,
    ROWS,
)


def recording(seed: int = 0, body: bool = True, both: bool = False, frames: int = 40) -> np.ndarray:
    """(T, 543, 3): a right hand, and a left one where both sign, that moves and opens smoothly."""
    random = np.random.default_rng(seed)
    time = np.linspace(0, 1, frames)[:, None]
    points = np.full((frames, ROWS, 3), np.nan, np.float32)
    if body:
        points[:, LEFT_SHOULDER] = (0.65, 0.5, 0)
        points[:, RIGHT_SHOULDER] = (0.35, 0.5, 0)
    for rows, x, wanted in ((RIGHT_HAND, 0.4, True), (LEFT_HAND, 0.62, both)):
        if not wanted:
            continue
        closed, opened = random.uniform(-0.05, 0.05, (2, 21, 2))
        ways = random.uniform(0.5, 1.5, 2)
        middle = np.hstack([x + 0.15 * np.sin(ways[0] * 3 * time), 0.6 - 0.3 * ways[1] * time])
        shape = closed + time[..., None] * (opened - closed)
        points[:, list(rows), :2] = middle[:, None] + shape
        points[:, list(rows), 2] = 0
    return points


@pytest.fixture(scope="session", name="recording")
def make_recording() -> Callable[..., np.ndarray]:
    return recording
