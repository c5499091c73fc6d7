"""From a film to landmarks."""

import math
from collections.abc import Callable

import numpy as np

from asl.body.tracker import BodyTracker
from asl.codecs.film import VideoInfo
from asl.data.sequences.layout import ROWS, in_common_frame
from asl.data.sequences.lengths import evenly
from asl.videos import Video

#: Seconds between frames that are looked at. In half of a film's frames hands are found as often
#: as in all, and words are read as well.
EVERY = 1 / 15


def landmarks_of(
    video: Video,
    tracker: BodyTracker | None = None,
    report: Callable[[int, int], None] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Read a film to its end and return what is seen in it, at a pace that all films share.

    Args:
        video: from `asl.videos.open_video`, best with `EVERY`; it is read from where it stands
            and closed.
        tracker: follows the person; by default a new one. It forgets what it saw before, and
            whom it saw here.
        report: is told after each frame how many are done, and how many there are with `EVERY` as
            far as the film says.

    Returns:
        frames: (T, 543, 3) float32 as `BodyTracker.track` gives them, in the common frame,
            `asl.data.sequences.lengths.RATE` a second; between frames of the film landmarks lie on
            straight lines.
        seconds: (T,) float64, when each is shown.

    Raises:
        HandsUnavailable: LiteRT or a file of the networks is missing.
        VideoError: the film turns out to be more than is allowed.
    """
    tracker = tracker or BodyTracker()
    tracker.reset()
    frames: list[np.ndarray] = []
    seconds: list[float] = []
    with video:
        announced = _announced(video.info)
        for frame in video:
            height, width = frame.rgb.shape[:2]
            frames.append(in_common_frame(tracker.track(frame.rgb), width, height))
            seconds.append(frame.seconds)
            if report:
                report(len(frames), max(len(frames), announced))
    tracker.reset()
    if not frames:
        return np.zeros((0, ROWS, 3), np.float32), np.zeros(0)
    return evenly(np.array(frames, np.float32), np.array(seconds, np.float64))


def _announced(info: VideoInfo) -> int:
    """Return how many frames are to be looked at, 0 where a film does not say it."""
    if not info.seconds:
        return info.frames or 0
    most = math.ceil(info.seconds / EVERY)
    return min(most, info.frames or most)
