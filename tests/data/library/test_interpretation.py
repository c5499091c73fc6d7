"""What the names in an upload mean is read, asked, and said by its user."""

from dataclasses import replace

import pytest

from asl.data.library.dataset import Dataset, read_pictures
from asl.data.library.interpretation import name_people, set_encoding, set_levels
from asl.data.library.picture import add_picture
from asl.data.problems import Unclear


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
        said = set_levels(numbered, "person/sign")
        table = said.pictures()
        used = table[table["state"] == "used"]
        assert used["label"].value_counts().to_dict() == {"1": 6, "2": 6, "3": 6}
        assert set(used["person"]) == {"A", "B", "C"} and not said.people_confirmed
        (stray,) = table[table["state"] == "left out"].itertuples()
        assert (stray.original, stray.reason) == ("A/x.png", "lies in no class folder")
        assert said.level_choices == () and Dataset.open(said.folder) == said
        assert len(read_pictures(said.folder).table) == 18
        again = set_levels(said, "sign/take")
        assert again.pictures()["label"].value_counts().to_dict() == {"A": 7, "B": 6, "C": 6}
        assert set(again.pictures()["state"]) == {"used"}

    def test_pictures_from_the_camera_say_themselves_what_they_are(self, numbered, scene):

        add_picture(numbered, scene(99, format="JPEG"), "B", "zoe")
        said = set_levels(Dataset.open(numbered.folder), "person/sign")
        last = said.pictures().iloc[-1]
        assert (last["label"], last["person"], last["state"]) == ("B", "zoe", "used")

    @pytest.mark.parametrize("levels", ["person/take", "sign/sign", "part/person/sign/take"])
    def test_an_answer_that_cannot_be_changes_nothing(self, numbered, levels):
        before = numbered.pictures()
        with pytest.raises(ValueError, match=r"^level: "):
            set_levels(numbered, levels)
        assert numbered.pictures().equals(before) and Dataset.open(numbered.folder) == numbered


class TestNames:
    """Names that may be read in two ways are read in the likelier one, and asked about."""

    def test_an_answer_reads_the_names_again(self, take, korean_zip):
        dataset = take(korean_zip())
        assert dataset.encoding == "gbk"
        choices = dict(dataset.encoding_choices)
        assert list(choices) == ["gbk", "cp949"] and choices["cp949"] == "안녕하세요 and 학교"
        known = set_encoding(dataset, "cp949")
        assert set(known.pictures()["label"]) == {"안녕하세요", "학교"}
        assert set(known.pictures()["original"].str.split("/").str[1]) == {"안녕하세요", "학교"}
        assert known.encoding_choices == () and Dataset.open(known.folder) == known

    def test_the_first_reading_may_be_right(self, take, korean_zip):
        dataset = take(korean_zip())
        before = dataset.pictures()
        assert set_encoding(dataset, "gbk").encoding_choices == ()
        assert dataset.pictures().equals(before)

    def test_it_is_no_answer_to_what_the_folders_mean(self, take, korean_zip, scene):

        dataset = take(korean_zip())
        choices = (("sign/take", "one"), ("take/sign", "two"))
        dataset = replace(dataset, levels="sign/take", level_choices=choices).save()
        add_picture(dataset, scene(99, format="JPEG"), "año", None)
        known = set_encoding(dataset, "cp949")
        table = known.pictures()
        assert (known.levels, known.level_choices) == ("take/sign", ())  # found out again
        assert set(table["label"]) == {"안녕하세요", "학교", "año"}
        assert table["original"].iloc[-1].startswith("año/camera ")

    def test_another_answer_is_refused(self, take, korean_zip):
        dataset = take(korean_zip())
        with pytest.raises(ValueError, match="'utf-8' is none that these names may be in: gbk"):
            set_encoding(dataset, "utf-8")


def test_people_of_another_tools_export_are_named_by_a_pattern(take, zip_of, scene):
    members = {f"train/{who}_{n}.png": scene(n) for n, who in enumerate(("ann", "bo") * 4)}
    rows = "".join(f"{name.split('/')[1]},{int(n % 3 == 0)},{int(n % 3 > 0)}\n"
                   for n, name in enumerate(members))  # fmt: skip
    dataset = take(zip_of({**members, "train/_classes.csv": f"filename, A, B\n{rows}".encode()}))
    assert dataset.pictures()["label"].value_counts().to_dict() == {"B": 5, "A": 3}
    named = name_people(dataset, r"(?P<person>[a-z]+)_\d+\.png$")
    assert set(named.read().table["person"]) == {"ann", "bo"} and dataset.levels == ""
    with pytest.raises(ValueError, match="gives a person to none"):
        name_people(dataset, "(?P<person>zz)")
