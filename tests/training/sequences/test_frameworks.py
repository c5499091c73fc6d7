"""The framework is a setting of a training, and nothing else of it differs."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
import pytest

from asl.bundle import EVALUATION, HISTORY, WEIGHTS
from asl.data.sequences.layout import HANDS, HOLISTIC
from asl.data.sequences.packed import read_packed
from asl.inference.sequences.predictor import WordPredictor
from asl.nets import frameworks
from asl.nets.frameworks import installed
from asl.nets.weights import read_tensors
from asl.runs.estimate_worker import measure_cost
from asl.training.config import DataSet, TrainConfig
from asl.training.cross_validation import train
from asl.training.resume import check_resume
from asl.training.sequences.networks import build, learner_of
from asl.training.settings import Recipe

PACKAGE = Path(__file__).parents[3] / "asl"
needs_tensorflow = pytest.mark.skipif(
    not installed("tensorflow"), reason="needs TensorFlow: make tensorflow"
)


@pytest.fixture(autouse=True)
def untracked(monkeypatch):
    monkeypatch.setattr("asl.training.cross_validation.Tracker", MagicMock())


@pytest.fixture
def without_tensorflow(monkeypatch):
    monkeypatch.setattr(frameworks, "find_spec", lambda name: None if name == "keras" else True)


def config(**changes: object) -> TrainConfig:
    usual: dict = {"name": "x", "data": (DataSet("d"),), "network": "lstm"}
    return TrainConfig(**usual | {"framework": "tensorflow"} | changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"framework": "jax"}, "framework: 'jax' is none of pytorch, tensorflow"),
        (
            {"network": "conv_transformer"},
            "framework: conv_transformer cannot be trained with TensorFlow; choose as net one of "
            "hybrid, lstm, sequence_as_picture, transformer",
        ),
        ({"network": "efficientnet_hands"}, "framework: efficientnet_hands cannot be trained"),
        (
            {"network": "sequence_as_picture", "settings": {"image_network": "sequential"}},
            "choose as image_network one of efficientnet_b0, efficientnet_hands",
        ),
    ],
)
def test_what_a_framework_has_not_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        config(**changes)


def test_a_framework_that_is_missing_is_named_with_how_to_install_it(
    without_tensorflow, configured, tmp_path
):
    asked = configured(framework="tensorflow")
    with pytest.raises(ValueError, match="TensorFlow is not installed; install it with `make tens"):
        train(asked, tmp_path / "model")
    with pytest.raises(ValueError, match=r"requirements-tensorflow\.txt"):
        learner_of(asked, build(asked, 3), 3)
    assert learner_of(replace(asked, framework="pytorch"), build(asked, 3), 3) is None


def test_only_the_room_of_keras_imports_it():
    allowed = (PACKAGE / "nets" / "keras", PACKAGE / "training" / "fitting" / "keras_learner.py")
    for file in PACKAGE.rglob("*.py"):
        if not any(file.is_relative_to(one) for one in allowed):
            for node in ast.walk(ast.parse(file.read_bytes())):
                named = [one.name for one in node.names] if isinstance(node, ast.Import) else []
                named += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                assert not {one.split(".")[0] for one in named} & {"keras", "tensorflow"}, file


@pytest.fixture(scope="module")
def trained(configured, tmp_path_factory):
    """A model that was trained with TensorFlow, where it lies, and what was told of it."""
    home, seen = tmp_path_factory.mktemp("home"), []
    asked = configured(framework="tensorflow", split="new-person")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASL_HOME", str(home))
        patch.setattr("asl.training.cross_validation.Tracker", MagicMock())
        bundle = train(asked, home / "models" / "words", report=seen.append)
        with pytest.raises(ValueError, match="settings have changed"):
            check_resume(replace(asked, framework="pytorch"), resume=True)
        with pytest.raises(ValueError, match="processes: TensorFlow trains each fold in one"):
            train(asked, home / "models" / "again", resume=True, processes=2)
    return asked, bundle, seen


@needs_tensorflow
def test_the_bundle_is_like_any_other(trained, words):
    asked, bundle, seen = trained
    assert {"tensorflow", "keras", "torch"} <= bundle.card.versions.keys()
    assert bundle.card.training["config"]["framework"] == "tensorflow"
    assert bundle.card.scores[0]["accuracy"] > 0.8
    for name in (EVALUATION, HISTORY):
        assert (bundle.folder / name).is_file()
    epochs = [one.figures["epoch"] for one in seen if one.ends_epoch]
    assert epochs == list(range(1, asked.sequences.epochs + 1))
    packed, predictor = read_packed(words), WordPredictor(bundle)
    for number in range(3):
        points = HOLISTIC.take(packed.read(number, HANDS), HANDS.rows)
        assert predictor.predict(points).label == packed.signs[number]
    made = build(asked, len(bundle.card.labels))
    made.load_state_dict(read_tensors(bundle.folder / WEIGHTS))  # for further training


@needs_tensorflow
def test_its_time_is_told_before(configured, asl_home):
    asked = configured(framework="tensorflow", sequences=Recipe(epochs=4, batch=12))
    found = measure_cost(asked, {})
    assert 0 < found.seconds < np.inf and found.memory > 0
