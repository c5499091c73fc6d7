"""Settings of trainings on sequences: what is read, and what is refused."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

import asl.training
from asl.training.config import DataSet, TrainConfig
from asl.training.settings import Growth

CONFIGS = Path(asl.training.__file__).parent / "configs"

BAD = {
    "no such landmarks": ({"preparation": {"landmarks": "feet"}}, "landmarks: 'feet'"),
    "no hand": ({"preparation": {"landmarks": [0, 1]}}, "no landmark of a hand"),
    "no frames": ({"preparation": {"length": {"frames": 0}}}, "frames: 0"),
    "filled with sand": ({"preparation": {"length": {"filling": "sand"}}}, "filling: 'sand'"),
    "centred on a knee": ({"preparation": {"normalisation": {"centre": "knee"}}}, "centre: 'knee'"),
    "cleaned of nothing": ({"cleaning": {"fewest_frames": 0}}, "fewest_frames: 0"),
    "augmented like that": ({"sequence_augment": "much"}, "sequence_augment: 'much' is none of"),
    "always mirrored twice": ({"sequence_augment": {"mirrored": 2}}, "mirrored: 2"),
    "examples of nobody": ({"example_people": 0}, "example_people: 0 is not in 1 … 100"),
    "all negatives": ({"negatives": 1.0}, "negatives: 1.0 is not in 0 … 0.9"),
    "a start for pictures": ({"start": "hands"}, "lstm can start from none, bundled"),
    "a setting of another network": ({"settings": {"kernel": 3}}, "lstm has no 'kernel'"),
    "stopped on a whim": ({"sequences": {"stop_on": "mood"}}, "stop_on: 'mood'"),
    "calibrated by nothing": ({"validation": False}, "validation: random, new-person, own, "),
    "stopped by nothing": (
        {"validation": False, "split": "group-k-fold", "sequences": {"patience": 3}},
        "patience and plateau need what is kept aside",
    ),
    "mirrored without a partner": (
        {"preparation": {"landmarks": [468]}, "sequence_augment": {"mirrored": 0.5}},
        "468 is chosen without 522",
    ),
}


@pytest.mark.parametrize(("values", "message"), BAD.values(), ids=BAD)
def test_settings_that_cannot_be_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        TrainConfig.from_dict({"name": "x", "data": [{"folder": "y"}], "network": "lstm"} | values)


@pytest.mark.parametrize("file", ["asl-words", "words-source"])
def test_the_configurations_that_come_along(file):
    config = TrainConfig.read(CONFIGS / f"{file}.toml")
    assert config.of_sequences and config.name == file
    assert TrainConfig.from_dict(json.loads(json.dumps(asdict(config)))) == config


def test_the_source_s_callbacks_are_in_its_configuration():
    config = TrainConfig.read(CONFIGS / "words-source.toml")
    dropout, augment = config.sequences.grow
    assert [round(dropout.at(epoch), 6) for epoch in (0, 2, 4)] == [0.01, 0.011, 0.0121]
    assert dropout.at(1000) == 0.2
    shares = [config.sequence_augment.grown(augment.at(epoch)).mirrored for epoch in (0, 5, 10, 40)]
    np.testing.assert_allclose(shares, [0.1, 0.15, 0.225, 0.35])
    assert Growth("augment").factor == 1.0
    assert config.preparation.size == 96 * 2


def test_what_answers_should_reach_follows_the_number_of_signs():
    config = TrainConfig("a", (DataSet("somewhere"),), network="lstm")
    assert config.wanted_trust(7) == config.wanted_trust(100) == 0.97
    assert config.wanted_trust(101) == config.wanted_trust(2000) == 0.85
    assert replace(config, trust=0.5).wanted_trust(2000) == 0.5
    for trust in (0.0, 1.0, -1.0):
        with pytest.raises(ValueError, match=f"trust: {trust} is not between 0 and 1"):
            replace(config, trust=trust)
