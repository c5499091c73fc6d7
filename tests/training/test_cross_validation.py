"""From folders of pictures to a bundle that predicts, with real hands where there are any."""

import json
import shutil
from dataclasses import replace
from unittest.mock import MagicMock

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from asl.bundle import EVALUATION, HISTORY, ONNX, WEIGHTS, ModelBundle
from asl.evaluation.advice import advise
from asl.evaluation.report import SCORE
from asl.images import load_rgb
from asl.inference.decision import softmax
from asl.inference.pictures.predictor import Predictor
from asl.nets.pictures.build import rebuild
from asl.training.config import DataSet, Movement, TrainConfig
from asl.training.cross_validation import train
from asl.training.folds import only_new_people, splits
from asl.training.pictures.load import load
from asl.training.settings import Recipe
from asl.workspace import workspace

QUICK = {
    "network": "efficientnet_lite0",
    "copies": 3,
    "size": 64,
    "frozen_stages": 7,
    "picture": Recipe(epochs=15, batch=8, learning_rate=3e-3),
    "landmarks": Recipe(epochs=3, batch=8),
}
#: For what does not depend on the network: this one is trained and exported within a second.
PLAIN = {
    "network": "sequential",
    "settings": {"widths": [16]},
    "size": None,
    "frozen_stages": None,
}


@pytest.fixture
def untracked(monkeypatch):
    """Trainings whose record nobody reads: a new data base for each takes seconds."""
    monkeypatch.setattr("asl.training.cross_validation.Tracker", MagicMock())


@pytest.fixture
def colours(tmp_path):
    """Two signs that any network can tell apart: red pictures and blue ones, by two people."""
    for label, channel in (("A", 0), ("B", 2)):
        for number in range(24):
            rgb = np.full((48, 48, 3), 60, np.uint8)
            rgb[..., channel] = 200 + number
            folder = tmp_path / "colours" / label
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rgb).save(folder / f"hand{number % 3 + 1}_{number}.png")
    return tmp_path / "colours"


def configure(name: str, folder, **changes) -> TrainConfig:
    return TrainConfig(name=name, data=(DataSet(str(folder)),), **{**QUICK, **changes})


def test_pictures_become_a_bundle_that_predicts(colours, tmp_path):
    bundle = train(configure("colours", colours), tmp_path / "out")
    card = bundle.card
    again = ModelBundle.read(tmp_path / "out")
    assert again.card.to_json() == card.to_json()
    assert str(tmp_path) not in card.to_json()
    assert b"stack_trace" not in (again.folder / ONNX).read_bytes()
    assert card.labels == ("A", "B")
    assert card.input_names == ("picture",)  # no hand is found in a coloured square
    assert card.parity["pictures"] == 48
    assert card.parity["largest_difference"] <= 1e-3
    assert card.scores[0]["split"] == "random"
    assert card.scores[0]["accuracy"] == 1.0
    assert 0 <= card.training["near_copies"] <= 1
    rows = pd.read_parquet(again.folder / EVALUATION)
    assert {"label", "person", "found", SCORE + "A", SCORE + "B"} <= set(rows)
    assert len(pd.read_parquet(again.folder / HISTORY)) == 15
    predictor = Predictor(again)
    red = load_rgb(colours / "A" / "hand1_0.png")
    feed = {"picture": np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), np.uint8)}
    answer, exported = predictor.predict(red), predictor.run(feed)["logits"]
    assert answer.label == "A"
    # What is stored for further training answers like what predicts.
    weights = again.folder / WEIGHTS
    rebuilt = rebuild(weights, card.network, len(card.labels), card.input_names, card.settings)
    with torch.no_grad():
        own = rebuilt(torch.from_numpy(feed["picture"]))[0].numpy()
    np.testing.assert_allclose(own, exported, atol=1e-3)


@pytest.mark.parametrize(
    ("stages", "unfrozen", "tasks"),
    [
        (7, None, ["picture network"]),
        (0, None, ["picture network, all stages"]),
        (7, Recipe(epochs=1, batch=8), ["picture network", "picture network, all stages"]),
    ],
)
def test_the_scores_are_what_the_bundle_answers_whichever_stages_are_trained(
    untracked, colours, tmp_path, stages, unfrozen, tasks
):
    once = Recipe(epochs=1, batch=8, learning_rate=1e-2)  # later all answers are certain, and alike
    config = configure("once", colours, frozen_stages=stages, picture=once, unfrozen=unfrozen)
    bundle = train(config, tmp_path / "out")
    assert pd.read_parquet(bundle.folder / HISTORY)["task"].tolist() == tasks
    rows = pd.read_parquet(bundle.folder / EVALUATION)
    predictor = Predictor(bundle)
    pictures = [
        load_rgb(colours / label / name)
        for label, name in zip(rows["label"], rows["picture"], strict=True)
    ]
    outputs = [predictor.predict_logits(rgb, predictor.find_hand(rgb)) for rgb in pictures]
    answered = softmax(np.stack([one.logits for one in outputs]))
    scores = rows[[SCORE + "A", SCORE + "B"]].to_numpy()
    assert np.abs(answered - scores).max() < min(1e-3, scores[:, 0].std() / 5)


def test_each_person_is_left_out_in_turn(untracked, colours, tmp_path):
    config = configure("people", colours, split="leave-one-person-out", final=False, **PLAIN)
    card = train(config, tmp_path / "out").card
    assert {score["data"] for score in card.scores} == {"hand1", "hand2", "hand3"}
    rows = pd.read_parquet(tmp_path / "out" / EVALUATION)
    assert len(rows) == 48
    assert (rows["fold"] == rows["person"]).all()


def test_people_are_left_out_in_groups(untracked, colours, tmp_path):
    for file in colours.rglob("*.png"):  # six people instead of three
        number = int(file.stem.partition("_")[2])
        file.rename(file.with_name(f"hand{number % 6}_{number}.png"))
    config = configure("groups", colours, split="group-k-fold", final=False, **PLAIN)
    card = train(config, tmp_path / "out").card
    rows = pd.read_parquet(tmp_path / "out" / EVALUATION)
    assert len(rows) == 48 and set(rows["person"]) == {f"hand{number}" for number in range(6)}
    for fold, tested in rows.groupby("fold"):
        assert fold == ", ".join(sorted(set(tested["person"])))
    people = {score["data"]: score["people"] for score in card.scores}
    assert sorted(people.values()) == [1, 1, 1, 1, 2] and card.training["new_people"]
    advice = advise(ModelBundle.read(tmp_path / "out"))
    assert advice.new_person and advice.tested == len(advice.people) == 6


@pytest.mark.parametrize(
    ("tested", "people", "new"),
    [
        pytest.param("hand3", r"(?P<person>hand\d)_", True, id="others, as said"),
        pytest.param("hand3", "auto", False, id="others, as guessed"),
        pytest.param("hand3", "none", False, id="people unknown"),
        pytest.param("0", r"(?P<person>hand\d)_", False, id="the same people"),
    ],
)
def test_the_datas_own_test_part_is_of_new_people_where_somebody_said_so(
    colours, tmp_path, tested, people, new
):
    for file in sorted(colours.rglob("*.png")):
        part = "test" if tested in file.stem else "train"
        moved = tmp_path / "parted" / part / file.parent.name / file.name
        moved.parent.mkdir(parents=True, exist_ok=True)
        file.rename(moved)
    source = DataSet(str(tmp_path / "parted"), people=people)
    config = replace(
        configure("own", "x", split="own", crop="whole", landmark_network=False), data=(source,)
    )
    training_data = load(config, tmp_path / "cache", 1, lambda progress: None)
    folds = splits(config, training_data.rows)
    assert only_new_people(config, training_data, folds) == new
    at_random = replace(config, split="random")
    assert not only_new_people(at_random, training_data, splits(at_random, training_data.rows))


def test_an_interrupted_run_goes_on_and_ends_the_same(untracked, colours, tmp_path):
    config = configure("colours", colours, **PLAIN)
    straight = train(config, tmp_path / "straight").card
    shutil.rmtree(workspace() / "runs")

    def stop(progress):
        if progress.task == "picture network, all stages" and progress.done > progress.total / 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        train(config, tmp_path / "resumed", report=stop)
    resumed = train(config, tmp_path / "resumed", resume=True).card
    assert resumed.scores == straight.scores
    assert resumed.calibration == straight.calibration


def test_epochs_reach_tracking_as_they_end(colours, tmp_path):
    from mlflow import MlflowClient

    def stop(progress):
        if progress.figures.get("epoch") == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        train(configure("colours", colours, **PLAIN), tmp_path / "out", report=stop)
    client = MlflowClient(tracking_uri=f"sqlite:///{workspace().resolve() / 'mlflow.db'}")
    [run] = client.search_runs([client.get_experiment_by_name("asl").experiment_id])
    losses = client.get_metric_history(run.info.run_id, "00/picture network all stages/train_loss")
    assert [loss.step for loss in losses] == [1, 2]


def test_folds_trained_side_by_side_are_watched_and_stopped_together(untracked, colours, tmp_path):
    config = configure("people", colours, split="leave-one-person-out", final=False)
    seen = []
    made = train(
        config, tmp_path / "out", side_by_side=2,
        report=lambda one: seen.append((one.fold, one.figures["epoch"])) if one.ends_epoch else 0,
    )  # fmt: skip
    assert sorted(seen) == [(fold, epoch) for fold in ("00", "01", "02") for epoch in range(1, 16)]
    # Two at a time: neither of the first two waits for the other's last epoch.
    assert max(seen.index(("00", 1)), seen.index(("01", 1))) < min(
        seen.index(("00", 15)), seen.index(("01", 15))
    )
    assert {entry["data"] for entry in made.card.scores} == {"hand1", "hand2", "hand3"}
    assert all(entry["accuracy"] == 1.0 for entry in made.card.scores)

    def stop(progress):
        if progress.ends_epoch:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        train(replace(config, name="stopped"), tmp_path / "stopped", side_by_side=2, report=stop)
    assert not list((workspace() / "runs" / "stopped").glob("*/answers.npz"))


def test_a_run_from_before_a_setting_was_there_is_resumed(untracked, colours, tmp_path):
    config = configure("colours", colours, **PLAIN)
    train(config, tmp_path / "out")
    file = workspace() / "runs" / "colours" / "run.json"
    note = json.loads(file.read_text())
    del note["config"]["picture"]["average"], note["config"]["rereads"]
    file.write_text(json.dumps(note))
    assert train(config, tmp_path / "again", resume=True).card.name == "colours"


def test_a_changed_run_is_not_resumed(untracked, colours, tmp_path):
    def stop(progress):
        if progress.task == "picture network, all stages":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        train(configure("colours", colours, **PLAIN), tmp_path / "out", report=stop)
    with pytest.raises(ValueError, match="resume it, or train under another name"):
        train(configure("colours", colours, **PLAIN), tmp_path / "out")
    with pytest.raises(ValueError, match="have changed"):
        train(configure("colours", colours, seed=1, **PLAIN), tmp_path / "out", resume=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split": "sideways"}, "split: 'sideways'"),
        ({"network": "resnet"}, "net: 'resnet'"),
        ({"start": "somewhere"}, "init: 'somewhere'"),
        ({"copies": 0}, "copies: 0"),
        ({"rereads": -1}, "rereads: -1"),
        ({"data": ()}, "data: at least one"),
    ],
)
def test_wrong_settings_are_named(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        replace(TrainConfig(name="x", data=(DataSet("y"),)), **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"degrees": [60, 25]}, r"movements: degrees \[60, 25\]"),
        ({"degrees": [25]}, r"movements: degrees \[25\]"),
        ({"weight": 2}, "movements: weight 2"),
        ({"finger": "little"}, "finger"),
    ],
)
def test_wrong_movements_are_named(tmp_path, changes, message):
    file = tmp_path / "x.json"
    movement = {"sign": "J", "hand": "I", "degrees": [25, 60]} | changes
    file.write_text(json.dumps({"name": "x", "data": [{"folder": "y"}], "movements": [movement]}))
    with pytest.raises(ValueError, match=message):
        TrainConfig.read(file)


def test_a_movement_of_an_unknown_sign_is_named(colours, tmp_path):
    config = configure("x", colours, movements=(Movement("J", "A", (25, 60)),))
    with pytest.raises(ValueError, match="movements: 'J' is none of the signs"):
        train(config, tmp_path / "out")


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ValueError, match="nowhere is neither"):
        train(configure("x", "nowhere"), tmp_path / "out")


def test_one_person_cannot_be_left_out(tmp_path, colours):
    for file in colours.glob("*/*"):
        file.rename(file.with_name(f"hand1_{file.name}"))
    config = configure("alone", colours, split="leave-one-person-out")
    with pytest.raises(ValueError, match=r"people|person"):
        train(config, tmp_path / "out")


def test_every_shipped_configuration_can_be_read():
    from pathlib import Path

    import asl.training

    files = sorted((Path(asl.training.__file__).parent / "configs").rglob("*.toml"))
    assert files
    for file in files:
        assert TrainConfig.read(file).name == file.stem


def test_unknown_settings_in_a_file_are_named(tmp_path):
    file = tmp_path / "wrong.toml"
    file.write_text('name = "x"\nspeed = 3\n[[data]]\nfolder = "y"\n')
    with pytest.raises(ValueError, match="speed: no such setting"):
        TrainConfig.read(file)
    file.write_text("name = ")
    with pytest.raises(ValueError, match=r"wrong\.toml"):
        TrainConfig.read(file)


def test_real_hands_of_new_people(asl_data, tmp_path):
    small = tmp_path / "small"
    for label in "abc":
        for hand in (1, 2, 5):
            files = sorted((asl_data / "asl_dataset" / label).glob(f"hand{hand}_*"))[:8]
            for file in files:
                (small / label).mkdir(parents=True, exist_ok=True)
                shutil.copy(file, small / label)
    config = configure("hands", small, split="leave-one-person-out", final=True, size=96, rereads=2)
    bundle = train(config, tmp_path / "out")
    assert bundle.card.input_names == ("picture", "landmarks", "found")
    assert set(bundle.card.handshapes) == {"A", "B", "C"}
    assert json.loads((workspace() / "runs" / "hands" / "run.json").read_text())
    mean = np.mean(
        [score["accuracy"] for score in bundle.card.scores if score["candidates"] == "all"]
    )
    assert mean > 0.8
