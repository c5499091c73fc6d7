"""Drawn people as films."""

import io

import av
import numpy as np
import pytest

from asl.data.sequences.layout import HOLISTIC, RIGHT_HAND, mirror
from asl.figures.motion.drawing import Paper
from asl.figures.motion.film import beside, encode, film
from asl.figures.motion.lines import HAND_COLOURS
from asl.videos import open_video

SMALL = Paper(120)


def frames(content: bytes) -> list[np.ndarray]:
    with av.open(io.BytesIO(content)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def across(rgb: np.ndarray) -> np.ndarray:
    """Columns in which something of the right hand's colour is."""
    wanted = [int(HAND_COLOURS["right"][i : i + 2], 16) for i in (1, 3, 5)]
    return np.flatnonzero((np.abs(rgb.astype(int) - wanted).max(-1) <= 60).any(0))


def same(count: int) -> np.ndarray:
    return np.stack([np.arange(count)] * 2, 1)


def test_a_film_has_all_frames_at_their_rate_and_is_small(signing):
    twice = np.concatenate([signing, signing[::-1]])
    content = film(twice, rate=20)
    assert len(content) < 300_000, "of 60 frames"
    assert len(frames(content)) == 60
    with open_video(content) as video:
        assert video.info.seconds == pytest.approx(3, abs=0.1)


def test_the_hand_moves(signing):
    first, *_, last = frames(film(signing, paper=SMALL))
    assert first.shape == (120, 120, 3)
    assert np.abs(first.astype(int) - last).max() > 80


def test_frames_that_decided_are_marked(signing):
    plain, marked = (frames(film(signing, marks, SMALL)) for marks in ((), (3,)))
    differ = [float(np.abs(one[:2].astype(int) - other[:2]).mean()) for one, other in zip(
        plain, marked, strict=True)]  # fmt: skip
    assert int(np.argmax(differ)) == 3 and differ[3] > 20


def test_two_people_stand_beside_each_other(signing):
    shown = frames(beside(signing, signing, same(30), paper=SMALL))
    assert len(shown) == 30 and shown[0].shape == (120, 240, 3)
    hands = across(shown[15])
    assert (hands < 120).any() and (hands > 120).any()


def test_a_mirrored_example_is_shown_mirrored(signing):
    left_handed = mirror(signing, HOLISTIC)
    one = frames(beside(signing, left_handed, same(30), mirrored=True, paper=SMALL))
    other = frames(beside(signing, signing, same(30), paper=SMALL))
    assert np.abs(one[10].astype(int) - other[10]).mean() < 2


def test_a_single_frame_is_a_film(signing):
    assert len(frames(film(signing[:1], [0], SMALL))) == 1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(lambda p: film(p[:0]), "points: 0 frames", id="no frames"),
        pytest.param(lambda p: film(p[:, RIGHT_HAND]), "points: shape", id="a hand alone"),
        pytest.param(lambda p: film(p * np.nan), "neither hands", id="nothing seen"),
        pytest.param(lambda p: film(p, [30]), "highlight: 30 is not 0 to 29", id="no such frame"),
        pytest.param(lambda p: film(p, rate=0), "rate: 0 is not", id="no rate"),
        pytest.param(lambda p: film(np.repeat(p, 70, 0)), "points: 2100 frames", id="too long"),
        pytest.param(lambda p: beside(p, p, same(31)), "path: it leads out", id="a long path"),
        pytest.param(lambda p: beside(p, p, -same(3)), "path: it leads out", id="before it"),
        pytest.param(lambda p: beside(p, p, np.zeros(3)), "path: shape", id="no path"),
        pytest.param(lambda p: encode([]), "pictures: there are none", id="no pictures"),
    ],
)
def test_what_is_no_film(signing, make, words):
    with pytest.raises(ValueError, match=words):
        make(signing)
