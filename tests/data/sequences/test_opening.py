"""Sequences of a folder, a zip or a file, with their words or without."""

import zipfile

import pytest

from asl.data.archives.limits import ArchiveError
from asl.data.sequences.limits import NoSequences
from asl.data.sequences.opening import open_sequences, open_unlabelled
from asl.data.source import open_source


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


def test_a_zip_without_its_end_is_not_taken_for_the_packed_file_in_it(tmp_path, write_packed):
    words = write_packed(tmp_path / "s.npz", ["yes", "no"]).read_bytes()
    data = zipped(tmp_path / "words.zip", {"words.npz": words, "notes.txt": b"mine"}).read_bytes()
    for end in (data.index(b"notes.txt"), data.rindex(b"PK\x05\x06")):
        (tmp_path / "words.zip").write_bytes(data[:end])
        with (
            pytest.raises(ArchiveError, match=r"damaged or incomplete.* list of files is missing"),
            open_source(tmp_path / "words.zip"),
        ):
            pass


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_that_the_only_sequences_of_a_zip_are_damaged_is_said(tmp_path, write_packed, method):
    words = write_packed(tmp_path / "s.npz", ["yes", "no"]).read_bytes()
    with zipfile.ZipFile(tmp_path / "words.zip", "w", method) as archive:
        archive.writestr("a note.txt", "mine")
        archive.writestr("words.npz", words)
        middle = archive.getinfo("words.npz").header_offset + 300
    data = bytearray((tmp_path / "words.zip").read_bytes())
    data[middle] ^= 0x55
    (tmp_path / "words.zip").write_bytes(data)
    with (
        pytest.raises(NoSequences, match=r"words\.npz: damaged in the zip .* make the zip again$"),
        open_source(tmp_path / "words.zip"),
    ):
        pass
