"""The verdict on a data set names what is wrong, and nothing else."""

import pandas as pd
import pytest

from asl.data.library.checkup import check_up
from asl.data.library.findings import FEWEST_PICTURES
from asl.data.library.table import COLUMNS

NO_PAIRS = pd.DataFrame({"a": [], "b": [], "bits": []})


def pictures(counts: dict[str, int], people=("anna", "ben", "cleo"), **values) -> pd.DataFrame:
    """A table with so many pictures of each sign, people taking turns."""
    rows = [
        {
            "path": f"pictures/{label}{n}.jpg",
            "label": label,
            "person": people[n % len(people)] if people else None,
            "original": f"{label}/{n}.jpg",
            "state": "used",
            "reason": "",
            "width": 200,
            "height": 200,
            "content": f"{label}{n}",
            "hash": "00" * 32,
            "found": True,
            "checked": True,
            **values,
        }
        for label, count in counts.items()
        for n in range(count)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def judge(table, near=NO_PAIRS, people_from="names", confirmed=True):
    return check_up(table, near, people_from, confirmed)


def said(found) -> dict[str, str]:
    return {finding.title: finding.level for finding in found.findings}


def test_nothing_is_wrong():
    found = judge(pictures({"A": 30, "B": 40}))
    assert found.state == "ready" and found.findings == ()
    assert found.pictures == 70 and found.near_share == 0
    assert found.classes["pictures"].tolist() == [30, 40]
    assert found.classes["hands"].tolist() == [1, 1]
    assert found.people["signs"].tolist() == [2, 2, 2]


@pytest.mark.parametrize(
    ("table", "title"),
    [
        (pictures({}), "There is no sign"),
        (pictures({"A": 50}), "There is only the sign A"),
        (pictures({"A": 50, "B": FEWEST_PICTURES - 1}), "Too few pictures of B"),
    ],
)
def test_what_stops_training(table, title):
    found = judge(table)
    assert found.state == "not trainable"
    assert said(found)[title] == "stop"
    assert found.findings[0].level == "stop"


def mark(table, rows, **values):
    for name, value in values.items():
        table.loc[rows, name] = value
    return table


@pytest.mark.parametrize(
    ("table", "title"),
    [
        (pictures({"A": 30, "B": FEWEST_PICTURES}), "Few pictures of B"),
        (pictures({"A": 200, "B": 40}), "A has 200 pictures, B has 40"),
        (pictures({"A": 40, "B": 40}, width=40), "The pictures are small, about 40 pixels"),
        (
            mark(pictures({"A": 40, "B": 40}), range(10), found=False),
            "In many pictures of A no hand is found",
        ),
        (
            pictures({"A": 40, "B": 40}, found=pd.NA),
            "Hands cannot be searched for on this computer",
        ),
        (
            mark(pictures({"A": 40, "B": 40}), [3], state="unreadable", reason="damaged"),
            "Pictures that cannot be read: 1",
        ),
        (
            mark(pictures({"A": 40, "B": 40}), [3, 4, 5], content="same"),
            "Copies of other pictures: 2",
        ),
        (
            mark(pictures({"A": 40, "B": 40}), [3], person=None),
            "Pictures of unknown people: 1",
        ),
        (pictures({"A": 40, "B": 40}, ()), "It is not known who is in the pictures"),
    ],
)
def test_what_is_warned_of(table, title):
    found = judge(table)
    assert found.state == "ready with warnings"
    assert said(found) == {title: "warning"}


def test_people_that_nobody_has_confirmed_are_a_guess():
    found = judge(pictures({"A": 40, "B": 40}), confirmed=False)
    assert said(found) == {"3 people seem to be in the pictures, by the file names": "warning"}
    assert not found.people_known and judge(pictures({"A": 40, "B": 40})).people_known


def test_signs_of_the_test_part_alone_are_named_and_do_not_stop_training():
    table = pictures({"A": 40, "B": 40, "D": 4})
    table["part"] = ["test" if label == "D" or n % 10 == 0 else "train"
                     for n, label in enumerate(table["label"])]  # fmt: skip
    found = judge(table)
    assert found.untrained == ("D",) and found.parts == {"train": 72, "test": 12}
    assert said(found) == {
        "D is only in the test part": "warning",
        "The pictures came with a test part of their own: 12": "note",
    }


def test_it_has_to_be_clear_which_folders_are_the_signs():
    found = check_up(pictures({"A": 40, "B": 40}), NO_PAIRS, "names", True, unsure=True)
    assert found.state == "not trainable"
    assert said(found) == {"It is not clear which folders are the signs": "stop"}


def test_one_person_is_warned_of_in_other_words():
    found = judge(pictures({"A": 40, "B": 40}, ("1",)), people_from="one")
    assert said(found) == {"All pictures are of one person": "warning"}


@pytest.mark.parametrize(
    ("table", "title"),
    [
        (pictures({"A": 40, "B": 40}, ("anna", "ben")), "There are only two people"),
        (pictures({"A": 40, "J": 40}), "J is a movement"),
        (pictures({"0": 40, "O": 40}), "0 and O share handshapes"),
    ],
)
def test_what_is_good_to_know_is_no_warning(table, title):
    found = judge(table)
    assert found.state == "ready" and said(found) == {title: "note"}


def test_signs_without_a_hand_on_purpose_are_no_warning():
    table = pictures({"A": 40, "nothing": 40})
    assert judge(mark(table, table["label"] == "nothing", found=False)).state == "ready"


class TestAlike:
    def pair(self, a: str, b: str, bits: int = 3) -> pd.DataFrame:
        return pd.DataFrame(
            {"a": [f"pictures/{a}.jpg"], "b": [f"pictures/{b}.jpg"], "bits": [bits]}
        )

    def test_labels_that_contradict_each_other_are_listed(self):
        found = judge(pictures({"A": 40, "B": 40}), self.pair("A1", "B2"))
        (pair,) = found.contradictions.itertuples()
        assert (pair.label_a, pair.label_b, pair.bits, pair.same_file) == ("A", "B", 3, False)
        title = "Pairs that look alike and are called differently: 1"
        assert said(found) == {title: "warning"}

    def test_relabelling_or_leaving_out_settles_it(self):
        table, near = pictures({"A": 40, "B": 41}), self.pair("A1", "B2")
        at = table.index[table["path"] == "pictures/B2.jpg"]
        for values in ({"label": "A"}, {"state": "left out"}):
            found = judge(mark(table.copy(), at, **values), near)
            assert found.contradictions.empty and found.state == "ready"

    def test_look_alikes_may_look_alike(self):
        found = judge(pictures({"0": 40, "O": 40}), self.pair("01", "O2"))
        assert found.contradictions.empty

    def test_copies_are_grouped_by_sign(self):
        table = mark(pictures({"A": 40, "B": 40}), [0, 1, 2, 40, 41], content="same")
        sizes = sorted(len(group) for group in judge(table).copies)
        assert sizes == [2, 3]

    def test_pictures_taken_in_a_row_are_noted(self):
        near = pd.concat([self.pair(f"A{n}", f"A{n + 1}") for n in range(20)])
        found = judge(pictures({"A": 40, "B": 40}), near)
        assert found.near_share == pytest.approx(21 / 80)
        assert said(found) == {"26% of the pictures nearly repeat another one": "note"}


def test_pictures_that_came_later_are_counted():
    table = mark(pictures({"A": 40, "B": 40}), [0, 1], checked=False, found=pd.NA)
    assert judge(table).unchecked == 2


def test_names_of_users_stand_in_titles_only():
    evil = "*x* [y](z)"
    found = judge(pictures({evil: 3, "B": 40, "C": 200}, (evil,)))
    assert any(evil in finding.title for finding in found.findings)
    assert not any(evil in finding.advice for finding in found.findings)


def test_many_names_are_shortened():
    found = judge(pictures({f"sign {n:02}": 3 for n in range(20)}))
    (title,) = [title for title, level in said(found).items() if level == "stop"]
    assert title.endswith("sign 07 and 12 more")
