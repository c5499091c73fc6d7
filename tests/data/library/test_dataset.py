"""A data set on disk: corrected by hand, read back as training reads folders."""

import os

import numpy as np
import pytest

from asl.data.library.dataset import ABOUT, Dataset, find_dataset, list_datasets, read_pictures
from asl.data.library.table import TABLE
from asl.data.pictures.cropped import prepare
from asl.labels import class_label
from asl.workspace import workspace


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
        monkeypatch.setattr("asl.data.pictures.cropped.HandDetector", None)
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
        before = (signs.folder / TABLE).read_bytes()

        def fail(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="No space left"):
            signs.leave_out(signs.pictures()["path"].tolist())
        assert (signs.folder / TABLE).read_bytes() == before


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
