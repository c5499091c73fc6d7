"""The benchmark of training: what it divides, times, compares, and how it goes on."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd
import pytest

from asl.data.folder import read_folder
from asl.evaluation.metrics import measure_answers
from asl.evaluation.results.result import HOME, Result
from benchmarks import training
from benchmarks.contenders import NAMES, Outcome, Point, Task, Watch
from benchmarks.training import divide, rows

PEERS = HOME / ".venv" / "peers" / "bin" / "python"


def outcome(*accuracies: float, every: float = 10.0, **more) -> Outcome:
    """An outcome with one point every few seconds; strict accuracy is a tenth less."""
    points = (
        Point(every * turn, value, value - 0.05, value + 0.05, value - 0.1)
        for turn, value in enumerate(accuracies, start=1)
    )
    return Outcome(
        tuple(points), **{"evaluation_seconds": 3.0, "spent": {}, "versions": {}, **more}
    )


@pytest.fixture
def pictures(tmp_path: Path, make_picture) -> Path:
    """Two signs of three people, four pictures of each."""
    for number in range(24):
        folder = tmp_path / "set" / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        make_picture(number, (48, 48)).save(folder / f"hand{1 + number % 3}_{number}.png")
    return tmp_path / "set"


class TestDivide:
    def test_one_person_is_tested_and_all_others_are_known(self, pictures, tmp_path):
        home = tmp_path / "home"
        divide(read_folder(pictures).table, "hand2", home)
        train = read_folder(home / "train", home / "people.csv").table
        assert Counter(zip(train["label"], train["person"], strict=True)) == {
            (label, person): 4 for label in "AB" for person in ("hand1", "hand3")
        }
        test = read_folder(home / "test").table
        assert Counter(test["label"]) == {"A": 4, "B": 4}
        tested = {Path(path).read_bytes() for path in test["path"]}
        assert tested == {file.read_bytes() for file in pictures.glob("*/hand2_*")}
        assert not any("hand2" in path for path in test["path"])

    def test_few_pictures_of_each_sign_and_person(self, pictures, tmp_path):
        divide(read_folder(pictures).table, "hand1", tmp_path / "home", limit=2)
        found = [len(list((tmp_path / "home" / part).rglob("*.png"))) for part in ("train", "test")]
        assert found == [8, 4]

    def test_a_divided_folder_is_left_alone_and_half_of_one_is_not(self, pictures, tmp_path):
        table, home = read_folder(pictures).table, tmp_path / "home"
        divide(table, "hand1", home)
        (home / "train" / "A" / "00000.png").unlink()
        divide(table, "hand1", home)
        assert not (home / "train" / "A" / "00000.png").exists()
        (home / "people.csv").unlink()
        divide(table, "hand1", home)
        assert (home / "train" / "A" / "00000.png").is_file()

    def test_nobody_of_that_name(self, pictures, tmp_path):
        with pytest.raises(ValueError, match="hand9"):
            divide(read_folder(pictures).table, "hand9", tmp_path / "home")

    def test_a_sign_that_nobody_else_shows(self, tmp_path):
        table = pd.DataFrame(
            {"path": ["1", "2", "3"], "label": ["A", "B", "A"], "person": ["x", "x", "y"]}
        )
        with pytest.raises(ValueError, match="only 'x' shows 'B'"):
            divide(table, "x", tmp_path / "home")


def test_the_watch_rests_while_test_pictures_are_looked_at():
    watch = Watch(minutes=0.05 / 60)
    assert not watch.is_over()
    watch.spend("hands")
    watch.rest()
    time.sleep(0.1)
    watch.note(measure_answers(["0", "A"], ["O", "A"], ("0", "A", "O")))
    watch.go_on()
    assert not watch.is_over()
    time.sleep(0.1)
    watch.spend("features")
    assert watch.is_over()
    seen = watch.outcome("numpy")
    (point,) = seen.points
    assert point.seconds < 0.1 <= seen.evaluation_seconds
    assert (point.accuracy, point.accuracy_strict) == (1.0, 0.5)
    assert seen.spent["features"] >= 0.1 > seen.spent["hands"]
    assert seen.stopped and "numpy" in seen.versions


def test_an_outcome_survives_writing_and_reading(tmp_path):
    seen = outcome(0.5, 0.9, 0.7, stopped=True, spent={"hands": 1.5})
    seen.write(tmp_path / "fastai.json")
    assert Outcome.read(tmp_path / "fastai.json") == seen
    assert [file.name for file in tmp_path.iterdir()] == ["fastai.json"]


class TestRows:
    def test_what_peers_reach_is_our_target(self):
        fast, slow = outcome(0.5, 0.8, 0.7), outcome(0.3, 0.4, 0.6, every=100.0)
        ours, first, second = rows({"ours": outcome(0.9), "fastai": fast, "transformers": slow})
        assert (ours["accuracy"], ours["training_seconds"], ours["epochs"]) == (0.9, 10, None)
        assert "ours_to_the_same" not in ours
        assert (first["accuracy"], first["training_seconds"], first["epochs"]) == (0.8, 20, 3)
        assert (first["accuracy_at_the_end"], first["training_seconds_in_all"]) == (0.7, 30)
        assert (first["ours_to_the_same"], second["ours_to_the_same"]) == ("0.50 ×", "0.03 ×")

    def test_the_first_of_equal_epochs_counts(self):
        _, peer = rows({"ours": outcome(0.9), "fastai": outcome(0.5, 0.8, 0.8, 0.8)})
        assert (peer["training_seconds"], peer["ours_to_the_same"]) == (20, "0.50 ×")

    def test_what_we_do_not_reach_is_said(self):
        _, peer = rows({"ours": outcome(0.7), "fastai": outcome(0.6, 0.71)})
        assert peer["ours_to_the_same"] == peer["ours_to_the_same_strict"] == "not reached"

    def test_nobody_to_compare_with(self):
        assert "ours_to_the_same" not in rows({"fastai": outcome(0.5)})[0]


class TestMain:
    @pytest.fixture
    def peers(self, tmp_path: Path) -> Path:
        """A "Python" that claims to have everything."""
        file = tmp_path / "python"
        file.write_text("#!/bin/sh\nexit 0\n")
        file.chmod(0o755)
        return file

    @pytest.fixture
    def runs(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Who was trained; fastai fails the first time."""
        done: list[str] = []

        def run(name: str, task: Task, file: Path, python: Path) -> Outcome:
            done.append(name)
            if done == ["ours", "fastai"]:
                raise RuntimeError("fastai failed")
            outcome(0.9 if name == "ours" else 0.8, versions={name: "1.0"}).write(file)
            return Outcome.read(file)

        monkeypatch.setattr(training, "run", run)
        return done

    def main(self, monkeypatch: pytest.MonkeyPatch, *words: object) -> None:
        monkeypatch.setattr(training.signal, "signal", lambda *_: None)
        training.main([str(word) for word in words])

    def test_a_broken_off_run_goes_on(self, pictures, peers, runs, tmp_path, monkeypatch, capsys):
        out = tmp_path / "results" / "training.json"
        words = ("--data", pictures, "--peers", peers, "--out", out, "--epochs", 2, "--limit", 3)
        with pytest.raises(SystemExit, match="fastai failed"):
            self.main(monkeypatch, *words)
        assert runs == ["ours", "fastai"] and not out.exists()
        self.main(monkeypatch, *words)
        assert runs == ["ours", "fastai", "fastai", "transformers"]
        result = Result.read(out)
        assert [row["name"] for row in result.rows] == [
            "ASL Workbench, Quick", "fastai, fine_tune", "Hugging Face Trainer",
        ]  # fmt: skip
        assert result.data == "set, 12 pictures to train on, 6 to test" and result.split
        assert result.command.endswith("--limit 3 --epochs 2")
        assert "cores" in result.machine and "fastai 1.0" in result.machine
        shown = capsys.readouterr().out
        assert shown.strip() == result.to_markdown() and result.machine in shown
        self.main(monkeypatch, *words)
        assert len(runs) == 7, "a finished run is measured again"

    def test_other_settings_are_another_run(self, pictures, peers, runs, tmp_path, monkeypatch):
        words = ("--data", pictures, "--peers", peers, "--out", tmp_path / "out.json", "--seed")
        with pytest.raises(SystemExit, match="fastai failed"):
            self.main(monkeypatch, *words, 1)
        self.main(monkeypatch, *words, 2)
        assert runs == ["ours", "fastai", *NAMES]

    def test_peers_that_are_not_installed(self, pictures, runs, tmp_path, monkeypatch):
        with pytest.raises(SystemExit, match=r"fastai is not installed for .*nowhere.*--only ours"):
            self.main(monkeypatch, "--data", pictures, "--peers", tmp_path / "nowhere")
        assert not runs

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (("--epochs", 0), "--epochs: 0 is less than 1"),
            (("--minutes", -1), "--minutes: -1.0 is less"),
            (("--network", "sequential"), "--network"),
            (("--person", "hand9"), "hand9"),
            (("--people", "("), "people"),
            (("--data", "nowhere"), "nowhere"),
        ],
    )
    def test_bad_options(self, pictures, runs, monkeypatch, capsys, words, message):
        with pytest.raises(SystemExit) as end:
            self.main(monkeypatch, "--data", pictures, "--only", "ours", *words)
        assert message in capsys.readouterr().err + str(end.value)
        assert not runs


def test_ours_is_quick_whatever_the_network(pictures, tmp_path):
    divide(read_folder(pictures).table, "hand1", tmp_path / "home")
    task = Task(str(tmp_path / "home"), "efficientnet_hands", seed=7)
    config = task.config()
    assert (config.network, config.start, config.seed) == ("efficientnet_hands", "hands", 7)
    assert config.split == "leave-one-person-out" and task.labels == ["A", "B"]
    other = Task(task.folder, "efficientnet_lite0", seed=7).config()
    assert (other.network, other.start) == ("efficientnet_lite0", "imagenet")
    assert replace(other, network=config.network, start=config.start) == config


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["fastai", "transformers"])
def test_a_peer_trains(name, pictures, tmp_path):
    if not PEERS.is_file():
        pytest.skip("needs the peers: how to install them stands in benchmarks/training.py")
    table = pd.concat([read_folder(pictures).table] * 8, ignore_index=True)
    divide(table, "hand1", tmp_path / "home")
    task = Task(str(tmp_path / "home"), "efficientnet_hands", epochs=1)
    file, out = tmp_path / "task.json", tmp_path / "out.json"
    file.write_text(json.dumps(asdict(task)))
    script = "import sys; from benchmarks.contenders import take_part; take_part(*sys.argv[1:])"
    subprocess.run([PEERS, "-c", script, name, file, out], cwd=HOME, check=True)
    seen = Outcome.read(out)
    assert len(seen.points) == {"fastai": 2, "transformers": 1}[name]
    assert 0 < seen.points[0].seconds and name in seen.versions
