"""Landmarks of a video without their trembling, and without lagging behind.

Casiez, Roussel and Vogel, "1€ Filter: A Simple Speed-based Low-pass Filter for Noisy Input in
Interactive Systems" (2012), as MediaPipe's calculator `LandmarksSmoothing` uses it.
"""

import math

import numpy as np

#: Frames a second that count, whatever the film's are: MediaPipe's Holistic takes 30 for Python.
_RATE = 30.0

#: Cut-off, in hertz, for the speed itself.
_SPEED_CUTOFF = 1.0


class OneEuro:
    """Smooths points from frame to frame: much where they rest, little where they move.

    Args:
        cutoff: in hertz, for points that rest; the lower, the smoother.
        beta: how much faster points, in sizes of the object a second, raise it.
    """

    def __init__(self, cutoff: float, beta: float):
        if not cutoff > 0:
            raise ValueError(f"cutoff: expected more than 0 hertz, got {cutoff}")
        if not beta >= 0:
            raise ValueError(f"beta: expected 0 or more, got {beta}")
        self._cutoff, self._beta = cutoff, beta
        self.reset()

    def reset(self) -> None:
        """Forget all frames: the next one stays as it is."""
        self._raw: np.ndarray | None = None
        self._smooth: np.ndarray | None = None
        self._speed: np.ndarray | float = 0.0

    def smooth(self, points: np.ndarray, size: float) -> np.ndarray:
        """Return the points of the next frame, smoothed.

        Args:
            points: of one shape in all frames, in pixels.
            size: of the object that they belong to, in pixels.
        """
        if self._raw is None or self._smooth is None:
            self._smooth = points
        elif size > 0:
            speed = (points - self._raw) * (_RATE / size)
            part = _share(_SPEED_CUTOFF)
            self._speed = part * speed + (1 - part) * self._speed
            share = _share(self._cutoff + self._beta * np.abs(self._speed))
            self._smooth = share * points + (1 - share) * self._smooth
        self._raw = points
        return self._smooth


def _share(cutoff: np.ndarray | float) -> np.ndarray | float:
    """Return how much of the new value counts in a low-pass filter of a cut-off in hertz."""
    turn = 2 * math.pi * cutoff / _RATE
    return turn / (1 + turn)
