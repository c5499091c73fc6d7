"""The contract of the command line: JSON alone on standard output, exit status, bad files."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from asl import bundle as bundles
from asl.bundle import ModelBundle, workspace
from asl.cli import main
from asl.data.datasets import list_datasets
from asl.evaluation import bench
from asl.evaluation.advice import Advice
from asl.evaluation.results import Result
from asl.images import load_rgb
from asl.inference.predictor import Predictor
from asl.processes import FILE
from asl.training.config import DataSet, TrainConfig
from asl.training.job import ADVICE, CANCEL, history, log, status
from asl.training.jobs import cancel, find_job, list_jobs, rename

# In place of a training: one that is deaf while it works, and needs no PyTorch.
HANGS = """
import sys, time, types

def train(*arguments):
    print("training", file=sys.__stdout__, flush=True)
    time.sleep(60)

pretended = {
    "run": {"train": train, "check_resume": lambda config, resume: None},
    "engine": {"Progress": object, "Report": object},
    "together": {"is_first": lambda: True},
}
for name, members in pretended.items():
    sys.modules[f"asl.training.{name}"] = module = types.ModuleType(name)
    vars(module).update(members)
"""

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


@pytest.fixture
def asl(capsys):
    """``asl("predict", …)``: exit status, standard output, standard error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return stop.value.code or 0, out, err

    return run


@pytest.fixture
def picture(tmp_path):
    """``picture("name.png", RED)``: the path of a picture of one colour."""

    def make(name: str, colour: tuple[int, int, int] = RED) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 30), colour).save(path)
        return path

    return make


@pytest.fixture
def unreadable(tmp_path) -> Path:
    path = tmp_path / "bad.png"
    path.write_bytes(b"no picture")
    return path


def json_lines(out: str) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]


class TestPredict:
    def test_one_object_a_line(self, asl, tiny_bundle, picture):
        tiny_bundle()
        paths = [picture("a.png", RED), picture("b.png", BLUE)]
        status, out, _ = asl("predict", *paths, "--model", "tiny", "--json")

        assert status == 0
        first, second = json_lines(out)
        assert list(first) == [
            "path", "label", "confidence", "abstained", "top", "hand", "agreement", "milliseconds",
        ]  # fmt: skip
        assert (first["path"], first["label"]) == (str(paths[0]), "A")
        assert (second["path"], second["label"]) == (str(paths[1]), "C")
        assert first["top"][0] == {"label": "A", "confidence": first["confidence"]}
        assert [one["label"] for one in first["top"]] == ["A", "B", "C"]
        assert first["hand"] == {"found": False, "box": None, "side": None}
        assert first["agreement"] is None
        assert first["abstained"] is False
        assert first["milliseconds"] > 0

    def test_answers_are_those_of_the_predictor(self, asl, tiny_bundle, make_picture, tmp_path):
        path = tmp_path / "noise.png"
        make_picture(seed=3).save(path)
        predictor = Predictor(tiny_bundle())
        expected = predictor.predict(load_rgb(path))
        _, out, _ = asl("predict", path, "--model", "tiny", "--json")
        [answer] = json_lines(out)
        assert answer["label"] == expected.label
        assert answer["confidence"] == expected.confidence

    @pytest.mark.timeout(120)
    def test_no_kind_of_path_stops_the_others(self, asl, tiny_bundle, picture, tmp_path):
        tiny_bundle()
        (tmp_path / "empty").mkdir()
        os.mkfifo(tmp_path / "pipe.png")
        socket.socket(socket.AF_UNIX).bind(str(tmp_path / "s.png"))
        (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
        bad = ["x" * 5000, "/".join(["y" * 200] * 40), "a\0b.png", "a\udcff.png", "/dev/zero"]
        bad += [tmp_path / name for name in ("empty", "pipe.png", "s.png", "loop.png")]
        paths = [*bad, picture("good.png")]
        status, out, _ = asl("predict", *paths, "--model", "tiny", "--json")

        assert status == 1
        *errors, good = json_lines(out)
        assert [line["path"] for line in errors] == list(map(str, bad))
        assert all(line["error"] for line in errors)
        assert good["label"] == "A"
        status, out, err = asl("predict", *paths, "--model", "tiny")
        assert status == 1
        assert "good.png" in out and len(err.splitlines()) >= len(bad)

    def test_what_fails_after_decoding_stops_none_of_the_others(
        self, asl, tiny_bundle, picture, monkeypatch
    ):
        tiny_bundle()
        predict = Predictor.predict

        def fail(self, rgb, *rest):
            if rgb[0, 0, 2]:
                raise MemoryError
            return predict(self, rgb, *rest)

        monkeypatch.setattr(Predictor, "predict", fail)
        paths = [picture("blue.png", BLUE), picture("red.png", RED)]
        status, out, _ = asl("predict", *paths, "--model", "tiny", "--json")
        first, second = json_lines(out)
        assert status == 1
        assert "memory" in first["error"]
        assert second["label"] == "A"

    def test_a_bad_file_does_not_stop_the_others(
        self, asl, tiny_bundle, picture, unreadable, tmp_path
    ):
        tiny_bundle()
        paths = [unreadable, picture("good.png"), tmp_path / "absent.png"]
        status, out, _ = asl("predict", *paths, "--model", "tiny", "--json")

        assert status == 1
        bad, good, absent = json_lines(out)
        assert set(bad) == set(absent) == {"path", "error"}
        assert bad["path"] == str(unreadable)
        assert "not a JPEG" in bad["error"]
        assert "no such file" in absent["error"]
        assert good["label"] == "A"

    def test_a_picture_without_an_answer_is_named_and_the_rest_answered(
        self, asl, blind_bundle, picture
    ):
        paths = [picture("green.png", GREEN), picture("red.png")]
        status, out, _ = asl("predict", *paths, "--model", "tiny", "--json")
        bad, good = json_lines(out)
        assert (status, good["label"]) == (1, "A")
        assert "the model gave no answer" in bad["error"] and "NaN" not in out
        status, out, err = asl("predict", *paths, "--model", "tiny")
        assert status == 1 and "green.png: the model gave no answer" in err and "nan" not in out

    def test_a_folder_stands_for_its_pictures(self, asl, tiny_bundle, picture, tmp_path):
        tiny_bundle()
        paths = [picture(f"set/{name}") for name in ("b.png", "a.JPG", "sub/c.webp")]
        picture("set/.hidden/d.png")
        (tmp_path / "set" / "notes.txt").write_text("no picture")
        status, out, _ = asl("predict", tmp_path / "set", "--model", "tiny", "--json")
        assert status == 0
        assert [one["path"] for one in json_lines(out)] == sorted(map(str, paths))

    def test_an_empty_folder_is_a_bad_path(self, asl, tiny_bundle, tmp_path):
        tiny_bundle()
        (tmp_path / "empty").mkdir()
        status, out, _ = asl("predict", tmp_path / "empty", "--model", "tiny", "--json")
        assert status == 1
        assert json_lines(out) == [
            {"path": str(tmp_path / "empty"), "error": "there is no picture in this folder"}
        ]

    def test_a_model_may_be_a_folder(self, asl, tiny_bundle, picture):
        folder = tiny_bundle().folder
        status, out, _ = asl("predict", picture("a.png"), "--model", folder, "--json")
        assert status == 0
        assert json_lines(out)[0]["label"] == "A"

    def test_candidate_set(self, asl, tiny_bundle, picture):
        tiny_bundle(labels=("A", "1", "B"))
        arguments = ("--model", "tiny", "--labels", "letters", "--json")
        _, out, _ = asl("predict", picture("a.png", GREEN), *arguments)
        assert {one["label"] for one in json_lines(out)[0]["top"]} == {"A", "B"}

    def test_controls_are_possible_beside_letters(self, asl, tiny_bundle, picture):
        tiny_bundle(labels=("A", "1", "del"))
        arguments = ("--model", "tiny", "--labels", "letters", "--controls", "--json")
        _, out, _ = asl("predict", picture("a.png", BLUE), *arguments)
        [answer] = json_lines(out)
        assert answer["label"] == "del"
        assert {one["label"] for one in answer["top"]} == {"A", "del"}

    def test_a_table_for_people(self, asl, tiny_bundle, picture, unreadable):
        tiny_bundle(labels=("O", "0", "[red]"))
        paths = (picture("a.png", RED), picture("b.png", BLUE), unreadable)
        status, out, err = asl("predict", *paths, "--model", "tiny")
        assert status == 1
        assert "O or 0" in out
        assert "[red]" in out
        assert "no hand found" in out
        assert "bad.png: this is not a JPEG" in err

    def test_a_doubtful_picture_in_the_table(self, asl, tiny_bundle, picture):
        tiny_bundle(gain=0.1, abstain_below={"no_hand": 0.9})
        _, out, _ = asl("predict", picture("a.png"), "--model", "tiny")
        assert "can't tell" in out

    def test_file_names_that_are_no_text(self, asl, tiny_bundle, picture, tmp_path):
        tiny_bundle()
        odd = os.fsencode(tmp_path) + b"/\xff.png"
        os.rename(picture("a.png"), odd)
        status, out, _ = asl("predict", os.fsdecode(odd), "--model", "tiny", "--json")
        assert status == 0
        assert os.fsencode(json_lines(out)[0]["path"]) == odd
        assert asl("predict", os.fsdecode(odd), "--model", "tiny")[0] == 0


class TestEvaluate:
    @pytest.fixture
    def folder(self, picture, tmp_path) -> Path:
        for name, colour in {"a/1.png": RED, "a/2.png": GREEN, "B/1.png": GREEN}.items():
            picture(f"set/{name}", colour)
        return tmp_path / "set"

    def test_contract(self, asl, tiny_bundle, folder):
        tiny_bundle()
        status, out, _ = asl("evaluate", "--data", folder, "--model", "tiny", "--json")

        assert status == 0
        figures = json.loads(out)
        assert {
            "images", "accuracy", "macro_f1", "hand_found", "answered", "accuracy_when_answered",
            "per_class",
        } <= set(figures)  # fmt: skip
        assert figures["images"] == 3
        assert figures["accuracy"] == pytest.approx(2 / 3)
        assert set(figures["per_class"]) == {"A", "B"}

    def test_several_folders_count_together(self, asl, tiny_bundle, folder):
        tiny_bundle()
        _, out, _ = asl("evaluate", "--data", folder, "--data", folder, "--model", "tiny", "--json")
        assert json.loads(out)["images"] == 6

    def test_bad_and_hidden_files_are_reported(self, asl, tiny_bundle, folder):
        tiny_bundle()
        (folder / "a" / "3.png").write_bytes(b"no picture")
        (folder / "a" / ".x.png").write_bytes(b"")
        status, out, err = asl("evaluate", "--data", folder, "--model", "tiny", "--json")
        assert status == 1  # something could not be read
        figures = json.loads(out)
        assert figures["images"] == 3
        assert figures["errors"][0]["path"] == "a/3.png"
        [hidden] = figures["left_out"]
        assert hidden["path"] == "a/.x.png" and "hidden" in hidden["reason"]
        assert "hidden" in err

    def test_a_zip_is_read_like_its_folder(self, asl, tiny_bundle, folder, tmp_path):
        tiny_bundle()
        (folder / "a" / "3.png").write_bytes(b"no picture")
        packed = shutil.make_archive(str(tmp_path / "packed"), "zip", folder)
        answers = [
            asl("evaluate", "--data", place, "--model", "tiny", "--json")
            for place in (folder, packed)
        ]
        assert answers[0][:2] == answers[1][:2] and answers[0][0] == 1
        _, out, _ = asl("evaluate", "--data", folder, "--data", packed, "--model", "tiny", "--json")
        assert [one["path"] for one in json.loads(out)["errors"]] == [
            f"{folder}/a/3.png", f"{packed}/a/3.png",
        ]  # fmt: skip

    def test_signs_that_the_model_does_not_know_are_left_out_and_counted(
        self, asl, tiny_bundle, folder, picture
    ):
        tiny_bundle(labels=("A", "B", "1"))
        picture("set/D/1.png"), picture("set/D/2.png"), picture("set/1/1.png")
        asked = ("evaluate", "--data", folder, "--model", "tiny", "--labels", "letters")
        status, out, _ = asl(*asked, "--json")
        figures = json.loads(out)
        assert (status, figures["images"]) == (0, 3)
        assert figures["unknown"] == {"D": 2}
        assert figures["not_among_candidates"] == {"1": 1}
        _, out, _ = asl(*asked)
        assert "does not know" in out and "2 (D 2)" in out
        assert "not among the candidates" in out and "1 (1 1)" in out

    def test_controls_are_possible_beside_letters(self, asl, tiny_bundle, picture, tmp_path):
        tiny_bundle(labels=("A", "1", "del"))
        picture("set/A/a.png", RED)
        picture("set/del/b.png", BLUE)
        letters = ("evaluate", "--data", tmp_path / "set", "--model", "tiny", "--labels", "letters")
        status, out, _ = asl(*letters, "--json")
        assert status == 0 and json.loads(out)["not_among_candidates"] == {"del": 1}
        out = tmp_path / "result.json"
        assert asl(*letters, "--controls", "--out", out)[0] == 0
        result = Result.read(out)
        assert result.rows[0]["accuracy"] == 1
        assert result.candidates == "letters, delete, space, nothing"
        assert result.command.endswith("--labels letters --controls")

    def test_a_table_for_people(self, asl, tiny_bundle, folder):
        tiny_bundle()
        status, out, _ = asl("evaluate", "--data", folder, "--model", "tiny")
        assert status == 0
        assert "66.7%" in out and "macro F1" in out

    def test_a_results_file(self, asl, tiny_bundle, folder, tmp_path):
        tiny_bundle()
        out = tmp_path / "results" / "colours.json"
        status, _, _ = asl(
            "evaluate", "--data", folder, "--model", "tiny", "--out", out,
            "--title", "Colours", "--split", "new colours", "--note", "Not hands.",
        )  # fmt: skip
        assert status == 0
        result = Result.read(out)
        assert (result.title, result.split, result.note) == ("Colours", "new colours", "Not hands.")
        assert result.candidates == "all"
        [row] = result.rows
        assert (row["name"], row["pictures"]) == ("tiny", 3)
        assert row["accuracy"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    "number, said",
    [(28, "the disk is full"), (30, "the disk may only be read"), (5, "input/output")],
)
def test_what_the_disk_refuses_is_said_in_words(asl, monkeypatch, number, said):
    def fail():
        raise OSError(number, "Input/output error")

    monkeypatch.setattr("asl.cli.scan_bundles", fail)
    status, out, err = asl("models")
    assert status == 2 and not out and said in err.lower() and "Traceback" not in err


class TestModels:
    @pytest.fixture(autouse=True)
    def no_bundled_models(self, monkeypatch, tmp_path):
        monkeypatch.setattr(bundles, "BUNDLED_MODELS", tmp_path / "bundled")

    def test_json(self, asl, tiny_bundle):
        tiny_bundle("one")
        tiny_bundle("two", description="three colours")
        status, out, err = asl("models", "--json")
        assert (status, err) == (0, "")
        first, second = json.loads(out)["models"]
        assert (first["name"], first["labels"]) == ("one", ["A", "B", "C"])
        assert second["description"] == "three colours"

    def test_table(self, asl, tiny_bundle):
        tiny_bundle("one")
        assert "one" in asl("models")[1]

    def test_those_that_cannot_be_used_are_named(self, asl, tiny_bundle):
        tiny_bundle("good")
        (tiny_bundle("bad").folder / "card.json").write_text("{")
        status, out, err = asl("models")
        assert status == 0 and "good" in out and "bad cannot be used: card.json: no valid" in err
        found = json.loads(asl("models", "--json")[1])
        assert [one["name"] for one in found["models"]] == ["good"]
        assert [Path(one["folder"]).name for one in found["unusable"]] == ["bad"]

    def test_there_are_none(self, asl):
        assert json.loads(asl("models", "--json")[1]) == {"models": [], "unusable": []}


class TestExport:
    def test_a_zip_that_can_be_read_again(self, asl, tiny_bundle, tmp_path):
        bundle = tiny_bundle()
        status, out, _ = asl("export", "tiny", "--out", tmp_path / "tiny.zip")
        assert (status, out) == (0, f"{tmp_path / 'tiny.zip'}\n")
        with zipfile.ZipFile(tmp_path / "tiny.zip") as archive:
            archive.extractall(tmp_path / "copy")
        assert ModelBundle.read(tmp_path / "copy" / "tiny").card == bundle.card

    @pytest.mark.parametrize("out", ["absent/tiny.zip", "."])
    def test_a_place_that_cannot_be_written(self, asl, tiny_bundle, tmp_path, out):
        tiny_bundle()
        status, stdout, err = asl("export", "tiny", "--out", tmp_path / out)
        assert (status, stdout) == (2, "")
        assert err.startswith("asl: out: ")


WRONG = {
    "no command": ((), "Usage"),
    "an unknown command": (("dance",), "dance"),
    "no picture": (("predict", "--model", "tiny"), "PATH"),
    "an unknown model": (("predict", "x.png", "--model", "nobody"), "'nobody'"),
    "an unknown candidate set": (("predict", "x.png", "--labels", "words"), "words"),
    "a set that the model lacks": (
        ("predict", "x.png", "--model", "tiny", "--labels", "digits"),
        "knows no digits",
    ),
    "no data": (("evaluate", "--model", "tiny"), "--data"),
    "data that is not there": (("evaluate", "--data", "absent", "--model", "tiny"), "'absent'"),
    "a model to export that is not there": (("export", "nobody", "--out", "x.zip"), "'nobody'"),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_command_is_named(asl, tiny_bundle, arguments, message):
    tiny_bundle()
    status, out, err = asl(*arguments)
    assert status == 2
    assert message in out + err
    assert "Traceback" not in err


def run_python(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=120)


def test_native_logs_stay_off_standard_output(tiny_bundle, tmp_path):
    bundle = tiny_bundle()
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.jpg")
    done = run_python(
        "-m", "asl.cli", "predict", str(tmp_path / "noise.jpg"),
        "--model", str(bundle.folder), "--json",
    )  # fmt: skip
    assert done.returncode == 0
    assert len(json_lines(done.stdout)) == 1
    assert "Traceback" not in done.stderr


def test_progress_on_a_terminal_stays_off_standard_output(tiny_bundle, picture):
    pty = pytest.importorskip("pty")
    folder = tiny_bundle().folder
    paths = [str(picture(f"{number}.png")) for number in range(3)]
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "asl.cli", "predict", *paths, "--model", str(folder), "--json"],
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        timeout=120,
    )
    os.close(theirs)
    terminal = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert len(json_lines(done.stdout)) == 3
    assert "Looking" in terminal
    assert '"label"' not in terminal


@pytest.mark.parametrize("command", ["predict", "evaluate", "models", "export"])
def test_torch_is_never_imported(tiny_bundle, picture, tmp_path, command):
    folder = str(tiny_bundle().folder)
    path = str(picture("set/A/1.png"))
    arguments = {
        "predict": [path, "--model", folder],
        "evaluate": ["--data", str(tmp_path / "set"), "--model", folder],
        "models": [],
        "export": [folder, "--out", str(tmp_path / "x.zip")],
    }[command]
    done = run_python(
        "-c",
        "import atexit, sys; from asl.cli import main\n"
        "atexit.register(lambda: print('torch' in sys.modules, file=sys.stderr))\n"
        f"main({[command, *arguments]!r})",
    )
    assert done.returncode == 0
    assert "False" in done.stderr.splitlines()


def test_help_needs_nothing_heavy():
    done = run_python("-X", "importtime", "-m", "asl.cli", "--help")
    assert done.returncode == 0
    imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert not imported & {"numpy", "pandas", "sklearn", "onnxruntime", "torch", "PIL"}


def test_bench_writes_a_results_file(asl, tiny_bundle, tmp_path, monkeypatch):
    tiny_bundle()
    monkeypatch.setattr(bench, "stay_on_one_core", lambda: None)
    monkeypatch.setattr(bench, "measure_memory", lambda *_: [bench.summary("memory", [1], "MiB")])
    monkeypatch.setattr(bench, "time_networks", _without_torch)
    out = tmp_path / "bench.json"
    status, stdout, err = asl("bench", "--model", "tiny", "--repeats", "50", "--out", out, "--json")
    assert status == 0
    assert "left out: no torch" in err
    result = Result.read(out)
    assert json.loads(stdout)["rows"] == list(result.rows)
    assert [row["unit"] for row in result.rows] == ["ms"] * 5 + ["MiB"]


def _without_torch(*_: object) -> list:
    raise ImportError("no torch")


class TestTrain:
    @pytest.fixture
    def trained(self, monkeypatch, tiny_bundle) -> list[tuple]:
        """What training was asked for; it takes no time and gives the tiny model."""
        run = pytest.importorskip("asl.training.run")
        asked = []
        bundle = tiny_bundle(
            scores=(
                {
                    "data": "set", "split": "random", "candidates": "all", "pictures": 9,
                    "accuracy": 0.5, "low": 0.25, "high": 0.75,
                },
            )
        )  # fmt: skip

        def train(settings, out, resume, side_by_side, report, processes, tell_left_out):
            asked.append((settings, out, resume, side_by_side, processes))
            print("a library prints")
            for epoch in (1, 2):
                report(run.Progress("picture network", epoch, 2, 0.0, {"epoch": epoch}, "00"))
            return bundle

        monkeypatch.setattr(run, "train", train)
        return asked

    def test_options_become_settings(self, asl, trained, picture, tmp_path):
        for name in ("my set/A/anna/1.png", "my set/B/ben/1.png", "more/A/cleo/1.png"):
            picture(name)
        status, out, err = asl(
            "train", "--data", tmp_path / "my set", "--data", tmp_path / "more", "--json",
            "--net", "hand_landmarks", "--init", "none", "--split", "new-person",
            "--people", "folders", "--epochs", 3, "--seed", 7, "--processes", 2,
            "--side-by-side", 3, "--resume",
        )  # fmt: skip
        assert status == 0
        assert json.loads(out)["name"] == "tiny"
        assert "a library prints" in err
        [(settings, folder, *others)] = trained
        assert [one.folder for one in settings.data] == [
            str(tmp_path / "my set"), str(tmp_path / "more"),
        ]  # fmt: skip
        assert {one.people for one in settings.data} == {"folders"}
        assert (settings.name, settings.network, settings.start) == (
            "my-set", "hand_landmarks", "none",
        )  # fmt: skip
        assert (settings.split, settings.seed) == ("new-person", 7)
        assert settings.picture.epochs == settings.landmarks.epochs == 3
        assert folder == workspace() / "models" / "my-set"
        assert others == [True, 3, 2]

    @pytest.mark.parametrize(
        ("names", "options", "split"),
        [
            pytest.param("A/1 A/2 B/1 B/2", (), "random", id="nobody known"),
            pytest.param("A/p1_1 A/p2_1 B/p1_1 B/p2_1", (), "random", id="nobody said who"),
            pytest.param(
                "A/p1_1 A/p2_1 B/p1_1 B/p2_1", ("--people", "names"),
                "leave-one-person-out", id="names",
            ),
            pytest.param(
                "anna/hello/1 anna/yes/1 ben/hello/1 ben/yes/1",
                ("--people", "folders"), "leave-one-person-out", id="folders",
            ),
            pytest.param("train/A/1 train/B/1 test/A/1 test/B/1", (), "own", id="own test part"),
        ],
    )  # fmt: skip
    def test_without_a_split_the_most_honest_one_is_chosen(
        self, asl, trained, picture, tmp_path, names, options, split
    ):
        for name in names.split():
            picture(f"mine/{name}.png")
        assert asl("train", "--data", tmp_path / "mine", *options)[0] == 0
        [(settings, *_)] = trained
        assert settings.split == split

    @pytest.mark.parametrize(
        ("names", "options", "message"),
        [
            pytest.param(
                "anna/hello/1 anna/yes/1 ben/hello/1 ben/yes/1", ("--split", "new-person"),
                "anna, ben seem to be people: if they are, add --people folders", id="people",
            ),
            pytest.param(
                "A/1 B/1", ("--split", "leave-one-person-out"),
                "needs to know who is in the pictures of mine. Say it with --people", id="nobody",
            ),
            pytest.param(
                "A/1/1 B/1/1 C/1/1 A/2/1", (),
                "say it with --level sign/person (signs A, B, C; people 1, 2) or --level person",
                id="levels",
            ),
            pytest.param("A/1/1 B/2/1", ("--level", "sign/sign"), "'sign/sign'", id="wrong levels"),
        ],
    )  # fmt: skip
    def test_what_has_to_be_said_is_asked_for(
        self, asl, trained, picture, tmp_path, names, options, message
    ):
        for name in names.split():
            picture(f"mine/{name}.png")
        status, out, err = asl("train", "--data", tmp_path / "mine", *options)
        assert (status, out) == (2, "") and message in err
        assert not trained

    def test_levels_that_somebody_named_are_kept(self, asl, trained, picture, tmp_path):
        for name in ("A/1/1", "B/1/1", "A/2/1", "B/2/1"):
            picture(f"mine/{name}.png")
        options = ("--level", "person/sign", "--people", "folders")
        assert asl("train", "--data", tmp_path / "mine", *options)[0] == 0
        [(settings, *_)] = trained
        assert (settings.data[0].levels, settings.split) == ("person/sign", "leave-one-person-out")

    def test_a_zip_becomes_a_data_set_once(self, asl, trained, picture, tmp_path, intake_here):
        for name in ("anna/hello/1", "anna/yes/1", "ben/hello/1", "ben/yes/1"):
            picture(f"mine/{name}.png")
        packed = shutil.make_archive(str(tmp_path / "my signs"), "zip", tmp_path / "mine")
        for _ in range(2):
            assert asl("train", "--data", packed, "--people", "folders")[0] == 0
        (dataset,) = list_datasets()
        assert dataset.name == "my signs" and dataset.people_confirmed
        for settings, *_ in trained:
            assert settings.name == "my-signs" and settings.split == "leave-one-person-out"
            assert settings.data[0].folder == str(dataset.folder)
        assert asl("train", "--data", packed)[0] == 0
        assert trained[-1][0].split == "random" and len(list_datasets()) == 2

    def test_options_replace_those_of_a_file(self, asl, trained, tmp_path):
        config = tmp_path / "config.toml"
        config.write_text(
            'name = "mine"\nsplit = "random"\n[[data]]\nfolder = "x"\n[picture]\nepochs = 4\n'
        )
        status, out, _ = asl("train", "--config", config, "--seed", 5, "--out", tmp_path / "other")
        assert status == 0
        assert "25.0% to 75.0%" in out
        [(settings, folder, *_)] = trained
        assert (settings.name, settings.seed) == ("other", 5)
        assert (settings.split, settings.picture.epochs) == ("random", 4)
        assert folder == tmp_path / "other"

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            pytest.param((), "data: name a folder", id="no data"),
            pytest.param(("--data", "x", "--net", "perceptron"), "'perceptron'", id="network"),
            pytest.param(("--data", "x", "--split", "half"), "'half'", id="split"),
            pytest.param(("--data", "x", "--init", "magic"), "'magic'", id="start"),
            pytest.param(("--data", "x", "--epochs", "0"), "--epochs", id="epochs"),
            pytest.param(("--data", "x", "--out", "a model"), "name 'a model'", id="name"),
            pytest.param(("--config", "absent.toml"), "absent.toml", id="config"),
        ],
    )
    def test_a_wrong_choice_is_named(self, asl, trained, arguments, message):
        status, out, err = asl("train", *arguments)
        assert (status, out) == (2, "")
        assert message in err
        assert not trained


class TestCheck:
    """`asl check` says what the Train page would say."""

    @pytest.fixture
    def check(self, asl, picture, tmp_path, intake_here):
        """``check("A/1 B/1", …)``: the answer about pictures so called, and the exit status."""

        def look(names: str, *options: str, packed: bool = False) -> tuple[dict, int]:
            for number, name in enumerate(names.split()):
                picture(f"mine/{name}.png", (number, 0, 0))
            place = tmp_path / "mine"
            if packed:
                place = shutil.make_archive(str(tmp_path / "packed"), "zip", place)
            status, out, _ = asl("check", place, "--json", *options)
            return json.loads(out), status

        return look

    @pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
    def test_the_answer(self, check, asl_home, packed):
        names = [f"{p}/{w}/{s}/{n}" for p in ("train", "test") for w in ("anna", "ben")
                 for s in ("hello", "yes") for n in range(4)]  # fmt: skip
        found, status = check(" ".join(names), packed=packed)
        assert list(found) == [
            "kind", "signs", "people", "people_known", "parts", "left_out", "warnings",
            "questions", "verdict",
        ]  # fmt: skip
        assert (found["kind"], status) == ("pictures", 0)
        assert found["signs"] == {"hello": 16, "yes": 16}
        assert found["people"] == {"anna": 16, "ben": 16} and not found["people_known"]
        assert found["parts"] == {"train": 16, "valid": 0, "test": 16}
        assert [one["text"] for one in found["questions"]] == ["Are anna and ben people?"]
        assert found["verdict"] == "ready with warnings" and found["left_out"] == []
        assert not list(asl_home.iterdir()), "nothing stays of what was only looked at"

    def test_people_that_somebody_named_are_known(self, check):
        names = [
            f"{w}/{s}/{n}" for w in ("anna", "ben") for s in ("hello", "yes") for n in range(4)
        ]
        found, _ = check(" ".join(names), "--people", "folders")
        assert found["people_known"] and found["questions"] == []

    def test_two_readings_are_a_question_and_an_answer_settles_it(self, check):
        names = " ".join(f"{s}/{k}/{n}" for s in "ABC" for k in "12345" for n in range(2))
        found, _ = check(names)
        (levels, *_) = found["questions"]
        assert [one["answer"] for one in levels["options"]] == ["sign/person", "person/sign"]
        assert found["signs"] == dict.fromkeys("ABC", 10) and found["verdict"] == "not trainable"
        found, _ = check(names, "--level", "person/sign")
        assert found["signs"] == dict.fromkeys("12345", 6)
        assert not [one for one in found["questions"] if one["about"] == "levels"]

    def test_everything_left_out_is_named(self, check, tmp_path):
        for name in ("mine/A/broken.png", "mine/stray.png", "mine/B/notes.txt", "mine/A/.hidden"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(b"no picture")
        found, status = check("A/1 B/1 b/2")
        assert {one["path"] for one in found["left_out"]} == {
            "A/broken.png", "stray.png", "B/notes.txt", "A/.hidden",
        }  # fmt: skip
        assert status == 1 and any("'B', 'b' are used as one" in one for one in found["warnings"])

    def test_a_file_that_is_refused_is_not_trainable_and_says_why(self, asl, tmp_path):
        (tmp_path / "x.rar").write_bytes(b"Rar!" + bytes(300))
        status, out, err = asl("check", tmp_path / "x.rar", "--json")
        found = json.loads(out)
        assert (status, found["verdict"], found["signs"]) == (1, "not trainable", {})
        assert "make a zip" in found["warnings"][0] and "make a zip" in err

    def test_names_that_may_be_read_in_two_ways_are_asked_about(
        self, asl, tmp_path, intake_here, korean_zip
    ):
        (tmp_path / "signs.zip").write_bytes(korean_zip())
        found = json.loads(asl("check", tmp_path / "signs.zip", "--json")[1])
        (asked,) = found["questions"]
        assert [one["answer"] for one in asked["options"]] == ["gbk", "cp949"]
        said = asl("check", tmp_path / "signs.zip", "--encoding", "cp949", "--json")[1]
        assert set(json.loads(said)["signs"]) == {"안녕하세요", "학교"}
        assert json.loads(said)["questions"] == []

    def test_for_people(self, asl, picture, tmp_path, intake_here):
        for name in ("A/p1_1", "A/p2_1", "B/p1_1", "B/p2_1"):
            picture(f"mine/{name}.png")
        status, out, _ = asl("check", tmp_path / "mine")
        assert status == 0 and "Not trainable: 4 pictures of 2 signs" in out
        assert "Are p1 and p2 people?" in out and "--people names: yes" in out

    def test_a_path_that_is_not_there(self, asl, tmp_path):
        status, out, err = asl("check", tmp_path / "absent", "--json")
        assert (status, out) == (2, "") and "there is no file or folder" in err


class TestTrainingAmongTheRuns:
    """What `asl train` does stands on the Runs page as it goes on."""

    @pytest.fixture
    def train(self, asl, asl_home, monkeypatch, make_run, picture, tmp_path):
        """``train(act, "--resume", …)``: train "mine"; `act(report)` takes the training's place."""
        for name in ("mine/A/1.png", "mine/B/1.png"):
            picture(name)
        run = pytest.importorskip("asl.training.run")
        done = make_run("Model")  # from which the result is taken

        def start(act, *options: object) -> tuple[int, str, str]:
            def pretend(settings, out, resume, side_by_side, report, processes, tell_left_out):
                act(report)
                if not out.is_dir():
                    shutil.copytree(done.bundle.folder, out)
                home = asl_home / "runs" / settings.name
                home.mkdir(exist_ok=True)
                shutil.copy(done.folder / "tested.parquet", home)
                return ModelBundle.read(out)

            monkeypatch.setattr(run, "train", pretend)
            return asl("train", "--data", tmp_path / "mine", *options)

        return start

    @staticmethod
    def learn(report, epochs: int = 2) -> None:
        from asl.training.engine import Progress

        report(Progress("finding hands in mine", 1, 1, None, {}))
        for epoch in range(1, epochs + 1):
            report(Progress("picture network", epoch, epochs, 0.0, {"epoch": epoch}, "00"))

    def test_it_is_seen_as_it_goes_on_and_when_it_is_done(self, train, asl_home, tmp_path):
        def act(report):
            self.learn(report)
            job = find_job("mine")
            now = status(job)
            assert (now.state, now.now["task"], now.now["done"]) == (
                "running",
                "picture network",
                2,
            )
            assert [row["epoch"] for row in history(job)] == [1, 2]
            rename(job, "My letters")

        began = time.time()
        code, out, _ = train(act, "--seed", 3, "--json")
        assert (code, json.loads(out)["folder"]) == (0, str(asl_home / "models" / "mine"))
        job = find_job("mine")
        assert (job.title, job.preset, job.dataset) == ("My letters", "Command line", "mine")
        assert job.config["seed"] == 3 and job.created >= began
        assert status(job).state == "done" and not (job.folder / FILE).exists()
        # The model is offered on every page already, under its own name.
        assert job.model == "mine" and job.bundle.folder == asl_home / "models" / "mine"
        assert Advice.from_json((job.folder / ADVICE).read_text()).new_person
        assert "picture network, part 00" in log(job)

    def test_resumed_it_goes_on_in_the_same_entry(self, train, tmp_path):
        def stop(report):
            self.learn(report)
            raise OSError("the cable was pulled")

        code, _, err = train(stop)
        assert code == 2 and "the cable was pulled" in err
        job = rename(find_job("mine"), "My letters")
        assert (status(job).state, status(job).reason) == ("crashed", "the cable was pulled")
        assert "Traceback" in log(job)
        code, *_ = train(lambda report: self.learn(report, 3), "--resume")
        again = find_job("mine")
        assert code == 0 and status(again).state == "done"
        assert (again.title, again.created) == (job.title, job.created)
        assert [row["epoch"] for row in history(again)] == [1, 2, 3]
        assert {one.id for one in list_jobs()} == {"mine", "run-0"}

    def test_what_is_refused_leaves_the_entry_as_it_is(self, train, asl_home, tmp_path):
        assert train(self.learn)[0] == 0
        (asl_home / "runs" / "mine" / "run.json").write_text('{"config": {}}')
        for options, message in ((), "already; resume"), (("--resume",), "settings have changed"):
            code, out, err = train(self.learn, *options)
            assert (code, out) == (2, "") and message in err
        (asl_home / "runs" / "mine" / "run.json").unlink()

        def refuse(report):
            raise ValueError("resume: pictures have changed")

        assert train(refuse, "--resume")[0] == 2
        job = find_job("mine")
        assert status(job).state == "done" and len(history(job)) == 2

    def test_two_do_not_train_the_same(self, train):
        def again(report):
            with pytest.raises(ValueError, match="being trained already"):
                from asl.training.command_line import entered

                with entered(TrainConfig("mine", (DataSet("mine"),)), Path("elsewhere")):
                    raise AssertionError
            self.learn(report)

        assert train(again)[0] == 0

    def test_cancelled_on_the_page_it_stops_in_plain_words(self, train):
        def act(report):
            self.learn(report)
            (find_job("mine").folder / CANCEL).touch()
            self.learn(report)
            raise AssertionError("it went on")

        code, out, err = train(act, "--json")
        assert (code, out) == (1, "")
        assert "cancelled on the Runs page; --resume goes on with it" in err
        assert status(find_job("mine")).state == "cancelled"
        assert train(self.learn, "--resume")[0] == 0

    def test_one_that_does_not_listen_is_cancelled_too(self, picture, tmp_path, asl_home):
        (tmp_path / "sitecustomize.py").write_text(HANGS)
        for name in ("mine/A/1.png", "mine/B/1.png"):
            picture(name)
        process = subprocess.Popen(
            [sys.executable, "-m", "asl.cli", "train", "--data", tmp_path / "mine"],
            env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{Path(__file__).parents[1]}"},
            stdout=subprocess.PIPE,
        )
        try:
            assert process.stdout.readline() == b"training\n"
            start = time.monotonic()
            cancel(find_job("mine"))
            assert status(find_job("mine")).state == "cancelled"
            assert process.wait(2) == 1 and time.monotonic() - start < 2
        finally:
            process.kill()

    def test_of_several_processes_only_the_first_speaks(self, train, monkeypatch):
        monkeypatch.setenv("RANK", "1")
        code, out, _ = train(self.learn, "--json")
        assert (code, out) == (0, "")
        assert [job.id for job in list_jobs()] == ["run-0"]


def test_bench_spelling_says_which_words_were_misread(asl, tiny_bundle, tmp_path, monkeypatch):
    tiny_bundle(labels=("A", "L", "E"))
    for letter in "AL":
        photo = tmp_path / "asl_letters" / "valid" / letter / "no hand.jpg"
        photo.parent.mkdir(parents=True)
        Image.new("RGB", (64, 64)).save(photo)
    monkeypatch.setenv("ASL_DATA", str(tmp_path))
    out = tmp_path / "spelling.json"
    what = ("bench-spelling", "--model", "tiny", "--words", 1, "--length", 3, "--out", out)
    status, printed, said = asl(*what, "--json")
    assert status == 0, said
    result = json.loads(printed)
    # The one common word of these letters; nothing is read where there is no hand.
    assert result["rows"][-1] == {"name": "ALL", "read as": ""}
    assert "--words 1" in result["command"] and str(tmp_path) not in result["command"]
    assert json.loads(out.read_text()) == result


def test_bench_spelling_without_recordings(asl, monkeypatch):
    monkeypatch.delenv("ASL_DATA", raising=False)
    status, printed, said = asl("bench-spelling")
    assert (status, printed) == (2, "") and "ASL_DATA" in said
