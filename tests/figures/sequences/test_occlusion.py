"""Figures about what an answer of words rests on."""

import numpy as np
import pytest

from asl.figures.sequences import occlusion as figures
from asl.inference.sequences.occlusion import Grid

EVIL = "<a href='javascript:alert(1)'>x</a>"
SECONDS = np.arange(24) / 25


def drawn(word: str = "hello"):
    falls = np.where(np.arange(24) == 10, np.log(4), -0.1)
    edges = np.array([0, 8, 16, 24])
    grid = Grid(edges, ("face", "thumb"), np.array([[0.0, 0.1], [0.0, np.log(8)], [-0.2, 0.0]]))
    return {
        one.name: one
        for one in (
            figures.over_time(SECONDS, falls, word, [(0.36, 0.44)]),
            figures.over_clips(np.stack([falls, 0 * falls]), word),
            figures.by_part({"face": -0.5, "thumb": np.log(2)}, word),
            figures.by_part({"face": -0.5, "thumb": np.log(2)}, word, clips=7),
            figures.by_both(grid, SECONDS, word),
        )
    }


def test_each_says_in_words_what_the_word_rests_on():
    alts = {name: one.alt for name, one in drawn().items()}
    assert alts == {
        "moments": "hello rests most on the moment at 0.4 s: without it, it is 4.0× less likely.",
        "moments-of-word": "Over 2 clips, hello rests most on what happens 44% into the clip.",
        "parts": "hello rests most on: thumb, without which it is 2.0× less likely.",
        "parts-of-word": "hello rests most on: thumb, without which it is 2.0× less likely.",
        "moments-parts": "hello rests most on: thumb, at 0.3 s.",
    }


def test_labels_are_text_in_every_figure():
    for name, one in drawn(EVIL).items():
        assert "<a href" not in one.figure.to_json().replace("\\u003c", "<"), name
        assert "<a href" not in one.reading, name


def test_each_has_its_numbers():
    rows = {name: len(one.rows) for name, one in drawn().items()}
    assert rows == {
        "moments": 24, "moments-of-word": 24, "parts": 2, "parts-of-word": 2, "moments-parts": 6,
    }  # fmt: skip


def test_what_matters_most_stands_on_top():
    one = drawn()["parts"]
    assert list(one.figure.data[0].y) == ["thumb", "face"]
    assert list(drawn()["moments-parts"].figure.data[0].y) == ["thumb", "face"]


@pytest.mark.parametrize(
    ("falls", "shown"),
    [
        pytest.param([0.0, 0.0], ["1×", "2×"], id="nothing matters"),
        pytest.param([np.log(7), -0.9], ["0.5×", "1×", "2×", "5×"], id="a little"),
        pytest.param([np.log(900)], ["1×", "2×", "5×", "10×", "30×", "100×", "1,000×"], id="much"),
    ],
)
def test_axes_name_factors(falls, shown):
    axis = figures.by_part({str(n): fall for n, fall in enumerate(falls)}, "w").figure.layout.xaxis
    assert list(axis.ticktext) == shown
    assert axis.range[0] < min(falls) and axis.range[1] > max(falls)


def test_a_clip_of_one_frame_can_be_drawn():
    grid = Grid(np.array([0, 1]), ("thumb",), np.array([[0.7]]))
    assert figures.by_both(grid, np.array([0.0]), "w").rows[0]["to"] > 0
    assert figures.over_time(np.array([0.0]), np.array([0.7]), "w").rows
