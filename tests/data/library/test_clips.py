"""Films and files of landmarks become data sets of clips, in which no film stays unasked."""

from __future__ import annotations

import io
import shutil

import numpy as np
import pytest

from asl.codecs.film import START_LENGTH
from asl.data.archives.limits import Limits
from asl.data.cache import content_of
from asl.data.library import intake
from asl.data.library.checkup import check_up
from asl.data.library.clips import add_clip, read_clip
from asl.data.library.dataset import Dataset, find_dataset
from asl.data.library.interpretation import name_people, set_levels
from asl.data.sequences.layout import SOURCE
from asl.data.sequences.limits import SequenceError
from asl.data.sequences.listing import is_sequences, list_sequences
from asl.data.sequences.packed import read_packed
from asl.data.sequences.prepare import prepare_sequences
from asl.data.source import take_packed
from asl.quota import pictures_left
from asl.workspace import workspace


class FakeTracker:
    """Sees a person who moves in every frame of films, unless they are short."""

    def reset(self):
        self.frame = 0

    def track(self, rgb):
        self.frame += 1
        points = np.full((543, 3), self.frame / 16, np.float32)
        points[:20] = np.nan
        return points


@pytest.fixture(autouse=True)
def here(monkeypatch, intake_here, asl_home):
    monkeypatch.setattr("asl.data.sequences.files.films._tracker", FakeTracker)
    monkeypatch.setattr("os.cpu_count", lambda: 1)


@pytest.fixture
def films(tmp_path, write_film):
    """Two words, by anna and ben, four films each; one film is damaged, one too short."""
    for word in ("hello", "bye"):
        for number in range(8):
            name = f"{('anna', 'ben')[number % 2]}_{number}.mp4"
            write_film(tmp_path / "set" / word / name, frames=5, seed=number)
    (tmp_path / "set/hello/anna_0.mp4").write_bytes(b"no film")
    write_film(tmp_path / "set/hello/ben_1.mp4", frames=2)
    (tmp_path / "set/hello/notes.txt").write_text("mine")
    return tmp_path / "set"


def zipped(folder) -> io.BytesIO:
    with open(shutil.make_archive(str(folder), "zip", folder), "rb") as file:
        return io.BytesIO(file.read())


def taken(data, kind="zip", **options) -> Dataset:
    dataset = intake.take_upload(data, "mine", kind, **options)
    assert not intake.failure(dataset.folder), intake.failure(dataset.folder)
    return Dataset.open(dataset.folder)


def files_of(dataset):
    return sorted(p.relative_to(dataset.folder).as_posix() for p in dataset.folder.rglob("*.*"))


def test_films_become_clips_and_do_not_stay(films):
    dataset = taken(zipped(films))
    assert dataset.kind == "sequences" and dataset.people_from == "names"
    table = dataset.pictures()
    assert len(table) == 16 and table["original"][0] == "bye/anna_0.mp4"
    assert table["state"].value_counts().to_dict() == {"used": 14, "unreadable": 1, "left out": 1}
    away = table[table["state"] != "used"].set_index("original")["reason"]
    assert "not a MP4" in away["hello/anna_0.mp4"]
    assert away["hello/ben_1.mp4"].startswith("A hand is seen in 1 of 1 frames")
    assert set(table["person"]) == {"anna", "ben"}
    assert dict(table["frames"].value_counts()) == {5: 14, 1: 1}
    assert ("not a sequence", "hello/notes.txt") in [one[:2] for one in dataset.problems]
    kept = [name for name in files_of(dataset) if name.endswith((".mp4", ".zip", "upload"))]
    assert kept == [] and len(list((dataset.folder / "clips").iterdir())) == 15


def test_films_stay_for_those_who_ask(films):
    dataset = taken(zipped(films), keep_films=True)
    kept = sorted((dataset.folder / "films").iterdir())
    assert len(kept) == 15
    assert kept[0].read_bytes() == (films / "bye/anna_0.mp4").read_bytes()


def test_training_reads_clips_as_it_reads_other_sequences(films):
    dataset = name_people(taken(zipped(films)), "names")
    assert is_sequences(dataset.folder)
    table = list_sequences(dataset.folder).table
    assert len(table) == 14 and set(table["person"]) == {"anna", "ben"}
    told: dict[str, str] = {}
    examples = prepare_sequences(
        table, workspace() / "cache", "mine", SOURCE, 1, lambda *_: None, told.__setitem__
    )
    assert len(examples) == 14 and not told
    points = examples.sequence(0)
    np.testing.assert_array_equal(points[:, -1, 0], np.arange(2, 7) / 32)
    assert np.isnan(points[:, SOURCE.column_of[17]]).all()
    dataset.delete()
    assert not list((workspace() / "cache").iterdir()), "what was made of its clips is forgotten"


def test_a_clip_can_be_drawn(films):
    dataset = taken(zipped(films))
    points, every = read_clip(dataset, dataset.pictures()["path"][0])
    assert points.shape == (5, 543, 3) and every == pytest.approx(0.04)
    assert np.isnan(points[:, :20]).all() and np.isfinite(points[:, 20:]).all()


def test_a_packed_file_keeps_its_people(tmp_path, write_packed):
    file = write_packed(tmp_path / "s.npz", ["yes", "no"] * 4, [1, 1, 2, 2] * 2, lengths=[5] * 8)
    dataset = taken(io.BytesIO(file.read_bytes()))
    assert dataset.people_confirmed and set(dataset.read().table["person"]) == {"1", "2"}
    packed = read_packed(file)
    points, _ = read_clip(dataset, dataset.pictures()["path"][3])
    np.testing.assert_array_equal(points[:, list(packed.rows)], packed.points[15:20])


def test_the_command_line_takes_the_same_zip_once(films):
    file = films.with_suffix(".zip")
    file.write_bytes(zipped(films).read())
    first = take_packed(file, "names", "", "", lambda done, total: None)
    assert first.kind == "sequences" and first.people_confirmed
    assert take_packed(file, "names", "", "", lambda done, total: None).id == first.id


def test_levels_may_be_said_afterwards(tmp_path, write_pose):
    for person in "ABC":
        for word in "12345":
            for number in range(2):
                write_pose(tmp_path / "set" / person / word / f"{number}.pose")
    dataset = taken(zipped(tmp_path / "set"))
    assert dataset.level_choices
    assert set(set_levels(dataset, "person/sign").pictures()["label"]) == set("12345")


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"a/1.jpg": b"", "a/2.jpg": b"", "j/1.mp4": b""}, "2 pictures and 1 films lie together"),
        ({"1.mp4": b"x"}, "lies in no class folder"),
    ],
)
def test_what_cannot_be_taken_says_why_and_leaves_nothing(zip_of, members, reason):
    dataset = intake.take_upload(io.BytesIO(zip_of(members)), "mine", "zip")
    assert reason in intake.failure(dataset.folder)
    assert not [p for p in dataset.folder.rglob("*") if p.suffix in (".mp4", ".jpg", ".npz")]


class TestCamera:
    @pytest.fixture
    def dataset(self):
        return intake.begin_recording("mine", "sequences")

    @pytest.fixture
    def film(self, tmp_path, write_film):
        write_film(tmp_path / "film.mp4", frames=5)
        return (tmp_path / "film.mp4").read_bytes()

    def test_clips_are_added_one_by_one(self, dataset, film):
        for number in range(3):
            row = add_clip(find_dataset(dataset.id), film, "Hello", "anna")
            assert row["state"] == "used" and row["path"] == f"clips/00000{number}.npz"
        dataset = find_dataset(dataset.id)
        table = dataset.read().table
        assert table["label"].tolist() == ["Hello"] * 3 and set(table["person"]) == {"anna"}
        assert not (dataset.folder / "films").exists()
        content = dataset.pictures()["content"]
        assert content[0] == content_of(str(dataset.folder / "clips/000000.npz"))

    def test_a_film_is_kept_if_that_is_asked_for(self, dataset, film):
        add_clip(dataset, film, "hello", None, keep_film=True)
        (kept,) = (dataset.folder / "films").iterdir()
        assert kept.name == "000000.mp4" and kept.read_bytes() == film
        assert len(film) > START_LENGTH

    def test_a_clip_in_which_too_little_is_seen_says_so(self, dataset, tmp_path, write_film):
        write_film(tmp_path / "short.mp4", frames=2)
        row = add_clip(dataset, (tmp_path / "short.mp4").read_bytes(), "hello", "anna")
        assert row["state"] == "left out" and "A hand is seen in 1" in row["reason"]

    def test_what_is_no_film_is_refused(self, dataset):
        with pytest.raises(SequenceError, match="not a MP4"):
            add_clip(dataset, b"no film at all", "hello", "anna")
        assert dataset.pictures().empty

    def test_a_data_set_of_pictures_takes_no_clips(self, film):
        with pytest.raises(ValueError, match="holds pictures"):
            add_clip(intake.begin_recording("pictures"), film, "hello", "anna")


def test_the_checkup_judges_clips(films):
    dataset = taken(zipped(films))
    found = check_up(dataset.pictures(), dataset.near(), dataset.people_from, kind=dataset.kind)
    titles = [one.title for one in found.findings]
    assert found.state == "ready with warnings" and found.pictures == 14
    assert "Few clips of bye and hello" in titles
    assert "Clips that cannot be read: 1" in titles
    assert "Clips in which too little of a hand is seen: 1" in titles
    assert "Mean length in frames: bye 5, hello 5" in titles
    assert any("people seem to be in the clips" in title for title in titles)
    assert not any("icture" in one.title for one in found.findings)


def test_more_than_there_is_room_for_is_refused(tmp_path, write_packed, monkeypatch, films):
    monkeypatch.setattr("asl.data.library.intake.limits_now", lambda: Limits(pictures=3))
    packed = write_packed(tmp_path / "s.npz", list("abcd")).read_bytes()
    for data, reason in ((io.BytesIO(packed), "4 sequences"), (zipped(films), "16 films")):
        dataset = intake.take_upload(data, "mine", "zip")
        failure = intake.failure(dataset.folder)
        assert reason in failure and "at most 3 are taken" in failure


def test_clips_count_for_a_visitors_quota(films, monkeypatch):
    home = taken(zipped(films)).folder.parents[1]
    monkeypatch.setenv("ASL_HOSTED", "1")
    monkeypatch.setattr("asl.quota.workspace", lambda: home)
    monkeypatch.setenv("ASL_QUOTA_PICTURES", "20")
    assert pictures_left() == 5
