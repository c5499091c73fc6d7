"""The benchmark of the camera in the browser: its feed, its clock and its file."""

import numpy as np
import pytest
from PIL import Image

from asl.evaluation.results.result import Result
from benchmarks import camera, live, video
from benchmarks.spelling import Spelled


def test_a_letter_is_late_by_the_time_from_being_held_to_being_shown():
    seen = [
        ("sign", "C", 50.0),
        ("held", "L", 100.0), ("sign", "", 150.0), ("sign", "L", 420.0),
        ("held", "", 900.0), ("sign", "B", 950.0),
        # It stood there before it was still.
        ("held", "B", 1000.0), ("sign", "Y", 1100.0), ("held", "", 1200.0), ("sign", "", 1300.0),
        ("held", "V", 1400.0), ("held", "", 1500.0), ("sign", "V", 1600.0),
    ]  # fmt: skip
    assert camera.delays_of(seen) == [320.0]


def test_letters_are_marked_while_they_are_held(tmp_path, monkeypatch, make_picture):
    monkeypatch.setattr(camera, "photographs", lambda data: {letter: ["x"] for letter in "LBYVC"})
    picture = np.asarray(make_picture(size=(60, 60)))
    monkeypatch.setattr(camera, "load_rgb", lambda path: picture)
    monkeypatch.setattr(camera, "_TIMING", camera.Timing(5, 0.6, 0.2, 0.2, 0.2))
    feed = camera.play_marked_letters(tmp_path / "feed.y4m", tmp_path).read_bytes()
    frames = feed.split(b"FRAME\n")[1:]
    marks = [round((_as_shown(frame[8 * 640 + 8]) - 40) / 40) for frame in frames]
    assert [mark for mark in marks if mark] == [n for n in range(1, 6) for _ in range(3)]
    assert {len(frame) for frame in frames} == {640 * 480 * 3 // 2}


def test_a_feed_holds_colours_as_cameras_give_them(tmp_path):
    feed = tmp_path / "feed.y4m"
    for colour, luma, chroma in (("black", 16, (128, 128)), ("white", 235, (128, 128)),
                                 ("red", 81, (90, 240))):  # fmt: skip
        video.write_feed(feed, [Image.new("RGB", video.SIZE, colour)], 20)
        planes = feed.read_bytes().split(b"FRAME\n")[1]
        width, height = video.SIZE
        places = (0, width * height, width * height * 5 // 4)
        np.testing.assert_allclose([planes[at] for at in places], (luma, *chroma), atol=1)


def _as_shown(brightness: int) -> float:
    """Return how bright, 0 to 255, Chromium shows a pixel of the feed."""
    return (brightness - 16) * 255 / 219


def test_a_results_file_keeps_what_was_measured_before(tmp_path, monkeypatch, asl_home, capsys):
    def measured(part):
        return lambda scene: [{"name": part, "value": 1.0, "unit": "s"}]

    monkeypatch.setenv("ASL_DATA", str(tmp_path))
    for name in ("chromium", "server"):
        monkeypatch.setattr(live, name, lambda *_: _Open())
    monkeypatch.setattr(camera, "play_marked_letters", lambda file, data: file)
    monkeypatch.setattr(camera, "_PARTS", {part: measured(part) for part in camera._PARTS})
    out = tmp_path / "camera.json"
    for part in ("one", "several"):
        camera.main(["--only", part, "--out", str(out)])
    names = [row["name"] for row in Result.read(out).rows]
    assert names[::2] == ["one", "several"] and all("load" in name for name in names[1::2])


class _Open:
    """A server or a browser that is none."""

    def __enter__(self):
        return "", 0

    def __exit__(self, *_):
        pass


def test_wrong_letters_are_counted_over_all_words():
    words = [Spelled("ABLE", text, 1.0, (), 0.0) for text in ("ABLE", "ABE", "ABLEE")]
    assert camera.letters_wrong(words) == pytest.approx(100 * 2 / 12)
