"""Archives made to do harm are refused as a whole, and nothing of them is kept."""

import gzip
import io
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.data.archives.limits import ArchiveError, Limits
from asl.data.archives.unpack import unpack
from asl.data.pictures.sign_mnist_columns import COLUMNS

GOOD = "set/A/1.png"
SMALL = Limits(
    members=50, pictures=20, total=1_000_000, picture=200_000, table=950_000, ratio_from=1000
)


def archive(
    *members: tuple[str, bytes], pack: int = zipfile.ZIP_DEFLATED, **about: object
) -> bytes:
    """A zip with a good member and these; `about` are fields of the last one."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", pack) as made:
        made.writestr(GOOD, b"good")
        for name, data in members:
            info = zipfile.ZipInfo("x")
            info.filename, info.compress_type = name, pack
            for field, value in about.items():
                setattr(info, field, value)
            made.writestr(info, data)
    return file.getvalue()


def renamed(old: str, new: str) -> bytes:
    """A zip whose name was changed after it was written, as no program would write it."""
    assert len(old) == len(new)
    return archive((old, b"bad")).replace(old.encode(), new.encode())


def patched(data: bytes, field: int, layout: str, value: int) -> bytes:
    """The archive with a field of the last entry in its list of files overwritten."""
    at = data.rindex(b"PK\x01\x02") + field
    return data[:at] + struct.pack(layout, value) + data[at + struct.calcsize(layout) :]


def kind(mode: int) -> int:
    return (mode | 0o644) << 16


def overlapping() -> bytes:
    """Many entries in the list of files that all lead to the same bytes (as Fifield's bomb)."""
    data = archive(("A/0.png", bytes(100_000)))
    end = data.rindex(b"PK\x05\x06")
    entry = data[data.rindex(b"PK\x01\x02") : end]
    head = struct.unpack("<4s4H2LH", data[end : end + 22])
    listing = data[head[6] : end] + entry * 9
    return (
        data[: head[6]]
        + listing
        + struct.pack("<4s4H2LH", head[0], 0, 0, 11, 11, len(listing), head[6], 0)
    )


def large_dictionary() -> bytes:
    """A member in LZMA that asks for a gigabyte of memory."""
    data = archive(("A/2.png", b"bad"), pack=zipfile.ZIP_LZMA)
    # After the name come the version, the size of the properties, and their first byte.
    at = data.index(b"A/2.png") + len("A/2.png") + 5
    return data[:at] + struct.pack("<L", 1 << 30) + data[at + 4 :]


def named_by_field(name: bytes) -> bytes:
    """A harmless name, and another one in the Unicode Path field."""
    field = struct.pack("<BL", 1, zlib.crc32(b"A/2.png")) + name
    return archive(("A/2.png", b"bad"), extra=struct.pack("<HH", 0x7075, len(field)) + field)


ROW = b"1," + b",".join([b"7"] * 784) + b"\n"
TABLE = ",".join(COLUMNS).encode() + b"\n" + ROW

ZOO = {
    "absolute path": (archive(("/etc/A/1.png", b"bad")), "has an absolute path"),
    "parent": (archive(("../../1.png", b"bad")), "leads out of its folder"),
    "parent within": (archive(("A/../../../1.png", b"bad")), "leads out of its folder"),
    "drive letter": (archive(("C:/A/1.png", b"bad")), "has a path with a drive letter"),
    "parent, backslashes": (archive(("..\\..\\1.png", b"bad")), "leads out of its folder"),
    "parent within, backslashes": (archive(("A\\..\\..\\1.png", b"bad")), "leads out of"),
    "parent, both separators": (archive(("A/..\\../1.png", b"bad")), "leads out of its folder"),
    "parent as a folder": (archive(("A\\..\\", b"")), "leads out of its folder"),
    "drive letter, backslashes": (archive(("C:\\A\\1.png", b"bad")), "with a drive letter"),
    "drive letter alone": (archive(("C:1.png", b"bad")), "with a drive letter"),
    "absolute path, backslash": (archive(("\\A\\1.png", b"bad")), "has an absolute path"),
    "another computer": (archive(("\\\\server\\share\\1.png", b"x")), "has an absolute path"),
    "a device": (archive(("\\\\?\\C:\\1.png", b"bad")), "has an absolute path"),
    "parent, other letters": (
        archive(("..\\año\\1.png", b"bad")),
        "leads out of its folder",
    ),
    "NUL": (renamed("A/1_.png", "A/1\0.png"), "has a name with a NUL character"),
    "no name": (archive(("", b"bad")), "has no name"),
    "hidden parent in a file that is no picture": (
        archive(("../.bashrc", b"bad")),
        "leads out of its folder",
    ),
    "symbolic link": (
        archive(("A/2.png", b"/etc/passwd"), external_attr=kind(0o120000)),
        "is a link",
    ),
    "link to a folder": (archive(("A/out", b"/"), external_attr=kind(0o120000)), "is a link"),
    "character device": (
        archive(("A/2.png", b""), external_attr=kind(0o020000)),
        "is a device and no file",
    ),
    "block device": (
        archive(("A/2.png", b""), external_attr=kind(0o060000)),
        "is a device and no file",
    ),
    "pipe": (archive(("A/2.png", b""), external_attr=kind(0o010000)), "is a device and no file"),
    "encrypted": (patched(archive(("A/2.png", b"bad")), 8, "<H", 1), "is encrypted"),
    "packed with Deflate64": (
        patched(archive(("A/2.png", b"bad")), 10, "<H", 9),
        "is packed with Deflate64, which cannot be read here",
    ),
    "packed with PPMd": (patched(archive(("A/2.png", b"bad")), 10, "<H", 98), "with PPMd"),
    "packed with Zstandard": (patched(archive(("A/2.png", b"x")), 10, "<H", 93), "with Zstandard"),
    "packed with what nobody knows": (patched(archive(("A/2.png", b"x")), 10, "<H", 77), "77"),
    "LZMA with a large dictionary": (large_dictionary(), "needs 1,024 MB of memory to unpack"),
    "overlapping entries": (overlapping(), "overlaps"),
    "an entry that reaches into the list": (
        patched(archive(("A/2.png", b"bad"), pack=zipfile.ZIP_STORED), 20, "<L", 9999),
        "overlaps the list of files",
    ),
    "too many files": (archive(*((f"A/{n}.txt", b"") for n in range(60))), "there are 61 files"),
    "too many pictures": (
        archive(*((f"A/{n}.png", b"x") for n in range(30))),
        "there are 31 pictures, and at most 20",
    ),
    "a list of files that fills the memory": (
        archive(*((f"A/{'n' * 900}{n}", b"") for n in range(40))),
        "its list of files alone takes",
    ),
    "parent in the Unicode Path field": (named_by_field(b"../../1.png"), "leads out of"),
    "NUL in the Unicode Path field": (named_by_field(b"A/\0.png"), "NUL"),
    "bomb as a table": (archive(("s.csv", TABLE + bytes(900_000))), "more than 200 times its size"),
    "bomb as a packed table": (
        archive(("s.csv.gz", gzip.compress(TABLE + bytes(900_000))), pack=zipfile.ZIP_STORED),
        "more than 200 times its size",
    ),
    "bomb in a bomb": (
        archive(("s.csv.gz", gzip.compress(TABLE + bytes(900_000)))),
        "more than 200 times its size",
    ),
    "one large table": (
        archive(("s.csv", TABLE + os.urandom(960_000).replace(b"\n", b""))),
        "the table has more than the 0.9 MB",
    ),
    "bomb": (archive(("A/2.png", bytes(190_000))), "more than 200 times its size"),
    "one large picture": (archive(("A/2.png", os.urandom(210_000))), "more than the 0.2 MB"),
    "large together": (
        archive(*((f"A/{n}.png", os.urandom(150_000)) for n in range(7))),
        "the pictures together have more than",
    ),
    "300 folders": (archive(("A/" * 300 + "1.png", b"bad")), "longer than"),
    "an endless name": (archive((f"A/{'x' * 1100}.png", b"bad")), "longer than 1024 letters"),
}


@pytest.fixture
def home(tmp_path) -> Path:
    return tmp_path / "a" / "b" / "home"


@pytest.mark.parametrize(("data", "reason"), ZOO.values(), ids=ZOO.keys())
def test_refused_in_words_and_nothing_is_kept(home, data, reason):
    home.mkdir(parents=True)
    (home / "up.zip").write_bytes(data)
    before = {path for path in home.parents[2].rglob("*")}
    with pytest.raises(ArchiveError) as refused:
        unpack(home / "up.zip", home / "out", SMALL)
    assert reason in str(refused.value)
    assert str(refused.value).isprintable()
    assert {path for path in home.parents[2].rglob("*")} == before


@pytest.mark.parametrize(
    "name",
    ["A/" + "n" * 300 + ".png", "CON/1.png", "<img onerror=alert(1)>/1.png", "\u202egnp.exe/1.png"],
    ids=["300 letters", "reserved", "HTML", "right to left"],
)
def test_names_that_only_look_dangerous_stay_text(home, name):
    home.mkdir(parents=True)
    (home / "up.zip").write_bytes(archive((name, b"picture")))
    files = unpack(home / "up.zip", home / "out").files
    assert tuple(name.split("/")) in files.values()
    assert {file.name for file in files} == {"000000.png", "000001.png"}


@pytest.mark.parametrize("size", [0, 3, 1 << 31], ids=["nothing", "too little", "2 GB"])
def test_a_size_that_lies_is_not_believed(home, size):
    data = patched(archive(("A/2.png", os.urandom(100_000))), 24, "<L", size)
    home.mkdir(parents=True)
    (home / "up.zip").write_bytes(data)
    result = unpack(home / "up.zip", home / "out", SMALL)
    # Whole, or left out as damaged, and never more than was there.
    whole = [file for file, parts in result.files.items() if parts == ("A", "2.png")]
    assert bool(whole) != bool(result.problems)
    assert all(file.stat().st_size == 100_000 for file in whole)
    assert len(list((home / "out").iterdir())) == len(result.files)


def test_a_packed_table_that_never_ends_is_counted_while_it_is_read(home):
    home.mkdir(parents=True)
    (home / "up.csv.gz").write_bytes(gzip.compress(TABLE + bytes(3_000_000)))
    with pytest.raises(ArchiveError, match=r"more than the|times its size"):
        unpack(home / "up.csv.gz", home / "out", SMALL)
    assert not (home / "out").exists()


MEMORY = """
import resource, sys
from pathlib import Path
from asl.data.archives.limits import ArchiveError
from asl.data.archives.unpack import unpack
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    unpack(Path(sys.argv[1]), Path(sys.argv[2]))
except ArchiveError as error:
    print(error)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def lzma_without_end() -> bytes:
    """A bomb that says it is 2 GB long, and is nearly so."""
    return patched(archive(("A/2.png", bytes(50 << 20)), pack=zipfile.ZIP_LZMA), 24, "<L", 1 << 31)


BOMBS = {
    "Deflate": archive(("A/2.png", bytes(50 << 20))),
    "BZip2": archive(("A/2.png", bytes(50 << 20)), pack=zipfile.ZIP_BZIP2),
    "LZMA": archive(("A/2.png", bytes(50 << 20)), pack=zipfile.ZIP_LZMA),
    "LZMA that lies": lzma_without_end(),
    "table": archive(("A/s.csv", TABLE + bytes(50 << 20))),
    "table in gzip": archive(("A/s.csv.gz", gzip.compress(TABLE + bytes(50 << 20)))),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb_costs_neither_memory_nor_disk(home, bomb):
    home.mkdir(parents=True)
    (home / "up.zip").write_bytes(bomb)
    shown = subprocess.run(
        [sys.executable, "-c", MEMORY, home / "up.zip", home / "out"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert "more than 200 times its size" in shown[0]
    assert int(shown[1]) < 30, "MB"
    assert not (home / "out").exists()


DISK = """
from pathlib import Path
from asl import quota
from asl.data.archives.unpack import unpack
quota.RESERVE = 0
quota.require_disk = lambda *_: None
try:
    unpack(Path("up.zip"), Path("small/out"))
except OSError as error:
    print(error.strerror, list(Path("small").iterdir()))
"""


def test_a_full_disk_is_said_and_left_clean(tmp_path, on_small_disk):
    """On a disk of one megabyte, where a user may make one."""
    (tmp_path / "up.zip").write_bytes(
        archive(*((f"A/{n}.png", os.urandom(600_000)) for n in range(3)))
    )
    shown = on_small_disk(DISK, 1)
    assert shown.startswith("the disk is full; nothing was kept.") and shown.endswith(" []\n")


WHOLE = archive(*((f"set/{'AB'[n % 2]}/{n}.png", bytes(range(256)) * 8) for n in range(4)))


@given(st.data())
def test_no_damage_to_an_archive_ends_in_anything_but_words(tmp_path_factory, data):
    spoilt = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        # Mostly in the list of files at the end, in which everything is said.
        place = data.draw(st.integers(len(WHOLE) - 400, len(WHOLE) - 1) | st.integers(0, 400))
        spoilt[place] = data.draw(st.integers(0, 255))
    spoilt = spoilt[: data.draw(st.just(len(WHOLE)) | st.integers(0, len(WHOLE)))]
    home = tmp_path_factory.mktemp("spoilt")
    (home / "up.zip").write_bytes(spoilt)
    try:
        result = unpack(home / "up.zip", home / "out")
    except ArchiveError:
        assert not (home / "out").exists()
    else:
        assert sorted((home / "out").iterdir()) == sorted(result.files)
