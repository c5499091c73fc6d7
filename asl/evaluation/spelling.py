"""How well the camera page spells: words played as videos made of still photographs.

Each letter of a word is a photograph of that letter, held in front of a camera that is not quite
still. Between letters one photograph turns into the next, or the hand leaves and comes back, with
empty frames between. Nobody sees the pictures beforehand: words and photographs are drawn by lot.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from asl.evaluation.bench import summary
from asl.images import load_rgb
from asl.inference.motion import MotionReader
from asl.inference.next_letter import NextLetter
from asl.inference.speller import HoldReader, HoldSettings, Speller
from asl.inference.stream import HandStream
from asl.inference.words import common_words
from asl.labels import MOTION_SIGNS

SIZE = (640, 480)
_PARTS = ("asl_letters/valid", "asl_letters/test")


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


@dataclass(frozen=True)
class Spelled:
    """One word and what was read.

    Attributes:
        word: in capitals.
        text: what the speller wrote.
        seconds: of video.
        milliseconds: from frame to scores, one a frame.
        looks: share of the frames at which the picture network looked.
        readable: each of its photographs is read rightly by itself, as a still picture; None
            where that was not tried.
    """

    word: str
    text: str
    seconds: float
    milliseconds: tuple[float, ...]
    looks: float
    readable: bool | None = None

    @property
    def errors(self) -> int:
        """Letters to change, add or take away (Levenshtein's distance)."""
        return edit_distance(self.word, self.text)


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


def draw_words(count: int, letters: Sequence[str], length: int = 8, seed: int = 0) -> list[str]:
    """Draw common words of some length that can be written with still signs of `letters`.

    J and Z are left out: they are movements, which a held photograph does not show.

    Raises:
        ValueError: there are not as many.
    """
    usable = {letter for letter in letters if letter not in MOTION_SIGNS}
    words = [
        word.upper()
        for word in common_words()
        if len(word) == length and set(word.upper()) <= usable
    ]
    if len(words) < count:
        raise ValueError(f"words: {len(words)} words of {length} letters can be made, not {count}")
    chosen = np.random.default_rng(seed).choice(len(words), count, replace=False)
    return [words[number] for number in chosen]


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
        leave = random.random(len(pictures)) < 0.5
    shake = _Shake(random)
    scenes = [_Scene.of(picture) for picture in pictures]
    number = 0

    def frames(seconds: float) -> Iterator[tuple[float, float]]:
        """Yield time and how much of `seconds` has passed."""
        nonlocal number
        count = max(1, round(seconds * timing.frames_a_second))
        for step in range(count):
            number += 1
            yield (number - 1) / timing.frames_a_second, (step + 0.5) / count

    last: _Scene | None = None
    for scene, left in zip([*scenes, None], [*leave, True], strict=True):
        if left or last is None or scene is None:
            if last is not None:
                for at, share in frames(timing.leave):
                    yield at, last.seen(shake.at(at), away=share)
            background = last or scene
            for at, _ in frames(timing.empty):
                yield at, background.seen(shake.at(at), away=1.0)
            if scene is not None:
                for at, share in frames(timing.leave):
                    yield at, scene.seen(shake.at(at), away=1 - share)
        else:
            for at, share in frames(timing.change):
                yield at, _mixed(last.seen(shake.at(at)), scene.seen(shake.at(at)), share)
        if scene is not None:
            for at, _ in frames(timing.hold):
                yield at, scene.seen(shake.at(at))
        last = scene


def spell(
    word: str,
    frames: Iterator[tuple[float, np.ndarray]],
    stream: HandStream,
    settings: HoldSettings,
    next_letter: NextLetter,
) -> Spelled:
    """Read a video as the camera page does by default, and return what was spelled."""
    reader, motion, speller = HoldReader(stream.signs, settings), MotionReader(), Speller()
    milliseconds, looks, at = [], 0, 0.0
    for at, frame in frames:
        sight = stream.see(frame, at)
        milliseconds.append(sight.milliseconds)
        looks += sight.by_picture
        expected = next_letter.chances(speller.last_word, stream.signs)
        taken = reader.see(sight.scores, at, expected)
        if taken:
            speller.write(taken)
        if drawn := motion.see(sight.hand, at):
            speller.press(drawn)
    share = looks / max(1, len(milliseconds))
    return Spelled(word, speller.text, at, tuple(milliseconds), share)


def measure(
    words: Sequence[str],
    photos: Mapping[str, Sequence[Path]],
    open_stream: Callable[[], HandStream],
    settings: HoldSettings,
    timing: Timing = Timing(),  # frozen
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
    read_still: Callable[[np.ndarray], str] | None = None,
) -> list[Spelled]:
    """Spell each word from a video of photographs drawn by lot.

    What is known of English letters is learned from the other common words.

    Args:
        read_still: names the sign in one still picture, to tell what a video loses.
    """
    random = np.random.default_rng(seed)
    played = {word.lower() for word in words}
    next_letter = NextLetter(word for word in common_words() if word not in played)
    results = []
    for number, word in enumerate(words):
        chosen = [photos[letter][random.integers(len(photos[letter]))] for letter in word]
        # The same letter twice can only be told where the hand is away in between.
        leave = [a == b or random.random() < 0.5 for a, b in zip(" " + word, word, strict=False)]
        pictures = [load_rgb(path) for path in chosen]
        video = play(pictures, timing, seed + number, leave)
        spelled = spell(word, video, open_stream(), settings, next_letter)
        if read_still is not None:
            right = [read_still(one) == sign for one, sign in zip(pictures, word, strict=True)]
            spelled = replace(spelled, readable=all(right))
        results.append(spelled)
        progress(number + 1, len(words))
    return results


def rows(results: Sequence[Spelled]) -> list[dict[str, Any]]:
    """Return what was measured, and one row a word."""
    letters = sum(len(one.word) for one in results)
    errors = sum(one.errors for one in results)
    right = sum(one.errors == 0 for one in results)
    minutes = sum(one.seconds for one in results) / 60
    milliseconds = [value for one in results for value in one.milliseconds]
    looks = float(np.mean([one.looks for one in results]))
    stills = [one.readable for one in results if one.readable is not None]
    ceiling = {"name": "words whose photographs are all read rightly as stills", "unit": ""}
    return [
        {"name": f"words without a mistake, of {len(results)}", "value": right, "unit": ""},
        *([{**ceiling, "value": sum(stills)}] if stills else []),
        {
            "name": "letters wrong, missing or too many",
            "value": 100 * errors / letters,
            "unit": "%",
        },
        {
            "name": "right letters a minute of video",
            "value": (letters - min(errors, letters)) / minutes,
            "unit": "",
        },
        summary("from frame to scores", milliseconds, "ms"),
        {
            "name": "frames at which the picture network looked",
            "value": 100 * looks,
            "unit": "%",
        },
        *({"name": one.word, "read as": one.text} for one in results if one.errors),
    ]


def edit_distance(one: str, other: str) -> int:
    """Return how many letters to change, add or take away lead from one text to the other."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


@dataclass(frozen=True)
class _Scene:
    """A photograph as the camera sees it: in front of its own blurred colours."""

    picture: Image.Image
    background: Image.Image

    @classmethod
    def of(cls, rgb: np.ndarray) -> "_Scene":
        picture = Image.fromarray(rgb)
        scale = 0.96 * min(SIZE[0] / picture.width, SIZE[1] / picture.height)
        size = (round(picture.width * scale), round(picture.height * scale))
        # The mean of each corner, so that no hand is in the background.
        corners = picture.resize((8, 8), Image.Resampling.BOX)
        outer = Image.new("RGB", (2, 2))
        for place, corner in (
            ((0, 0), (0, 0)),
            ((1, 0), (7, 0)),
            ((0, 1), (0, 7)),
            ((1, 1), (7, 7)),
        ):
            outer.putpixel(place, corners.getpixel(corner))
        background = outer.resize(SIZE, Image.Resampling.BILINEAR).filter(
            ImageFilter.GaussianBlur(8)
        )
        return cls(picture.resize(size, Image.Resampling.BILINEAR), background)

    def seen(self, shake: tuple[float, float, float, float], away: float = 0.0) -> np.ndarray:
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


class _Shake:
    """The movement of a hand that is held: slow, small, the same for the same seed."""

    def __init__(self, random: np.random.Generator):
        self._phase = random.uniform(0, 2 * np.pi, 4)
        self._speed = random.uniform(1.5, 4.0, 4)

    def at(self, seconds: float) -> tuple[float, float, float, float]:
        """Return shift to the right and down in pixels, turn in degrees, and zoom."""
        wave = np.sin(self._phase + self._speed * seconds)
        return 8 * wave[0], 6 * wave[1], 2.5 * wave[2], 1 - 0.03 * (1 + wave[3])


def _mixed(one: np.ndarray, other: np.ndarray, share: float) -> np.ndarray:
    return (one * (1 - share) + other * share).astype(np.uint8)
