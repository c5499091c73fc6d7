"""Landmarks of films, found once and kept, whichever of them are wanted later."""

import threading
from functools import cache
from pathlib import Path

import numpy as np

from asl.apart.films import open_film
from asl.body.films import EVERY, landmarks_of
from asl.body.tracker import BodyTracker
from asl.data.cache import content_of, filling, is_filled
from asl.data.sequences.layout import HOLISTIC, Selection
from asl.data.sequences.limits import Limits, SequenceError, checked
from asl.videos import VideoError

#: Raise when landmarks are found in another way, so that those kept are found again.
VERSION = 3

_following = threading.Lock()

_LANDMARKS, _SECONDS = "landmarks.npy", "seconds.npy"


def read_film(path: Path, selection: Selection, kept: Path) -> np.ndarray:
    """Return the chosen landmarks of a film; all of them are kept for another time.

    It is decoded in another process (`asl.apart.films`).

    Args:
        kept: folder of the cache.

    Returns:
        (T, rows, 3) float32 in the common frame, NaN where nothing was seen.

    Raises:
        SequenceError: it is no film, damaged, too much, or none of the landmarks is seen in it.
        HandsUnavailable: LiteRT or a file of the networks is missing.
    """
    landmarks, _ = film_landmarks(path, kept)
    return checked(path, selection.take(landmarks, HOLISTIC.rows))


def follow_film(source: Path | bytes, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Find the landmarks of a film, and keep nothing. Thread-safe, one film at a time.

    Args:
        name: what errors call it.

    Returns:
        frames: (T, 543, 3) float32, NaN where nothing was seen.
        seconds: (T,) float64, when each is shown; see `asl.body.films.landmarks_of`.

    Raises:
        SequenceError: it is no film, damaged, or too much.
        HandsUnavailable: LiteRT or a file of the networks is missing.
    """
    try:
        film = open_film(source, name, every=EVERY)
        with _following:
            return landmarks_of(film, _tracker())
    except VideoError as error:
        reason, _, advice = error.reason.partition("; ")
        raise SequenceError(name, reason, advice.capitalize() or "Leave it out") from error


def film_landmarks(path: Path, kept: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return all landmarks of a film, and when its frames are shown.

    Returns:
        frames: (T, 543, 3) float16, NaN where nothing was seen.
        seconds: (T,) float64.

    Raises:
        SequenceError: it is no film, damaged, or too much.
        HandsUnavailable: LiteRT or a file of the networks is missing.
    """
    Limits().check_file(path)
    content = content_of(str(path))
    folder = kept / f"film-{content[:16]}-{VERSION}"
    if not is_filled(folder):
        frames, seconds = follow_film(path, path.name)
        with filling(folder, [content], {"made_with": f"film {VERSION}"}):
            np.save(folder / _LANDMARKS, frames.astype(np.float16))
            np.save(folder / _SECONDS, seconds)
    return np.load(folder / _LANDMARKS, mmap_mode="r"), np.load(folder / _SECONDS)


@cache
def _tracker() -> BodyTracker:
    """One for each process: its networks take long to load."""
    return BodyTracker()
