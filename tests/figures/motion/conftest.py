"""A made-up person who signs."""

import numpy as np
import pytest

from asl.data.sequences.layout import LEFT_HAND, POSE, RIGHT_HAND, ROWS


@pytest.fixture
def signing() -> np.ndarray:
    """(30, 543, 3): the right hand rises, the left one rests; shoulders, elbows, wrists, ears."""
    points = np.full((30, ROWS, 3), np.nan, np.float32)
    body = {11: (0.65, 0.6), 12: (0.35, 0.6), 13: (0.7, 0.8), 14: (0.3, 0.8), 7: (0.55, 0.3)}
    body |= {15: (0.65, 0.9), 16: (0.35, 0.9), 8: (0.45, 0.3)}
    for joint, place in body.items():
        points[:, POSE[joint]] = (*place, 0)
    hand = np.stack([np.linspace(-0.04, 0.04, 21), 0.05 * np.sin(np.arange(21))], 1)
    rise = np.linspace(0, 0.5, 30)[:, None]
    points[:, list(RIGHT_HAND), :2] = hand + np.array([0.35, 0.9])
    points[:, list(RIGHT_HAND), 1] -= rise
    points[:, list(LEFT_HAND), :2] = hand + np.array([0.65, 0.9])
    points[:, [*LEFT_HAND, *RIGHT_HAND], 2] = 0
    return points
