"""Sequences of a folder, a zip or a file, with their words or without."""

import zipfile

import pytest

from asl.data.archives.limits import ArchiveError
from asl.data.sequences.opening import open_sequences, open_unlabelled


def zipped(file, members):
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file


def test_a_table_in_a_zip_says_what_its_films_show(tmp_path):
    table = b"file,label,person\na.mp4,hello,anna\nb.mp4,bye,ben\n"
    members = {"films/a.mp4": b"film", "films/b.mp4": b"film", "films/words.csv": table}
    with open_sequences(zipped(tmp_path / "films.zip", members)) as opened:
        found = opened.found.table
        assert found["name"].tolist() == ["films/a.mp4", "films/b.mp4"]
        assert found["label"].tolist() == ["hello", "bye"]
        assert found["person"].tolist() == ["anna", "ben"]
    assert not opened.found.problems


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_films_without_words_are_found_all_the_same(tmp_path, write_packed, form):
    (tmp_path / "in").mkdir()
    packed = write_packed(tmp_path / "in" / "s.npz", ["yes", "no"])
    members = {"1.mp4": b"film", "deep/er/2.webm": b"film", "x.pose": b"", "notes.txt": b"text"}
    members["s.npz"] = packed.read_bytes()
    source = zipped(tmp_path / "all.zip", members)
    if form == "folder":
        with zipfile.ZipFile(source) as archive:
            archive.extractall(tmp_path / "in")
        source = tmp_path / "in"
    with open_unlabelled(source) as (table, problems):
        assert table["name"].tolist() == [
            "1.mp4", "deep/er/2.webm", "x.pose", "s.npz#0", "s.npz#1",
        ]  # fmt: skip
        assert set(table["label"]) == {""} and table["person"].isna().all()
    assert [(one.kind, one.path) for one in problems] == [("not a sequence", "notes.txt")]


def test_what_is_damaged_or_not_there_is_refused(tmp_path):
    broken = tmp_path / "films.zip"
    broken.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ArchiveError, match="end of the file is missing"), open_unlabelled(broken):
        pass
    with pytest.raises(ArchiveError, match="end of the file is missing"), open_sequences(broken):
        pass
    with pytest.raises(ValueError, match="no file or folder"), open_unlabelled(tmp_path / "no"):
        pass
    (tmp_path / "damaged.npz").write_bytes(b"PK nothing")
    with open_unlabelled(tmp_path / "damaged.npz") as (table, problems):
        assert table.empty and problems[0].kind == "unreadable"
