"""Turned squares in a picture, in which the networks search hands and read joints."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from PIL import Image

#: Of the 7 points of a palm: the wrist, and where the middle finger begins.
_PALM_WRIST, _PALM_MIDDLE = 0, 2

#: Joints that move little when fingers bend: a square around them stays where it is.
_STEADY = [0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18]
_WRIST = 0

#: Joints of index, middle and ring finger towards which a hand points: in the middle of the
#: fingers, or where they begin.
MIDDLES, KNUCKLES = (6, 10, 14), (5, 9, 13)

#: How far the middle of a hand lies from that of its palm, as a share of the palm's box. MediaPipe
#: takes 0.5; with 0.28 the square lies, in the median of the training pictures, where the one
#: around the joints does.
_TOWARDS_FINGERS = 0.28

#: Two squares show nearly the same if they differ by less than this: their centres, as a share of
#: the side, the logarithm of their sides, and their angles.
_SAME_CENTRE, _SAME_SIDE, _SAME_ANGLE = 0.08, 0.2, 0.3

#: By how much, as standard deviations of the same three, a square differs from one elsewhere.
_ELSEWHERE_CENTRE, _ELSEWHERE_SIDE, _ELSEWHERE_ANGLE = 0.06, 0.12, 0.2


@dataclass(frozen=True)
class Square:
    """A turned square in a picture.

    How large it is around palms and joints, and where fingers point in it, is MediaPipe's choice,
    which its networks were trained with: the calculators `RectTransformation`,
    `DetectionsToRects` and `HandLandmarksToRect`.

    Attributes:
        centre: (2,) x and y in pixels.
        side: in pixels.
        angle: in radians; what points up in the square points this far clockwise of up in the
            picture.
    """

    centre: np.ndarray
    side: float
    angle: float = 0.0

    @classmethod
    def around_picture(cls, rgb: np.ndarray, margin: float = 0.0, angle: float = 0.0) -> Self:
        """The square around a (height, width, 3) picture and a margin, a share of its longer side.

        Turned, its corners lie outside of the picture, and the picture's outside of it.
        """
        height, width = rgb.shape[:2]
        side = max(height, width) * (1 + 2 * margin)
        return cls(np.array((width / 2, height / 2)), side, angle)

    @classmethod
    def around_palm(cls, low: np.ndarray, high: np.ndarray, points: np.ndarray) -> Self:
        """The square in which the hand of a palm must lie, fingers up.

        Args:
            low, high: (2,) corners of the palm's upright box, in pixels.
            points: (7, 2) of the palm, in pixels.
        """
        angle = direction(points[_PALM_MIDDLE] - points[_PALM_WRIST])
        size = high - low
        towards_fingers = _turn(angle) @ (0, -size[1])
        centre = (low + high) / 2 + _TOWARDS_FINGERS * towards_fingers
        return cls(centre, 2.6 * float(size.max()), angle)

    @classmethod
    def around_joints(cls, joints: np.ndarray, towards: tuple[int, int, int] = MIDDLES) -> Self:
        """The square around the joints of a hand, (21, 2) in pixels, fingers up.

        Args:
            joints: in pixels.
            towards: joints of index, middle and ring finger that say where up is.
        """
        index, middle, ring = joints[list(towards)]
        fingers = ((index + ring) / 2 + middle) / 2
        angle = direction(fingers - joints[_WRIST])
        upright = joints[_STEADY] @ _turn(angle)
        low, high = upright.min(0), upright.max(0)
        size = high - low
        centre = (low + high) / 2 - (0, 0.1 * size[1])
        return cls(_turn(angle) @ centre, 2 * float(size.max()), angle)

    def shows_same(self, other: Self) -> bool:
        """Tell whether both squares show nearly the same."""
        apart = np.abs((other.centre - self.centre) @ _turn(self.angle)) / self.side
        turned = np.angle(np.exp(1j * (other.angle - self.angle)))
        return bool(
            apart.max() < _SAME_CENTRE
            and abs(np.log(other.side / self.side)) < _SAME_SIDE
            and abs(turned) < _SAME_ANGLE
        )

    def elsewhere(self, random: np.random.Generator) -> Self:
        """A square that shows the same hand a little shifted, larger or smaller, and turned."""
        shift = random.normal(0, _ELSEWHERE_CENTRE, 2) * self.side
        growth = np.exp(random.normal(0, _ELSEWHERE_SIDE))
        turn = random.normal(0, _ELSEWHERE_ANGLE)
        return type(self)(self.centre + shift, self.side * growth, self.angle + turn)

    def to_picture(self, points: np.ndarray) -> np.ndarray:
        """Return points, (n, 2) on the scale 0–1 of the square, in pixels of the picture."""
        return self.centre + self.side * (points - 0.5) @ _turn(self.angle).T

    def to_square(self, points: np.ndarray) -> np.ndarray:
        """Return points, (n, 2) in pixels of the picture, on the scale 0–1 of the square."""
        return (points - self.centre) @ _turn(self.angle) / self.side + 0.5

    def landmarks_of(self, points: np.ndarray) -> np.ndarray:
        """Return landmarks, (n, 3) in shares of the square's side, in pixels of the picture.

        x and y count from the square's corner, z from wherever the network has its middle.
        """
        return np.concatenate(
            (self.to_picture(points[:, :2]), points[:, 2:] * self.side), axis=1, dtype=np.float64
        )

    def cut(self, rgb: np.ndarray, size: int) -> np.ndarray:
        """Return what the square shows; beyond the edges, the picture goes on as it ends there.

        Args:
            rgb: (height, width, 3) uint8.
            size: side in pixels of what is returned.

        Returns:
            (size, size, 3) uint8.
        """
        factor = int(self.side / size)
        if factor > 1:  # pixels that are skipped otherwise, and would take time to be turned
            smaller = np.asarray(Image.fromarray(rgb).reduce(factor))
            return type(self)(self.centre / factor, self.side / factor, self.angle).cut(
                smaller, size
            )
        corners = self.to_picture(np.array(((0, 0), (0, 1), (1, 0), (1, 1))))
        left, top = np.floor(corners.min(0)).astype(int) - 1
        right, bottom = np.ceil(corners.max(0)).astype(int) + 1
        across, down = _turn(self.angle).T * (self.side / size)
        corner = corners[0] - (left, top)
        shown = Image.fromarray(_window(rgb, left, top, right, bottom)).transform(
            (size, size),
            Image.Transform.AFFINE,
            (across[0], down[0], corner[0], across[1], down[1], corner[1]),
            Image.Resampling.BILINEAR,
        )
        return np.asarray(shown)


def _window(rgb: np.ndarray, left: int, top: int, right: int, bottom: int) -> np.ndarray:
    """Return a part of a picture, which goes on beyond its edges as it ends there."""
    inside, beyond = [], []
    for low, high, length in zip((top, left), (bottom, right), rgb.shape, strict=False):
        start, stop = min(max(low, 0), length - 1), max(min(high, length), 1)
        before = max(0, min(-low, high - low - 1))
        inside.append(slice(start, stop))
        beyond.append((before, high - low - before - (stop - start)))
    return np.pad(rgb[tuple(inside)], (*beyond, (0, 0)), mode="edge")


def direction(arrow: np.ndarray) -> float:
    """Return how far clockwise of up (x, y) points in a picture, in radians."""
    return float(np.arctan2(arrow[0], -arrow[1]))


def _turn(angle: float) -> np.ndarray:
    """Return the matrix that turns a column of x and y clockwise, as y grows downwards."""
    return np.array(((np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))))
