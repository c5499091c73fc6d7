"""A person drawn on a camera's frame, or alone on a page's background, by Pillow."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from asl.data.sequences.layout import ASPECT
from asl.figures.motion.lines import BODY_COLOUR, SHOWN, Line, lines_of

#: Width of a line of weight 1, as a share of the longer side of the picture.
_STROKE = 1 / 140
_RIM, _BODY_ON_PICTURE = "#101010", "#d0d0d0"
#: Drawn at twice the size and halved, since Pillow draws lines with hard edges.
_OVERSAMPLING = 2
_MARGIN = 0.08
#: Share of the places of a sequence that may lie outside, misread ones among them.
_OUTSIDE = 0.005
#: Height of the line of time below a drawing, and of a title above it, as shares of the side.
_TIME_LINE, _TITLE = 0.05, 0.08
_TIME_COLOUR, _MARKED = BODY_COLOUR, "#b4559a"


@dataclass(frozen=True)
class View:
    """The square part of the world that a drawing shows.

    Attributes:
        left, top: of it, with x in heights of the frame.
        side: of it.
        aspect: width over height of the frame that the landmarks are shares of.
    """

    left: float
    top: float
    side: float
    aspect: float = ASPECT

    @classmethod
    def of(cls, points: np.ndarray, aspect: float = ASPECT) -> View:
        """Return a view that shows a sequence of (T, 543, 2 or 3) whole.

        Raises:
            ValueError: nothing of what is drawn is seen in any frame.
        """
        shown = points[:, list(SHOWN), :2].reshape(-1, 2).astype(np.float64)
        shown = shown[np.isfinite(shown).all(1)] * (aspect, 1)
        if not len(shown):
            raise ValueError("points: neither hands nor shoulders nor face are seen in any frame")
        low, high = np.quantile(shown, (_OUTSIDE, 1 - _OUTSIDE), axis=0)
        side = max(float((high - low).max()) * (1 + 2 * _MARGIN), 1e-3)
        left, top = (low + high) / 2 - side / 2
        return cls(float(left), float(top), side, aspect)

    def place(self, frame: np.ndarray, pixels: float) -> np.ndarray:
        """Return a frame of (543, 2 or 3) in pixels of a drawing of that side."""
        placed = np.array(frame, np.float64)
        placed[:, 0] = (placed[:, 0] * self.aspect - self.left) * (pixels / self.side)
        placed[:, 1] = (placed[:, 1] - self.top) * (pixels / self.side)
        return placed


@dataclass(frozen=True)
class Paper:
    """On what is drawn.

    Attributes:
        side: of the square, in pixels.
        background, text: colours, "#rrggbb"; a page gives those of its theme.
    """

    side: int = 360
    background: str = "#ffffff"
    text: str = "#1b1f27"

    def __post_init__(self) -> None:
        if type(self.side) is not int or not 32 <= self.side <= 1024 or self.side % 2:
            raise ValueError(f"side: {self.side!r} is not an even number from 32 to 1024")


def overlay(rgb: np.ndarray, points: np.ndarray, mirror: bool = False) -> np.ndarray:
    """Return a camera's frame with the person drawn on it.

    Args:
        rgb: (height, width, 3) uint8.
        points: (543, 2 or 3) in shares of the frame, NaN where nothing is seen.
        mirror: show the frame as a mirror would.
    """
    height, width = rgb.shape[:2]
    picture = Image.fromarray(np.ascontiguousarray(rgb[:, ::-1] if mirror else rgb))
    placed = np.array(points[:, :2], np.float64) * (width, height)
    if mirror:
        placed[:, 0] = width - 1 - placed[:, 0]
    if points.shape[1] > 2:
        placed = np.column_stack([placed, points[:, 2]])
    draw_person(ImageDraw.Draw(picture), placed, max(width, height) * _STROKE, rim=True)
    return np.asarray(picture)


def still(points: np.ndarray, paper: Paper | None = None, view: View | None = None) -> bytes:
    """Return one frame as a PNG.

    Args:
        points: (543, 2 or 3) in shares of the frame.
        view: that of the film it is taken from, to be drawn alike.

    Raises:
        ValueError: nothing of what is drawn is seen, and no view is given.
    """
    paper = paper or Paper()
    file = io.BytesIO()
    picture = sheet([(points, view or View.of(points[None]))], paper)
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def sheet(
    people: Sequence[tuple[np.ndarray, View]],
    paper: Paper,
    title: str = "",
    time: float | None = None,
    marks: Sequence[float] = (),
) -> Image.Image:
    """Return a square drawing of people over each other, the last one in colours.

    Args:
        people: (543, 2 or 3) and its view each; all but the last are drawn in the body's grey.
        title: above them, a word or two of ours.
        time: how much of the film has passed, 0 to 1, for a line below; None without one.
        marks: times on that line that matter; at one of them the drawing has a frame.
    """
    side = paper.side * _OVERSAMPLING
    picture = Image.new("RGB", (side, side), paper.background)
    draw = ImageDraw.Draw(picture)
    for number, (points, view) in enumerate(people):
        person = view.place(points, side)
        draw_person(draw, person, side * _STROKE, faint=number + 1 < len(people))
    if title:
        font = ImageFont.load_default(side * _TITLE * 0.7)
        draw.text((side / 2, side * _TITLE / 2), title, paper.text, font, anchor="mm")
    if time is not None:
        _draw_time(draw, side, paper, time, marks)
    return picture.reduce(_OVERSAMPLING)


def draw_person(
    draw: ImageDraw.ImageDraw,
    points: np.ndarray,
    stroke: float,
    rim: bool = False,
    faint: bool = False,
) -> None:
    """Draw what is seen of a person.

    Args:
        points: (543, 2 or 3) in pixels; z only orders the fingers.
        stroke: width of a finger.
        rim: give lines a dark rim, to be seen on any picture.
        faint: draw hands as thin as the body and in its colour.
    """
    for line in lines_of(points):
        places = [(x, y) for x, y in line.places.tolist()]
        width = max(1, round(stroke * line.weight))
        colour = BODY_COLOUR if faint else line.colour
        if rim:
            draw.line(places, _RIM, width + 2)
            colour = line.colour if line.side else _BODY_ON_PICTURE
        draw.line(places, colour, width)
        if line.side is not None and not faint:
            _draw_joints(draw, line, places, stroke)


def _draw_joints(
    draw: ImageDraw.ImageDraw, line: Line, places: list[tuple[float, float]], stroke: float
) -> None:
    """Joints of a right hand are discs, those of a left one rings."""
    radius = 0.9 * stroke
    for x, y in places:
        box = (x - radius, y - radius, x + radius, y + radius)
        if line.side == "left":
            draw.ellipse(box, "#ffffff", line.colour, max(1, round(stroke / 2)))
        else:
            draw.ellipse(box, line.colour)


def _draw_time(
    draw: ImageDraw.ImageDraw, side: int, paper: Paper, time: float, marks: Sequence[float]
) -> None:
    """Draw the line of time with its marks, and a frame at a moment that is marked."""
    edge, thick = side * _TIME_LINE, side / 160
    y = side - edge / 2

    def at(share: float) -> float:
        return edge + share * (side - 2 * edge)

    draw.line((at(0), y, at(1), y), _TIME_COLOUR, round(thick))
    for mark in marks:
        draw.line((at(mark), y - 3 * thick, at(mark), y + 3 * thick), _MARKED, round(2 * thick))
    x, radius = at(time), 2.5 * thick
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), paper.text)
    if time in marks:
        draw.rectangle((0, 0, side - 1, side - 1), outline=_MARKED, width=round(2 * thick))
