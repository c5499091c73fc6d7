"""Levels of folders are told apart by their names, or else somebody is asked."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.data.layout import describe, find_layouts, parse_layout, part_in, with_person

ALPHABET = "a b c d e f g h i j k l m n o p q r s t u v w x y z"


def chains(*levels: str, strays: tuple[str, ...] = (), each: int = 3) -> list[tuple[str, ...]]:
    """Every folder of a level in every folder of the one above it, and other folders beside."""
    crossed = itertools.product(*(level.split() for level in levels))
    return [*crossed] * each + [tuple(stray.split("/")) for stray in strays]


@pytest.mark.parametrize(
    ("levels", "layout"),
    [
        pytest.param(["hello yes"], "sign", id="signs alone"),
        pytest.param(["data", "hello yes"], "take/sign", id="wrapped"),
        pytest.param(["train validation", "hello yes"], "part/sign", id="split"),
        pytest.param(["set", "training_set test_set", "A B"], "take/part/sign", id="split wrapped"),
        pytest.param(["Train_Alphabet Test_Alphabet", ALPHABET], "part/sign", id="with a word"),
        pytest.param(["my-train my-test", "gato perro"], "part/sign", id="with the same word"),
        pytest.param(["train", "train", "A B"], "part/take/sign", id="the part twice"),
        pytest.param(["train", "hello yes"], "part/sign", id="one part"),
        pytest.param(["A B", "train test"], "sign/part", id="split within the signs"),
        pytest.param(["train car bus"], "sign", id="train is a sign"),
        pytest.param(["anna ben", "hello yes"], "person/sign", id="person above"),
        pytest.param(["hello yes", "anna ben"], "sign/person", id="person below"),
        pytest.param(["lucia marco", "gracias hola"], "person/sign", id="Spanish"),
        pytest.param(["zoran ngozi", "hello yes"], "person/sign", id="rare names"),
        pytest.param(["00 01 02", "01_palm 02_l 03_fist"], "person/sign", id="numbers above"),
        pytest.param(["hello yes", "1 2 3"], "sign/person", id="numbers below"),
        pytest.param(["gracias xolo", "1 2 3"], "sign/person", id="numbers below rare words"),
        pytest.param(["A B C D E", ALPHABET], "person/sign", id="people called A to E"),
        pytest.param(["1 2 3", ALPHABET], "person/sign", id="people called 1 to 3"),
        pytest.param(["anna ben", "0 1 2 3 4 5 6 7 8 9"], "person/sign", id="digits"),
        pytest.param(["anna ben", "01 02 11"], "person/sign", id="numbered signs"),
        pytest.param(["left right", "A B C"], "take/sign", id="hands above"),
        pytest.param(["A B C", "left right"], "sign/take", id="hands below"),
        pytest.param(["links rechts", "Hallo Danke"], "take/sign", id="German hands"),
        pytest.param(["original flipped", "L V Y"], "take/sign", id="augmentation"),
        pytest.param(["2024-05-01 2024-05-02", "hello yes"], "take/sign", id="dates"),
        pytest.param(["anna ben", "session1 session2", "A B"], "person/take/sign", id="sessions"),
        pytest.param(["p1 p2", "images", "A B"], "person/take/sign", id="a folder of images"),
        pytest.param(["train test", "anna ben", "yes no"], "part/person/sign", id="all three"),
        pytest.param(["anna ben", "train test", "yes no"], "person/part/sign", id="part within"),
        pytest.param(["letters digits", "A B 1 2"], "take/sign", id="groups"),
        pytest.param(["0 1 2 3 4 5 6 7 8 9 10 11"], "sign", id="numbers alone"),
    ],
)
def test_levels_that_are_beyond_doubt(levels, layout):
    (found,) = find_layouts(chains(*levels))
    assert str(found) == layout


@pytest.mark.parametrize(
    ("levels", "layouts"),
    [
        pytest.param(["A B C", "1 2 3 4 5"], ["sign/person", "person/sign"], id="letters, digits"),
        pytest.param(["A B C", "1 2 3 4 5 6 7 8 9"], ["person/sign", "sign/person"], id="nine"),
        pytest.param(["1 2", "a b c"], ["person/sign", "sign/person"], id="digits, letters"),
        pytest.param(["A B C", "a b c d"], ["person/sign", "sign/person"], id="letters twice"),
        pytest.param(["zoran ngozi", "saludo xolo"], ["person/sign", "sign/person"], id="words"),
        pytest.param(["A B", "saludo xolo"], ["sign/person", "person/sign"], id="letters, words"),
        pytest.param(["hello yes", "mother dog"], ["person/sign", "sign/person"], id="signs twice"),
        pytest.param(["anna ben"], ["sign", "person"], id="people alone"),
        pytest.param(["2024-05-01 2024-05-02"], ["sign", "take"], id="dates alone"),
    ],
)
def test_levels_that_may_be_read_in_two_ways(levels, layouts):
    assert [str(layout) for layout in find_layouts(chains(*levels))] == layouts


@pytest.mark.parametrize(
    "strays",
    [
        pytest.param(["extra/A", "docs"], id="with a sign's name"),
        pytest.param(["old stuff/x"], id="with another name"),
        pytest.param(["readme_images"], id="without folders"),
    ],
)
def test_a_stray_folder_beside_the_parts_changes_nothing(strays):
    found = chains("train test", "A B C", strays=tuple(strays))
    (layout,) = find_layouts(found)
    assert str(layout) == "part/sign"
    assert [part_in(layout, chain) for chain in found[-len(strays) :]] == [None] * len(strays)
    assert describe(layout, found) == "signs A, B, C"


def test_signs_called_train_and_test_with_numbered_takes_are_signs():
    (layout,) = find_layouts(chains("train test car bus", "1 2 3"))
    assert str(layout) == "sign/person"


def test_pictures_that_lie_in_the_parts_alone_have_no_sign():
    (layout,) = find_layouts(chains("train test"))
    assert layout.label is None and part_in(layout, ("test",)) == "test"


@given(st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_pictures_decides_nothing(shuffle: random.Random, wrapped: bool):
    found = chains(*["set"] * wrapped, "train test", "anna ben", "hello yes")
    before = find_layouts(found)
    shuffle.shuffle(found)
    assert find_layouts(found) == before


class TestSaid:
    """What somebody said about the levels counts."""

    @pytest.mark.parametrize(
        ("said", "layout"),
        [
            ("person/sign", "take/person/sign"),
            ("sign/person", "take/sign/person"),
            ("take/sign/take", "take/sign/take"),
            (" Person / SIGN/", "take/person/sign"),
        ],
    )
    def test_wrapping_folders_may_be_left_out(self, said, layout):
        assert str(parse_layout(said, chains("set", "A B", "1 2"))) == layout

    @pytest.mark.parametrize(
        ("said", "message"),
        [
            ("persons/sign", "'persons' is none of part, person, sign, take"),
            ("person/take", "exactly one level that is 'sign'"),
            ("sign/sign", "exactly one level that is 'sign'"),
            ("person/person/sign", "at most one level that is 'person'"),
            ("sign", "what 1 levels of folders mean, and there are 3, as in 'set/A/1'"),
            ("", "is none of"),
        ],
    )
    def test_what_cannot_be_is_refused(self, said, message):
        with pytest.raises(ValueError, match=f"^level: .*{message}"):
            parse_layout(said, chains("set", "A B", "1 2"))

    @pytest.mark.parametrize(
        ("levels", "layout"),
        [
            (["left right", "A B"], "person/sign"),
            (["A B", "session1 session2"], "sign/person"),
            (["anna", "A B"], "person/sign"),
            (["p1 p2", "left right", "A B"], "person/take/sign"),
            (["A B"], "sign"),
        ],
    )
    def test_folders_that_name_people_do_so_whatever_their_names(self, levels, layout):
        found = chains(*levels)
        assert str(with_person(find_layouts(found)[0], found)) == layout


def test_readings_are_described_by_examples():
    found = chains("anna ben cleo dora emil", "hello yes")
    (layout,) = find_layouts(found)
    assert describe(layout, found) == "signs hello, yes; people anna, ben, cleo, dora and 1 more"
