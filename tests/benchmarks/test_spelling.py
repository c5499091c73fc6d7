"""The videos that spelling is measured on, and what is counted."""

import json

import numpy as np
import pytest
from PIL import Image

from asl.inference.next_letter import NextLetter
from asl.inference.pictures.stream import Sight
from asl.inference.speller import HoldSettings
from benchmarks import spelling, video
from benchmarks.spelling import Spelled, draw_words, edit_distance
from benchmarks.video import Timing, photographs, play

TIMING = Timing(frames_a_second=20, hold=1.0, change=0.2, leave=0.2, empty=0.3)
RED = np.full((50, 50, 3), (200, 0, 0), np.uint8)
BLUE = np.full((50, 50, 3), (0, 0, 200), np.uint8)


class Stream:
    """Reads red as A and blue as B, and nothing where neither is in the middle of the frame."""

    signs = ("A", "B")

    def see(self, rgb, at):
        red, _, blue = rgb[200:280, 280:360].reshape(-1, 3).mean(0)
        scores = np.array([red, blue]) / (red + blue)
        shown = scores.max() > 0.9
        return Sight(at, None, scores if shown else None, shown, 1.0)


def test_a_video_shows_each_picture_for_as_long_as_said():
    frames = list(play([RED, BLUE], TIMING, leave=[True, False]))
    times = [at for at, _ in frames]
    np.testing.assert_allclose(np.diff(times), 0.05)
    # empty, come, hold, change, hold, leave, empty
    assert len(frames) == 6 + 4 + 20 + 4 + 20 + 4 + 6
    assert all(frame.shape == (480, 640, 3) for _, frame in frames)
    assert frames[20][1][240, 320, 0] > 150 and frames[45][1][240, 320, 2] > 150


def test_a_video_is_the_same_for_the_same_seed():
    one, two = (list(play([RED, BLUE], TIMING, seed=3)) for _ in range(2))
    assert all((a[1] == b[1]).all() for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize(
    ("pictures", "leave", "text"),
    [
        ([RED, BLUE], [True, False], "AB"),
        ([RED, BLUE, RED], [True, True, True], "ABA"),
        ([RED, RED], [True, True], "AA"),
    ],
)
def test_what_is_played_is_spelled(pictures, leave, text, monkeypatch):
    # The background of a picture of one colour has its colour too: here it must not.
    scene = video._Scene.of

    def on_grey(rgb):
        made = scene(rgb)
        return video._Scene(made.picture, Image.new("RGB", video.SIZE, (90, 90, 90)))

    monkeypatch.setattr(video._Scene, "of", on_grey)
    frames = play(pictures, TIMING, leave=leave)
    spelled = spelling.spell(text, frames, Stream(), HoldSettings(hold=0.5), NextLetter([]))
    assert spelled.text == text and spelled.errors == 0 and 0 < spelled.pictures_read < 1


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ("", "", 0),
        ("AB", "AB", 0),
        ("AB", "", 2),
        ("CAT", "CUT", 1),
        ("CAT", "AT", 1),
        ("A", "AA", 1),
    ],
)
def test_edit_distance(one, other, distance):
    assert edit_distance(one, other) == edit_distance(other, one) == distance


def test_words_are_drawn_by_lot_without_movements():
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    words = draw_words(10, letters)
    assert words == draw_words(10, letters) != draw_words(10, letters, seed=1)
    assert len(set(words)) == 10
    assert all(len(word) == 8 and not set(word) & {"J", "Z"} for word in words)
    with pytest.raises(ValueError, match="words: 0 words of 8 letters"):
        draw_words(1, "XQ")


def test_no_photographs(tmp_path):
    with pytest.raises(ValueError, match="data: there are no photographs"):
        photographs(tmp_path)


def test_what_is_counted():
    results = [
        Spelled("CATS", "CATS", 6.0, (10.0, 20.0), 0.5),
        Spelled("DOGS", "DOS", 6.0, (30.0,), 0),
    ]
    right, wrong, speed, time, looks, mistake = spelling.rows(results)
    assert right["value"] == 1 and wrong["value"] == pytest.approx(12.5)
    assert speed["value"] == pytest.approx(35) and time["value"] == 20
    assert looks["value"] == 25 and mistake == {"name": "DOGS", "read as": "DOS"}


def test_what_stills_allow_is_counted_beside_it():
    results = [
        Spelled("CAT", text, 5.0, (9.0,), 0.1, readable)
        for text, readable in (("CAT", True), ("CA", True), ("AT", False))
    ]
    right, ceiling, *_ = spelling.rows(results)
    assert right["value"] == 1 and ceiling["value"] == 2


def test_every_word_is_played_from_photographs(asl_data):
    timing = Timing(frames_a_second=5, hold=0.4)
    results = spelling.measure(
        ["AB", "BA"],
        photographs(asl_data),
        Stream,
        HoldSettings(),
        timing,
        read_still=lambda rgb: "A",
    )
    assert [one.readable for one in results] == [False, False]
    assert [one.word for one in results] == ["AB", "BA"]


def test_letters_that_are_drawn_are_spelled_too(monkeypatch):
    drawn = iter([None] * 9 + ["J"])
    monkeypatch.setattr(spelling.MotionReader, "see", lambda *seen: next(drawn, None))
    nothing = ((0.1 * number, np.full((480, 640, 3), 90, np.uint8)) for number in range(20))
    assert spelling.spell("J", nothing, Stream(), HoldSettings(), NextLetter([])).text == "J"


def test_misread_words_stand_in_the_results_file(tiny_bundle, tmp_path, monkeypatch, capsys):
    tiny_bundle(labels=("A", "L", "E"))
    for letter in "AL":
        photo = tmp_path / "asl_letters" / "valid" / letter / "no hand.jpg"
        photo.parent.mkdir(parents=True)
        Image.new("RGB", (64, 64)).save(photo)
    monkeypatch.setenv("ASL_DATA", str(tmp_path))
    out = tmp_path / "spelling.json"
    words = ["--model", "tiny", "--words", "1", "--length", "3", "--out", str(out), "--json"]
    spelling.main(words)
    result = json.loads(capsys.readouterr().out)
    # The one common word of these letters; nothing is read where there is no hand.
    assert result["rows"][-1] == {"name": "ALL", "read as": ""}
    assert result["command"] == "python -m benchmarks.spelling --words 1 --hold 0.6"
    assert json.loads(out.read_text()) == result


def test_without_recordings(monkeypatch, capsys):
    monkeypatch.delenv("ASL_DATA", raising=False)
    with pytest.raises(SystemExit) as stop:
        spelling.main([])
    printed, said = capsys.readouterr()
    assert (stop.value.code, printed) == (2, "") and "ASL_DATA" in said
