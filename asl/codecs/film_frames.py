"""From a film's frames as they are stored to frames as they are shown: turned, sized and timed."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

# Pixels need not be square, as on DVDs. No camera's are longer or flatter than this.
_MOST_STRETCHED = 4


@dataclass(frozen=True)
class Turn:
    """How stored frames become upright ones: first swap the axes, then mirror."""

    swap: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    @classmethod
    def of(cls, frame: VideoFrame) -> Turn:
        """The turn that a frame asks for; none if it does not say."""
        # PyAV's types know of one kind of side data only.
        side_data: Any = frame.side_data
        matrix = side_data.get("DISPLAYMATRIX")
        return cls.from_matrix(bytes(matrix)) if matrix else cls()

    @classmethod
    def from_matrix(cls, matrix: bytes) -> Turn:
        """Read the turn nearest to a display matrix (ISO 14496-12, 8.2.2, as FFmpeg hands it on).

        The matrix takes a stored point (x, y) to (ax + cy, bx + dy). Cameras write quarter turns,
        and mirrored ones; of anything between, the nearest is taken.

        Args:
            matrix: its nine numbers a b u c d v x y w, 32 bits each, in this computer's order.
        """
        if len(matrix) != 36:
            return cls()
        a, b, _, c, d = (int(value) for value in np.frombuffer(matrix, np.int32)[:5])
        if abs(b) + abs(c) > abs(a) + abs(d):
            return cls(True, mirror_x=c < 0, mirror_y=b < 0)
        return cls(False, mirror_x=a < 0, mirror_y=d < 0)

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of an upright frame that is stored with these."""
        return (height, width) if self.swap else (width, height)

    def upright(self, stored: np.ndarray) -> np.ndarray:
        """Turn pixels of shape (height, width, 3); the result lies in memory row by row."""
        turned = stored.swapaxes(0, 1) if self.swap else stored
        turned = turned[:: -1 if self.mirror_y else 1, :: -1 if self.mirror_x else 1]
        return np.ascontiguousarray(turned)


def square_size(frame: VideoFrame, stream: VideoStream) -> tuple[int, int]:
    """Width and height of a stored frame in square pixels."""
    stretch = float(stream.sample_aspect_ratio or 1)
    if not 1 / _MOST_STRETCHED <= stretch <= _MOST_STRETCHED:
        stretch = 1.0
    return max(1, round(frame.width * stretch)), frame.height


class Scaler:
    """Makes RGB pixels of stored frames, scaled down to a longest side.

    Args:
        longest: in pixels; smaller frames are left as they are.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        # Keeps its tables from frame to frame.
        self._scaler = VideoReformatter()

    def pixels(self, frame: VideoFrame, size: tuple[int, int]) -> np.ndarray:
        """Scale a frame that is `size` (width, height) when shown.

        Returns:
            uint8 of shape (height, width, 3), red first.
        """
        scale = min(1.0, self._longest / max(size))
        width, height = (max(1, round(side * scale)) for side in size)
        # "Area" averages all pixels that become one, so that nothing flickers.
        scaled = self._scaler.reformat(
            frame, width, height, "rgb24", interpolation="AREA", threads=1
        )
        return np.asarray(scaled.to_ndarray())


class Clock:
    """When frames are shown, in seconds from the first one.

    AVI keeps no times but those of decoding. Frames are shown in another order, but there are as
    many of them, so that the earliest of these times that is left belongs to the next frame.

    Args:
        step: seconds to the next frame where its time is unknown, or not after the last one's.
        by_decoding: take the times of decoding.
    """

    def __init__(self, step: float, by_decoding: bool) -> None:
        self._step = step
        self._queue: deque[float | None] | None = deque() if by_decoding else None
        self._origin: float | None = None
        self._last: float | None = None

    def expect(self, decoding: float | None) -> None:
        """Note the time of decoding, in seconds, of what is handed to the decoder."""
        if self._queue is not None:
            self._queue.append(decoding)

    def stamp(self, time: float | None) -> float | None:
        """The time that the file gives a frame; to be called once for each, damaged ones too.

        Args:
            time: the time of showing that the frame came with, in seconds.
        """
        if self._queue is not None:
            return self._queue.popleft() if self._queue else None
        return time

    def read(self, stamp: float | None) -> float:
        """Seconds from the first frame read to the one with this stamp; they always grow."""
        expected = 0.0 if self._last is None else self._last + self._step
        if self._origin is None and stamp is not None:
            self._origin = stamp - expected
        seconds = expected
        if stamp is not None and self._origin is not None:
            since = stamp - self._origin
            if self._last is None or since > self._last:
                seconds = since
        self._last = seconds
        return seconds
