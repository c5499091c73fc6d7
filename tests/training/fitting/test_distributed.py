"""Two processes that share a training end where one alone ends."""

from unittest.mock import MagicMock

import pandas as pd
import pytest

from asl.bundle import HISTORY
from asl.training.config import DataSet, TrainConfig
from asl.training.cross_validation import train
from asl.training.settings import AugmentSettings, Recipe


@pytest.fixture(autouse=True)
def no_tracking(monkeypatch):
    monkeypatch.setattr("asl.training.cross_validation.Tracker", MagicMock())


def configure(name: str, folder) -> TrainConfig:
    return TrainConfig(
        name=name,
        data=(DataSet(str(folder)),),
        network="sequential",
        settings={"widths": [32]},
        picture=Recipe(epochs=5, batch=8, learning_rate=3e-3),
        augment=AugmentSettings.none(),
    )


def test_two_processes_stopped_and_resumed_learn_what_one_learns(shapes, tmp_path):
    alone = train(configure("alone", shapes), tmp_path / "alone")

    def stop(progress):
        if progress.figures.get("epoch") == 2:
            raise InterruptedError

    seen, out = [], tmp_path / "together"
    with pytest.raises(InterruptedError):
        train(configure("together", shapes), out, report=stop, processes=2)
    together = train(
        configure("together", shapes), out, resume=True, processes=2,
        report=lambda one: seen.append(one.figures["epoch"]) if one.ends_epoch else None,
    )  # fmt: skip
    assert seen == [1, 2, 3, 4, 5]
    one, two = (pd.read_parquet(bundle.folder / HISTORY) for bundle in (alone, together))
    assert one["macro_f1"].iloc[-1] == pytest.approx(two["macro_f1"].iloc[-1], abs=0.01)
    assert one["valid_loss"].iloc[-1] == pytest.approx(two["valid_loss"].iloc[-1], abs=0.05)
    for name in ("accuracy", "macro_f1"):
        assert together.card.scores[0][name] == pytest.approx(alone.card.scores[0][name], abs=0.01)


def test_work_is_shared_or_done_side_by_side_but_not_both(shapes, tmp_path):
    with pytest.raises(ValueError, match="processes: share"):
        train(configure("both", shapes), tmp_path / "out", side_by_side=2, processes=2)
