"""A head and shoulders for hands that were seen alone, so that it shows where they are."""

from __future__ import annotations

import numpy as np

from asl.data.sequences.layout import HOLISTIC, LEFT_SHOULDER, RIGHT_SHOULDER
from asl.data.sequences.normalise import as_signer
from asl.inference.sequences.posture import has_body

#: Row → place in distances of the shoulders from the middle between them, x to the picture's
#: right: shoulders, top, chin, and the right and left side of the face. The face lies where signs
#: of an ASL dictionary touch it: FATHER the forehead, EAT the mouth, MOTHER the chin.
_BODY = {
    RIGHT_SHOULDER: (-0.5, 0.0),
    LEFT_SHOULDER: (0.5, 0.0),
    10: (0.0, -1.55),
    152: (0.0, -0.5),
    234: (-0.3, -1.03),
    454: (0.3, -1.03),
}


def with_body(points: np.ndarray) -> np.ndarray:
    """Return hands alone with the head and shoulders that a dictionary's signer would have.

    A person of whom the shoulders were seen is returned as is.

    Args:
        points: (T, 543, 2 or 3) in shares of a dictionary's frame.
    """
    if has_body(points):
        return points
    body = np.full((1, len(HOLISTIC), 2), np.nan, np.float32)
    body[0, list(_BODY)] = list(_BODY.values())
    whole = points.copy()
    whole[:, list(_BODY), :2] = as_signer(body, HOLISTIC)[:, list(_BODY)]
    return whole
