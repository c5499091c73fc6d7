"""How far the reading of a film is, in words."""

import pytest

from asl.ui.words.intake import how_far


@pytest.mark.parametrize(
    ("done", "frames", "took", "share", "said"),
    [
        (10, 100, 0.5, 0.1, "10 of 100 frames read"),
        (10, 100, 2.0, 0.1, "10 of 100 frames read, about 18 s left"),
        (99, 100, 60.0, 0.99, "99 of 100 frames read, about 1 s left"),
        (7, 7, 3.0, 0.0, "7 frames read"),
    ],
    ids=["too soon to tell", "half a minute", "nearly done", "a film that keeps its length"],
)
def test_how_far_it_is(done, frames, took, share, said):
    assert how_far(done, frames, took) == (share, said)
