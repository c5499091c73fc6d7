"""From films to landmarks."""

import numpy as np
import pytest

from asl.body import landmarks_of
from asl.body.tracker import BodyTracker
from asl.videos import open_video


class Tracker:
    """Sees in every frame how bright it is, and counts what it is asked."""

    def __init__(self):
        self.resets = 0

    def reset(self):
        self.resets += 1

    def track(self, rgb):
        assert self.resets, "a film begins afresh"
        return np.full((543, 3), rgb.mean() / 255, np.float32)


class Film:
    """Stands for `asl.videos.Video`."""

    class info:
        frames, seconds = 5, None

    def __init__(self, count):
        self.count, self.closed = count, False

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.closed = True

    def __iter__(self):
        for number in range(self.count):
            yield type(
                "Frame", (), {"rgb": np.full((4, 6, 3), number, np.uint8), "seconds": number / 25}
            )


@pytest.mark.parametrize(
    ("count", "told"),
    [(3, [(1, 5), (2, 5), (3, 5)]), (6, [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5), (6, 6)]), (0, [])],
    ids=["shorter than it says", "longer than it says", "without a frame"],
)
def test_every_frame_is_read_and_told(count, told):
    film, tracker, said = Film(count), Tracker(), []
    frames, seconds = landmarks_of(film, tracker, lambda *done: said.append(done))
    assert frames.shape == (count, 543, 3) and frames.dtype == np.float32
    assert seconds.shape == (count,) and seconds.dtype == np.float64
    np.testing.assert_allclose(frames[:, 0, 0], np.arange(count) / 255, rtol=1e-6)
    np.testing.assert_allclose(seconds, np.arange(count) / 25)
    assert said == told and film.closed


def test_what_is_not_looked_at_is_not_announced():
    film, said = Film(3), []
    film.info = type("Info", (), {"frames": 5, "seconds": 0.2})
    landmarks_of(film, Tracker(), lambda *done: said.append(done))
    assert said == [(1, 3), (2, 3), (3, 3)]


def test_nobody_is_remembered_from_film_to_film():
    tracker = Tracker()
    landmarks_of(Film(1), tracker)
    assert tracker.resets == 2


def test_a_narrow_film_is_seen_in_the_common_frame():
    film = Film(1)
    film.__class__ = type("Narrow", (Film,), {"__iter__": lambda self: iter([frame])})
    frame = type("Frame", (), {"rgb": np.full((6, 3, 3), 255, np.uint8), "seconds": 0.0})
    [[first, *_]], _ = landmarks_of(film, Tracker())
    np.testing.assert_allclose(first, (0.5 + 0.5 / 3, 1, 1 / 3), rtol=1e-6)


def test_films_have_one_pace():
    film = Film(4)
    film.__class__ = type("Slow", (Film,), {"__iter__": lambda self: iter(slow)})
    slow = [
        type("Frame", (), {"rgb": np.full((4, 6, 3), 60 * number, np.uint8), "seconds": number / 5})
        for number in range(4)
    ]
    frames, seconds = landmarks_of(film, Tracker())
    np.testing.assert_allclose(seconds, np.arange(16) / 25)
    np.testing.assert_allclose(frames[:, 0, 0], np.arange(16) * 12 / 255, rtol=1e-5)


def test_a_real_film(film):
    video = open_video(film, every=0.4)
    frames, seconds = landmarks_of(video, BodyTracker(face=False))
    assert len(frames) == len(seconds) == 51
    np.testing.assert_allclose(np.diff(seconds), 0.04)
    seen = np.isfinite(frames).all(-1)
    assert seen[:, 489:522].all() and not seen[:, :468].any()
    hands = seen[:, 522:].all(1)
    # The hands come up, sign, and leave.
    assert hands.any() and not hands[0]
