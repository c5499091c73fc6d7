"""Data sets of users: made in a process of its own, mended, read back as training reads folders."""

import io
import json
import os
import struct
import time
import zlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from asl import processes
from asl.data import datasets, intake
from asl.data.datasets import (
    ABOUT,
    TABLE,
    Dataset,
    class_label,
    create,
    find_dataset,
    list_datasets,
    read_pictures,
)
from asl.data.examples import ExampleSettings, prepare
from asl.data.folder import Unclear, read_folder
from asl.data.look import LONGEST_SIDE, add_picture
from asl.data.turns import Turn
from asl.data.wholes import prepare_wholes
from asl.images import PictureError, load_rgb
from asl.quota import QuotaError
from asl.workspace import workspace


@pytest.fixture
def take(intake_here):
    """``take(data)``: the data set that an upload becomes."""

    def make(data: bytes, name: str = "mine", kind: str = "zip") -> Dataset:
        dataset = intake.take_upload(io.BytesIO(data), name, kind)
        assert not intake.failure(dataset.folder), intake.failure(dataset.folder)
        return Dataset.open(dataset.folder)

    return make


@pytest.fixture
def signs(take, signs_zip) -> Dataset:
    """A and B, five pictures each of anna and ben."""
    return take(signs_zip())


class TestLevels:
    """What the folders of an upload mean is read, asked, and said."""

    @pytest.fixture
    def numbered(self, take, zip_of, scene) -> Dataset:
        """A, B and C, each with folders 1, 2 and 3, and a picture beside them."""
        names = [f"{s}/{k}/{n}.png" for s in "ABC" for k in "123" for n in range(2)] + ["A/x.png"]
        return take(zip_of({name: scene(seed) for seed, name in enumerate(names)}))

    def test_two_readings_are_kept_as_a_question(self, numbered):
        assert [answer for answer, _ in numbered.level_choices] == ["sign/person", "person/sign"]
        assert numbered.level_choices[1][1] == "signs 1, 2, 3; people A, B, C"
        assert numbered.pictures()["label"].value_counts().to_dict() == {"A": 7, "B": 6, "C": 6}
        with pytest.raises(Unclear, match="say it with --level sign/person"):
            read_pictures(numbered.folder)

    def test_an_answer_reads_the_folders_again(self, numbered):
        said = numbered.set_levels("person/sign")
        table = said.pictures()
        used = table[table["state"] == "used"]
        assert used["label"].value_counts().to_dict() == {"1": 6, "2": 6, "3": 6}
        assert set(used["person"]) == {"A", "B", "C"} and not said.people_confirmed
        (stray,) = table[table["state"] == "left out"].itertuples()
        assert (stray.original, stray.reason) == ("A/x.png", "lies in no class folder")
        assert said.level_choices == () and Dataset.open(said.folder) == said
        assert len(read_pictures(said.folder).table) == 18
        again = said.set_levels("sign/take")
        assert again.pictures()["label"].value_counts().to_dict() == {"A": 7, "B": 6, "C": 6}
        assert set(again.pictures()["state"]) == {"used"}

    def test_pictures_from_the_camera_say_themselves_what_they_are(self, numbered, scene):
        from asl.data.look import add_picture

        add_picture(numbered, scene(99, format="JPEG"), "B", "zoe")
        said = Dataset.open(numbered.folder).set_levels("person/sign")
        last = said.pictures().iloc[-1]
        assert (last["label"], last["person"], last["state"]) == ("B", "zoe", "used")

    @pytest.mark.parametrize("levels", ["person/take", "sign/sign", "part/person/sign/take"])
    def test_an_answer_that_cannot_be_changes_nothing(self, numbered, levels):
        before = numbered.pictures()
        with pytest.raises(ValueError, match=r"^level: "):
            numbered.set_levels(levels)
        assert numbered.pictures().equals(before) and Dataset.open(numbered.folder) == numbered


class TestNames:
    """Names that may be read in two ways are read in the likelier one, and asked about."""

    def test_an_answer_reads_the_names_again(self, take, korean_zip):
        dataset = take(korean_zip())
        assert dataset.encoding == "gbk"
        choices = dict(dataset.encoding_choices)
        assert list(choices) == ["gbk", "cp949"] and choices["cp949"] == "안녕하세요 and 학교"
        known = dataset.set_encoding("cp949")
        assert set(known.pictures()["label"]) == {"안녕하세요", "학교"}
        assert set(known.pictures()["original"].str.split("/").str[1]) == {"안녕하세요", "학교"}
        assert known.encoding_choices == () and Dataset.open(known.folder) == known

    def test_the_first_reading_may_be_right(self, take, korean_zip):
        dataset = take(korean_zip())
        before = dataset.pictures()
        assert dataset.set_encoding("gbk").encoding_choices == ()
        assert dataset.pictures().equals(before)

    def test_it_is_no_answer_to_what_the_folders_mean(self, take, korean_zip, scene):
        from asl.data.look import add_picture

        dataset = take(korean_zip())
        choices = (("sign/take", "one"), ("take/sign", "two"))
        dataset = replace(dataset, levels="sign/take", level_choices=choices).save()
        add_picture(dataset, scene(99, format="JPEG"), "año", None)
        known = dataset.set_encoding("cp949")
        table = known.pictures()
        assert (known.levels, known.level_choices) == ("take/sign", ())  # found out anew
        assert set(table["label"]) == {"안녕하세요", "학교", "año"}
        assert table["original"].iloc[-1].startswith("año/camera ")

    def test_another_answer_is_refused(self, take, korean_zip):
        dataset = take(korean_zip())
        with pytest.raises(ValueError, match="'utf-8' is none that these names may be in: gbk"):
            dataset.set_encoding("utf-8")


class TestIntake:
    def test_an_upload_becomes_a_table_with_all_that_is_known(self, signs):
        table = signs.pictures()
        assert list(table.columns) == list(datasets.COLUMNS)
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
        signs = signs.name_people("names")
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

        monkeypatch.setattr("asl.data.examples.HandDetector", search_again)
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

    def test_metadata_and_needless_pixels_go_and_others_keep_their_bytes(self, take, zip_of, scene):
        exif = Image.Exif()
        exif[0x0112], exif[0x010E] = 6, "at home"
        large = io.BytesIO()
        Image.new("RGB", (3000, 1000), "red").save(large, "JPEG", exif=exif)
        plain = scene(1, format="JPEG")
        dataset = take(zip_of({"A/plain.jpg": plain, "B/large.jpg": large.getvalue()}))
        table = dataset.pictures()
        assert (dataset.folder / table["path"][0]).read_bytes() == plain
        kept = dataset.folder / table["path"][1]
        assert b"Exif" not in kept.read_bytes() and b"at home" not in kept.read_bytes()
        assert load_rgb(kept).shape == (LONGEST_SIDE, round(LONGEST_SIDE / 3), 3)
        assert (table["width"][1], table["height"][1]) == (round(LONGEST_SIDE / 3), LONGEST_SIDE)

    @pytest.mark.parametrize("where", ["text", "comment", "webp"])
    def test_words_in_a_picture_go_too(self, take, zip_of, scene, where):
        from PIL.PngImagePlugin import PngInfo

        file, picture = io.BytesIO(), Image.open(io.BytesIO(scene(3)))
        words = PngInfo()
        words.add_text("Author", "secret-word")
        if where == "text":
            picture.save(file, "PNG", pnginfo=words)
        elif where == "comment":
            picture.save(file, "JPEG", comment=b"secret-word")
        else:
            picture.save(file, "WEBP", xmp=b"secret-word", lossless=True)
        assert b"secret-word" in file.getvalue()
        dataset = take(zip_of({f"A/x.{where}.png": file.getvalue(), "B/y.png": scene(4)}))
        assert len(dataset.read().table) == 2
        for place in dataset.folder.rglob("*"):
            assert place.is_dir() or b"secret-word" not in place.read_bytes(), place

    @pytest.mark.parametrize(
        ("name", "format", "kept"),
        [
            ("x.HEIC", "HEIC", ".jpg"),
            ("x.avif", "AVIF", ".jpg"),
            ("x.tif", "TIFF", ".png"),
            ("x.gif", "GIF", ".png"),
            ("x.jfif", "JPEG", ".jpg"),
            ("named wrongly.jpg", "PNG", ".png"),
            ("named wrongly.png", "JPEG", ".jpg"),
        ],
    )
    def test_what_is_kept_every_browser_shows(self, take, zip_of, scene, heic, name, format, kept):
        exif = Image.Exif()
        exif[0x010E] = "secret-word"
        exif.get_ifd(0x8825)[1] = "N"
        file, picture = io.BytesIO(), Image.open(io.BytesIO(scene(3)))
        if format == "HEIC":
            file.write(heic["turned"])
        else:
            words = {"comment": b"secret-word"} if format == "GIF" else {"exif": exif}
            picture.save(file, format, **words)
        assert b"secret-word" in file.getvalue()
        dataset = take(zip_of({f"A/{name}": file.getvalue(), "B/y.png": scene(4)}))
        row = dataset.pictures().iloc[0]
        path = dataset.folder / row["path"]
        assert row["original"] == f"A/{name}" and path.suffix == kept and row["found"] is not None
        assert load_rgb(path).shape[:2] == (row["height"], row["width"])
        assert np.abs(load_rgb(path).astype(int) - load_rgb(file)).mean() < 5
        with Image.open(path, formats=["PNG" if kept == ".png" else "JPEG"]) as opened:
            assert not opened.getexif()
        assert dataset.thumbnail(row["path"]).is_file()
        for place in dataset.folder.rglob("*"):
            assert place.is_dir() or b"secret-word" not in place.read_bytes(), place

    def test_what_only_the_decoder_can_read_is_written_anew(self, take, zip_of, scene):
        text = b"Comment\0\0" + zlib.compress(bytes(2 << 20))
        added = struct.pack(">I", len(text)) + b"zTXt" + text
        added += struct.pack(">I", zlib.crc32(added[4:]))
        data = scene(3)
        at = data.index(b"IDAT") - 4
        dataset = take(zip_of({"A/x.png": data[:at] + added + data[at:], "B/y.png": scene(4)}))
        kept = (dataset.folder / dataset.pictures()["path"][0]).read_bytes()
        assert b"zTXt" not in kept
        np.testing.assert_array_equal(load_rgb(kept), load_rgb(data))

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

        monkeypatch.setattr("asl.data.examples.HandDetector", absent)
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
        monkeypatch.setattr("asl.data.intake.processes.start", lambda *_: None)
        folder = intake.take_upload(io.BytesIO(signs_zip()), "mine", "zip").folder
        assert intake.step(folder) is None
        assert "was interrupted" in intake.failure(folder)

    def test_time_left_is_told_from_the_pace(self):
        assert intake.Step("hands", 25, 100, 10.0).seconds_left == pytest.approx(30)
        assert intake.Step("hands", 0, 100, 10.0).seconds_left is None
        assert intake.Step("hands", 1, 100, 0.1).seconds_left is None


class TestMending:
    def test_relabelled_pictures_have_the_known_spelling_of_the_sign(self, signs):
        path = signs.pictures()["path"][0]
        signs.relabel([path], "b")
        assert signs.pictures()["label"][0] == "B"
        signs.relabel([path], " my Sign ")
        signs.relabel([signs.pictures()["path"][1]], "MY SIGN")
        assert set(signs.pictures()["label"]) == {"A", "B", "my Sign"}
        with pytest.raises(ValueError, match="nothing that can be read"):
            signs.relabel([path], " \u200b")

    def test_what_is_left_out_is_not_read_and_comes_back(self, signs):
        paths = signs.pictures()["path"][:3].tolist()
        signs.leave_out(paths)
        assert len(signs.read().table) == 17
        assert set(signs.pictures()["reason"][:3]) == {"left out by you"}
        signs.take_back(paths)
        assert len(signs.read().table) == 20 and set(signs.pictures()["reason"]) == {""}

    def test_hands_are_not_searched_again_after_mending(self, signs, monkeypatch):
        signs.relabel([signs.pictures()["path"][0]], "B")
        signs.leave_out(signs.pictures()["path"][1:3].tolist())
        monkeypatch.setattr("asl.data.examples.HandDetector", None)
        examples = prepare(signs.read().table, workspace() / "cache")
        whole = prepare(signs.read().table.iloc[::-1], workspace() / "cache")
        assert len(examples) == 18 and examples.found.all()
        np.testing.assert_array_equal(examples.crops[::-1], whole.crops)
        np.testing.assert_array_equal(examples.landmarks[::-1], whole.landmarks)

    def test_people_are_named_and_confirmed(self, signs):
        paths = signs.pictures()["path"]
        named = signs.set_people({paths[0]: " cleo ", paths[1]: ""}, "table")
        table = Dataset.open(signs.folder).read().table
        assert named.people_confirmed and table["person"].tolist() == ["cleo", *[None] * 19]
        with pytest.raises(ValueError, match="person: the name"):
            signs.set_people({paths[0]: "x" * 65}, "table")

    def test_people_who_were_only_guessed_are_not_read(self, signs):
        guessed = signs.pictures().set_index("path")["person"]
        assert guessed.notna().all() and not signs.people_confirmed
        assert signs.read().table["person"].tolist() == [None] * 20
        assert read_pictures(signs.folder, "folders").table["person"].tolist() == [None] * 20
        confirmed = signs.set_people(guessed, "names").read().table
        assert confirmed["person"].tolist() == guessed.tolist()

    def test_names_are_bounded(self, signs):
        assert find_dataset(signs.rename("  Two\nlines ").id).name == "Two lines"
        for name in ("", " ", "x" * 81):
            with pytest.raises(ValueError, match=r"name: .* letters; it must have 1 to 80"):
                signs.rename(name)

    def test_deleting_leaves_nothing_of_the_pictures(self, signs, take, signs_zip):
        other = take(signs_zip("CD"))
        cache = workspace() / "cache"
        prepare_wholes(signs.read().table, cache, "x", 32)
        assert len(list(cache.iterdir())) == 3
        signs.delete()
        assert not signs.folder.exists() and [d.id for d in list_datasets()] == [other.id]
        assert len(list(cache.iterdir())) == 1
        with pytest.raises(ValueError, match="data set: there is none"):
            find_dataset(signs.id)

    def test_what_another_data_set_needs_stays(self, signs, take, signs_zip):
        twin, cache = take(signs_zip()), workspace() / "cache"
        one_more = take(signs_zip(each=6))
        assert len(list(cache.iterdir())) == 2, "the twins share what was cut out"
        one_more.delete()
        assert len(list(cache.iterdir())) == 1
        signs.delete()
        assert prepare(twin.read().table, cache).found.all()
        assert len(list(cache.iterdir())) == 1
        twin.delete()
        assert not list(cache.iterdir())

    def test_a_data_set_whose_table_is_damaged_can_be_deleted(self, signs):
        (signs.folder / TABLE).write_bytes(b"PAR1")
        signs.delete()
        assert not signs.folder.exists() and not list((workspace() / "cache").iterdir())

    def test_an_intake_that_is_cancelled_leaves_nothing_of_the_pictures(self, signs):
        (signs.folder / ABOUT).unlink()  # as before its last step
        intake.cancel(signs.folder)
        assert not signs.folder.exists() and not list((workspace() / "cache").iterdir())


class TestCamera:
    def test_pictures_are_added_sign_by_sign_and_then_looked_at(self, intake_here, scene):
        dataset = create("mine", "camera").save()
        for seed, sign in enumerate(["a", "b", "A"]):
            add_picture(dataset, scene(seed, format="JPEG"), sign, "anna" if seed else None)
        table = dataset.pictures()
        assert table["label"].tolist() == ["A", "B", "A"]
        assert table["person"].isna().tolist() == [True, False, False]
        assert table["found"].isna().all() and not table["checked"].any()
        intake.check_again(Dataset.open(dataset.folder))
        assert dataset.pictures()["found"].all() and dataset.pictures()["checked"].all()
        assert Dataset.open(dataset.folder).people_from == "table"

    def test_a_picture_is_added_beside_those_that_are_there(self, take, zip_of, scene):
        dataset = take(zip_of({"A/1.jpg": b"no picture", "A/2.jpg": scene(1, format="JPEG")}))
        before = {file: file.read_bytes() for file in (dataset.folder / "pictures").iterdir()}
        add_picture(dataset, scene(2, format="JPEG"), "A", None)
        assert before.items() <= {f: f.read_bytes() for f in before}.items()
        assert dataset.pictures()["path"].is_unique

    def test_what_is_no_picture_is_not_added(self, intake_here):
        dataset = create("mine", "camera").save()
        with pytest.raises(PictureError):
            add_picture(dataset, b"no picture", "A", None)
        assert dataset.pictures().empty and not list((dataset.folder / "pictures").iterdir())


class TestDamage:
    @pytest.mark.parametrize("name", ["..", "../datasets", "x", "", "/etc", "a" * 12 + "\n"])
    def test_no_name_opens_another_folder(self, signs, name):
        with pytest.raises(ValueError, match="data set: there is none"):
            find_dataset(name)

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": 1, "more": 2}', "\xff"])
    def test_a_damaged_note_hides_the_data_set_and_names_it(self, signs, text):
        (signs.folder / ABOUT).write_text(text, encoding="latin-1")
        assert list_datasets() == []
        with pytest.raises(ValueError, match=f"'{signs.id}' is damaged"):
            find_dataset(signs.id)

    def test_a_set_without_pictures_left_cannot_be_trained_on(self, signs):
        signs.leave_out(signs.pictures()["path"].tolist())
        with pytest.raises(ValueError, match="no picture of the data set"):
            read_pictures(signs.folder)

    def test_the_table_is_never_half_written(self, signs, monkeypatch):
        before = (signs.folder / datasets.TABLE).read_bytes()

        def fail(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="No space left"):
            signs.leave_out(signs.pictures()["path"].tolist())
        assert (signs.folder / datasets.TABLE).read_bytes() == before


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("a", "A"),
        ("DEL", "del"),
        ("hello\tworld", "hello world"),
        ("\u202eabc", "abc"),
        ("e\u0301", "é"),
        ("שלום", "שלום"),
        ("../x", "../x"),
    ],
)
def test_class_label(name, label):
    assert class_label(name) == label


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


def test_people_of_another_tools_export_are_named_by_a_pattern(take, zip_of, scene):
    members = {f"train/{who}_{n}.png": scene(n) for n, who in enumerate(("ann", "bo") * 4)}
    rows = "".join(f"{name.split('/')[1]},{int(n % 3 == 0)},{int(n % 3 > 0)}\n"
                   for n, name in enumerate(members))  # fmt: skip
    dataset = take(zip_of({**members, "train/_classes.csv": f"filename, A, B\n{rows}".encode()}))
    assert dataset.pictures()["label"].value_counts().to_dict() == {"B": 5, "A": 3}
    named = dataset.name_people(r"(?P<person>[a-z]+)_\d+\.png$")
    assert set(named.read().table["person"]) == {"ann", "bo"} and dataset.levels == ""
    with pytest.raises(ValueError, match="gives a person to none"):
        dataset.name_people("(?P<person>zz)")
