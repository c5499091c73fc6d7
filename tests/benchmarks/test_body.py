"""What following a person costs: which frames count, and the results file."""

import itertools

import numpy as np
import pytest

from asl.evaluation.results.result import Result
from benchmarks import body


class Tracker:
    """Sees both hands in bright frames, one in dark ones, and takes no time."""

    def reset(self):
        pass

    def track(self, rgb):
        landmarks = np.full((543, 3), np.nan, np.float32)
        landmarks[522:] = 0.5
        if rgb.mean() > 100:
            landmarks[468:489] = 0.5
        return landmarks


def test_each_frame_has_its_time_and_its_hands(monkeypatch):
    clock = itertools.count()
    monkeypatch.setattr(body.time, "process_time", lambda: next(clock) / 1000)
    frames = [np.full((4, 4, 3), value, np.uint8) for value in (0, 200, 200)]
    times, hands = body.measure(Tracker(), frames)
    np.testing.assert_allclose(times, 1.0)
    assert hands.tolist() == [1, 2, 2]


def test_a_results_file(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ASL_DATA", str(tmp_path))
    (tmp_path / "wlasl" / "videos").mkdir(parents=True)
    (tmp_path / "wlasl" / "videos" / "a.mp4").touch()
    monkeypatch.setattr(
        body, "rows", lambda files: [{"name": "a frame", "value": len(files), "unit": "ms"}]
    )
    out = tmp_path / "body.json"
    body.main(["--out", str(out)])
    result = Result.read(out)
    assert result.command == "python -m benchmarks.body" and result.rows[0]["value"] == 1
    assert capsys.readouterr().out.strip() == result.to_markdown()


def test_no_film_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ASL_DATA", str(tmp_path))
    with pytest.raises(SystemExit):
        body.main([])
    assert "there is no film in wlasl/videos" in capsys.readouterr().err


def test_a_real_film(asl_data):
    rows = body.rows([asl_data / "wlasl" / "videos" / "65539.mp4"])
    named = {row["name"]: row for row in rows}
    assert all(row["value"] > 0 for row in rows)
    assert named["a followed frame: hands alone"]["aim"] == "25 ms"
