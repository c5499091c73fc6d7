"""Words played as videos that are made of still photographs, one a letter.

Each letter is a photograph, held in front of a camera that is not quite still. Between letters one
photograph turns into the next, or the hand leaves and comes back, with empty frames between.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

import av
import numpy as np
from PIL import Image, ImageFilter

#: Width and height of a frame.
SIZE = (640, 480)
_PARTS = ("asl_letters/valid", "asl_letters/test")

#: How a held hand lies: shift to the right and down in pixels, turn in degrees, and zoom.
Shake = tuple[float, float, float, float]
#: Draws a frame: how the hand lies, and which share of the shot has passed.
Draw = Callable[[Shake, float], np.ndarray]


@dataclass(frozen=True)
class Timing:
    """How a word is played.

    Attributes:
        frames_a_second: of the video.
        hold: seconds that each letter is held still.
        change: seconds in which one letter turns into the next.
        leave: seconds in which the hand leaves, or comes back.
        empty: seconds without a hand between leaving and coming back.
    """

    frames_a_second: int = 20
    hold: float = 1.2
    change: float = 0.3
    leave: float = 0.2
    empty: float = 0.3


def photographs(data: Path) -> dict[str, list[Path]]:
    """Return letter → photographs in `data`, the folder of recordings.

    Raises:
        ValueError: there are none.
    """
    found: dict[str, list[Path]] = {}
    for part in _PARTS:
        for path in sorted(data.glob(f"{part}/*/*.jpg")):
            found.setdefault(path.parent.name.upper(), []).append(path)
    if not found:
        raise ValueError(f"data: there are no photographs under {', '.join(_PARTS)} in {data}")
    return found


def write_feed(file: Path, frames: Iterable[Image.Image], frames_a_second: int) -> int:
    """Write frames of `SIZE` as what Chromium's fake camera plays (Y4M); returns how many.

    Chromium takes brightness to lie between 16 and 235, as cameras give it, whatever the file says.
    """
    width, height = SIZE
    count = 0
    with file.open("wb") as feed:
        feed.write(b"YUV4MPEG2 W%d H%d F%d:1 Ip A1:1 C420\n" % (width, height, frames_a_second))
        for frame in frames:
            planes = av.VideoFrame.from_image(frame.convert("RGB")).to_ndarray(format="yuv420p")
            feed.write(b"FRAME\n" + planes.tobytes())
            count += 1
    return count


def play(
    pictures: Sequence[np.ndarray],
    timing: Timing = Timing(),  # frozen
    seed: int = 0,
    leave: Sequence[bool] | None = None,
) -> Iterator[tuple[float, np.ndarray]]:
    """Yield the frames of a video that shows one picture after the other, each with its time.

    Args:
        pictures: (height, width, 3) uint8 each.
        seed: of the camera's movement, and of which letters are left by leaving.
        leave: whether the hand leaves before each picture; drawn by lot if not given.

    Yields:
        Seconds from the start, and a (480, 640, 3) uint8 frame.
    """
    random = np.random.default_rng(seed)
    if leave is None:
        leave = (random.random(len(pictures)) < 0.5).tolist()
    movement = _Movement(random)
    number = 0
    for seconds, draw in _shots([_Scene.of(picture) for picture in pictures], leave, timing):
        count = max(1, round(seconds * timing.frames_a_second))
        for step in range(count):
            at = number / timing.frames_a_second
            yield at, draw(movement.at(at), (step + 0.5) / count)
            number += 1


def _shots(
    scenes: Sequence["_Scene"], leave: Sequence[bool], timing: Timing
) -> Iterator[tuple[float, Draw]]:
    """Yield what is played, one after the other: how many seconds of what."""
    last: _Scene | None = None
    for scene, leaves in zip(scenes, leave, strict=True):
        if last is not None and not leaves:
            yield timing.change, partial(last.becoming, scene)
        else:
            if last is not None:
                yield timing.leave, last.leaving
            yield timing.empty, (last or scene).gone
            yield timing.leave, scene.coming
        yield timing.hold, scene.held
        last = scene
    if last is not None:
        yield timing.leave, last.leaving
        yield timing.empty, last.gone


@dataclass(frozen=True)
class _Scene:
    """A photograph as the camera sees it: in front of its own blurred colours."""

    picture: Image.Image
    background: Image.Image

    @classmethod
    def of(cls, rgb: np.ndarray) -> Self:
        """Return the scene of a (height, width, 3) uint8 photograph."""
        picture = Image.fromarray(rgb)
        scale = 0.96 * min(SIZE[0] / picture.width, SIZE[1] / picture.height)
        size = (round(picture.width * scale), round(picture.height * scale))
        # The mean of each corner, so that no hand is in the background.
        corners = np.asarray(picture.resize((8, 8), Image.Resampling.BOX))[::7, ::7]
        background = Image.fromarray(corners).resize(SIZE, Image.Resampling.BILINEAR)
        background = background.filter(ImageFilter.GaussianBlur(8))
        return cls(picture.resize(size, Image.Resampling.BILINEAR), background)

    def frame(self, shake: Shake, away: float = 0.0) -> np.ndarray:
        """Return the frame when the hand has left by `away`, 1 being out of sight."""
        frame = self.background.copy()
        if away < 1:
            x, y, angle, zoom = shake
            size = (round(self.picture.width * zoom), round(self.picture.height * zoom))
            moved = self.picture.resize(size, Image.Resampling.BILINEAR)
            mask = Image.new("L", size, 255).rotate(angle)
            moved = moved.rotate(angle, Image.Resampling.BILINEAR)
            place = (
                round((SIZE[0] - size[0]) / 2 + x),
                round((SIZE[1] - size[1]) / 2 + y + away * SIZE[1]),
            )
            frame.paste(moved, place, mask)
        return np.asarray(frame)

    # What a shot shows once a share of it, 0–1, has passed:

    def held(self, shake: Shake, share: float) -> np.ndarray:
        return self.frame(shake)

    def leaving(self, shake: Shake, share: float) -> np.ndarray:
        return self.frame(shake, away=share)

    def gone(self, shake: Shake, share: float) -> np.ndarray:
        return self.frame(shake, away=1.0)

    def coming(self, shake: Shake, share: float) -> np.ndarray:
        return self.frame(shake, away=1 - share)

    def becoming(self, other: Self, shake: Shake, share: float) -> np.ndarray:
        mixed = self.frame(shake) * (1 - share) + other.frame(shake) * share
        return mixed.astype(np.uint8)


class _Movement:
    """The movement of a hand that is held: slow, small, the same for the same seed."""

    def __init__(self, random: np.random.Generator):
        self._phase = random.uniform(0, 2 * np.pi, 4)
        self._speed = random.uniform(1.5, 4.0, 4)

    def at(self, seconds: float) -> Shake:
        """Return shift to the right and down in pixels, turn in degrees, and zoom."""
        wave = np.sin(self._phase + self._speed * seconds)
        return 8 * wave[0], 6 * wave[1], 2.5 * wave[2], 1 - 0.03 * (1 + wave[3])
