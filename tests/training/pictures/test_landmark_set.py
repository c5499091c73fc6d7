"""Which hands the landmark network learns from."""

import numpy as np
import pandas as pd
import pytest

from asl.training.config import DataSet, TrainConfig
from asl.training.pictures import networks
from asl.training.pictures.load import load
from asl.training.progress import ignore
from asl.training.settings import AugmentSettings, Recipe


@pytest.fixture
def config(tmp_path, coloured_file, make_hand):
    """Pictures without hands by anna and bert, and a table of hands by bert and cleo."""
    for person in ("anna", "bert"):
        for sign in "AB":
            file = tmp_path / "set" / person / sign / "1.png"
            file.parent.mkdir(parents=True)
            file.write_bytes(coloured_file())
    joints = [f"{axis}{joint}" for joint in range(21) for axis in "xyz"]
    rows = [
        {"signer": person, "label": sign, "side": "right"}
        | dict(zip(joints, make_hand().landmarks.ravel(), strict=True))
        for person in ("bert", "cleo")
        for sign in "AB"
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "table.csv", index=False)
    return TrainConfig(
        name="hands",
        data=(
            DataSet(str(tmp_path / "set"), people="folders"),
            DataSet(str(tmp_path / "table.csv")),
        ),
        network="hand_landmarks",
        split="leave-one-person-out",
        landmarks=Recipe(epochs=1, batch=4),
        augment=AugmentSettings.none(),
    )


@pytest.fixture
def learned(config, tmp_path, monkeypatch):
    """``learned(people)``: how many hands are learned from where these are trained on."""

    def hands(people):
        kept = {}

        def note(network, training_set, *_):
            kept["set"] = training_set
            return []

        monkeypatch.setattr(networks, "fit", note)
        data = load(config, tmp_path / "cache", 1, ignore)
        rows = np.flatnonzero(np.isin(data.rows.people, people))
        networks.fit_networks(config, data, rows, rows[:0], tmp_path, ignore)
        return len(kept["set"].landmarks)

    return hands


def test_who_is_left_out_of_the_pictures_is_left_out_of_the_tables(learned):
    assert learned(["anna", "bert"]) == 4
    assert learned(["anna"]) == 2
