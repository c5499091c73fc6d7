"""Read a visitor's film: where the joints are in each frame.

Only landmarks are kept of a film, in the visitor's session, and nothing is written to disk.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from asl.apart.films import open_film
from asl.body import BodyTracker, landmarks_of
from asl.body.films import EVERY
from asl.inference.sequences.in_films import with_hands
from asl.ui.shared.text import shown_name
from asl.ui.shared.uploads import Given
from asl.videos import VideoError

_LOG = logging.getLogger(__name__)

#: Frames with a hand without which there is nothing to be read.
_FEWEST = 3

_NOT_LOOKED_AT = "there is not enough memory to look at it, or reading it fails; try it shorter"
_NO_HANDS = (
    "no hand was seen in it; show the whole upper body, well lit, with the hands in the picture"
)


class Film(Given):
    """A film that a visitor gave."""


@dataclass(frozen=True, eq=False)
class Looked:
    """What is kept of a film.

    Attributes:
        name: the file's name, fit to be shown as plain text.
        key: of the film.
        reason: why it cannot be read, "" if it can.
        points: (T, 543, 3) landmarks in the common frame, NaN where nothing was seen.
        seconds: (T,) of each frame.
        missing: frames that could not be decoded.
    """

    name: str
    key: str
    reason: str = ""
    points: np.ndarray | None = None
    seconds: np.ndarray | None = None
    missing: int = 0


def look_at(film: Film, report: Callable[[int, int], None] | None = None) -> Looked:
    """Find the landmarks in a film.

    Args:
        report: is told how many frames are done, and of how many as far as the film says; what it
            raises ends the reading.

    Raises:
        HandsUnavailable: LiteRT or a network is missing.
    """
    name = shown_name(film.name)
    try:
        found = _landmarks(film, BodyTracker(), report)
        if with_hands(found[0]).sum() < _FEWEST:
            # Where a film shows hands and no body, hands are found by their palms.
            found = _landmarks(film, BodyTracker(face=False, pose=False), report)
    except VideoError as error:
        return Looked(name, film.key, error.reason)
    except MemoryError:
        _LOG.exception("a film could not be looked at")
        return Looked(name, film.key, _NOT_LOOKED_AT)
    if with_hands(found[0]).sum() < _FEWEST:
        return Looked(name, film.key, _NO_HANDS)
    return Looked(name, film.key, "", *found)


def _landmarks(
    film: Film, tracker: BodyTracker, report: Callable[[int, int], None] | None
) -> tuple[np.ndarray, np.ndarray, int]:
    """Landmarks, seconds, and how many frames are missing."""
    video = open_film(film.content, film.name, every=EVERY)
    points, seconds = landmarks_of(video, tracker, report)
    return points, seconds, video.missing
