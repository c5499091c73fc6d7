"""SECURITY.md says what is: its tests are there, and it answers the list of threats row by row."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def rows(file: Path) -> list[list[str]]:
    lines = file.read_text(encoding="utf-8").splitlines()
    cells = [line.strip("|").split(" | ") for line in lines if line.startswith("| ")]
    return [[cell.strip(" |") for cell in row] for row in cells[1:]]


def test_every_promise_names_tests_that_are_there():
    for threat, _, tests in rows(ROOT / "SECURITY.md"):
        named = re.findall("`([^`]+)`", tests)
        assert named, threat
        assert [test for test in named if not (ROOT / test).exists()] == []


def test_it_answers_the_list_of_threats_row_by_row(asl_data):
    threats = asl_data.parent / "reference" / "threats.md"
    if not threats.is_file():
        pytest.skip("the list of threats is not there")
    names = [re.sub(r" \(.*", "", row[0]) for row in rows(threats)]
    assert [row[0].strip("*") for row in rows(ROOT / "SECURITY.md")] == names
