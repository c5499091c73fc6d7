"""Draw the hand that was found on a photograph."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from asl.ui.skeleton import far_to_near

if TYPE_CHECKING:
    from asl.hands.detector import Hand

#: Longer side in pixels of what is shown: small pictures grow, so that lines can be drawn on them.
_SHOWN = (400, 800)
# Drawn at twice the size and halved, since Pillow draws lines with hard edges.
_OVERSAMPLING = 2

#: Room between the joints and the box around them, as a share of the hand's size: the joints of
#: the fingertips lie inside the fingers.
_BOX_MARGIN = 0.12


def picture_with_hand(rgb: np.ndarray, hand: Hand | None) -> bytes:
    """Return a small JPEG of a (height, width, 3) uint8 picture with the hand drawn on it.

    A box surrounds the hand, coloured lines run along its bones. Nothing of the original file but
    its pixels is kept: no place, no time, no camera.
    """
    height, width = rgb.shape[:2]
    scale = _OVERSAMPLING * float(np.clip(max(height, width), *_SHOWN)) / max(height, width)
    size = [max(_OVERSAMPLING, round(side * scale)) for side in (width, height)]
    picture = Image.fromarray(rgb).resize(size, Image.Resampling.BILINEAR)
    if hand is not None:
        _draw_hand(ImageDraw.Draw(picture), hand, scale, stroke=max(size) / 160)
    file = io.BytesIO()
    picture.reduce(_OVERSAMPLING).save(file, "JPEG", quality=88)
    return file.getvalue()


def _draw_hand(draw: ImageDraw.ImageDraw, hand: Hand, scale: float, stroke: float) -> None:
    """Draw box, bones and joints; every line has a dark rim, to be seen on any background."""
    left, top, right, bottom = np.array(hand.box) * scale
    margin = _BOX_MARGIN * hand.extent * scale
    box = (left - margin, top - margin, right + margin, bottom + margin)
    draw.rounded_rectangle(box, 4 * stroke, outline="black", width=round(1.6 * stroke))
    draw.rounded_rectangle(box, 4 * stroke, outline="white", width=round(0.8 * stroke))
    joints = [(float(x), float(y)) for x, y in hand.landmarks[:, :2] * scale]
    for part in far_to_near(hand.landmarks):
        line = [joints[joint] for joint in part.joints]
        for colour, width in (("black", 2.2 * stroke), (part.colour, 1.4 * stroke)):
            draw.line(line, colour, round(width), joint="curve")
            for x, y in line:
                draw.ellipse((x - width, y - width, x + width, y + width), colour)
