"""A few frames of a person who signs with both hands, from the real recordings."""

import itertools

import numpy as np
import pytest

from asl.videos import open_video


@pytest.fixture(scope="session")
def film(asl_data):
    """A film in which both hands are seen from its 16th frame on."""
    return asl_data / "wlasl" / "videos" / "12311.mp4"


@pytest.fixture(scope="session")
def frames(film) -> list[np.ndarray]:
    """Eight frames with both hands, (240, 320, 3)."""
    with open_video(film) as video:
        return [frame.rgb for frame in itertools.islice(video, 26, 34)]
