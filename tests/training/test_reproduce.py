"""The sources' claims: configurations that fit them, and a table that says what was measured."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from asl.bundle import EVALUATION, WEIGHTS
from asl.cli.main import main
from asl.evaluation.report import SCORE
from asl.evaluation.results.result import Result
from asl.nets.registry import names
from asl.training import reproduce
from asl.training.config import TrainConfig
from asl.training.reproduce import CLAIMS, CONFIGS, Claim, configurations
from asl.workspace import workspace


def test_every_configuration_belongs_to_a_claim_and_divides_as_the_claim_says():
    configs = {config.name: config for config in configurations()}
    files = {file.stem for file in CONFIGS.glob("*.toml")}
    assert files == {name for claim in CLAIMS if not claim.shared for name in names_of(claim)}
    for claim in CLAIMS:
        alike, apart = configs[claim.alike], configs[claim.apart]
        assert alike.split in ("random", "own")
        assert apart.split in ("leave-one-person-out", "leave-one-set-out", "group-k-fold")
        same = {"name": "same", "split": "random", "final": True, "data": alike.data}
        same["description"] = "the same"
        assert replace(alike, **same) == replace(apart, **same)


def names_of(claim: Claim) -> tuple[str, str]:
    return claim.alike, claim.apart


def test_every_network_of_words_is_tried_beside_the_default():
    of_words = [claim.configurations()[0] for claim in CLAIMS if claim.shared]
    assert {config.network for config in of_words} == set(names("sequences"))


@pytest.fixture
def trained(monkeypatch, tiny_bundle) -> list[str]:
    """Trainings take no time: 9 of 10 are right at random, of left-out people 8 and 6."""
    names = []

    def train(config, out, resume, report):
        assert resume
        names.append(config.name)
        card = {"config": asdict(config) | {"data": [entry.name for entry in config.data]}}
        bundle = tiny_bundle(config.name, training=card)
        right = {"random": [9]}.get(config.split, [8, 6])
        rows = [
            {"label": "A", "fold": f"hand{number}", **scores(correct < count)}
            for number, count in enumerate(right)
            for correct in range(10)
        ]
        pd.DataFrame(rows).to_parquet(bundle.folder / EVALUATION)
        from safetensors.numpy import save_file

        save_file({"layer.weight": np.zeros((2, 3))}, bundle.folder / WEIGHTS)

    def scores(right: bool) -> dict[str, float]:
        return {f"{SCORE}A": 0.9 if right else 0.1, f"{SCORE}B": 0.1, f"{SCORE}C": 0.0} | (
            {} if right else {f"{SCORE}B": 0.9}
        )

    monkeypatch.setattr("asl.training.cross_validation.train", train)
    return names


CLAIM = next(claim for claim in CLAIMS if claim.name == "channel_attention")


def test_the_table_says_what_new_people_cost(trained):
    reproduce.reproduce([CLAIM])
    assert trained == [CLAIM.alike, CLAIM.apart]
    [row] = reproduce.results([CLAIM, Claim("later", "x", None, "a", "b", "c")]).rows
    assert (row["source"], row["accuracy"]) == (0.9722, 0.9)
    assert row["low"] < 0.9 < row["high"]
    assert (row["mean_of_left_out"], row["worst_of_left_out"]) == (pytest.approx(0.7), 0.6)
    assert row["lost"] == pytest.approx(0.2)
    assert (row["test_pictures"], row["parameters"]) == (10, 6)


def test_what_is_done_is_not_done_again_unless_its_settings_have_changed(trained):
    reproduce.reproduce([CLAIM])
    reproduce.reproduce([CLAIM])
    assert len(trained) == 2
    begun = workspace() / "runs" / CLAIM.alike
    begun.mkdir(parents=True)
    (begun / "run.json").write_text(json.dumps({"config": {"name": "with other settings"}}))
    card = workspace() / "models" / CLAIM.alike / "card.json"
    card.write_text(card.read_text().replace('"epochs": 10', '"epochs": 11'))
    with pytest.raises(FileExistsError):  # the tiny bundle can only be made once
        reproduce.reproduce([CLAIM])
    assert trained[2:] == [CLAIM.alike]
    assert not begun.exists()


def test_rows_of_what_was_trained_elsewhere_are_kept_in_the_claims_order(trained):
    reproduce.reproduce([CLAIM])
    before = [{"name": "later", "accuracy": 0.5}, {"name": CLAIM.name, "accuracy": 0.1},
              {"name": "no claim of ours", "accuracy": 1.0}]  # fmt: skip
    claims = [Claim("later", "x", None, "a", "b", "c", note="Of before."), CLAIM]
    made = reproduce.results(claims, before)
    assert [(row["name"], row["accuracy"]) for row in made.rows] == [
        ("later", 0.5), (CLAIM.name, 0.9),
    ]  # fmt: skip
    assert "later: Of before." in made.note


def test_nothing_trained_is_said():
    with pytest.raises(ValueError, match="nothing is trained yet"):
        reproduce.results()


def test_the_command_writes_the_table(trained, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("asl.cli.results.SOURCES", tmp_path / "sources.json")
    with pytest.raises(SystemExit):
        main(["reproduce", "--only", "sequential"])
    assert "93.2 %" in capsys.readouterr().out
    assert len(Result.read(tmp_path / "sources.json").rows) == 1
    with pytest.raises(SystemExit) as stop:
        main(["reproduce", "--only", "nobody"])
    assert stop.value.code == 2


def test_configurations_are_read_as_written():
    config = TrainConfig.read(Path(CONFIGS) / "gesture-cnn-random.toml")
    assert config.signs == tuple("ABCDEFGHI")
    assert config.settings == {"channels": [12, 24, 24]}
    assert config.augment.changes_nothing
