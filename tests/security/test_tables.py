"""Tables and annotations made to do harm, or damaged: data or plain words, in bounds."""

import gzip
import io
import json
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from asl.data.archives.limits import ArchiveError
from asl.data.archives.unpack import unpack
from asl.data.pictures.sign_mnist_columns import COLUMNS
from tests.packed import zipped

HEADER = (",".join(COLUMNS) + "\n").encode()
ROW = (",".join(["3", *["7"] * 784]) + "\n").encode()
MB = 1 << 20


def large(head: bytes, piece: bytes, size: int, tail: bytes = b""):
    """Write a file of at least so many bytes."""

    def write(file: Path) -> None:
        block = piece * max(1, MB // len(piece))
        with file.open("wb") as opened:
            opened.write(head)
            for _ in range(size // len(block)):
                opened.write(block)
            opened.write(tail)

    return write


def holes(head: bytes, size: int):
    """Write a file that is nothing but NULs after its start, and takes no place."""

    def write(file: Path) -> None:
        with file.open("wb") as opened:
            opened.write(head)
            opened.truncate(size)

    return write


def packed(*pieces: bytes):
    def write(file: Path) -> None:
        with gzip.open(file, "wb") as opened:
            for piece in pieces:
                opened.write(piece)

    return write


def export(member: str, data: bytes):
    """Write a zip of three pictures in no class folders, and what another tool says of them."""

    def write(file: Path) -> None:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(member, data)
            for number in range(3):
                archive.writestr(f"images/{number}.png", b"x")

    return write


COLUMNS_WITHOUT_END = b",".join([b"p"] * 2_000_000)
HOSTILE = {
    "a header of 1 GB": (holes(b"label," + b"p" * MB, 1 << 30), "column 2 must be"),
    "a header of columns without end": (large(b"label", b",p", 100 * MB), "32,767 columns"),
    "2,000,000 columns": (large(COLUMNS_WITHOUT_END, b"\n", 0), "columns; expected 785"),
    "NULs": (holes(HEADER, 100 * MB), "a line has more than"),
    "an open quote": (large(HEADER + b'"', b"1,", 20 * MB), "a line has more than"),
    "an open quote before rows": (large(HEADER + b'"', ROW, 120 * MB), "more than the 50,000 rows"),
    "empty lines": (large(HEADER, b"\n", 100 * MB), "more than the 50,000 rows"),
    "a packed header without end": (packed(b"label,", bytes(50 * MB)), "column 2 must be"),
    "a bomb": (packed(HEADER, bytes(150 * MB)), "more than"),
    "columns of an export": (
        export("_classes.csv", b"filename," + COLUMNS_WITHOUT_END),
        "has a row of more than",
    ),
    "a row of an export": (
        export("_classes.csv", b"filename,A\n" + b"," * (30 * MB)),
        "has a row of more than",
    ),
    "an open quote in an export": (
        export("_annotations.csv", b'filename,class\n"' + b"\n1" * 100_000),
        "has a row of more than",
    ),
    "quotes over many lines": (
        export("_annotations.csv", b"filename,class\n" + b'"\n",' * 100_000),
        "has a row of more than",
    ),
    "rows of an export without end": (
        export("_classes.csv", b"filename,A\n" + b"0.png,1\n" * 1_000_000),
        "has more than 300,000 rows",
    ),
    "lists without end": (export("a.json", b"[" + b"[]," * (20 * MB) + b"[]]"), "too many values"),
    "values without end": (export("a.json", b"[" + b"1," * (28 * MB) + b"1]"), "too many values"),
}

BOUNDED = """
import resource, shutil, sys, time
from pathlib import Path
from asl.data.archives.limits import ArchiveError
from asl.data.archives.unpack import unpack
resource.setrlimit(resource.RLIMIT_AS, (1500 << 20,) * 2)
began = time.process_time()
try:
    unpack(Path(sys.argv[1]), Path(sys.argv[2]))
except ArchiveError as error:
    print(time.process_time() - began, error)
"""


@pytest.mark.parametrize(("write", "reason"), HOSTILE.values(), ids=HOSTILE)
def test_refused_in_1500_mb_and_two_seconds(tmp_path, write, reason):
    write(tmp_path / "up.csv")
    shown = subprocess.run(
        [sys.executable, "-c", BOUNDED, tmp_path / "up.csv", tmp_path / "out"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    seconds, _, said = shown.partition(" ")
    assert reason in said
    # Of the processor: others may use it as well.
    assert float(seconds) < 4
    assert not (tmp_path / "out").exists()


def picture(number: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((8, 8, 3), number, np.uint8)).save(file, "PNG")
    return file.getvalue()


def coco() -> bytes:
    signs = [{"id": number, "name": "AB"[number]} for number in range(2)]
    images = [{"id": number, "file_name": f"{number}.png"} for number in range(4)]
    boxes = [
        {"id": number, "image_id": number, "category_id": number % 2, "bbox": [0, 0, 4, 4]}
        for number in range(4)
    ]
    return json.dumps({"images": images, "categories": signs, "annotations": boxes}).encode()


def voc(number: int) -> bytes:
    return (
        f"<annotation><filename>{number}.png</filename><object><name>{'AB'[number % 2]}</name>"
        "<bndbox><xmin>0</xmin><ymin>0</ymin><xmax>4</xmax><ymax>4</ymax></bndbox></object>"
        "</annotation>"
    ).encode()


TABLE = HEADER + ROW * 3
PICTURES = {f"images/{number}.png": picture(number) for number in range(4)}
WHOLE = {
    "zip": (zipped({f"{'AB'[n % 2]}/{n}.png": picture(n) for n in range(4)}), lambda data: data),
    "csv": (TABLE, lambda data: data),
    "csv.gz": (gzip.compress(TABLE), lambda data: data),
    "JSON": (coco(), lambda data: zipped({**PICTURES, "a.json": data})),
    "XML": (
        voc(0),
        lambda data: zipped(
            {**PICTURES, "images/0.xml": data, **{f"images/{n}.xml": voc(n) for n in (1, 2, 3)}}
        ),
    ),
    "Roboflow CSV": (
        b"filename,A,B\n" + b"".join(b"%d.png,%d,%d\n" % (n, n % 2, 1 - n % 2) for n in range(4)),
        lambda data: zipped({**PICTURES, "images/_classes.csv": data}),
    ),
}
TELLING = [
    b"\0",
    b'"',
    b"\n",
    b"\r",
    b",",
    b"<",
    b"&",
    b"{",
    b"[",
    b"-1",
    b"1e999",
    b"NaN",
    b"\xff",
]


def spoilt(whole: bytes, chance: random.Random) -> bytes:
    """Change, insert, cut out and repeat some bytes."""
    data = bytearray(whole)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        some = chance.choice([chance.randbytes(1), chance.choice(TELLING)])
        end = at + chance.choice([0, 1, len(some), chance.randrange(40)])
        data[at:end] = chance.choice(
            [b"", some, some * chance.randint(1, 50), bytes(data[at:end]) * 2]
        )
    return bytes(data[: chance.choice([len(data), len(data), chance.randrange(len(data) + 1)])])


@pytest.mark.parametrize(("whole", "carry"), WHOLE.values(), ids=WHOLE)
def test_300_damaged_files_end_in_data_or_plain_words(tmp_path, whole, carry):
    (tmp_path / "up").write_bytes(carry(whole))
    assert len(unpack(tmp_path / "up", tmp_path / "whole").files) >= 3
    for number in range(300):
        data = spoilt(whole, random.Random(number))
        (tmp_path / "up").write_bytes(carry(data))
        try:
            unpack(tmp_path / "up", tmp_path / f"out{number}")
        except ArchiveError as error:
            assert len(str(error)) > 20 and str(error).isprintable(), data
            assert not (tmp_path / f"out{number}").exists()
