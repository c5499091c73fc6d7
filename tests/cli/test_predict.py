"""`asl predict`: one answer a picture, and bad files stop none of the others."""

import json
import os
import socket

import pytest

from asl.images import load_rgb
from asl.inference.pictures.predictor import Predictor

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def json_lines(out: str) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]


def test_one_object_a_line(asl, tiny_bundle, picture):
    tiny_bundle()
    paths = [picture("a.png", RED), picture("b.png", BLUE)]
    status, out, _ = asl("predict", *paths, "--model", "tiny", "--json")

    assert status == 0
    first, second = json_lines(out)
    assert list(first) == [
        "path", "label", "confidence", "abstained", "top", "hand", "agreement", "milliseconds",
    ]  # fmt: skip
    assert (first["path"], first["label"]) == (str(paths[0]), "A")
    assert (second["path"], second["label"]) == (str(paths[1]), "C")
    assert first["top"][0] == {"label": "A", "confidence": first["confidence"]}
    assert [one["label"] for one in first["top"]] == ["A", "B", "C"]
    assert first["hand"] == {"found": False, "box": None, "side": None}
    assert first["agreement"] is None
    assert first["abstained"] is False
    assert first["milliseconds"] > 0


def test_answers_are_those_of_the_predictor(asl, tiny_bundle, make_picture, tmp_path):
    path = tmp_path / "noise.png"
    make_picture(seed=3).save(path)
    predictor = Predictor(tiny_bundle())
    expected = predictor.predict(load_rgb(path))
    _, out, _ = asl("predict", path, "--model", "tiny", "--json")
    [answer] = json_lines(out)
    assert answer["label"] == expected.label
    assert answer["confidence"] == expected.confidence


@pytest.mark.timeout(120)
def test_no_kind_of_path_stops_the_others(asl, tiny_bundle, picture, tmp_path):
    tiny_bundle()
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    socket.socket(socket.AF_UNIX).bind(str(tmp_path / "s.png"))
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    bad = ["x" * 5000, "/".join(["y" * 200] * 40), "a\0b.png", "a\udcff.png", "/dev/zero"]
    bad += [tmp_path / name for name in ("empty", "pipe.png", "s.png", "loop.png")]
    paths = [*bad, picture("good.png")]
    status, out, _ = asl("predict", *paths, "--model", "tiny", "--json")

    assert status == 1
    *errors, good = json_lines(out)
    assert [line["path"] for line in errors] == list(map(str, bad))
    assert all(line["error"] for line in errors)
    assert good["label"] == "A"
    status, out, err = asl("predict", *paths, "--model", "tiny")
    assert status == 1
    assert "good.png" in out and len(err.splitlines()) >= len(bad)


def test_what_fails_after_decoding_stops_none_of_the_others(asl, tiny_bundle, picture, monkeypatch):
    tiny_bundle()
    predict = Predictor.predict

    def fail(self, rgb, *rest):
        if rgb[0, 0, 2]:
            raise MemoryError
        return predict(self, rgb, *rest)

    monkeypatch.setattr(Predictor, "predict", fail)
    paths = [picture("blue.png", BLUE), picture("red.png", RED)]
    status, out, _ = asl("predict", *paths, "--model", "tiny", "--json")
    first, second = json_lines(out)
    assert status == 1
    assert "memory" in first["error"]
    assert second["label"] == "A"


def test_a_bad_file_does_not_stop_the_others(asl, tiny_bundle, picture, unreadable, tmp_path):
    tiny_bundle()
    paths = [unreadable, picture("good.png"), tmp_path / "absent.png"]
    status, out, _ = asl("predict", *paths, "--model", "tiny", "--json")

    assert status == 1
    bad, good, absent = json_lines(out)
    assert set(bad) == set(absent) == {"path", "error"}
    assert bad["path"] == str(unreadable)
    assert "not a JPEG" in bad["error"]
    assert "no such file" in absent["error"]
    assert good["label"] == "A"


def test_a_picture_without_an_answer_is_named_and_the_rest_answered(asl, blind_bundle, picture):
    paths = [picture("green.png", GREEN), picture("red.png")]
    status, out, _ = asl("predict", *paths, "--model", "tiny", "--json")
    bad, good = json_lines(out)
    assert (status, good["label"]) == (1, "A")
    assert "the model gave no answer" in bad["error"] and "NaN" not in out
    status, out, err = asl("predict", *paths, "--model", "tiny")
    assert status == 1 and "green.png: the model gave no answer" in err and "nan" not in out


def test_a_folder_stands_for_its_pictures(asl, tiny_bundle, picture, tmp_path):
    tiny_bundle()
    paths = [picture(f"set/{name}") for name in ("b.png", "a.JPG", "sub/c.webp")]
    picture("set/.hidden/d.png")
    (tmp_path / "set" / "notes.txt").write_text("no picture")
    status, out, _ = asl("predict", tmp_path / "set", "--model", "tiny", "--json")
    assert status == 0
    assert [one["path"] for one in json_lines(out)] == sorted(map(str, paths))


def test_an_empty_folder_is_a_bad_path(asl, tiny_bundle, tmp_path):
    tiny_bundle()
    (tmp_path / "empty").mkdir()
    status, out, _ = asl("predict", tmp_path / "empty", "--model", "tiny", "--json")
    assert status == 1
    assert json_lines(out) == [
        {"path": str(tmp_path / "empty"), "error": "there is no picture in this folder"}
    ]


def test_a_model_may_be_a_folder(asl, tiny_bundle, picture):
    folder = tiny_bundle().folder
    status, out, _ = asl("predict", picture("a.png"), "--model", folder, "--json")
    assert status == 0
    assert json_lines(out)[0]["label"] == "A"


def test_candidate_set(asl, tiny_bundle, picture):
    tiny_bundle(labels=("A", "1", "B"))
    arguments = ("--model", "tiny", "--labels", "letters", "--json")
    _, out, _ = asl("predict", picture("a.png", GREEN), *arguments)
    assert {one["label"] for one in json_lines(out)[0]["top"]} == {"A", "B"}


def test_controls_are_possible_beside_letters(asl, tiny_bundle, picture):
    tiny_bundle(labels=("A", "1", "del"))
    arguments = ("--model", "tiny", "--labels", "letters", "--controls", "--json")
    _, out, _ = asl("predict", picture("a.png", BLUE), *arguments)
    [answer] = json_lines(out)
    assert answer["label"] == "del"
    assert {one["label"] for one in answer["top"]} == {"A", "del"}


def test_a_table_for_people(asl, tiny_bundle, picture, unreadable):
    tiny_bundle(labels=("O", "0", "[red]"))
    paths = (picture("a.png", RED), picture("b.png", BLUE), unreadable)
    status, out, err = asl("predict", *paths, "--model", "tiny")
    assert status == 1
    assert "O or 0" in out
    assert "[red]" in out
    assert "no hand found" in out
    assert "bad.png: this is not a JPEG" in err


def test_a_doubtful_picture_in_the_table(asl, tiny_bundle, picture):
    tiny_bundle(gain=0.1, abstain_below={"no_hand": 0.9})
    _, out, _ = asl("predict", picture("a.png"), "--model", "tiny")
    assert "can't tell" in out


def test_file_names_that_are_no_text(asl, tiny_bundle, picture, tmp_path):
    tiny_bundle()
    odd = os.fsencode(tmp_path) + b"/\xff.png"
    os.rename(picture("a.png"), odd)
    status, out, _ = asl("predict", os.fsdecode(odd), "--model", "tiny", "--json")
    assert status == 0
    assert os.fsencode(json_lines(out)[0]["path"]) == odd
    assert asl("predict", os.fsdecode(odd), "--model", "tiny")[0] == 0
