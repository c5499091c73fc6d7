"""Changes of where landmarks are: turned, scaled, sheared, moved, and unseen in a square.

All take (T, rows, 2 or 3), x and y in shares of the frame and NaN where nothing was seen, and
return another array. What turns or grows does so about the mean place of all that is seen, so that
the size of the change does not depend on where somebody stands; `turn_frames` about that of each
frame.
"""

import numpy as np


def tilt(points: np.ndarray, about_x: float, about_y: float) -> np.ndarray:
    """Turn about the axis across and the one upwards, in radians.

    Without z, what is seen is flattened as a picture on a card would be.
    """
    flat = points.shape[2] == 2
    whole = np.concatenate([points, np.zeros_like(points[..., :1])], -1) if flat else points
    (ca, sa), (cb, sb) = ((np.cos(angle), np.sin(angle)) for angle in (about_x, about_y))
    across = np.array([[1, 0, 0], [0, ca, -sa], [0, sa, ca]])
    upwards = np.array([[cb, 0, sb], [0, 1, 0], [-sb, 0, cb]])
    return _linear(whole, upwards @ across)[..., : points.shape[2]]


def scale(points: np.ndarray, factor: float | tuple[float, float]) -> np.ndarray:
    """Make everything larger or smaller, or x and y by factors of their own; z stays then."""
    own = (*factor, 1.0) if isinstance(factor, tuple) else (factor,) * 3
    return _linear(points, np.diag(own[: points.shape[2]]))


def shift(points: np.ndarray, by: tuple[float, float]) -> np.ndarray:
    """Move everything by (x, y) in shares of the frame."""
    moved = points.astype(np.float32)
    moved[..., :2] += np.array(by, np.float32)
    return moved


def affine(
    points: np.ndarray, factor: float, shear: tuple[float, float], angle: float
) -> np.ndarray:
    """Scale, shear x by y and y by x, then turn by radians, in the picture plane; z is scaled."""
    cos, sin = np.cos(angle), np.sin(angle)
    plane = np.array([[cos, -sin], [sin, cos]]) @ np.array([[1, shear[0]], [shear[1], 1]])
    matrix = np.eye(points.shape[2])
    matrix[:2, :2] = plane
    return _linear(points, matrix * factor)


def turn_frames(points: np.ndarray, factor: float, angle: float) -> np.ndarray:
    """Scale, and turn by radians in the picture plane, about the middle of each frame by itself."""
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.eye(points.shape[2])
    matrix[:2, :2] = [[cos, -sin], [sin, cos]]
    known = np.isfinite(points)
    total = np.where(known, points, 0).sum(1, keepdims=True, dtype=np.float64)
    middle = total / np.maximum(known.sum(1, keepdims=True), 1)
    turned: np.ndarray = (points - middle) @ (factor * matrix.T) + middle
    return turned.astype(np.float32)


def mask_square(points: np.ndarray, corner: tuple[float, float], side: float) -> np.ndarray:
    """Make unseen what lies in a square of the frame, given by its upper left corner."""
    low = np.array(corner, np.float32)
    with np.errstate(invalid="ignore"):
        inside = ((points[..., :2] > low) & (points[..., :2] < low + side)).all(-1)
    masked = points.astype(np.float32)
    masked[inside] = np.nan
    return masked


def standardise(points: np.ndarray) -> np.ndarray:
    """Give each coordinate the mean 0 and the deviation 1 over the whole sequence."""
    middle = _middle(points)
    deviation = np.sqrt(_middle((points - middle) ** 2))
    return by_statistics(points, middle, np.where(deviation > 0, deviation, 1))


def by_statistics(points: np.ndarray, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Subtract a mean and divide by a deviation, (C,) or (rows, C).

    Raises:
        ValueError: a deviation that is not above 0.
    """
    if not (np.asarray(deviation) > 0).all():
        raise ValueError("deviation: it is not above 0 everywhere")
    moved: np.ndarray = ((points - mean) / deviation).astype(np.float32)
    return moved


def _linear(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    middle = _middle(points)
    turned: np.ndarray = ((points - middle) @ matrix.T + middle).astype(np.float32)
    return turned


def _middle(points: np.ndarray) -> np.ndarray:
    """(C,) the mean of what is seen, 0 where nothing is."""
    known = np.isfinite(points)
    total = np.where(known, points, 0).sum((0, 1), dtype=np.float64)
    middle: np.ndarray = total / np.maximum(known.sum((0, 1)), 1)
    return middle
