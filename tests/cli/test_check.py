"""`asl check` says what the Train page would say."""

import json
import shutil

import numpy as np
import pytest


@pytest.fixture
def check(asl, picture, tmp_path, intake_here):
    """``check("A/1 B/1", …)``: the answer about pictures so called, and the exit status."""

    def look(names: str, *options: str, packed: bool = False) -> tuple[dict, int]:
        for number, name in enumerate(names.split()):
            picture(f"mine/{name}.png", (number, 0, 0))
        place = tmp_path / "mine"
        if packed:
            place = shutil.make_archive(str(tmp_path / "packed"), "zip", place)
        status, out, _ = asl("check", place, "--json", *options)
        return json.loads(out), status

    return look


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_the_answer(check, asl_home, packed):
    names = [f"{p}/{w}/{s}/{n}" for p in ("train", "test") for w in ("anna", "ben")
             for s in ("hello", "yes") for n in range(4)]  # fmt: skip
    found, status = check(" ".join(names), packed=packed)
    assert list(found) == [
        "kind", "signs", "people", "people_known", "parts", "left_out", "warnings",
        "questions", "verdict",
    ]  # fmt: skip
    assert (found["kind"], status) == ("pictures", 0)
    assert found["signs"] == {"hello": 16, "yes": 16}
    assert found["people"] == {"anna": 16, "ben": 16} and not found["people_known"]
    assert found["parts"] == {"train": 16, "valid": 0, "test": 16}
    assert [one["text"] for one in found["questions"]] == ["Are anna and ben people?"]
    assert found["verdict"] == "ready with warnings" and found["left_out"] == []
    assert not list(asl_home.iterdir()), "nothing stays of what was only looked at"


def test_people_that_somebody_named_are_known(check):
    names = [f"{w}/{s}/{n}" for w in ("anna", "ben") for s in ("hello", "yes") for n in range(4)]
    found, _ = check(" ".join(names), "--people", "folders")
    assert found["people_known"] and found["questions"] == []


def test_two_readings_are_a_question_and_an_answer_settles_it(check):
    names = " ".join(f"{s}/{k}/{n}" for s in "ABC" for k in "12345" for n in range(2))
    found, _ = check(names)
    (levels, *_) = found["questions"]
    assert [one["answer"] for one in levels["options"]] == ["sign/person", "person/sign"]
    assert found["signs"] == dict.fromkeys("ABC", 10) and found["verdict"] == "not trainable"
    found, _ = check(names, "--level", "person/sign")
    assert found["signs"] == dict.fromkeys("12345", 6)
    assert not [one for one in found["questions"] if one["about"] == "levels"]


def test_everything_left_out_is_named(check, tmp_path):
    for name in ("mine/A/broken.png", "mine/stray.png", "mine/B/notes.txt", "mine/A/.hidden"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"no picture")
    found, status = check("A/1 B/1 b/2")
    assert {one["path"] for one in found["left_out"]} == {
        "A/broken.png", "stray.png", "B/notes.txt", "A/.hidden",
    }  # fmt: skip
    assert status == 1 and any("'B', 'b' are used as one" in one for one in found["warnings"])


def test_a_file_that_is_refused_is_not_trainable_and_says_why(asl, tmp_path):
    (tmp_path / "x.rar").write_bytes(b"Rar!" + bytes(300))
    status, out, err = asl("check", tmp_path / "x.rar", "--json")
    found = json.loads(out)
    assert (status, found["verdict"], found["signs"]) == (1, "not trainable", {})
    assert "make a zip" in found["warnings"][0] and "make a zip" in err


def test_names_that_may_be_read_in_two_ways_are_asked_about(asl, tmp_path, intake_here, korean_zip):
    (tmp_path / "signs.zip").write_bytes(korean_zip())
    found = json.loads(asl("check", tmp_path / "signs.zip", "--json")[1])
    (asked,) = found["questions"]
    assert [one["answer"] for one in asked["options"]] == ["gbk", "cp949"]
    said = asl("check", tmp_path / "signs.zip", "--encoding", "cp949", "--json")[1]
    assert set(json.loads(said)["signs"]) == {"안녕하세요", "학교"}
    assert json.loads(said)["questions"] == []


def test_for_people(asl, picture, tmp_path, intake_here):
    for name in ("A/p1_1", "A/p2_1", "B/p1_1", "B/p2_1"):
        picture(f"mine/{name}.png")
    status, out, _ = asl("check", tmp_path / "mine")
    assert status == 0 and "Not trainable: 4 pictures of 2 signs" in out
    assert "Are p1 and p2 people?" in out and "--people names: yes" in out


def test_a_path_that_is_not_there(asl, tmp_path):
    status, out, err = asl("check", tmp_path / "absent", "--json")
    assert (status, out) == (2, "") and "there is no file or folder" in err


def test_sequences_are_looked_at_as_well(asl, asl_home, tmp_path):
    file = tmp_path / "words.npz"
    np.savez(
        file, x=np.full((60, 21, 3), 0.5, np.float16), length=np.full(12, 5),
        participant_id=np.arange(12) % 3, sequence_id=np.arange(12),
        sign=np.array(["hello", "bye"] * 6), landmark_idx=np.arange(468, 489),
    )  # fmt: skip
    status, out, _ = asl("check", file, "--json")
    found = json.loads(out)
    assert (status, found["kind"], found["signs"]) == (0, "sequences", {"bye": 6, "hello": 6})
    assert found["people_known"]
    _, out, _ = asl("check", file)
    assert "12 sequences of 2 signs" in out and "Mean length in frames: bye 5, hello 5." in out
    assert not list(asl_home.iterdir()), "nothing stays of what was only looked at"
