"""Draw the hand that was found into a picture: its box, its bones and its joints."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from asl.figures.skeleton import far_to_near

if TYPE_CHECKING:
    from asl.hands.detector import Hand

#: Longer side in pixels of what is shown: small pictures grow, so that lines can be drawn on them.
_SHOWN = (400, 800)
# Drawn at twice the size and halved, since Pillow draws lines with hard edges.
_OVERSAMPLING = 2

#: Room between the joints and the box around them, as a share of the hand's size: the joints of
#: the fingertips lie inside the fingers.
_BOX_MARGIN = 0.12


@dataclass(frozen=True)
class Pen:
    """With what a hand is drawn; widths and radii in pixels.

    Attributes:
        corner: radius of the box's corners.
        box_rim: width of the dark line under that of the box.
        box: width of the box's line.
        bone_rim: width of the dark lines under the bones.
        bone: width of the bones.
        joint_rim: radius of the dark discs under the bones.
        joint: radius of the joints.
        ring: colour of a thin line round each joint, None for none.
    """

    corner: float
    box_rim: float
    box: float
    bone_rim: float
    bone: float
    joint_rim: float
    joint: float
    ring: str | None = None


def draw_hand(draw: ImageDraw.ImageDraw, points: np.ndarray, pen: Pen) -> None:
    """Draw a hand; every line has a dark rim, to be seen on any background.

    Args:
        points: (21, 3) landmarks in pixels; z, away from the viewer, only orders the fingers.
    """
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    margin = _BOX_MARGIN * float((high - low).max())
    box = (*(low - margin).tolist(), *(high + margin).tolist())
    draw.rounded_rectangle(box, pen.corner, outline="black", width=round(pen.box_rim))
    draw.rounded_rectangle(box, pen.corner, outline="white", width=round(pen.box))
    places = [(float(x), float(y)) for x, y in points[:, :2]]
    for part in far_to_near(points):
        line = [places[joint] for joint in part.joints]
        draw.line(line, "black", round(pen.bone_rim), joint="curve")
        _draw_discs(draw, line, pen.joint_rim, "black")
        draw.line(line, part.colour, round(pen.bone), joint="curve")
        _draw_discs(draw, line, pen.joint, part.colour, pen.ring)


def _draw_discs(
    draw: ImageDraw.ImageDraw,
    places: list[tuple[float, float]],
    radius: float,
    colour: str,
    ring: str | None = None,
) -> None:
    for x, y in places:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), colour, ring)


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
        draw_hand(ImageDraw.Draw(picture), hand.landmarks * scale, _pen(max(size) / 160))
    file = io.BytesIO()
    picture.reduce(_OVERSAMPLING).save(file, "JPEG", quality=88)
    return file.getvalue()


def _pen(stroke: float) -> Pen:
    """Return the pen for a photograph; the joints stand out from the bones by their size alone."""
    return Pen(
        corner=4 * stroke,
        box_rim=1.6 * stroke,
        box=0.8 * stroke,
        bone_rim=2.2 * stroke,
        bone=1.4 * stroke,
        joint_rim=2.2 * stroke,
        joint=1.4 * stroke,
    )
