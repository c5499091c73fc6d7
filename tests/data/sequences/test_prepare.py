"""Sequences of a table as arrays: as in their files, and read once, wherever they come from."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest

from asl.data.cache import content_of, forget
from asl.data.sequences.files import store
from asl.data.sequences.files.read import content_of_sequence
from asl.data.sequences.layout import HANDS, HOLISTIC, SOURCE
from asl.data.sequences.listing import list_sequences
from asl.data.sequences.prepare import prepare_sequences


class Prepared:
    """What preparing gives, and what it says meanwhile."""

    def __init__(self, table, cache, selection=HOLISTIC, workers=1):
        self.steps: list[tuple[int, int]] = []
        self.rejected: dict[str, str] = {}
        self.examples = prepare_sequences(
            table,
            cache,
            "words",
            selection,
            workers,
            lambda done, total: self.steps.append((done, total)),
            self.rejected.__setitem__,
        )


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def mixed(tmp_path, write_pose, write_frames, write_packed):
    """A folder of files, a packed file, and their table, which takes turns between them."""
    points = {}
    for number in range(3):
        write_pose(tmp_path / f"set/hello/{number}.pose", frames=4 + number, seed=number)
        points[f"bye/{number}"] = write_frames(
            tmp_path / f"set/bye/{number}", frames=3 + number, seed=number
        )
    file = write_packed(tmp_path / "s.npz", ["yes", "no"], lengths=[5, 8])
    parts = list_sequences(tmp_path / "set").table, list_sequences(file).table
    table = pd.concat(parts).iloc[[6, 0, 7, 1, 2, 3, 4, 5]].reset_index(drop=True)
    return table, points, np.load(file)["x"]


def test_every_sequence_is_as_in_its_file_and_in_the_order_of_the_table(mixed, cache):
    table, points, packed = mixed
    found = Prepared(table, cache).examples
    assert found.paths.tolist() == table["path"].tolist()
    assert found.labels.tolist() == table["label"].tolist()
    np.testing.assert_array_equal(found.sequence(0)[:, list(HANDS.rows)], packed[:5])
    np.testing.assert_array_equal(found.sequence(2)[:, list(HANDS.rows)], packed[5:])
    for row, path in enumerate(found.paths):
        own = points.get("/".join(path.split("/")[-2:]))
        if own is not None:
            np.testing.assert_array_equal(found.sequence(row), own)
    assert {str(one.dtype) for one in found.arrays} == {"float16", "float32"}
    assert all(isinstance(one, np.memmap) for one in found.arrays)


def test_it_is_found_again_and_in_other_company(mixed, cache, monkeypatch):
    table, _, _ = mixed
    first = Prepared(table, cache).examples

    def fail(*arguments):
        raise AssertionError("read again")

    monkeypatch.setattr(store, "read_sequence", fail)
    monkeypatch.setattr(store, "read_frames", fail)
    again = Prepared(table, cache).examples
    some = Prepared(table.iloc[[4, 1]], cache).examples
    for row in range(len(first)):
        np.testing.assert_array_equal(again.sequence(row), first.sequence(row))
    np.testing.assert_array_equal(some.sequence(0), first.sequence(4))
    np.testing.assert_array_equal(some.sequence(1), first.sequence(1))


def test_another_selection_is_another_array(mixed, cache):
    table, _, _ = mixed
    whole = Prepared(table, cache).examples
    hands = Prepared(table, cache, HANDS).examples
    for row in range(len(whole)):
        expected = whole.sequence(row)[:, list(HANDS.rows)]
        np.testing.assert_array_equal(hands.sequence(row), expected)


def test_two_processes_give_the_same_as_one(tmp_path, mixed, cache):
    table, _, _ = mixed
    one, two = Prepared(table, cache), Prepared(table, tmp_path / "other", workers=2)
    for row in range(len(table)):
        np.testing.assert_array_equal(one.examples.sequence(row), two.examples.sequence(row))


def test_what_cannot_be_read_is_told_and_has_no_row(tmp_path, cache, write_signs, write_parquet):
    write_signs(tmp_path / "s", [(1, 1, "a"), (1, 2, "a"), (2, 3, "b"), (2, 4, "b"), (2, 5, "b")])
    files = tmp_path / "s" / "train_landmark_files"
    write_parquet(files / "1/2.parquet", without="landmark_index z")
    (files / "2/3.parquet").write_bytes(b"PAR1 nothing PAR1")
    table = list_sequences(tmp_path / "s").table
    (files / "2/4.parquet").unlink()
    for _ in range(2):  # the second time from the cache
        found = Prepared(table, cache)
        assert [path.rpartition("/")[2] for path in found.examples.paths] == [
            "1.parquet",
            "5.parquet",
        ]
        told = {path.rpartition("/")[2]: why for path, why in found.rejected.items()}
        assert told.keys() == {"2.parquet", "3.parquet", "4.parquet"}
        assert "'landmark_index' is missing" in told["2.parquet"]
        assert "no Parquet" in told["3.parquet"]
        assert "cannot be opened" in told["4.parquet"]


def test_a_pose_file_of_another_layout_is_told(tmp_path, cache, write_pose):
    write_pose(tmp_path / "set/hello/1.pose")
    write_pose(tmp_path / "set/hello/2.pose", names={"BODY_25": ("NOSE", "NECK")})
    found = Prepared(list_sequences(tmp_path / "set").table, cache)
    assert len(found.examples) == 1
    assert "is not MediaPipe Holistic's" in next(iter(found.rejected.values()))


def test_a_packed_sequence_without_a_wanted_landmark_is_told(tmp_path, cache, write_packed):
    x = np.full((8, 42, 3), 0.5, np.float16)
    x[3:] = np.nan
    file = write_packed(tmp_path / "s.npz", ["yes", "no"], lengths=[3, 5], x=x)
    found = Prepared(list_sequences(file).table, cache)
    assert len(found.examples) == 1
    assert found.rejected.keys() == {f"{file}#1"}


class FakeTracker:
    """Sees a body that moves; counts the frames that it was shown."""

    shown = 0

    def reset(self):
        self.frame = 0

    def track(self, rgb):
        FakeTracker.shown += 1
        self.frame += 1
        return np.full((543, 3), self.frame / 16, np.float32)


@pytest.fixture
def tracker(monkeypatch):
    monkeypatch.setattr(FakeTracker, "shown", 0)
    monkeypatch.setattr("asl.data.sequences.files.films._tracker", FakeTracker)
    return FakeTracker


def test_a_film_is_looked_at_once_whatever_is_wanted_of_it(tmp_path, cache, tracker, write_film):
    write_film(tmp_path / "set/hello/1.mp4", frames=4)
    write_film(tmp_path / "set/bye/1.mp4", frames=6, seed=1)
    table = list_sequences(tmp_path / "set").table
    told = []
    for selection in (SOURCE, HANDS, SOURCE):
        found = Prepared(table, cache, selection)
        assert found.examples.length.tolist() == [6, 3] and not found.rejected
        told.append(found.steps[-1:])
        # Of 25 frames a second every other one is looked at, and the sixth.
        expected = np.array([2, 3, 4, 5, 6, 8])[:, None, None] / 32
        np.testing.assert_array_equal(
            found.examples.sequence(0), np.broadcast_to(expected, (6, len(selection), 3))
        )
    assert tracker.shown == 6
    assert told == [[(2, 2)], [(2, 2)], []]


def test_films_that_cannot_be_used_are_told(tmp_path, cache, tracker, write_film):
    folder = tmp_path / "set/hello"
    write_film(folder / "1.mp4")
    write_film(folder / "2.mp4", sound=True)
    (folder / "3.mp4").write_bytes(b"")
    (folder / "4.mov").write_bytes(b"no film")
    (folder / "5.webm").write_bytes((folder / "1.mp4").read_bytes()[:200])
    found = Prepared(list_sequences(tmp_path / "set").table, cache)
    assert len(found.examples) == 1
    told = {path.rpartition("/")[2]: why for path, why in found.rejected.items()}
    assert told.keys() == {"2.mp4", "3.mp4", "4.mov", "5.webm"}
    assert told["3.mp4"] == "the file is empty. Save or upload it again"
    assert "not a MP4" in told["4.mov"]
    assert "sound" in told["2.mp4"] or "no picture" in told["2.mp4"]


def test_films_of_people(asl_data, tmp_path, cache):
    for word, film in (("before", "05740.mp4"), ("go", "24940.mp4")):
        (tmp_path / "set" / word).mkdir(parents=True)
        shutil.copy(asl_data / "wlasl/videos" / film, tmp_path / "set" / word)
    found = Prepared(list_sequences(tmp_path / "set").table, cache, SOURCE).examples
    assert len(found) == 2
    for row in range(2):
        hands = found.sequence(row)[:, SOURCE.part("right_hand"), 0]
        assert np.isfinite(hands).any(1).mean() > 0.35


def test_nothing_readable_is_refused(tmp_path, cache, write_signs):
    write_signs(tmp_path / "s", [(1, 1, "a")])
    table = list_sequences(tmp_path / "s").table
    (tmp_path / "s/train_landmark_files/1/1.parquet").write_bytes(b"")
    with pytest.raises(ValueError, match=r"words: none of its 1 sequences.*1\.parquet"):
        Prepared(table, cache)
    with pytest.raises(ValueError, match="no sequences to prepare"):
        Prepared(table.iloc[:0], cache)


def test_a_file_is_forgotten_with_all_that_was_made_of_it(mixed, cache):
    table, _, _ = mixed
    Prepared(table, cache)
    Prepared(table, cache, HANDS)
    forget(
        cache, [content_of_sequence(table["path"][1]), content_of(table["path"][0].split("#")[0])]
    )
    assert not list(cache.iterdir())


def test_progress_ends_with_all(mixed, cache):
    table, _, _ = mixed
    steps = Prepared(table, cache).steps
    assert steps == sorted(steps) and steps[-1] == (8, 8)
    assert not Prepared(table, cache).steps
    assert not Prepared(table.iloc[[4, 1]], cache).steps  # they are copied, not read


def test_progress_within_a_packed_file(cache, tmp_path, write_packed, monkeypatch):
    file = write_packed(tmp_path / "s.npz", ["yes", "no", "yes"], lengths=[5, 8, 3])
    monkeypatch.setattr("asl.data.sequences.packed._FRAMES_AT_ONCE", 6)
    table = list_sequences(file).table
    assert Prepared(table, cache).steps == [(1, 3), (1, 3), (3, 3)]
    assert Prepared(table.iloc[:2], tmp_path / "other").steps == [(0, 2), (0, 2), (2, 2)]


def test_the_published_files_are_read_whole(asl_data, cache):
    found = Prepared(list_sequences(asl_data / "islr").table, cache, SOURCE)
    assert len(found.examples) == 84 and not found.rejected
    assert found.examples.length.min() >= 2
