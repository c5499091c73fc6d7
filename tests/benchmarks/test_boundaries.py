"""The streams that beginnings and ends are measured on, and what is counted."""

import json

import numpy as np
import pytest

from asl.data.sequences.layout import HANDS, LEFT_HAND, RIGHT_HAND, ROWS
from asl.data.sequences.packed import read_packed
from benchmarks import boundaries
from benchmarks.boundaries import Played
from benchmarks.signed_streams import RESTS, join, moving_part

HAND = np.stack([np.linspace(-0.04, 0.04, 21), -0.01 * np.arange(21)], 1)
HAND[9] = HAND[0] + (0, -0.1)


def clip(frames: int = 30, still: int = 0, empty: int = 0, seed: int = 0) -> np.ndarray:
    """A right hand that waves, after frames without a hand and before frames that are still."""
    points = np.full((frames, ROWS, 3), np.nan, np.float32)
    time = np.linspace(0, 1, frames)
    wave = 0.5 + 0.15 * np.sin(9 * time + seed)
    points[:, list(RIGHT_HAND), :2] = HAND + np.stack([wave, 0.7 - 0.3 * time], 1)[:, None]
    points[:, list(RIGHT_HAND), 2] = 0
    before = np.full((empty, ROWS, 3), np.nan, np.float32)
    return np.concatenate([before, points, np.repeat(points[-1:], still, 0)])


@pytest.mark.parametrize(
    ("still", "empty", "frames"),
    [
        pytest.param(0, 0, 30, id="moving"),
        pytest.param(5, 0, 35, id="a short hold"),
        pytest.param(40, 0, 34, id="held for long"),
        pytest.param(0, 40, 30, id="hands come late"),
    ],
)
def test_pauses_are_cut_off(still, empty, frames):
    part = moving_part(clip(still=still, empty=empty), 15)
    assert len(part) == pytest.approx(frames, abs=2)
    assert len(moving_part(clip(still=still, empty=empty), 15, whole=True)) == 30 + still


@pytest.mark.parametrize(
    "points",
    [
        pytest.param(np.full((30, ROWS, 3), np.nan), id="no hand"),
        pytest.param(np.repeat(clip()[:1], 30, 0), id="nothing moves"),
        pytest.param(clip()[:4], id="short"),
    ],
)
def test_clips_in_which_no_word_is(points):
    assert moving_part(points, 15) is None


@pytest.mark.parametrize("rest", RESTS)
def test_a_stream_has_its_words_between_rests(rest):
    clips = [clip(seed=seed) for seed in range(3)]
    stream = join(clips, 15, rest, 15, seed=1)
    again = join(clips, 15, rest, 15, seed=1)
    np.testing.assert_array_equal(stream.points, again.points)
    assert (np.diff(stream.seconds) > 0).all() and len(stream.words) == 3
    ends = [0.0, *(end for _, end in stream.words)]
    for (start, end), before in zip(stream.words, ends, strict=False):
        assert 0.9 <= start - before <= 1.7 and 1.9 <= end - start <= 3.1
    middle = stream.points[5]
    assert np.isnan(middle[list(LEFT_HAND)]).all()
    assert np.isnan(middle[list(RIGHT_HAND)]).all() == (rest == "out of view")


@pytest.mark.parametrize("rest", RESTS)
def test_words_of_such_a_stream_are_found(rest):
    clips = [clip(seed=seed) for seed in range(5)]
    found = boundaries.find(join(clips, 15, rest, 15, seed=2), "made up", rest, 15)
    assert found.right == (True,) * 5 and found.extra == 0
    assert all(-0.3 <= late <= 0.6 for late in found.ends)


def test_what_is_counted():
    def played(right, rest, rate, extra=0) -> Played:
        return Played("made up", rest, rate, right, (True, True), (0.1, -0.3), (0.4,), extra, 2.0)

    results = [played((True, True), "held", 10), played((True, False), "lowered", 30, 1)]
    rows = boundaries.rows(results, results[1:])
    by_name = {row["name"]: row for row in rows}
    assert by_name["all"]["begun and ended rightly"] == 0.75 and by_name["all"]["words"] == 4
    assert by_name["all"]["streams without a mistake"] == 0.5
    assert by_name["all, pauses inside words left in"]["begun and ended rightly"] == 0.5
    assert by_name["made up, hands lowered"]["extra words"] == 1
    assert by_name["10 frames a second"]["begun and ended rightly"] == 1
    assert by_name["from the end until it is told"]["value"] == pytest.approx(0.4)
    assert by_name["from the beginning that was found to the true one"]["value"] == pytest.approx(
        0.2
    )


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """Two people with five words each, as the three sets."""
    clips = [clip(seed=seed)[:, list(HANDS.rows)] for seed in range(10)]
    for file, _, _ in boundaries._SETS.values():
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        np.savez(
            path,
            x=np.concatenate(clips).astype(np.float16),
            length=[len(one) for one in clips],
            participant_id=[20] * 5 + [21] * 5,
            sequence_id=range(10),
            sign=["wave"] * 10,
            landmark_idx=HANDS.rows,
        )
    monkeypatch.setenv("ASL_DATA", str(tmp_path))
    return tmp_path


def test_settings_are_chosen_and_measured_on_different_people(recorded):
    packed = read_packed(recorded / "words" / "sequences.npz")
    assert boundaries.half(packed, frozenset(), chosen_on=True) == ["20"]
    assert boundaries.half(packed, frozenset(), chosen_on=False) == ["21"]
    assert boundaries.half(packed, frozenset({"20"}), chosen_on=True) == ["21"]


def test_the_results_file(recorded, capsys):
    out = recorded / "boundaries.json"
    boundaries.main(["--people", "1", "--out", str(out), "--json"])
    result = json.loads(capsys.readouterr().out)
    assert json.loads(out.read_text()) == result
    assert result["command"] == "python -m benchmarks.boundaries --people 1"
    assert result["rows"][0]["words"] == 3 * 3 * 3 * 5
    assert result["rows"][0]["begun and ended rightly"] > 0.9


def test_people_with_few_clips(recorded, monkeypatch, capsys):
    monkeypatch.setattr(boundaries, "_WORDS", 6)
    with pytest.raises(SystemExit):
        boundaries.main(["--out", str(recorded / "none.json")])
    assert "people: none of them has five clips" in capsys.readouterr().err


def test_without_recordings(monkeypatch, capsys):
    monkeypatch.delenv("ASL_DATA", raising=False)
    with pytest.raises(SystemExit):
        boundaries.main([])
    assert "ASL_DATA" in capsys.readouterr().err
