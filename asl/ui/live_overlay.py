"""Draw on a frame of the camera what was seen in it: hand, sign, confidence, and the hold."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from asl.ui.skeleton import far_to_near

if TYPE_CHECKING:
    from asl.hands.detector import Hand

#: Room between the joints and the box around them, as a share of the hand's size.
_BOX_MARGIN = 0.12
_PLATE = "#10141a"
_RING, _RING_BACK = "#4ea1ff", "#4a5260"
#: Without movement the ring grows in so many steps.
_STEPS = 4


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
    """Return a frame with what was seen drawn on it.

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
        _draw_hand(draw, points, unit)
    if sign or note or progress is not None:
        _draw_sign(draw, sign, note, progress, in_steps, unit)
    if caption:
        _draw_caption(draw, caption, width, height, unit)
    return np.asarray(picture)


def _draw_hand(draw: ImageDraw.ImageDraw, points: np.ndarray, unit: float) -> None:
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    margin = _BOX_MARGIN * float((high - low).max())
    box = (*(low - margin).tolist(), *(high + margin).tolist())
    for colour, stroke in (("black", 5), ("white", 2)):
        draw.rounded_rectangle(box, 10 * unit, outline=colour, width=round(stroke * unit))
    places = [(float(x), float(y)) for x, y in points[:, :2]]
    for part in far_to_near(points):
        line = [places[joint] for joint in part.joints]
        draw.line(line, "black", round(7 * unit), joint="curve")
        draw.line(line, part.colour, round(4 * unit), joint="curve")
        for x, y in line:
            r = 4 * unit
            draw.ellipse((x - r, y - r, x + r, y + r), part.colour, "black")


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
