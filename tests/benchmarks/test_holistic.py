"""How landmarks are compared with Holistic's, and what its script tells."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from asl.evaluation.results.result import Result
from benchmarks import holistic, holistic_peer
from benchmarks.holistic import Compared, rows

SIZE = (200, 100)


def film(count=4, apart=0.0, lost=(), extra=()):
    """A film in which both see a right hand of 20 × 10 pixels, ours `apart` pixels to the right."""
    ours = np.full((count, 543, 3), np.nan, np.float32)
    theirs = ours.copy()
    hand = np.stack(np.linspace((0.4, 0.4, 0), (0.5, 0.5, 0), 21))
    theirs[:, 522:] = hand
    ours[:, 522:] = hand + np.array((apart / SIZE[0], 0, 0))
    ours[list(lost)] = np.nan
    theirs[list(extra)] = np.nan
    return Compared(ours, theirs, SIZE)


def test_distances_are_shares_of_the_longer_side():
    np.testing.assert_allclose(film(apart=1.0).distances("right_hand"), 0.05, rtol=1e-4)
    assert len(film().distances("face")) == 0
    assert len(film(lost=[0], extra=[0, 1]).distances("right_hand")) == 2


def test_the_table_counts_who_sees_what():
    table = {row["name"]: row for row in rows([film(3, 1.0, lost=[0]), film(2, 3.0, extra=[1])])}
    right = table["right hand"]
    assert right["value"] == pytest.approx(5, rel=1e-3) and right["p90"] > 10
    assert (right["both see it"], right["only ours"]) == (0.6, 0.2)
    assert (right["only Holistic"], right["neither"]) == (0.2, 0.0)
    assert "value" not in table["face"] and table["face"]["neither"] == 1
    assert [row["name"] for row in table.values() if row["aim"]] == ["left hand", "right hand"]


def test_films_of_two_lengths_are_no_comparison():
    with pytest.raises(ValueError, match="theirs: shape"):
        Compared(np.zeros((2, 543, 3)), np.zeros((3, 543, 3)), SIZE)


@pytest.fixture
def mediapipe(monkeypatch):
    """Stands for the package: sees a left hand in bright frames, and nothing else."""

    class Holistic:
        def __init__(self, model_complexity):
            assert model_complexity == 1

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def process(self, rgb):
            points = [SimpleNamespace(x=0.1, y=0.2, z=number) for number in range(21)]
            hand = SimpleNamespace(landmark=points) if rgb.mean() > 100 else None
            return SimpleNamespace(
                face_landmarks=None,
                left_hand_landmarks=hand,
                pose_landmarks=None,
                right_hand_landmarks=None,
            )

    package = ModuleType("mediapipe")
    package.solutions = SimpleNamespace(holistic=SimpleNamespace(Holistic=Holistic))
    monkeypatch.setitem(sys.modules, "mediapipe", package)


def test_the_script_writes_holistics_rows(tmp_path, mediapipe):
    frames = np.zeros((2, 8, 8, 3), np.uint8)
    frames[1] = 200
    np.save(tmp_path / "frames.npy", frames)
    holistic_peer.main(tmp_path / "frames.npy", tmp_path / "landmarks.npy")
    told = np.load(tmp_path / "landmarks.npy", allow_pickle=False)
    assert told.shape == (2, 543, 3)
    assert np.isfinite(told).any(-1).sum() == 21
    np.testing.assert_allclose(told[1, 488], (0.1, 0.2, 20))


@pytest.fixture
def films(tmp_path, monkeypatch):
    monkeypatch.setenv("ASL_DATA", str(tmp_path))
    folder = tmp_path / "wlasl" / "videos"
    folder.mkdir(parents=True)
    for name in ("b", "a", "c"):
        (folder / f"{name}.mp4").touch()
    return folder


def test_a_results_file(films, tmp_path, monkeypatch, capsys):
    compared = []

    def compare(file, python, tracker):
        compared.append(file.stem)
        return film()

    monkeypatch.setattr(holistic, "compare", compare)
    monkeypatch.setattr(holistic, "_run", lambda *words: "0.10.21")
    out = tmp_path / "holistic.json"
    holistic.main(["--films", "2", "--out", str(out)])
    result = Result.read(out)
    assert compared == ["a", "b"] and len(result.rows) == 4
    assert result.command == "python -m benchmarks.holistic --films 2"
    assert "mediapipe 0.10.21" in result.machine and "2 films, 8 frames" in result.data
    assert capsys.readouterr().out.strip() == result.to_markdown()


def test_a_python_without_mediapipe_is_named(films, tmp_path, capsys):
    with pytest.raises(SystemExit):
        holistic.main(["--peer", str(tmp_path / "absent"), "--out", str(tmp_path / "x.json")])
    assert "absent has no MediaPipe" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.json"))


def test_no_film_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ASL_DATA", str(tmp_path))
    with pytest.raises(SystemExit):
        holistic.main([])
    assert "there is no film in wlasl/videos" in capsys.readouterr().err
