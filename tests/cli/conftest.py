"""Fixtures of the tests of the command line."""

from pathlib import Path

import pytest
from PIL import Image

from asl.cli.main import main


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
    """``picture("name.png", (255, 0, 0))``: the path of a picture of one colour."""

    def make(name: str, colour: tuple[int, int, int] = (255, 0, 0)) -> Path:
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
