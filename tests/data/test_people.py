"""Who is in the pictures is guessed from folders and file names, and not from counters."""

import pytest

from asl.data.layout import Layout, find_layouts
from asl.data.people import guess_people, people_from_folders, people_from_word

SIGNS = "ABCD"


def paths(pattern: str, people=("anna", "ben"), each: int = 3) -> list[tuple[str, ...]]:
    return [
        tuple(pattern.format(sign=sign, who=who, n=n, all=each * i + n).split("/"))
        for sign in SIGNS
        for i, who in enumerate(people)
        for n in range(each)
    ]


def guess(pictures):
    labels = [next(part for part in parts if part in SIGNS) for parts in pictures]
    (layout,) = find_layouts([parts[:-1] for parts in pictures])
    return guess_people(pictures, labels, layout)


@pytest.mark.parametrize(
    ("pattern", "where"),
    [
        ("{sign}/{who}/{n}.png", "folders"),
        ("{who}/{sign}/{n}.png", "folders"),
        ("set/train/{who}/{sign}/{n}.png", "folders"),
        ("{sign}/{who}_{n}.png", "names"),
        ("{sign}/{who}-{sign}-{n}.png", "names"),
        ("{sign}/{sign} {who} {n}.png", "names"),
        ("{sign}/{sign}_{who}_bot_seg_{n}.jpeg", "names"),
    ],
)
def test_people_are_seen(pattern, where):
    found = guess(paths(pattern))
    assert found.where == where
    assert set(found.people) == {"anna", "ben"}


@pytest.mark.parametrize(
    "pattern",
    [
        "{sign}/{n}.png",
        "{sign}/IMG_{all}.png",
        "{sign}/{sign}_{n}.png",
        "{sign}/{sign}{all}.png",
        "{sign}/{all}_cropped.png",
        "left/{sign}/{all}.png",
        "{sign}/left_{all}.png",
        "train/{sign}/{n}.png",
        "set/{sign}/photo {all}.png",
    ],
)
def test_counters_are_no_people(pattern):
    found = guess(paths(pattern))
    assert found.where == "unknown" and set(found.people) == {None}


@pytest.mark.parametrize(
    ("pattern", "who"),
    [
        pytest.param("{who}/{sign}/{n}.png", ("left", "right"), id="hands, folders above"),
        pytest.param("{sign}/{who}/{n}.png", ("Left Hand", "Right Hand"), id="folders below"),
        pytest.param("{sign}/{who}_{n}.png", ("left", "right"), id="hands, file names"),
        pytest.param("{sign}/{sign}_{who}_{n}.png", ("links", "rechts"), id="German hands"),
        pytest.param("{who}/{sign}/{n}.png", ("2024-05-01", "2024-05-02"), id="dates"),
        pytest.param("{sign}/{who}_{n}.png", ("20240501", "20240502"), id="dates in names"),
        pytest.param("{sign}/IMG_{who}_{n}.png", ("20240501_1015", "20240502_093000"), id="phone"),
        pytest.param("{sign}/{who} {n}.png", ("2024-05-01 10.15.00", "2024-06-02 11.00"), id="Mac"),
        pytest.param("{who}/{sign}/{n}.png", ("session1", "session2"), id="sessions"),
        pytest.param("{sign}/{who}_{n}.png", ("IMG", "DSC"), id="cameras"),
        pytest.param("{sign}/{who}_{n}.png", ("original", "flipped", "rot90"), id="augmentation"),
        pytest.param("{sign}/{n}_{who}.png", ("aug1", "aug2", "orig"), id="augmented, numbered"),
        pytest.param("{who}/{sign}/{n}.png", ("train", "test"), id="split"),
        pytest.param("{who}/{sign}/{n}.png", ("dark", "bright"), id="light"),
    ],
)  # fmt: skip
def test_sides_dates_and_changes_are_no_people(pattern, who):
    found = guess(paths(pattern, people=who))
    assert found.where == "unknown" and set(found.people) == {None}


def test_folders_that_number_pictures_are_no_people():
    pictures = [(sign, str(n), "picture.png") for sign in ("hello", "yes", "no") for n in range(5)]
    (layout,) = find_layouts([parts[:-1] for parts in pictures])
    assert guess_people(pictures, [parts[0] for parts in pictures], layout).where == "unknown"


def test_numbered_people_are_seen_where_they_gave_several_pictures():
    found = guess(paths("{sign}/{who}_{sign}_{n}.png", people=("1", "2", "3")))
    assert found.where == "names" and set(found.people) == {"1", "2", "3"}


def test_a_few_pictures_of_unknown_people_do_not_hide_the_others():
    pictures = paths("{sign}/{who}_{n}.png")
    found = guess([*pictures, ("A", "photo.png")])
    assert found.people[-1] is None and found.people[0] == "anna"


def test_readers_for_those_who_say_where_names_stand():
    pictures = [("A", "anna", "x_1.png"), ("B", "ben", "y_z_2.png"), ("C", "3.png")]
    assert people_from_folders(pictures, Layout(("sign", "person"))) == ["anna", "ben", None]
    assert people_from_word(pictures, 0) == ["x", "y", None]
    assert people_from_word(pictures, 1) == [None, "z", None]
    assert people_from_folders([("1.png",)], Layout(())) == [None]
