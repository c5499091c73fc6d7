"""Bundles that are read, and those that are refused with a reason."""

import json
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from asl import bundle as bundles
from asl.bundle import (
    CARD,
    ONNX,
    WEIGHTS,
    BundleError,
    ModelBundle,
    ModelCard,
    find_bundle,
    list_bundles,
)
from asl.inference.predictor import Predictor


def card_with(bundle: ModelBundle, **changes: object) -> str:
    """The card's JSON with some fields replaced; those set to None are left out."""
    raw = json.loads(bundle.card.to_json()) | changes
    return json.dumps({name: value for name, value in raw.items() if value is not None})


class Canary:
    """Writes a file when it is unpickled."""

    def __init__(self, file: Path):
        self.file = file

    def __reduce__(self):
        return (Path.touch, (self.file,))


def test_a_card_survives_writing_and_reading(tiny_bundle):
    bundle = tiny_bundle(
        description="Zwei Hände",
        data=({"name": "asl_29", "licence": "Apache-2.0"},),
        scores=({"data": "asl_29", "accuracy": 0.9},),
        handshapes={"A": [[0.0, 1.0, 2.0]] * 21},
    )
    assert ModelBundle.read(bundle.folder).card == bundle.card
    assert ModelCard.from_json(bundle.card.to_json()) == bundle.card


def test_fields_of_later_versions_are_ignored(tiny_bundle):
    bundle = tiny_bundle()
    assert ModelCard.from_json(card_with(bundle, of_tomorrow=1)) == bundle.card


def test_write_card_replaces_it_in_one_step(tiny_bundle):
    bundle = tiny_bundle()
    written = bundle.write_card(replace(bundle.card, description="new"))
    assert ModelBundle.read(bundle.folder).card.description == "new"
    assert written.card.description == "new"
    assert sorted(file.name for file in bundle.folder.iterdir()) == [CARD, ONNX]


BAD_CARDS = {
    "another schema": ({"schema": 2}, "schema 1 expected"),
    "no name": ({"name": None}, "name"),
    "a path as name": ({"name": "../x"}, "name '../x'"),
    "a name too long": ({"name": "x" * 65}, "name"),
    "a number as name": ({"name": 5}, "name 5"),
    "one label": ({"labels": ["A"]}, "1 labels"),
    "too many labels": ({"labels": [f"sign {i}" for i in range(2001)]}, "2001 labels"),
    "a text for labels": ({"labels": "ABC"}, "labels is no list"),
    "a label twice": ({"labels": ["A", "A", "B"]}, "stands twice"),
    "a small letter": ({"labels": ["a", "B", "C"]}, "label 'a'"),
    "an empty label": ({"labels": ["", "B", "C"]}, "label ''"),
    "a label too long": ({"labels": ["x" * 65, "B", "C"]}, "1 to 64"),
    "a label turning right to left": ({"labels": ["\u202eA", "B", "C"]}, "cannot be shown"),
    "a label not in normal form": ({"labels": ["A\u0308", "B", "C"]}, "plain form"),
    "a number as label": ({"labels": [1, 2, 3]}, "label 1"),
    "no inputs": ({"inputs": []}, "inputs"),
    "an unknown input": ({"inputs": ["sound"]}, "inputs"),
    "a picture input without its size": ({"inputs": ["landmarks"]}, "picture must be set"),
    "a giant picture": (
        {"picture": {"size": 10**9, "mean": [0] * 3, "std": [1] * 3, "context": 1.6}},
        "picture size 1000000000",
    ),
    "no deviation": (
        {"picture": {"size": 64, "mean": [0] * 3, "std": [0] * 3, "context": 1.6}},
        "picture: std: 1 0 is not",
    ),
    "no context": (
        {"picture": {"size": 64, "mean": [0] * 3, "std": [1] * 3, "context": 0}},
        "picture: context 0",
    ),
    "a text as picture": ({"picture": "big"}, CARD),
    "a threshold above 1": ({"abstain_below": {"hand": 2}}, "abstain_below: hand 2"),
    "a threshold that is none": ({"abstain_below": {"hand": float("nan")}}, "abstain_below"),
    "a threshold for a foot": ({"abstain_below": {"foot": 0.5}}, "abstain_below 'foot'"),
    "a thousand readings": ({"readings": 1000}, "readings 1000"),
    "half a reading": ({"readings": 0.5}, "readings 0.5"),
    "a list of thresholds": ({"abstain_below": [0.5]}, CARD),
}


@pytest.mark.parametrize(("changes", "message"), BAD_CARDS.values(), ids=BAD_CARDS)
def test_an_unusable_card_is_refused(tiny_bundle, changes, message):
    bundle = tiny_bundle()
    (bundle.folder / CARD).write_text(card_with(bundle, **changes))
    with pytest.raises(BundleError, match=message):
        ModelBundle.read(bundle.folder)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{'name': 1}", id="single quotes"),
        pytest.param(b"[1]", id="a list"),
        pytest.param(b"[" * 200_000, id="nested without end"),
        pytest.param(b"\xff\xfe\x00", id="no UTF-8"),
        pytest.param(pickle.dumps({"schema": 1}), id="a pickle"),
    ],
)
def test_a_card_that_is_no_json_is_refused(tiny_bundle, content):
    bundle = tiny_bundle()
    (bundle.folder / CARD).write_bytes(content)
    with pytest.raises(BundleError, match=CARD):
        ModelBundle.read(bundle.folder)


@pytest.mark.parametrize("name", [CARD, ONNX])
def test_a_missing_file_is_named(tiny_bundle, name):
    bundle = tiny_bundle()
    (bundle.folder / name).unlink()
    with pytest.raises(BundleError, match=f"{name} is missing"):
        ModelBundle.read(bundle.folder)


@pytest.mark.parametrize("name", [CARD, ONNX, WEIGHTS])
def test_an_oversized_file_is_refused(tiny_bundle, monkeypatch, name):
    bundle = tiny_bundle()
    (bundle.folder / WEIGHTS).write_bytes(b"0" * 64)
    monkeypatch.setitem(bundles._MAX_BYTES, name, 10)
    with pytest.raises(BundleError, match=f"{name} is larger"):
        ModelBundle.read(bundle.folder)


def test_a_pickle_posing_as_a_model_is_never_loaded(tiny_bundle, tmp_path):
    bundle = tiny_bundle()
    canary = tmp_path / "canary"
    for name in (ONNX, WEIGHTS):
        (bundle.folder / name).write_bytes(pickle.dumps(Canary(canary)))
    with pytest.raises(BundleError, match=f"{ONNX} cannot be loaded"):
        Predictor(ModelBundle.read(bundle.folder))
    assert not canary.exists()


class TestFindBundle:
    def test_by_name_in_the_workspace(self, tiny_bundle):
        tiny_bundle("mine")
        assert find_bundle("mine").card.name == "mine"

    def test_by_folder(self, tiny_bundle):
        folder = tiny_bundle("mine").folder
        assert find_bundle(str(folder)).card.name == "mine"

    @pytest.mark.parametrize(
        "name", ["nobody", "../tiny", "/", "..", "", "tiny/../tiny2", "a\0b", "x" * 65]
    )
    def test_anything_else_is_refused(self, tiny_bundle, name):
        tiny_bundle()
        with pytest.raises(BundleError):
            find_bundle(name)

    def test_the_message_lists_what_there_is(self, tiny_bundle):
        tiny_bundle("mine")
        with pytest.raises(BundleError, match=r"'nobody'.*mine"):
            find_bundle("nobody")


def test_list_bundles_leaves_out_broken_ones(tiny_bundle, monkeypatch, tmp_path):
    monkeypatch.setattr(bundles, "BUNDLED_MODELS", tmp_path / "bundled")
    tiny_bundle("zebra")
    tiny_bundle("asl-hands")
    broken = tiny_bundle("broken")
    (broken.folder / CARD).write_text("{}")
    assert [bundle.card.name for bundle in list_bundles()] == ["asl-hands", "zebra"]


def test_export_holds_the_bundle_and_nothing_else(tiny_bundle, tmp_path):
    bundle = tiny_bundle()
    (bundle.folder / "private.txt").write_text("not for others")
    with zipfile.ZipFile(bundle.export(tmp_path / "out.zip")) as archive:
        assert sorted(archive.namelist()) == [f"tiny/{CARD}", f"tiny/{ONNX}"]
        archive.extractall(tmp_path / "copy")
    assert ModelBundle.read(tmp_path / "copy" / "tiny").card == bundle.card
