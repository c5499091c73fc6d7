"""Text of users must come out as they wrote it, and nothing in it may do anything."""

import csv
import io

import pytest

from asl.ui.shared.text import escape_markdown, safe_cell, shown_name, to_csv

JOINER = "\u2060"


@pytest.mark.parametrize("char", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
def test_every_mark_is_escaped(char):
    assert escape_markdown(f"a{char}b").replace(JOINER, "") == f"a\\{char}b"


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        pytest.param(":red[x]", ":red", id="colour"),
        pytest.param(":material/home:", ":material", id="icon"),
        pytest.param(":smile:", ":smile", id="emoji"),
        pytest.param("a -> b", "->", id="arrow"),
        pytest.param("a <-> b", "<->", id="two-headed arrow"),
        pytest.param("a >= b", ">=", id="at least"),
        pytest.param("a -- b", "--", id="dash"),
    ],
)
def test_marks_of_streamlit_are_broken_up(text, broken):
    escaped = escape_markdown(text)
    assert broken not in escaped.replace("\\", "")
    assert escaped.replace("\\", "").replace(JOINER, "") == text


@pytest.mark.parametrize("text", ["A", "0", "hand 3", "ñandú", "你好", "👋"])
def test_plain_words_stay_as_they_are(text):
    assert escape_markdown(text) == text


def test_a_new_line_cannot_start_a_block():
    assert escape_markdown("a\n# b\r\n\n- c") == "a \\# b \\- c"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("hand.jpg", "hand.jpg", id="plain"),
        pytest.param("gnp\u202eexe", "gnp\ufffdexe", id="right-to-left override"),
        pytest.param("a\tb\nc\0d", "a\ufffdb\ufffdc\ufffdd", id="control characters"),
        pytest.param("<img src=x onerror=1>", "<img src=x onerror=1>", id="left to the page"),
    ],
)
def test_names(name, shown):
    assert shown_name(name) == shown


def test_long_names_keep_beginning_and_ending():
    shown = shown_name("a" * 300 + ".jpg")
    assert len(shown) == 60
    assert shown.startswith("aaa") and "…" in shown and shown.endswith(".jpg")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_cell_starts_a_formula(start):
    assert safe_cell(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("value", ["1+1", "a=b", "", -0.5, None])
def test_other_cells_stay_as_they_are(value):
    assert safe_cell(value) == value


def test_commas_quotes_and_letters_of_any_script_reach_the_file():
    name = 'a,"b";\n手.png'
    assert read(to_csv([{"file": name}, {"file": ""}])) == [{"file": name}, {"file": ""}]


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@x", "\tx", "\rx"])
def test_headers_and_cells_of_a_file_are_no_formulas(name):
    first = {name: name, "A": -0.5}
    assert read(to_csv([first])) == [{f"'{name}": f"'{name}", "A": "-0.5"}]


def test_rows_may_lack_columns():
    assert read(to_csv([{"a": 1}, {"b": 2}])) == [{"a": "1", "b": ""}, {"a": "", "b": "2"}]


def test_excel_is_told_that_it_is_utf_8():
    assert to_csv([{"file": "手"}]).startswith(b"\xef\xbb\xbf")


def read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
