"""`asl models` and `asl export`."""

import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from asl import bundle as bundles
from asl.bundle import EVALUATION, ModelBundle
from asl.tflite.labels import read_labels


class TestModels:
    @pytest.fixture(autouse=True)
    def no_bundled_models(self, monkeypatch, tmp_path):
        monkeypatch.setattr(bundles, "BUNDLED_MODELS", tmp_path / "bundled")

    def test_json(self, asl, tiny_bundle):
        tiny_bundle("one")
        tiny_bundle("two", description="three colours")
        status, out, err = asl("models", "--json")
        assert (status, err) == (0, "")
        first, second = json.loads(out)["models"]
        assert (first["name"], first["labels"]) == ("one", ["A", "B", "C"])
        assert second["description"] == "three colours"

    def test_table(self, asl, tiny_bundle):
        tiny_bundle("one")
        assert "one" in asl("models")[1]

    def test_those_that_cannot_be_used_are_named(self, asl, tiny_bundle):
        tiny_bundle("good")
        (tiny_bundle("bad").folder / "card.json").write_text("{")
        status, out, err = asl("models")
        assert status == 0 and "good" in out and "bad cannot be used: card.json: no valid" in err
        found = json.loads(asl("models", "--json")[1])
        assert [one["name"] for one in found["models"]] == ["good"]
        assert [Path(one["folder"]).name for one in found["unusable"]] == ["bad"]

    def test_there_are_none(self, asl):
        assert json.loads(asl("models", "--json")[1]) == {"models": [], "unusable": []}


class TestExport:
    def test_a_zip_that_can_be_read_again(self, asl, tiny_bundle, tmp_path):
        bundle = tiny_bundle()
        status, out, _ = asl("export", "tiny", "--out", tmp_path / "tiny.zip")
        assert (status, out) == (0, f"{tmp_path / 'tiny.zip'}\n")
        with zipfile.ZipFile(tmp_path / "tiny.zip") as archive:
            archive.extractall(tmp_path / "copy")
        assert ModelBundle.read(tmp_path / "copy" / "tiny").card == bundle.card

    @pytest.mark.parametrize("out", ["absent/tiny.zip", "."])
    def test_a_place_that_cannot_be_written(self, asl, tiny_bundle, tmp_path, out):
        tiny_bundle()
        status, stdout, err = asl("export", "tiny", "--out", tmp_path / out)
        assert (status, stdout) == (2, "")
        assert err.startswith("asl: out: ")

    def test_tflite_goes_with_it_and_is_compared(self, asl, tiny_bundle, tmp_path):
        tiny_bundle()
        status, out, err = asl("export", "tiny", "--out", tmp_path / "tiny.zip", "--tflite")
        assert (status, out) == (0, f"{tmp_path / 'tiny.zip'}\n")
        assert "128 examples of noise were read by model.tflite and by model.onnx" in err
        assert "probabilities differ by" in err
        with zipfile.ZipFile(tmp_path / "tiny.zip") as archive:
            assert read_labels(archive.read("tiny/model.tflite")) == ("A", "B", "C")

    def test_without_litert_it_says_how_to_install_it(
        self, asl, tiny_bundle, tmp_path, monkeypatch
    ):
        tiny_bundle()
        monkeypatch.setattr("asl.tflite.find_spec", lambda name: None)
        status, out, err = asl("export", "tiny", "--out", tmp_path / "tiny.zip", "--tflite")
        assert (status, out) == (2, "") and "`pip install ai-edge-litert`" in err
        assert not (tmp_path / "tiny.zip").exists()

    def test_a_network_that_cannot_be_had_names_its_operator(self, asl, blind_bundle, tmp_path):
        status, out, err = asl("export", "tiny", "--out", tmp_path / "tiny.zip", "--tflite")
        assert (status, out) == (2, "")
        assert "Log: this operator is not translated to TFLite" in err
        assert not (tmp_path / "tiny.zip").exists()


class TestScoresAmong:
    """Where only some of a model's signs are possible, by its stored answers."""

    @pytest.fixture
    def listed(self, tmp_path):
        def write(*signs: str) -> Path:
            file = tmp_path / "few.toml"
            file.write_text(f'name = "few"\nsigns = {json.dumps(signs)}\n[[data]]\nfolder = "x"\n')
            return file

        return write

    @pytest.fixture
    def tested(self, tiny_bundle):
        rows = [
            # label, person, fold, scores of A, B, C
            ("A", "ann", "ann", 0.3, 0.1, 0.6),
            ("B", "ann", "ann", 0.1, 0.8, 0.1),
            ("A", "ben", "ben", 0.2, 0.3, 0.5),
            ("C", "ben", "ben", 0.9, 0.1, 0.0),
        ]
        columns = ("label", "person", "fold", "score_A", "score_B", "score_C")
        table = pd.DataFrame(rows, columns=columns)
        table.to_parquet(tiny_bundle().folder / EVALUATION, index=False)

    def test_others_are_neither_answered_nor_tested(self, asl, tested, listed, tmp_path):
        out = tmp_path / "out.json"
        status, shown, err = asl("scores", "tiny", "--among", listed("A", "B"), "--out", out)
        assert (status, err) == (0, "") and "Candidates: 2 of 3." in shown
        rows = {row["name"]: row for row in json.loads(out.read_text())["rows"]}
        assert {name: row["accuracy"] for name, row in rows.items()} == {
            "ann": 1.0, "ben": 0.0, "mean": 0.5, "worst": 0.0,
        }  # fmt: skip
        assert [rows[name]["pictures"] for name in ("ann", "ben")] == [2, 1]

    def test_both_ways_to_say_what_is_possible_are_refused(self, asl, tested, listed):
        status, _, err = asl("scores", "tiny", "--among", listed("A"), "--labels", "letters")
        assert status == 2 and err.startswith("asl: labels: --among already says")

    @pytest.mark.parametrize(
        ("signs", "said"),
        [((), "lists no signs"), (("A", "K", "L"), "tiny does not know 'K' and 1 more of ")],
    )
    def test_signs_that_cannot_be(self, asl, tested, listed, signs, said):
        status, out, err = asl("scores", "tiny", "--among", listed(*signs))
        assert (status, out) == (2, "") and err.startswith("asl: among: ") and said in err
