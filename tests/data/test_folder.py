"""Data sets in every shape that people upload them in."""

import os
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from asl.data.folder import read_folder


@pytest.fixture
def make(tmp_path):
    """Write a data set from the relative paths of its files; a trailing slash makes a folder."""

    def write(*paths, root="set"):
        base = tmp_path / root
        base.mkdir(exist_ok=True)
        for path in paths:
            target = base / path
            if path.endswith("/"):
                target.mkdir(parents=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.suffix == ".png":
                Image.new("RGB", (4, 4)).save(target)
            else:
                target.write_bytes(b"no picture")
        return base

    return write


def rows(folder, *columns):
    return [tuple(row) for row in folder.table[list(columns)].itertuples(index=False)]


def problems(folder):
    return [(problem.kind, problem.path) for problem in folder.problems]


def test_class_folders_become_a_table(make):
    root = make("b/2.png", "a/1.JPEG", "del/x.webp", "My sign/y.bmp")
    folder = read_folder(root)
    assert list(folder.table.columns) == ["path", "label", "person", "part"]
    assert rows(folder, "path", "label") == [
        (str(root / "My sign/y.bmp"), "My sign"),
        (str(root / "a/1.JPEG"), "A"),
        (str(root / "b/2.png"), "B"),
        (str(root / "del/x.webp"), "del"),
    ]
    assert all(person is None and part is None for person, part in rows(folder, "person", "part"))
    assert folder.problems == ()


def test_paths_are_absolute_for_a_relative_root(make, monkeypatch):
    monkeypatch.chdir(make("a/1.png").parent)
    assert os.path.isabs(read_folder("set").table["path"][0])


@pytest.mark.parametrize(
    ("extra", "kind", "path"),
    [
        pytest.param("a/.hidden.png", "hidden", "a/.hidden.png", id="hidden file"),
        pytest.param(".cache/1.png", "hidden", ".cache", id="hidden folder"),
        pytest.param("__MACOSX/a/1.png", "hidden", "__MACOSX", id="__MACOSX"),
        pytest.param("b/", "empty", "b", id="empty class"),
        pytest.param("b/c/d/", "empty", "b", id="empty folders in one another"),
        pytest.param("a/notes.txt", "not a picture", "a/notes.txt", id="text"),
        pytest.param("a/drawing.svg", "unreadable", "a/drawing.svg", id="SVG"),
        pytest.param("README", "not a picture", "README", id="no ending"),
        pytest.param("loose.png", "outside", "loose.png", id="outside of classes"),
    ],
)
def test_what_is_not_used_is_reported(make, extra, kind, path):
    folder = read_folder(make("a/1.png", "c/2.png", extra))
    assert rows(folder, "label") == [("A",), ("C",)]
    assert problems(folder) == [(kind, path)]


def test_class_with_nothing_but_other_files_is_empty(make):
    folder = read_folder(make("a/1.png", "b/notes.txt"))
    assert problems(folder) == [("not a picture", "b/notes.txt"), ("empty", "b")]


def test_folders_that_differ_in_case_are_one_class(make):
    folder = read_folder(make("a/1.png", "A/2.png", "Hello/3.png", "hello/4.png", "b/5.png"))
    assert [label for (label,) in rows(folder, "label")] == ["A", "Hello", "A", "B", "Hello"]
    assert problems(folder) == [("merged", "A"), ("merged", "Hello")]
    assert "'A', 'a' are used as one, 'A'" in folder.problems[0].message


def test_check_leaves_out_pictures_that_cannot_be_decoded(make):
    root = make("a/1.png", "a/broken.jpg", "b/cut.png")
    (root / "b/cut.png").write_bytes((root / "a/1.png").read_bytes()[:40])
    assert len(read_folder(root).table) == 3
    folder = read_folder(root, check=True)
    assert rows(folder, "label") == [("A",)]
    assert problems(folder) == [
        ("unreadable", "a/broken.jpg"),
        ("unreadable", "b/cut.png"),
        ("empty", "b"),
    ]
    assert "not a JPEG" in folder.problems[0].message


def test_links_are_not_followed(make):
    outside = make("a/secret.png", root="elsewhere")
    root = make("a/1.png")
    (root / "b").symlink_to(outside / "a")
    (root / "a/2.png").symlink_to(outside / "a/secret.png")
    (root / "a/loop").symlink_to(root)
    folder = read_folder(root)
    assert rows(folder, "label") == [("A",)]
    assert problems(folder) == [("link", "a/2.png"), ("link", "a/loop"), ("link", "b")]


def test_pipe_is_no_picture(make):
    root = make("a/1.png")
    os.mkfifo(root / "a/pipe.png")
    assert problems(read_folder(root)) == [("not a picture", "a/pipe.png")]


def test_name_that_is_no_text_is_reported(make):
    root = make("a/1.png")
    Path(os.fsdecode(os.fsencode(root) + b"/a/\xff.png")).write_bytes(b"")
    folder = read_folder(root)
    assert len(folder.table) == 1
    assert problems(folder) == [("unreadable", "a/\\udcff.png")]


def test_folder_that_cannot_be_opened_is_reported(make, monkeypatch):
    root = make("a/1.png", "b/2.png")
    really_scan = os.scandir

    def scan(path):
        if str(path).endswith("/b"):
            raise PermissionError(13, "Permission denied")
        return really_scan(path)

    monkeypatch.setattr(os, "scandir", scan)
    folder = read_folder(root)
    assert problems(folder) == [("unreadable", "b"), ("empty", "b")]
    assert "Permission denied" in folder.problems[0].message


def test_folders_deeper_than_calls_may_nest(make):
    root = make("a/1.png", "b/")
    deep = str(root / "b")
    for _ in range(sys.getrecursionlimit() + 1):
        deep += "/d"
        os.mkdir(deep)
    try:
        assert problems(read_folder(root)) == [("empty", "b")]
    finally:
        # Nor does what clears up after the tests get that deep.
        os.removedirs(deep)


@pytest.mark.parametrize("wrapping", ["set-main", "data/pictures"])
def test_wrapping_folder_is_skipped(make, wrapping):
    root = make(f"{wrapping}/hello/1.png", f"{wrapping}/bye/2.png", f"{wrapping}/about.png")
    folder = read_folder(root)
    assert rows(folder, "label") == [("bye",), ("hello",)]
    assert problems(folder) == [("outside", f"{wrapping}/about.png")]


def test_single_class_is_no_wrapping_folder(make):
    assert rows(read_folder(make("hello/1.png")), "label") == [("hello",)]
    assert rows(read_folder(make("a/x/1.png", root="nested")), "label") == [("A",)]


@pytest.mark.parametrize("wrapping", ["", "set/"])
def test_part_level(make, wrapping):
    root = make(*(f"{wrapping}{part}/a/1.png" for part in ("Train", "valid", "val", "test")))
    assert rows(read_folder(root), "label", "part") == [
        ("A", "train"),
        ("A", "test"),
        ("A", "valid"),
        ("A", "valid"),
    ]


def test_single_part_and_own_signs(make):
    assert rows(read_folder(make("train/hello/1.png")), "label", "part") == [("hello", "train")]


def test_empty_class_of_one_part_is_reported(make):
    folder = read_folder(make("train/a/1.png", "train/b/2.png", "test/a/3.png", "test/b/"))
    assert problems(folder) == [("empty", "test/b")]


def test_people_from_file_names_by_themselves(make):
    folder = read_folder(make("a/hand1_a_bot.png", "a/hand12_a.png", "b/HAND_3.png"))
    assert rows(folder, "person") == [("hand12",), ("hand1",), (None,)]
    assert problems(folder) == [("person", "b/HAND_3.png")]


def test_nothing_is_said_where_nobody_is_known(make):
    assert read_folder(make("a/1.png", "a/ahand1_.png")).problems == ()


@pytest.mark.parametrize(
    "paths",
    [
        pytest.param(["a/ann/1.png", "b/ann/1.png", "b/bo/1.png"], id="below the class"),
        pytest.param(["ann/a/1.png", "ann/b/1.png", "bo/b/1.png"], id="above the class"),
        pytest.param(["w/ann/a/1.png", "w/ann/b/1.png", "w/bo/b/1.png"], id="wrapped"),
        pytest.param(["ann/A/1.png", "ann/own/b/1.png", "ann/b/1.png", "bo/b/1.png"], id="deeper"),
    ],
)
def test_people_from_folders(make, paths):
    folder = read_folder(make(*paths), people="folders")
    found = set(rows(folder, "label", "person"))
    assert {("A", "ann"), ("B", "ann"), ("B", "bo")} <= found


def test_people_with_names_of_signs(make):
    paths = [f"{person}/{label}/1.png" for person in "12" for label in "abc"]
    folder = read_folder(make(*paths), people="folders")
    assert set(rows(folder, "person", "label")) == {(p, x) for p in "12" for x in "ABC"}


def test_one_person_only_is_no_wrapping_folder(make):
    folder = read_folder(make("ann/a/1.png", "ann/b/1.png"), people="folders")
    assert set(rows(folder, "label", "person")) == {("A", "ann"), ("B", "ann")}


def test_person_folders_of_one_part_each(make):
    folder = read_folder(make("train/ann/a/1.png", "test/bo/a/1.png"), people="folders")
    assert rows(folder, "part", "person") == [("test", "bo"), ("train", "ann")]


def test_picture_beside_the_person_folders_has_no_person(make):
    folder = read_folder(make("a/ann/1.png", "a/bo/2.png", "a/3.png"), people="folders")
    assert rows(folder, "person") == [(None,), ("ann",), ("bo",)]
    assert problems(folder) == [("person", "a/3.png")]


def test_picture_above_the_class_folders_is_outside(make):
    folder = read_folder(make("ann/a/1.png", "bo/b/2.png", "ann/portrait.png"), people="folders")
    assert rows(folder, "label") == [("A",), ("B",)]
    assert problems(folder) == [("outside", "ann/portrait.png")]


def test_label_level_is_found_without_people(make):
    folder = read_folder(make("ann/a/1.png", "bo/b/2.png"), people="none")
    assert rows(folder, "label", "person") == [("A", None), ("B", None)]


def test_people_from_a_pattern(make):
    root = make("a/s01_x.png", "b/s02_y.png", "b/z.png")
    folder = read_folder(root, people=r"/(?P<person>s\d+)_")
    assert rows(folder, "person") == [("s01",), ("s02",), (None,)]


@pytest.mark.parametrize("as_path", [True, False])
def test_people_from_a_csv(make, tmp_path, as_path):
    root = make("a/1.png", "a/2.png", "b/3.png", "b/4.png")
    file = tmp_path / "people.csv"
    file.write_text(
        "note,path,person\n,a/1.png, Ann \n,./a/2.png,NA\n,b\\3.png,Bo\n,b/4.png\n,b/9.png,X\n",
        encoding="utf-8-sig",
    )
    folder = read_folder(root, people=file if as_path else str(file))
    assert rows(folder, "person") == [("Ann",), ("NA",), ("Bo",), (None,)]
    assert problems(folder) == [("person", "b/4.png")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(None, "there is no file", id="missing"),
        pytest.param("", "no readable CSV", id="empty"),
        pytest.param('"', "no readable CSV", id="broken"),
        pytest.param("path,who\na/1.png,Ann\n", "lacks the column 'person'", id="column"),
        pytest.param("path,person\na/1.png,Ann\na/1.png,Bo\n", "both 'Ann' and 'Bo'", id="twice"),
        pytest.param("path,person\nx.png,Ann\n", "none of the 1 pictures, as to 'a/1.png'", id="x"),
    ],
)
def test_bad_table_of_people(make, tmp_path, content, words):
    file = tmp_path / "people.csv"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ValueError, match=f"^people: .*{words}"):
        read_folder(make("a/1.png"), people=file)


@pytest.mark.parametrize(
    ("people", "words"),
    [
        pytest.param("folder", "none of 'auto', 'folders', 'names', 'none'", id="misspelt word"),
        pytest.param("(?P<person>", "no regular expression", id="broken expression"),
        pytest.param("(?P<who>.)", "no group", id="other group"),
        pytest.param("(?P<person>zz)", "gives a person to none", id="matches nothing"),
        pytest.param("folders", "gives a person to none", id="no such folders"),
        pytest.param(None, "expected a word", id="None"),
    ],
)
def test_bad_people(make, people, words):
    with pytest.raises(ValueError, match=f"^people: .*{words}"):
        read_folder(make("a/1.png"), people=people)


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        pytest.param([], "holds no usable picture", id="empty"),
        pytest.param(["x.png"], "holds no usable picture", id="no class folders"),
        pytest.param([".a/1.png", "x.txt"], r"2 things were left out, the first: \.a", id="hidden"),
    ],
)
def test_root_without_pictures(make, paths, words):
    with pytest.raises(ValueError, match=f"^root: .*{words}"):
        read_folder(make(*paths))


def test_root_without_readable_pictures(make):
    root = make("a/broken.jpg")
    with pytest.raises(ValueError, match=r"a/broken\.jpg: this is not a JPEG"):
        read_folder(root, check=True)


@pytest.mark.parametrize("root", ["", "nowhere", "a\0b", "x" * 5000, __file__])
def test_root_that_is_no_folder(root):
    with pytest.raises(ValueError, match=r"^root: .* is no folder"):
        read_folder(root)


def test_asl_dataset(asl_data):
    root = asl_data / "asl_dataset"
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        folder = read_folder(root)
        seconds.append(time.perf_counter() - start)
    table = folder.table
    assert len(table) == 2515 and table["label"].nunique() == 36 and folder.problems == ()
    assert table["person"].value_counts().to_dict() == {
        "hand1": 900,
        "hand2": 895,
        "hand5": 360,
        "hand3": 180,
        "hand4": 180,
    }
    assert min(seconds) < 0.5
