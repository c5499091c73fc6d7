"""The benchmark of the first page writes its own results file."""

import pytest

from asl.evaluation.results.result import Result
from benchmarks import first_page

ROW = {"name": "first page drawn", "value": 1.5, "unit": "s"}


def test_a_results_file(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("ASL_DATA", raising=False)
    monkeypatch.setattr(first_page, "measure_page", lambda picture, starts: [ROW] * starts)
    out = tmp_path / "first-page.json"
    first_page.main(["--starts", "2", "--out", str(out)])
    result = Result.read(out)
    assert len(result.rows) == 2 and result.command == "python -m benchmarks.first_page"
    assert capsys.readouterr().out.strip() == result.to_markdown()


def test_what_is_missing_is_named(tmp_path, monkeypatch, capsys):
    def fail(picture, starts):
        raise RuntimeError("Chromium is needed")

    monkeypatch.setattr(first_page, "measure_page", fail)
    with pytest.raises(SystemExit):
        first_page.main(["--out", str(tmp_path / "first-page.json")])
    assert "Chromium is needed" in capsys.readouterr().err and not list(tmp_path.glob("*.json"))
