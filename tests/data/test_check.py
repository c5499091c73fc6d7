"""Uploads that went wrong once: what `asl check` says of each kind, on inputs made here.

Each stands for a kind, that is tried with other names, languages and depths in the tests of the
part that reads it.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asl.data.check import check
from asl.data.pictures.sign_mnist_columns import COLUMNS


@pytest.fixture
def look(tmp_path: Path, intake_here: None, scene) -> Callable[..., dict[str, Any]]:
    """``look({"A/{}.png": 3, "note.txt": b"…"})``: what is said of a zip; a number stands for so
    many pictures."""

    def said(members: dict[str, int | bytes], name: str = "up.zip", **options) -> dict[str, Any]:
        file = tmp_path / name
        with zipfile.ZipFile(file, "w") as archive:
            seed = 0
            for path, content in members.items():
                if isinstance(content, bytes):
                    archive.writestr(path, content)
                    continue
                for number in range(content):
                    seed += 1
                    archive.writestr(path.format(number), scene(seed))
        return check(file, **options)

    return said


def crossed(*levels: str, each: int = 8) -> dict[str, int]:
    """Folders of every level in every folder of the one above it, with so many pictures."""
    paths = [""]
    for level in levels:
        paths = [f"{path}{name}/" for path in paths for name in level.split()]
    return {f"{path}{{}}.png": each for path in paths}


def asked(found: dict[str, Any]) -> list[str]:
    return [one["about"] for one in found["questions"]]


def test_split_validation(look):
    members = crossed("train", "hello thanks yes", each=8)
    found = look(members | crossed("validation", "hello thanks yes", each=2))
    assert found["signs"] == {"hello": 10, "thanks": 10, "yes": 10}
    assert found["parts"] == {"train": 24, "valid": 6, "test": 0}
    assert found["people"] == {} and asked(found) == []


def test_split_training_set(look):
    members = crossed("mydata/training_set", "A B", each=8)
    found = look(members | crossed("mydata/test_set", "A B", each=2))
    assert found["signs"] == {"A": 10, "B": 10} and found["people"] == {}
    assert found["parts"] == {"train": 16, "valid": 0, "test": 4}


def test_stray_folder_beside_the_parts(look):
    members = crossed("train test", "hello yes") | crossed("extras", "screenshots", each=1)
    found = look(members)
    assert found["signs"] == {"hello": 16, "yes": 16}
    assert [one["path"] for one in found["left_out"]] == ["extras/screenshots/0.png"]


def test_person_then_word(look):
    found = look(crossed("anna ben carla dora", "hello thanks yes", each=3))
    assert found["signs"] == {"hello": 12, "thanks": 12, "yes": 12}
    assert found["people"] == {"anna": 9, "ben": 9, "carla": 9, "dora": 9}
    assert not found["people_known"] and asked(found) == ["people"]
    known = look(crossed("anna ben carla dora", "hello thanks yes", each=3), people="folders")
    assert known["people_known"] and asked(known) == []


def test_numbered_person_then_word(look):
    found = look(crossed("leapGestRecog", "00 01 02 03", "01_palm 02_l 03_fist", each=3))
    assert set(found["signs"]) == {"01_palm", "02_l", "03_fist"}
    assert set(found["people"]) == {"00", "01", "02", "03"} and not found["people_known"]


@pytest.mark.parametrize("levels", [("left right", "A B C"), ("A B C", "left right")])
def test_left_and_right(look, levels):
    found = look(crossed("data", *levels, each=4))
    assert set(found["signs"]) == {"A", "B", "C"}
    assert found["people"] == {} and not found["people_known"] and asked(found) == []


def test_letters_with_numbered_folders(look):
    found = look(crossed("A B C", "1 2 3 4 5", each=2))
    assert set(found["signs"]) == {"A", "B", "C"}
    assert asked(found)[0] == "levels" and found["verdict"] == "not trainable"


def test_own_test_part(look):
    members = crossed("train", "hello yes") | crossed("val test", "hello yes", each=2)
    assert look(members)["parts"] == {"train": 16, "valid": 4, "test": 4}


def test_sign_that_is_only_in_the_test_part(look):
    members = crossed("train", "A B", each=8) | crossed("test", "A B D", each=4)
    found = look(members)
    assert found["signs"] == {"A": 12, "B": 12, "D": 4}
    assert any("D is only in the test part" in one for one in found["warnings"])
    assert found["verdict"] == "ready with warnings"


def test_finder_utf8(look, tmp_path, scene):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for seed, (place, n) in enumerate((p, n) for p in ("xx", "axxo", "yy") for n in range(3)):
            archive.writestr(f"lenguaje/{place}/foto {n}.png", scene(seed))
    data = file.getvalue()
    for place, name in (("axxo", "año"), ("xx", "Ñ"), ("yy", "Ü")):
        data = data.replace(f"/{place}/".encode(), f"/{name}/".encode())
    (tmp_path / "finder.zip").write_bytes(data)
    found = check(tmp_path / "finder.zip")
    assert set(found["signs"]) == {"Ñ", "año", "Ü"} and asked(found) == []


def test_powershell(look):
    found = look({rf"signs\{sign}\img{{}}.png": 4 for sign in "AB"})
    assert found["signs"] == {"A": 4, "B": 4}


@pytest.mark.parametrize(
    ("annotations", "signs"),
    [
        pytest.param(b"{}", None, id="empty"),
        pytest.param(
            json.dumps(
                {
                    "categories": [{"id": 1, "name": "hello"}, {"id": 2, "name": "yes"}],
                    "images": [{"id": n, "file_name": f"{n}.png"} for n in range(8)],
                    "annotations": [{"image_id": n, "category_id": 1 + n % 2} for n in range(8)],
                }
            ).encode(),
            {"hello": 4, "yes": 4},
            id="whole",
        ),
    ],
)
def test_roboflow_coco(look, annotations, signs):
    found = look({"train/{}.png": 8, "train/_annotations.coco.json": annotations})
    if signs is None:
        assert found["verdict"] == "not trainable" and "Folder Structure" in found["warnings"][0]
    else:
        assert found["signs"] == signs and found["parts"]["train"] == 8


def test_sign_mnist_archive(look):
    tables = {
        part: "\n".join([",".join(COLUMNS), *(",".join([str(n), *[grey] * 784]) for n in (0, 1))])
        for part, grey in (("train", "7"), ("test", "8"))
    }
    found = look(
        {
            "amer_sign{}.png": 3,
            "sign_mnist_train.csv": tables["train"].encode(),
            "sign_mnist_test.csv": tables["test"].encode(),
            "sign_mnist_train/sign_mnist_train.csv": tables["train"].encode(),
        }
    )
    assert found["signs"] == {"A": 2, "B": 2}
    assert found["parts"] == {"train": 2, "valid": 0, "test": 2}
    assert len(found["left_out"]) == 4


def test_sign_mnist_with_semicolons(look, tmp_path):
    rows = [";".join([str(n), *["7"] * 784]) for n in (0, 1, 2)]
    (tmp_path / "mnist.csv").write_text("\n".join([";".join(COLUMNS), *rows]))
    assert check(tmp_path / "mnist.csv")["signs"] == {"A": 1, "B": 1, "C": 1}


def test_heic_stray_and_case(look, heic, scene):
    members = {"A/{}.png": 4, "B/{}.png": 4, "a/x{}.png": 2, "stray{}.png": 1}
    found = look(members | {"A/IMG_0001.HEIC": heic["plain"]})
    assert found["signs"] == {"A": 7, "B": 4}
    assert [one["path"] for one in found["left_out"]] == ["stray0.png"]
    assert any("'A', 'a' are used as one" in one for one in found["warnings"])


def test_pictures_in_other_formats_and_with_harmless_damage(look, scene):
    jpeg = scene(50, format="JPEG")
    found = look({"A/{}.png": 3, "A/download.jfif": jpeg, "B/{}.png": 3, "B/cut.jpg": jpeg[:-2]})
    assert found["signs"] == {"A": 4, "B": 4} and found["left_out"] == []


def test_everything_that_cannot_be_read_is_named(look):
    found = look({"A/{}.png": 3, "B/{}.png": 3, "A/x.jpg": b"no picture", "B/photo.cr2": b"raw"})
    assert {one["path"]: one["kind"] for one in found["left_out"]} == {
        "A/x.jpg": "unreadable",
        "B/photo.cr2": "unreadable",
    }
