"""The sources' networks on the same way as all others: pictures → training → bundle → answer."""

import gzip
from dataclasses import replace
from unittest.mock import MagicMock

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from asl.bundle import EVALUATION, ModelBundle
from asl.data.pictures import uncropped as uncropped
from asl.data.pictures.sign_mnist_columns import COLUMNS
from asl.hands.crop import crop_hand
from asl.images import load_rgb
from asl.inference.pictures.predictor import Predictor
from asl.nets.registry import networks
from asl.training.config import DataSet, TrainConfig
from asl.training.cross_validation import train
from asl.training.folds import splits
from asl.training.pictures.features import center_crop
from asl.training.pictures.load import load
from asl.training.pictures.networks import fit_networks
from asl.training.progress import ignore
from asl.training.settings import AugmentSettings, Recipe

RECIPE = Recipe(epochs=6, batch=8, learning_rate=3e-3, optimizer="adam", weight_decay=0.0)


@pytest.fixture(autouse=True)
def no_search_for_hands(monkeypatch):
    """Networks that look at whole pictures must not wait for a detector that they do not need."""

    def fail(*_args, **_kwargs):
        raise AssertionError("hands are searched for")

    monkeypatch.setattr("asl.training.pictures.load.prepare", fail)


@pytest.fixture(autouse=True)
def no_tracking(monkeypatch):
    monkeypatch.setattr("asl.training.cross_validation.Tracker", MagicMock())


def configure(folder, network: str, **changes) -> TrainConfig:
    settings = {"picture": RECIPE, "augment": AugmentSettings.none(), **changes}
    return TrainConfig(name=network, data=(DataSet(str(folder)),), network=network, **settings)


def test_channel_attention_becomes_a_bundle_that_shows_its_attention(shapes, tmp_path):
    config = configure(shapes, "channel_attention", split="own", settings={"attend": "channel"})
    bundle = train(config, tmp_path / "out")
    card = ModelBundle.read(bundle.folder).card
    assert card.settings == {"attend": "channel"}
    assert (card.input_names, card.picture.size, card.picture.crop) == (("picture",), 28, "whole")
    assert card.parity["largest_difference"] <= 1e-3
    assert (card.scores[0]["split"], card.scores[0]["accuracy"]) == ("own", 1.0)
    assert "hand_found" not in card.scores[0]
    rows = pd.read_parquet(bundle.folder / EVALUATION)
    assert set(rows["picture"]) == {f"{number}.png" for number in range(5)}
    assert "found" not in rows
    picture = load_rgb(shapes / "test" / "A" / "1.png")
    predictor = Predictor(bundle)
    outputs, answer = predictor.predict_logits(picture, None), predictor.predict(picture)
    assert answer.label == "A"
    [kept] = rows[(rows["picture"] == "1.png") & (rows["label"] == "A")].to_dict("records")
    attention = [kept[f"channel_attention:{index}"] for index in range(3)]
    assert outputs.outputs["channel_attention"] == pytest.approx(attention, abs=5e-3)


def collect(config: TrainConfig, tmp_path):
    return load(config, tmp_path / "cache", 1, lambda progress: None)


def test_only_some_of_the_signs(shapes, tmp_path):
    for label in ("C", "D"):
        (shapes / "train" / label).mkdir()
        Image.new("RGB", (20, 20)).save(shapes / "train" / label / "1.png")
    config = configure(shapes, "sequential", signs=("A", "B"))
    assert collect(config, tmp_path).labels == ("A", "B")
    with pytest.raises(ValueError, match="signs: shapes has none of X, Y"):
        collect(replace(config, signs=("X", "Y")), tmp_path)


def test_sign_language_mnist_is_trained_on_as_it_comes(tmp_path, asl_home):
    random = np.random.default_rng(0)
    for name, count in (("sign_mnist_train.csv.gz", 40), ("sign_mnist_test.csv.gz", 10)):
        labels = np.arange(count) % 2
        pictures = random.integers(0, 60, (count, 28, 28))
        pictures[labels == 0, :14] += 150
        rows = np.concatenate([labels[:, None], pictures.reshape(count, -1)], 1)
        with gzip.open(tmp_path / name, "wt") as file:
            pd.DataFrame(rows, columns=COLUMNS).to_csv(file, index=False)
    data = tuple(DataSet(str(file)) for file in sorted(tmp_path.glob("*.csv.gz")))
    longer = replace(RECIPE, epochs=20)
    config = replace(configure(tmp_path, "sign_convnet", split="own", picture=longer), data=data)
    training_data = collect(config, tmp_path)
    assert training_data.labels == ("A", "B")
    assert [(one["kind"], one["rows"]) for one in training_data.about] == [
        ("pictures", 10), ("pictures", 40),
    ]  # fmt: skip
    [split] = splits(config, training_data.rows)
    assert (len(split.train), len(split.test)) == (40, 10)
    fitted = fit_networks(config, training_data, split.train, split.train[:10], tmp_path, ignore)
    history = fitted.history
    assert history[-1]["accuracy"] == 1.0
    card = train(replace(config, name="mnist", split="random"), tmp_path / "mnist").card
    assert 0 <= card.training["near_copies"] <= 1


def test_training_sees_the_very_pixels_that_prediction_sees(make_picture, tmp_path):
    make_picture(size=(50, 40)).save(tmp_path / "a.png")
    table = pd.DataFrame({"path": [str(tmp_path / "a.png")], "label": ["A"], "person": [None]})
    for size in (28, 224):
        kept = uncropped.prepare_uncropped(table, tmp_path, "", size).crops
        seen = crop_hand(load_rgb(tmp_path / "a.png"), None, size)
        difference = np.abs(center_crop(kept, size)[0].astype(int) - seen)
        assert difference.max() <= 1


@pytest.mark.parametrize("name", [n for n, spec in networks().items() if spec.crop == "whole"])
def test_left_to_itself_a_network_gets_what_suits_it(name):
    config = TrainConfig(name="x", data=(DataSet("y"),)).with_network(name)
    assert (config.size, config.crop, config.landmark_network) == (
        networks()[name].picture_size,
        "whole",
        False,
    )
    assert not config.searches_hands


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 64}, "size: sequential sees 28 pixels, not 64"),
        ({"frozen_stages": 2}, "frozen_stages: sequential has no trunk"),
        ({"start": "imagenet"}, "init: sequential can start from none"),
        (
            {"settings": {"depth": 3}},
            "sequential has no 'depth'; it has: widths, dropout",
        ),
        ({"crop": "away"}, "crop: 'away'"),
    ],
)
def test_settings_that_do_not_suit_a_network_are_named(changes, message):
    with pytest.raises(ValueError, match=message):
        configure("x", "sequential", **changes)


def test_data_without_a_test_part_has_no_split_of_its_own(shapes, tmp_path):
    config = configure(shapes / "train", "sequential", split="own")
    with pytest.raises(ValueError, match="no part for testing"):
        splits(config, collect(config, tmp_path).rows)
