"""What `asl check` says of films and other sequences, and `open_source` of where they come from."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from asl.data.check import check
from asl.data.source import open_source

FIELDS = [
    "kind", "signs", "people", "people_known", "parts", "left_out", "warnings", "questions",
    "verdict",
]  # fmt: skip


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("ASL_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    monkeypatch.setattr("os.cpu_count", lambda: 1)


@pytest.fixture
def words(tmp_path, write_pose):
    """Eight `.pose` files of each of two words, from two people, as a folder."""
    for word in ("hello", "bye"):
        for number in range(8):
            person = ("anna", "ben")[number % 2]
            write_pose(tmp_path / "set" / word / f"{person}_{number}.pose", seed=number)
    return tmp_path / "set"


def packed(folder: Path) -> Path:
    return Path(shutil.make_archive(str(folder), "zip", folder))


@pytest.mark.parametrize("as_zip", [False, True], ids=["folder", "zip"])
def test_the_answer_has_the_fields_of_every_check(words, tmp_path, as_zip):
    (words / "hello/notes.txt").write_text("mine")
    (words / "hello/broken.pose").write_bytes(b"\xcd\xcc\x4c\x3e nothing")
    found = check(packed(words) if as_zip else words)
    assert list(found) == FIELDS and found["kind"] == "sequences"
    assert found["signs"] == {"bye": 8, "hello": 8}
    assert found["people"] == {"anna": 8, "ben": 8} and not found["people_known"]
    assert {one["path"]: one["kind"] for one in found["left_out"]} == {
        "hello/notes.txt": "not a sequence",
        "hello/broken.pose": "unreadable",
    }
    assert [one["about"] for one in found["questions"]] == ["people"]
    assert found["verdict"] == "ready with warnings"
    assert "Mean length in frames: bye 4, hello 4." in found["warnings"]
    assert any("Few sequences of bye and hello" in one for one in found["warnings"])
    assert not list((tmp_path / "home").iterdir()), "nothing stays of what was only looked at"


def test_people_that_somebody_named_are_known(words):
    found = check(words, "names")
    assert found["people_known"] and found["questions"] == []
    with pytest.raises(ValueError, match="people"):
        check(words, "(?P<person>nobody)")


def test_people_of_a_packed_file_are_known(tmp_path, write_packed):
    signs, people = ["yes", "no"] * 8, [1, 1, 2, 2] * 4
    x = np.full((16 * 5, 42, 3), 0.5, np.float16)
    x[:4] = np.nan
    file = write_packed(tmp_path / "s.npz", signs, people, lengths=[5] * 16, x=x)
    found = check(file)
    assert found["signs"] == {"no": 8, "yes": 7} and found["people"] == {"1": 7, "2": 8}
    assert found["people_known"]
    assert [(one["path"], one["kind"]) for one in found["left_out"]] == [("s.npz#0", "cleaned")]
    assert any(
        one.startswith("In 1 of 16 sequences too little of a hand") for one in found["warnings"]
    )


def test_two_readings_of_folders_are_a_question(tmp_path, write_pose):
    for person in "ABC":
        for word in "12345":
            for number in range(2):
                write_pose(tmp_path / "set" / person / word / f"{number}.pose", frames=3)
    found = check(tmp_path / "set")
    assert "levels" in [one["about"] for one in found["questions"]]
    assert found["verdict"] == "not trainable"
    found = check(tmp_path / "set", levels="person/sign")
    assert found["signs"] == dict.fromkeys("12345", 6)


def test_two_spellings_are_one_word(words):
    (words / "Hello").mkdir()
    shutil.move(words / "hello/anna_0.pose", words / "Hello")
    found = check(words, "names")
    assert sorted(found["signs"].values()) == [8, 8]
    assert any("used as one" in one for one in found["warnings"])


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"a/1.jpg": b"", "a/2.jpg": b"", "j/1.mp4": b""}, "2 pictures and 1 films lie together"),
        ({"hello/1.mp4": b"", "bye/1.mp4": b"x"}, "none of its 2 sequences can be read"),
        ({"1.mp4": b"x"}, "lies in no class folder"),
        ({"train.csv": b"path,sign\n", "a/1.parquet": b""}, "'participant_id' is missing"),
        ({"s.npz": b"x"}, "s.npz"),
    ],
)
def test_what_is_refused_as_a_whole_says_why(tmp_path, members, reason):
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    found = check(tmp_path / "set.zip")
    assert list(found) == FIELDS
    assert found["signs"] == {} and found["verdict"] == "not trainable"
    (warning,) = found["warnings"]
    assert reason in warning and str(tmp_path) not in warning


class TestSource:
    def test_a_folder_and_its_zip_give_the_same_table(self, words):
        tables = []
        for source in (words, packed(words)):
            with open_source(source, "names") as found:
                assert all(Path(path).is_file() for path in found.table["path"])
                tables.append(found.table.drop(columns="path"))
        assert tables[0].equals(tables[1])
        assert tables[0]["name"][0] == "bye/anna_0.pose"
        assert not Path(found.table["path"][0]).exists(), "what was unpacked is deleted"

    def test_asl_signs_in_a_zip(self, tmp_path, write_signs):
        write_signs(tmp_path / "set", [(7, 100, "hello"), (8, 101, "bye")])
        with open_source(packed(tmp_path / "set")) as found:
            assert found.table["person"].tolist() == ["7", "8"]

    def test_a_packed_file(self, tmp_path, write_packed):
        with open_source(write_packed(tmp_path / "s.npz", ["yes", "no"])) as found:
            assert found.table["name"].tolist() == ["s.npz#0", "s.npz#1"]

    def test_a_kind_that_is_not_wanted_is_refused(self, words):
        with (
            pytest.raises(ValueError, match="holds films or sequences"),
            open_source(words, kind="pictures"),
        ):
            pass
