"""Sign Language MNIST: good files plain and packed, and every way in which one can be wrong."""

import gzip
import random

import numpy as np
import pytest

from asl.data import sign_mnist
from asl.data.sign_mnist import COLUMNS, read_sign_mnist

HEADER = ",".join(COLUMNS)
PIXELS = [number % 256 for number in range(784)]


def line(label=0, pixels=PIXELS):
    return ",".join(map(str, [label, *pixels]))


def changed(position, value):
    pixels = list(PIXELS)
    pixels[position] = value
    return pixels


@pytest.fixture
def write(tmp_path):
    def write(*lines, content=None):
        file = tmp_path / "signs.csv"
        file.write_bytes("\n".join([*lines, ""]).encode() if content is None else content)
        return file

    return write


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_pictures_and_labels(write, pack):
    text = "\n".join([HEADER, line(0), line(24, PIXELS[::-1]), line(10)])
    pictures, labels = read_sign_mnist(write(content=pack(text.encode())))
    assert labels == ["A", "Y", "K"]
    assert pictures.dtype == np.uint8 and pictures.shape == (3, 28, 28)
    np.testing.assert_array_equal(pictures[0], np.array(PIXELS).reshape(28, 28))
    np.testing.assert_array_equal(pictures[1], np.array(PIXELS[::-1]).reshape(28, 28))


def test_a_byte_order_mark_and_windows_line_ends(write):
    content = "\r\n".join([HEADER, line(3), ""]).encode("utf-8-sig")
    assert read_sign_mnist(str(write(content=content)))[1] == ["D"]


def test_rows_are_counted_through_all_blocks(write, monkeypatch):
    monkeypatch.setattr(sign_mnist, "ROWS_AT_ONCE", 2)
    lines = [HEADER, *[line(label) for label in range(5)]]
    assert read_sign_mnist(write(*lines))[1] == list("ABCDE")
    with pytest.raises(ValueError, match=r"row 6, column 'pixel1'"):
        read_sign_mnist(write(*lines, line(5, changed(0, 256))))


def test_too_many_rows(write, monkeypatch):
    monkeypatch.setattr(sign_mnist, "MAX_ROWS", 2)
    assert len(read_sign_mnist(write(HEADER, line(), line()))[1]) == 2
    with pytest.raises(ValueError, match="more than the 2 rows allowed"):
        read_sign_mnist(write(HEADER, line(), line(), line()))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        pytest.param([HEADER, line(9)], "row 1, column 'label': .* got 9", id="label J"),
        pytest.param([HEADER, line(25)], "row 1, column 'label': .* got 25", id="label Z"),
        pytest.param([HEADER, line(-1)], "row 1, column 'label': .* got -1", id="label below 0"),
        pytest.param([HEADER, line("A")], "row 1, column 'label': .* got A", id="label as letter"),
        pytest.param(
            [HEADER, line(), line(1, changed(16, 256))],
            "row 2, column 'pixel17': .* 0 to 255, got 256",
            id="pixel above 255",
        ),
        pytest.param(
            [HEADER, line(1, changed(783, -3))], "'pixel784': .* got -3", id="pixel below 0"
        ),
        pytest.param([HEADER, line(1, changed(0, 0.5))], "'pixel1': .* got 0.5", id="half"),
        pytest.param([HEADER, line(1, changed(0, "x"))], "'pixel1': .* got x", id="text"),
        pytest.param([HEADER, line(1, changed(0, ""))], "'pixel1': .* got nan", id="nothing"),
        pytest.param([HEADER, line(1, changed(0, "inf"))], "'pixel1': .* got inf", id="infinite"),
        pytest.param([HEADER, line(1, changed(0, 10**30))], "'pixel1': .* got 1000", id="huge"),
        pytest.param([HEADER, line(1, PIXELS[:-1])], "row 1, column 'pixel784'", id="short row"),
        pytest.param([HEADER, line(1, [*PIXELS, 7])], "row 1 has more values", id="long row"),
        pytest.param([HEADER, line(), line(1, [*PIXELS, 7])], "saw 786", id="one long row"),
        pytest.param([HEADER], "no rows", id="header only"),
        pytest.param([], "no Sign Language MNIST CSV", id="empty"),
        pytest.param([line(), line()], "column 1 must be 'label', but there is '0'", id="headless"),
        pytest.param(
            [HEADER.replace("pixel9,", "pixel09,"), line()],
            "column 10 must be 'pixel9', but there is 'pixel09'",
            id="misnamed column",
        ),
        pytest.param(["label,pixel1", "0,1"], "column 3 must be 'pixel2', .* no more", id="small"),
        pytest.param([HEADER + ",extra", line() + ",1"], r"column 786 \('extra'\)", id="surplus"),
    ],
)
def test_wrong_files_are_refused_with_file_row_and_column(write, lines, words):
    with pytest.raises(ValueError, match=rf"^signs\.csv: .*{words}"):
        read_sign_mnist(write(*lines))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(random.Random(0).randbytes(2000), id="noise"),
        pytest.param(b"\x1f\x8b" + bytes(100), id="broken gzip"),
        pytest.param(gzip.compress((HEADER + line()).encode())[:-300], id="cut-off gzip"),
        pytest.param(b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + b"\xff" * 50, id="gzip of noise"),
    ],
)
def test_damaged_files_are_refused(write, content):
    with pytest.raises(ValueError, match=r"^signs\.csv: "):
        read_sign_mnist(write(content=content))


def test_paths_without_a_file(tmp_path):
    with pytest.raises(ValueError, match=r"^none\.csv: there is no such file"):
        read_sign_mnist(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="cannot be read"):
        read_sign_mnist(tmp_path)


def test_official_test_file(asl_data):
    pictures, labels = read_sign_mnist(asl_data / "sign_mnist" / "sign_mnist_test.csv.gz")
    assert pictures.shape == (7172, 28, 28)
    assert sorted(set(labels)) == list("ABCDEFGHIKLMNOPQRSTUVWXY")
