"""A kind of example that nothing else knows of goes the whole way, by the protocol alone."""

from dataclasses import dataclass, field
from unittest.mock import MagicMock

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from asl.bundle import ONNX, WEIGHTS, ModelBundle
from asl.card_inputs import SequenceInput
from asl.inference.decision import softmax
from asl.inference.runner import ModelRunner, noise
from asl.nets import registry
from asl.runs.estimate_worker import measure_cost
from asl.training.config import DataSet, TrainConfig
from asl.training.cross_validation import train
from asl.training.data import Rows, TrainingData
from asl.training.export import to_onnx
from asl.training.fitting.loop import fit
from asl.training.fitting.validation import logits_of
from asl.training.progress import Progress, Task
from asl.training.search.trials import run_search
from asl.training.settings import Recipe

FRAMES, NUMBERS = 6, 6
LABELS = ("hello", "thanks")


class Net(torch.nn.Module):
    """(N, frames, numbers) → (N, 2) logits."""

    def __init__(self, classes: int):
        super().__init__()
        self.linear = torch.nn.Linear(FRAMES * NUMBERS, classes)

    def forward(self, sequences):
        return self.linear(sequences.flatten(1))


@dataclass(frozen=True)
class Sequences:
    """(N, frames, numbers) float32."""

    values: np.ndarray

    @property
    def content(self) -> bytes:
        return self.values.tobytes()


@dataclass
class Set:
    values: np.ndarray
    classes: np.ndarray
    sources: np.ndarray
    weights: np.ndarray
    validation: np.ndarray

    def augmented(self, rows, random):
        return self.clean(rows)

    def clean(self, rows):
        return torch.from_numpy(self.values[rows])


@dataclass(frozen=True)
class Answers:
    labels: tuple[str, ...]
    rows: np.ndarray
    truth: np.ndarray
    raw: np.ndarray

    @property
    def learnt(self):
        return self.truth >= 0

    def logits(self, calibration):
        return calibration[0] * self.raw

    def take(self, index):
        return Answers(self.labels, self.rows[index], self.truth[index], self.raw[index])

    def arrays(self):
        return {"raw": self.raw}

    def columns(self):
        return {}

    def scores(self, measure):
        return {}

    def thresholds(self, calibration, fit):
        return {"hand": fit(self, self.logits(calibration), np.ones(len(self.rows), bool))}


@dataclass
class Fitted:
    data: TrainingData
    network: torch.nn.Module
    history: list = field(default_factory=list)

    def predict(self, rows):
        raw = logits_of(self.network, training_set(self.data, rows), np.arange(len(rows)))
        truth = self.data.classes(self.data.rows.labels[rows])
        return Answers(self.data.labels, rows, truth, raw)


def training_set(data, rows, validation=()):
    classes = data.classes(data.rows.labels[rows])
    aside = np.flatnonzero(np.isin(rows, validation))
    own = data.own.values[rows]
    return Set(own, classes, data.rows.sources[rows], data.rows.weights[rows], aside)


class Kind:
    """Sequences of two signs, by three people: one moves up, the other down."""

    name = "made up"

    def load(self, config, cache, workers, report, sample=None):
        count = 24
        random = np.random.default_rng(0)
        signs = np.arange(count) % 2
        move = np.linspace(0, 1, FRAMES)[None, :, None] * np.where(signs, 1, -1)[:, None, None]
        values = (move + random.normal(0, 0.1, (count, FRAMES, NUMBERS))).astype(np.float32)
        rows = Rows(
            labels=np.array(LABELS)[signs],
            people=np.array(["ann", "ben", "cy"])[np.arange(count) // 2 % 3],
            sources=np.full(count, "films"),
            tested=np.ones(count, bool),
            test_part=np.zeros(count, bool),
            weights=np.ones(count),
        )
        about = {"name": "films", "kind": "sequences", "rows": count, "fingerprint": "0"}
        chosen = np.arange(count)[:sample]
        report(Progress(Task.READING_PICTURES, len(chosen), len(chosen), None, {}))
        paths = np.array([f"{number}.mp4" for number in range(count)])[chosen]
        return TrainingData(
            LABELS, rows.take(chosen), paths, np.array([], str), rows, (about,), (),
            Sequences(values[chosen]),
        )  # fmt: skip

    def recipes(self, config):
        return {Task.PICTURE_NETWORK: "picture"}

    def share(self, config, data, report):
        pass

    def fit(self, config, data, rows, validation, home, report):
        torch.manual_seed(config.seed)
        network = Net(len(data.labels))
        history = fit(
            network, training_set(data, rows, validation), config.picture, config.seed,
            home / "network", Task.PICTURE_NETWORK, report,
        )  # fmt: skip
        return Fitted(data, network, history)

    def read_answers(self, data, rows, truth, arrays):
        return Answers(data.labels, rows, truth, arrays["raw"])

    def join(self, answers):
        whole = {
            name: np.concatenate([getattr(one, name) for one in answers])
            for name in ("rows", "truth", "raw")
        }
        return Answers(answers[0].labels, **whole)

    def fit_calibration(self, answers):
        return np.array([2.0])

    def near_share(self, data, split):
        return 0.0

    def export(self, config, data, weights, calibration, folder, report):
        network = Net(len(data.labels))
        network.load_state_dict(load_file(weights))
        save_file(network.state_dict(), folder / WEIGHTS)
        example = (torch.zeros(2, FRAMES, NUMBERS),)
        to_onnx(network, example, folder / ONNX, ("sequence",), ("logits",))
        shown = SequenceInput(
            (468, 489, 522), NUMBERS, FRAMES, "pool", own_boxes=False, differences=0
        )
        return {"inputs": (shown,), "calibration": {"weights": {"temperature": 2.0}}}


@pytest.fixture
def config(monkeypatch) -> TrainConfig:
    # Its settings are those of a network that is there; what is trained is `Net`.
    network = registry.Network("made_up", "sequential:Sequential", 28, own=("dropout",))
    monkeypatch.setitem(registry._NETWORKS, "made_up", network)
    for module in ("cross_validation", "search.trials"):
        monkeypatch.setattr(f"asl.training.{module}.kind_of", lambda config: Kind())
        monkeypatch.setattr(f"asl.training.{module}.Tracker", MagicMock())
    monkeypatch.setattr("asl.runs.estimate_worker.kind_of", lambda config: Kind())
    return TrainConfig(
        name="words",
        data=(DataSet("films"),),
        network="made_up",
        split="leave-one-person-out",
        picture=Recipe(epochs=8, batch=8, learning_rate=0.05),
    )


def test_it_is_trained_tested_and_answers(config, tmp_path):
    bundle = train(config, tmp_path / "words")
    assert [entry["data"] for entry in bundle.card.scores] == ["ann", "ben", "cy"]
    assert all(entry["accuracy"] == 1.0 for entry in bundle.card.scores)
    again = ModelBundle.read(tmp_path / "words")
    assert again.card.input_names == ("sequence",) and again.card.sequence.frames == FRAMES
    logits = ModelRunner(again).run(noise(again.card, rows=2))["logits"]
    assert softmax(logits).shape == (2, 2)


def test_its_settings_are_searched(config):
    found = run_search(config, 2, vary=("learning_rate",), most_epochs=3)
    assert len(found.table) == 2 and found.macro_f1 > 0.5


def test_its_cost_is_estimated_by_a_few_steps(config):
    found = measure_cost(config, {})
    folds = ["00", "01", "02", "final"]
    assert [step[:2] for step in found.plan] == [
        ("", Task.STARTING),
        ("", Task.READING_PICTURES),
        *[(fold, Task.PICTURE_NETWORK) for fold in folds],
        ("", Task.EXPORTING),
    ]
    assert found.pictures == 24 and found.seconds > 0
