"""Draw on a frame of the camera what it shows: hand, sign, confidence, and the hold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from asl.ui.shared.hand_drawing import Pen, draw_hand

if TYPE_CHECKING:
    from asl.hands.detector import Hand

_PLATE = "#10141a"
_RING, _RING_BACK = "#4ea1ff", "#4a5260"
#: Without movement the ring grows in so many steps.
_STEPS = 4


@dataclass(frozen=True)
class Overlay:
    """What is written on the video.

    Attributes:
        sign: large, "" for none.
        note: a few words below it, such as the confidence.
        progress: how much of the hold has passed, 0–1; None without a ring.
        caption: a line at the bottom, such as the text so far.
    """

    sign: str = ""
    note: str = ""
    progress: float | None = None
    caption: str = ""


def draw_on(
    rgb: np.ndarray,
    hand: Hand | None,
    sign: str = "",
    note: str = "",
    progress: float | None = None,
    caption: str = "",
    mirror: bool = False,
    in_steps: bool = False,
) -> np.ndarray:
    """Return a frame with what it shows drawn on it.

    Args:
        rgb: (height, width, 3) uint8.
        hand: in pixels of `rgb`.
        sign: to write large, "" for none.
        note: a few words below it, such as the confidence.
        progress: how much of the hold has passed, 0–1; None without a ring.
        caption: a line at the bottom, such as the text so far; its end is shown.
        mirror: show the frame as a mirror would. Writing is never mirrored.
        in_steps: let the ring grow in steps instead of smoothly.
    """
    height, width = rgb.shape[:2]
    picture = Image.fromarray(rgb)
    if mirror:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    draw = ImageDraw.Draw(picture)
    unit = max(height, width) / 640
    if hand is not None:
        points = np.array(hand.landmarks)
        if mirror:
            points[:, 0] = width - 1 - points[:, 0]
        draw_hand(draw, points, _pen(unit))
    if sign or note or progress is not None:
        _draw_sign(draw, sign, note, progress, in_steps, unit)
    if caption:
        _draw_caption(draw, caption, width, height, unit)
    return np.asarray(picture)


def _pen(unit: float) -> Pen:
    """Return the pen for a frame, in which a thin ring sets each joint off."""
    return Pen(
        corner=10 * unit,
        box_rim=5 * unit,
        box=2 * unit,
        bone_rim=7 * unit,
        bone=4 * unit,
        joint_rim=4 * unit,
        joint=4 * unit,
        ring="black",
    )


def _draw_sign(
    draw: ImageDraw.ImageDraw,
    sign: str,
    note: str,
    progress: float | None,
    in_steps: bool,
    unit: float,
) -> None:
    """Draw the plate in the upper left corner: the sign in its ring, the note below."""
    side = 112 * unit
    edge, middle = 8 * unit, 8 * unit + side / 2
    draw.rounded_rectangle((edge, edge, edge + side, edge + side), 14 * unit, fill=_PLATE)
    if progress is not None:
        share = np.floor(progress * _STEPS) / _STEPS if in_steps else progress
        ring = (edge + 6 * unit, edge + 6 * unit, edge + side - 6 * unit, edge + side - 6 * unit)
        draw.arc(ring, 0, 360, _RING_BACK, round(4 * unit))
        if share > 0:
            draw.arc(ring, -90, -90 + 360 * float(share), _RING, round(8 * unit))
    size = 54 if len(sign) <= 2 else 20
    draw.text((middle, middle - 9 * unit), sign, "white", _font(round(size * unit)), anchor="mm")
    draw.text((middle, middle + 31 * unit), note, "white", _font(round(15 * unit)), anchor="mm")


def _draw_caption(
    draw: ImageDraw.ImageDraw, caption: str, width: int, height: int, unit: float
) -> None:
    font = _font(round(26 * unit))
    room = width - 40 * unit
    shown = caption
    while draw.textlength(shown, font) > room and len(shown) > 1:
        shown = f"…{shown.lstrip('…')[1:]}"
    top = height - 50 * unit
    draw.rounded_rectangle(
        (8 * unit, top, width - 8 * unit, height - 8 * unit), 10 * unit, fill=_PLATE
    )
    draw.text((20 * unit, top + 21 * unit), shown, "white", font, anchor="lm")


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
