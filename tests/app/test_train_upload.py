"""The train page from an upload to the verdict, as Streamlit runs it."""

import io

import pytest
from PIL import Image

from asl.data.library import intake
from asl.data.library.dataset import Dataset, create, list_datasets
from asl.ui.train.new_dataset import CAMERA
from tests.app.visiting import click, pick, show, text

EVIL = '<img src=x onerror="alert(1)">**x**:red[x]:material_home:'


@pytest.fixture
def give(open_train):
    """``give(data)``: the page after a zip was uploaded and taken."""

    def upload(data: bytes, name: str = "my signs.zip", app=None):
        app = app or open_train()
        app.file_uploader[0].set_value((name, data, "application/zip")).run()
        assert not app.exception
        return app

    return upload


def test_the_empty_page_says_how_pictures_should_lie(open_train):
    app = open_train()
    assert "Each folder has the name of its sign" in text(app)
    assert "my-signs.zip" in app.code[0].value
    assert not app.camera_input and len(app.header) == 1


def test_a_zip_becomes_a_verdict_with_everything_behind_it(give, signs_zip):
    app = give(signs_zip(each=16))
    said = text(app).replace("*", "")
    assert "Ready, with warnings. 64 pictures of 2 signs, 2 people (a guess)." in said
    assert "2 people seem to be in the pictures, by the file names" in said
    assert "Are these people? anna and ben" in said
    assert app.session_state["dataset"] == list_datasets()[0].id
    table = app.dataframe[0].value
    assert table["Sign"].tolist() == ["A", "B"] and table["Pictures"].tolist() == [32, 32]
    assert table["Hand found"].tolist() == [1, 1] and table["People"].tolist() == [2, 2]
    assert len(app.header) == 3


def test_pictures_are_shown_with_words_for_those_who_do_not_see_them(give, signs_zip):
    app = show(give(signs_zip()), "Pictures")
    alts = [image.proto.imgs[0].alt for image in app.image]
    assert alts == ["5 of 10 pictures of A", "5 of 10 pictures of B"] or alts[0].endswith("of A")
    pick(app, "Sign").select("A").run()
    alts = [image.proto.imgs[0].alt for image in app.image]
    assert alts[0] == "A, picture 1: A/anna_0.png" and len(alts) == 10


def test_pictures_without_a_hand_are_marked(give, zip_of, scene):
    hands = {"A/0.png": "right", "A/1.png": "", "B/2.png": "right"}
    members = {name: scene(seed, hand) for seed, (name, hand) in enumerate(hands.items())}
    app = show(give(zip_of(members)), "Pictures")
    pick(app, "Sign").select("A").run()
    assert [box.label for box in app.checkbox] == ["1", "2 · no hand"]


def test_ticked_pictures_are_moved_or_left_out(give, signs_zip):
    app = show(give(signs_zip()), "Pictures")
    pick(app, "Sign").select("A").run()
    app.checkbox[0].check().run()
    pick(app, "Sign that they show").select("B").run()
    click(app, "Move")
    (dataset,) = list_datasets()
    assert dataset.pictures()["label"].tolist().count("B") == 11
    app.checkbox[0].check().run()
    click(app, "Leave out")
    assert len(dataset.read().table) == 19
    show(app, "Left out")
    assert "left out by you" in app.dataframe[0].value["Why"].tolist()
    click(app, "Use what was left out again (1)")
    assert len(dataset.read().table) == 20


def test_copies_and_contradictions_are_settled(give, zip_of, scene):
    members = {f"{sign}/{n}.png": scene(100 * ord(sign) + n) for sign in "AB" for n in range(8)}
    again = {"A/copy.png": members["A/0.png"], "B/wrong.png": members["A/1.png"]}
    app = show(give(zip_of({**members, **again})), "Copies")
    assert "Copies of other pictures, byte for byte:** 1" in text(app)
    click(app, "Leave out the copies")
    assert "look alike and are called differently:** 1." in text(app)
    click(app, "Both A")
    assert "No two pictures that look alike have different names" in text(app)
    labels = list_datasets()[0].read().table["label"].tolist()
    assert labels.count("B") == 8 and labels.count("A") == 9


class TestQuestions:
    """What names alone do not tell is asked above everything else."""

    def test_which_folders_are_the_signs(self, give, zip_of, scene):
        names = [f"{s}/{k}/{n}.png" for s in "ABC" for k in "1234" for n in range(10)]
        app = give(zip_of({name: scene(seed) for seed, name in enumerate(names)}))
        assert "Not trainable yet" in text(app) and "It is not clear which folders" in text(app)
        box = pick(app, "Which folders are the signs?")
        assert box.options == [
            "signs A, B, C; people 1, 2, 3, 4".replace(",", "\\,").replace(";", "\\;"),
            "signs 1, 2, 3, 4; people A, B, C".replace(",", "\\,").replace(";", "\\;"),
        ]
        box.set_value("person/sign").run()
        click(app, "Read them so")
        assert app.dataframe[0].value["Sign"].tolist() == ["1", "2", "3", "4"]
        assert "Are these people?" in text(app) and "A, B and C" in text(app)
        assert not [box for box in app.radio if box.label == "Which folders are the signs?"]

    @pytest.mark.parametrize(
        ("answer", "said", "people"),
        [("Yes, people", "2 people.", {"anna", "ben"}), ("No, or", "people unknown.", {None})],
    )
    def test_whether_they_are_people(self, give, signs_zip, answer, said, people):
        app = give(signs_zip())
        click(app, answer)
        assert said in text(app) and "Are these people?" not in text(app)
        (dataset,) = list_datasets()
        assert dataset.people_confirmed and set(dataset.read().table["person"]) == people

    def test_which_names_are_right(self, give, korean_zip):
        app = give(korean_zip(each=16))
        pick(app, "Which of these names are right?").set_value("cp949").run()
        click(app, "Read them so")
        assert set(app.dataframe[0].value["Sign"]) == {"안녕하세요", "학교"}
        assert "Which of these names" not in [box.label for box in app.radio]

    def test_the_test_part_of_the_data_is_mentioned(self, give, zip_of, scene):
        names = [f"train/{s}/{n}.png" for s in "AB" for n in range(8)]
        names += [f"test/{s}/{n}.png" for s in "ABD" for n in range(2)]
        app = give(zip_of({name: scene(seed) for seed, name in enumerate(names)}))
        assert "came with a test part of their own: 6" in text(app)
        assert "D is only in the test part" in text(app)


class TestPeople:
    def test_a_guess_is_confirmed(self, give, signs_zip):
        app = show(give(signs_zip()), "People")
        assert app.dataframe[0].value["Person"].tolist() == ["anna", "ben"]
        assert "The model is tested on people whose pictures it has not seen" in text(app)
        click(app, "Confirm")
        (dataset,) = list_datasets()
        assert dataset.people_confirmed and dataset.people_from == "table"
        assert "seem to be in the pictures" not in text(app)

    @pytest.mark.parametrize(
        ("who", "button", "stored", "meaning", "people"),
        [
            ("one", "Confirm", "one", "About others it says nothing", {"1"}),
            ("unknown", "Go on without", "unknown", "The score flatters", {None}),
        ],
    )
    def test_one_or_unknown_says_what_it_means(
        self, give, signs_zip, who, button, stored, meaning, people
    ):
        app = show(give(signs_zip()), "People")
        pick(app, "Who is in the pictures?").set_value(who).run()
        assert meaning in text(app)
        click(app, button)
        (dataset,) = list_datasets()
        assert dataset.people_from == stored
        assert set(dataset.read().table["person"]) == people

    def test_names_are_read_from_elsewhere(self, give, zip_of, scene):
        names = [f"{s}/x_{who}_{n}.png" for s in "AB" for who in ("1", "2") for n in range(3)]
        app = give(zip_of({name: scene(seed) for seed, name in enumerate(names)}))
        show(app, "People")
        pick(app, "Where do their names stand?").select("pattern").run()
        (field,) = [field for field in app.text_input if "Pattern" in field.label]
        field.set_value("(").run()
        assert "is no regular expression" in text(app)
        pick(app, "Where do their names stand?").select("word 1").run()
        click(app, "Confirm")
        assert set(list_datasets()[0].read().table["person"]) == {"1", "2"}


class TestTrouble:
    def test_a_hostile_zip_is_refused_in_words_and_closed(self, give, zip_of):
        app = give(zip_of({"../x/1.png": b"x"}))
        assert "my signs was not taken. Zip: the entry '../x/1.png' leads out of its folder" in (
            text(app).replace("*", "")
        )
        click(app, "Close")
        assert "was not taken" not in text(app) and not intake.intakes()

    def test_pictures_that_cannot_be_trained_on_stop_before_training(self, give, signs_zip):
        app = give(signs_zip("A"))
        assert "Not trainable yet." in text(app) and "There is only the sign A" in text(app)
        assert "Mend what stops it above" in text(app)

    def test_names_are_shown_as_they_are(self, give, zip_of, scene):
        members = {f"{EVIL}/{n}.png": scene(n) for n in range(3)}
        members |= {f"B/{EVIL}_{n}.png": scene(10 + n) for n in range(3)}
        app = give(zip_of({**members, f"B/{EVIL}.txt": b""}), f"{EVIL}.zip")
        for tab in ("Pictures", "Copies", "People", "Left out", "Signs"):
            show(app, tab)
            written = [part.value for kind in (app.markdown, app.caption) for part in kind]
            assert not any("<img" in part.replace("\\<", "") for part in written)
            assert not any(":material_home:" in part or "**x**" in part for part in written)
        assert app.dataframe[0].value["Sign"].tolist() == [EVIL, "B"]

    def test_an_upload_that_finds_no_room_says_so(self, give, signs_zip, monkeypatch):
        monkeypatch.setattr("asl.quota.RESERVE", 1 << 60)
        app = give(signs_zip())
        assert "Disk: the upload needs" in text(app) and "make room on the disk" in text(app)
        assert not list_datasets() and not intake.intakes()


class TestManage:
    def test_a_data_set_is_renamed_and_deleted(self, give, signs_zip):
        app = give(signs_zip())
        (field,) = [field for field in app.text_input if field.label == "Name"]
        field.set_value("other").run()
        click(app, "Rename")
        assert list_datasets()[0].name == "other"
        click(app, "Delete all 20 pictures")
        assert not list_datasets() and len(app.header) == 1

    def test_several_are_told_apart_and_chosen(self, give, signs_zip, open_train):
        give(signs_zip())
        app = give(signs_zip("CD"))
        box = pick(app, "Data set")
        assert box.options == ["my signs (2)", "my signs (1)"]
        box.select_index(1).run()
        assert app.dataframe[0].value["Sign"].tolist() == ["A", "B"]


class TestCamera:
    def photo(self, scene, seed: int) -> tuple[str, bytes, str]:
        file = io.BytesIO()
        Image.open(io.BytesIO(scene(seed))).save(file, "JPEG")
        return "photo.jpg", file.getvalue(), "image/jpeg"

    def test_a_set_is_recorded_sign_by_sign(self, open_train, scene):
        app = open_train()
        app.session_state["dataset-source"] = CAMERA
        app.run()
        click(app, "Start")
        (dataset,) = list_datasets()
        assert dataset.source == "camera"
        for seed, sign in enumerate("AAB"):
            pick(app, "Sign").select(sign)
            app.camera_input[0].set_value(self.photo(scene, seed)).run()
            assert not app.exception
        assert "Pictures so far: A 2, B 1" in text(app)
        click(app, "Leave out the last one")
        assert dataset.read().table["label"].tolist() == ["A", "A"]
        click(app, "Check these pictures")
        assert dataset.pictures()["checked"].tolist() == [True, True, True]

    def test_the_camera_is_not_asked_for_before_it_is_wanted(self, give, signs_zip):
        assert not give(signs_zip()).camera_input

    def test_new_pictures_are_offered_to_be_looked_at(self, open_train, scene):
        from asl.data.library.picture import add_picture

        dataset = create("mine", "camera").save()
        add_picture(dataset, self.photo(scene, 1)[1], "A", None)
        app = open_train()
        assert "have not been looked at yet: 1" in text(app)
        click(app, "Look at them now")
        assert Dataset.open(dataset.folder).pictures()["found"].tolist() == [True]


def test_a_folder_is_taken_at_home_and_not_offered_to_strangers(
    open_train, scene, tmp_path, monkeypatch
):
    for n, sign in enumerate("AB"):
        (tmp_path / "set" / sign).mkdir(parents=True)
        (tmp_path / "set" / sign / f"{n}.png").write_bytes(scene(n))
    app = open_train()
    (field,) = [field for field in app.text_input if "Folder on the computer" in field.label]
    field.set_value(str(tmp_path / "absent")).run()
    click(app, "Read this folder")
    assert "is no folder on the computer of the app" in text(app)
    field.set_value(str(tmp_path / "set")).run()
    click(app, "Read this folder")
    assert list_datasets()[0].name == "set"
    monkeypatch.setenv("ASL_HOSTED", "1")
    strange = open_train()
    assert not [field for field in strange.text_input if "Folder" in field.label]
    assert "Within a minute after you close the page, they are deleted" in text(strange)
