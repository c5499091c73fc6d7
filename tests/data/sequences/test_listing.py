"""Sequences of every form become one table, and nothing that lies among them is lost silently."""

from __future__ import annotations

import zipfile

import pytest

from asl.data.sequences.listing import is_sequences, list_sequences, names_people


def rows(found):
    table = found.table
    return list(zip(table["label"], table["person"], strict=True))


def names(found, base):
    return [path.removeprefix(f"{base.resolve()}/") for path in found.table["path"]]


def reasons(found):
    return {one.path: one.message for one in found.problems}


def test_a_packed_file_says_sign_and_person_of_each_sequence(tmp_path, write_packed):
    file = write_packed(tmp_path / "s.npz", ["yes", "no", "yes"], [4, 4, 9])
    found = list_sequences(file)
    assert names(found, tmp_path) == ["s.npz#0", "s.npz#1", "s.npz#2"]
    assert rows(found) == [("yes", "4"), ("no", "4"), ("yes", "9")]
    assert not found.problems
    assert list(found.table) == ["path", "label", "person", "part"]
    assert list_sequences(file, "none").table["person"].isna().all()


def test_packed_files_of_a_folder_come_together_and_what_lies_beside_them_is_told(
    tmp_path, write_packed
):
    write_packed(tmp_path / "a.npz", ["yes"])
    write_packed(tmp_path / "b.npz", ["no"])
    write_packed(tmp_path / "c.npz", ["no"], length=None)
    (tmp_path / "d.npz").write_bytes(b"PK nothing")
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / "1.mp4").write_bytes(b"")
    found = list_sequences(tmp_path)
    assert names(found, tmp_path) == ["a.npz#0", "b.npz#0"]
    told = reasons(found)
    assert told.keys() == {"c.npz", "d.npz", "films/1.mp4"}
    assert "'length' is missing" in told["c.npz"]
    assert "beside packed sequences" in told["films/1.mp4"]


def test_the_table_of_asl_signs_says_which_files_are_meant(tmp_path, write_signs, write_parquet):
    entries = [(7, 100, "hello"), (7, 101, "thankyou"), (8, 102, "hello"), (8, 103, "bye")]
    write_signs(tmp_path, entries)
    (tmp_path / "train_landmark_files/8/103.parquet").unlink()
    write_parquet(tmp_path / "train_landmark_files/8/999.parquet")
    found = list_sequences(tmp_path)
    assert names(found, tmp_path) == [
        f"train_landmark_files/{person}/{number}.parquet" for person, number, _ in entries[:3]
    ]
    assert rows(found) == [("hello", "7"), ("thankyou", "7"), ("hello", "8")]
    assert reasons(found) == {
        "train_landmark_files/8/103.parquet": "train.csv names it, and it is not there",
        "train_landmark_files/8/999.parquet": "train.csv does not name it",
    }


def test_people_may_come_from_a_pattern(tmp_path, write_signs):
    write_signs(tmp_path, [(7, 100, "hello"), (8, 201, "hello")])
    found = list_sequences(tmp_path, r"/(?P<person>\d)\d\d\.parquet")
    assert rows(found) == [("hello", "1"), ("hello", "2")]


def test_words_are_folders_and_people_may_be(tmp_path, write_pose, write_frames):
    for person in ("anna", "ben"):
        for word in ("hello", "bye"):
            write_pose(tmp_path / word / person / "1.pose")
            write_frames(tmp_path / word / person / "2")
            (tmp_path / word / person / "3.mp4").write_bytes(b"a film, perhaps")
    (tmp_path / "hello" / "notes.txt").write_text("of a teacher")
    found = list_sequences(tmp_path, "folders", "sign/person")
    assert names(found, tmp_path)[:3] == ["bye/anna/1.pose", "bye/anna/2", "bye/anna/3.mp4"]
    assert len(found.table) == 12
    assert set(rows(found)) == {(word, who) for word in ("hello", "bye") for who in ("anna", "ben")}
    assert reasons(found) == {"hello/notes.txt": "it is no film and no file of landmarks"}


def test_the_tutorials_folder_of_frames_is_one_sequence(tmp_path, write_frames):
    for word in ("hello", "bye"):
        for sequence in range(2):
            write_frames(tmp_path / "MP_Data" / word / str(sequence))
    found = list_sequences(tmp_path)
    assert names(found, tmp_path) == [
        f"MP_Data/{word}/{sequence}" for word in ("bye", "hello") for sequence in (0, 1)
    ]
    assert {label for label, _ in rows(found)} == {"bye", "hello"}


@pytest.mark.parametrize("form", ["packed", "folders"])
def test_two_spellings_of_a_word_are_one_word(tmp_path, write_packed, write_pose, form):
    if form == "packed":
        write_packed(tmp_path / "s.npz", ["Hello", "hello", "bye"])
    else:
        for word in ("Hello", "hello", "bye"):
            write_pose(tmp_path / word / "1.pose")
    found = list_sequences(tmp_path)
    assert found.table["label"].nunique() == 2
    assert [one.kind for one in found.problems] == ["merged"]


def test_a_sign_without_a_name_is_left_out(tmp_path, write_packed):
    found = list_sequences(write_packed(tmp_path / "s.npz", ["yes", "\u200b"]))
    assert len(found.table) == 1
    assert "nothing that can be read" in reasons(found)["s.npz#1"]


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ([], "no usable sequence"),
        (["1.mp4"], "lies in no class folder"),
        (["hello/1.parquet"], "where a train.csv names"),
        (["hello/1.jpg"], "a picture among films"),
        (["hello/data.npy"], "no film and no file of landmarks"),
    ],
)
def test_what_holds_no_sequence_is_refused_and_says_what_to_do(tmp_path, files, reason):
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(ValueError, match=reason) as error:
        list_sequences(tmp_path)
    assert "a folder of its name" in str(error.value)


def test_what_is_not_there_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no file or folder"):
        list_sequences(tmp_path / "none")


class TestKind:
    def zipped(self, tmp_path, *members):
        with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
            for name in members:
                archive.writestr(name, b"x")
        return tmp_path / "set.zip"

    def test_zips_and_folders_are_told_apart_by_names(self, tmp_path, write_packed):
        assert is_sequences(self.zipped(tmp_path, "hello/1.mp4", "hello/2.webm"))
        assert is_sequences(self.zipped(tmp_path, "hello/1/0.npy", "hello/1/1.npy"))
        assert not is_sequences(self.zipped(tmp_path, "a/1.jpg", "b/1.png", "read.txt"))
        assert is_sequences(write_packed(tmp_path / "one" / "s.npz", ["yes"]))
        assert is_sequences(tmp_path / "one")
        assert not is_sequences(tmp_path / "one" / "s.csv")

    def test_a_few_strays_decide_nothing(self, tmp_path):
        films = [f"hello/{number}.mp4" for number in range(20)]
        assert is_sequences(self.zipped(tmp_path, *films, "hello/cover.jpg"))
        pictures = [f"a/{number}.jpg" for number in range(20)]
        assert not is_sequences(self.zipped(tmp_path, *pictures, "a/making-of.mp4"))

    def test_pictures_and_films_together_get_a_plain_answer(self, tmp_path):
        both = self.zipped(tmp_path, "a/1.jpg", "a/2.jpg", "j/1.mp4")
        with pytest.raises(ValueError, match="2 pictures and 1 films lie together"):
            is_sequences(both)


class TestTablesBesideFilms:
    def films(self, folder, *names):
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(b"a film, perhaps")

    def test_they_say_word_and_person_of_each_film(self, tmp_path):
        self.films(tmp_path, "videos/01.mp4", "videos/02.mp4", "videos/03.webm", "videos/04.mp4")
        table = "video_id,sign,signer\n01,hello,7\n02,bye,8\n03,hello,8\n"
        (tmp_path / "videos.csv").write_text(table)
        found = list_sequences(tmp_path)
        assert names(found, tmp_path) == ["videos/01.mp4", "videos/02.mp4", "videos/03.webm"]
        assert rows(found) == [("hello", "7"), ("bye", "8"), ("hello", "8")]
        assert reasons(found) == {"videos/04.mp4": "table: no annotation names it"}
        assert list_sequences(tmp_path, "none").table["person"].isna().all()
        assert names_people(tmp_path)

    @pytest.mark.parametrize("called", ["labels.csv", "train.csv"])
    def test_people_need_not_be_named_and_any_name_will_do(self, tmp_path, called):
        self.films(tmp_path, "a.mp4", "b.mp4")
        (tmp_path / called).write_text("file;label\na.mp4;hello\nb.mp4;bye\n")
        found = list_sequences(tmp_path)
        assert rows(found) == [("hello", None), ("bye", None)] and not found.problems
        assert not names_people(tmp_path)

    def test_one_that_names_no_film_is_told_and_folders_count(self, tmp_path):
        self.films(tmp_path, "hello/a.mp4", "bye/b.mp4")
        (tmp_path / "marks.csv").write_text("pupil,mark\nanna,1\n")
        found = list_sequences(tmp_path)
        assert rows(found) == [("bye", None), ("hello", None)]
        assert reasons(found) == {"marks.csv": "it names no film here beside its word"}


def test_empty_folders_of_words_are_told(tmp_path, write_frames):
    write_frames(tmp_path / "hello" / "0")
    write_frames(tmp_path / "bye" / "0")
    (tmp_path / "please" / "inner").mkdir(parents=True)
    found = list_sequences(tmp_path)
    assert [(one.kind, one.path) for one in found.problems] == [("empty", "please")]
