"""What the page's own camera sends, which anybody could send: looked at before it is believed.

A message tells of a few frames: where the joints were and, now and then, a cut-out of the hand or
where the shoulders were.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from asl.hands.crop import square_around
from asl.hands.detector import Hand
from asl.images import PictureError

#: Frames that one message may tell of, joints that a hand has, and numbers that it is told in: how
#: surely it is a right hand, and three of each joint.
MOST_FRAMES, _JOINTS, _OF_HAND = 16, 21, 64
#: Sides in pixels that the camera's pictures may have.
_SIDES = range(16, 4097)
#: How far beside the picture joints may lie, in its sides: hands that leave it are guessed.
_BESIDE = 2.0
#: A hand whose joints lie closer together, in pixels, has no shape.
_LEAST_EXTENT = 1.0
#: Characters of a cut-out, of 256 pixels at most.
_MOST_CHARACTERS = 200_000
_JPEG = b"\xff\xd8\xff"
#: Hours: a page that plays for longer starts its camera again.
_LONGEST = 48 * 3_600_000.0

Kind = Literal["read", "sample"]


@dataclass(frozen=True)
class Cut:
    """Which cut-out of the hand is wanted.

    Attributes:
        kind: to be read, or also to be kept as a sample.
        size: its side in pixels.
        context: its side over the longer side of the hand's landmarks.
        every: milliseconds after which a hand that is shown still is cut out again.
        moving: also where the hand moves.
    """

    kind: Kind
    size: int
    context: float
    every: int
    moving: bool


@dataclass(frozen=True)
class Frame:
    """What a frame of the camera shows.

    Attributes:
        milliseconds: when it came, since the camera was started.
        hands: up to two, in pixels of the frame.
        cut: (size, size, 3) uint8 around the only hand, or None.
        kind: of the cut-out.
    """

    milliseconds: float
    hands: tuple[Hand, ...] = ()
    cut: np.ndarray | None = None
    kind: Kind = "read"

    @property
    def hand(self) -> Hand | None:
        """The only hand, or the first one."""
        return self.hands[0] if self.hands else None


@dataclass(frozen=True)
class Body:
    """Where a body was, as far as it is asked for.

    Attributes:
        milliseconds: when, since the camera was started.
        shoulders: (2, 2) x and y of the left and the right one in pixels of the frame, or None.
    """

    milliseconds: float
    shoulders: np.ndarray | None


@dataclass(frozen=True)
class Message:
    """Some frames, one after the other.

    Attributes:
        number: counts the messages of a page.
        size: width and height of the frames, in pixels.
        frames: at least one.
        body: None where it was not searched for.
    """

    number: int
    size: tuple[int, int]
    frames: tuple[Frame, ...]
    body: Body | None = None


def read_message(sent: object, sizes: Mapping[Kind, int], both: bool = False) -> Message:
    """Return what the browser sent.

    Args:
        sizes: kind of cut-out that may come → its side in pixels.
        both: it may tell of two hands, and of the shoulders.

    Raises:
        ValueError: it is not what this app's page sends; says which part.
    """
    if not isinstance(sent, dict):
        raise ValueError(f"message: {type(sent).__name__} is no message")
    number = sent.get("number")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**31:
        raise ValueError("number: it is no number of a message")
    width, height = _read_size(sent.get("size"))
    frames = _read_frames(sent.get("frames"), width, height, 2 if both else 1)
    if sent.get("cut") is not None:
        place, kind, cut = _read_cut(sent["cut"], len(frames), sizes)
        if not frames[place].hands:
            raise ValueError("cut: its frame has no hand")
        frames[place] = replace(frames[place], cut=cut, kind=kind)
    body = None
    if sent.get("body") is not None:
        if not both:
            raise ValueError("body: nobody asked for it")
        body = _read_body(sent["body"], width, height)
    return Message(number, (width, height), tuple(frames), body)


def hand_in_cut(hand: Hand, cut: np.ndarray, context: float) -> Hand:
    """Return the hand of a frame in pixels of what was cut out around it.

    Args:
        cut: (size, size, 3).
        context: of the cut-out.
    """
    (x, y), side = square_around(hand, context)
    scale = len(cut) / side
    corner = (x - side / 2, y - side / 2, 0.0)
    points = ((hand.landmarks - corner) * scale).astype(np.float32)
    return Hand(points, hand.side, hand.score, hand.presence)


def _read_size(size: object) -> tuple[int, int]:
    if not isinstance(size, list) or len(size) != 2:
        raise ValueError("size: it is not a width and a height")
    for side in size:
        if not isinstance(side, int) or isinstance(side, bool) or side not in _SIDES:
            raise ValueError(f"size: a side is not {_SIDES.start} to {_SIDES.stop - 1} pixels")
    return size[0], size[1]


def _read_frames(rows: object, width: int, height: int, most_hands: int) -> list[Frame]:
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_FRAMES:
        raise ValueError(f"frames: there are not 1 to {MOST_FRAMES}")
    frames = [_read_frame(row, width, height, most_hands) for row in rows]
    times = [frame.milliseconds for frame in frames]
    if any(later <= earlier for earlier, later in pairwise(times)):
        raise ValueError("frames: they do not come one after the other")
    return frames


def _read_frame(row: object, width: int, height: int, most_hands: int) -> Frame:
    """Read milliseconds, and of each hand how surely it is a right one, and 63 numbers."""
    numbers = _read_numbers(row, "frames", 1 + most_hands * _OF_HAND)
    if len(numbers) % _OF_HAND != 1:
        raise ValueError(f"frames: {len(numbers)} numbers are no frame")
    hands = [_read_hand(told, width, height) for told in numbers[1:].reshape(-1, _OF_HAND)]
    return Frame(_read_time(numbers, "frames"), tuple(hands))


def _read_hand(numbers: np.ndarray, width: int, height: int) -> Hand:
    if not 0 <= numbers[0] <= 1:
        raise ValueError("frames: how surely it is a right hand is not 0 to 1")
    landmarks = numbers[1:].reshape(_JOINTS, 3)
    if _lies_far(landmarks, (width, height, max(width, height))):
        raise ValueError("frames: joints lie far beside the picture")
    right = float(numbers[0])
    side = "right" if right > 0.5 else "left"
    hand = Hand(landmarks.astype(np.float32), side, max(right, 1 - right))
    if hand.extent < _LEAST_EXTENT:
        raise ValueError("frames: all joints lie in one place")
    return hand


def _read_body(row: object, width: int, height: int) -> Body:
    """Read milliseconds alone, or with x and y of both shoulders."""
    numbers = _read_numbers(row, "body", 5)
    if len(numbers) not in (1, 5):
        raise ValueError(f"body: {len(numbers)} numbers are no body")
    shoulders = numbers[1:].reshape(-1, 2)
    if _lies_far(shoulders, (width, height)):
        raise ValueError("body: shoulders lie far beside the picture")
    return Body(_read_time(numbers, "body"), shoulders if len(shoulders) else None)


def _lies_far(points: np.ndarray, size: Sequence[float]) -> bool:
    """Tell whether any of the points, x, y and perhaps z, lies far beside a picture of a size."""
    low = np.array([-_BESIDE, -_BESIDE, -_BESIDE])[: len(size)]
    high = np.array([1 + _BESIDE, 1 + _BESIDE, _BESIDE])[: len(size)]
    shares = points / np.array(size, float)
    return bool(((shares < low) | (shares > high)).any())


def _read_time(numbers: np.ndarray, part: str) -> float:
    if not 0 <= numbers[0] <= _LONGEST:
        raise ValueError(f"{part}: the time is none")
    return float(numbers[0])


def _read_numbers(row: object, part: str, most: int) -> np.ndarray:
    if not isinstance(row, list) or not 0 < len(row) <= most:
        raise ValueError(f"{part}: it is no list of 1 to {most} numbers")
    if not all(type(value) in (int, float) for value in row):
        raise ValueError(f"{part}: what is no number stands among the numbers")
    try:
        numbers = np.array(row, np.float64)
    except OverflowError:
        raise ValueError(f"{part}: a number is too large") from None
    if not np.isfinite(numbers).all():
        raise ValueError(f"{part}: a number is not finite")
    return numbers


def _read_cut(sent: object, frames: int, sizes: Mapping[Kind, int]) -> tuple[int, Kind, np.ndarray]:
    """Read of which frame a cut-out is, of which kind, and its pixels."""
    from asl.decoding import decode

    if not isinstance(sent, dict):
        raise ValueError("cut: it is no cut-out")
    place, kind, jpeg = (sent.get(name) for name in ("frame", "kind", "jpeg"))
    if not isinstance(place, int) or isinstance(place, bool) or not 0 <= place < frames:
        raise ValueError("cut: its frame was not sent")
    if (kind != "read" and kind != "sample") or kind not in sizes:
        raise ValueError("cut: its kind is unknown")
    if not isinstance(jpeg, str) or len(jpeg) > _MOST_CHARACTERS:
        raise ValueError(f"cut: it is no text of up to {_MOST_CHARACTERS} characters")
    try:
        content = base64.b64decode(jpeg, validate=True)
        if not content.startswith(_JPEG):
            raise ValueError("cut: it is no JPEG")
        pixels = decode(content, "cut-out")
    except binascii.Error:
        raise ValueError("cut: it did not arrive whole") from None
    except PictureError as error:
        raise ValueError(f"cut: {error}") from None
    if pixels.shape != (sizes[kind], sizes[kind], 3):
        raise ValueError(f"cut: {_shown(pixels.shape)} are not {sizes[kind]} pixels square")
    return place, kind, pixels


def _shown(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape[1::-1]))
