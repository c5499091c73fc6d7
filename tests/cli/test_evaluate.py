"""`asl evaluate`: its figures, what it leaves out, and the results file it writes."""

import json
import shutil
from pathlib import Path

import pytest

from asl.evaluation.results.result import Result

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


@pytest.fixture
def folder(picture, tmp_path) -> Path:
    for name, colour in {"a/1.png": RED, "a/2.png": GREEN, "B/1.png": GREEN}.items():
        picture(f"set/{name}", colour)
    return tmp_path / "set"


def test_contract(asl, tiny_bundle, folder):
    tiny_bundle()
    status, out, _ = asl("evaluate", "--data", folder, "--model", "tiny", "--json")

    assert status == 0
    figures = json.loads(out)
    assert {
        "images", "accuracy", "macro_f1", "hand_found", "answered", "accuracy_when_answered",
        "per_class",
    } <= set(figures)  # fmt: skip
    assert figures["images"] == 3
    assert figures["accuracy"] == pytest.approx(2 / 3)
    assert set(figures["per_class"]) == {"A", "B"}


def test_several_folders_count_together(asl, tiny_bundle, folder):
    tiny_bundle()
    _, out, _ = asl("evaluate", "--data", folder, "--data", folder, "--model", "tiny", "--json")
    assert json.loads(out)["images"] == 6


def test_bad_and_hidden_files_are_reported(asl, tiny_bundle, folder):
    tiny_bundle()
    (folder / "a" / "3.png").write_bytes(b"no picture")
    (folder / "a" / ".x.png").write_bytes(b"")
    status, out, err = asl("evaluate", "--data", folder, "--model", "tiny", "--json")
    assert status == 1  # something could not be read
    figures = json.loads(out)
    assert figures["images"] == 3
    assert figures["errors"][0]["path"] == "a/3.png"
    [hidden] = figures["left_out"]
    assert hidden["path"] == "a/.x.png" and "hidden" in hidden["reason"]
    assert "hidden" in err


def test_a_zip_is_read_like_its_folder(asl, tiny_bundle, folder, tmp_path):
    tiny_bundle()
    (folder / "a" / "3.png").write_bytes(b"no picture")
    packed = shutil.make_archive(str(tmp_path / "packed"), "zip", folder)
    answers = [
        asl("evaluate", "--data", place, "--model", "tiny", "--json") for place in (folder, packed)
    ]
    assert answers[0][:2] == answers[1][:2] and answers[0][0] == 1
    _, out, _ = asl("evaluate", "--data", folder, "--data", packed, "--model", "tiny", "--json")
    assert [one["path"] for one in json.loads(out)["errors"]] == [
        f"{folder}/a/3.png", f"{packed}/a/3.png",
    ]  # fmt: skip


def test_signs_that_the_model_does_not_know_are_left_out_and_counted(
    asl, tiny_bundle, folder, picture
):
    tiny_bundle(labels=("A", "B", "1"))
    picture("set/D/1.png"), picture("set/D/2.png"), picture("set/1/1.png")
    asked = ("evaluate", "--data", folder, "--model", "tiny", "--labels", "letters")
    status, out, _ = asl(*asked, "--json")
    figures = json.loads(out)
    assert (status, figures["images"]) == (0, 3)
    assert figures["unknown"] == {"D": 2}
    assert figures["not_among_candidates"] == {"1": 1}
    _, out, _ = asl(*asked)
    assert "does not know" in out and "2 (D 2)" in out
    assert "not among the candidates" in out and "1 (1 1)" in out


def test_controls_are_possible_beside_letters(asl, tiny_bundle, picture, tmp_path):
    tiny_bundle(labels=("A", "1", "del"))
    picture("set/A/a.png", RED)
    picture("set/del/b.png", BLUE)
    letters = ("evaluate", "--data", tmp_path / "set", "--model", "tiny", "--labels", "letters")
    status, out, _ = asl(*letters, "--json")
    assert status == 0 and json.loads(out)["not_among_candidates"] == {"del": 1}
    out = tmp_path / "result.json"
    assert asl(*letters, "--controls", "--out", out)[0] == 0
    result = Result.read(out)
    assert result.rows[0]["accuracy"] == 1
    assert result.candidates == "letters, delete, space, nothing"
    assert result.command.endswith("--labels letters --controls")


@pytest.fixture
def people(picture, tmp_path) -> Path:
    """Two people; the second is wrong about all that they show."""
    for name, colour in {
        "a/hand1_a_1.png": RED, "B/hand1_b_1.png": GREEN, "a/hand2_a_1.png": GREEN,
    }.items():  # fmt: skip
        picture(f"set/{name}", colour)
    return tmp_path / "set"


def test_figures_with_and_without_people_in_doubt(asl, tiny_bundle, people, tmp_path):
    tiny_bundle()
    out = tmp_path / "result.json"
    asked = ("evaluate", "--data", people, "--model", "tiny", "--without", "hand2")
    status, said, _ = asl(*asked, "--json", "--out", out)
    assert status == 0
    figures = json.loads(said)
    assert (figures["images"], figures["people"]) == (3, 2)
    assert figures["accuracy"] == pytest.approx(2 / 3)
    fewer = figures["without"]
    assert (fewer["images"], fewer["people"], fewer["accuracy"]) == (2, 1, 1)
    result = Result.read(out)
    assert [row["name"] for row in result.rows] == ["tiny", "tiny without hand2"]
    assert [row["pictures"] for row in result.rows] == [3, 2]
    assert result.command.endswith("--without hand2")
    _, said, _ = asl(*asked)
    assert "Without hand2:" in said and "100.0%" in said


@pytest.mark.parametrize(
    ("without", "reason"),
    [
        (("hand3",), "'hand3' is none of the people; there are hand1, hand2"),
        (("hand1", "hand2"), "nobody would be left"),
    ],
)
def test_people_in_doubt_who_are_not_there_or_are_all(asl, tiny_bundle, people, without, reason):
    tiny_bundle()
    options = [word for person in without for word in ("--without", person)]
    status, _, err = asl("evaluate", "--data", people, "--model", "tiny", *options)
    assert status == 2 and reason in err


def test_people_in_doubt_where_nobody_is_known(asl, tiny_bundle, folder):
    tiny_bundle()
    status, _, err = asl("evaluate", "--data", folder, "--model", "tiny", "--without", "hand1")
    assert status == 2 and "it is not known who is in the data; --people says it" in err


def test_a_table_for_people(asl, tiny_bundle, folder):
    tiny_bundle()
    status, out, _ = asl("evaluate", "--data", folder, "--model", "tiny")
    assert status == 0
    assert "66.7%" in out and "macro F1" in out


def test_a_results_file(asl, tiny_bundle, folder, tmp_path):
    tiny_bundle()
    out = tmp_path / "results" / "colours.json"
    status, _, _ = asl(
        "evaluate", "--data", folder, "--model", "tiny", "--out", out,
        "--title", "Colours", "--split", "new colours", "--note", "Not hands.",
    )  # fmt: skip
    assert status == 0
    result = Result.read(out)
    assert (result.title, result.split, result.note) == ("Colours", "new colours", "Not hands.")
    assert result.candidates == "all"
    [row] = result.rows
    assert (row["name"], row["pictures"]) == ("tiny", 3)
    assert row["accuracy"] == pytest.approx(2 / 3)
