"""Films for the Train page's benchmark, and its results file."""

import io

import av
import numpy as np
from PIL import Image

from asl.data.archives.sequences import unpack_sequences
from asl.evaluation.results.result import Result
from asl.videos import open_video
from benchmarks import train_words


def frames(count: int) -> list[Image.Image]:
    """A white square that moves from left to right."""
    made = []
    for number in range(count):
        pixels = np.zeros((48, 64, 3), np.uint8)
        pixels[16:32, 4 * number : 4 * number + 16] = 255
        made.append(Image.fromarray(pixels))
    return made


def test_people_and_repeats_differ_and_each_is_the_same_again():
    own = [np.stack([np.asarray(one) for one in train_words.varied(frames(5), person, repeat)])
           for person, repeat in ((0, 0), (1, 0), (0, 1), (0, 0))]  # fmt: skip
    assert [one.shape for one in own] == [(5, 480, 640, 3), (5, 480, 640, 3), (4, 480, 640, 3),
                                          (5, 480, 640, 3)]  # fmt: skip
    assert (own[0] != own[1]).any() and (own[0][1:] != own[2]).any() and (own[0] == own[3]).all()


def test_the_zip_holds_a_folder_of_films_for_each_word(tmp_path, monkeypatch):
    monkeypatch.setattr(train_words, "_PEOPLE", 2)
    monkeypatch.setattr(train_words, "_EACH", 1)
    monkeypatch.setattr(train_words, "_SIZE", (64, 48))
    film = tmp_path / "film.mp4"
    film.write_bytes(train_words.encoded(frames(6), 25))
    counted = train_words.write_films([film, film], tmp_path / "words.zip")
    assert counted == (4, 24)
    found = unpack_sequences(tmp_path / "words.zip", tmp_path / "out")
    assert sorted(found.files)[0] == ("word 1", "person1_1.mp4") and not found.problems
    with open_video(next(iter(found.files.values()))) as video:
        assert len(list(video)) == 6


def test_a_film_has_the_rate_of_its_source():
    with av.open(io.BytesIO(train_words.encoded(train_words.varied(frames(4), 0, 0), 25))) as film:
        assert film.streams.video[0].average_rate == 25


def test_a_results_file(tmp_path):
    row = {"name": "Quick, from upload to report", "value": 200.0, "unit": "s", "aim": "240 s"}
    train_words.result(row, 140, 9000).write(tmp_path / "out.json")
    read = Result.read(tmp_path / "out.json")
    assert read.rows == (row,) and "9,000 frames of 640 × 480" in read.to_markdown()
