"""Learning with Keras takes the steps that learning with PyTorch takes."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from asl.nets.frameworks import installed
from asl.nets.registry import network
from asl.nets.sequences.masked import NaNPadded
from asl.training.fitting.loop import fit
from asl.training.fitting.torch_learner import TorchLearner
from asl.training.settings import Growth, Recipe

if not installed("tensorflow"):
    pytest.skip("needs TensorFlow: make tensorflow", allow_module_level=True)

from asl.nets.keras.twin import Twin
from asl.training.fitting.keras_learner import KerasLearner

FEATURES, CLASSES = 4, 3
RECIPE = Recipe(epochs=3, batch=16, learning_rate=0.02, weight_decay=0.1)
SETTINGS = {"width": 8, "depth": 1}


@dataclass
class Movements:
    """Short sequences that go three ways."""

    def __post_init__(self) -> None:
        random = np.random.default_rng(0)
        self.classes = np.arange(60) % CLASSES
        ways = np.eye(CLASSES, FEATURES)[self.classes]
        self.made = random.normal(0, 0.3, (60, 6, FEATURES)) + ways[:, None] * np.arange(6)[:, None]
        self.made = self.made.astype(np.float32)
        self.made[::4, 4:] = np.nan
        self.sources = np.full(60, "made up")
        self.weights = np.where(self.classes == 1, 0.5, 1.0)
        self.validation = np.arange(0, 60, 5)

    def augmented(self, rows, random):
        clean = self.clean(rows)
        return clean + torch.randn(clean.shape, generator=random) * 0.05

    def clean(self, rows):
        return torch.from_numpy(self.made[rows])


def made(dropout: float = 0.0) -> NaNPadded:
    torch.manual_seed(0)
    settings = {**SETTINGS, "dropout": dropout}
    return NaNPadded(network("lstm").build(CLASSES, features=FEATURES, **settings))


def keras(net: NaNPadded, recipe: Recipe, dropout: float = 0.0) -> KerasLearner:
    settings = {**SETTINGS, "dropout": dropout}
    return KerasLearner(net, lambda: Twin("lstm", CLASSES, FEATURES, settings), recipe)


@pytest.mark.parametrize(
    "recipe",
    [
        pytest.param(replace(RECIPE, average=0.9), id="adamw and the mean of the weights"),
        pytest.param(replace(RECIPE, optimizer="adam", schedule="plateau"), id="adam"),
    ],
)
def test_without_chance_both_take_the_same_steps(tmp_path, recipe):
    one, other = made(), made()
    expected = fit(
        one, Movements(), recipe, 0, tmp_path / "a", "x", learner=TorchLearner(one, recipe)
    )
    history = fit(other, Movements(), recipe, 0, tmp_path / "b", "x", learner=keras(other, recipe))
    for name in ("train_loss", "valid_loss", "accuracy", "learning_rate"):
        values = [[row[name] for row in rows] for rows in (history, expected)]
        np.testing.assert_allclose(*values, rtol=1e-3)
    for ours, theirs in zip(other.parameters(), one.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-3, rtol=1e-2)


def test_goes_on_in_an_epoch_as_if_nothing_had_happened(tmp_path):
    grow = (Growth("dropout", rate=0.1), Growth("augment", rate=0.4, limit=1.0))
    recipe = replace(RECIPE, checkpoint=2, grow=grow, average=0.5)

    def train(folder, report=lambda progress: None):
        net = made(0.2)
        learner = keras(net, recipe, 0.2)
        return net, learner, fit(net, Movements(), recipe, 0, folder, "x", report, learner=learner)

    straight, learner, expected = train(tmp_path / "straight")
    assert [one.p for one in learner.dropouts()] == pytest.approx([0.2] * 2)  # its own again

    def stop(progress):
        if progress.done >= 5:  # in the second epoch of three steps
            raise InterruptedError

    with pytest.raises(InterruptedError):
        train(tmp_path / "broken", stop)
    resumed, _, history = train(tmp_path / "broken")
    for name in ("train_loss", "valid_loss", "macro_f1", "learning_rate"):
        assert [row[name] for row in history] == [row[name] for row in expected]
    for one, other in zip(straight.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(one, other)
