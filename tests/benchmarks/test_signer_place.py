"""Where shoulders are in films, and that what is assumed of unseen ones is what was measured."""

import numpy as np
import pytest

from asl.data.sequences.layout import LEFT_SHOULDER, RIGHT_SHOULDER, ROWS
from asl.data.sequences.normalise import SIGNER_MIDDLE, SIGNER_WIDTH
from asl.evaluation.results.result import RESULTS, Result
from benchmarks import signer_place

#: How far the films' medians may be from what is assumed: they are rounded, and differ by more from
#: film to film.
_NEAR = 0.015


def film(frames=4):
    points = np.full((frames, ROWS, 3), np.nan, np.float32)
    points[:, LEFT_SHOULDER] = (0.6, 0.5, 0)
    points[:, RIGHT_SHOULDER] = (0.4, 0.5, 0)
    return points


def test_the_place_is_a_mean_of_the_frames_in_which_both_shoulders_are_seen():
    points = film()
    points[1, LEFT_SHOULDER] = np.nan
    points[2] += 0.1
    middle = 0.5 + 0.1 / 3
    np.testing.assert_allclose(signer_place.place(points), (middle, middle, 0.2), 1e-6)
    points[:, RIGHT_SHOULDER] = np.nan
    assert signer_place.place(points) is None


def test_what_is_assumed_is_what_was_measured():
    result = Result.read(RESULTS / "signer-place.json")
    assumed = (*SIGNER_MIDDLE[:2], SIGNER_WIDTH)
    assert [row["taken_to_be"] for row in result.rows] == [f"{value:.2f}" for value in assumed]
    for row, value in zip(result.rows, assumed, strict=True):
        assert row["value"] == pytest.approx(value, abs=_NEAR)


def test_a_results_file(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ASL_DATA", str(tmp_path))
    with pytest.raises(SystemExit):
        signer_place.main([])
    assert "there is no film" in capsys.readouterr().err
    (tmp_path / "wlasl" / "videos").mkdir(parents=True)
    (tmp_path / "wlasl" / "videos" / "a.mp4").touch()
    found = [np.array([0.5, 0.4, 0.2]), np.array([0.6, 0.5, 0.3]), np.array([0.7, 0.6, 0.4])]
    monkeypatch.setattr(signer_place, "measure", lambda files: found)
    signer_place.main(["--out", str(tmp_path / "out.json")])
    rows = Result.read(tmp_path / "out.json").rows
    assert [row["value"] for row in rows] == pytest.approx([0.6, 0.5, 0.3])
    assert (rows[2]["least"], rows[2]["most"]) == ("0.20", "0.40")
    monkeypatch.setattr(signer_place, "measure", lambda files: [])
    with pytest.raises(SystemExit, match="seen in none"):
        signer_place.main([])
