"""What the benchmarks' command lines share."""

import pytest

from asl.evaluation.results.result import Result
from benchmarks.command import at_least, command_line, keep, parser


def test_rows_are_kept_beside_those_that_were_measured_before(tmp_path):
    file = tmp_path / "live.json"
    for number, names in enumerate(("one two", "two three")):
        rows = tuple({"name": name, "value": number} for name in names.split())
        keep(Result("Live", rows), file)
    kept = {row["name"]: row["value"] for row in Result.read(file).rows}
    assert kept == {"one": 0, "two": 1, "three": 1}


def test_the_command_line_hides_where_the_recordings_are(tmp_path, monkeypatch):
    monkeypatch.setenv("ASL_DATA", str(tmp_path))
    shown = command_line("visitors", tmp_path / "set", "--each", 3)
    assert shown == "python -m benchmarks.visitors $ASL_DATA/set --each 3"


def test_the_first_line_of_the_documentation_is_the_help(capsys):
    asking = parser("What is measured.\n\nAnd how.", "x.json")
    asking.add_argument("--rounds", type=at_least(1))
    assert asking.description == "What is measured." and asking.get_default("out").name == "x.json"
    with pytest.raises(SystemExit):
        asking.parse_args(["--rounds", "0"])
    assert "--rounds: 0 is less than 1" in capsys.readouterr().err
