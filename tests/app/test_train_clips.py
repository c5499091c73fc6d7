"""The train page with clips of words: from an upload or the camera to the verdict."""

from __future__ import annotations

import io
import zipfile
from unittest.mock import create_autospec

import numpy as np
import pytest

from asl.data.library import clips
from asl.data.library.dataset import list_datasets
from asl.data.sequences.files.films import follow_film
from asl.data.sequences.layout import ARMS, RIGHT_HAND
from asl.data.sequences.limits import SequenceError
from asl.ui.components.film_recorder import Recorded, record_series
from asl.ui.train.clips.adding import meant
from asl.ui.train.new_dataset import CAMERA
from asl.ui.train.recorder import choose_sign_and_person
from tests.app import visiting
from tests.app.visiting import click, pick, show


def text(app) -> str:
    """Everything that is written on the page, as it reads, without the marks of bold."""
    return visiting.text(app).replace("*", "")


@pytest.fixture
def give(open_train):
    """``give(name, data)``: the page after a file was uploaded and taken."""

    def upload(name: str, data: bytes, keep: bool = False):
        app = open_train()
        if keep:
            next(one for one in app.toggle if one.label == "Keep films as well").set_value(True)
        app.file_uploader[0].set_value((name, data, "application/octet-stream")).run()
        assert not app.exception
        return app

    return upload


def test_the_empty_page_says_how_films_should_lie_and_what_is_kept(open_train):
    app = open_train()
    assert "short MP4, MOV, WebM or AVI films of one sign each" in text(app)
    assert "Of films, only landmarks are kept, unless you ask to keep the films." in text(app)
    assert "anna_1.mp4" in app.code[0].value


def test_a_packed_file_becomes_a_verdict_with_everything_behind_it(give, packed_words):
    app = give("my words.npz", packed_words(each=6))
    said = text(app)
    assert "Ready to train. 24 clips of 2 signs, 2 people." in said
    (dataset,) = list_datasets()
    assert (dataset.kind, dataset.name) == ("sequences", "my words")
    made = app.dataframe[0].value
    assert made.loc["hello", "anna"] == 6 and made.shape == (2, 2)
    assert "Left, the clips of each sign" in said
    assert "tested on people whose clips it has not seen" in text(show(app, "People"))
    assert "Everything that was given is in use." in text(show(app, "Left out"))


def test_clips_move_and_are_corrected(give, packed_words):
    app = show(give("words.npz", packed_words(each=6)), "Clips")
    (dataset,) = list_datasets()
    assert pick(app, "Sign").value == "hello" and len(app.checkbox) == 4
    assert "anna, 1" in text(app) and "frames, " in text(app)
    app.checkbox[0].check().run()
    pick(app, "Sign that they show").select("no").run()
    click(app, "Move")
    assert dataset.pictures()["label"].tolist().count("no") == 13
    app.checkbox[0].check().run()
    click(app, "Leave out")
    assert len(dataset.read().table) == 23
    show(app, "Left out")
    assert "left out by you" in app.dataframe[0].value["Why"].tolist()
    assert app.dataframe[0].value.columns[0] == "Clip"


def signed(hands: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """What is found in a film of somebody, whose right hand may be out of sight."""
    points = np.full((12, 543, 3), np.nan, np.float32)
    points[:, list(ARMS)] = np.linspace(0.2, 0.8, len(ARMS))[:, None]
    if hands:
        points[:, list(RIGHT_HAND)] = np.linspace(0.4, 0.6, 21)[:, None]
    return points, np.arange(12) / 30


@pytest.fixture
def follow(monkeypatch):
    """``follow``: what finds landmarks, made up: b"no hands" and b"broken" are such films."""

    def found(source, name):
        if source == b"broken":
            raise SequenceError(name, "the film is damaged", "Save it again")
        return signed(hands=source != b"no hands")

    made_up = create_autospec(follow_film, side_effect=found)
    monkeypatch.setattr(clips, "follow_film", made_up)
    return made_up


@pytest.fixture
def camera(monkeypatch):
    """``camera``: a list of films that the browser sends, one each time that it is drawn."""
    sent: list[bytes] = []

    def draw(key, about, seconds, series, pause, taken):
        return Recorded(sent.pop(0), about) if sent else None

    recorder = create_autospec(record_series, side_effect=draw)
    monkeypatch.setattr("asl.ui.train.clips.adding.record_series", recorder)
    recorder.sent = sent
    return recorder


@pytest.fixture
def begun(open_train, follow, camera, monkeypatch):
    """The page with a new data set for clips, whose camera is open; see `choose`."""
    fields = create_autospec(choose_sign_and_person)
    monkeypatch.setattr("asl.ui.train.clips.adding.choose_sign_and_person", fields)
    app = open_train()
    app.session_state["dataset-source"] = CAMERA
    app.run()
    pick(app, "What").set_value("sequences").run()
    click(app, "Start")
    assert list_datasets()[0].kind == "sequences"
    return app


def choose(app, sign: str, person: str):
    """Say what comes next; Streamlit's test harness cannot type into a field to choose from."""
    (dataset,) = list_datasets()
    app.session_state[f"sign-{dataset.id}"] = sign
    app.session_state[f"who-{dataset.id}"] = person
    app.run()
    assert not app.exception


class TestCamera:
    def test_a_sign_is_needed_first(self, begun, camera):
        assert "Choose or type a sign first" in text(begun) and not camera.called

    def test_clips_are_recorded_sign_by_sign_and_person_by_person(self, begun, camera):
        (dataset,) = list_datasets()
        for sign, person in (("hello", "anna"), ("hello", "ben"), ("no", "anna")):
            camera.sent += [b"a film", b"another"]
            choose(begun, sign, person)
        assert camera.call_args.kwargs == {} and camera.call_args.args[-1] == 6
        table = list_datasets()[0].read().table
        assert table["label"].tolist() == ["hello"] * 4 + ["no"] * 2
        assert table["person"].tolist() == ["anna"] * 2 + ["ben"] * 2 + ["anna"] * 2
        said = text(begun)
        assert "Clips so far: hello 4, no 2" in said and "Of no by anna: 2" in said
        assert "The last clip: no" in said and "the right hand in 100% of the frames" in said
        click(begun, "Leave out the last one")
        assert "Clips so far: hello 4, no 1" in text(begun)
        assert not list(dataset.folder.rglob("*.webm")) and len(dataset.pictures()) == 6

    def test_a_clip_without_hands_says_so_at_once(self, begun, camera):
        camera.sent.append(b"no hands")
        choose(begun, "hello", "anna")
        said = text(begun)
        assert "Seen: no hand." in said and "It is not used: A hand is seen in 0 of 12" in said
        assert "Clips in which too little of a hand is seen: 1" in said

    def test_a_film_that_cannot_be_read_is_no_clip_and_the_next_one_is_asked_for(
        self, begun, camera
    ):
        camera.sent += [b"broken", b"a film"]
        choose(begun, "hello", "anna")
        assert "The film: the film is damaged. Save it again." in text(begun)
        assert len(list_datasets()[0].pictures()) == 1 and camera.call_args.args[-1] == 2

    @pytest.mark.parametrize("about", ["", "3", "[1, 2]", '["hello", 3]', '["a"]', "[[], null]"])
    def test_a_film_that_says_something_else_is_refused(self, about):
        with pytest.raises(ValueError, match="recording: it does not say which sign"):
            meant(about)


class TestFilms:
    def films(self, app):
        return next(one for one in app.file_uploader if one.label.startswith("Films of"))

    def test_several_films_of_a_sign_are_taken_at_once(self, begun):
        choose(begun, "thank you", "anna")
        assert self.films(begun).label.startswith("Films of thank you by anna")
        given = [(f"{n}.mp4", f"film {n}".encode(), "video/mp4") for n in range(3)]
        self.films(begun).set_value([*given, ("x.mp4", b"broken", "video/mp4")]).run()
        assert not begun.exception
        assert "X.mp4: the film is damaged. Save it again." in text(begun)
        (dataset,) = list_datasets()
        assert dataset.read().table["label"].tolist() == ["thank you"] * 3
        assert not self.films(begun).value and not (dataset.folder / "films").exists()

    def test_films_are_kept_if_asked_for(self, begun):
        choose(begun, "hello", "anna")
        next(one for one in begun.toggle if one.label == "Keep the films as well").set_value(True)
        begun.run()
        assert "you have asked to keep it" in text(begun)
        self.films(begun).set_value([("1.mp4", b"a film", "video/mp4")]).run()
        (kept,) = (list_datasets()[0].folder / "films").iterdir()
        assert kept.read_bytes() == b"a film"


def test_films_of_people_become_clips_and_nothing_else_is_kept(give, asl_data):
    films = sorted((asl_data / "wlasl" / "videos").glob("*.mp4"))[:2]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, film in enumerate(films):
            archive.write(film, f"{'ab'[number]}/anna_{number}.mp4")
    app = give("films.zip", packed.getvalue())
    assert "Too few clips of A and B" in text(app)
    (dataset,) = list_datasets()
    table = dataset.pictures()
    assert table["state"].tolist() == ["used", "used"] and (table["frames"] > 20).all()
    kept = {file.suffix for file in dataset.folder.rglob("*") if file.is_file()}
    assert ".npz" in kept and ".mp4" not in kept
