"""Nothing is dropped in silence: signs never trained, pictures that cannot be read, moved data."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from asl.bundle import EVALUATION
from asl.data.cache import content_of
from asl.evaluation.advice import advise
from asl.evaluation.recorded import for_candidates, read_evaluation
from asl.evaluation.report import SCORE
from asl.runs.estimate_worker import measure_cost
from asl.runs.progress import seconds_left
from asl.training.config import DataSet, TrainConfig
from asl.training.cross_validation import train
from asl.training.folds import splits, validation_rows
from asl.training.pictures.load import load
from asl.training.progress import Task, ignore
from asl.training.settings import AugmentSettings, Recipe
from asl.workspace import workspace

RECIPE = Recipe(epochs=12, batch=8, learning_rate=3e-3, optimizer="adam", weight_decay=0.0)


@pytest.fixture(autouse=True)
def no_tracking(monkeypatch):
    monkeypatch.setattr("asl.training.cross_validation.Tracker", MagicMock())


@pytest.fixture
def draw(tmp_path):
    """``draw("train/A", 8, "anna")``: so many pictures, anna1.png and so on, of a sign that is
    easily learned."""

    def make(folder: str, count: int, who: str = "") -> Path:
        place = tmp_path / "set" / folder
        place.mkdir(parents=True, exist_ok=True)
        sign = place.name
        quarter = sum(map(ord, sign)) % 4
        random = np.random.default_rng(len(folder))
        for number in range(count):
            grey = random.integers(0, 60, (28, 28), np.uint8)
            y, x = divmod(quarter, 2)
            grey[14 * y : 14 * y + 14, 14 * x : 14 * x + 14] += 180
            Image.fromarray(grey).convert("RGB").save(place / f"{who}{number}.png")
        return tmp_path / "set"

    return make


def configure(folder, **changes) -> TrainConfig:
    settings = {"picture": RECIPE, "augment": AugmentSettings.none(), **changes}
    data = settings.pop("data", (DataSet(str(folder), people=settings.pop("people", "none")),))
    return TrainConfig("signs", data, network="sign_convnet", **settings)


def collect(config: TrainConfig, cache: Path):
    return load(config, cache, 1, lambda progress: None)


class TestNeverTrained:
    @pytest.mark.parametrize("sign", ["D", "7", "hello"])
    def test_a_sign_of_the_test_part_alone_counts_and_is_no_label(self, draw, tmp_path, sign):
        for label in "ABC":
            draw(f"train/{label}", 12), draw(f"test/{label}", 4)
        folder = draw(f"test/{sign}", 4)
        bundle = train(configure(folder, split="own"), tmp_path / "out")
        card = bundle.card
        assert card.labels == ("A", "B", "C")
        whole = card.scores[0]
        assert (whole["candidates"], whole["pictures"]) == ("all", 16)
        assert whole["accuracy"] <= 0.75
        assert whole["never_trained"] == {sign: 4}
        rows = read_evaluation(bundle.folder, card.labels)
        assert (rows["label"] == sign).sum() == 4 and SCORE + sign not in rows
        recorded = for_candidates(rows, card.labels, "all")
        assert recorded.correct.mean() == pytest.approx(whole["accuracy"])
        assert any(f"{sign} was never trained" in said for said in advise(bundle).warnings)
        tested = pd.read_parquet(workspace() / "runs" / "signs" / "tested.parquet")["path"]
        assert [Path(path).name for path in tested] == rows["picture"].tolist()

    def test_a_sign_that_one_person_alone_made_counts_and_the_model_knows_it(self, draw, tmp_path):
        for who in ("anna", "ben", "cleo"):
            draw("A", 8, who), draw("B", 8, who)
        folder = draw("C", 5, "anna")
        config = configure(folder, people="(?P<person>[a-z]+)", split="leave-one-person-out")
        bundle = train(config, tmp_path / "out")
        assert bundle.card.labels == ("A", "B", "C")
        scores = {one["data"]: one for one in bundle.card.scores if one["candidates"] == "all"}
        assert scores["anna"]["never_trained"] == {"C": 5}
        assert (scores["anna"]["pictures"], scores["anna"]["accuracy"]) == (21, 16 / 21)
        assert "never_trained" not in scores["ben"]
        assert bundle.card.calibration["pictures"] == 48  # what was not learnt tells nothing
        assert len(pd.read_parquet(bundle.folder / EVALUATION)) == 53
        assert any(said.startswith("Only anna made the sign C") for said in advise(bundle).warnings)

    def test_a_set_left_out_has_signs_of_its_own_left_out_and_noted(self, draw, tmp_path):
        for name in ("one", "two"):
            draw(f"{name}/A", 8), draw(f"{name}/B", 8)
        folder = draw("two/hello", 3)
        data = tuple(DataSet(str(folder / name), people="none") for name in ("one", "two"))
        bundle = train(configure("", data=data, split="leave-one-set-out"), tmp_path / "out")
        assert bundle.card.labels == ("A", "B", "hello")
        scores = {one["data"]: one for one in bundle.card.scores if one["candidates"] == "all"}
        assert (scores["two"]["pictures"], scores["two"]["left_out"]) == (16, {"hello": 3})
        assert "left_out" not in scores["one"]
        assert "3 pictures of hello" in " ".join(advise(bundle).warnings)

    def test_kinds_of_signs_are_scored_beside_all_of_them(self, draw, tmp_path):
        for label in ("A", "B", "del"):
            draw(f"train/{label}", 8), draw(f"test/{label}", 2)
        bundle = train(configure(draw("test/A", 2), split="own"), tmp_path / "out")
        pictures = {one["candidates"]: one["pictures"] for one in bundle.card.scores}
        assert pictures == {"all": 6, "letters": 4}

    def test_what_can_never_be_right_is_refused_before_training(self, draw, tmp_path):
        draw("A", 8, "anna"), draw("B", 8, "anna"), draw("C", 8, "ben")
        config = configure(
            draw("D", 8, "ben"), people="(?P<person>[a-z]+)", split="leave-one-person-out"
        )
        with pytest.raises(ValueError, match="split: whichever part is left out"):
            train(config, tmp_path / "out")

    def test_what_is_validated_on_is_learnt_as_well(self, draw, tmp_path):
        for who in ("anna", "ben", "cleo"):
            draw("A", 8, who), draw("B", 8, who)
        draw("C", 1, "ben")
        config = configure(draw("D", 3, "cleo"), people="(?P<person>[a-z]+)")
        training_data = collect(replace(config, split="leave-one-person-out"), tmp_path)
        rows = np.arange(len(training_data.rows))
        labels = training_data.rows.labels
        for by_person in (True, False):
            aside = validation_rows(training_data.rows, rows, by_person, 0)
            assert len(aside) and set(labels[np.setdiff1d(rows, aside)]) == set("ABCD")

    def test_nothing_needs_to_be_kept_aside(self, draw, tmp_path):
        for who in ("anna", "ben", "cleo"):
            draw("A", 8, who)
        config = configure(
            draw("B", 8, "anna"), people="(?P<person>[a-z]+)", split="leave-one-person-out",
            validation=False,
        )  # fmt: skip
        bundle = train(config, tmp_path / "out")
        assert (
            sum(one["pictures"] for one in bundle.card.scores if one["candidates"] == "all") == 32
        )


@pytest.fixture
def broken(draw) -> Path:
    """A set with three pictures that cannot be read, a stray one, and files of a system."""
    for part, count in (("train", 10), ("test", 4)):
        for label in "AB":
            draw(f"{part}/{label}", count)
    folder = draw("train/A", 10)
    (folder / "train" / "A" / "0broken.png").write_bytes(b"no picture")
    (folder / "test" / "B" / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    (folder / "train" / "B" / "empty.png").write_bytes(b"")
    shutil.copy(folder / "train" / "A" / "1.png", folder / "stray.png")
    (folder / ".DS_Store").write_bytes(b"")
    return folder


BROKEN = {"test/B/cut.jpg", "train/A/0broken.png", "train/B/empty.png"}


class TestUnreadable:
    def test_all_are_named_with_their_folders_and_training_goes_on(self, broken, tmp_path):
        told = []
        config = configure(broken, split="own")
        bundle = train(config, tmp_path / "out", tell_left_out=told.append)
        [problems] = told
        assert {one.path for one in problems if one.kind == "unreadable"} == BROKEN
        assert {one.path: one.kind for one in problems if one.path not in BROKEN} == {
            ".DS_Store": "hidden", "stray.png": "outside",
        }  # fmt: skip
        [about] = bundle.card.data
        assert (about["rows"], about["left_out"]) == (28, 4)
        # The test part is still the test part.
        assert bundle.card.scores[0]["pictures"] == 8
        assert bundle.card.scores[0]["accuracy"] == 1.0
        assert any("4 files of the data were left out" in one for one in advise(bundle).warnings)
        # An interrupted run has the same rows again.
        shutil.rmtree(workspace() / "runs" / "signs" / "00")
        again = train(config, tmp_path / "again", resume=True, tell_left_out=told.append)
        assert told[1] == problems and again.card.scores == bundle.card.scores

    @pytest.mark.parametrize("network", ["sign_convnet", "efficientnet_lite0"])
    def test_no_picture_is_decoded_twice(self, broken, tmp_path, network, monkeypatch):
        config = configure(broken, split="own").with_network(network)
        first = collect(config, tmp_path / "cache")

        def decode_again(*_, **__):
            raise AssertionError("a picture was decoded again")

        for module in ("pictures.cropped", "pictures.uncropped"):
            monkeypatch.setattr(f"asl.data.{module}.load_rgb", decode_again)
        monkeypatch.setattr("asl.data.pictures.cropped.worker_pool", decode_again)
        told = []
        second = load(config, tmp_path / "cache", 1, told.append)
        assert not told  # nothing has to be done, and nothing is said to be done
        assert first.left_out == second.left_out
        assert {one.path for one in second.left_out if one.kind == "unreadable"} == BROKEN
        assert first.paths.tolist() == second.paths.tolist()
        assert len(second.rows) == len(second.own.examples.crops) == 28
        for path, tested in zip(second.paths, second.rows.test_part, strict=True):
            assert tested == ("/test/" in path)
        for row in (0, 9, 27):
            np.testing.assert_array_equal(
                first.own.examples.crops[row], second.own.examples.crops[row]
            )

    def test_a_picture_that_is_mended_is_read_and_the_others_are_not(
        self, broken, tmp_path, monkeypatch
    ):
        config = configure(broken, split="own").with_network("efficientnet_lite0")
        collect(config, tmp_path / "cache")
        shutil.copy(broken / "train" / "B" / "1.png", broken / "train" / "B" / "empty.png")
        asked = []
        monkeypatch.setattr(
            "asl.data.pictures.cropped.worker_pool",
            lambda *_, **__: pytest.fail("a process was started") if asked else Here(asked),
        )
        training_data = collect(config, tmp_path / "cache")
        assert len(training_data.rows) == 29
        assert {Path(path).name for path in asked} <= {Path(path).name for path in BROKEN}

    def test_a_file_that_cannot_be_opened_is_named_too(self, broken, tmp_path, monkeypatch):
        shut = str((broken / "train" / "A" / "3.png").resolve())

        def refuse_one(path):
            if path == shut:
                raise PermissionError(13, "Permission denied")
            return content_of(path)

        monkeypatch.setattr("asl.data.cache.content_of", refuse_one)
        left_out = {one.path: one.message for one in collect(configure(broken), tmp_path).left_out}
        assert "Permission denied" in left_out["train/A/3.png"]

    def test_names_of_several_sets_are_told_apart(self, broken, draw, tmp_path):
        draw("../other/A", 4), draw("../other/B", 4)
        other = tmp_path / "other"
        (other / "A" / "cut.jpg").write_bytes(b"x")
        data = tuple(DataSet(str(folder), people="none") for folder in (broken, other))
        training_data = collect(configure("", data=data), tmp_path / "cache")
        named = {one.path for one in training_data.left_out if one.kind == "unreadable"}
        assert named == {*(f"set/{path}" for path in BROKEN), "other/A/cut.jpg"}
        assert [about["left_out"] for about in training_data.about] == [4, 1]

    def test_where_too_few_are_left_one_is_named(self, draw, tmp_path):
        folder = draw("A", 6)
        (folder / "B").mkdir()
        for number in range(6):
            (folder / "B" / f"{number}.png").write_bytes(b"x")
        with pytest.raises(
            ValueError, match=r"only \['A'\] found.*6 files were left out.*B/0\.png"
        ):
            train(configure(folder), tmp_path / "out")

    def test_an_estimate_searches_for_no_hand_again(self, draw, monkeypatch):
        draw("A", 15)
        config = configure(draw("B", 15)).with_network("efficientnet_lite0")
        config = replace(config, start="none", picture=replace(RECIPE, epochs=1))
        collect(config, workspace() / "cache")

        def search_again(*_, **__):
            raise AssertionError("a picture was searched again")

        monkeypatch.setattr("asl.data.pictures.cropped.load_rgb", search_again)
        monkeypatch.setattr("asl.data.pictures.cropped.worker_pool", search_again)
        found = measure_cost(config, {})
        (_, task, starting), (_, first, _), *_ = found.plan
        assert (task, first) == (Task.STARTING, Task.FROZEN_STAGES) and found.pictures == 30
        # A training that has started as fast as was estimated takes as long as was estimated.
        now = {"task": first, "fold": "", "done": 0, "total": 9, "seconds_left": None}
        left = seconds_left(found.plan, now, starting)
        assert left == pytest.approx(found.seconds - starting)
        kept = (workspace() / "cache").iterdir()
        assert [one.name.partition("-")[0] for one in kept] == ["examples"]

    def test_an_estimate_is_made_from_those_that_can_be_read(self, broken, tmp_path):
        found = load(configure(broken), tmp_path / "cache", 1, ignore, sample=24)
        assert 0 < len(found.rows) == len(found.own.examples.crops) <= 24
        assert len(found.rows) < len(found.listed)
        assert not {Path(path).name for path in found.paths} & {"0broken.png", "cut.jpg"}
        for path, label in zip(found.paths, found.rows.labels, strict=True):
            assert Path(path).parent.name == label
        for path in broken.glob("*/*/*.*"):
            path.write_bytes(b"x")
        with pytest.raises(ValueError, match="can be read"):
            load(configure(broken), tmp_path / "another cache", 1, ignore, sample=24)


class Here:
    """Does in this process what a pool of processes would; notes the paths."""

    def __init__(self, asked: list):
        self.asked = asked

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def map(self, work, paths, chunksize=1):
        self.asked += paths
        return [(np.zeros((s, s, 3)), np.zeros((s, s, 3)), None) if "empty" in path else "broken"
                for path in paths for s in [280]]  # fmt: skip


class TestMoved:
    @pytest.fixture
    def interrupted(self, draw, tmp_path) -> TrainConfig:
        """A run that was stopped in the middle of its first network."""
        for label in "AB":
            draw(f"train/{label}", 10), draw(f"test/{label}", 4)
        config = configure(draw("test/A", 4), split="own")

        def stop(progress):
            if progress.figures.get("epoch") == 4:
                raise InterruptedError

        with pytest.raises(InterruptedError):
            train(config, tmp_path / "out", report=stop)
        return config

    def test_moved_and_renamed_data_go_on_and_are_found_again(self, interrupted, tmp_path):
        new = tmp_path / "elsewhere" / "my signs"
        shutil.copytree(tmp_path / "set", new)
        shutil.rmtree(tmp_path / "set")
        moved = replace(interrupted, data=(DataSet(str(new), people="none"),))
        epochs = []
        bundle = train(
            moved, tmp_path / "out", resume=True,
            report=lambda one: epochs.append(one.figures["epoch"]) if one.ends_epoch else None,
        )  # fmt: skip
        assert bundle.card.scores[0]["accuracy"] == 1.0
        assert bundle.card.data[0]["name"] == "my signs"
        run = workspace() / "runs" / "signs"
        assert json.loads((run / "run.json").read_text())["config"]["data"][0]["folder"] == str(new)
        assert all(Path(path).is_file() for path in pd.read_parquet(run / "tested.parquet")["path"])

    @pytest.mark.parametrize("change", ["another picture", "another sign", "another part"])
    def test_moved_and_changed_data_are_refused(self, interrupted, tmp_path, change):
        new = tmp_path / "elsewhere"
        shutil.move(tmp_path / "set", new)
        if change == "another picture":
            Image.new("RGB", (28, 28)).save(new / "train" / "A" / "3.png")
        elif change == "another sign":
            os.rename(new / "train" / "B", new / "train" / "C")
        else:
            os.rename(new / "test", new / "valid")
        moved = replace(interrupted, data=(DataSet(str(new), people="none"),))
        if change == "another part":  # there is no test part any more
            with pytest.raises(ValueError, match="no part for testing"):
                train(moved, tmp_path / "out", resume=True)
            return
        with pytest.raises(ValueError, match="pictures have changed"):
            train(moved, tmp_path / "out", resume=True)

    def test_a_set_that_is_called_otherwise_goes_on(self, interrupted, tmp_path):
        """As that of a zip, which is called after it and lies under a name of the workspace's."""
        for name in ("signs of March", "signs of April"):
            entry = replace(interrupted.data[0], name=name)
            train(replace(interrupted, data=(entry,)), tmp_path / "out", resume=True)

    def test_sets_left_out_in_turn_keep_their_numbers(self, draw, tmp_path):
        for name in ("one", "two"):
            draw(f"{name}/A", 6), draw(f"{name}/B", 6)
        one, two = (DataSet(str(tmp_path / "set" / n), n, "none") for n in ("one", "two"))
        config = configure("", data=(one, two), split="leave-one-set-out", final=False)
        train(config, tmp_path / "out")
        kept = replace(config, data=(replace(one, name="first"), two))
        assert train(kept, tmp_path / "out", resume=True).card.scores[0]["data"] == "first"
        swapped = replace(config, data=(replace(one, name="zero"), two))
        with pytest.raises(ValueError, match="have changed"):
            train(swapped, tmp_path / "out", resume=True)

    def test_other_settings_are_still_refused(self, interrupted, tmp_path):
        named = replace(interrupted, data=(replace(interrupted.data[0], weight=0.5),))
        for other in (named, replace(interrupted, seed=3)):
            with pytest.raises(ValueError, match="settings have changed"):
                train(other, tmp_path / "out", resume=True)

    def test_the_sides_of_a_table_are_part_of_the_content(self, interrupted, tmp_path):
        training_data = collect(interrupted, tmp_path / "cache")
        other = replace(
            training_data,
            rows=replace(training_data.rows, test_part=~training_data.rows.test_part),
        )
        assert other.content != training_data.content
        assert replace(training_data, about=()).content == training_data.content


class TestNames:
    @pytest.fixture(autouse=True)
    def nothing_is_prepared(self, monkeypatch):
        def fail(*_, **__):
            raise AssertionError("pictures were prepared")

        for name in ("prepare", "prepare_uncropped", "reread"):
            monkeypatch.setattr(f"asl.training.pictures.load.{name}", fail)

    @pytest.mark.parametrize(
        ("label", "fault"),
        [
            pytest.param("x" * 70, "1 to 64", id="too long"),
            pytest.param("ab\x07c", "cannot be shown", id="control character"),
            pytest.param("ab\u202ec", "cannot be shown", id="turned"),
            pytest.param("ab\u200bc", "cannot be shown", id="unseen"),
        ],
    )
    def test_names_of_signs_that_no_model_can_have(self, draw, tmp_path, monkeypatch, label, fault):
        from asl.data.table import FolderTable

        folder = draw("A", 3)
        table = pd.DataFrame({
            "path": ["a", "b"], "label": ["A", label], "person": None, "part": None,
        })  # fmt: skip
        listed = FolderTable(table, ())
        monkeypatch.setattr("asl.training.pictures.load.read_pictures", lambda *_: listed)
        with pytest.raises(ValueError, match=f"data: the name .* of a sign in set .*{fault}"):
            train(configure(folder), tmp_path / "out")

    def test_places_where_no_model_can_be(self, draw, tmp_path):
        config = configure(draw("A", 1))
        (tmp_path / "file").write_text("")
        for out, message in {
            "file": "is a file",
            "no/such": "there is no folder",
            "file/below": "there is no folder",
        }.items():
            with pytest.raises(ValueError, match=f"out: .*{message}"):
                train(config, tmp_path / out)
        assert not (workspace() / "runs" / "signs" / "run.json").exists()

    @pytest.mark.skipif(os.getuid() == 0, reason="whoever runs this may write everywhere")
    def test_a_place_that_cannot_be_written(self, draw, tmp_path):
        (tmp_path / "closed").mkdir(mode=0o500)
        with pytest.raises(ValueError, match="cannot be written"):
            train(configure(draw("A", 1)), tmp_path / "closed" / "out")

    @pytest.mark.parametrize("name", ["", "a model", "../x", "x" * 65, "手話", ".hidden"])
    def test_names_of_models(self, name):
        with pytest.raises(ValueError, match=r"name: the model.s name .* may hold only"):
            replace(TrainConfig("x", (DataSet("y"),)), name=name)


def test_labels_are_those_of_rows_that_are_trained_on(draw, tmp_path):
    draw("train/A", 6), draw("train/B", 6), draw("test/A", 2), draw("test/C", 2)
    config = configure(draw("train/hello", 6), split="own")
    training_data = collect(config, tmp_path)
    assert training_data.labels == ("A", "B", "hello")
    [split] = splits(config, training_data.rows)
    assert (training_data.classes(training_data.rows.labels[split.train]) >= 0).all()
    assert training_data.classes(np.array(["C", "A"])).tolist() == [-1, 0]
