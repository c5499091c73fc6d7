"""What reads one visitor's camera: frame by frame, in the thread of the video.

Nothing here is shared between visitors but how many they are, and nothing is written to disk.
"""

from __future__ import annotations

import threading
import time
import weakref
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

import numpy as np

if TYPE_CHECKING:
    import av

Result = TypeVar("Result")

#: Frames of which times are remembered: a few seconds.
_REMEMBERED = 60
#: Seconds without a frame after which the camera counts as off.
_OFF_AFTER = 2.0
#: Visitors for whom what stands beside the video is drawn twice a second.
_FEW = 2


@dataclass(frozen=True)
class Pulse:
    """Whether frames come in, and how fast they are read.

    Attributes:
        on: frames are coming in.
        frames: read since the page was opened.
        rate: frames a second, of late.
        milliseconds: median from frame in to overlay out, of late.
        failure: why frames can no longer be read, "" if they can.
    """

    on: bool = False
    frames: int = 0
    rate: float = 0.0
    milliseconds: float = 0.0
    failure: str = ""


class CameraReader(ABC):
    """Reads one visitor's frames; the page reads and changes things from another thread.

    Args:
        clock: seconds that do not go back; the system's if not given.

    Attributes:
        lock: held while anything is read or changed that frames change as well.
        now: the clock.
    """

    #: Those whose frames are being read, of all visitors.
    _using_camera: ClassVar[weakref.WeakSet[CameraReader]] = weakref.WeakSet()

    def __init__(self, clock: Callable[[], float] | None = None):
        self.lock = threading.RLock()
        self.now = clock or time.monotonic
        # Held while a frame is read, so that nobody closes what reads it.
        self._reading = threading.Lock()
        self._came: deque[float] = deque(maxlen=_REMEMBERED)
        self._took: deque[float] = deque(maxlen=_REMEMBERED)
        self._frames = 0
        self._failure = ""

    @abstractmethod
    def _read(self, rgb: np.ndarray, at: float) -> np.ndarray | None:
        """Read a frame that came at `at` seconds; called by one thread at a time.

        Returns:
            the frame with what it shows drawn on it, or None where nobody has said yet what to do
            with frames.
        """

    @abstractmethod
    def _free(self) -> None:
        """Free what reads the frames; the next one opens it again. No frame is being read."""

    def show(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return a frame of the camera with what it shows drawn on it."""
        return type(frame).from_ndarray(self.see(frame.to_ndarray(format="rgb24")), format="rgb24")

    def see(self, rgb: np.ndarray) -> np.ndarray:
        """Return a (height, width, 3) uint8 frame with what it shows drawn on it."""
        shown = self._count(lambda at: self._read(rgb, at), self.now())
        return rgb if shown is None else shown

    def _count(self, read: Callable[[float], Result | None], at: float) -> Result | None:
        """Read a frame that came at `at` seconds, and count it.

        Returns:
            What `read` returns; None, too, where frames cannot be read any more.
        """
        start = time.perf_counter()
        with self._reading:
            if self._failure:
                return None
            try:
                result = read(at)
            # Whatever it is, it would end the video without a word; the page shows it.
            except Exception as error:
                self._failure = f"{type(error).__name__}: {error}"
                return None
            if result is None:
                return None
            self._using_camera.add(self)
        with self.lock:
            self._frames += 1
            self._came.append(at)
            self._took.append(1000 * (time.perf_counter() - start))
        return result

    def pulse(self) -> Pulse:
        """Return whether frames come in, and how fast they are read."""
        with self.lock:
            came, failure = list(self._came), self._failure
            if failure or not self._is_on():
                return Pulse(frames=self._frames, failure=failure)
            span = came[-1] - came[0]
            rate = (len(came) - 1) / span if span > 0 else 0.0
            return Pulse(True, self._frames, rate, float(np.median(self._took)))

    @classmethod
    def count(cls) -> int:
        """Return of how many visitors frames are being read."""
        # Where the browser finds the hand, nobody says that the page was left.
        return sum(reader._is_on() for reader in list(cls._using_camera))

    def _is_on(self) -> bool:
        return bool(self._came) and self.now() - self._came[-1] <= _OFF_AFTER

    def close(self) -> None:
        """Free what reads the frames. The next frame, if there is one, opens it again."""
        with self._reading:
            self._free()
            self._using_camera.discard(self)
        with self.lock:
            self._came.clear()
            self._took.clear()
            self._failure = ""


def pace() -> float:
    """Return after how many seconds what stands beside the video is drawn again.

    Server and browser could read and draw a frame in that time; where many share it, frames come
    first.
    """
    return 0.5 if CameraReader.count() <= _FEW else 1.0
