"""What the landmark network is shown of hands that were read several times."""

import numpy as np
import pytest
import torch

from asl.training.augment import AugmentSettings
from asl.training.courses import Landmarks


@pytest.mark.parametrize(("count", "share"), [(0, 0.0), (1, 0.5), (3, 0.5)])
def test_half_of_the_hands_are_shown_as_read_anew(make_hand, count, share):
    rows = 600
    plain, anew = (make_hand(straight=fingers).landmarks for fingers in (("index",), ("little",)))
    nothing = np.zeros(rows, int)
    course = Landmarks(
        landmarks=np.repeat(plain[None], rows, axis=0),
        readings=np.broadcast_to(anew, (rows, count, 21, 3)),
        settings=AugmentSettings.none(),
        classes=nothing,
        sources=nothing,
        weights=nothing,
        validation=nothing,
    )
    shown = course.changed(np.arange(rows), torch.Generator().manual_seed(0)).numpy()
    index, little = (np.linalg.norm(shown[:, tip, :2], axis=1) for tip in (8, 20))
    assert (little > index).mean() == pytest.approx(share, abs=0.07)
    # What is validated on is what prediction sees.
    assert (course.plain(np.arange(rows)).numpy() == plain).all()
    assert (course.landmarks == plain).all()
