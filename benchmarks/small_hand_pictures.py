"""Pictures in which a hand is small, made for `benchmarks.small_hands` of photos of hands.

A phone photo is a large room with a photo of a hand in it, enlarged so that the hand has the size
asked for. A screenshot is a page of text, boxes and photos with a video window that shows one.
Rooms are what photos show beside their hands. Either can be made without the hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from asl.hands.detector import Hand

PHONE, SCREEN = (4000, 3000), (1920, 1080)

#: Range of the window's share of a screen's width.
_WINDOW = (0.15, 0.20)

#: Pixels of a window that shows a room.
_EMPTY_WINDOW = (400, 300)

#: Room left around a hand, in its extents, where a photo counts as showing none; and how wide at
#: least, in pixels, what remains must be.
_AWAY, _LEAST_ROOM = 0.35, 80

#: Share of a pasted photo's side over which it passes into the room.
_FEATHER = 0.06

#: Parts that a phone photo's room is made of, across and down.
_ROOMS = (8, 6)

_INKS = ((32, 33, 36), (60, 64, 67), (26, 115, 232))
_PAPERS = ((255, 255, 255), (245, 246, 248), (32, 33, 36), (24, 26, 32), (232, 240, 254))
_WORDS = (
    "the quick answer to your question stands in this table and a longer one below it please "
    "read what is new for members of the group before the meeting on monday at nine in room four"
).split()

Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo of a hand.

    Attributes:
        picture: in RGB.
        box: left, top, right, bottom of the hand, in pixels.
    """

    picture: Image.Image
    box: Box

    @classmethod
    def of(cls, rgb: np.ndarray, hand: Hand) -> Self:
        """The photo in which `hand` was found."""
        return cls(Image.fromarray(rgb), hand.box)

    @property
    def extent(self) -> float:
        """Longer side of the hand's box in pixels."""
        left, top, right, bottom = self.box
        return max(right - left, bottom - top)

    def room(self) -> Image.Image | None:
        """Return the largest part beside, above or below the hand, if it is large enough."""
        away = _AWAY * self.extent
        left, top, right, bottom = self.box + np.array((-away, -away, away, away))
        width, height = self.picture.size
        parts = (
            (0, 0, left, height),
            (right, 0, width, height),
            (0, 0, width, top),
            (0, bottom, width, height),
        )
        wide = [part for part in parts if min(part[2] - part[0], part[3] - part[1]) >= _LEAST_ROOM]
        if not wide:
            return None
        largest = max(wide, key=lambda part: (part[2] - part[0]) * (part[3] - part[1]))
        return self.picture.crop(largest)


@dataclass(frozen=True, eq=False)
class Composed:
    """A made picture.

    Attributes:
        rgb: (height, width, 3) uint8.
        box: left, top, right, bottom of its hand, in pixels; None without one.
    """

    rgb: np.ndarray
    box: Box | None


def phone_photo(
    photo: Photo | None,
    rooms: Sequence[Image.Image],
    random: np.random.Generator,
    extent: int = 700,
) -> Composed:
    """Return a room, with a photo in it.

    Args:
        photo: of a hand, or None for the room alone.
        rooms: parts of rooms.
        random: places the photo and composes the room.
        extent: longer side of the hand in pixels.
    """
    scene = _room(PHONE, rooms, random)
    if photo is None:
        return Composed(np.asarray(scene), None)
    scale = extent / photo.extent
    width, height = photo.picture.size
    size = round(width * scale), round(height * scale)
    pasted = photo.picture.resize(size, Image.Resampling.BICUBIC)
    # Where the photo is larger than the room, as much of it as has place is seen, with the hand.
    box = np.array(photo.box) * scale
    corner = _corner(pasted.size, PHONE, box, random)
    scene.paste(pasted, corner, _feathered(pasted.size))
    return Composed(np.asarray(scene), _moved(box, corner))


def screenshot(
    photo: Photo | None, rooms: Sequence[Image.Image], random: np.random.Generator
) -> Composed:
    """Return a page with a video window that shows a photo, or a room."""
    page = _page(rooms, random)
    width = round(SCREEN[0] * random.uniform(*_WINDOW))
    shown = photo.picture if photo else _cover(_some(rooms, random), _EMPTY_WINDOW)
    scale = width / shown.width
    window = shown.resize((width, min(round(shown.height * scale), SCREEN[1])))
    corner = _corner(window.size, SCREEN, np.array((0, 0, *window.size)), random)
    frame = (corner[0] - 3, corner[1] - 3, corner[0] + width + 2, corner[1] + window.height + 2)
    ImageDraw.Draw(page).rectangle(frame, fill=(90, 90, 90))
    page.paste(window, corner)
    return Composed(
        np.asarray(page), _moved(np.array(photo.box) * scale, corner) if photo else None
    )


def _room(
    size: tuple[int, int], rooms: Sequence[Image.Image], random: np.random.Generator
) -> Image.Image:
    """Return a picture made of several rooms that pass into each other."""
    scene = Image.new("RGB", size, (128, 128, 128))
    across, down = (side // parts for side, parts in zip(size, _ROOMS, strict=True))
    for row in range(_ROOMS[1]):
        for column in range(_ROOMS[0]):
            part = _cover(_some(rooms, random), (round(across * 1.15), round(down * 1.15)))
            corner = (round((column - 0.075) * across), round((row - 0.075) * down))
            scene.paste(part, corner, _feathered(part.size))
    return scene


def _page(rooms: Sequence[Image.Image], random: np.random.Generator) -> Image.Image:
    """Return a page with a bar, a column of entries, paragraphs, boxes and photos."""
    paper = _PAPERS[random.integers(len(_PAPERS))]
    page = Image.new("RGB", SCREEN, paper)
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, SCREEN[0], 64), fill=tuple(int(random.integers(40, 220)) for _ in "rgb"))
    side = int(random.integers(180, 380))
    draw.rectangle((0, 64, side, SCREEN[1]), fill=_PAPERS[random.integers(len(_PAPERS))])
    ink = (225, 227, 230) if sum(paper) < 300 else _INKS[random.integers(2)]
    for top in range(90, SCREEN[1] - 40, int(random.integers(34, 60))):
        draw.rounded_rectangle((24, top, 40, top + 16), 5, fill=_INKS[2])
        draw.text((52, top), _text(3, random), fill=(130, 134, 139), font=_font(15))
    top = 100
    while top < SCREEN[1] - 140:
        kind, left = random.integers(3), side + int(random.integers(30, 300))
        height = int(random.integers(90, 280))
        if kind == 0:
            for line in range(top, top + height - 30, 26):
                draw.text((left, line), _text(12, random), fill=ink, font=_font(18))
        elif kind == 1:
            right = left + int(random.integers(200, 900))
            fill = tuple(int(value) for value in random.integers(60, 250, 3))
            draw.rounded_rectangle((left, top, right, top + height), 14, fill=fill, outline=ink)
            draw.text((left + 20, top + 16), _text(5, random), fill=ink, font=_font(26))
        else:
            for number in range(int(random.integers(1, 5))):
                part = _cover(_some(rooms, random), (round(1.4 * height), height))
                page.paste(part, (left + number * (part.width + 20), top))
        top += height + 24
    return page


def _corner(
    size: tuple[int, int], scene: tuple[int, int], box: np.ndarray, random: np.random.Generator
) -> tuple[int, int]:
    """Return where to paste, so that the box of what is pasted lies in the scene.

    What is pasted lies in it as a whole if it fits.
    """
    corner = []
    for axis in (0, 1):
        low, high = 0.0, float(scene[axis] - size[axis])
        if high < 0:
            low, high = max(high, -box[axis]), min(0.0, scene[axis] - box[axis + 2])
        corner.append(round(random.uniform(low, max(low, high))))
    return corner[0], corner[1]


def _moved(box: np.ndarray, corner: tuple[int, int]) -> Box:
    left, top, right, bottom = (box + np.array((*corner, *corner))).tolist()
    return left, top, right, bottom


def _cover(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return the middle of a picture, enlarged or reduced so that it fills a size."""
    return ImageOps.fit(picture, size, Image.Resampling.BICUBIC)


def _feathered(size: tuple[int, int]) -> Image.Image:
    """Return a mask that is full in the middle and passes to nothing at the edges."""
    # Blurring it whole takes a second.
    small = max(8, size[0] // 8), max(8, size[1] // 8)
    rim = max(1, round(_FEATHER * max(small)))
    mask = Image.new("L", small)
    mask.paste(255, (rim, rim, small[0] - rim, small[1] - rim))
    return mask.filter(ImageFilter.GaussianBlur(rim / 2)).resize(size, Image.Resampling.BILINEAR)


def _some(rooms: Sequence[Image.Image], random: np.random.Generator) -> Image.Image:
    return rooms[int(random.integers(len(rooms)))]


def _text(words: int, random: np.random.Generator) -> str:
    return " ".join(random.choice(_WORDS, words))


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
