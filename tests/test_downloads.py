"""The model to take away answers like the app, or is not handed out."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from asl import downloads
from asl.bringing import bring
from asl.downloads import ParityError, pack
from asl.tflite.labels import read_labels
from asl.tflite.parity import checked_tflite


@pytest.fixture
def pictures(tmp_path: Path, make_picture) -> list[Path]:
    files = [tmp_path / f"{number}.png" for number in range(3)]
    for number, file in enumerate(files):
        make_picture(number).save(file)
    return files


def test_it_answers_without_the_app(tiny_bundle, pictures, tmp_path):
    done = pack(tiny_bundle("mine"), pictures, tmp_path / "out" / "mine.zip")
    assert done.pictures == 3 and done.largest_difference < 1e-4
    home = tmp_path / "taken"
    with zipfile.ZipFile(done.file) as archive:
        names = set(archive.namelist())
        for name in names:
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_bytes(archive.read(name))
    assert {"predict.py", "LICENSE", "mine/card.json", "mine/model.onnx"} <= names
    assert done.in_words in (home / "CHECKED.txt").read_text()
    assert not [name for name in names if "training" in name or "nets" in name]
    needed = (home / "requirements.txt").read_text()
    assert "onnxruntime==" in needed and "torch" not in needed
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    script = (
        "import sys, runpy; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0]);"
        "print(bool({'torch', 'streamlit', 'mlflow'} & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", script, "predict.py", str(pictures[0]), str(broken)],
        cwd=home,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(home)},
    ).stdout.splitlines()
    first, second = (json.loads(line) for line in said[:2])
    assert first["label"] in "ABC" and 0 <= first["confidence"] <= 1
    assert "not a JPEG" in second["error"]
    assert said[-1] == "False"


def test_one_that_answers_otherwise_is_not_handed_out(tiny_bundle, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "_answers_here", lambda bundle, files: [("Z", 1.0)] * len(files))
    with pytest.raises(ParityError, match="the app says Z"):
        pack(tiny_bundle("mine"), pictures, tmp_path / "mine.zip")
    assert not (tmp_path / "mine.zip").exists()


def test_without_a_picture_nothing_is_claimed(tiny_bundle, tmp_path):
    with pytest.raises(ValueError, match="pictures"):
        pack(tiny_bundle("mine"), [], tmp_path / "mine.zip")


def test_the_network_goes_with_it_as_tflite(tiny_bundle, pictures, tmp_path):
    bundle = tiny_bundle("mine")
    checked = checked_tflite(bundle, pictures)
    done = pack(bundle, pictures, tmp_path / "mine.zip", checked)
    with zipfile.ZipFile(done.file) as archive:
        assert read_labels(archive.read("mine/model.tflite")) == ("A", "B", "C")
        assert checked.in_words in archive.read("mine/TFLITE.txt").decode()
    with done.file.open("rb") as again:
        assert bring(again).card.labels == ("A", "B", "C")
