"""Cut the square that the pixel network sees out of a picture."""

import numpy as np

from asl.hands.detector import Hand
from asl.hands.strips import resample_square

#: Side of the square over the longer side of the hand's landmarks: landmarks run through the
#: joints, so fingertips, the heel of the hand and a little wrist lie outside their box.
CONTEXT = 1.45


def crop_hand(
    rgb: np.ndarray,
    hand: Hand | None,
    size: int,
    zoom_out: float = 1.0,
    context: float = CONTEXT,
) -> np.ndarray:
    """Return the square around `hand`, or the whole picture padded to a square if it is None.

    Left hands are mirrored, so that the network only ever sees right hands. What lies outside
    the picture is black.

    Args:
        rgb: (height, width, 3) uint8.
        hand: in pixels of `rgb`.
        size: side of the returned square in pixels.
        zoom_out: widens the square, so that training can shift and scale within it. The middle
            ``size / zoom_out`` pixels are those that prediction sees with ``zoom_out=1``.
        context: side of the square over the longer side of the hand's landmarks.

    Returns:
        (size, size, 3) uint8.
    """
    height, width = rgb.shape[:2]
    if hand is None:
        centre, side = (width / 2, height / 2), float(max(height, width))
    else:
        centre, side = square_around(hand, context)
    side *= zoom_out
    left, top = centre[0] - side / 2, centre[1] - side / 2
    # Whole pixels are cut first and the exact square resampled from them, with a rim that the
    # filter may read, so the square stays where it is to a fraction of a pixel.
    rim = 2 + int(np.ceil(side / size))
    x, y = int(np.floor(left)) - rim, int(np.floor(top)) - rim
    whole = int(np.ceil(side)) + 1 + 2 * rim
    box = (left - x, top - y, left - x + side, top - y + side)
    square = resample_square(rgb, (x, y), whole, box, size)
    mirrored = hand is not None and hand.side == "left"
    return np.ascontiguousarray(square[:, ::-1] if mirrored else square)


def square_around(hand: Hand, context: float) -> tuple[tuple[float, float], float]:
    """Return the centre, x and y, and the side of the square that shows a hand, in pixels."""
    left, top, right, bottom = hand.box
    return ((left + right) / 2, (top + bottom) / 2), max(hand.extent * context, 8.0)
