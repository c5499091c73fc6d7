"""The contract of all commands: JSON alone on standard output, exit status, nothing heavy."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image


@pytest.mark.parametrize(
    "number, said",
    [(28, "the disk is full"), (30, "the disk may only be read"), (5, "input/output")],
)
def test_what_the_disk_refuses_is_said_in_words(asl, monkeypatch, number, said):
    def fail():
        raise OSError(number, "Input/output error")

    monkeypatch.setattr("asl.cli.models.scan_bundles", fail)
    status, out, err = asl("models")
    assert status == 2 and not out and said in err.lower() and "Traceback" not in err


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
    assert len(done.stdout.splitlines()) == 1
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
    assert len(done.stdout.splitlines()) == 3
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
        "import atexit, sys; from asl.cli.main import main\n"
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
