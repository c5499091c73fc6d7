"""Searching for settings: what is compared, what is kept, and that it can be gone on with."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from unittest.mock import MagicMock, create_autospec

import numpy as np
import pytest

from asl.nets.registry import names, network
from asl.runs.estimate_worker import measure_cost
from asl.training.config import DataSet, TrainConfig
from asl.training.folds import splits
from asl.training.pictures.kind import Pictures
from asl.training.pictures.load import load
from asl.training.pictures.networks import fit_networks
from asl.training.progress import Progress, Task
from asl.training.search.found import read_search, search_json
from asl.training.search.space import VARIED, apply, middling, possible
from asl.training.search.study import open_study
from asl.training.search.trials import run_search
from asl.training.sequences.augment_settings import SequenceAugment
from asl.training.settings import AugmentSettings, Recipe
from asl.workspace import workspace


@pytest.fixture
def config(shapes) -> TrainConfig:
    return TrainConfig(
        name="shapes",
        data=(DataSet(str(shapes)),),
        network="sequential",
        settings={"widths": [16]},
        picture=Recipe(learning_rate=1e-3),
    )


@pytest.fixture
def without_tracking(monkeypatch):
    monkeypatch.setattr("asl.training.search.trials.Tracker", MagicMock())


@pytest.fixture
def trained_on(monkeypatch) -> list[np.ndarray]:
    """Trainings take no time: the nearer the learning rate to 0.002, the better the score."""
    asked = []

    def fit(config, data, rows, validation, home, report):
        asked.append(rows)
        assert np.isin(validation, rows).all()
        best = 1 - abs(np.log10(config.picture.learning_rate / 2e-3)) / 2
        epochs = config.picture.epochs
        for epoch in range(1, epochs + 1):
            figures = {"epoch": epoch, "macro_f1": best * epoch / epochs}
            report(Progress(Task.ALL_STAGES, epoch, epochs, 0.0, figures))

    monkeypatch.setattr(
        Pictures, "fit", staticmethod(create_autospec(fit_networks, side_effect=fit))
    )
    return asked


def test_finds_the_better_setting_and_goes_on_where_it_stopped(
    config, trained_on, without_tracking, tmp_path
):
    seen = []
    found = run_search(config, 6, vary=("learning_rate", "width"), most_epochs=4,
                       report=seen.append)  # fmt: skip
    assert len(trained_on) == len(found.table) == 6
    assert [one.done for one in seen if one.task is Task.TRIALS] == list(range(1, 7))
    assert set(found.table) == {"trial", "macro_f1", "state", "seconds", "learning_rate", "width"}
    again = run_search(config, 15, vary=("learning_rate", "width"), most_epochs=4)
    assert len(trained_on) == len(again.table) == 15
    assert again.macro_f1 >= found.macro_f1
    assert again.best["learning_rate"] == pytest.approx(2e-3, rel=0.8)
    assert max(again.importance, key=again.importance.get) == "learning_rate"
    assert "pruned" in set(again.table["state"])
    training_data = load(config, tmp_path / "cache", 1, lambda progress: None)
    [split] = splits(config, training_data.rows)
    assert not any(np.isin(rows, split.test).any() for rows in trained_on)
    assert read_search(workspace() / "searches" / "shapes").best == again.best
    # The best settings can be trained with as they are.
    file = tmp_path / "best.json"
    file.write_text(json.dumps(search_json(again)["config"]))
    best = TrainConfig.read(file)
    assert best == again.config
    assert best.picture.learning_rate == again.best["learning_rate"]
    assert best.settings["widths"] == [round(16 * again.best["width"])]


def test_a_search_that_was_stopped_goes_on_and_keeps_its_first_trial(
    config, trained_on, without_tracking, tmp_path
):
    class Cancelled(BaseException):
        pass

    def stop(progress):
        if (progress.title, progress.done) == ("trial 3", 1):
            raise Cancelled
        seen.append((progress.title, progress.done, progress.total))

    seen, home = [], tmp_path / "search"
    search = {"trials": 5, "vary": ("epochs", "batch"), "most_epochs": 4, "home": home}
    with pytest.raises(Cancelled):
        run_search(config, **search, report=stop)
    # Its own settings come first, as far as they lie within the limits: ten epochs do not.
    assert ("trial 1", 3, 4) in seen and ("trials", 2, 5) in seen
    found = read_search(home)
    assert (len(found.table), found.usual) == (2, 0)
    first = found.table.iloc[0]
    assert (first["trial"], first["epochs"], first["batch"]) == (0, 4, config.picture.batch)
    found = run_search(config, **search)
    assert (len(found.table), found.usual) == (5, 0)
    assert 2 not in found.table["trial"].tolist()  # the one that was stopped counts for nothing
    assert not any(entry.is_dir() for entry in home.iterdir())


def test_another_search_of_the_same_name_is_refused(config, trained_on, without_tracking):
    run_search(config, 1, vary=("learning_rate",))
    with pytest.raises(ValueError, match="another name"):
        run_search(replace(config, seed=1), 2, vary=("learning_rate",))
    with pytest.raises(ValueError, match="another name"):
        run_search(config, 2, vary=("batch",))


def test_a_search_goes_on_where_the_data_were_moved_and_not_where_they_changed(
    config, trained_on, without_tracking, shapes, tmp_path
):
    run_search(config, 1, vary=("learning_rate",))
    new = shapes.rename(tmp_path / "renamed")
    moved = replace(config, data=(DataSet(str(new)),))
    found = run_search(moved, 2, vary=("learning_rate",))
    assert len(found.table) == 2 and found.config.data[0].folder == str(new)
    next((new / "train" / "A").iterdir()).unlink()
    with pytest.raises(ValueError, match=r"another name \(in its --config\)"):
        run_search(moved, 3, vary=("learning_rate",))


def test_a_search_of_the_runs_page_names_no_option_of_the_command_line(
    config, trained_on, without_tracking, tmp_path
):
    run_search(config, 1, vary=("learning_rate",), home=tmp_path / "run")
    with pytest.raises(ValueError, match=r"start another search instead$"):
        run_search(replace(config, seed=1), 2, vary=("learning_rate",), home=tmp_path / "run")


def test_two_workers_share_the_trials_and_each_is_a_part_of_the_tracked_search(config):
    from mlflow import MlflowClient

    small = replace(config, picture=replace(config.picture, batch=8))
    found = run_search(small, 2, workers=2, vary=("learning_rate", "augment"), most_epochs=2)
    assert len(found.table) == 2
    assert found.table["macro_f1"].between(0, 1).all()
    client = MlflowClient(tracking_uri=f"sqlite:///{workspace().resolve() / 'mlflow.db'}")
    runs = client.search_runs([client.get_experiment_by_name("asl").experiment_id])
    [whole] = [one for one in runs if one.info.run_name == "shapes search"]
    parents = [one.data.tags.get("mlflow.parentRunId") for one in runs]
    assert parents.count(whole.info.run_id) == 2
    assert {one.info.status for one in runs} == {"FINISHED"}


def test_the_settings_of_a_trial_are_those_that_are_trained_with(config):
    tried = apply(
        config,
        {"learning_rate": 0.1, "epochs": 3, "batch": 32, "dropout": 0.4, "augment": 0.25,
         "width": 0.5},
    )  # fmt: skip
    assert (tried.picture.learning_rate, tried.picture.epochs, tried.picture.batch) == (0.1, 3, 32)
    assert tried.settings == {"widths": [8], "dropout": 0.4}
    assert [growth.at(7) for growth in tried.picture.grow] == [0.25]
    assert apply(config.with_network("hand_landmarks"), {"epochs": 3}).landmarks.epochs == 3


@pytest.mark.parametrize(
    ("network", "vary", "message"),
    [
        ("sequential", ("colour",), "vary: 'colour' is none of learning_rate"),
        ("sequential", (), "vary: sequential has none"),
        ("gesture_cnn", ("dropout",), "vary: gesture_cnn has none of dropout"),
    ],
)
def test_what_cannot_be_varied_is_named(config, network, vary, message):
    with pytest.raises(ValueError, match=message):
        run_search(config.with_network(network), 1, vary=vary)


def test_without_augmentation_its_share_is_not_varied(config, trained_on, without_tracking):
    plain = replace(config, augment=AugmentSettings.none())
    found = run_search(plain, 1, vary=("augment", "batch"))
    assert list(found.best) == ["batch"]


def test_what_can_be_varied_is_known_without_loading_the_networks(config):
    assert possible(config) == VARIED
    assert "width" not in possible(config.with_network("hand_landmarks"))
    assert not {"dropout", "augment"} & set(
        possible(replace(config.with_network("gesture_cnn"), augment=AugmentSettings.none()))
    )


def test_nobody_takes_the_trial_of_another(tmp_path):
    """Each opens the study anew, as processes do."""
    waiting = open_study(tmp_path, 0)
    for number in range(24):
        waiting.enqueue_trial({"x": number})

    def take(seed: int) -> list[int]:
        study = open_study(tmp_path, seed)
        return [study.ask().number for _ in range(6)]

    with ThreadPoolExecutor(4) as pool:
        taken = [number for some in pool.map(take, range(4)) for number in some]
    assert sorted(taken) == list(range(24))


def test_of_words_the_augmentation_of_sequences_counts(config):
    words = config.with_network("lstm")
    assert "augment" in possible(replace(words, augment=AugmentSettings.none()))
    assert "augment" not in possible(replace(words, sequence_augment=SequenceAugment()))


def test_a_search_is_estimated_by_a_trial_of_middling_length_that_needs_most(config):
    tried = middling(config, VARIED, 20)
    assert (tried.picture.epochs, tried.picture.batch) == (12, 256)
    assert tried.settings["widths"] == [32] and not tried.landmark_network
    assert middling(config, ("dropout",), 20).picture == config.picture
    found = measure_cost(config, {"trials": 4, "vary": VARIED, "most_epochs": 20, "workers": 1})
    *before, (_, last, seconds) = found.plan
    assert [task for _, task, _ in before] == ["starting", "reading pictures"]
    assert (last, found.pictures) == ("trials", 40)
    assert seconds > 4 * 12 * 0.1  # every epoch takes its time, however little there is to learn


def test_a_search_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="no trial of 'nowhere'"):
        read_search(Path("nowhere"))


@pytest.mark.parametrize("name", [name for name in names("sequences") if network(name).widths])
def test_the_width_of_networks_of_words_can_be_built(config, name):
    words = config.with_network(name)
    assert "width" in possible(words)
    usual_width = network(name).settings()["width"]
    for factor in (0.5, 1.0, 1.5, 2.0):
        tried = apply(words, {"width": factor})
        assert tried.settings["width"] == usual_width * factor
        assert network(name).build(3, features=10, **tried.settings) is not None
    assert "width" not in possible(replace(words, start="bundled")), "weights fit one width alone"


def test_a_width_goes_into_the_heads(config):
    words = replace(config.with_network("transformer"), settings={"width": 18, "heads": 3})
    assert apply(words, {"width": 1.5}).settings["width"] == 24
    assert apply(words, {"width": 0.1}).settings["width"] == 6
