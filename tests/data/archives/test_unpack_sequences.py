"""Sequences in zips of strangers: all of them are found, and nothing leads anywhere."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pytest

from asl.data.archives.limits import ArchiveError
from asl.data.archives.sequences import LIMITS, unpack_sequences

FILM = b"\x00\x00\x00\x18ftypisom" + bytes(100)


@pytest.fixture
def packed(tmp_path):
    def make(members: dict[str, bytes]):
        with zipfile.ZipFile(tmp_path / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return tmp_path / "set.zip"

    return make


def test_each_file_lies_under_a_name_made_here(packed, tmp_path):
    members = {
        "set/héllo/ann 1.MP4": FILM,
        "set/hello/2/0.npy": b"0",
        "set/hello/2/1.NPY": b"1",
        "set/bye/3/0.npy": b"2",
        "set/train.csv": b"path",
        "set/notes.txt": b"mine",
        "set/.hidden.mp4": FILM,
    }
    found = unpack_sequences(packed(members), tmp_path / "into")
    assert {"/".join(parts): path.read_bytes() for parts, path in found.files.items()} == {
        name: members[name] for name in list(members)[:5]
    }
    assert found.others == (("set", "notes.txt"),)
    assert [one.kind for one in found.problems] == ["hidden"]
    for path in found.files.values():
        assert path.relative_to(tmp_path / "into").as_posix().isascii()
    names = [path.name for path in found.files.values() if path.suffix != ".mp4"]
    assert sorted(names) == ["0.npy", "0.npy", "1.npy", "train.csv"]
    frames = [path for parts, path in found.files.items() if parts[:-1] == ("set", "hello", "2")]
    assert len({path.parent for path in frames}) == 1


def test_two_files_of_one_name_are_told(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("hello/1.mp4", FILM)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("hello/1.mp4", FILM + b"2")
    (tmp_path / "set.zip").write_bytes(file.getvalue())
    found = unpack_sequences(tmp_path / "set.zip", tmp_path / "into")
    assert len(found.files) == 1
    assert [one.message for one in found.problems] == ["the zip holds two files of this name"]


@pytest.mark.parametrize("name", ["../1.mp4", "/etc/1.mp4", "C:/1.mp4"])
def test_paths_that_lead_out_are_refused(packed, tmp_path, name):
    with pytest.raises(ArchiveError, match="nothing was kept"):
        unpack_sequences(packed({"hello/1.mp4": FILM, name: FILM}), tmp_path / "into")
    assert not (tmp_path / "into").exists()


def test_bombs_and_too_much_are_refused(packed, tmp_path):
    with pytest.raises(ArchiveError, match="zip bomb"):
        unpack_sequences(packed({"hello/1.npz": bytes(8 << 20)}), tmp_path / "into")
    file = packed({"hello/1.mp4": FILM, "hello/2.mp4": FILM})
    with pytest.raises(ArchiveError, match="at most 1 are taken"):
        unpack_sequences(file, tmp_path / "into", replace(LIMITS, members=1))
    with pytest.raises(ArchiveError, match="together have more"):
        unpack_sequences(file, tmp_path / "into", replace(LIMITS, total=150))


def test_a_damaged_member_leaves_the_others(packed, tmp_path):
    file = packed({"hello/1.mp4": FILM * 3, "hello/2.mp4": FILM})
    with zipfile.ZipFile(file) as archive:
        at = archive.getinfo("hello/1.mp4").header_offset + 30 + len("hello/1.mp4")
    data = bytearray(file.read_bytes())
    data[at + 3] ^= 255
    file.write_bytes(data)
    found = unpack_sequences(file, tmp_path / "into")
    assert list(found.files) == [("hello", "2.mp4")]
    assert [one.path for one in found.problems] == ["hello/1.mp4"]
