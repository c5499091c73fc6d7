"""`asl bench` writes a results file."""

import json

from asl.evaluation import bench
from asl.evaluation.results.result import Result


def test_bench_writes_a_results_file(asl, tiny_bundle, tmp_path, monkeypatch):
    tiny_bundle()
    monkeypatch.setattr(bench, "stay_on_one_core", lambda: None)
    monkeypatch.setattr(bench, "measure_memory", lambda *_: [bench.summary("memory", [1], "MiB")])
    monkeypatch.setattr(bench, "time_networks", _without_torch)
    out = tmp_path / "bench.json"
    status, stdout, err = asl("bench", "--model", "tiny", "--repeats", "50", "--out", out, "--json")
    assert status == 0
    assert "left out: no torch" in err
    result = Result.read(out)
    assert json.loads(stdout)["rows"] == list(result.rows)
    assert [row["unit"] for row in result.rows] == ["ms"] * 5 + ["MiB"]


def _without_torch(*_: object) -> list:
    raise ImportError("no torch")
