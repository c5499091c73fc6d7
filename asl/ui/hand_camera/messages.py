"""What the page's own camera sends, which anybody could send: looked at before it is believed.

A message tells of a few frames: where the joints were and, now and then, a cut-out of the hand.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from asl.hands.crop import square_around
from asl.hands.detector import Hand
from asl.images import PictureError

#: Frames that one message may tell of, and joints that a hand has.
MOST_FRAMES, _JOINTS = 16, 21
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
        hand: in pixels of the frame, or None.
        cut: (size, size, 3) uint8 around the hand, or None.
        kind: of the cut-out.
    """

    milliseconds: float
    hand: Hand | None
    cut: np.ndarray | None = None
    kind: Kind = "read"


@dataclass(frozen=True)
class Message:
    """Some frames, one after the other.

    Attributes:
        number: counts the messages of a page.
        frames: at least one.
    """

    number: int
    frames: tuple[Frame, ...]


def read_message(sent: object, sizes: dict[Kind, int]) -> Message:
    """Return what the browser sent.

    Args:
        sizes: kind of cut-out → its side in pixels.

    Raises:
        ValueError: it is not what this app's page sends; says which part.
    """
    if not isinstance(sent, dict):
        raise ValueError(f"message: {type(sent).__name__} is no message")
    number = sent.get("number")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**31:
        raise ValueError("number: it is no number of a message")
    width, height = _read_size(sent.get("size"))
    frames = _read_frames(sent.get("frames"), width, height)
    if sent.get("cut") is not None:
        place, kind, cut = _read_cut(sent["cut"], len(frames), sizes)
        if frames[place].hand is None:
            raise ValueError("cut: its frame has no hand")
        frames[place] = Frame(frames[place].milliseconds, frames[place].hand, cut, kind)
    return Message(number, tuple(frames))


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


def _read_frames(rows: object, width: int, height: int) -> list[Frame]:
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_FRAMES:
        raise ValueError(f"frames: there are not 1 to {MOST_FRAMES}")
    frames = [_read_frame(row, width, height) for row in rows]
    times = [frame.milliseconds for frame in frames]
    if any(later <= earlier for earlier, later in pairwise(times)):
        raise ValueError("frames: they do not come one after the other")
    return frames


def _read_frame(row: object, width: int, height: int) -> Frame:
    """Read milliseconds alone, or with how surely it is a right hand and 63 numbers."""
    numbers = _read_numbers(row)
    if len(numbers) not in (1, 2 + 3 * _JOINTS):
        raise ValueError(f"frames: {len(numbers)} numbers are no frame")
    if not 0 <= numbers[0] <= _LONGEST:
        raise ValueError("frames: the time is none")
    if len(numbers) == 1:
        return Frame(float(numbers[0]), None)
    if not 0 <= numbers[1] <= 1:
        raise ValueError("frames: how surely it is a right hand is not 0 to 1")
    landmarks = numbers[2:].reshape(_JOINTS, 3)
    size = np.array((width, height, max(width, height)), float)
    low, high = size * (-_BESIDE, -_BESIDE, -_BESIDE), size * (1 + _BESIDE, 1 + _BESIDE, _BESIDE)
    if (landmarks < low).any() or (landmarks > high).any():
        raise ValueError("frames: joints lie far beside the picture")
    right = float(numbers[1])
    side = "right" if right > 0.5 else "left"
    hand = Hand(landmarks.astype(np.float32), side, max(right, 1 - right))
    if hand.extent < _LEAST_EXTENT:
        raise ValueError("frames: all joints lie in one place")
    return Frame(float(numbers[0]), hand)


def _read_numbers(row: object) -> np.ndarray:
    if not isinstance(row, list) or not 0 < len(row) <= 2 + 3 * _JOINTS:
        raise ValueError("frames: a frame is no list of numbers")
    if not all(type(value) in (int, float) for value in row):
        raise ValueError("frames: what is no number stands among the joints")
    try:
        numbers = np.array(row, np.float64)
    except OverflowError:
        raise ValueError("frames: a number is too large") from None
    if not np.isfinite(numbers).all():
        raise ValueError("frames: a number is not finite")
    return numbers


def _read_cut(sent: object, frames: int, sizes: dict[Kind, int]) -> tuple[int, Kind, np.ndarray]:
    """Read of which frame a cut-out is, of which kind, and its pixels."""
    from asl.decoding import decode

    if not isinstance(sent, dict):
        raise ValueError("cut: it is no cut-out")
    place, kind, jpeg = (sent.get(name) for name in ("frame", "kind", "jpeg"))
    if not isinstance(place, int) or isinstance(place, bool) or not 0 <= place < frames:
        raise ValueError("cut: its frame was not sent")
    if kind != "read" and kind != "sample":
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
