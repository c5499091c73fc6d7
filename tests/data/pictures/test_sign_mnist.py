"""Sign Language MNIST: good files plain and packed, and every way in which one can be wrong."""

import gzip
import random
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.data.pictures import sign_mnist
from asl.data.pictures.sign_mnist import is_sign_mnist, read_sign_mnist
from asl.data.pictures.sign_mnist_columns import COLUMNS

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


ROWS = [(3, [100] + [7] * 783), (0, [101] + [8] * 783), (24, [102] + [9] * 783)]


def table(names, rows=ROWS, separator=",", label=str, last=False, index=False, quote=""):
    """A table as some program may have written it; `names` is its header, None for none."""
    lines = [] if names is None else [names]
    for number, (position, pixels) in enumerate(rows):
        row = [*pixels, label(position)] if last else [label(position), *pixels]
        lines.append([number, *row] if index else row)
    return "\n".join(separator.join(f"{quote}{v}{quote}" for v in row) for row in lines) + "\n"


def letter(position):
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[position]


def numbered(stem, start=1, width=0):
    return [f"{stem}{number:0{width}d}" for number in range(start, start + 784)]


FORMS = {
    "semicolons": table(COLUMNS, separator=";"),
    "tabs": table(COLUMNS, separator="\t"),
    "quoted": table(COLUMNS, quote='"'),
    "quoted, with spaces": table(COLUMNS, quote='"', separator=", "),
    "index of pandas": table(["", *COLUMNS], index=True),
    "index, named": table(["Unnamed: 0", *COLUMNS], index=True),
    "capitals": table([name.title() for name in COLUMNS]),
    "class": table(["class", *COLUMNS[1:]]),
    "letter": table(["Letter", *COLUMNS[1:]], label=letter),
    "another language": table(["etiqueta", *numbered("píxel ")]),
    "from 0": table(["label", *numbered("pixel", 0)]),
    "px_1": table(["label", *numbered("px_")]),
    "zeros before": table(["label", *numbered("p", 0, 3)]),
    "numbers only": table(["label", *numbered("", 0)]),
    "columns of R": table([f"V{number}" for number in range(1, 786)]),
    "columns of pandas": table([*numbered("", 0), "784"]),
    "columns and index of pandas": table(["", *numbered("", 0), "784"], index=True),
    "label last": table([*COLUMNS[1:], "label"], last=True),
    "label last, index first": table(["id", *COLUMNS[1:], "label"], last=True, index=True),
    "numbers, label last": table([*numbered("", 0), "sign"], last=True),
    "letters": table(COLUMNS, label=letter),
    "small letters": table(COLUMNS, label=lambda position: f" {letter(position).lower()} "),
    "no names": table(None),
    "no names, letters": table(None, label=letter),
    "no names, index": table(None, index=True),
    "no names, label last": table(None, last=True),
    "no names, letters last": table(None, last=True, label=letter, separator=";"),
    "fractions": table(COLUMNS, label=lambda position: f"{position}.0"),
    "empty lines": "\n\n" + table(COLUMNS).replace("\n", "\n\n"),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"], ids=["Unix", "Windows", "old Mac"])
@pytest.mark.parametrize("form", FORMS)
def test_other_forms_are_read_the_same(write, form, ends, encoding):
    file = write(content=FORMS[form].replace("\n", ends).encode(encoding))
    pictures, labels = read_sign_mnist(file)
    assert labels == ["D", "A", "Y"]
    np.testing.assert_array_equal(
        pictures.reshape(3, -1), np.array([pixels for _, pixels in ROWS], np.uint8)
    )
    assert is_sign_mnist(file)
    assert is_sign_mnist(write(content=gzip.compress(file.read_bytes())))


def test_a_dark_corner_is_no_label(write):
    rows = [(number, [number % 3, *[200] * 783]) for number in (0, 1, 2, 3, 4, 5)]
    pictures, labels = read_sign_mnist(write(content=table(None, rows, last=True).encode()))
    assert labels == list("ABCDEF") and pictures[2, 0, 0] == 2


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"path,person\na.png,anna\n", id="people"),
        pytest.param(b"signer,label,side,x0,y0,z0\n1,A,left,0,0,0\n", id="landmarks"),
        pytest.param(table(None, [(3, [-0.5] * 784)]).encode(), id="other numbers"),
        pytest.param(table(["label", *numbered("x", 2)]).encode(), id="counted from 2"),
        pytest.param(gzip.compress(b"a,b\n"), id="packed"),
        pytest.param(b"\x1f\x8b" + bytes(99), id="broken gzip"),
        pytest.param(random.Random(0).randbytes(2000), id="noise"),
    ],
)
def test_what_is_no_such_table_is_told_by_its_start(write, content):
    file = write(content=content)
    assert not is_sign_mnist(file)
    with pytest.raises(ValueError, match=r"^signs\.csv: "):
        read_sign_mnist(file)


ENDLESS = {
    "a header of millions of columns": b"label," + b"pixel," * 3_000_000,
    "one line without end": table(COLUMNS).encode() + b"7," * 9_000_000,
    "a value without end": table(COLUMNS).encode() + b"7" * 20_000_000,
    "a quote without end": table(COLUMNS).encode() + b'"' + b"7\n" * 9_000_000,
    "a name of zeros": b"label," + b"0" * 60_000 + b"x\n",
    "noughts": bytes(20_000_000),
}


@pytest.mark.parametrize("content", ENDLESS.values(), ids=ENDLESS)
def test_what_never_ends_is_refused_in_little_time_and_memory(write, content):
    file = write(content=gzip.compress(content, 1))
    begun = time.monotonic()
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"^signs\.csv: "):
            read_sign_mnist(file)
        assert tracemalloc.get_traced_memory()[1] < 80 << 20
    finally:
        tracemalloc.stop()
    assert time.monotonic() - begun < 5


@given(st.data())
def test_whatever_the_header_both_say_the_same(tmp_path_factory, data):
    names = list(COLUMNS)
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, 4) | st.integers(780, 784))
        odd = st.sampled_from(["", "label", "id", "0", "1", "pixel1", "pixel784", "A"])
        names[at : at + data.draw(st.integers(0, 2))] = data.draw(st.lists(odd, max_size=2))
    values = [line(3, changed(783, 99))] if len(names) == 785 else [",".join(["3"] * len(names))]
    file = tmp_path_factory.mktemp("header") / "signs.csv"
    file.write_text("\n".join([",".join(names), *values]))
    try:
        read_sign_mnist(file)
    except ValueError as error:
        assert str(error).startswith("signs.csv: ")
        assert not is_sign_mnist(file) or "row 1" in str(error)
    else:
        assert is_sign_mnist(file)


@given(st.binary(max_size=200) | st.text(",;\t\"'01ab\n\r", max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    file = tmp_path_factory.mktemp("bytes") / "signs.csv"
    file.write_bytes(content)
    assert not is_sign_mnist(file)
    with pytest.raises(ValueError, match=r"^signs\.csv: "):
        read_sign_mnist(file)


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
        pytest.param([HEADER, line("J")], "row 1, column 'label': .* got J", id="letter J"),
        pytest.param([HEADER, line("AB")], "row 1, column 'label': .* got AB", id="two letters"),
        pytest.param([HEADER, line("")], "row 1, column 'label': .* got nan", id="no label"),
        pytest.param(
            [HEADER, *map(line, range(25))],
            "row 10, column 'label': .* got 9; where the signs are numbered in another way, write",
            id="labels numbered another way",
        ),
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
        pytest.param(
            [line(99, changed(783, 200))] * 2, "row 1, column 'label': .* got 99", id="headless"
        ),
        pytest.param([line(1, PIXELS[1:])] * 2, "has 784 columns and no names", id="headless, few"),
        pytest.param(
            [f"7,{line(1)}", f"9,{line(1)}"], "column 786 is one too many", id="headless, many"
        ),
        pytest.param(
            ["path,person", "a.png,anna"],
            "column 1 must be 'label', but there is 'path'",
            id="other",
        ),
        pytest.param(["hello", "world"], "no Sign Language MNIST CSV: .*'hello'", id="one column"),
        pytest.param(
            [HEADER.removeprefix("label,"), line(0, PIXELS[1:])],
            "column 785 must be 'label', but there is no more columns",
            id="no column of labels",
        ),
        pytest.param(
            [";".join(["label", *("p" * 9) * 99]), "0"], "must be 'pixel1'", id="no pixels"
        ),
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
