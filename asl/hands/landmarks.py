"""Hand landmarks free of where the hand is, how large it is, and which hand it is."""

import numpy as np

#: MediaPipe's joints by finger, from the palm to the tip.
FINGERS = {
    "thumb": (1, 2, 3, 4),
    "index": (5, 6, 7, 8),
    "middle": (9, 10, 11, 12),
    "ring": (13, 14, 15, 16),
    "little": (17, 18, 19, 20),
}
WRIST = 0
#: Joints of the palm: the wrist and the knuckles.
PALM = (0, 5, 9, 13, 17)


def normalise(landmarks: np.ndarray, side: str, upright: bool = False) -> np.ndarray:
    """Return landmarks that stay the same when the hand is moved, scaled or mirrored.

    The palm's centre becomes the origin, the root mean square distance of the joints from it in
    the picture plane becomes 1, and left hands are mirrored to right ones.

    Args:
        landmarks: (…, 21, 3) in any unit, x to the right, y down, z away from the camera.
        side: "left" or "right".
        upright: also turn the hand in the picture plane until wrist → middle knuckle points up.
            Off for recognition, since some signs differ only by their direction.

    Returns:
        (…, 21, 3) float32.

    Raises:
        ValueError: wrong shape, unknown side, or all joints in one place.
    """
    points = np.asarray(landmarks, np.float64)
    if points.shape[-2:] != (21, 3):
        raise ValueError(f"landmarks: shape {points.shape} is not (…, 21, 3)")
    if side not in ("left", "right"):
        raise ValueError(f"side: {side!r} is neither 'left' nor 'right'")
    points = points - points[..., PALM, :].mean(-2, keepdims=True)
    size = np.sqrt((points[..., :2] ** 2).sum(-1).mean(-1))[..., None, None]
    if not (size > 0).all():
        raise ValueError("landmarks: all joints lie in one place")
    points = points / size
    if side == "left":
        points = points * np.array([-1.0, 1.0, 1.0])
    if upright:
        points = _upright(points)
    return points.astype(np.float32)


def points_down(landmarks: np.ndarray) -> bool:
    """Return whether a hand, (21, 3) in pixels, is turned by more than 120° from upright.

    What counts is the line from the wrist to the middle finger's knuckle.
    """
    across, down = landmarks[9, :2] - landmarks[WRIST, :2]
    return bool(down > 0 and abs(across) < down * np.sqrt(3))


def turn(landmarks: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Return landmarks turned about the origin in the picture plane, against the clock.

    Args:
        landmarks: (…, 21, 3), x to the right, y down.
        angle: (…, 1), radians.
    """
    cos, sin = np.cos(angle), np.sin(angle)
    x, y, z = landmarks[..., 0], landmarks[..., 1], landmarks[..., 2]
    return np.stack([x * cos + y * sin, y * cos - x * sin, z], -1)


def _upright(points: np.ndarray) -> np.ndarray:
    axis = points[..., 9, :2] - points[..., WRIST, :2]
    return turn(points, np.arctan2(axis[..., 0], -axis[..., 1])[..., None])
