"""Uploads become data sets, in a process outside the app's server."""

import io
import json
import time

import pytest
from PIL import Image

from asl import processes
from asl.data.folder import read_folder
from asl.data.library import intake
from asl.data.library.dataset import ABOUT, Dataset, find_dataset, list_datasets, read_pictures
from asl.data.library.interpretation import name_people
from asl.data.library.queue import Turn
from asl.data.library.table import COLUMNS
from asl.data.pictures.cropped import prepare
from asl.data.pictures.examples import ExampleSettings
from asl.quota import QuotaError
from asl.workspace import workspace


class TestIntake:
    def test_an_upload_becomes_a_table_with_all_that_is_known(self, signs):
        table = signs.pictures()
        assert list(table.columns) == list(COLUMNS)
        assert len(table) == 20 and set(table["state"]) == {"used"}
        assert set(table["label"]) == {"A", "B"} and set(table["person"]) == {"anna", "ben"}
        assert signs.people_from == "names" and not signs.people_confirmed
        assert table["found"].all() and table["checked"].all()
        assert (table["width"] == 96).all()
        assert table["original"][0] == "A/anna_0.png"
        assert signs.thumbnail(table["path"][0]).read_bytes()[:2] == b"\xff\xd8"
        assert not (signs.folder / intake.UPLOAD).exists()

    def test_it_reads_back_as_training_reads_the_same_folder(self, signs, tmp_path, zip_of, scene):
        assert set(signs.read().table["person"]) == {None}  # a guess is no knowledge
        signs = name_people(signs, "names")
        own = signs.read().table
        for row in signs.pictures().itertuples():
            file = tmp_path / "same" / row.original
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes((signs.folder / row.path).read_bytes())
        other = read_folder(tmp_path / "same", people=r"(?P<person>\w+)_\d").table
        assert list(own.columns) == list(other.columns)
        assert own.drop(columns="path").equals(other.drop(columns="path"))
        assert read_pictures(signs.folder).table.equals(own)
        assert len(read_pictures(tmp_path / "same").table) == 20

    def test_training_finds_the_hands_in_the_cache(self, signs, monkeypatch):
        def search_again(*_):
            raise AssertionError("hands were searched for again")

        monkeypatch.setattr("asl.data.pictures.cropped.HandDetector", search_again)
        examples = prepare(signs.read().table, workspace() / "cache", "x", ExampleSettings())
        assert examples.found.all() and len(examples) == 20

    def test_an_unreadable_picture_is_listed_and_excluded(self, take, zip_of, scene):
        members = {f"{sign}/{n}.png": scene(10 * n + ord(sign)) for sign in "AB" for n in range(3)}
        dataset = take(zip_of({**members, "A/broken.png": scene(1)[:200], "B/psd.png": b"8BPS"}))
        (first, second) = dataset.read().problems
        assert (first.kind, first.path) == ("unreadable", "A/broken.png")
        assert "damaged" in first.message and "not a JPEG, PNG" in second.message
        assert len(dataset.read().table) == 6
        assert len(list((dataset.folder / "pictures").iterdir())) == 6

    def test_a_picture_that_is_too_much_costs_no_other(self, take, zip_of, scene):
        thin = io.BytesIO()
        Image.new("1", (60_000, 1)).save(thin, "PNG")
        dataset = take(
            zip_of({"A/0.png": scene(0), "A/1.png": thin.getvalue(), "B/0.png": scene(1)})
        )
        table = dataset.pictures().set_index("original")
        assert table.loc["A/1.png", "state"] == "unreadable"
        assert "60000 x 1 pixels" in table.loc["A/1.png", "reason"]
        assert (table.drop("A/1.png")["state"] == "used").all() and len(table) == 3

    def test_class_names_are_text_in_one_form(self, take, zip_of, scene):
        names = ["a", "A", "CON", "<img src=x onerror=alert(1)>", "e\u0301", "\u202ehallo\u200b"]
        data = zip_of({f"{name}/{n}.png": scene(n) for n, name in enumerate(names)})
        dataset = take(data)
        labels = set(dataset.read().table["label"])
        assert labels == {"A", "CON", "<img src=x onerror=alert(1)>", "\u00e9", "hallo"}
        assert "merged" in {kind for kind, *_ in dataset.problems}
        inside = {path.name for path in dataset.folder.rglob("*")}
        assert not any("img" in name or "CON" in name for name in inside)

    def test_pictures_beside_the_folders_are_said(self, take, zip_of, scene):
        members = {f"{sign}/{n}.png": scene(n) for n, sign in enumerate("ABAB")}
        dataset = take(zip_of({**members, "loose.png": scene(9)}))
        assert ("outside", "loose.png", "lies in no class folder") in dataset.problems
        assert len(list((dataset.folder / "pictures").iterdir())) == 4

    def test_a_folder_is_taken_like_an_upload(self, intake_here, tmp_path, scene):
        for n, sign in enumerate("ABAB"):
            file = tmp_path / "set" / sign / f"{n}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(scene(n))
        dataset = Dataset.open(intake.take_folder(tmp_path / "set", "mine").folder)
        assert len(dataset.read().table) == 4 and dataset.source == "folder"
        with pytest.raises(ValueError, match="is no folder on the computer of the app"):
            intake.take_folder(tmp_path / "absent", "mine")

    @pytest.mark.parametrize(
        ("members", "reason"),
        [
            pytest.param({"../A/1.png": b"x"}, "leads out of its folder", id="hostile"),
            pytest.param({"x.png": b"x"}, "no picture lies in a folder", id="no folders"),
            pytest.param({f"{'n' * 300}/1.png": b"x"}, "has 300 letters", id="long class name"),
            pytest.param({"\u202e\u200b/1.png": b"x"}, "nothing that can be read", id="unseen"),
        ],
    )
    def test_what_is_refused_is_said_and_leaves_only_that(
        self, intake_here, zip_of, members, reason
    ):
        folder = intake.take_upload(io.BytesIO(zip_of(members)), "mine", "zip").folder
        assert reason in intake.failure(folder)
        assert intake.intakes() == [folder] and list_datasets() == []
        names = {path.name for path in folder.iterdir()}
        assert names <= {intake.REQUEST, intake.FAILURE, intake.PROGRESS, "process.json"}
        intake.cancel(folder)
        assert not folder.exists() and intake.intakes() == []

    def test_without_hand_detection_the_pictures_are_taken_all_the_same(
        self, take, signs_zip, monkeypatch
    ):
        from asl.hands.networks import HandsUnavailable

        def absent():
            raise HandsUnavailable("no library")

        monkeypatch.setattr("asl.data.pictures.cropped.HandDetector", absent)
        table = take(signs_zip()).pictures()
        assert table["found"].isna().all() and table["checked"].all()


class TestProcess:
    def test_it_works_outside_and_says_how_far_it_is(self, signs_zip):
        data = signs_zip(each=3)
        folder = intake.take_upload(io.BytesIO(data), "mine", "zip").folder
        seen = []
        until = time.monotonic() + 60
        while (now := intake.step(folder)) is not None:
            assert time.monotonic() < until
            seen.append(now.name)
            time.sleep(0.05)
        assert (folder / ABOUT).is_file(), (folder / processes.LOG).read_text()
        assert set(seen) <= set(intake.STEPS) and sorted(seen, key=intake.STEPS.index) == seen
        assert len(find_dataset(folder.name).read().table) == 12

    def test_cancelling_leaves_nothing_within_two_seconds(self, signs_zip):
        folder = intake.take_upload(io.BytesIO(signs_zip(each=50)), "mine", "zip").folder
        until = time.monotonic() + 30
        while intake.step(folder).name == "starting":
            assert time.monotonic() < until
            time.sleep(0.02)
        began = time.monotonic()
        intake.cancel(folder)
        assert time.monotonic() - began < 2
        assert not folder.exists() and not list((workspace() / "cache").glob("*"))

    def test_one_waits_for_the_other_and_says_so(self, signs_zip):
        with Turn():
            folder = intake.take_upload(io.BytesIO(signs_zip()), "mine", "zip").folder
            until = time.monotonic() + 60
            while intake.step(folder).name != "waiting":
                assert time.monotonic() < until
                time.sleep(0.05)
            assert (folder / intake.UPLOAD).exists()
            intake.cancel(folder)
        assert not folder.exists()

    def test_one_that_was_killed_is_said_to_be_interrupted(self, signs_zip, monkeypatch):
        monkeypatch.setattr("asl.data.library.intake.processes.start", lambda *_: None)
        folder = intake.take_upload(io.BytesIO(signs_zip()), "mine", "zip").folder
        assert intake.step(folder) is None
        assert "was interrupted" in intake.failure(folder)

    def test_time_left_is_told_from_the_pace(self):
        assert intake.Step("hands", 25, 100, 10.0).seconds_left == pytest.approx(30)
        assert intake.Step("hands", 0, 100, 10.0).seconds_left is None
        assert intake.Step("hands", 1, 100, 0.1).seconds_left is None


def test_quota_of_pictures_is_said(intake_here, signs_zip, monkeypatch, asl_home):
    from asl import workspace as places

    monkeypatch.setenv("ASL_HOSTED", "1")
    monkeypatch.setenv("ASL_QUOTA_PICTURES", "20")
    monkeypatch.setattr(places, "_find_visitor", lambda: asl_home)
    full = intake.take_upload(io.BytesIO(signs_zip()), "mine", "zip").folder
    assert len(find_dataset(full.name).pictures()) == 20
    with pytest.raises(QuotaError, match="a visitor may keep 20 pictures, and there are as many"):
        intake.take_upload(io.BytesIO(signs_zip()), "more", "zip")
    Dataset.open(full).delete()
    large = intake.take_upload(io.BytesIO(signs_zip(each=6)), "large", "zip").folder
    assert "there are 24 pictures, and at most 20 are taken" in intake.failure(large)
    assert json.loads((large / intake.REQUEST).read_text())["name"] == "large"
