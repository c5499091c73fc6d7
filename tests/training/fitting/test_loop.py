"""The training loop: it learns, goes on where it stopped, and stops when told."""

import gc
import weakref
from contextlib import suppress
from dataclasses import dataclass, replace
from unittest.mock import MagicMock

import numpy as np
import pytest
import torch
from torch import nn

from asl.training.fitting.checkpoint import Checkpoint
from asl.training.fitting.loop import fit
from asl.training.fitting.validation import logits_of, validate
from asl.training.settings import SCHEDULES, Growth, Recipe

RECIPE = Recipe(epochs=6, batch=16, learning_rate=0.02, label_smoothing=0.0)


@dataclass
class Points:
    """Three clouds of points in the plane."""

    count: int = 240

    def __post_init__(self) -> None:
        random = np.random.default_rng(0)
        self.classes = np.arange(self.count) % 3
        centres = np.array([[0, 0], [4, 0], [0, 4]])
        self.points = (centres[self.classes] + random.normal(0, 0.5, (self.count, 2))).astype("f")
        self.sources = np.full(self.count, "made up")
        self.weights = np.ones(self.count)
        self.validation = np.arange(0, self.count, 5)

    def augmented(self, rows: np.ndarray, random: torch.Generator) -> torch.Tensor:
        noise = torch.randn((len(rows), 2), generator=random) * 0.1
        return torch.from_numpy(self.points[rows]) + noise

    def clean(self, rows: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(self.points[rows])


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 3))


def test_learns_what_can_be_learnt(tmp_path):
    history = fit(network(), Points(), RECIPE, 0, tmp_path, "points")
    assert [row["epoch"] for row in history] == [1, 2, 3, 4, 5, 6]
    assert history[-1]["macro_f1"] > 0.95
    assert history[-1]["train_loss"] < history[0]["train_loss"]


def test_a_resumed_training_takes_the_course_of_a_straight_one(tmp_path):
    straight = network()
    expected = fit(straight, Points(), RECIPE, 0, tmp_path / "straight", "points")

    def stop_in_the_third_epoch(progress):
        if progress.done > 2.5 * progress.total / RECIPE.epochs:
            raise InterruptedError

    folder = tmp_path / "broken"
    with pytest.raises(InterruptedError):
        fit(network(), Points(), RECIPE, 0, folder, "points", stop_in_the_third_epoch)
    resumed = network()
    history = fit(resumed, Points(), RECIPE, 0, folder, "points")
    for name in ("train_loss", "valid_loss", "macro_f1", "learning_rate"):
        assert [row[name] for row in history] == [row[name] for row in expected]
    for one, other in zip(straight.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_watcher_sees_every_epoch_as_it_ends_also_of_a_resumed_training(tmp_path):
    seen = []

    def watch(progress):
        if progress.ends_epoch:
            seen.append(progress)
        if len(seen) == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fit(network(), Points(), RECIPE, 0, tmp_path, "points", watch)
    assert [one.figures["epoch"] for one in seen] == [1, 2, 3]
    assert seen[1].done == seen[1].total / RECIPE.epochs * 2
    seen.clear()
    history = fit(
        network(), Points(), RECIPE, 0, tmp_path, "points",
        lambda progress: seen.append(progress) if progress.ends_epoch else None,
    )  # fmt: skip
    shown = ("epoch", "train_loss", "valid_loss", "accuracy", "macro_f1", "learning_rate")
    assert [[one.figures[name] for name in shown] for one in seen] == [
        [row[name] for name in shown] for row in history
    ]


@pytest.mark.parametrize(
    ("optimizer", "schedule", "average"),
    [*(("adamw", one, 0.0) for one in SCHEDULES), ("adam", "onecycle", 0.9)],
)
def test_goes_on_between_two_epochs_as_if_nothing_had_happened(
    tmp_path, schedule, optimizer, average
):
    grow = (Growth("dropout", rate=0.1), Growth("augment", rate=0.25, limit=1.0))
    recipe = replace(
        RECIPE, epochs=4, checkpoint=5, schedule=schedule, optimizer=optimizer, grow=grow,
        restart=1, average=average,
    )  # fmt: skip
    straight = network()
    expected = fit(straight, Points(), recipe, 0, tmp_path / "straight", "points")
    steps = []

    def stop(progress):
        steps.append(progress.done)
        if progress.done >= 32:  # the third epoch has steps 25 to 36
            raise InterruptedError

    folder, resumed = tmp_path / "broken", network()
    with pytest.raises(InterruptedError):
        fit(network(), Points(), recipe, 0, folder, "points", stop)
    steps.clear()
    history = fit(
        resumed, Points(), recipe, 0, folder, "points",
        lambda progress: progress.ends_epoch or steps.append(progress.done),
    )  # fmt: skip
    assert steps[0] == 31  # the checkpoint after step 30
    for name in ("train_loss", "valid_loss", "macro_f1", "learning_rate"):
        assert [row[name] for row in history] == [row[name] for row in expected]
    for one, other in zip(straight.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(one, other)


def test_the_mean_of_the_weights_moves_less_than_the_weights(tmp_path):
    def moved(average: float) -> float:
        before, net = network(), network()
        recipe = replace(RECIPE, epochs=1, schedule="constant", average=average)
        fit(net, Points(), recipe, 0, tmp_path / str(average), "points")
        pairs = zip(before.parameters(), net.parameters(), strict=True)
        return sum(float((one - other).detach().square().sum()) for one, other in pairs)

    assert moved(0.999) < 0.2 * moved(0.0) < moved(0.01)


def rates(tmp_path, **changes) -> list[float]:
    recipe = replace(RECIPE, learning_rate=0.01, **changes)
    return [row["learning_rate"] for row in fit(network(), Points(), recipe, 0, tmp_path, "x")]


class TestSchedules:
    def test_onecycle_ends_near_zero(self, tmp_path):
        training_set = rates(tmp_path, schedule="onecycle")
        assert training_set[0] > training_set[-1] < 1e-4

    def test_cosine_starts_again(self, tmp_path):
        training_set = rates(tmp_path, schedule="cosine", restart=2)
        assert training_set[0] == pytest.approx(0.005)
        assert training_set[1] == pytest.approx(0.01)  # begun again, then twice as long
        assert training_set[2] > training_set[3] > training_set[4]

    def test_plateau_waits_for_the_loss(self, tmp_path):
        assert set(rates(tmp_path / "falling", schedule="plateau", wait=5)) == {0.01}
        training_set = Points()
        training_set.classes = np.random.default_rng(1).permutation(training_set.classes)
        recipe = replace(RECIPE, learning_rate=0.3, schedule="plateau", wait=0, epochs=10)
        noise = fit(network(), training_set, recipe, 0, tmp_path / "noise", "noise")
        assert noise[-1]["learning_rate"] < 0.3

    def test_exponential_falls_by_the_same_factor(self, tmp_path):
        training_set = rates(tmp_path, schedule="exponential", decay=0.5)
        assert training_set == pytest.approx([0.01 * 0.5**epoch for epoch in range(6)])

    def test_constant_stays(self, tmp_path):
        assert set(rates(tmp_path, schedule="constant")) == {0.01}


class TestGrowth:
    @pytest.mark.parametrize(
        ("growth", "own", "values"),
        [
            (Growth("dropout", 1, 0.1, 0.5), 0.3, [0.3, 0.4, 0.5, 0.5]),
            (Growth("dropout", 2, 0.1, 0.5, start=0.0), 0.3, [0.0, 0.0, 0.1, 0.1]),
            (Growth("augment", 1, 0.5, 1.0), 0.0, [0.0, 0.5, 1.0, 1.0]),
            (Growth("dropout", 2, 0.0, 0.2, start=0.1, factor=1.5), 0.3, [0.1, 0.1, 0.15, 0.15]),
            (Growth("augment", 1, 0.1, 9.0, start=1.0, factor=2.0), 0.0, [1.0, 2.1, 4.2, 8.3]),
            (Growth("dropout", 1, 0.1, 0.2), 0.3, [0.3, 0.3, 0.3, 0.3]),
        ],
    )
    def test_steps_up_to_its_limit(self, growth, own, values):
        assert [growth.at(epoch, own) for epoch in range(4)] == pytest.approx(values)

    def test_dropout_grows_in_the_network_and_ends_as_it_was(self, tmp_path):
        trained, seen = network(), []
        recipe = replace(RECIPE, epochs=3, grow=(Growth("dropout", rate=0.2, limit=0.5),))

        def watch(progress):
            if progress.ends_epoch:
                seen.append(trained[2].p)

        fit(trained, Points(), recipe, 0, tmp_path, "points", watch)
        assert seen == pytest.approx([0.2, 0.4, 0.5])
        assert trained[2].p == pytest.approx(0.2)

    def test_the_share_of_changed_examples_grows(self, tmp_path):
        shares = []

        class Watched(Points):
            def augmented(self, rows, random):
                return torch.full((len(rows), 2), 99.0)

        class Watching(nn.Sequential):
            def forward(self, inputs):
                if self.training:
                    shares.append(float((inputs[:, 0] == 99).float().mean()))
                return super().forward(inputs)

        watching = Watching(*network())
        recipe = replace(RECIPE, epochs=3, grow=(Growth("augment", rate=0.5, limit=1.0),))
        fit(watching, Watched(), recipe, 0, tmp_path, "points")
        by_epoch = np.reshape(shares, (3, -1)).mean(1)
        assert by_epoch == pytest.approx([0.0, 0.5, 1.0], abs=0.15)

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ({"what": "width"}, "grow: 'width' is neither"),
            ({"what": "dropout", "interval": 0}, "grow: interval 0"),
            ({"what": "dropout", "limit": 1.0}, "grow: limit 1.0"),
        ],
    )
    def test_wrong_values_are_named(self, values, message):
        with pytest.raises(ValueError, match=message):
            Growth(**values)


def test_every_example_is_drawn_once_where_all_count_alike(tmp_path):
    drawn = []

    class Watched(Points):
        def augmented(self, rows, random):
            drawn.extend(rows.tolist())
            return super().augmented(rows, random)

    fit(network(), Watched(), replace(RECIPE, epochs=1), 0, tmp_path, "points")
    assert len(set(drawn)) == len(drawn) == 192


def test_ends_with_the_weights_best_on_validation(tmp_path):
    training_set, trained = Points(), network()
    history = fit(trained, training_set, replace(RECIPE, learning_rate=0.3), 0, tmp_path, "points")
    best = max(row["macro_f1"] for row in history)
    assert validate(trained, training_set, training_set.validation)["macro_f1"] == pytest.approx(
        best
    )


def test_stops_early_without_progress(tmp_path):
    training_set = Points()
    training_set.classes = np.random.default_rng(1).permutation(training_set.classes)
    recipe = replace(RECIPE, epochs=50, patience=3)
    assert len(fit(network(), training_set, recipe, 0, tmp_path, "noise")) < 50


def test_reports_steps_and_time_left(tmp_path):
    seen = []
    fit(network(), Points(), RECIPE, 0, tmp_path, "points", seen.append)
    steps = [progress for progress in seen if not progress.ends_epoch]
    assert [progress.done for progress in steps] == list(range(1, len(steps) + 1))
    assert seen[-1].done == seen[-1].total == len(steps)
    assert seen[-1].seconds_left == pytest.approx(0)
    assert all(progress.seconds_left >= 0 for progress in seen)


@pytest.mark.parametrize("broken", [False, True], ids=["done", "broken off"])
def test_leaves_nothing_behind(tmp_path, broken):
    def watch(progress):
        if broken and progress.done == 3:
            raise InterruptedError

    before, net = gc.get_freeze_count(), network()
    weights = [weakref.ref(one) for one in net.parameters()]
    gc.disable()  # what is there must not depend on when it happens to be collected
    try:
        with suppress(InterruptedError):
            fit(net, Points(), RECIPE, 0, tmp_path, "points", watch)
        del net
        assert [one() for one in weights] == [None] * 4
    finally:
        gc.enable()
    assert gc.get_freeze_count() == before


def test_draws_limit_an_epoch(tmp_path):
    seen = []
    fit(network(), Points(), replace(RECIPE, draws=32), 0, tmp_path, "points", seen.append)
    assert sum(not progress.ends_epoch for progress in seen) == RECIPE.epochs * 2


def test_rows_without_weight_are_not_trained_on(tmp_path):
    training_set, blind = Points(), network()
    training_set.weights = (training_set.classes != 2).astype(float)
    fit(blind, training_set, RECIPE, 0, tmp_path, "two clouds")
    rows = np.flatnonzero(training_set.classes == 2)
    assert (logits_of(blind, training_set, rows).argmax(1) != 2).all()


def test_refuses_to_train_on_nothing(tmp_path):
    training_set = Points()
    training_set.weights = np.zeros(training_set.count)
    with pytest.raises(ValueError, match="no example has any weight"):
        fit(network(), training_set, RECIPE, 0, tmp_path, "nothing")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", 0),
        ("batch", 1),
        ("learning_rate", 0.0),
        ("warmup", 1.0),
        ("balance", 2.0),
        ("checkpoint", -1),
        ("decay", 0.0),
        ("optimizer", "sgd"),
        ("schedule", "steps"),
    ],
)
def test_settings_out_of_range_are_named(field, value):
    with pytest.raises(ValueError, match=f"{field}: {value!r}"):
        Recipe(**{field: value})


def test_early_stop_looks_at_what_it_is_told_to(tmp_path):
    """Each of these gets no better after an epoch of its own."""
    state = Checkpoint(tmp_path / "none", network(), None, MagicMock(), MagicMock())
    rows = [(0.5, 0.9, 0.1), (0.6, 0.8, 0.2), (0.605, 0.7, 0.2), (0.5, 0.7, 0.2)]
    state.history = [
        {"accuracy": accuracy, "valid_loss": loss, "macro_f1": f1} for accuracy, loss, f1 in rows
    ]
    assert state.epochs_since_best() == 2
    assert state.epochs_since_best("accuracy") == 1
    assert state.epochs_since_best("accuracy", tolerance=0.01) == 2
    assert state.epochs_since_best("valid_loss") == 1
    state.history = []
    assert state.epochs_since_best("valid_loss") == 0


def test_a_set_that_grows_by_itself_is_told_how_much(tmp_path):
    class Growing(Points):
        workers = 0

        def __init__(self):
            super().__init__()
            self.shares = []

        def grow(self, share):
            self.shares.append(share)

        def clean(self, rows):  # on validation alone
            assert np.isin(rows, self.validation).all()
            return super().clean(rows)

        def augmented(self, rows, random):
            return super().clean(rows)

    points = Growing()
    grow = (Growth("augment", rate=0.0, limit=3.5, start=1.0, factor=1.5),)
    fit(network(), points, replace(RECIPE, epochs=3, grow=grow), 0, tmp_path, "points")
    assert points.shares == [1.0, 1.5, 2.25]
