"""Films of strangers on the Words page: each gets a plain answer, and nothing of it is kept."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from asl.codecs.film import MAX_SECONDS
from asl.data.sequences.layout import RIGHT_HAND, ROWS
from asl.ui.components.film_recorder import Recorded, film_of
from asl.ui.words.film import Film, look_at


@pytest.fixture(autouse=True)
def frames_seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Replaces the search for a person, which finds a hand in every frame; sizes of the frames."""
    sizes: list[tuple[int, ...]] = []

    class Tracker:
        def __init__(self, face: bool = True, pose: bool = True):
            pass

        def reset(self) -> None:
            pass

        def track(self, rgb: np.ndarray) -> np.ndarray:
            sizes.append(rgb.shape)
            points = np.full((ROWS, 3), np.nan, np.float32)
            points[list(RIGHT_HAND)] = np.linspace(0.2, 0.4, 63).reshape(21, 3)
            return points

    monkeypatch.setattr("asl.ui.words.film.BodyTracker", Tracker)
    return sizes


def film(frames: int = 10, size: tuple[int, int] = (64, 48), rate: int = 25) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as made:
        stream = made.add_stream("mpeg4", rate=rate)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        picture = av.VideoFrame.from_ndarray(np.zeros((size[1], size[0], 3), np.uint8))
        for number in range(frames):
            picture.pts = number
            made.mux(stream.encode(picture))
        made.mux(stream.encode())
    return file.getvalue()


def sound() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as made:
        stream = made.add_stream("aac", rate=44_100)
        for _ in range(4):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.rate = 44_100
            made.mux(stream.encode(frame))
        made.mux(stream.encode())
    return file.getvalue()


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48)).save(file, "PNG")
    return file.getvalue()


def playlist() -> bytes:
    return b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"


ZOO: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "empty"),
    "sound alone": (sound, ""),
    "cut off": (lambda: film()[:200], "damaged or incomplete"),
    "a picture": (picture, "a picture, not a film"),
    "a list of other files": (playlist, "not a MP4, MOV, WebM or AVI film"),
    "ten minutes": (lambda: film(600, rate=1), str(MAX_SECONDS)),
    "ten thousand tiny frames": (lambda: film(10_000, (16, 16), 240), ""),
    "as wide as a wall": (lambda: film(2, (5120, 16)), ""),
}


@pytest.mark.parametrize("name", ZOO)
def test_what_cannot_be_read_gets_a_plain_answer(name):
    make, reason = ZOO[name]
    looked = look_at(Film(f"{name}.mp4", make()))
    assert looked.points is None
    assert looked.name == f"{name}.mp4" and reason in looked.reason
    # What is wrong and what to do.
    assert 20 < len(looked.reason) < 200 and "Error" not in looked.reason


def test_4k_is_read_small(frames_seen):
    looked = look_at(Film("4k.mp4", film(4, (3840, 2160))))
    assert looked.reason == "" and len(looked.points) == 3
    assert set(frames_seen) == {(360, 640, 3)}


def test_slow_motion_is_read_at_an_ordinary_rate(frames_seen):
    looked = look_at(Film("slow.mp4", film(240, rate=240)))
    assert 14 <= len(frames_seen) <= 16 and 23 <= len(looked.points) <= 25


def test_nothing_of_a_film_is_written(asl_home: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = sorted(tmp_path.rglob("*"))
    looked = look_at(Film("mine.mp4", film()))
    assert looked.points is not None
    assert sorted(tmp_path.rglob("*")) == before and not asl_home.exists()


def test_a_name_that_turns_the_reading_direction_is_shown_plain():
    looked = look_at(Film("4pm.\N{RIGHT-TO-LEFT OVERRIDE}exe", b""))
    assert looked.name == "4pm.\N{REPLACEMENT CHARACTER}exe"


@pytest.mark.parametrize(
    "sent", [7, [], {}, "no base64!", ",no base64!", "QUJD", "QUJD" * (9 << 20)]
)
def test_a_recording_that_is_none_is_refused(sent):
    with pytest.raises(ValueError, match="recording: "):
        film_of(sent)


def test_a_recording_is_taken_as_it_came():
    assert film_of(None) is None
    assert film_of("a%2Cb,QUJD") == Recorded(b"ABC", "a,b")
