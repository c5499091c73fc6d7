"""`asl train`, `asl evaluate` and `asl predict` on sequences of landmarks."""

from __future__ import annotations

import io
import json
import sys
import types
import zipfile
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
import pytest

from asl.bundle import ModelBundle
from asl.training.config import WORD_NETWORK
from tests.packed import pack

SETTINGS = """
name = "three"
network = "lstm"
split = "new-person"
sequence_augment = "none"
[[data]]
folder = "{folder}"
people = "names"
[settings]
width = 16
depth = 1
[sequences]
epochs = 12
batch = 12
learning_rate = 0.03
"""


def write(file: Path, signs: dict[str, float], people: str = "abc", blank: bool = False) -> Path:
    """Clips of a right hand that goes right or left, four of each sign by each person."""
    random = np.random.default_rng(0)
    clips, names, who = [], [], []
    for number in range(4):
        for sign, way in signs.items():
            for person in people:
                clip = np.full((14 + number, 42, 3), np.nan, np.float32)
                path = np.linspace(0, way, len(clip))[:, None]
                clip[:, 21:] = 0.5 + random.normal(0, 0.03, (1, 21, 3))
                clip[:, 21:, 0] += path
                clips.append(clip)
                names.append(sign)
                who.append(person)
    if blank:
        clips[0][:, 21:] = np.nan
        clips[0][:, 0] = 0.5  # a point of the left hand alone
    pack(file, clips, names, who)
    return file


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    return write(tmp_path / "moves.npz", {"left": -0.3, "right": 0.3})


@pytest.fixture
def settings(tmp_path: Path, packed: Path) -> Path:
    file = tmp_path / "three.toml"
    file.write_text(SETTINGS.format(folder=packed))
    return file


@pytest.fixture
def moves(asl, settings, tmp_path) -> Path:
    """A model of both signs."""
    code, _, err = asl("train", "--config", settings, "--out", tmp_path / "moves")
    assert code == 0, err
    return tmp_path / "moves"


def test_other_people_are_read_rightly(asl, moves, tmp_path):
    card = ModelBundle.read(moves).card
    assert card.labels == ("left", "right") and card.network == "lstm"
    # Other people, and a sign that the model does not know.
    other = write(tmp_path / "other.npz", {"left": -0.3, "right": 0.3, "up": 0.0}, "de")
    code, out, err = asl("evaluate", "--data", other, "--model", moves, "--json")
    assert code == 0, err
    figures = json.loads(out)
    assert figures["accuracy"] > 0.9 and figures["within_five"] == 1.0
    assert figures["unknown"] == {"up": 8} and figures["people"] == 2
    _, table, _ = asl("evaluate", "--data", other, "--model", moves)
    assert "sign among the best five" in table and "8 (up 8)" in table
    _, out, _ = asl("predict", other, "--model", moves, "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert len(lines) == 24 and lines[0]["path"].endswith("other.npz#0")
    assert {"label", "confidence", "abstained", "top", "seconds"} <= lines[0].keys()
    assert "confidence" in asl("predict", other, "--model", moves)[1]
    # What cannot be read is named, one line each.
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film")
    code, out, _ = asl("predict", broken, tmp_path / "nowhere", "--model", moves, "--json")
    assert code == 1
    assert ["error" in json.loads(line) for line in out.splitlines()] == [True, True]
    code, _, err = asl("evaluate", "--data", tmp_path / "nowhere", "--model", moves)
    assert code == 2 and "Traceback" not in err


def test_the_default_network_follows_the_data(asl, packed, tmp_path):
    code, _, err = asl(
        "train", "--data", packed, "--epochs", 1, "--out", tmp_path / "moves",
        "--split", "new-person",
    )  # fmt: skip
    assert code == 0, err
    card = ModelBundle.read(tmp_path / "moves").card
    assert card.network == WORD_NETWORK and card.training["new_people"]


def test_a_network_for_pictures_is_refused_for_sequences(asl, packed):
    code, _, err = asl("train", "--data", packed, "--net", "sequential", "--epochs", 1)
    assert code == 2 and "Traceback" not in err
    assert "sequential learns from pictures" in err


def test_pictures_are_refused_for_words(asl, picture):
    folder = picture("pictures/A/1.png").parents[1]
    code, _, err = asl("train", "--data", folder, "--net", "lstm", "--epochs", 1)
    assert code == 2 and "lstm learns from sequences" in err


def test_figures_are_written_for_tensorboard(asl, settings, tmp_path, monkeypatch):
    written: list[object] = []

    class Writer:
        def __init__(self, folder: str):
            self.folder = folder

        def add_scalar(self, name: str, value: float, epoch: int) -> None:
            written.append((Path(self.folder).name, name, epoch))

        def flush(self) -> None:
            pass

        def close(self) -> None:
            written.append("closed")

    module = types.ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = Writer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    monkeypatch.setattr("asl.training.cross_validation.Tracker", MagicMock())
    code, _, err = asl(
        "train", "--config", settings, "--epochs", 2, "--out", tmp_path / "moves",
        "--tensorboard", tmp_path / "board",
    )  # fmt: skip
    assert code == 0, err
    assert ("sequence network", "valid_loss", 2) in written and written[-1] == "closed"


def test_without_tensorboard_it_says_what_to_install(asl, settings, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    code, _, err = asl("train", "--config", settings, "--tensorboard", tmp_path / "board")
    assert code == 2 and "pip install tensorboard" in err


def test_the_figures_can_be_read_by_tensorboard_itself(asl, settings, tmp_path):
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    code, _, err = asl(
        "train", "--config", settings, "--epochs", 2, "--out", tmp_path / "moves",
        "--tensorboard", tmp_path / "board",
    )  # fmt: skip
    assert code == 0, err
    [file] = (tmp_path / "board").rglob("events.out*")
    read = events.EventAccumulator(str(file.parent))
    read.Reload()
    assert [one.step for one in read.Scalars("valid_loss")] == [1, 2]


def test_a_zip_is_predicted_as_a_folder_is_and_a_damaged_one_is_said_to_be(asl, moves, tmp_path):
    inside = write(tmp_path / "two.npz", {"left": -0.3, "right": 0.3}, "d")
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(inside, "deep/two.npz")
        archive.writestr("deep/broken.pose", b"nothing")
    code, out, _ = asl("predict", tmp_path / "all.zip", "--model", moves, "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 1 and [line["path"] for line in lines if "error" in line] == [
        str(tmp_path / "all.zip/deep/broken.pose")
    ]
    assert [line["label"] for line in lines if "label" in line][:2] == ["left", "right"]
    (tmp_path / "cut.zip").write_bytes((tmp_path / "all.zip").read_bytes()[:-30])
    for command in (("predict",), ("evaluate", "--data"), ("train", "--net", "lstm", "--data")):
        use = () if command[0] == "train" else ("--model", moves)
        code, out, err = asl(*command, tmp_path / "cut.zip", *use)
        assert code and f"{tmp_path / 'cut.zip'}: " in err, command
        assert "end of the file is missing" in err, command


def test_a_model_is_trained_on_a_zip_whose_table_names_people(asl, tmp_path):
    frames = {"one": 0.2, "two": 0.8}
    table = ["path,word,signer"]
    with zipfile.ZipFile(tmp_path / "frames.zip", "w") as archive:
        for word, place in frames.items():
            for number in range(6):
                for frame in range(9):
                    content = io.BytesIO()
                    np.save(content, np.full(1662, place + 0.02 * frame + 0.001 * number))
                    archive.writestr(f"all/{word}{number}/{frame}.npy", content.getvalue())
                table.append(f"{word}{number},{word},{'abc'[number % 3]}")
        archive.writestr("all/words.csv", "\n".join(table))
    code, _, err = asl(
        "train", "--data", tmp_path / "frames.zip", "--net", "lstm", "--epochs", 1, "--out",
        tmp_path / "frames", "--split", "new-person",
    )  # fmt: skip
    assert code == 0, err
    card = ModelBundle.read(tmp_path / "frames").card
    assert card.labels == ("one", "two") and card.training["new_people"]


def test_what_is_no_word_of_the_model_is_asked_too(asl, moves, tmp_path):
    other = write(tmp_path / "other.npz", {"left": -0.3, "up": 0.0, "none": 0.01}, "de")
    code, out, err = asl(
        "evaluate", "--data", other, "--model", moves, "--negatives", 5, "--json", "--out",
        tmp_path / "r.json",
    )  # fmt: skip
    assert code == 0, err
    figures = json.loads(out)
    assert figures["unknown"] == {"up": 8, "none": 8} and figures["images"] == 8
    strange = figures["other_words"]
    assert strange["clips"] == 16 and 0 <= strange["rejected"] <= 1
    assert strange["per_word"].keys() == {"none", "up"} and figures["no_words"]["clips"] <= 5
    [row] = json.loads((tmp_path / "r.json").read_text())["rows"]
    assert row["clips_of_other_words"] == 16 and row["other_words_rejected"] == strange["rejected"]
    table = asl("evaluate", "--data", other, "--model", moves)[1]
    assert "words that it does not know: rejected" in table and "no words: rej" not in table
    code, _, err = asl("evaluate", "--data", other, "--negatives", 5)
    assert code == 2 and "only words have negatives" in err
