"""Only ordinary files are opened, wherever a path of a user's leads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from asl.cli.main import main
from asl.files import open_file, read_file, read_json, replacing, write_json


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """Nobody will ever write into it."""
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_an_ordinary_file_and_a_link_to_it_are_read(tmp_path):
    (tmp_path / "a").write_bytes(b"content")
    (tmp_path / "b").symlink_to("a")
    for name in "ab":
        with open_file(tmp_path / name) as file:
            assert file.read() == b"content"
    assert read_file(tmp_path / "a", 7) == b"content"
    with pytest.raises(OSError, match="larger"):
        read_file(tmp_path / "a", 6)


@pytest.mark.parametrize("what", ["pipe", "folder", "device", "link to a device"])
def test_nothing_else_is(pipe, tmp_path, what):
    (tmp_path / "link").symlink_to("/dev/zero")
    path = {
        "pipe": pipe, "folder": tmp_path, "device": "/dev/zero",
        "link to a device": tmp_path / "link",
    }[what]  # fmt: skip
    with pytest.raises(OSError, match="no ordinary file"):
        open_file(path)


def test_what_becomes_a_pipe_meanwhile_is_not_waited_for(pipe, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    looked = os.stat(tmp_path / "file")
    monkeypatch.setattr(os, "stat", lambda path: looked)
    with pytest.raises(OSError, match="no ordinary file"):
        open_file(pipe)


@pytest.mark.parametrize(
    "command",
    [
        "check PIPE.zip",
        "check PIPE.csv",
        "check pictures --people PIPE.csv",
        "evaluate --data PIPE.zip",
        "predict PIPE.png",
        "predict a.png --model PIPE",
        "train --config PIPE.toml",
        "train --data PIPE.csv --out model",
        "train --data PIPE.csv.gz --out model",
        "train --data PIPE.zip --out model",
        "search --config PIPE.toml",
    ],
)
def test_the_command_line_waits_for_no_pipe(tmp_path, monkeypatch, make_picture, command):
    monkeypatch.chdir(tmp_path)
    for word in command.split():
        if word.startswith("PIPE"):
            os.mkfifo(word)
    for sign in "AB":
        (tmp_path / "pictures" / sign).mkdir(parents=True)
        make_picture().save(tmp_path / "pictures" / sign / "1.png")
    make_picture().save("a.png")
    with pytest.raises(SystemExit) as ended:
        main(command.split())
    assert ended.value.code in (1, 2)


def test_a_pipe_among_pictures_is_left_out(tmp_path, make_picture):
    folder = tmp_path / "pictures" / "A"
    folder.mkdir(parents=True)
    make_picture().save(folder / "1.png")
    os.mkfifo(folder / "2.png")
    done = subprocess.run(
        [sys.executable, "-m", "asl.cli", "check", str(folder.parent)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "A/2.png" in done.stdout + done.stderr


class TestReplacing:
    def test_what_fails_leaves_the_old_file_and_nothing_else(self, tmp_path):
        file = tmp_path / "notes.json"
        write_json(file, {"a": 1})
        with pytest.raises(RuntimeError), replacing(file) as fresh:
            fresh.write_text("half")
            assert fresh.suffix == ".json" and read_json(file) == {"a": 1}
            raise RuntimeError
        assert [entry.name for entry in tmp_path.iterdir()] == ["notes.json"]
        assert read_json(file) == {"a": 1}

    def test_what_a_killed_process_left_is_deleted_by_a_later_one(self, tmp_path):
        old, young, other = (
            tmp_path / name for name in (".1-2-a.json", ".3-4-a.json", ".1-2-b.json")
        )
        for leftover in (old, young, other):
            leftover.write_text("half")
        for leftover in (old, other):
            os.utime(leftover, (0, 0))
        write_json(tmp_path / "a.json", {})
        assert {entry.name for entry in tmp_path.iterdir()} == {"a.json", young.name, other.name}

    @pytest.mark.parametrize("content", ["", "[1]", "{", "nothing"])
    def test_damaged_json_says_nothing(self, tmp_path, content):
        (tmp_path / "a.json").write_text(content)
        assert read_json(tmp_path / "a.json") == read_json(tmp_path / "missing") == {}
