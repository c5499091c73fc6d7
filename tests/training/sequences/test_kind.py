"""Sequences go the whole way: from packed landmarks to a model that answers without PyTorch."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import MagicMock

import numpy as np
import pytest
import torch

from asl.bundle import LEXICON, ONNX, WEIGHTS, ModelBundle
from asl.data.sequences.cleaning import Cleaning
from asl.data.sequences.layout import HANDS, HOLISTIC
from asl.data.sequences.lengths import Length
from asl.data.sequences.packed import read_packed
from asl.data.sequences.preparation import Preparation
from asl.inference.sequences.lexicon import read_lexicon
from asl.inference.sequences.predictor import WordPredictor
from asl.nets.registry import names, network
from asl.nets.weights import read_tensors
from asl.runs.estimate_worker import measure_cost
from asl.training.config import TrainConfig
from asl.training.cross_validation import train
from asl.training.examples.data_sets import DataSet
from asl.training.fitting.loop import fit
from asl.training.kind import kind_of
from asl.training.progress import Task, ignore
from asl.training.search.trials import run_search
from asl.training.sequences.augment_settings import SOURCE
from asl.training.sequences.kind import SEQUENCES
from asl.training.sequences.load import load
from asl.training.sequences.networks import build, started, training_set
from asl.training.settings import Recipe

# The model that several tests look at is trained once, by the process that runs them.
pytestmark = pytest.mark.xdist_group("words that are learned")

SMALL = {
    "lstm": {"width": 16},
    "transformer": {"width": 16, "heads": 2},
    "hybrid": {"width": 16, "heads": 2},
    "transformer_ensemble": {"width": 16, "heads": 2, "members": 2},
    "hybrid_ensemble": {"width": 16, "heads": 2, "members": 2},
    "attention_transformer": {"width": 16, "heads": 2},
    "attention_transformer_ensemble": {"width": 16, "heads": 2, "members": 2},
    "sequence_as_picture": {"image_network": "sequential"},
    "conv_transformer": {"width": 16, "heads": 2, "convolutions": 1, "dropout": 0.1},
}


@pytest.fixture(autouse=True)
def untracked(monkeypatch):
    for module in ("cross_validation", "search.trials"):
        monkeypatch.setattr(f"asl.training.{module}.Tracker", MagicMock())


@pytest.fixture(scope="module")
def bundle(configured, tmp_path_factory) -> ModelBundle:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASL_HOME", str(home))
        patch.setattr("asl.training.cross_validation.Tracker", MagicMock())
        return train(configured(), home / "words")


def test_new_people_are_read_rightly(bundle):
    assert [entry["data"] for entry in bundle.card.scores] == ["ann", "ben", "cy"]
    assert np.mean([entry["accuracy"] for entry in bundle.card.scores]) > 0.9
    assert {entry["candidates"] for entry in bundle.card.scores} == {"all"}
    assert all(entry["within_five"] == 1.0 for entry in bundle.card.scores)
    assert bundle.card.training["new_people"]
    assert bundle.card.training["config"]["data"] == ["words.npz"]


def test_the_model_answers_like_the_network_it_was_made_of(bundle, words, configured):
    predictor, packed, config = WordPredictor(bundle), read_packed(words), configured()
    made = build(config, 3)
    made.load_state_dict(read_tensors(bundle.folder / WEIGHTS))
    made.eval()
    for number in range(4):
        points = packed.read(number, HANDS)
        shown = torch.from_numpy(config.preparation.features(points))[None]
        with torch.no_grad():
            expected = made(shown)[0].numpy()
        whole = HOLISTIC.take(points, HANDS.rows)
        np.testing.assert_allclose(predictor.logits(whole), expected, atol=1e-3)
        assert predictor.predict(whole).label == packed.signs[number]


def test_its_card_says_how_sequences_are_prepared(bundle, configured):
    card = ModelBundle.read(bundle.folder).card
    assert Preparation.from_input(card.sequence).selection == HANDS
    assert card.sequence == configured().preparation.to_input()
    assert set(card.abstain_below) == {"sequence"} and card.input_names == ("sequence",)
    assert card.parity["largest_difference"] < 1e-3
    assert card.calibration["weights"]["sequence"] > 0
    assert TrainConfig.from_dict(
        card.training["config"] | {"data": []} | {"data": [{"folder": "x"}]}
    )


def test_it_brings_the_mean_movement_of_words_on_which_people_agree(bundle, configured, tmp_path):
    assert {example.people for example in read_lexicon(bundle).values()} == {3}
    config, told = configured(example_people=4), []
    data = load(config, tmp_path, 1, ignore)
    for name in (LEXICON, ONNX, WEIGHTS):
        (tmp_path / name).write_bytes((bundle.folder / name).read_bytes())
    SEQUENCES.export(config, data, tmp_path / WEIGHTS, np.ones(1), tmp_path, told.append)
    assert not (tmp_path / LEXICON).exists(), "there are three people only"
    assert [(one.task, one.done, one.total) for one in told] == [
        (Task.EXPORTING, done, 4) for done in (1, 2, 3)
    ]


def test_all_examples_may_be_learned_from(configured, tmp_path):
    """Then the last epoch counts, and each person left out calibrates what the others taught."""
    told = []
    config = configured(validation=False, name="all", negatives=0.1)
    made = train(config, tmp_path / "all", report=told.append)
    assert np.mean([entry["accuracy"] for entry in made.card.scores]) > 0.9
    assert made.card.training["config"]["validation"] is False
    epochs = [one.figures for one in told if one.ends_epoch]
    assert len(epochs) == 4 * config.sequences.epochs
    assert all("accuracy" not in figures and "train_loss" in figures for figures in epochs)


def test_an_interrupted_training_ends_as_an_uninterrupted_one(configured, tmp_path):
    config = configured(
        sequences=Recipe(epochs=3, batch=12), sequence_augment=SOURCE, final=False,
        split="new-person",
    )  # fmt: skip
    whole = train(config, tmp_path / "whole")

    class Stop(Exception):
        pass

    def stop(progress):
        if progress.ends_epoch and progress.figures["epoch"] == 2:
            raise Stop

    again = replace(config, name="again")
    with pytest.raises(Stop):
        train(again, tmp_path / "again", report=stop)
    resumed = train(again, tmp_path / "again", resume=True)
    assert (resumed.folder / WEIGHTS).read_bytes() == (whole.folder / WEIGHTS).read_bytes()
    assert resumed.card.scores == whole.card.scores


def test_a_resumed_training_with_another_preparation_is_refused(configured, tmp_path):
    config = configured(sequences=Recipe(epochs=1, batch=12), final=False)
    train(config, tmp_path / "words")
    other = replace(config, preparation=Preparation(length=Length(16, "resample")))
    with pytest.raises(ValueError, match="settings have changed"):
        train(other, tmp_path / "words", resume=True)


def test_none_of_these_is_a_class_of_its_own(configured, tmp_path):
    config = configured(negatives=0.3, final=False, split="new-person")
    made = train(config, tmp_path / "words")
    assert made.card.labels == ("down", "left", "none", "up")
    predictor = WordPredictor(made)
    assert predictor.words == ("down", "left", "up")
    assert all("none" not in row for row in (entry["data"] for entry in made.card.scores))


@pytest.mark.parametrize("name", names("sequences"))
def test_every_network_learns_one_batch_by_heart(name, configured, tmp_path):
    config = configured(
        network=name, settings=SMALL[name], start="none",
        sequences=Recipe(
            epochs=20, batch=6, learning_rate=0.02, label_smoothing=0, weight_decay=0
        ),
    )  # fmt: skip
    data = load(config, tmp_path / "cache", 1, ignore)
    shown = training_set(config, data, np.arange(6), np.arange(0))
    made = started(config, 3)
    history = fit(made, shown, config.sequences, 0, tmp_path / "fit", Task.SEQUENCE_NETWORK)
    assert history[-1]["train_loss"] < history[0]["train_loss"] / 3


def test_every_network_has_the_settings_that_the_registry_names():
    for name in names("sequences"):
        spec = network(name)
        assert set(spec.settings()) == set(spec.own), name
        assert kind_of(TrainConfig("x", (DataSet("y"),), network=name)) is SEQUENCES


def test_settings_are_searched(configured):
    config = configured(split="new-person", sequence_augment=SOURCE)
    found = run_search(config, 2, vary=("learning_rate", "dropout", "augment"), most_epochs=2)
    assert len(found.table) == 2


def test_the_cost_is_estimated(configured):
    found = measure_cost(configured(), {})
    assert ("final", Task.SEQUENCE_NETWORK) in [step[:2] for step in found.plan]
    assert found.pictures == 36 and found.seconds > 0


def test_two_processes_train_one_network(configured, tmp_path):
    config = configured(sequences=Recipe(epochs=1, batch=12), split="new-person", final=False)
    made = train(config, tmp_path / "words", processes=2)
    assert made.card.network == "lstm"


def test_a_model_of_the_same_words_is_trained_further(bundle, configured, tmp_path):
    config = configured(start=str(bundle.folder), name="further")
    made = started(config, 3)
    fresh = build(config, 3)
    first = made.network.encoder.layers[0].weight_ih_l0
    assert not torch.equal(first, fresh.network.encoder.layers[0].weight_ih_l0)
    assert float(made.sharpness) == 1.0
    more = started(config, 5)  # what classifies other signs starts anew
    assert torch.equal(more.network.encoder.layers[0].weight_ih_l0, first)


def test_a_model_that_is_shown_other_things_is_no_start(bundle, configured):
    other = Preparation(length=Length(8, "resample"))
    with pytest.raises(ValueError, match="init: words is shown other landmarks"):
        started(configured(start=str(bundle.folder), preparation=other), 3)


def test_what_cleaning_leaves_out_is_named_and_not_trained_on(configured, tmp_path):
    config = configured(cleaning=Cleaning(fewest_frames=14, deviations=None))
    data = load(config, tmp_path, 1, ignore)
    assert 0 < len(data.left_out) and len(data.rows) + len(data.left_out) == 36
    assert {problem.kind for problem in data.left_out} == {"cleaned"}
    assert data.left_out[0].path.startswith("words.npz#")
    assert data.about[0]["left_out"] == len(data.left_out)
    with pytest.raises(ValueError, match="cleaning: of the 36 sequences of words"):
        load(configured(cleaning=Cleaning(fewest_frames=100)), tmp_path, 1, ignore)


def test_a_sample_is_loaded_and_all_are_listed(configured, tmp_path):
    data = load(configured(), tmp_path, 1, ignore, sample=9)
    assert len(data.rows) == 9 and len(data.listed) == 36 and data.labels == ("down", "left", "up")


def test_copies_on_both_sides_are_counted(configured, tmp_path, words):
    data = load(configured(), tmp_path, 1, ignore)
    split = MagicMock(train=np.arange(0, 30), test=np.arange(30, 36))
    assert SEQUENCES.near_share(data, split) == 0.0
    split.test = np.arange(28, 32)
    assert SEQUENCES.near_share(data, split) == 0.5
